//! The browser's cipher: WebCrypto, with small values sealed in WebAssembly where the engine is `auto`.
//!
//! WebCrypto AES-GCM (<https://w3c.github.io/webcrypto/#aes-gcm>): Chromium 37, Firefox 34, Safari 11. It
//! does the wraps whatever the engine, since its IVs may have any length.

use std::cell::RefCell;

use js_sys::{Array, JsString, Object, Promise, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{AesGcmParams, CryptoKey, SubtleCrypto};
use zeroize::Zeroizing;

use super::{
    env::{self, failed, is_named},
    promise,
    small::{self, SmallCipher},
    text,
    value::{Input, Outside, WebValue},
};
use crate::{
    crypto::cipher::{Cipher, NotOpened, Plaintext, random},
    error::{Error, ErrorKind, Result},
    format::flutter::{Malformed, NONCE_BYTES, SealedValue, TAG_BYTES},
    options::Engine,
    secret::Secret,
    text::Text,
};

/// A data key as a non-extractable `CryptoKey`, and ready for small values where the engine does those itself.
pub(crate) struct WebCipher {
    subtle: SubtleCrypto,
    key: CryptoKey,
    small: Option<SmallCipher>,
}

/// A wrap key as a non-extractable `CryptoKey`, and its IV.
pub(crate) struct SubtleWrap {
    subtle: SubtleCrypto,
    key: CryptoKey,
    iv: Uint8Array,
}

/// What a data key is for.
pub(super) const USAGES: [&str; 2] = ["encrypt", "decrypt"];

/// A call that wasm has done, or that WebCrypto has begun.
enum Begun<T> {
    Done(T),
    Call(Promise),
}

impl Cipher for WebCipher {
    type Text = JsString;
    type Input = Input;
    type Value = WebValue;
    type Wrap = SubtleWrap;

    fn bytes(input: &Input) -> Plaintext {
        input.inside()
    }

    fn value(bytes: Plaintext) -> WebValue {
        WebValue::Inside(bytes)
    }

    async fn import_wrap(key: &Secret, iv: &Secret) -> Result<SubtleWrap> {
        let subtle = env::subtle()?;
        let key = import(&subtle, key.expose(), &["encrypt", "decrypt", "unwrapKey"]).await?;
        let wrap = SubtleWrap { subtle, key, iv: Uint8Array::from(iv.expose()) };
        check_iv(&wrap).await?;
        Ok(wrap)
    }

    async fn wrap(wrap: &SubtleWrap, data_key: &[u8]) -> Result<Vec<u8>> {
        let data_key = Outside(Uint8Array::from(data_key));
        Ok(sealed(encrypt(&wrap.subtle, &wrap.key, &wrap.iv, &data_key)?).await?.to_vec())
    }

    async fn import(engine: Engine, data_key: &[u8]) -> Result<Self> {
        let small = if small::is_used_by(engine) { SmallCipher::new(data_key) } else { None };
        let subtle = env::subtle()?;
        let key = import(&subtle, data_key, &USAGES).await?;
        Ok(WebCipher { subtle, key, small })
    }

    async fn unwrap(engine: Engine, wrap: &SubtleWrap, wrapped: &[u8]) -> Result<Result<Self, NotOpened>> {
        if !small::is_used_by(engine) {
            // Nobody but the browser sees the key.
            let cipher = |key| WebCipher { subtle: wrap.subtle.clone(), key, small: None };
            return Ok(unwrap(wrap, wrapped).await?.map(cipher));
        }
        match opened(decrypt(&wrap.subtle, &wrap.key, &wrap.iv, &Uint8Array::from(wrapped))?).await? {
            Ok(data_key) => Ok(Ok(Self::import(engine, &Zeroizing::new(data_key.0.to_vec())).await?)),
            Err(not_opened) => Ok(Err(not_opened)),
        }
    }

    fn seal(&self, value: &Input) -> impl Future<Output = Result<JsString>> {
        let begun = self.begin_seal(value);
        async move {
            let (nonce, begun) = begun?;
            let ciphertext = match begun {
                Begun::Done(ciphertext) => text::encode_base64(&ciphertext),
                Begun::Call(call) => text::encode_base64_outside(&sealed(call).await?),
            };
            Ok(text::encode_base64(&nonce).followed_by(&DOT.with(Clone::clone)).followed_by(&ciphertext))
        }
    }

    fn open(&self, sealed: &JsString) -> impl Future<Output = Result<Result<WebValue, NotOpened>>> {
        let begun = self.begin_open(sealed);
        async move {
            match begun? {
                Begun::Done(value) => Ok(value),
                Begun::Call(call) => Ok(opened(call).await?.map(WebValue::Outside)),
            }
        }
    }
}

impl WebCipher {
    fn begin_seal(&self, value: &Input) -> Result<([u8; NONCE_BYTES], Begun<Vec<u8>>)> {
        let nonce = next_nonce()?;
        let begun = match self.small(value.units()) {
            Some(small) => Begun::Done(small.seal(nonce, &value.inside())?),
            None => Begun::Call(encrypt(&self.subtle, &self.key, &Uint8Array::from(&nonce[..]), &value.outside())?),
        };
        Ok((nonce, begun))
    }

    fn begin_open(&self, sealed: &JsString) -> Result<Begun<Result<WebValue, NotOpened>>> {
        // Three characters in four are bytes: of the nonce, the tag and the value.
        let bytes = (sealed.units() / 4 * 3).saturating_sub(NONCE_BYTES + TAG_BYTES);
        if let Some(small) = self.small(bytes) {
            let opened = parse(sealed).and_then(|sealed| small.open(sealed));
            return Ok(Begun::Done(opened.map(WebValue::Inside)));
        }
        match parse_outside(sealed) {
            Ok((nonce, ciphertext)) => Ok(Begun::Call(decrypt(&self.subtle, &self.key, &nonce, &ciphertext)?)),
            Err(malformed) => Ok(Begun::Done(Err(malformed))),
        }
    }

    /// The cipher of small values, if so many bytes are a small one.
    fn small(&self, bytes: usize) -> Option<&SmallCipher> {
        self.small.as_ref().filter(|small| small.takes(bytes))
    }
}

thread_local! {
    static DOT: JsString = ".".into();
    static PARAMS: AesGcmParams = AesGcmParams::new("AES-GCM", &Uint8Array::new_with_length(0));
    static NONCES: RefCell<NoncePool> = const { RefCell::new(NoncePool { bytes: [0; NONCE_BYTES * 128], used: NONCE_BYTES * 128 }) };
}

/// Random bytes for nonces, drawn many at a time: a call of the browser's generator costs more than the rest of
/// sealing a small value does.
struct NoncePool {
    bytes: [u8; NONCE_BYTES * 128],
    used: usize,
}

impl NoncePool {
    /// The next nonce, which is wiped here before it is used.
    fn take(&mut self) -> Result<[u8; NONCE_BYTES]> {
        if self.used == self.bytes.len() {
            random(&mut self.bytes)?;
            self.used = 0;
        }
        let mut nonce = [0; NONCE_BYTES];
        nonce.swap_with_slice(&mut self.bytes[self.used..self.used + NONCE_BYTES]);
        self.used += NONCE_BYTES;
        Ok(nonce)
    }
}

/// A random nonce.
pub(super) fn next_nonce() -> Result<[u8; NONCE_BYTES]> {
    NONCES.with_borrow_mut(NoncePool::take)
}

/// The characters of a nonce, which need no padding; a dot follows.
const NONCE_CHARACTERS: u32 = 16;

/// A sealed value as one text of base64: 16 characters make whole bytes, so what follows them may be appended.
fn without_dot(sealed: &JsString) -> Option<JsString> {
    let has_dot = sealed.char_code_at(NONCE_CHARACTERS) == f64::from(b'.');
    let [nonce, ciphertext] = [(0, NONCE_CHARACTERS), (NONCE_CHARACTERS + 1, sealed.length())];
    has_dot.then(|| sealed.slice(nonce.0, nonce.1).followed_by(&sealed.slice(ciphertext.0, ciphertext.1)))
}

/// Decodes a sealed value into WebAssembly.
fn parse(sealed: &JsString) -> Result<SealedValue, NotOpened> {
    let bytes = without_dot(sealed).and_then(|base64| text::decode_base64(&base64));
    match bytes.and_then(SealedValue::from_bytes) {
        Some(value) => Ok(value),
        None => SealedValue::parse(&sealed.to_str()).map_err(|Malformed(what)| NotOpened::Malformed(what)),
    }
}

/// Nonce and ciphertext, decoded outside.
fn parse_outside(sealed: &JsString) -> Result<(Uint8Array, Uint8Array), NotOpened> {
    #[expect(clippy::cast_possible_truncation, reason = "it is small")]
    const NONCE: u32 = NONCE_BYTES as u32;
    let bytes = without_dot(sealed).and_then(|base64| text::decode_base64_outside(&base64));
    match bytes.filter(|bytes| bytes.length() as usize >= NONCE_BYTES + TAG_BYTES) {
        Some(bytes) => Ok((bytes.subarray(0, NONCE), bytes.subarray(NONCE, bytes.length()))),
        None => {
            parse(sealed).map(|value| (Uint8Array::from(&value.nonce[..]), Uint8Array::from(&value.ciphertext[..])))
        }
    }
}

pub(super) async fn import(subtle: &SubtleCrypto, key: &[u8], usages: &[&str]) -> Result<CryptoKey> {
    let key = Outside(Uint8Array::from(key));
    // WebCrypto takes its own copy at once.
    let imported = subtle.import_key_with_str("raw", &key.0, "AES-GCM", false, &strings(usages));
    Ok(settled(imported).await.map_err(refused)?.unchecked_into())
}

async fn unwrap(wrap: &SubtleWrap, wrapped: &[u8]) -> Result<Result<CryptoKey, NotOpened>> {
    let usages = strings(&USAGES);
    let unwrapped = with_iv(&wrap.iv, |how| {
        wrap.subtle
            .unwrap_key_with_u8_array_and_object_and_str("raw", wrapped, &wrap.key, how, "AES-GCM", false, &usages)
    });
    not_opened(settled(unwrapped).await).map(|opened| opened.map(JsCast::unchecked_into))
}

/// Begins to encrypt.
fn encrypt(subtle: &SubtleCrypto, key: &CryptoKey, iv: &Uint8Array, plaintext: &Outside) -> Result<Promise> {
    with_iv(iv, |how| subtle.encrypt_with_object_and_js_u8_array(how, key, &plaintext.0)).map_err(refused)
}

/// Begins to decrypt.
fn decrypt(subtle: &SubtleCrypto, key: &CryptoKey, iv: &Uint8Array, ciphertext: &Uint8Array) -> Result<Promise> {
    with_iv(iv, |how| subtle.decrypt_with_object_and_js_u8_array(how, key, ciphertext)).map_err(refused)
}

/// What encrypting gives.
pub(super) async fn sealed(call: Promise) -> Result<Uint8Array> {
    Ok(Uint8Array::new(&settled(Ok(call)).await.map_err(refused)?))
}

/// What decrypting gives.
pub(super) async fn opened(call: Promise) -> Result<Result<Outside, NotOpened>> {
    not_opened(settled(Ok(call)).await).map(|opened| opened.map(|bytes| Outside(Uint8Array::new(&bytes))))
}

/// Some engines refuse IVs below 8 bytes with the same `OperationError` as a wrap key that does not fit: this
/// tells them apart before anything is stored.
async fn check_iv(wrap: &SubtleWrap) -> Result<()> {
    let bytes = wrap.iv.length();
    if bytes as usize == NONCE_BYTES {
        return Ok(());
    }
    let call = encrypt(&wrap.subtle, &wrap.key, &wrap.iv, &Outside(Uint8Array::new_with_length(0)));
    let sealed = async { sealed(call?).await };
    sealed.await.map(drop).map_err(|_| {
        Error::new(ErrorKind::Unsupported, format!("this browser does not take a wrapKeyIv of {bytes} bytes"))
    })
}

/// Begins a call with this IV. The object is read while the call begins, so one does for all of them.
fn with_iv(iv: &Uint8Array, begin: impl FnOnce(&Object) -> Result<Promise, JsValue>) -> Result<Promise, JsValue> {
    PARAMS.with(|params| {
        params.set_iv(iv);
        begin(params)
    })
}

pub(super) fn strings(items: &[&str]) -> Array {
    items.iter().map(|item| JsValue::from_str(item)).collect()
}

pub(super) async fn settled(call: Result<Promise, JsValue>) -> Result<JsValue, JsValue> {
    promise::settled(call?).await
}

/// A tag that does not fit is an `OperationError`; everything else is the platform's failure.
pub(super) fn not_opened(result: Result<JsValue, JsValue>) -> Result<Result<JsValue, NotOpened>> {
    match result {
        Ok(opened) => Ok(Ok(opened)),
        Err(thrown) if is_named(&thrown, "OperationError") => Ok(Err(NotOpened::Refused)),
        Err(thrown) => Err(refused(thrown)),
    }
}

pub(super) fn refused(thrown: JsValue) -> Error {
    failed(ErrorKind::Platform, "WebCrypto refused the call")(thrown)
}
