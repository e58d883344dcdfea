//! Where a sealed store's records lie in a browser, chosen when it is opened.

use std::{
    cmp::Ordering,
    sync::{Arc, Weak},
};

use super::{DATABASE, env, indexed_db::IndexedDb, key::WebKey};
use crate::{
    area::{
        news::News,
        record_memory::RecordMemory,
        records::{Age, Bytes, Edit, Follower, Found, Read, RecordArea, Records, RingId, StoredRing, Written},
    },
    error::Result,
    format::sealed::StoredName,
    options::Settings,
};

pub(crate) enum WebRecords {
    Database(IndexedDb),
    Memory(RecordMemory<WebKey>),
}

impl WebRecords {
    pub(super) fn open(settings: &Settings) -> Result<Self> {
        env::subtle()?;
        if settings.in_memory {
            return Ok(WebRecords::Memory(RecordMemory::default()));
        }
        let database = settings.web.db_name.as_deref().unwrap_or(DATABASE);
        Ok(WebRecords::Database(IndexedDb::new(database, &settings.namespace)))
    }
}

/// Calls the same of either.
macro_rules! either {
    ($self:ident, $area:ident => $call:expr) => {
        match $self {
            WebRecords::Database($area) => $call,
            WebRecords::Memory($area) => $call,
        }
    };
}

impl RecordArea for WebRecords {
    type DeviceKey = WebKey;

    async fn find(&self) -> Result<Found<WebKey>> {
        either!(self, area => area.find().await)
    }

    async fn create(&self, ring: StoredRing<WebKey>) -> Result<Found<WebKey>> {
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
        with: StoredRing<WebKey>,
        records: Option<(u64, &[(StoredName, Bytes)])>,
    ) -> Result<Read<Written>> {
        either!(self, area => area.replace(ring, with, records).await)
    }

    async fn destroy(&self) -> Result<()> {
        either!(self, area => area.destroy().await)
    }

    /// By UTF-16 code units, as JavaScript sorts.
    fn order(one: &str, other: &str) -> Ordering {
        one.encode_utf16().cmp(other.encode_utf16())
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
