//! The keys of a namespace: obtained from its ring with an unlock, or made.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use zeroize::Zeroizing;

use super::{
    Namespace, Platform,
    aead::{Aead, open_one, seal_one},
    area::{RingId, StoredRing},
    device::DeviceKeys,
    errors,
    format::{
        Id, StoredName,
        ring::{self, Ring, RingHead},
    },
    kdf::{NameKey, sha256},
    listed::Kinds,
    namespace::{Current, NewRing},
    unlocks::{self, NextSlot, Opened},
};
use crate::{
    crypto::{Key, Point, random_array, random_key},
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
    /// What would open it.
    pub(super) kinds: Kinds,
    name_key: NameKey,
    /// How often this handle has sealed under the data key.
    seals: AtomicU64,
}

impl<K> Keys<K> {
    /// The name that an entry is stored under.
    pub(super) fn stored_name(&self, name: &str) -> StoredName {
        self.name_key.stored_name(&self.namespace, name)
    }

    /// The unlock that protects the store least: a copy of a device's profile opens it at once, and a passphrase can be
    /// guessed.
    pub(super) fn weakest(&self) -> UnlockKind {
        let weak = [UnlockKind::Device, UnlockKind::Passphrase];
        weak.into_iter().find(|kind| self.kinds.has(*kind)).unwrap_or(self.kind)
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
}

/// What is sealed in a ring under the data key.
pub(super) struct Body {
    pub(super) name_key: Key,
    /// The public key of each slot.
    pub(super) public_keys: Vec<Point>,
}

/// The unlocks of a ring that is to be made.
pub(super) struct NextUnlocks<'a> {
    /// Whether this device opens it.
    pub(super) device: bool,
    pub(super) slots: Vec<NextSlot>,
    /// The ring that it replaces, if the device opens that and stays as it is.
    pub(super) kept: Option<&'a RingHead>,
}

/// Obtains the keys from a stored ring.
pub(super) async fn open<P: Platform>(
    namespace: &Namespace<P>,
    current: &Current<P::Key>,
    with: &Credential,
) -> Result<Keys<P::Key>> {
    let head = &current.ring.head;
    if *with == Credential::Device {
        let data_key = namespace.device.open(&namespace.name, current).await?;
        return of_ring(&namespace.name, current, data_key, UnlockKind::Device).await;
    }
    let Opened { at, data_key, public } = unlocks::open_any::<P>(&namespace.name, head, with).await?;
    let data_key = P::Key::import(&data_key).await?;
    let body = open_body(&namespace.name, &current.ring, &data_key, with.kind()).await?;
    if body.public_keys[at] != public {
        // Somebody who had the store open once has put a key of theirs in its place.
        return Err(errors::changed_by_somebody(&namespace.name));
    }
    Ok(keys(&namespace.name, current.id, head, data_key, with.kind(), &body.name_key))
}

/// The keys of a ring whose data key is known.
async fn of_ring<K: Aead>(namespace: &str, current: &Current<K>, data_key: K, kind: UnlockKind) -> Result<Keys<K>> {
    let body = open_body(namespace, &current.ring, &data_key, kind).await?;
    Ok(keys(namespace, current.id, &current.ring.head, data_key, kind, &body.name_key))
}

fn keys<K>(namespace: &str, ring: RingId, head: &RingHead, data_key: K, kind: UnlockKind, name_key: &Key) -> Keys<K> {
    Keys {
        namespace: namespace.to_owned(),
        ring,
        generation: head.generation,
        data_key_id: head.data_key_id,
        data_key,
        kind,
        kinds: Kinds::of(head),
        name_key: NameKey::new(name_key),
        seals: AtomicU64::default(),
    }
}

/// Opens a ring's body, which shows that the ring is whole.
pub(super) async fn open_body<K: Aead>(namespace: &str, ring: &Ring, data_key: &K, kind: UnlockKind) -> Result<Body> {
    let opened = open_one(data_key, &ring.head.aad(namespace), &ring.body).await?;
    let body = opened.as_deref().and_then(|body| body.split_first_chunk());
    let Some((name_key, points)) = body else {
        let is_beside = kind == UnlockKind::Device && ring.head.keychain().is_none();
        return Err(if is_beside { errors::others_key(namespace) } else { errors::changed_by_somebody(namespace) });
    };
    let (public_keys, _) = points.as_chunks();
    Ok(Body { name_key: Key::new(*name_key), public_keys: public_keys.to_vec() })
}

/// Makes new keys and the ring that leads to them.
pub(super) async fn make<P: Platform>(
    namespace: &Namespace<P>,
    generation: u64,
    next: NextUnlocks<'_>,
) -> Result<(NewRing<P::Key>, Keys<P::Key>)> {
    let name = &namespace.name;
    let data_key_id = random_array()?;
    // A device that is alone may make a key whose bytes nobody sees.
    let key = if next.slots.is_empty() { None } else { Some(random_key()?) };
    let made = if next.device {
        Some(namespace.device.make(name, &data_key_id, key.as_ref(), next.kept).await?)
    } else {
        None
    };
    let mut body = Zeroizing::new(Vec::with_capacity(ring::body_bytes(next.slots.len())));
    let name_key = random_key()?;
    body.extend_from_slice(&name_key[..]);
    let mut slots = Vec::with_capacity(next.slots.len());
    if let Some(key) = &key {
        for slot in next.slots {
            body.extend_from_slice(slot.public());
            slots.push(slot.seal::<P>(name, &data_key_id, key).await?);
        }
    }
    let (data_key, ways, device_key, item) = match (made, &key) {
        (Some(made), _) => (made.data_key, vec![made.way], made.device_key, made.item),
        (None, Some(key)) => (P::Key::import(key).await?, Vec::new(), None, None),
        (None, None) => return Err(errors::unwritable()),
    };
    let head = RingHead { generation, data_key_id, ways, slots };
    let bytes = seal_ring(name, &head, &data_key, &body).await?;
    let id = ring::id(&bytes).map_err(|_| errors::unwritable())?;
    let kind = head.unlocks().next().unwrap_or(UnlockKind::Unknown);
    let keys = keys(name, id, &head, data_key, kind, &name_key);
    Ok((NewRing { stored: StoredRing { bytes, device_key }, item }, keys))
}

/// Seals a ring's body over its head. Returns the ring to store.
pub(super) async fn seal_ring<K: Aead>(namespace: &str, head: &RingHead, data_key: &K, body: &[u8]) -> Result<Vec<u8>> {
    let body = seal_one(data_key, &head.aad(namespace), body).await?;
    let hashed = Ring { head: head.clone(), body }.encode().map_err(|_| errors::unwritable())?;
    let checksum = sha256(&hashed);
    Ok(ring::with_checksum(hashed, &checksum))
}
