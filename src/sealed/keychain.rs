//! The keychain of a system: the trait. Where there is one, it keeps the key that a device's data key is wrapped by.

use super::format::Id;
use crate::{crypto::Key, error::Result};

/// A keychain: a key for each item. No item is ever overwritten.
pub(crate) trait Keychain: Send + Sync {
    /// Whether it can be asked; nobody is asked for anything.
    async fn ready(&self) -> Result<()>;

    /// Adds a key under an item that nothing else has, and reads it back.
    async fn add(&self, item: &Id, key: &Key) -> Result<()>;

    /// The key of an item; `None` only if the keychain was asked and has none.
    async fn find(&self, item: &Id) -> Result<Option<Key>>;

    /// Removes an item; no error if there is none.
    async fn remove(&self, item: &Id) -> Result<()>;
}
