//! Argon2id in a Rust app on the web: part of the app's module.

use crate::{crypto, crypto::kdf::Key, error::Result, format::sealed::ring::Argon2id};

pub(super) async fn derive(passphrase: &[u8], cost: &Argon2id) -> Result<Key> {
    crypto::argon2id::argon2id(passphrase, cost)
}
