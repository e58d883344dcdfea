//! A sealed store's data key, as a `CryptoKey` that the browser does not give out.
//!
//! WebCrypto AES-GCM (<https://w3c.github.io/webcrypto/#aes-gcm>): Chromium 37, Firefox 34, Safari 11, also in all
//! kinds of workers.

use js_sys::{Array, Promise};
use wasm_bindgen::{JsCast, JsValue, prelude::wasm_bindgen};
use web_sys::{CryptoKey, SubtleCrypto};

use super::super::{
    env::{self, dictionary, is_tagged},
    promise::{self, Outcome},
    value::Outside,
    webcrypto::{self, Call, USAGES, gcm_params, not_opened, refused, settled, strings},
};
use crate::{
    crypto::{Key, Plaintext, TAG_BYTES},
    error::Result,
    sealed::{aead::Aead, format::record::Nonce},
};

/// A key that cannot be exported, with the usages encrypt and decrypt.
#[derive(Clone)]
pub(crate) struct WebKey {
    subtle: SubtleCrypto,
    pub(super) key: CryptoKey,
}

impl WebKey {
    /// Takes a key that IndexedDB kept. Refuses one that can be exported or has another purpose: keyfold makes no such
    /// key.
    pub(super) fn of(stored: JsValue) -> Option<Self> {
        let key = Some(stored).filter(|stored| is_tagged(stored, "[object CryptoKey]"))?.unchecked_into::<CryptoKey>();
        let is_for_gcm = env::get(&env::get(&key, "algorithm"), "name").as_string().as_deref() == Some("AES-GCM");
        let usages = env::get(&key, "usages");
        let has = |usage: &str| usages.dyn_ref::<Array>().is_some_and(|usages| usages.includes(&usage.into(), 0));
        let is_ours = is_for_gcm && USAGES.iter().all(|usage| has(usage)) && !key.extractable();
        is_ours.then_some(WebKey { subtle: env::subtle().ok()?, key })
    }
}

impl Aead for WebKey {
    type Call = Call;

    async fn generate() -> Result<Self> {
        let subtle = env::subtle()?;
        let how = dictionary(&[("name", "AES-GCM".into()), ("length", 256.into())]);
        let key = settled(subtle.generate_key_with_object(how.unchecked_ref(), false, &strings(&USAGES)))
            .await
            .map_err(refused)?;
        Ok(WebKey { subtle, key: key.unchecked_into() })
    }

    async fn import(key: &Key) -> Result<Self> {
        let subtle = env::subtle()?;
        let key = webcrypto::import(&subtle, &key[..], &USAGES).await?;
        Ok(WebKey { subtle, key })
    }

    fn seal_with(&self, nonce: &Nonce, aad: &[u8], plaintext: &[u8]) -> Result<Call> {
        let subtle = self.subtle.unchecked_ref::<Subtle>();
        let promise = with(nonce, aad, |how| subtle.encrypt(how, &self.key, plaintext));
        Ok(Call { promise, bytes: plaintext.len() + TAG_BYTES })
    }

    fn open(&self, aad: &[u8], nonce: &Nonce, ciphertext: &[u8]) -> Call {
        let subtle = self.subtle.unchecked_ref::<Subtle>();
        let promise = with(nonce, aad, |how| subtle.decrypt(how, &self.key, ciphertext));
        Call { promise, bytes: ciphertext.len().saturating_sub(TAG_BYTES) }
    }

    async fn finish(calls: Vec<Call>) -> Vec<Result<Option<Plaintext>>> {
        let result = |call: &Call, outcome| {
            let given = not_opened(outcome)?.and_then(|buffer| call.bytes_of(&buffer));
            Ok(given.map(|bytes| Plaintext::new(Outside(bytes).0.to_vec())))
        };
        match &calls[..] {
            [] => Vec::new(),
            [call] => vec![result(call, promise::settled(call.promise.clone()).await)],
            calls => match promise::settled(all_settled(calls)).await {
                Ok(all) => calls.iter().zip(outcomes(&all)).map(|(call, outcome)| result(call, outcome)).collect(),
                Err(thrown) => vec![Err(refused(thrown))],
            },
        }
    }
}

#[wasm_bindgen]
extern "C" {
    /// `SubtleCrypto`, whose methods throw nothing. What goes wrong rejects their promises.
    type Subtle;
    #[wasm_bindgen(method)]
    fn encrypt(this: &Subtle, how: &Params, key: &CryptoKey, plaintext: &[u8]) -> Promise;
    #[wasm_bindgen(method)]
    fn decrypt(this: &Subtle, how: &Params, key: &CryptoKey, ciphertext: &[u8]) -> Promise;

    /// `AesGcmParams` whose bytes are in WebAssembly.
    type Params;
    #[wasm_bindgen(method, setter)]
    fn set_iv(this: &Params, iv: &[u8]);
    #[wasm_bindgen(method, setter, js_name = additionalData)]
    fn set_additional_data(this: &Params, data: &[u8]);
}

thread_local! {
    static PARAMS: Params = gcm_params();
}

/// Begins a call. What it is given is read and copied before it returns. So one object is enough for all calls, and it
/// may point into WebAssembly's memory.
fn with(nonce: &[u8], aad: &[u8], begin: impl FnOnce(&Params) -> Promise) -> Promise {
    PARAMS.with(|params| {
        params.set_iv(nonce);
        params.set_additional_data(aad);
        begin(params)
    })
}

#[wasm_bindgen]
extern "C" {
    /// The outcome that `Promise.allSettled` gives for one promise.
    type OneOfAll;
    #[wasm_bindgen(method, getter)]
    fn status(this: &OneOfAll) -> JsValue;
    #[wasm_bindgen(method, getter)]
    fn value(this: &OneOfAll) -> JsValue;
    #[wasm_bindgen(method, getter)]
    fn reason(this: &OneOfAll) -> JsValue;
}

/// A promise for the outcomes of all of these, since waiting for each one costs as much as everything else.
fn all_settled(calls: &[Call]) -> Promise {
    Promise::all_settled(&calls.iter().map(|call| &call.promise).collect::<Array>())
}

/// The outcomes, by what each says it is: one that is rejected has no value of its own, and may inherit one.
fn outcomes(all: &JsValue) -> impl Iterator<Item = Outcome> {
    all.unchecked_ref::<Array>().iter().map(|one| {
        let one = one.unchecked_into::<OneOfAll>();
        if one.status() == "fulfilled" { Ok(one.value()) } else { Err(one.reason()) }
    })
}
