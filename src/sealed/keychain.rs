//! Device keys in a system's keychain: an item holds the key that wraps the data key in the ring.
//!
//! An item is added before the ring that names it, and removed after it. A ring whose item is missing would have lost
//! everything, while an item that no ring names is only useless. Reading an item back proves only that the keychain's
//! service has it in memory. The service may write it some seconds later. So where a new item would become the only way
//! in, the old ring is replaced only once the item is on disk, and a rotation keeps its item.

use super::{
    aead::{self, Aead, open_one, seal_one},
    area::{Changed, Found, Read, RecordArea, Replacement, StoredRing},
    device::{BesideRing, DeviceKeys, Made},
    errors,
    format::{
        Id,
        ring::{self, Ring, RingHead, Way},
    },
    kdf::sha256,
    namespace::{Current, Item, NewRing, Old, Replaced},
};
use crate::{
    crypto::{Key, random_array, random_key},
    error::{Error, Result},
};

/// A keychain: a key for each item. No item is ever overwritten.
pub(crate) trait Keychain: Send + Sync {
    /// Whether it can be asked. This asks nobody for anything.
    async fn ready(&self) -> Result<()>;

    /// Adds a key under an item that nothing else has, and reads it back.
    async fn add(&self, item: &Id, key: &Key) -> Result<()>;

    /// The key of an item; `None` only if the keychain was asked and has none.
    async fn find(&self, item: &Id) -> Result<Option<Key>>;

    /// Returns once what was added before is on disk, if it is still there then.
    async fn wait_for_disk(&self);

    /// Removes an item; no error if there is none.
    async fn remove(&self, item: &Id) -> Result<()>;
}

/// `None` for a store in memory, which keeps its key there too.
impl<C: Keychain> DeviceKeys for Option<C> {
    async fn ready(&self) -> Result<()> {
        match self {
            Some(keychain) => keychain.ready().await,
            None => Ok(()),
        }
    }

    async fn make<K: Aead>(
        &self,
        namespace: &str,
        data_key_id: &Id,
        data_key: Option<&Key>,
        kept: Option<&RingHead>,
    ) -> Result<Made<K>> {
        let Some(keychain) = self else { return BesideRing.make(namespace, data_key_id, data_key, kept).await };
        let kept = kept.and_then(RingHead::keychain).map(|(item, _)| *item);
        let (item, wrapping_key) = match kept {
            Some(item) => (item, key_of(keychain, namespace, &item).await?),
            None => (random_array()?, random_key()?),
        };
        let key = data_key.cloned().map_or_else(random_key, Ok)?;
        let aad = RingHead::keychain_aad(namespace, data_key_id, &item);
        let data_key = seal_one(&K::import(&wrapping_key).await?, &aad, &key[..]).await?;
        Ok(Made {
            way: Way::Keychain { item, data_key },
            data_key: K::import(&key).await?,
            device_key: None,
            item: kept.is_none().then_some((item, wrapping_key)),
        })
    }

    async fn open<K: Aead>(&self, namespace: &str, current: &Current<K>) -> Result<K> {
        let head = &current.ring.head;
        let (Some((item, data_key)), Some(keychain)) = (head.keychain(), self) else {
            return BesideRing.open(namespace, current).await;
        };
        let gone = || errors::device_key_gone(namespace, head, "its key is not in the system's keychain any more");
        let key = keychain.find(item).await?.ok_or_else(gone)?;
        let aad = RingHead::keychain_aad(namespace, &head.data_key_id, item);
        let data_key = open_one(&K::import(&key).await?, &aad, data_key).await?;
        K::import(&data_key.as_ref().and_then(aead::key_of).ok_or_else(|| errors::others_key(namespace))?).await
    }

    async fn create<A: RecordArea>(&self, area: &A, new: NewRing<A::DeviceKey>) -> Result<Found<A::DeviceKey>> {
        let added = add(self, new.item).await?;
        let created = area.create(new.stored).await;
        if !matches!(&created, Ok(Found::Ring(stored)) if item_of(&stored.bytes) == added) {
            remove_unless_stored(self, area, added).await;
        }
        created
    }

    async fn settle(&self, (item, key): &Item, is_only_way: bool) -> Result<()> {
        let Some(keychain) = self else { return Ok(()) };
        keychain.add(item, key).await?;
        if !is_only_way {
            return Ok(());
        }
        keychain.wait_for_disk().await;
        match keychain.find(item).await {
            Ok(Some(found)) if bool::from(ctutils::CtEq::ct_eq(&found[..], &key[..])) => Ok(()),
            found => {
                remove(self, Some(*item)).await;
                Err(found.err().unwrap_or_else(errors::not_kept))
            }
        }
    }

    async fn withdraw<A: RecordArea>(&self, area: &A, item: Id) {
        remove_unless_stored(self, area, Some(item)).await;
    }

    async fn replace<A: RecordArea>(
        &self,
        area: &A,
        old: Old<'_>,
        new: StoredRing<A::DeviceKey>,
        records: Option<Replacement<'_, A::Hold>>,
    ) -> Result<Read<Replaced>> {
        let named = item_of(&new.bytes);
        let Ok(_) = area.replace(old.id, new, records).await? else { return Ok(Err(Changed)) };
        let removed = match (self, item_of(old.bytes)) {
            (Some(keychain), Some(item)) if Some(item) != named => {
                keychain.remove(&item).await.map_err(|error| old_item_stays(&error))
            }
            _ => Ok(()),
        };
        Ok(Ok(Replaced { removed }))
    }

    async fn destroy<A: RecordArea>(&self, area: &A) -> Result<()> {
        let item = area.destroy().await?.and_then(|ring| item_of(&ring));
        match (self, item) {
            (Some(keychain), Some(item)) => keychain.remove(&item).await.map_err(|error| item_stays(&error)),
            _ => Ok(()),
        }
    }
}

/// The key in an item that stays.
async fn key_of(keychain: &impl Keychain, namespace: &str, item: &Id) -> Result<Key> {
    let gone = || errors::key_missing(namespace, "its key is not in the system's keychain any more");
    keychain.find(item).await?.ok_or_else(gone)
}

/// Adds the item that a first ring names.
async fn add(keychain: &Option<impl Keychain>, item: Option<Item>) -> Result<Option<Id>> {
    let (Some(keychain), Some((id, key))) = (keychain, item) else { return Ok(None) };
    keychain.add(&id, &key).await?;
    Ok(Some(id))
}

/// Removes an item that no ring came to name. If that fails it stays, and opens nothing.
async fn remove(keychain: &Option<impl Keychain>, item: Option<Id>) {
    if let (Some(keychain), Some(item)) = (keychain, item) {
        drop(keychain.remove(&item).await);
    }
}

/// Removes the item of a ring that was to be stored, unless the ring was stored.
async fn remove_unless_stored(keychain: &Option<impl Keychain>, area: &impl RecordArea, item: Option<Id>) {
    if item.is_none() {
        return;
    }
    match area.find().await {
        Ok(Found::Ring(stored)) if item_of(&stored.bytes) == item => {}
        Ok(_) => remove(keychain, item).await,
        // This cannot be known.
        Err(_) => {}
    }
}

/// The item that a stored ring names.
fn item_of(ring: &[u8]) -> Option<Id> {
    let ring = Ring::parse(ring, &sha256(ring::hashed(ring).ok()?)).ok()?;
    ring.head.keychain().map(|(item, _)| *item)
}

/// Why the keychain still has something of a destroyed store.
fn item_stays(error: &Error) -> Error {
    let message = format!(
        "{error}. The store is removed all the same. An item called keyfold stays in the system's keychain and opens \
         nothing any more"
    );
    Error::new(error.kind(), message)
}

/// Why the keychain still has what opened a store before its unlock was changed.
fn old_item_stays(error: &Error) -> Error {
    let message = format!(
        "{error}. The unlock is changed all the same. An item called keyfold stays in the system's keychain and opens \
         only older copies of the store"
    );
    Error::new(error.kind(), message)
}
