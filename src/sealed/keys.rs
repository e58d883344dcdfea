//! The keys of a namespace: had from its ring with an unlock, or made.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering::Relaxed},
};

use crate::{
    area::records::{RecordArea, RingId, StoredRing},
    crypto::{
        aead::Aead,
        cipher::random,
        kdf::{self, Key, NameKey, random_key, sha256},
        wrap,
    },
    error::{Error, ErrorKind, Result, quoted},
    format::sealed::{
        Id, NotRead, SealedKey, StoredName,
        ring::{self, Argon2id, Protection, Ring, RingHead, Slot, SlotHead, SlotUnlock},
    },
    options::KeyMaterial,
    unlock::{Credential, Unlock, UnlockKind},
};

/// Seals under one data key beyond which random nonces are no longer safe (NIST SP 800-38D, 8.3).
const MAX_SEALS: u64 = 1 << 32;

/// The keys that a ring leads to.
pub(super) struct Keys<K> {
    pub(super) namespace: String,
    /// The ring that they are of.
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

    /// Counts some seals more, if there may be so many.
    pub(super) fn count(&self, more: usize) -> Result<()> {
        let more = more as u64;
        if self.seals.fetch_add(more, Relaxed) + more <= MAX_SEALS {
            return Ok(());
        }
        Err(Error::new(ErrorKind::Unavailable, "the data key has sealed as much as it safely can: call rotate"))
    }

    /// The keys of `ring`, which has the data key of these but other unlocks.
    pub(super) async fn follow(&self, ring: Ring, id: RingId) -> Result<Self> {
        let name_key = open_name_key(&self.namespace, &ring, &self.data_key).await?;
        let mut keys = keys(&self.namespace, ring.head, id, self.data_key.clone(), self.kind, &name_key);
        keys.seals = Arc::clone(&self.seals);
        Ok(keys)
    }
}

/// Reads a stored ring.
pub(super) fn read(namespace: &str, bytes: &[u8]) -> Result<(Ring, RingId)> {
    let read = || {
        let ring = Ring::parse(bytes, &sha256(ring::hashed(bytes)?))?;
        Ok((ring, ring::id(bytes)?))
    };
    read().map_err(|not_read| match not_read {
        NotRead::Malformed(what) => damaged(namespace, what),
        NotRead::Newer => newer(namespace),
    })
}

/// Gets the keys from a stored ring.
pub(super) async fn open<A: RecordArea<DeviceKey = K>, K: Aead>(
    area: &A,
    namespace: &str,
    stored: StoredRing<K>,
    with: &Credential,
) -> Result<Keys<K>> {
    let (ring, id) = read(namespace, &stored.bytes)?;
    let data_key = match (&ring.head.protection, with) {
        (Protection::Device, Credential::Device) => match stored.device_key {
            Some(key) => key,
            None => return Err(key_missing(namespace, "the device's key is gone")),
        },
        (Protection::Keychain { item, data_key }, Credential::Device) if area.has_keychain() => {
            let Some(key) = area.keychain_key(item).await? else {
                return Err(key_missing(namespace, "its key is not in the system's keychain any more"));
            };
            let aad = RingHead::keychain_aad(namespace, &ring.head.data_key_id, item);
            let data_key = open_key(&key, &aad, data_key).await?;
            K::import(&data_key.ok_or_else(|| others_key(namespace))?).await?
        }
        (Protection::Slots(slots), Credential::Passphrase(_) | Credential::AppKey(_)) => {
            K::import(&open_slots::<K>(namespace, &ring.head.data_key_id, slots, with).await?).await?
        }
        (protection, _) => return Err(locked(namespace, protection, with.kind())),
    };
    let name_key = open_name_key(namespace, &ring, &data_key).await?;
    Ok(keys(namespace, ring.head, id, data_key, with.kind(), &name_key))
}

/// The keys of a ring of slots whose data key is at hand.
pub(super) async fn of_slots<K: Aead>(namespace: &str, ring: Ring, id: RingId, data_key: K) -> Result<Keys<K>> {
    let name_key = open_name_key(namespace, &ring, &data_key).await?;
    Ok(keys(namespace, ring.head, id, data_key, UnlockKind::Unknown, &name_key))
}

fn keys<K>(namespace: &str, head: RingHead, ring: RingId, data_key: K, kind: UnlockKind, name_key: &Key) -> Keys<K> {
    Keys {
        namespace: namespace.to_owned(),
        ring,
        generation: head.generation,
        data_key_id: head.data_key_id,
        data_key,
        kind,
        name_key: NameKey::new(name_key),
        seals: Arc::default(),
    }
}

/// The data key, from the first slot that a credential opens.
pub(super) async fn open_slots<K: Aead>(
    namespace: &str,
    data_key_id: &Id,
    slots: &[Slot],
    with: &Credential,
) -> Result<Key> {
    for slot in slots {
        if let Some(Some(data_key)) = open_slot::<K>(namespace, data_key_id, slot, with).await? {
            return Ok(data_key);
        }
    }
    Err(refused(namespace, slots, with))
}

/// The data key, if a slot is of the credential's kind and if that opens it.
pub(super) async fn open_slot<K: Aead>(
    namespace: &str,
    data_key_id: &Id,
    slot: &Slot,
    with: &Credential,
) -> Result<Option<Option<Key>>> {
    let Slot::Known { head, data_key } = slot else { return Ok(None) };
    let Some(slot_key) = slot_key::<K>(namespace, head, with).await? else { return Ok(None) };
    open_key(&K::import(&slot_key).await?, &head.aad(namespace, data_key_id), data_key).await.map(Some)
}

/// Why a credential opens none of these slots.
pub(super) fn refused(namespace: &str, slots: &[Slot], with: &Credential) -> Error {
    if slots.iter().any(|slot| kind_of(slot) == with.kind()) {
        let message = format!("the {} given does not open {}", name_of(with.kind()), quoted(namespace));
        Error::new(ErrorKind::WrongKey, message)
    } else if slots.iter().any(|slot| matches!(slot, Slot::Unknown { .. })) {
        newer(namespace)
    } else {
        locked(namespace, &Protection::Slots(slots.to_vec()), with.kind())
    }
}

/// The key of a slot, if a credential is of its kind.
async fn slot_key<K: Aead>(namespace: &str, head: &SlotHead, with: &Credential) -> Result<Option<Key>> {
    let secret = match (&head.unlock, with) {
        (SlotUnlock::Passphrase(cost), Credential::Passphrase(text)) => {
            // It was text when it was given.
            let text = str::from_utf8(text.expose()).unwrap_or_default();
            K::argon2id(kdf::prepare_passphrase(text, K::nfc)?.as_bytes(), cost).await?
        }
        (SlotUnlock::AppKey, Credential::AppKey(key)) => app_key(key)?,
        _ => return Ok(None),
    };
    Ok(Some(kdf::derive_key(&secret, &head.salt, &head.info(namespace))))
}

impl Unlock {
    /// Refuses what opens no store, whatever the unlocks of this one are.
    pub(crate) fn check(&self) -> Result<()> {
        match &self.0 {
            Credential::AppKey(key) => app_key(key).map(drop),
            Credential::Passphrase(text) if text.expose().is_empty() => Err(kdf::empty_passphrase()),
            _ => Ok(()),
        }
    }
}

fn app_key(material: &KeyMaterial) -> Result<Key> {
    let bytes = wrap::bytes(material, "appKey")?;
    let key = <[u8; 32]>::try_from(bytes.expose());
    key.map(Key::new).map_err(|_| Error::invalid("appKey", "an app key has 32 bytes: make them at random"))
}

/// Opens a key that is sealed under another.
async fn open_key<K: Aead>(with: &K, aad: &[u8], sealed: &SealedKey) -> Result<Option<Key>> {
    let opened = K::finish(vec![with.open(aad, &sealed.nonce, &sealed.ciphertext)]).await.pop().unwrap_or(Ok(None))?;
    Ok(opened.and_then(|bytes| <[u8; 32]>::try_from(bytes.as_slice()).map(Key::new).ok()))
}

/// Opens a ring's name key, which shows that the ring is whole.
pub(super) async fn open_name_key<K: Aead>(namespace: &str, ring: &Ring, data_key: &K) -> Result<Key> {
    let opened = open_key(data_key, &ring.head.name_key_aad(namespace), &ring.name_key).await?;
    opened.ok_or_else(|| match ring.head.protection {
        Protection::Device => others_key(namespace),
        Protection::Keychain { .. } | Protection::Slots(_) => damaged(namespace, "somebody has changed it"),
    })
}

/// A slot to make.
pub(super) struct NewSlot<'a> {
    pub(super) id: Id,
    pub(super) label: String,
    pub(super) credential: &'a Credential,
}

impl<'a> NewSlot<'a> {
    pub(super) fn new(label: &str, credential: &'a Credential) -> Result<Self> {
        Ok(NewSlot { id: random_array()?, label: label.to_owned(), credential })
    }

    /// Wraps a data key in it.
    pub(super) async fn wrap<K: Aead>(self, namespace: &str, data_key_id: &Id, data_key: &Key) -> Result<Slot> {
        let unlock = match self.credential {
            Credential::Passphrase(_) => SlotUnlock::Passphrase(Argon2id::new(random_array()?)),
            _ => SlotUnlock::AppKey,
        };
        let head = SlotHead { id: self.id, label: self.label, salt: random_array()?, unlock };
        let device = || Error::invalid("added", "device is no unlock beside others: give a passphrase or an app key");
        let slot_key = slot_key::<K>(namespace, &head, self.credential).await?.ok_or_else(device)?;
        let aad = head.aad(namespace, data_key_id);
        let data_key = seal_key(&K::import(&slot_key).await?, &aad, data_key).await?;
        Ok(Slot::Known { head, data_key })
    }
}

/// Makes new keys and the ring that leads to them: of slots, or of the device where there are none.
pub(super) async fn make<A: RecordArea<DeviceKey = K>, K: Aead>(
    area: &A,
    namespace: &str,
    generation: u64,
    slots: Vec<NewSlot<'_>>,
) -> Result<(StoredRing<K>, Keys<K>)> {
    let data_key_id = random_array()?;
    let kind = slots.first().map_or(UnlockKind::Device, |slot| slot.credential.kind());
    let (protection, data_key, device_key) = if !slots.is_empty() {
        let key = random_key()?;
        let mut wrapped = Vec::new();
        for slot in slots {
            wrapped.push(slot.wrap::<K>(namespace, &data_key_id, &key).await?);
        }
        (Protection::Slots(wrapped), K::import(&key).await?, None)
    } else if area.has_keychain() {
        let (key, wrapping_key, item) = (random_key()?, K::generate().await?, random_array()?);
        let aad = RingHead::keychain_aad(namespace, &data_key_id, &item);
        let data_key = seal_key(&wrapping_key, &aad, &key).await?;
        (Protection::Keychain { item, data_key }, K::import(&key).await?, Some(wrapping_key))
    } else {
        let key = K::generate().await?;
        (Protection::Device, key.clone(), Some(key))
    };
    let name_key = random_key()?;
    let head = RingHead { generation, data_key_id, protection };
    let bytes = seal_ring(namespace, head.clone(), &data_key, &name_key).await?;
    let keys = keys(namespace, head, ring::id(&bytes).map_err(|_| unwritable())?, data_key, kind, &name_key);
    Ok((StoredRing { bytes, device_key }, keys))
}

/// Seals the name key over a ring's head; gives the ring to store.
pub(super) async fn seal_ring<K: Aead>(
    namespace: &str,
    head: RingHead,
    data_key: &K,
    name_key: &Key,
) -> Result<Vec<u8>> {
    let name_key = seal_key(data_key, &head.name_key_aad(namespace), name_key).await?;
    let body = Ring { head, name_key }.encode().map_err(|_| unwritable())?;
    let checksum = sha256(&body);
    Ok(ring::with_checksum(body, &checksum))
}

async fn seal_key<K: Aead>(with: &K, aad: &[u8], key: &Key) -> Result<SealedKey> {
    let (nonce, call) = with.seal(aad, &key[..])?;
    let sealed = K::finish(vec![call]).await.pop().unwrap_or(Ok(None))?;
    let sealed = sealed.and_then(|bytes| bytes.as_slice().try_into().ok());
    Ok(SealedKey { nonce, ciphertext: sealed.ok_or_else(unwritable)? })
}

fn random_array<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    random(&mut bytes)?;
    Ok(bytes)
}

impl Credential {
    pub(super) fn kind(&self) -> UnlockKind {
        match self {
            Credential::Device => UnlockKind::Device,
            Credential::Passphrase(_) => UnlockKind::Passphrase,
            Credential::AppKey(_) => UnlockKind::AppKey,
        }
    }
}

/// Of which kind a slot is.
pub(super) fn kind_of(slot: &Slot) -> UnlockKind {
    match slot {
        Slot::Known { head, .. } => match head.unlock {
            SlotUnlock::Passphrase(_) => UnlockKind::Passphrase,
            SlotUnlock::AppKey => UnlockKind::AppKey,
            SlotUnlock::Passkey(_) => UnlockKind::Passkey,
        },
        Slot::Unknown { .. } => UnlockKind::Unknown,
    }
}

/// An unlock's kind in a sentence.
pub(super) fn name_of(kind: UnlockKind) -> &'static str {
    match kind {
        UnlockKind::Device => "device",
        UnlockKind::Passphrase => "passphrase",
        UnlockKind::AppKey => "app key",
        UnlockKind::Passkey => "passkey",
        UnlockKind::Unknown => "unlock of a newer version",
    }
}

fn locked(namespace: &str, protection: &Protection, given: UnlockKind) -> Error {
    let mut needed = match protection {
        Protection::Device => vec![name_of(UnlockKind::Device)],
        Protection::Keychain { .. } => vec!["system's keychain"],
        Protection::Slots(slots) => slots.iter().map(kind_of).map(name_of).collect(),
    };
    needed.dedup();
    let needed = needed.join(" or ");
    let message = format!("{} is opened by its {needed}, and {} was given", quoted(namespace), name_of(given));
    Error::new(ErrorKind::Locked, message)
}

fn others_key(namespace: &str) -> Error {
    let message = format!("the device's key does not open {}: it is another store's", quoted(namespace));
    Error::new(ErrorKind::WrongKey, message)
}

pub(super) fn newer(namespace: &str) -> Error {
    let message = format!("a newer version of keyfold has written {}: use that version", quoted(namespace));
    Error::new(ErrorKind::NewerFormat, message)
}

pub(super) fn key_missing(namespace: &str, what: &str) -> Error {
    let namespace = quoted(namespace);
    let message = format!("{namespace} cannot be opened: {what}. Put it back from a copy, or destroy the store");
    Error::new(ErrorKind::KeyMissing, message)
}

/// What is wrong with a store that is there no more.
pub(super) const REMOVED: &str = "the store was removed while it was open";

pub(super) fn ring_missing(namespace: &str) -> Error {
    key_missing(namespace, "there are entries, but the key ring is gone")
}

fn damaged(namespace: &str, what: &str) -> Error {
    let namespace = quoted(namespace);
    let message =
        format!("the key ring of {namespace} is damaged: {what}. Put it back from a copy; nothing was changed");
    Error::new(ErrorKind::Corrupt, message)
}

/// What the caller's checks of labels and counts keep from happening.
fn unwritable() -> Error {
    Error::new(ErrorKind::Platform, "the key ring cannot be written: this is a defect of keyfold")
}
