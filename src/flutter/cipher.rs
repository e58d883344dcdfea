//! The trait that the flutter layout seals and opens values with, whatever does the AES-GCM.

use crate::{error::Result, flutter::text::AreaText, options::Engine, secret::Secret, text::Owned};

/// Why something sealed does not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotOpened {
    /// It does not have the form of a sealed value; what is wrong with it.
    Malformed(&'static str),
    /// The key does not open it: it is damaged, or was sealed under another key.
    Refused,
}

/// AES-GCM (NIST SP 800-38D) under one data key, with a 128-bit tag after the ciphertext and no associated data. Values
/// become the texts of FORMAT.md.
pub(crate) trait Cipher: Sized {
    /// What sealed values are written as.
    type Text: AreaText + ?Sized;

    /// A value to seal.
    type Input: ?Sized;

    /// An opened value.
    type Value;

    /// A wrap key with its IV, ready for use.
    type Wrap;

    /// Imports a wrap key of 16 or 32 bytes, and an IV that is not empty.
    async fn import_wrap(key: &Secret, iv: &Secret) -> Result<Self::Wrap>;

    /// Wraps a data key.
    async fn wrap(wrap: &Self::Wrap, data_key: &[u8]) -> Result<Vec<u8>>;

    /// Imports a data key of 16 or 32 bytes.
    async fn import(engine: Engine, data_key: &[u8]) -> Result<Self>;

    /// Imports a data key that is wrapped.
    async fn unwrap(engine: Engine, wrap: &Self::Wrap, wrapped: &[u8]) -> Result<Result<Self, NotOpened>>;

    /// Seals a value under a new random nonce. The call may begin before it is awaited, so that several run at once.
    fn seal(&self, value: &Self::Input) -> impl Future<Output = Result<Owned<Self::Text>>>;

    /// Opens a sealed value. It may begin early too, as [`seal`](Self::seal).
    fn open(&self, sealed: &Self::Text) -> impl Future<Output = Result<Result<Self::Value, NotOpened>>>;
}
