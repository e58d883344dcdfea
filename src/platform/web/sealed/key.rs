//! A sealed store's data key, as a `CryptoKey` that the browser does not give out.
//!
//! WebCrypto AES-GCM (<https://w3c.github.io/webcrypto/#aes-gcm>): Chromium 37, Firefox 34, Safari 11, also in all
//! kinds of workers.

use js_sys::{Array, Promise, Uint8Array};
use wasm_bindgen::{JsCast, JsValue, prelude::wasm_bindgen};
use web_sys::{AesGcmParams, AesKeyGenParams, CryptoKey, SubtleCrypto};

use super::super::{
    env,
    promise::{self, Outcome},
    value::Outside,
    webcrypto::{self, USAGES, next_nonce, not_opened, refused, settled, strings},
};
use crate::{
    crypto::{Key, Plaintext},
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
    pub(super) fn of(key: CryptoKey) -> Option<Self> {
        let is_for_gcm = env::get(&env::get(&key, "algorithm"), "name").as_string().as_deref() == Some("AES-GCM");
        let usages = env::get(&key, "usages");
        let has = |usage: &str| usages.dyn_ref::<Array>().is_some_and(|usages| usages.includes(&usage.into(), 0));
        let is_ours = is_for_gcm && USAGES.iter().all(|usage| has(usage)) && !key.extractable();
        is_ours.then_some(WebKey { subtle: env::subtle().ok()?, key })
    }
}

impl Aead for WebKey {
    type Call = Promise;

    async fn generate() -> Result<Self> {
        let subtle = env::subtle()?;
        let how = AesKeyGenParams::new("AES-GCM", 256);
        let key = settled(subtle.generate_key_with_object(&how, false, &strings(&USAGES))).await.map_err(refused)?;
        Ok(WebKey { subtle, key: key.unchecked_into() })
    }

    async fn import(key: &Key) -> Result<Self> {
        let subtle = env::subtle()?;
        let key = webcrypto::import(&subtle, &key[..], &USAGES).await?;
        Ok(WebKey { subtle, key })
    }

    fn seal(&self, aad: &[u8], plaintext: &[u8]) -> Result<(Nonce, Promise)> {
        let nonce = next_nonce()?;
        let subtle = self.subtle.unchecked_ref::<Subtle>();
        Ok((nonce, with(&nonce, aad, |how| subtle.encrypt(how, &self.key, plaintext))))
    }

    fn open(&self, aad: &[u8], nonce: &Nonce, ciphertext: &[u8]) -> Promise {
        let subtle = self.subtle.unchecked_ref::<Subtle>();
        with(nonce, aad, |how| subtle.decrypt(how, &self.key, ciphertext))
    }

    async fn finish(calls: Vec<Promise>) -> Vec<Result<Option<Plaintext>>> {
        let bytes = |buffer: JsValue| Plaintext::new(Outside(Uint8Array::new(&buffer)).0.to_vec());
        let result = |outcome| not_opened(outcome).map(|opened| opened.map(bytes));
        if calls.is_empty() {
            return Vec::new();
        }
        let is_one = calls.len() == 1;
        let outcome = promise::settled(if is_one { calls[0].clone() } else { all_settled(&calls) }).await;
        match outcome {
            Ok(all) if !is_one => outcomes(&all).map(result).collect(),
            outcome => vec![result(outcome)],
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
    static PARAMS: Params = AesGcmParams::new("AES-GCM", &Uint8Array::new_with_length(0)).unchecked_into();
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
    fn value(this: &OneOfAll) -> JsValue;
    #[wasm_bindgen(method, getter)]
    fn reason(this: &OneOfAll) -> JsValue;
}

/// A promise for the outcomes of all of these, since waiting for each one costs as much as everything else.
fn all_settled(promises: &[Promise]) -> Promise {
    Promise::all_settled(&promises.iter().collect::<Array>())
}

/// The outcomes of promises whose values are never undefined.
fn outcomes(all: &JsValue) -> impl Iterator<Item = Outcome> {
    all.unchecked_ref::<Array>().iter().map(|one| {
        let one = one.unchecked_into::<OneOfAll>();
        let value = one.value();
        if value.is_undefined() { Err(one.reason()) } else { Ok(value) }
    })
}
