//! Where a sealed store's records lie, chosen when it is opened: in memory, or where the platform keeps them.

use std::{
    cmp::Ordering,
    sync::{Arc, Weak},
};

use super::{
    news::News,
    record_memory::RecordMemory,
    records::{Age, Bytes, Edit, Follower, Found, Read, RecordArea, Records, RingId, StoredRing, Written},
};
use crate::{
    error::Result,
    format::sealed::{Id, StoredName},
};

pub(crate) enum MemoryOr<S: RecordArea> {
    Memory(RecordMemory<S::DeviceKey>),
    Stored(S),
}

/// Calls the same of either.
macro_rules! either {
    ($self:ident, $area:ident => $call:expr) => {
        match $self {
            MemoryOr::Memory($area) => $call,
            MemoryOr::Stored($area) => $call,
        }
    };
}

impl<S: RecordArea<DeviceKey: Clone>> RecordArea for MemoryOr<S> {
    type DeviceKey = S::DeviceKey;

    fn has_keychain(&self) -> bool {
        either!(self, area => area.has_keychain())
    }

    async fn keychain_key(&self, item: &Id) -> Result<Option<Self::DeviceKey>> {
        either!(self, area => area.keychain_key(item).await)
    }

    async fn find(&self) -> Result<Found<Self::DeviceKey>> {
        either!(self, area => area.find().await)
    }

    async fn create(&self, ring: StoredRing<Self::DeviceKey>) -> Result<Found<Self::DeviceKey>> {
        either!(self, area => area.create(ring).await)
    }

    async fn some(&self) -> Result<Vec<Bytes>> {
        either!(self, area => area.some().await)
    }

    async fn get(&self, ring: &RingId, names: &[StoredName], age: Age) -> Result<Read<Vec<Option<Bytes>>>> {
        either!(self, area => area.get(ring, names, age).await)
    }

    async fn all(&self, ring: &RingId, age: Age) -> Result<Read<Records>> {
        either!(self, area => area.all(ring, age).await)
    }

    async fn write(&self, ring: &RingId, edits: &[Edit]) -> Result<Read<Written>> {
        either!(self, area => area.write(ring, edits).await)
    }

    async fn replace(
        &self,
        ring: &RingId,
        with: StoredRing<Self::DeviceKey>,
        records: Option<(u64, &[(StoredName, Bytes)])>,
    ) -> Result<Read<Written>> {
        either!(self, area => area.replace(ring, with, records).await)
    }

    async fn destroy(&self) -> Result<()> {
        either!(self, area => area.destroy().await)
    }

    fn order(one: &str, other: &str) -> Ordering {
        S::order(one, other)
    }

    fn forget(&self) {
        either!(self, area => area.forget());
    }

    fn news(&self) -> &Arc<News> {
        either!(self, area => area.news())
    }

    fn follow(&self, follower: Weak<dyn Follower>) {
        either!(self, area => area.follow(follower));
    }
}
