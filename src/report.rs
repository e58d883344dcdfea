//! What calls about a whole store report: which entries could be read, were copied, or were left alone.

use std::fmt;

use zeroize::Zeroizing;

use crate::{
    error::{Error, ErrorKind},
    unlock::UnlockInfo,
};

/// An entry that cannot be read, and why. It is left where it was.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Unreadable {
    /// The entry's name. `None` in the sealed layout, where the name is sealed together with the value.
    pub key: Option<String>,
    /// Why it cannot be read.
    pub kind: ErrorKind,
    /// The same in words, with what to do next.
    pub message: String,
}

impl Unreadable {
    pub(crate) fn new(key: Option<String>, error: &Error) -> Self {
        Unreadable { key, kind: error.kind(), message: error.to_string() }
    }
}

/// What [`SecureStorage::verify`](crate::SecureStorage::verify) found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[must_use = "it names the entries that cannot be read"]
pub struct Report {
    /// Names of the entries that open, sorted.
    pub readable: Vec<String>,
    /// Entries that do not open, sorted by name.
    pub unreadable: Vec<Unreadable>,
    /// Storage names that were passed over. They start like this namespace's but belong to a longer one (`app.x.token`
    /// beside `app`), or are not well-formed text (shown with U+FFFD).
    pub passed_over: Vec<String>,
    /// Whether [`rotate`](crate::SecureStorage::rotate) is due. It is once this handle has sealed 2³⁰ times under one
    /// data key, where the limit is 2³². Sealed layout only.
    pub rotation_advised: bool,
}

/// What [`SecureStorage::import_from`](crate::SecureStorage::import_from) or
/// [`import_flutter`](crate::SecureStorage::import_flutter) did. The source is left as it is. To empty a source that is
/// a store, call its [`clear`](crate::SecureStorage::clear).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[must_use = "it names the entries that were not imported"]
pub struct ImportReport {
    /// Names of the entries that were written, sorted.
    pub imported: Vec<String>,
    /// Names that existed already and were left as they are, sorted.
    pub skipped: Vec<String>,
    /// Entries of the source that could not be read, or that are not text where only text can be imported. They were
    /// not written.
    pub unreadable: Vec<Unreadable>,
}

impl ImportReport {
    /// Whether all of the source is here now: nothing was skipped, and nothing could not be read. What was written into
    /// the source since it was read is not counted, so nobody may write there until it is emptied.
    #[must_use]
    pub fn complete(&self) -> bool {
        self.skipped.is_empty() && self.unreadable.is_empty()
    }
}

/// What the source of an import holds.
#[derive(Default)]
pub(crate) struct Importable {
    /// Names and values that can be written.
    pub(crate) values: Vec<(String, Zeroizing<Vec<u8>>)>,
    /// Entries that cannot be written.
    pub(crate) unreadable: Vec<Unreadable>,
}

/// What to do about entries that cannot be read, in a call that reads all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OnUnreadable {
    Fail,
    Skip,
}

/// What [`SecureStorage::import_from`](crate::SecureStorage::import_from) and
/// [`import_flutter`](crate::SecureStorage::import_flutter) do with a name that exists already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum OnConflict {
    /// Leave the existing entry, and report its name.
    #[default]
    Skip,
    /// Replace the existing entry.
    Overwrite,
    /// Write nothing, and fail with [`ErrorKind::InvalidArgument`], which names the entry.
    Fail,
}

/// Whether a store can be used here, and how long what is written stays.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Availability {
    /// Why the store cannot be used; `None` when it can.
    pub reason: Option<Error>,
    /// How long what is written stays.
    pub durability: Durability,
    /// Whether a copy of the stored bytes opens elsewhere, with what the app or its user has to open them.
    pub recoverable: bool,
    /// Whether the namespace has a store here. One that is damaged is there too, and `reason` says what is wrong.
    pub found: Presence,
    /// What opens the store that was found, as [`Builder::unlocks`](crate::Builder::unlocks) lists it. Empty without a
    /// store, if its unlocks cannot be read, and in the flutter layout. No key authenticates it.
    pub unlocks: Vec<UnlockInfo>,
}

impl Availability {
    /// Whether the store can be used.
    #[must_use]
    pub fn usable(&self) -> bool {
        self.reason.is_none()
    }
}

/// What is found of a store that was not opened.
#[derive(Default)]
pub(crate) struct Looked {
    pub(crate) is_found: bool,
    pub(crate) unlocks: Vec<UnlockInfo>,
    /// Why it cannot be opened here, whatever is given.
    pub(crate) reason: Option<Error>,
}

impl Looked {
    pub(crate) fn unusable(reason: Error) -> Self {
        Looked { reason: Some(reason), ..Looked::default() }
    }

    /// The unlocks that could be read.
    #[cfg(feature = "sealed")]
    pub(crate) fn unlocks(self) -> crate::error::Result<Vec<UnlockInfo>> {
        self.reason.map_or(Ok(self.unlocks), Err)
    }
}

/// Whether a namespace has a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Presence {
    /// There is one.
    Present,
    /// There is none. It was never used or has been evicted: the two cannot be told apart.
    Unknown,
}

impl Presence {
    /// The word that JavaScript sees, for example `"present"`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Presence::Present => "present",
            Presence::Unknown => "unknown",
        }
    }
}

impl fmt::Display for Presence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// How long what is written stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Durability {
    /// The browser has promised not to evict it (`navigator.storage.persisted()`), or it is in one of the user's files.
    Persistent,
    /// The browser may evict it under storage pressure or after disuse.
    BestEffort,
    /// Until the tab closes.
    Tab,
    /// Until the last handle is dropped.
    Memory,
}

impl Durability {
    /// The word that JavaScript sees, for example `"best-effort"`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Durability::Persistent => "persistent",
            Durability::BestEffort => "best-effort",
            Durability::Tab => "tab",
            Durability::Memory => "memory",
        }
    }
}

impl fmt::Display for Durability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
