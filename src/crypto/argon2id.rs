//! Argon2id (RFC 9106) by RustCrypto: version 0x13, one lane, 32 bytes.

use argon2::{Algorithm, Argon2, Block, Params, Version};
use zeroize::Zeroize;

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
    let lacking = || Error::new(ErrorKind::Platform, "there is not enough memory for Argon2id");
    let params = Params::new(cost.memory_kib, cost.passes, 1, Some(key.len())).map_err(|_| lacking())?;
    let mut blocks = Vec::new();
    blocks.try_reserve_exact(params.block_count()).map_err(|_| lacking())?;
    blocks.resize(params.block_count(), Block::new());
    let hashed = Argon2::new(Algorithm::Argon2id, Version::V0x13, params).hash_password_into_with_memory(
        passphrase,
        &cost.salt,
        key.as_mut(),
        &mut blocks,
    );
    // The key can be computed from the last ones, and guesses of the passphrase be checked by any.
    blocks.iter_mut().for_each(Zeroize::zeroize);
    hashed.map(|()| key).map_err(|_| lacking())
}
