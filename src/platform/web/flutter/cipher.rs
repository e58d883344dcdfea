//! The browser's cipher: WebCrypto, with small values sealed in WebAssembly if the engine is `auto`.
//!
//! WebCrypto AES-GCM (<https://w3c.github.io/webcrypto/#aes-gcm>): Chromium 37, Firefox 34, Safari 11. It wraps keys
//! whatever the engine, since its IVs may have any length.

use js_sys::{JsString, Object, Promise, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{AesGcmParams, CryptoKey, SubtleCrypto};
use zeroize::Zeroizing;

use super::{
    super::{
        env,
        text::to_utf8,
        value::{Input, Outside, WebValue},
        webcrypto::{Call, USAGES, gcm_params, import, not_opened, refused, settled, strings},
    },
    base64,
    nonces::next_nonce,
    small::{self, SmallCipher},
};
use crate::{
    crypto::{NONCE_BYTES, TAG_BYTES},
    error::{Error, ErrorKind, Result},
    flutter::{
        cipher::{Cipher, NotOpened},
        format::{Malformed, SealedValue},
        text::AreaText,
    },
    options::Engine,
    secret::Secret,
    text::Text,
};

/// A data key as a `CryptoKey` that cannot be exported, and ready for small values if the engine handles those itself.
pub(crate) struct WebCipher {
    subtle: SubtleCrypto,
    key: CryptoKey,
    small: Option<SmallCipher>,
}

/// A wrap key as a `CryptoKey` that cannot be exported, and its IV.
pub(crate) struct SubtleWrap {
    subtle: SubtleCrypto,
    key: CryptoKey,
    iv: Uint8Array,
}

/// A call that WebAssembly has done, or that WebCrypto has begun.
enum Begun<T> {
    Done(T),
    Call(Call),
}

impl Cipher for WebCipher {
    type Text = JsString;
    type Input = Input;
    type Value = WebValue;
    type Wrap = SubtleWrap;

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
            // Only the browser sees the key.
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
                Begun::Done(ciphertext) => base64::encode(&ciphertext),
                Begun::Call(call) => base64::encode_outside(&sealed(call).await?),
            };
            Ok(base64::encode(&nonce).followed_by(&DOT.with(Clone::clone)).followed_by(&ciphertext))
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
        // Three of four characters are bytes: those of the nonce, the tag and the value.
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

    /// The cipher for small values, if this many bytes are small.
    fn small(&self, bytes: usize) -> Option<&SmallCipher> {
        self.small.as_ref().filter(|small| small.takes(bytes))
    }
}

thread_local! {
    static DOT: JsString = ".".into();
    static PARAMS: AesGcmParams = gcm_params();
}

/// The characters of a nonce. They need no padding, and a dot follows.
const NONCE_CHARACTERS: u32 = 16;

/// A sealed value as one base64 text. 16 characters make whole bytes, so what follows them can be appended.
fn without_dot(sealed: &JsString) -> Option<JsString> {
    let has_dot = sealed.char_code_at(NONCE_CHARACTERS) == f64::from(b'.');
    let [nonce, ciphertext] = [(0, NONCE_CHARACTERS), (NONCE_CHARACTERS + 1, sealed.length())];
    has_dot.then(|| sealed.slice(nonce.0, nonce.1).followed_by(&sealed.slice(ciphertext.0, ciphertext.1)))
}

/// Decodes a sealed value into WebAssembly.
fn parse(sealed: &JsString) -> Result<SealedValue, NotOpened> {
    let bytes = without_dot(sealed).and_then(|base64| base64::decode(&base64));
    match bytes.and_then(from_bytes) {
        Some(value) => Ok(value),
        None => SealedValue::parse(&sealed.to_str()).map_err(|Malformed(what)| NotOpened::Malformed(what)),
    }
}

/// Takes apart nonce ‖ ciphertext ‖ tag.
fn from_bytes(mut bytes: Vec<u8>) -> Option<SealedValue> {
    let nonce = bytes.first_chunk().copied().filter(|_| bytes.len() >= NONCE_BYTES + TAG_BYTES)?;
    bytes.drain(..NONCE_BYTES);
    Some(SealedValue { nonce, ciphertext: bytes })
}

/// Nonce and ciphertext, decoded outside WebAssembly.
fn parse_outside(sealed: &JsString) -> Result<(Uint8Array, Uint8Array), NotOpened> {
    #[expect(clippy::cast_possible_truncation, reason = "it is small")]
    const NONCE: u32 = NONCE_BYTES as u32;
    let bytes = without_dot(sealed).and_then(|base64| base64::decode_outside(&base64));
    match bytes.filter(|bytes| bytes.length() as usize >= NONCE_BYTES + TAG_BYTES) {
        Some(bytes) => Ok((bytes.subarray(0, NONCE), bytes.subarray(NONCE, bytes.length()))),
        None => {
            parse(sealed).map(|value| (Uint8Array::from(&value.nonce[..]), Uint8Array::from(&value.ciphertext[..])))
        }
    }
}

async fn unwrap(wrap: &SubtleWrap, wrapped: &[u8]) -> Result<Result<CryptoKey, NotOpened>> {
    let usages = strings(&USAGES);
    let unwrapped = with_iv(&wrap.iv, |how| {
        wrap.subtle
            .unwrap_key_with_u8_array_and_object_and_str("raw", wrapped, &wrap.key, how, "AES-GCM", false, &usages)
    });
    Ok(not_opened(settled(unwrapped).await)?.map(JsCast::unchecked_into).ok_or(NotOpened::Refused))
}

/// Begins to encrypt.
fn encrypt(subtle: &SubtleCrypto, key: &CryptoKey, iv: &Uint8Array, plaintext: &Outside) -> Result<Call> {
    let begun = with_iv(iv, |how| subtle.encrypt_with_object_and_js_u8_array(how, key, &plaintext.0));
    Ok(Call { promise: begun.map_err(refused)?, bytes: plaintext.0.length() as usize + TAG_BYTES })
}

/// Begins to decrypt.
fn decrypt(subtle: &SubtleCrypto, key: &CryptoKey, iv: &Uint8Array, ciphertext: &Uint8Array) -> Result<Call> {
    let begun = with_iv(iv, |how| subtle.decrypt_with_object_and_js_u8_array(how, key, ciphertext));
    Ok(Call { promise: begun.map_err(refused)?, bytes: (ciphertext.length() as usize).saturating_sub(TAG_BYTES) })
}

/// The result of encrypting.
async fn sealed(call: Call) -> Result<Uint8Array> {
    let given = settled(Ok(call.promise.clone())).await.map_err(refused)?;
    call.bytes_of(&given).ok_or_else(|| refused(JsValue::UNDEFINED))
}

/// The result of decrypting.
async fn opened(call: Call) -> Result<Result<Outside, NotOpened>> {
    let opened = not_opened(settled(Ok(call.promise.clone())).await)?;
    Ok(opened.and_then(|bytes| call.bytes_of(&bytes)).map(Outside).ok_or(NotOpened::Refused))
}

/// Some engines refuse IVs below 8 bytes with the same `OperationError` as a wrong wrap key. This tells the two apart
/// before anything is stored.
async fn check_iv(wrap: &SubtleWrap) -> Result<()> {
    let bytes = wrap.iv.length();
    if bytes as usize == NONCE_BYTES {
        return Ok(());
    }
    let call = encrypt(&wrap.subtle, &wrap.key, &wrap.iv, &Outside(Uint8Array::new_with_length(0)));
    let sealed = async { sealed(call?).await };
    sealed.await.map(drop).map_err(|_| {
        Error::new(
            ErrorKind::Unsupported,
            "this browser does not take a wrapKeyIv of that length: 12 bytes are taken by all",
        )
    })
}

/// Begins a call with this IV. The object is read while the call begins, so one is enough for all calls.
fn with_iv(iv: &Uint8Array, begin: impl FnOnce(&Object) -> Result<Promise, JsValue>) -> Result<Promise, JsValue> {
    PARAMS.with(|params| {
        params.set_iv(iv);
        begin(params)
    })
}

impl Input {
    /// How long it is, in bytes or in characters.
    fn units(&self) -> usize {
        match self {
            Input::Inside(bytes) => bytes.len(),
            Input::Outside(bytes) => bytes.0.length() as usize,
            Input::Text(text) => text.length() as usize,
        }
    }

    /// A copy outside WebAssembly.
    fn outside(&self) -> Outside {
        match self {
            Input::Inside(bytes) => Outside(Uint8Array::from(bytes.as_slice())),
            Input::Outside(bytes) => Outside(Uint8Array::new(&bytes.0)),
            Input::Text(text) => to_utf8(text),
        }
    }
}
