//! The browser's cipher: WebCrypto, with small values sealed in wasm where the engine is `auto`.
//!
//! WebCrypto AES-GCM (<https://w3c.github.io/webcrypto/#aes-gcm>): Chromium 37, Firefox 34, Safari 11. It
//! does the wraps whatever the engine, since its IVs may have any length.

use std::cell::RefCell;

use aes_gcm::{Aes256Gcm, KeyInit};
use js_sys::{Array, Object, Promise, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AesGcmParams, CryptoKey};

use super::env::{self, failed, is_named};
use crate::{
    crypto::{
        cipher::{Cipher, NotOpened, Opened, Plaintext, random},
        software::{open_with, seal_with},
    },
    error::{Error, ErrorKind, Result},
    format::flutter::NONCE_BYTES,
    options::Engine,
    secret::Secret,
};

/// Values up to this many bytes are sealed and opened in wasm: there WebCrypto's calls cost more than
/// they save (docs/decisions/0001). In Chromium a call costs 5-12 µs, in the others about 100.
const SOFTWARE_BYTES_IN_CHROMIUM: usize = 256;
const SOFTWARE_BYTES: usize = 4096;

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
        self.software.as_deref().filter(|_| bytes <= SOFTWARE_LIMIT.with(|limit| *limit))
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

    fn nonce() -> Result<[u8; NONCE_BYTES]> {
        NONCES.with_borrow_mut(NoncePool::take)
    }

    fn seal(&self, nonce: [u8; NONCE_BYTES], plaintext: &[u8]) -> impl Future<Output = Result<Vec<u8>>> {
        let begun = match self.software_for(plaintext.len()) {
            Some(software) => Begun::Done(seal_with(software, &nonce.into(), plaintext)),
            None => Begun::Call(begin_seal(&self.key, &nonce, plaintext)),
        };
        async move {
            match begun {
                Begun::Done(sealed) => sealed,
                Begun::Call(call) => finish_seal(call).await,
            }
        }
    }

    fn open(&self, nonce: [u8; NONCE_BYTES], ciphertext: Vec<u8>) -> impl Future<Output = Opened> {
        let begun = match self.software_for(ciphertext.len()) {
            Some(software) => Begun::Done(open_with(software, &nonce.into(), ciphertext)),
            None => Begun::Call(begin_open(&self.key, &nonce, &ciphertext)),
        };
        async move {
            match begun {
                Begun::Done(opened) => Ok(opened),
                Begun::Call(call) => finish_open(call).await,
            }
        }
    }
}

/// A call that wasm has done, or that WebCrypto has begun.
enum Begun<T> {
    Done(T),
    Call(Result<Promise>),
}

thread_local! {
    static SOFTWARE_LIMIT: usize = if env::is_chromium() { SOFTWARE_BYTES_IN_CHROMIUM } else { SOFTWARE_BYTES };
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
    finish_seal(begin_seal(key, iv, plaintext)).await
}

async fn open(key: &CryptoKey, iv: &[u8], ciphertext: &[u8]) -> Opened {
    finish_open(begin_open(key, iv, ciphertext)).await
}

fn begin_seal(key: &CryptoKey, iv: &[u8], plaintext: &[u8]) -> Result<Promise> {
    env::subtle()?.encrypt_with_object_and_u8_array(&gcm(iv), key, plaintext).map_err(refused)
}

async fn finish_seal(call: Result<Promise>) -> Result<Vec<u8>> {
    Ok(Uint8Array::new(&settled(Ok(call?)).await.map_err(refused)?).to_vec())
}

fn begin_open(key: &CryptoKey, iv: &[u8], ciphertext: &[u8]) -> Result<Promise> {
    env::subtle()?.decrypt_with_object_and_u8_array(&gcm(iv), key, ciphertext).map_err(refused)
}

async fn finish_open(call: Result<Promise>) -> Opened {
    not_opened(settled(Ok(call?)).await).map(|opened| {
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
