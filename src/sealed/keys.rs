//! The keys of a namespace: obtained from its ring with an unlock, or made.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering::Relaxed},
};

use super::aead::Aead;
use super::{
    Namespace, Platform,
    aead::{open_key, seal_key},
    area::{RingId, StoredRing},
    device::{DeviceKeys, Made},
    errors,
    format::{
        Id, StoredName,
        ring::{self, Protection, Ring, RingHead},
    },
    kdf::{NameKey, sha256},
    namespace::{Current, NewRing},
    unlocks::{self, NewSlot},
};
use crate::{
    crypto::{Key, random_array, random_key},
    error::{Error, ErrorKind, Result},
    unlock::{Credential, UnlockKind},
};

/// How many seals under one data key are safe with random nonces (NIST SP 800-38D, 8.3).
const MAX_SEALS: u64 = 1 << 32;

/// The keys that a ring leads to.
pub(super) struct Keys<K> {
    pub(super) namespace: String,
    /// The ring that they belong to.
    pub(super) ring: RingId,
    pub(super) generation: u64,
    pub(super) data_key_id: Id,
    pub(super) data_key: K,
    /// What opened it.
    pub(super) kind: UnlockKind,
    name_key: NameKey,
    /// How often this handle has sealed under the data key.
    seals: Arc<AtomicU64>,
}

impl<K: Aead> Keys<K> {
    /// The name that an entry is stored under.
    pub(super) fn stored_name(&self, name: &str) -> StoredName {
        self.name_key.stored_name(&self.namespace, name)
    }

    /// How often this handle has sealed under the data key.
    pub(super) fn seals(&self) -> u64 {
        self.seals.load(Relaxed)
    }

    /// Counts more seals, if there may be that many.
    pub(super) fn count(&self, more: usize) -> Result<()> {
        let more = more as u64;
        if self.seals.fetch_add(more, Relaxed) + more <= MAX_SEALS {
            return Ok(());
        }
        Err(Error::new(ErrorKind::Unavailable, "the data key has sealed as much as it safely can: call rotate"))
    }

    /// The keys of a ring that has the same data key but other unlocks.
    pub(super) async fn follow(&self, current: &Current<K>) -> Result<Self> {
        let mut keys = of_ring(&self.namespace, current, self.data_key.clone(), self.kind).await?;
        keys.seals = Arc::clone(&self.seals);
        Ok(keys)
    }
}

/// Obtains the keys from a stored ring.
pub(super) async fn open<P: Platform>(
    namespace: &Namespace<P>,
    current: &Current<P::Key>,
    with: &Credential,
) -> Result<Keys<P::Key>> {
    let data_key = match (with, &current.ring.head.protection) {
        (Credential::Device, _) => namespace.device.open(&namespace.name, current).await?,
        (_, Protection::Slots(slots)) => {
            let id = &current.ring.head.data_key_id;
            P::Key::import(&unlocks::open_any::<P>(&namespace.name, id, slots, with).await?).await?
        }
        (_, protection @ (Protection::Device | Protection::Keychain { .. })) => {
            return Err(errors::needs_other(&namespace.name, protection, with.kind()));
        }
    };
    of_ring(&namespace.name, current, data_key, with.kind()).await
}

/// The keys of a ring whose data key is known.
pub(super) async fn of_ring<K: Aead>(
    namespace: &str,
    current: &Current<K>,
    data_key: K,
    kind: UnlockKind,
) -> Result<Keys<K>> {
    let name_key = open_name_key(namespace, &current.ring, &data_key).await?;
    let RingHead { generation, data_key_id, .. } = current.ring.head;
    Ok(keys(namespace, (generation, data_key_id), current.id, data_key, kind, &name_key))
}

fn keys<K>(
    namespace: &str,
    (generation, data_key_id): (u64, Id),
    ring: RingId,
    data_key: K,
    kind: UnlockKind,
    name_key: &Key,
) -> Keys<K> {
    Keys {
        namespace: namespace.to_owned(),
        ring,
        generation,
        data_key_id,
        data_key,
        kind,
        name_key: NameKey::new(name_key),
        seals: Arc::default(),
    }
}

/// Opens a ring's name key, which shows that the ring is whole.
pub(super) async fn open_name_key<K: Aead>(namespace: &str, ring: &Ring, data_key: &K) -> Result<Key> {
    let opened = open_key(data_key, &ring.head.name_key_aad(namespace), &ring.name_key).await?;
    opened.ok_or_else(|| match ring.head.protection {
        Protection::Device => errors::others_key(namespace),
        Protection::Keychain { .. } | Protection::Slots(_) => errors::damaged(namespace, "somebody has changed it"),
    })
}

/// Makes new keys and the ring that leads to them. The ring has these slots, or is the device's if there are none. If a
/// ring is `kept`, the item of its device stays.
pub(super) async fn make<P: Platform>(
    namespace: &Namespace<P>,
    generation: u64,
    slots: Vec<NewSlot<'_>>,
    kept: Option<&Ring>,
) -> Result<(NewRing<P::Key>, Keys<P::Key>)> {
    let data_key_id = random_array()?;
    let kind = slots.first().map_or(UnlockKind::Device, |slot| slot.credential.kind());
    let Made { protection, data_key, device_key, item } = if slots.is_empty() {
        namespace.device.make(&namespace.name, &data_key_id, kept).await?
    } else {
        let key = random_key()?;
        let mut wrapped = Vec::new();
        for slot in slots {
            wrapped.push(slot.wrap::<P>(&namespace.name, &data_key_id, &key).await?);
        }
        let protection = Protection::Slots(wrapped);
        Made { protection, data_key: P::Key::import(&key).await?, device_key: None, item: None }
    };
    let name_key = random_key()?;
    let head = RingHead { generation, data_key_id, protection };
    let bytes = seal_ring(&namespace.name, head, &data_key, &name_key).await?;
    let id = ring::id(&bytes).map_err(|_| errors::unwritable())?;
    let keys = keys(&namespace.name, (generation, data_key_id), id, data_key, kind, &name_key);
    Ok((NewRing { stored: StoredRing { bytes, device_key }, item }, keys))
}

/// Seals the name key over a ring's head. Returns the ring to store.
pub(super) async fn seal_ring<K: Aead>(
    namespace: &str,
    head: RingHead,
    data_key: &K,
    name_key: &Key,
) -> Result<Vec<u8>> {
    let name_key = seal_key(data_key, &head.name_key_aad(namespace), name_key).await?;
    let body = Ring { head, name_key }.encode().map_err(|_| errors::unwritable())?;
    let checksum = sha256(&body);
    Ok(ring::with_checksum(body, &checksum))
}
