//! The unlock of this device: where its keys are kept, beside the ring or in a system's keychain, and what follows from
//! it.

use super::{
    aead::Aead,
    area::{Found, Read, RecordArea, Replacement, StoredRing},
    errors,
    format::{
        Id,
        ring::{RingHead, Way},
    },
    namespace::{Current, Item, NewRing, Old, Replaced},
};
use crate::{crypto::Key, error::Result, unlock::UnlockKind};

/// Where the keys of device stores are kept.
pub(crate) trait DeviceKeys {
    /// Whether they can be asked for. This asks nobody for anything.
    async fn ready(&self) -> Result<()>;

    /// Makes the way by which this device obtains a data key: the one that is given, or else a new one. If a ring is
    /// `kept`, what opens it from elsewhere opens the new ring too, as a passphrase that stays does.
    async fn make<K: Aead>(
        &self,
        namespace: &str,
        data_key_id: &Id,
        data_key: Option<&Key>,
        kept: Option<&RingHead>,
    ) -> Result<Made<K>>;

    /// The data key of a ring.
    async fn open<K: Aead>(&self, namespace: &str, current: &Current<K>) -> Result<K>;

    /// Stores a first ring unless anything is there. Returns what is there now.
    async fn create<A: RecordArea>(&self, area: &A, new: NewRing<A::DeviceKey>) -> Result<Found<A::DeviceKey>>;

    /// Stores the item of a ring that is to replace another one. If the item is to be the only way in, a power cut does
    /// not lose it once this returns.
    async fn settle(&self, item: &Item, is_only_way: bool) -> Result<()>;

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

/// How a device obtains the data key of a new ring.
pub(crate) struct Made<K> {
    pub(super) way: Way,
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

    async fn make<K: Aead>(
        &self,
        _namespace: &str,
        _data_key_id: &Id,
        data_key: Option<&Key>,
        _kept: Option<&RingHead>,
    ) -> Result<Made<K>> {
        let key = match data_key {
            Some(key) => K::import(key).await?,
            None => K::generate().await?,
        };
        Ok(Made { way: Way::Beside, data_key: key.clone(), device_key: Some(key), item: None })
    }

    async fn open<K: Aead>(&self, namespace: &str, current: &Current<K>) -> Result<K> {
        let head = &current.ring.head;
        match &current.stored.device_key {
            Some(key) if head.is_beside_its_key() => Ok(key.clone()),
            _ if head.is_beside_its_key() => Err(errors::device_key_gone(namespace, head, "the device's key is gone")),
            _ => Err(errors::refused(namespace, head, UnlockKind::Device)),
        }
    }

    fn create<A: RecordArea>(
        &self,
        area: &A,
        new: NewRing<A::DeviceKey>,
    ) -> impl Future<Output = Result<Found<A::DeviceKey>>> {
        area.create(new.stored)
    }

    async fn settle(&self, _item: &Item, _is_only_way: bool) -> Result<()> {
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
        Ok(area.replace(old.id, new, records).await?.map(|_| Replaced { removed: Ok(()) }))
    }

    async fn destroy<A: RecordArea>(&self, area: &A) -> Result<()> {
        area.destroy().await.map(drop)
    }
}
