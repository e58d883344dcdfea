//! Changes of a store's keys and unlocks. New keys mean that every entry is sealed anew: an old ring must not open
//! what is written later.

use super::{
    ATTEMPTS, SealedStore, contended,
    entry::{Entry, NotOpened},
    keys::{self, Keys, NewSlot},
};
use crate::{
    area::records::{Age, Bytes, Found, RecordArea, RingId, StoredRing},
    crypto::{aead::Aead, kdf::Key},
    error::{Error, ErrorKind, Result, quoted},
    format::sealed::{
        StoredName,
        ring::{MAX_LABEL_BYTES, MAX_SLOTS, Protection, Ring, Slot},
    },
    unlock::{Credential, Unlock, UnlockInfo, UnlockKind},
};

/// How many entries are sealed anew between two words of progress.
const CHUNK: usize = 64;

/// What a device store's one unlock is called.
const DEVICE: &str = "device";

/// Which unlocks a store has after its keys were changed.
#[derive(Clone, Copy)]
pub(crate) enum Rekey<'a> {
    /// The same.
    Rotate,
    /// The same but for the one of this id.
    Remove(&'a str),
    /// One in the place of another, under its label if there is no new one.
    Change { from: &'a Unlock, to: &'a Unlock, label: Option<&'a str> },
}

/// Old keys and new ones, the ring that leads to those, and how often the store was locked before.
struct Swap<K> {
    old: Keys<K>,
    new: Keys<K>,
    with: StoredRing<K>,
    locks: u64,
}

/// A record under the old keys, and under the new ones.
struct Resealed {
    old: (StoredName, Bytes),
    new: (StoredName, Bytes),
}

impl<A: RecordArea<DeviceKey = K>, K: Aead> SealedStore<A, K> {
    /// The unlocks that the store has.
    pub(crate) async fn unlocks(&self) -> Result<Vec<UnlockInfo>> {
        let (_, ring, _) = self.ring().await?;
        let Protection::Slots(slots) = ring.head.protection else {
            return Ok(vec![UnlockInfo { id: DEVICE.to_owned(), kind: UnlockKind::Device, label: String::new() }]);
        };
        let info =
            |slot: &Slot| UnlockInfo { id: hex(slot.id()), kind: keys::kind_of(slot), label: slot.label().to_owned() };
        Ok(slots.iter().map(info).collect())
    }

    /// Adds a slot, and leaves keys and entries as they are. Gives its id.
    pub(crate) async fn add_unlock(&self, current: &Unlock, added: &Unlock, label: &str) -> Result<String> {
        check_label(label)?;
        let locks = self.unlocked()?;
        for _ in 0..ATTEMPTS {
            let (_, mut ring, id) = self.ring().await?;
            let Protection::Slots(slots) = &mut ring.head.protection else {
                return Err(Error::invalid(
                    "added",
                    "a device store has no other unlock: change it to a passphrase or an app key",
                ));
            };
            self.check_known(slots)?;
            if slots.len() == usize::from(MAX_SLOTS) {
                return Err(Error::new(ErrorKind::TooLarge, "the store has 8 unlocks already: remove one"));
            }
            let namespace = &self.shared.namespace;
            let data_key = keys::open_slots::<K>(namespace, &ring.head.data_key_id, slots, &current.0).await?;
            let slot = NewSlot::new(label, &added.0)?.wrap::<K>(namespace, &ring.head.data_key_id, &data_key).await?;
            let added = hex(slot.id());
            let data_key = K::import(&data_key).await?;
            let name_key = keys::open_name_key(namespace, &ring, &data_key).await?;
            if let Protection::Slots(slots) = &mut ring.head.protection {
                slots.push(slot);
            }
            ring.head.generation = next_generation(&ring)?;
            let data_key_id = ring.head.data_key_id;
            let bytes = keys::seal_ring(namespace, ring.head, &data_key, &name_key).await?;
            self.check(locks)?;
            if let Ok(written) = self.shared.area.replace(&id, StoredRing { bytes, device_key: None }, None).await? {
                self.shared.area.news().unlock_added(&data_key_id, written.revision);
                return Ok(added);
            }
        }
        Err(contended())
    }

    /// Makes a new data key and name key, and seals every entry anew. `kept` are the unlocks of all slots that stay.
    pub(crate) async fn rekey(
        &self,
        rekey: Rekey<'_>,
        kept: &[Unlock],
        mut progress: impl FnMut(usize, usize),
    ) -> Result<()> {
        if let Rekey::Change { label: Some(label), .. } = rekey {
            check_label(label)?;
        }
        let locks = self.unlocked()?;
        for _ in 0..ATTEMPTS {
            let (stored, ring, id) = self.ring().await?;
            let namespace = &self.shared.namespace;
            let generation = next_generation(&ring)?;
            let (old, slots) = self.plan(stored, ring, id, rekey, kept).await?;
            let kind = self.kind();
            let stays = slots.iter().any(|slot| slot.credential.kind() == kind);
            let (with, mut new) = keys::make(&self.shared.area, namespace, generation, slots).await?;
            if stays {
                new.kind = kind;
            }
            let swap = Swap { old, new, with, locks };
            if self.reseal(&swap, &mut progress).await? {
                // Locked meanwhile or not, the keys are changed.
                drop(self.adopt(swap.new, locks));
                if self.shared.area.news().hub.is_watched() {
                    // So that nobody takes what is sealed anew for changed. The keys are changed whether or not it works.
                    drop(self.look().await);
                }
                return Ok(());
            }
        }
        Err(contended())
    }

    /// How often the store was locked before; an error if it is locked now.
    fn unlocked(&self) -> Result<u64> {
        let state = self.shared.state();
        if state.is_locked { Err(self.locked()) } else { Ok(state.locks) }
    }

    /// The ring that is stored.
    pub(super) async fn ring(&self) -> Result<(StoredRing<K>, Ring, RingId)> {
        let namespace = &self.shared.namespace;
        match self.shared.area.find().await? {
            Found::Ring(stored) => {
                let (ring, id) = keys::read(namespace, &stored.bytes)?;
                Ok((stored, ring, id))
            }
            Found::OnlyRecords => Err(keys::ring_missing(namespace)),
            Found::Nothing => Err(keys::key_missing(namespace, keys::REMOVED)),
        }
    }

    /// The keys of a ring, opened with unlocks that are asked for again, and the slots of the one to come.
    async fn plan<'a>(
        &self,
        stored: StoredRing<K>,
        ring: Ring,
        id: RingId,
        rekey: Rekey<'a>,
        kept: &'a [Unlock],
    ) -> Result<(Keys<K>, Vec<NewSlot<'a>>)> {
        let namespace = &self.shared.namespace;
        let Protection::Slots(slots) = &ring.head.protection else {
            return self.plan_device(stored, rekey, kept).await;
        };
        self.check_known(slots)?;
        let from = if let Rekey::Change { from, .. } = rekey { Some(from) } else { None };
        let given: Vec<_> = from.into_iter().chain(kept).collect();
        let (owners, data_key) = self.owners(&ring, slots, &given).await?;
        let slots = next_slots(slots, &owners, rekey, from)?;
        let old = keys::of_slots(namespace, ring, id, K::import(&data_key).await?).await?;
        Ok((old, slots))
    }

    async fn plan_device<'a>(
        &self,
        stored: StoredRing<K>,
        rekey: Rekey<'a>,
        kept: &'a [Unlock],
    ) -> Result<(Keys<K>, Vec<NewSlot<'a>>)> {
        let namespace = &self.shared.namespace;
        let from = match rekey {
            Rekey::Rotate => &Credential::Device,
            Rekey::Remove(id) => return Err(no_unlock(id)),
            Rekey::Change { from, .. } => &from.0,
        };
        let other = kept.iter().map(|unlock| &unlock.0).find(|credential| **credential != Credential::Device);
        let old = keys::open(&self.shared.area, namespace, stored, other.unwrap_or(from)).await?;
        let slots = match rekey {
            Rekey::Change { to, label, .. } if to.0 != Credential::Device => {
                vec![NewSlot::new(label.unwrap_or_default(), &to.0)?]
            }
            _ => Vec::new(),
        };
        Ok((old, slots))
    }

    /// Which of the unlocks given opens each slot, and the data key. Every one that is given must open one.
    async fn owners<'a>(
        &self,
        ring: &Ring,
        slots: &[Slot],
        given: &[&'a Unlock],
    ) -> Result<(Vec<Option<&'a Unlock>>, Key)> {
        let mut owners = Vec::with_capacity(slots.len());
        let mut data_key = None;
        for slot in slots {
            let mut owner = None;
            for unlock in given {
                let opened =
                    keys::open_slot::<K>(&self.shared.namespace, &ring.head.data_key_id, slot, &unlock.0).await?;
                if let Some(Some(key)) = opened {
                    owner = Some(*unlock);
                    data_key = Some(key);
                    break;
                }
            }
            owners.push(owner);
        }
        for unlock in given {
            if !owners.contains(&Some(*unlock)) {
                return Err(keys::refused(&self.shared.namespace, slots, &unlock.0));
            }
        }
        let data_key = data_key.ok_or_else(|| Error::invalid("kept", "give the unlocks that the store has"))?;
        Ok((owners, data_key))
    }

    /// Seals everything anew and puts it in the place of what is there; false if the ring was changed meanwhile. What
    /// others write meanwhile is sealed anew too.
    async fn reseal(&self, swap: &Swap<K>, progress: &mut impl FnMut(usize, usize)) -> Result<bool> {
        let Swap { old, new, with, locks } = swap;
        let mut resealed: Vec<Resealed> = Vec::new();
        for _ in 0..ATTEMPTS {
            let Ok(all) = self.shared.area.all(&old.ring, Age::Now).await? else { return Ok(false) };
            resealed.retain(|done| all.records.contains(&done.old));
            let rest: Vec<_> = all
                .records
                .iter()
                .filter(|record| !resealed.iter().any(|done| done.old == **record))
                .cloned()
                .collect();
            for chunk in rest.chunks(CHUNK) {
                resealed.extend(reseal_chunk(old, new, chunk).await?);
                progress(resealed.len(), all.records.len());
            }
            self.check(*locks)?;
            let records: Vec<_> = resealed.iter().map(|done| done.new.clone()).collect();
            let with = StoredRing { bytes: with.bytes.clone(), device_key: with.device_key.clone() };
            if self.shared.area.replace(&old.ring, with, Some((all.revision, &records))).await?.is_ok() {
                return Ok(true);
            }
        }
        Err(contended())
    }

    /// Refuses to change a ring that only a newer version knows whole.
    fn check_known(&self, slots: &[Slot]) -> Result<()> {
        let is_known = |slot: &Slot| matches!(slot, Slot::Known { .. });
        if slots.iter().all(is_known) { Ok(()) } else { Err(keys::newer(&self.shared.namespace)) }
    }
}

async fn reseal_chunk<K: Aead>(old: &Keys<K>, new: &Keys<K>, chunk: &[(StoredName, Bytes)]) -> Result<Vec<Resealed>> {
    let opened = old.open_all(chunk).await.into_iter().collect::<Result<Vec<Entry>, NotOpened>>();
    let opened = opened.map_err(|not_opened| stays(&not_opened.error(None)))?;
    let entries: Vec<_> = opened.iter().map(|entry| (&*entry.name, &entry.value[..])).collect();
    let sealed = new.seal_all(&entries).await?;
    Ok(chunk.iter().zip(sealed).map(|(old, new)| Resealed { old: old.clone(), new }).collect())
}

/// An entry that cannot be opened cannot be sealed anew, and is not given up for that.
fn stays(error: &Error) -> Error {
    let message = format!("{error}. The keys were not changed: remove that entry, or clear the store, first");
    Error::new(error.kind(), message)
}

/// The generation of the ring that takes the place of this one.
fn next_generation(ring: &Ring) -> Result<u64> {
    let next = ring.head.generation.checked_add(1);
    next.ok_or_else(|| Error::new(ErrorKind::Unavailable, "the keys were changed as often as can be counted"))
}

/// The slots of the next ring.
fn next_slots<'a>(
    slots: &[Slot],
    owners: &[Option<&'a Unlock>],
    rekey: Rekey<'a>,
    from: Option<&'a Unlock>,
) -> Result<Vec<NewSlot<'a>>> {
    let removed = if let Rekey::Remove(id) = rekey { Some(removable(slots, id)?) } else { None };
    let mut replacement = if let Rekey::Change { to, label, .. } = rekey { Some((to, label)) } else { None };
    let mut next = Vec::with_capacity(slots.len());
    for (slot, owner) in slots.iter().zip(owners) {
        if removed == Some(slot.id()) {
            continue;
        }
        let owner = owner.ok_or_else(|| not_given(slot))?;
        if Some(owner) != from {
            next.push(NewSlot { id: *slot.id(), label: slot.label().to_owned(), credential: &owner.0 });
        } else if let Some((to, label)) = replacement.take()
            && to.0 != Credential::Device
        {
            next.push(NewSlot { id: *slot.id(), label: label.unwrap_or(slot.label()).to_owned(), credential: &to.0 });
        }
    }
    match rekey {
        Rekey::Change { to, .. } if to.0 == Credential::Device && !next.is_empty() => {
            Err(Error::invalid("to", "device is no unlock beside others: remove those first"))
        }
        _ => Ok(next),
    }
}

/// The id of a slot that may go.
fn removable<'a>(slots: &'a [Slot], id: &str) -> Result<&'a crate::format::sealed::Id> {
    let slot = slots.iter().find(|slot| hex(slot.id()) == id).ok_or_else(|| no_unlock(id))?;
    if slots.len() == 1 {
        return Err(Error::invalid("id", "it is the only unlock: without it nothing would open the store"));
    }
    Ok(slot.id())
}

fn no_unlock(id: &str) -> Error {
    Error::invalid("id", format!("there is no unlock {} to remove: `unlocks` lists those that there are", quoted(id)))
}

fn not_given(slot: &Slot) -> Error {
    let kind = keys::name_of(keys::kind_of(slot));
    let which = if slot.label().is_empty() { hex(slot.id()) } else { quoted(slot.label()) };
    let message = format!("the {kind} {which} stays, and new keys must be sealed for it: give it too, or remove it");
    Error::invalid("kept", message)
}

fn check_label(label: &str) -> Result<()> {
    if label.len() <= MAX_LABEL_BYTES {
        return Ok(());
    }
    Err(Error::invalid("label", "the label is longer than 64 bytes of UTF-8"))
}

fn hex(id: &[u8]) -> String {
    let digit = |nibble: u8| char::from_digit(nibble.into(), 16).unwrap_or_default();
    id.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}
