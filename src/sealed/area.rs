//! Where the sealed layout's ring and records lie: the trait.

use std::sync::Arc;

use super::format::{CHECKSUM_BYTES, StoredName};
use crate::error::Result;

/// One namespace's ring, records and revision, read and written in transactions that all processes see in one order.
///
/// Bytes go in and out as they are stored; whoever calls it seals before a transaction and opens after it.
pub(crate) trait RecordArea {
    /// A device's data key that lies beside the ring, where the platform can keep one there.
    type DeviceKey: Clone;

    /// What is stored, apart from the records.
    async fn find(&self) -> Result<Found<Self::DeviceKey>>;

    /// Stores a first ring unless anything is there; gives what is there now.
    async fn create(&self, ring: StoredRing<Self::DeviceKey>) -> Result<Found<Self::DeviceKey>>;

    /// A few records, if there are any.
    async fn some(&self) -> Result<Vec<Bytes>>;

    /// The records of these names, in their order, if the ring is the one that the caller knows. `Known` may be as
    /// old as the last word of a change elsewhere that has arrived.
    async fn get(&self, ring: &RingId, names: &[StoredName], age: Age) -> Result<Read<Vec<Option<Bytes>>>>;

    /// All records, if the ring is the one that the caller knows.
    async fn all(&self, ring: &RingId, age: Age) -> Result<Read<Records>>;

    /// Makes all of `edits` in one transaction, or none of them if the ring is another. Tells for each whether
    /// something was there before.
    async fn write(&self, ring: &RingId, edits: &[Edit]) -> Result<Read<Written>>;

    /// Puts another ring in the place of `ring`, and if there are any, `records` in the place of all records: in one
    /// transaction, and only if both the ring and the revision are what the caller read. On disk when it answers.
    async fn replace(
        &self,
        ring: &RingId,
        with: StoredRing<Self::DeviceKey>,
        records: Option<Replacement<'_>>,
    ) -> Result<Read<Written>>;

    /// Removes ring, records and revision; nothing is left of the namespace. Gives the ring's bytes, where a keychain's
    /// item may belong to it.
    async fn destroy(&self) -> Result<Option<Vec<u8>>>;
}

/// A stored record. Shared, since an area may keep it too.
pub(crate) type Bytes = Arc<[u8]>;

/// How many records are a few.
pub(crate) const SOME: usize = 3;

/// The checksum of a ring, by which one is told from another.
pub(crate) type RingId = [u8; CHECKSUM_BYTES];

/// The checksum of a stored ring, if it is long enough to have one.
pub(crate) fn ring_id(ring: &[u8]) -> Option<RingId> {
    ring.last_chunk().copied()
}

/// How old may be what is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Age {
    /// As old as the last word of a change elsewhere that has arrived.
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

/// What is stored of a namespace.
pub(crate) enum Found<K> {
    Nothing,
    /// Records without the ring that leads to their key.
    OnlyRecords,
    Ring(StoredRing<K>),
}

/// What a transaction gives, or that it was given up because the ring, or else the revision, is another one now.
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

/// Records that take the place of all that there are, and the revision at which those were read.
pub(crate) type Replacement<'a> = (u64, &'a [(StoredName, Bytes)]);

/// What a write has done.
#[derive(Debug)]
pub(crate) struct Written {
    /// The revision that it made.
    pub(crate) revision: u64,
    /// For each edit whether there was something before.
    pub(crate) existed: Vec<bool>,
}
