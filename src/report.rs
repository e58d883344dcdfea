//! What the calls that look at a whole store answer: which entries could be read, were copied, or were left.

use std::fmt;

use zeroize::Zeroizing;

use crate::error::{Error, ErrorKind};

/// An entry that cannot be read, and why. It is still where it was.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Unreadable {
    /// The entry's name. `None` in the sealed layout, where the name is inside of what does not open.
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
    /// Entries that do not, sorted by name.
    pub unreadable: Vec<Unreadable>,
    /// Storage names that start like this namespace's but belong to a longer one (`app.x.token` beside
    /// `app`), or that are not well-formed text (shown with U+FFFD).
    pub passed_over: Vec<String>,
    /// Whether this handle has sealed so much under one data key that
    /// [`rotate`](crate::SecureStorage::rotate) is due: from 2³⁰ seals on, of at most 2³². Sealed layout only.
    pub rotation_advised: bool,
}

/// What [`SecureStorage::import_from`](crate::SecureStorage::import_from) or
/// [`import_flutter`](crate::SecureStorage::import_flutter) did. The source is left as it is: a store is emptied by its
/// `clear`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[must_use = "it names the entries that were not imported"]
pub struct ImportReport {
    /// Names of the entries that were written, sorted.
    pub imported: Vec<String>,
    /// Names that were there already and were left as they are, sorted.
    pub skipped: Vec<String>,
    /// Entries of the source that could not be read, or are no text where only text is imported; they were not written.
    pub unreadable: Vec<Unreadable>,
}

/// What a source of an import holds.
#[derive(Default)]
pub(crate) struct Importable {
    /// Names and values that can be written.
    pub(crate) values: Vec<(String, Zeroizing<Vec<u8>>)>,
    /// What cannot.
    pub(crate) unreadable: Vec<Unreadable>,
}

/// What becomes of entries that cannot be read, when all are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OnUnreadable {
    Fail,
    Skip,
}

/// What [`SecureStorage::import_from`](crate::SecureStorage::import_from) and
/// [`import_flutter`](crate::SecureStorage::import_flutter) do with a name that is there already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum OnConflict {
    /// Leave what is there and report the name.
    #[default]
    Skip,
    /// Replace what is there.
    Overwrite,
    /// Write nothing at all and give [`ErrorKind::InvalidArgument`], naming the entry.
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
    /// Whether a copy of the stored bytes, with what the app or its user has to open them, opens elsewhere.
    pub recoverable: bool,
    /// Whether the namespace has a store here.
    pub found: Presence,
}

impl Availability {
    /// Whether the store can be used.
    #[must_use]
    pub fn usable(&self) -> bool {
        self.reason.is_none()
    }
}

/// Whether a namespace has a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Presence {
    /// There is one.
    Present,
    /// There is none: it was never used or has been evicted, which cannot be told apart.
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
    /// The browser has promised not to evict it (`navigator.storage.persisted()`), or it is in a file of the user's.
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
