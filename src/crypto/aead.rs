//! The trait that a sealed store seals and opens with, whatever does the AES-GCM.

use super::{cipher::Plaintext, kdf::Key};
use crate::{
    error::Result,
    format::sealed::{record::Nonce, ring::Argon2id},
};

/// AES-256-GCM (NIST SP 800-38D) with associated data, under one key that cannot be had back from it; and what the
/// platform does for passphrases.
///
/// Calls begin one by one and are awaited together, so that they run at once and the waiting costs little.
pub(crate) trait Aead: Clone {
    /// A call that has begun.
    type Call;

    /// Makes a random key, whose bytes nobody gets to see.
    async fn generate() -> Result<Self>;

    /// Takes in a key.
    async fn import(key: &Key) -> Result<Self>;

    /// Begins to seal under a new random nonce; gives that too.
    fn seal(&self, aad: &[u8], plaintext: &[u8]) -> Result<(Nonce, Self::Call)>;

    /// Begins to open.
    fn open(&self, aad: &[u8], nonce: &Nonce, ciphertext: &[u8]) -> Self::Call;

    /// What these calls give, in their order: the ciphertext with its tag behind it, or the plaintext; `None` if the tag
    /// does not fit.
    async fn finish(calls: Vec<Self::Call>) -> Vec<Result<Option<Plaintext>>>;

    /// Argon2id (RFC 9106) of a prepared passphrase: version 0x13, one lane, 32 bytes.
    async fn argon2id(passphrase: &[u8], cost: &Argon2id) -> Result<Key>;

    /// A text in Unicode's normalisation form C.
    fn nfc(text: &str) -> String;
}
