//! Device keys in a system's keychain: an item holds the key that wraps the data key in the ring.
//!
//! An item is added before the ring that names it, and removed after it. A ring whose item is missing would have lost
//! everything, while an item that no ring names is only useless.

use super::{
    aead::{Aead, open_key, seal_key},
    area::{Found, Read, RecordArea, Replacement, Written},
    device::{BesideRing, DeviceKeys, Made},
    errors,
    format::{
        Id,
        ring::{self, Protection, Ring, RingHead},
    },
    kdf::sha256,
    namespace::{Current, NewRing, Old},
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

    async fn make<K: Aead>(&self, namespace: &str, data_key_id: &Id) -> Result<Made<K>> {
        if self.is_none() {
            return BesideRing.make(namespace, data_key_id).await;
        }
        let (key, wrapping_key, item) = (random_key()?, random_key()?, random_array()?);
        let aad = RingHead::keychain_aad(namespace, data_key_id, &item);
        let data_key = seal_key(&K::import(&wrapping_key).await?, &aad, &key).await?;
        Ok(Made {
            protection: Protection::Keychain { item, data_key },
            data_key: K::import(&key).await?,
            device_key: None,
            item: Some((item, wrapping_key)),
        })
    }

    async fn open<K: Aead>(&self, namespace: &str, current: &Current<K>) -> Result<K> {
        let head = &current.ring.head;
        let (Protection::Keychain { item, data_key }, Some(keychain)) = (&head.protection, self) else {
            return BesideRing.open(namespace, current).await;
        };
        let gone = || errors::key_missing(namespace, "its key is not in the system's keychain any more");
        let key = keychain.find(item).await?.ok_or_else(gone)?;
        let aad = RingHead::keychain_aad(namespace, &head.data_key_id, item);
        let data_key = open_key(&K::import(&key).await?, &aad, data_key).await?;
        K::import(&data_key.ok_or_else(|| errors::others_key(namespace))?).await
    }

    async fn create<A: RecordArea>(&self, area: &A, new: NewRing<A::DeviceKey>) -> Result<Found<A::DeviceKey>> {
        let added = add(self, new.item).await?;
        let created = area.create(new.stored).await;
        if !matches!(&created, Ok(Found::Ring(stored)) if item_of(&stored.bytes) == added) {
            remove_unless_stored(self, area, added).await;
        }
        created
    }

    async fn replace<A: RecordArea>(
        &self,
        area: &A,
        old: Old<'_>,
        new: NewRing<A::DeviceKey>,
        records: Option<Replacement<'_>>,
    ) -> Result<Read<Written>> {
        let added = add(self, new.item).await?;
        let named = item_of(&new.stored.bytes);
        let replaced = area.replace(old.id, new.stored, records).await;
        match &replaced {
            Ok(Ok(_)) => remove(self, item_of(old.bytes).filter(|old| Some(*old) != named)).await,
            _ => remove_unless_stored(self, area, added).await,
        }
        replaced
    }

    async fn destroy<A: RecordArea>(&self, area: &A) -> Result<()> {
        let item = area.destroy().await?.and_then(|ring| item_of(&ring));
        match (self, item) {
            (Some(keychain), Some(item)) => keychain.remove(&item).await.map_err(|error| item_stays(&error)),
            _ => Ok(()),
        }
    }
}

/// Adds the item that a new ring names.
async fn add(keychain: &Option<impl Keychain>, item: Option<(Id, Key)>) -> Result<Option<Id>> {
    let (Some(keychain), Some((id, key))) = (keychain, item) else { return Ok(None) };
    keychain.add(&id, &key).await?;
    Ok(Some(id))
}

/// Removes an item that no ring names any more, or that no ring came to name. If that fails it stays, and opens
/// nothing.
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
    match ring.head.protection {
        Protection::Keychain { item, .. } => Some(item),
        Protection::Device | Protection::Slots(_) => None,
    }
}

/// Why the keychain still has something of a destroyed store.
fn item_stays(error: &Error) -> Error {
    let message = format!(
        "{error}. The store is removed all the same. An item called keyfold stays in the system's keychain and opens \
         nothing any more"
    );
    Error::new(error.kind(), message)
}
