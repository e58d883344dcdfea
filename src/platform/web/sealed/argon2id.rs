//! Argon2id in a Rust app on the web: part of the app's module.

use crate::{
    crypto::{self, Key, argon2id::Cost},
    error::Result,
};

pub(super) async fn derive(passphrase: &[u8], cost: &Cost) -> Result<Key> {
    crypto::argon2id::derive(passphrase, cost)
}
