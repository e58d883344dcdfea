//! What a system's keychain does, called and waited for: the trait that each of them implements.

use zeroize::Zeroizing;

use crate::error::Result;

/// Where a namespace's items lie.
#[allow(dead_code, reason = "not every system has a keychain, or shows labels")]
pub(super) struct Place {
    /// With a hash, and in hexadecimal: to Windows names that differ in case alone are one.
    pub(super) service: String,
    /// For the user's eyes.
    pub(super) label: String,
}

/// Items of a keychain: a text for each place and user. Calls block, as long as the keychain likes.
pub(super) trait Items {
    /// Whether it can be asked. It is not started for that, and nobody is asked for anything.
    fn ready() -> Result<()>;

    /// Writes an item, and reads it back.
    fn add(place: &Place, user: &str, text: &[u8]) -> Result<()>;

    /// What an item holds; `None` only if an open keychain was asked and has none.
    fn find(place: &Place, user: &str) -> Result<Option<Zeroizing<Vec<u8>>>>;

    /// Removes an item; no error if there is none.
    fn remove(place: &Place, user: &str) -> Result<()>;
}
