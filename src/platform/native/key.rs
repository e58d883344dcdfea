//! A sealed store's data key, by RustCrypto.

use std::sync::Arc;

use unicode_normalization::UnicodeNormalization;

use crate::{
    crypto::{
        aead::Aead,
        argon2id,
        cipher::{Plaintext, random},
        kdf::{Key, random_key},
        software::SoftwareCipher,
    },
    error::Result,
    format::sealed::{record::Nonce, ring::Argon2id},
};

/// An AES-256 key with its schedule, wiped when the last copy is dropped.
#[derive(Clone)]
pub(crate) struct NativeKey(Arc<(SoftwareCipher, Key)>);

impl NativeKey {
    pub(crate) fn new(key: Key) -> Result<Self> {
        Ok(NativeKey(Arc::new((SoftwareCipher::new(&key[..])?, key))))
    }

    /// The key's bytes: what goes into the system's keychain.
    pub(crate) fn bytes(&self) -> &Key {
        &self.0.1
    }
}

impl Aead for NativeKey {
    type Call = Option<Plaintext>;

    async fn generate() -> Result<Self> {
        Self::new(random_key()?)
    }

    async fn import(key: &Key) -> Result<Self> {
        Self::new(key.clone())
    }

    fn seal(&self, aad: &[u8], plaintext: &[u8]) -> Result<(Nonce, Option<Plaintext>)> {
        let mut nonce = Nonce::default();
        random(&mut nonce)?;
        Ok((nonce, Some(Plaintext::new(self.0.0.seal_now(&nonce.into(), aad, plaintext)?))))
    }

    fn open(&self, aad: &[u8], nonce: &Nonce, ciphertext: &[u8]) -> Option<Plaintext> {
        self.0.0.open_now(&(*nonce).into(), aad, ciphertext.to_vec()).ok()
    }

    async fn finish(calls: Vec<Option<Plaintext>>) -> Vec<Result<Option<Plaintext>>> {
        calls.into_iter().map(Ok).collect()
    }

    async fn argon2id(passphrase: &[u8], cost: &Argon2id) -> Result<Key> {
        argon2id::argon2id(passphrase, cost)
    }

    fn nfc(text: &str) -> String {
        text.nfc().collect()
    }
}
