//! One namespace: its area and, where the platform has one, the keychain that its device keys lie in.
//!
//! An item of the keychain is added before the ring that names it, and removed after it: a ring whose item is not there
//! would have lost everything, while an item that no ring names is merely of no use.

use super::{
    Platform,
    area::{Found, Read, RecordArea, Replacement, RingId, StoredRing, Written},
    errors,
    format::{
        Id,
        ring::{self, Protection, Ring},
    },
    kdf::sha256,
    keychain::Keychain,
};
use crate::{
    crypto::Key,
    error::{Error, Result},
};

/// Where a namespace's ring and records lie, and its device key.
pub(crate) struct Namespace<P: Platform> {
    pub(super) name: String,
    pub(super) area: P::Area,
    /// `None` where the area itself can keep a device's key.
    pub(super) keychain: Option<P::Keychain>,
}

/// A ring to store.
#[derive(Clone)]
pub(super) struct NewRing<K> {
    pub(super) stored: StoredRing<K>,
    /// The keychain's item that it names, with its key.
    pub(super) item: Option<(Id, Key)>,
}

/// A ring that was read.
pub(super) struct Current<K> {
    pub(super) stored: StoredRing<K>,
    pub(super) ring: Ring,
    pub(super) id: RingId,
}

impl<P: Platform> Namespace<P> {
    pub(crate) fn new(name: &str, area: P::Area, keychain: Option<P::Keychain>) -> Self {
        Namespace { name: name.to_owned(), area, keychain }
    }

    /// Whether anything of it is stored.
    pub(crate) async fn is_found(&self) -> Result<bool> {
        Ok(!matches!(self.area.find().await?, Found::Nothing))
    }

    /// Whether what opens a device store can be asked.
    pub(crate) async fn device_is_ready(&self) -> Result<()> {
        match &self.keychain {
            Some(keychain) => keychain.ready().await,
            None => Ok(()),
        }
    }

    /// Reads a stored ring.
    pub(super) fn read(&self, stored: StoredRing<P::Key>) -> Result<Current<P::Key>> {
        let (ring, id) = errors::read(&self.name, &stored.bytes)?;
        Ok(Current { stored, ring, id })
    }

    /// Stores a first ring unless anything is there; gives what is there now.
    pub(super) async fn create(&self, new: NewRing<P::Key>) -> Result<Found<P::Key>> {
        let added = self.add_item(new.item).await?;
        let created = self.area.create(new.stored).await;
        if !matches!(&created, Ok(Found::Ring(stored)) if item_of(&stored.bytes) == added) {
            self.remove_unless_stored(added).await;
        }
        created
    }

    /// Puts a ring, and if there are any, records, in the place of those that are there.
    pub(super) async fn replace(
        &self,
        old: &Current<P::Key>,
        new: NewRing<P::Key>,
        records: Option<Replacement<'_>>,
    ) -> Result<Read<Written>> {
        let added = self.add_item(new.item).await?;
        let named = item_of(&new.stored.bytes);
        let replaced = self.area.replace(&old.id, new.stored, records).await;
        match &replaced {
            Ok(Ok(_)) => self.remove_item(item_in(&old.ring).filter(|old| Some(*old) != named)).await,
            _ => self.remove_unless_stored(added).await,
        }
        replaced
    }

    /// Removes it whole, and the keychain's item with it.
    pub(crate) async fn destroy(&self) -> Result<()> {
        let item = self.area.destroy().await?.and_then(|ring| item_of(&ring));
        match (&self.keychain, item) {
            (Some(keychain), Some(item)) => keychain.remove(&item).await.map_err(|error| item_stays(&error)),
            _ => Ok(()),
        }
    }

    /// Adds the item that a new ring names.
    async fn add_item(&self, item: Option<(Id, Key)>) -> Result<Option<Id>> {
        let (Some(keychain), Some((id, key))) = (&self.keychain, item) else { return Ok(None) };
        keychain.add(&id, &key).await?;
        Ok(Some(id))
    }

    /// Removes an item that no ring names any more, or that none came to name. Where that fails it stays, and opens
    /// nothing.
    async fn remove_item(&self, item: Option<Id>) {
        if let (Some(keychain), Some(item)) = (&self.keychain, item) {
            drop(keychain.remove(&item).await);
        }
    }

    /// Removes the item of a ring that was to be stored, unless it was.
    async fn remove_unless_stored(&self, item: Option<Id>) {
        if item.is_none() {
            return;
        }
        match self.area.find().await {
            Ok(Found::Ring(stored)) if item_of(&stored.bytes) == item => {}
            Ok(_) => self.remove_item(item).await,
            // It cannot be known.
            Err(_) => {}
        }
    }
}

/// The keychain's item that a stored ring names.
fn item_of(ring: &[u8]) -> Option<Id> {
    item_in(&Ring::parse(ring, &sha256(ring::hashed(ring).ok()?)).ok()?)
}

fn item_in(ring: &Ring) -> Option<Id> {
    match &ring.head.protection {
        Protection::Keychain { item, .. } => Some(*item),
        Protection::Device | Protection::Slots(_) => None,
    }
}

/// Why the keychain still has something of a store that is destroyed.
fn item_stays(error: &Error) -> Error {
    let message = format!(
        "{error}. The store is removed all the same; what stays in the system's keychain, an item called keyfold, opens \
         nothing any more"
    );
    Error::new(error.kind(), message)
}
