//! The trait that a store seals and opens its values with, whatever does the AES-GCM.

use zeroize::Zeroizing;

use crate::{
    error::{Error, ErrorKind, Result},
    format::flutter::NONCE_BYTES,
    options::Engine,
    secret::Secret,
};

/// An opened value, wiped when dropped.
pub(crate) type Plaintext = Zeroizing<Vec<u8>>;

/// A ciphertext that its key does not open: it was damaged, or sealed under another key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NotOpened;

/// AES-GCM (NIST SP 800-38D) with a 128-bit tag behind the ciphertext and no associated data, under one
/// data key.
pub(crate) trait Cipher: Sized {
    /// A wrap key with its IV, ready for use.
    type Wrap;

    /// Takes in a wrap key of 16 or 32 bytes and an IV that is not empty.
    async fn import_wrap(key: &Secret, iv: &Secret) -> Result<Self::Wrap>;

    /// Wraps a data key.
    async fn wrap(wrap: &Self::Wrap, data_key: &[u8]) -> Result<Vec<u8>>;

    /// Takes in a data key of 16 or 32 bytes.
    async fn import(engine: Engine, data_key: &[u8]) -> Result<Self>;

    /// Takes in a data key that is wrapped.
    async fn unwrap(engine: Engine, wrap: &Self::Wrap, wrapped: &[u8]) -> Result<Result<Self, NotOpened>>;

    /// A nonce that was never used: 96 random bits.
    fn nonce() -> Result<[u8; NONCE_BYTES]> {
        let mut nonce = [0; NONCE_BYTES];
        random(&mut nonce)?;
        Ok(nonce)
    }

    /// Encrypts; gives ciphertext ‖ tag. The call may begin before it is awaited, so that several run at once.
    fn seal(&self, nonce: [u8; NONCE_BYTES], plaintext: &[u8]) -> impl Future<Output = Result<Vec<u8>>>;

    /// Decrypts ciphertext ‖ tag; begins as [`seal`](Self::seal).
    fn open(&self, nonce: [u8; NONCE_BYTES], ciphertext: Vec<u8>) -> impl Future<Output = Opened>;
}

/// What opening a ciphertext gives.
pub(crate) type Opened = Result<Result<Plaintext, NotOpened>>;

/// Fills `bytes` from the platform's generator.
pub(crate) fn random(bytes: &mut [u8]) -> Result<()> {
    // Without its source, whose text would carry tables of Unicode into the WebAssembly module.
    let refused = |_| Error::new(ErrorKind::Platform, "the platform gives no random bytes: nothing can be sealed");
    getrandom::fill(bytes).map_err(refused)
}
