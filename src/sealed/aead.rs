//! The trait that a sealed store seals and opens with, whatever does the AES-GCM.

use super::{
    errors,
    format::{SealedKey, record::Nonce},
};
use crate::{
    crypto::{Key, Plaintext},
    error::Result,
};

/// AES-256-GCM (NIST SP 800-38D) with associated data, under one key that cannot be exported.
///
/// Calls begin one by one and are awaited together, so that they run at once and waiting costs little.
pub(crate) trait Aead: Clone {
    /// A call that has begun.
    type Call;

    /// Makes a random key. Nobody sees its bytes.
    async fn generate() -> Result<Self>;

    /// Imports a key.
    async fn import(key: &Key) -> Result<Self>;

    /// Begins to seal under a new random nonce. Returns the nonce too.
    fn seal(&self, aad: &[u8], plaintext: &[u8]) -> Result<(Nonce, Self::Call)>;

    /// Begins to open.
    fn open(&self, aad: &[u8], nonce: &Nonce, ciphertext: &[u8]) -> Self::Call;

    /// The results of these calls, in their order: the ciphertext followed by its tag, or the plaintext. `None` if the
    /// tag does not match.
    async fn finish(calls: Vec<Self::Call>) -> Vec<Result<Option<Plaintext>>>;
}

/// Opens a key that is sealed under another.
pub(super) async fn open_key<K: Aead>(with: &K, aad: &[u8], sealed: &SealedKey) -> Result<Option<Key>> {
    let opened = K::finish(vec![with.open(aad, &sealed.nonce, &sealed.ciphertext)]).await.pop().unwrap_or(Ok(None))?;
    Ok(opened.and_then(|bytes| <[u8; 32]>::try_from(bytes.as_slice()).map(Key::new).ok()))
}

/// Seals a key under another.
pub(super) async fn seal_key<K: Aead>(with: &K, aad: &[u8], key: &Key) -> Result<SealedKey> {
    let (nonce, call) = with.seal(aad, &key[..])?;
    let sealed = K::finish(vec![call]).await.pop().unwrap_or(Ok(None))?;
    let sealed = sealed.and_then(|bytes| bytes.as_slice().try_into().ok());
    Ok(SealedKey { nonce, ciphertext: sealed.ok_or_else(errors::unwritable)? })
}
