//! Argon2id (RFC 9106) by RustCrypto: version 0x13, one lane, 32 bytes.

use argon2::{Algorithm, Argon2, Params, Version};

use super::Key;
use crate::error::{Error, ErrorKind, Result};

/// Its salt, and what it costs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cost {
    pub(crate) memory_kib: u32,
    pub(crate) passes: u32,
    pub(crate) salt: [u8; 16],
}

/// The key that is derived from a prepared passphrase at this cost.
#[cfg_attr(feature = "npm", allow(dead_code, reason = "the npm package has it as a module of its own"))]
pub(crate) fn derive(passphrase: &[u8], cost: &Cost) -> Result<Key> {
    let mut key = Key::default();
    let params = Params::new(cost.memory_kib, cost.passes, 1, Some(key.len()));
    let hashed = params.and_then(|params| {
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params).hash_password_into(
            passphrase,
            &cost.salt,
            key.as_mut(),
        )
    });
    match hashed {
        Ok(()) => Ok(key),
        Err(_) => Err(Error::new(ErrorKind::Platform, "there is not enough memory for Argon2id")),
    }
}
