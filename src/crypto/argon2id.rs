//! Argon2id by RustCrypto, where it is part of the crate: on native, and in Rust apps on the web. The npm package has
//! it as a module of its own.

use argon2::{Algorithm, Argon2, Params, Version};

use super::kdf::Key;
use crate::{
    error::{Error, ErrorKind, Result},
    format::sealed::ring::Argon2id,
};

/// Argon2id (RFC 9106), version 0x13, one lane, 32 bytes.
pub(crate) fn argon2id(passphrase: &[u8], cost: &Argon2id) -> Result<Key> {
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
