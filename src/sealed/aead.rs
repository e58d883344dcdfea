//! The trait that a sealed store seals and opens with, whatever does the AES-GCM.

use super::{
    errors,
    format::{Sealed, record::Nonce},
};
use crate::{
    crypto::{Key, Plaintext, random_array},
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

    /// Begins to seal under a nonce that this key has never sealed under.
    fn seal_with(&self, nonce: &Nonce, aad: &[u8], plaintext: &[u8]) -> Result<Self::Call>;

    /// Begins to seal under a new random nonce. Returns the nonce too.
    fn seal(&self, aad: &[u8], plaintext: &[u8]) -> Result<(Nonce, Self::Call)> {
        let nonce = random_array()?;
        Ok((nonce, self.seal_with(&nonce, aad, plaintext)?))
    }

    /// Begins to open.
    fn open(&self, aad: &[u8], nonce: &Nonce, ciphertext: &[u8]) -> Self::Call;

    /// The results of these calls, in their order: the ciphertext followed by its tag, or the plaintext. `None` if the
    /// tag does not match.
    async fn finish(calls: Vec<Self::Call>) -> Vec<Result<Option<Plaintext>>>;
}

/// Opens what is sealed by itself. `None` if it does not open.
pub(super) async fn open_one<K: Aead>(with: &K, aad: &[u8], sealed: &Sealed) -> Result<Option<Plaintext>> {
    finish_one::<K>(with.open(aad, &sealed.nonce, &sealed.ciphertext)).await
}

/// Seals something by itself.
pub(super) async fn seal_one<K: Aead>(with: &K, aad: &[u8], plaintext: &[u8]) -> Result<Sealed> {
    let (nonce, call) = with.seal(aad, plaintext)?;
    let ciphertext = finish_one::<K>(call).await?.ok_or_else(errors::unwritable)?.to_vec();
    Ok(Sealed { nonce, ciphertext })
}

/// The result of one call.
pub(super) async fn finish_one<K: Aead>(call: K::Call) -> Result<Option<Plaintext>> {
    K::finish(vec![call]).await.pop().unwrap_or(Ok(None))
}

/// An opened key.
pub(super) fn key_of(opened: &Plaintext) -> Option<Key> {
    let mut key = Key::default();
    (opened.len() == key.len()).then(|| {
        key.copy_from_slice(opened);
        key
    })
}
