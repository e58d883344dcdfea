//! Keys whose bytes are at hand, and random bytes for them.

use zeroize::Zeroizing;

use super::{KEY_BYTES, random};
use crate::error::Result;

/// A key of 32 bytes, wiped when dropped.
pub(crate) type Key = Zeroizing<[u8; KEY_BYTES]>;

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
