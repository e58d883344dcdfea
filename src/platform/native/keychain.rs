//! stub
use crate::{
    crypto::kdf::Key,
    error::{Error, ErrorKind, Result},
    format::sealed::Id,
};
use std::time::Duration;

/// A keychain: a key for each item. No item is ever overwritten.
pub(crate) trait Keychain: Send + Sync {
    /// Adds a key under an item that nothing else has, and reads it back.
    async fn add(&self, item: &Id, key: &Key) -> Result<()>;

    /// The key of an item; `None` only if the keychain was asked and has none.
    async fn find(&self, item: &Id) -> Result<Option<Key>>;

    /// Removes an item; no error if there is none.
    async fn remove(&self, item: &Id) -> Result<()>;
}

pub(crate) struct SystemKeychain;

impl SystemKeychain {
    pub(crate) fn new(_: &str, _: Duration) -> Self {
        SystemKeychain
    }
}
fn no() -> Error {
    Error::new(ErrorKind::Unavailable, "stub")
}
pub(crate) async fn availability(_: Duration) -> Result<()> {
    Err(no())
}
impl Keychain for SystemKeychain {
    async fn add(&self, _: &Id, _: &Key) -> Result<()> {
        Err(no())
    }
    async fn find(&self, _: &Id) -> Result<Option<Key>> {
        Err(no())
    }
    async fn remove(&self, _: &Id) -> Result<()> {
        Err(no())
    }
}
