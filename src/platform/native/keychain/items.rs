//! What a system's keychain does, called and waited for: the trait that each system implements.

use zeroize::Zeroizing;

use crate::error::Result;

/// Where a namespace's items are kept.
#[allow(dead_code, reason = "not every system has a keychain, or shows labels")]
pub(super) struct Place {
    /// Contains a hash in hexadecimal, since Windows treats names that differ only in case as the same.
    pub(super) service: String,
    /// What the user sees.
    pub(super) label: String,
}

/// Items of a keychain: a text for each place and user. Calls block for as long as the keychain takes.
pub(super) trait Items {
    /// Whether the keychain can be asked. This does not start it, and asks nobody for anything.
    fn ready() -> Result<()>;

    /// Writes an item, and reads it back.
    fn add(place: &Place, user: &str, text: &[u8]) -> Result<()>;

    /// What an item holds; `None` only if an open keychain was asked and has none.
    fn find(place: &Place, user: &str) -> Result<Option<Zeroizing<Vec<u8>>>>;

    /// Removes an item; no error if there is none.
    fn remove(place: &Place, user: &str) -> Result<()>;
}
