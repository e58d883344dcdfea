//! The browser's cipher: WebCrypto, with small values sealed in wasm where the engine is `auto`.
//!
//! WebCrypto AES-GCM (<https://w3c.github.io/webcrypto/#aes-gcm>): Chromium 37, Firefox 34, Safari 11. It
//! does the wraps whatever the engine, since its IVs may have any length.

use aes_gcm::{Aes256Gcm, KeyInit};
use js_sys::{Array, Object, Promise, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AesGcmParams, CryptoKey};

use super::env::{self, failed, is_named};
use crate::{
    crypto::{
        cipher::{Cipher, NotOpened, Plaintext},
        software::{open_with, seal_with},
    },
    error::{Error, ErrorKind, Result},
    format::flutter::NONCE_BYTES,
    options::Engine,
    secret::Secret,
};

/// Values up to this many bytes are sealed and opened in wasm: there WebCrypto's calls cost more than
/// they save (docs/decisions/0001).
const SOFTWARE_BYTES: usize = 256;

/// A data key as a non-extractable `CryptoKey`, and as a software key where the engine is `auto` and the
/// key has 32 bytes, as all that Flutter makes.
pub(crate) struct WebCipher {
    key: CryptoKey,
    software: Option<Box<Aes256Gcm>>,
}

/// A wrap key as a non-extractable `CryptoKey`, and its IV.
pub(crate) struct SubtleWrap {
    key: CryptoKey,
    iv: Vec<u8>,
}

impl WebCipher {
    fn software_for(&self, bytes: usize) -> Option<&Aes256Gcm> {
        self.software.as_deref().filter(|_| bytes <= SOFTWARE_BYTES)
    }
}

impl Cipher for WebCipher {
    type Wrap = SubtleWrap;

    async fn import_wrap(key: &Secret, iv: &Secret) -> Result<SubtleWrap> {
        let key = import(key.expose(), &["encrypt", "decrypt", "unwrapKey"]).await?;
        let wrap = SubtleWrap { key, iv: iv.expose().to_vec() };
        check_iv(&wrap).await?;
        Ok(wrap)
    }

    async fn wrap(wrap: &SubtleWrap, data_key: &[u8]) -> Result<Vec<u8>> {
        seal(&wrap.key, &wrap.iv, data_key).await
    }

    async fn import(engine: Engine, data_key: &[u8]) -> Result<Self> {
        let software = match engine {
            Engine::Auto => Aes256Gcm::new_from_slice(data_key).map(Box::new).ok(),
            Engine::WebCrypto => None,
        };
        Ok(WebCipher { key: import(data_key, &["encrypt", "decrypt"]).await?, software })
    }

    async fn unwrap(engine: Engine, wrap: &SubtleWrap, wrapped: &[u8]) -> Result<Result<Self, NotOpened>> {
        match engine {
            Engine::Auto => match open(&wrap.key, &wrap.iv, wrapped).await? {
                Ok(data_key) => Ok(Ok(Self::import(engine, &data_key).await?)),
                Err(NotOpened) => Ok(Err(NotOpened)),
            },
            Engine::WebCrypto => Ok(unwrap(wrap, wrapped).await?.map(|key| WebCipher { key, software: None })),
        }
    }

    async fn seal(&self, nonce: &[u8; NONCE_BYTES], plaintext: &[u8]) -> Result<Vec<u8>> {
        match self.software_for(plaintext.len()) {
            Some(software) => seal_with(software, nonce.into(), plaintext),
            None => seal(&self.key, nonce, plaintext).await,
        }
    }

    async fn open(&self, nonce: &[u8; NONCE_BYTES], ciphertext: Vec<u8>) -> Result<Result<Plaintext, NotOpened>> {
        match self.software_for(ciphertext.len()) {
            Some(software) => Ok(open_with(software, nonce.into(), ciphertext)),
            None => open(&self.key, nonce, &ciphertext).await,
        }
    }
}

async fn import(key: &[u8], usages: &[&str]) -> Result<CryptoKey> {
    let key = Uint8Array::from(key);
    let imported = env::subtle()?.import_key_with_str("raw", &key, "AES-GCM", false, &strings(usages));
    // Wipes the copy that was made for WebCrypto, which has taken its own by now.
    key.fill(0, 0, key.length());
    Ok(settled(imported).await.map_err(refused)?.unchecked_into())
}

async fn unwrap(wrap: &SubtleWrap, wrapped: &[u8]) -> Result<Result<CryptoKey, NotOpened>> {
    let unwrapped = env::subtle()?.unwrap_key_with_u8_array_and_object_and_str(
        "raw",
        wrapped,
        &wrap.key,
        &gcm(&wrap.iv),
        "AES-GCM",
        false,
        &strings(&["encrypt", "decrypt"]),
    );
    not_opened(settled(unwrapped).await).map(|opened| opened.map(JsCast::unchecked_into))
}

async fn seal(key: &CryptoKey, iv: &[u8], plaintext: &[u8]) -> Result<Vec<u8>> {
    let sealed = env::subtle()?.encrypt_with_object_and_u8_array(&gcm(iv), key, plaintext);
    Ok(Uint8Array::new(&settled(sealed).await.map_err(refused)?).to_vec())
}

async fn open(key: &CryptoKey, iv: &[u8], ciphertext: &[u8]) -> Result<Result<Plaintext, NotOpened>> {
    let opened = env::subtle()?.decrypt_with_object_and_u8_array(&gcm(iv), key, ciphertext);
    not_opened(settled(opened).await).map(|opened| {
        opened.map(|plaintext| {
            let plaintext = Uint8Array::new(&plaintext);
            let bytes = Plaintext::new(plaintext.to_vec());
            plaintext.fill(0, 0, plaintext.length());
            bytes
        })
    })
}

/// Some engines refuse IVs below 8 bytes with the same `OperationError` as a wrap key that does not fit: this
/// tells them apart before anything is stored.
async fn check_iv(wrap: &SubtleWrap) -> Result<()> {
    if wrap.iv.len() == NONCE_BYTES {
        return Ok(());
    }
    seal(&wrap.key, &wrap.iv, &[]).await.map(drop).map_err(|_| {
        let message = format!("this browser does not take a wrapKeyIv of {} bytes", wrap.iv.len());
        Error::new(ErrorKind::Unsupported, message)
    })
}

fn gcm(iv: &[u8]) -> Object {
    AesGcmParams::new("AES-GCM", &Uint8Array::from(iv)).unchecked_into()
}

fn strings(items: &[&str]) -> Array {
    items.iter().map(|item| JsValue::from_str(item)).collect()
}

async fn settled(call: Result<Promise, JsValue>) -> Result<JsValue, JsValue> {
    JsFuture::from(call?).await
}

/// A tag that does not fit is an `OperationError`; everything else is the platform's failure.
fn not_opened(result: Result<JsValue, JsValue>) -> Result<Result<JsValue, NotOpened>> {
    match result {
        Ok(opened) => Ok(Ok(opened)),
        Err(thrown) if is_named(&thrown, "OperationError") => Ok(Err(NotOpened)),
        Err(thrown) => Err(refused(thrown)),
    }
}

fn refused(thrown: JsValue) -> Error {
    failed(ErrorKind::Platform, "WebCrypto refused the call")(thrown)
}
