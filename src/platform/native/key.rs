//! A sealed store's data key, by RustCrypto.

use std::sync::Arc;

use crate::{
    crypto::{Key, Plaintext, gcm::Gcm96, random_key},
    error::Result,
    sealed::{aead::Aead, format::record::Nonce},
};

/// An AES-256 key with its schedule, wiped when the last copy is dropped.
#[derive(Clone)]
pub(crate) struct NativeKey(Arc<Gcm96>);

impl NativeKey {
    fn new(key: &Key) -> Result<Self> {
        Ok(NativeKey(Arc::new(Gcm96::new(&key[..])?)))
    }
}

impl Aead for NativeKey {
    type Call = Option<Plaintext>;

    async fn generate() -> Result<Self> {
        Self::new(&random_key()?)
    }

    async fn import(key: &Key) -> Result<Self> {
        Self::new(key)
    }

    fn seal_with(&self, nonce: &Nonce, aad: &[u8], plaintext: &[u8]) -> Result<Option<Plaintext>> {
        Ok(Some(Plaintext::new(self.0.seal_now(&(*nonce).into(), aad, plaintext)?)))
    }

    fn open(&self, aad: &[u8], nonce: &Nonce, ciphertext: &[u8]) -> Option<Plaintext> {
        self.0.open_now(&(*nonce).into(), aad, ciphertext.to_vec()).ok()
    }

    async fn finish(calls: Vec<Option<Plaintext>>) -> Vec<Result<Option<Plaintext>>> {
        calls.into_iter().map(Ok).collect()
    }
}
