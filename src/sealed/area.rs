//! Where the sealed layout's ring and records are kept: the trait.

use std::sync::Arc;

use super::format::{CHECKSUM_BYTES, StoredName};
use crate::error::Result;

/// One namespace's ring, records and revision. They are read and written in transactions, which all processes see in
/// one order.
///
/// Bytes go in and out as they are stored. The caller seals before a transaction and opens after it.
pub(crate) trait RecordArea {
    /// A device's data key that is kept beside the ring, on platforms that can keep one there.
    type DeviceKey: Clone;
    /// What makes others wait with their changes.
    type Hold;

    /// What is stored, except the records.
    async fn find(&self) -> Result<Found<Self::DeviceKey>>;

    /// Stores a first ring unless anything is there. Returns what is there now.
    async fn create(&self, ring: StoredRing<Self::DeviceKey>) -> Result<Found<Self::DeviceKey>>;

    /// The heads of a few records, if there are any. However long these are, no more of them is copied.
    async fn some(&self) -> Result<Vec<Bytes>>;

    /// The records of these names, in their order, if the ring is the one that the caller knows. With `Known` they may
    /// be as old as the last message that has arrived about a change elsewhere.
    async fn get(&self, ring: &RingId, names: &[StoredName], age: Age) -> Result<Read<Vec<Option<Bytes>>>>;

    /// All records, if the ring is the one that the caller knows.
    async fn all(&self, ring: &RingId, age: Age) -> Result<Read<Records>>;

    /// Makes all of `edits` in one transaction, or none of them if the ring is another, or if something else is stored
    /// than is `expected`. Tells for each edit whether something was there before.
    async fn write(&self, ring: &RingId, edits: &[Edit], expected: &[Expected]) -> Result<Read<Written>>;

    /// Makes others wait with their changes, as long as the hold is there, so that a replacement that they would overtake
    /// again and again ends. `None` if nobody can be made to wait. It helps on, and no more: somebody may not wait, and
    /// each transaction still compares what is stored.
    async fn hold(&self) -> Result<Option<Self::Hold>>;

    /// Replaces `ring` with another ring and, if there are any, all records with `records`. This is one transaction. It
    /// happens only if both the ring and the revision are what the caller read. It is on disk when this returns.
    async fn replace(
        &self,
        ring: &RingId,
        with: StoredRing<Self::DeviceKey>,
        records: Option<Replacement<'_, Self::Hold>>,
    ) -> Result<Read<Written>>;

    /// Removes ring, records and revision, so that nothing of the namespace is left. Returns the ring's bytes, since an
    /// item in a keychain may belong to it.
    async fn destroy(&self) -> Result<Option<Vec<u8>>>;
}

/// A stored record. It is shared, since an area may keep it too.
pub(crate) type Bytes = Arc<[u8]>;

/// How many records are a few.
pub(crate) const SOME: usize = 3;

/// A ring's checksum, which tells one ring from another.
pub(crate) type RingId = [u8; CHECKSUM_BYTES];

/// The checksum of a stored ring, if it is long enough to have one.
pub(crate) fn ring_id(ring: &[u8]) -> Option<RingId> {
    ring.last_chunk().copied()
}

/// How old the result of a read may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Age {
    /// As old as the last message that has arrived about a change elsewhere.
    Known,
    /// As it is stored now.
    Now,
}

/// A ring as it is stored.
#[derive(Clone, Debug)]
pub(crate) struct StoredRing<K> {
    pub(crate) bytes: Vec<u8>,
    /// Only beside a device ring.
    pub(crate) device_key: Option<K>,
}

impl<K> StoredRing<K> {
    /// Its checksum, if it is long enough to have one.
    pub(crate) fn id(&self) -> Option<RingId> {
        ring_id(&self.bytes)
    }
}

/// What is stored for a namespace.
pub(crate) enum Found<K> {
    Nothing,
    /// Records without the ring that leads to their key.
    OnlyRecords,
    Ring(StoredRing<K>),
}

/// The result of a transaction, or that it was given up because the ring or the revision has changed.
pub(crate) type Read<T> = std::result::Result<T, Changed>;

/// The ring is not the one that the caller knows, or what is replaced is not what the caller read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Changed;

/// All records of a namespace at one revision, in the order of stored names.
pub(crate) struct Records {
    pub(crate) revision: u64,
    pub(crate) records: Vec<(StoredName, Bytes)>,
}

/// A change of one record, or of all.
#[derive(Clone, Debug)]
pub(crate) enum Edit {
    Put(StoredName, Bytes),
    Remove(StoredName),
    Clear,
}

impl Edit {
    /// Its record; `None` for all.
    pub(crate) fn name(&self) -> Option<&StoredName> {
        match self {
            Edit::Put(name, _) | Edit::Remove(name) => Some(name),
            Edit::Clear => None,
        }
    }
}

/// What a write builds on: the record that is stored under a name, or that none is. Each write draws a new nonce, so
/// the same bytes are the same write.
pub(crate) type Expected = (StoredName, Option<Bytes>);

/// Records that replace all others.
pub(crate) struct Replacement<'a, Hold> {
    /// The revision at which those were read.
    pub(crate) revision: u64,
    pub(crate) records: &'a [(StoredName, Bytes)],
    /// What others wait for, and this does not.
    pub(crate) hold: Option<&'a Hold>,
}

/// What a write has done.
#[derive(Debug)]
pub(crate) struct Written {
    /// The revision that it made.
    pub(crate) revision: u64,
    /// For each edit, whether there was something before.
    pub(crate) existed: Vec<bool>,
    /// The places of what was expected and is not so. If there are any, nothing was changed.
    pub(crate) unmet: Vec<usize>,
}

/// The places of what is expected and is not so; `record` gives what is stored at a place.
pub(crate) fn unmet(expected: &[Expected], record: impl Fn(usize) -> Option<Bytes>) -> Vec<usize> {
    (0..expected.len()).filter(|&place| record(place) != expected[place].1).collect()
}
