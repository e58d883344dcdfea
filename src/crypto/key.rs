//! Keys whose bytes are at hand, and random bytes.

use zeroize::Zeroizing;

use super::{KEY_BYTES, random};
use crate::error::Result;

/// A key of 32 bytes, wiped when dropped.
pub(crate) type Key = Zeroizing<[u8; KEY_BYTES]>;

/// Length of a point of P-256, uncompressed: 4, x, y (SEC 1, 2.3.3).
pub(crate) const POINT_BYTES: usize = 65;

/// A public key.
pub(crate) type Point = [u8; POINT_BYTES];

/// A private key of P-256, as the 32 bytes of its number, and the public key that belongs to it.
#[derive(Clone)]
pub(crate) struct KeyPair {
    pub(crate) private: Key,
    pub(crate) public: Point,
}

/// A new random key.
pub(crate) fn random_key() -> Result<Key> {
    let mut key = Key::default();
    random(key.as_mut())?;
    Ok(key)
}

/// New random bytes.
pub(crate) fn random_array<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    random(&mut bytes)?;
    Ok(bytes)
}
