//! The unlock of this device: where its keys are kept, beside the ring or in a system's keychain, and what follows from
//! it.

use super::{
    aead::Aead,
    area::{Found, Read, RecordArea, Replacement, StoredRing},
    errors,
    format::{
        Id,
        ring::{Protection, Ring},
    },
    namespace::{Current, Item, NewRing, Old, Replaced},
};
use crate::{error::Result, unlock::UnlockKind};

/// Where the keys of device stores are kept.
pub(crate) trait DeviceKeys {
    /// Whether they can be asked for. This asks nobody for anything.
    async fn ready(&self) -> Result<()>;

    /// Makes a data key. If a ring is `kept`, what opens it from elsewhere opens the new ring too, as a passphrase that
    /// stays does.
    async fn make<K: Aead>(&self, namespace: &str, data_key_id: &Id, kept: Option<&Ring>) -> Result<Made<K>>;

    /// The data key of a ring.
    async fn open<K: Aead>(&self, namespace: &str, current: &Current<K>) -> Result<K>;

    /// Stores a first ring unless anything is there. Returns what is there now.
    async fn create<A: RecordArea>(&self, area: &A, new: NewRing<A::DeviceKey>) -> Result<Found<A::DeviceKey>>;

    /// Stores the item of a ring that is to replace another one. Once it returns, a power cut does not lose the item.
    async fn settle(&self, item: &Item) -> Result<()>;

    /// Gives up the item of a ring that was to be stored, unless it was.
    async fn withdraw<A: RecordArea>(&self, area: &A, item: Id);

    /// Replaces the ring and, if records are given, all records.
    async fn replace<A: RecordArea>(
        &self,
        area: &A,
        old: Old<'_>,
        new: StoredRing<A::DeviceKey>,
        records: Option<Replacement<'_, A::Hold>>,
    ) -> Result<Read<Replaced>>;

    /// Removes everything in an area, and the device's key with it.
    async fn destroy<A: RecordArea>(&self, area: &A) -> Result<()>;
}

/// What a new ring of a device has.
pub(crate) struct Made<K> {
    pub(super) protection: Protection,
    pub(super) data_key: K,
    /// What is kept beside the ring.
    pub(super) device_key: Option<K>,
    /// What is to be stored in the keychain.
    pub(super) item: Option<Item>,
}

/// The area keeps a data key beside the ring and does not give it out.
pub(crate) struct BesideRing;

impl DeviceKeys for BesideRing {
    async fn ready(&self) -> Result<()> {
        Ok(())
    }

    async fn make<K: Aead>(&self, _namespace: &str, _data_key_id: &Id, _kept: Option<&Ring>) -> Result<Made<K>> {
        let key = K::generate().await?;
        Ok(Made { protection: Protection::Device, data_key: key.clone(), device_key: Some(key), item: None })
    }

    async fn open<K: Aead>(&self, namespace: &str, current: &Current<K>) -> Result<K> {
        match &current.ring.head.protection {
            Protection::Device => {
                let key = current.stored.device_key.clone();
                key.ok_or_else(|| errors::key_missing(namespace, "the device's key is gone"))
            }
            protection @ (Protection::Keychain { .. } | Protection::Slots(_)) => {
                Err(errors::needs_other(namespace, protection, UnlockKind::Device))
            }
        }
    }

    fn create<A: RecordArea>(
        &self,
        area: &A,
        new: NewRing<A::DeviceKey>,
    ) -> impl Future<Output = Result<Found<A::DeviceKey>>> {
        area.create(new.stored)
    }

    async fn settle(&self, _item: &Item) -> Result<()> {
        Ok(())
    }

    async fn withdraw<A: RecordArea>(&self, _area: &A, _item: Id) {}

    async fn replace<A: RecordArea>(
        &self,
        area: &A,
        old: Old<'_>,
        new: StoredRing<A::DeviceKey>,
        records: Option<Replacement<'_, A::Hold>>,
    ) -> Result<Read<Replaced>> {
        Ok(area.replace(old.id, new, records).await?.map(Replaced::whole))
    }

    async fn destroy<A: RecordArea>(&self, area: &A) -> Result<()> {
        area.destroy().await.map(drop)
    }
}
