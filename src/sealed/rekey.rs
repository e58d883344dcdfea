//! Changes of a store's keys and unlocks. With new keys every entry is sealed again: an old ring must not open what is
//! written later.

use super::{
    Namespace, Platform,
    aead::Aead,
    area::{Age, Bytes, RecordArea, Replacement, StoredRing},
    device::DeviceKeys,
    entry::{Entry, NotOpened},
    errors,
    format::{
        Id, StoredName, hex,
        ring::{MAX_LABEL_BYTES, MAX_SLOTS, Protection, Ring, Slot},
    },
    keys::{self, Keys},
    listed::{self, Kinds},
    namespace::{Current, NewRing, Old, Replaced},
    peers::Peers,
    session::{Locks, Session},
    tries,
    unlocks::{self, NewSlot, Ready},
};
use crate::{
    crypto::Key,
    error::{Error, ErrorKind, Result, quoted},
    sort,
    unlock::{Credential, Unlock, UnlockInfo, UnlockKind},
    verbs::Rekey,
};

/// How many entries are sealed again between two calls of `progress`.
const CHUNK: usize = 64;

/// The old and new keys with their rings, and how often the store was locked before.
struct Swap<K> {
    current: Current<K>,
    old: Keys<K>,
    new: Keys<K>,
    with: StoredRing<K>,
    locks: Locks,
}

/// A record under the old keys, and under the new ones.
struct Resealed {
    old: (StoredName, Bytes),
    new: (StoredName, Bytes),
}

impl<P: Platform> Session<P> {
    /// The store's unlocks.
    pub(super) async fn unlocks(&self) -> Result<Vec<UnlockInfo>> {
        Ok(listed::unlocks(&self.current().await?.ring.head.protection))
    }

    /// Adds a slot, and leaves keys and entries as they are. Returns its id.
    pub(super) async fn add_unlock(&self, current: &Unlock, added: &Unlock, label: &str) -> Result<String> {
        [current, added].into_iter().try_for_each(Unlock::check)?;
        check_label(label)?;
        let locks = self.unlocked()?;
        let mut tries = tries();
        loop {
            tries.begin()?;
            let Current { stored, ring, id } = self.current().await?;
            let data_key_id = ring.head.data_key_id;
            let (slot, with) = add_slot(&self.namespace, ring, current, added, label).await?;
            self.check(locks)?;
            let with = StoredRing { bytes: with, device_key: None };
            let old = Old { id: &id, bytes: &stored.bytes };
            if let Ok(Replaced { written, .. }) = self.namespace.replace(old, with, None).await? {
                self.namespace.area.news().unlock_added(&data_key_id, written.revision);
                self.namespace.note(self.namespace.kinds().with(added.kind()));
                return Ok(slot);
            }
        }
    }

    /// Makes a new data key and name key, and seals every entry again. `kept` are the unlocks of all slots that stay.
    pub(super) async fn rekey(
        &self,
        rekey: Rekey<'_>,
        kept: &[Unlock],
        mut progress: impl FnMut(usize, usize),
    ) -> Result<()> {
        kept.iter().try_for_each(Unlock::check)?;
        if let Rekey::Change { from, to, label } = rekey {
            [from, to].into_iter().try_for_each(Unlock::check)?;
            check_label(label.unwrap_or_default())?;
        }
        let locks = self.unlocked()?;
        let mut tries = tries();
        loop {
            tries.begin()?;
            let current = self.current().await?;
            let generation = next_generation(&current.ring)?;
            let (old, slots) = plan(&self.namespace, &current, rekey, kept).await?;
            let kind = self.kind();
            let kinds = Kinds::of_credentials(slots.iter().map(|slot| slot.credential));
            let stays = slots.iter().any(|slot| slot.credential.kind() == kind);
            let kept = (!matches!(rekey, Rekey::Change { .. })).then_some(&current.ring);
            let (NewRing { stored: with, item }, mut new) =
                keys::make(&self.namespace, generation, slots, kept).await?;
            if stays {
                new.kind = kind;
            }
            // The old way in stays until then, and no transaction waits for it.
            if let Some(item) = &item {
                self.namespace.device.settle(item).await?;
            }
            let swap = Swap { current, old, new, with, locks };
            let replaced = self.reseal(&swap, &mut progress).await;
            if let (Some((item, _)), Err(_) | Ok(None)) = (item, &replaced) {
                self.namespace.device.withdraw(&self.namespace.area, item).await;
            }
            let Some((Replaced { removed, .. }, untold)) = replaced? else { continue };
            self.namespace.note(kinds);
            // Locked meanwhile or not, the keys are changed.
            drop(self.adopt(swap.new, locks));
            if self.namespace.area.news().hub.is_watched() {
                // So that nobody takes what is sealed again for changed. The keys are changed whether or not this
                // works.
                drop(self.look().await);
            }
            if let Some(total) = untold {
                progress(total, total);
            }
            return removed;
        }
    }

    /// Seals everything again and replaces what is there. `None` if the ring has changed meanwhile. What others write
    /// meanwhile is sealed again too; once they were faster than this, they are made to wait. Nothing is told then, since
    /// the app's function may write here and wait for that: the number of entries is returned, to be told afterwards.
    async fn reseal(
        &self,
        swap: &Swap<P::Key>,
        progress: &mut impl FnMut(usize, usize),
    ) -> Result<Option<(Replaced, Option<usize>)>> {
        let Swap { current, old, new, with, locks } = swap;
        let mut resealed: Vec<Resealed> = Vec::new();
        let (mut hold, mut tries) = (None, tries());
        loop {
            tries.begin()?;
            let Ok(all) = self.namespace.area.all(&old.ring, Age::Now).await? else { return Ok(None) };
            let (left, rest) = still_there(resealed, &all.records);
            resealed = left;
            for chunk in rest.chunks(CHUNK) {
                resealed.extend(reseal_chunk(old, new, chunk).await?);
                if hold.is_none() {
                    progress(resealed.len(), all.records.len());
                }
            }
            self.check(*locks)?;
            let records: Vec<_> = resealed.iter().map(|done| done.new.clone()).collect();
            let records = Replacement { revision: all.revision, records: &records, hold: hold.as_ref() };
            if let Ok(replaced) = self.namespace.replace(current.old(), with.clone(), Some(records)).await? {
                return Ok(Some((replaced, hold.map(|_| resealed.len()))));
            }
            if hold.is_none() {
                hold = self.namespace.area.hold().await?;
            }
        }
    }
}

/// Which records that were sealed again are still what is stored, and which of what is stored are to be sealed again.
/// Both lists are in the order of stored names.
fn still_there(mut done: Vec<Resealed>, stored: &[(StoredName, Bytes)]) -> (Vec<Resealed>, Vec<(StoredName, Bytes)>) {
    sort::by(&mut done, |one, other| one.old.0.cmp(&other.old.0));
    let (mut left, mut rest) = (Vec::with_capacity(stored.len()), Vec::new());
    let mut done = done.into_iter().peekable();
    for record in stored {
        while done.next_if(|done| done.old.0 < record.0).is_some() {}
        match done.next_if(|done| done.old == *record) {
            Some(done) => left.push(done),
            None => rest.push(record.clone()),
        }
    }
    (left, rest)
}

/// A ring with one more slot. Returns the slot's id and the ring's bytes.
async fn add_slot<P: Platform>(
    namespace: &Namespace<P>,
    mut ring: Ring,
    current: &Unlock,
    added: &Unlock,
    label: &str,
) -> Result<(String, Vec<u8>)> {
    let name = &namespace.name;
    let generation = next_generation(&ring)?;
    let data_key_id = ring.head.data_key_id;
    let Protection::Slots(slots) = &mut ring.head.protection else {
        let message = "a device store has no other unlock: change it to a passphrase or an app key";
        return Err(Error::invalid("added", message));
    };
    check_known(name, slots)?;
    check_one_passphrase(slots.iter().map(Slot::kind), &added.0, "added")?;
    if slots.len() == usize::from(MAX_SLOTS) {
        return Err(Error::new(ErrorKind::TooLarge, "the store has 8 unlocks already: remove one"));
    }
    let data_key = unlocks::open_any::<P>(name, &data_key_id, slots, &current.0).await?;
    let slot = NewSlot::new(label, &added.0)?.wrap::<P>(name, &data_key_id, &data_key).await?;
    let id = hex(slot.id());
    let data_key = P::Key::import(&data_key).await?;
    let name_key = keys::open_name_key(name, &ring, &data_key).await?;
    if let Protection::Slots(slots) = &mut ring.head.protection {
        slots.push(slot);
    }
    ring.head.generation = generation;
    Ok((id, keys::seal_ring(name, ring.head, &data_key, &name_key).await?))
}

/// The keys of a ring, opened with unlocks that were asked for again, and the slots of the next ring.
async fn plan<'a, P: Platform>(
    namespace: &Namespace<P>,
    current: &Current<P::Key>,
    rekey: Rekey<'a>,
    kept: &'a [Unlock],
) -> Result<(Keys<P::Key>, Vec<NewSlot<'a>>)> {
    let Protection::Slots(slots) = &current.ring.head.protection else {
        return plan_device(namespace, current, rekey, kept).await;
    };
    check_known(&namespace.name, slots)?;
    let from = if let Rekey::Change { from, .. } = rekey { Some(from) } else { None };
    let given: Vec<_> = from.into_iter().chain(kept).collect();
    let (owners, data_key) = owners::<P>(&namespace.name, &current.ring, slots, &given).await?;
    let slots = next_slots(slots, &owners, rekey, from)?;
    let data_key = P::Key::import(&data_key).await?;
    Ok((keys::of_ring(&namespace.name, current, data_key, UnlockKind::Unknown).await?, slots))
}

async fn plan_device<'a, P: Platform>(
    namespace: &Namespace<P>,
    current: &Current<P::Key>,
    rekey: Rekey<'a>,
    kept: &'a [Unlock],
) -> Result<(Keys<P::Key>, Vec<NewSlot<'a>>)> {
    let from = match rekey {
        Rekey::Rotate => &Credential::Device,
        Rekey::Remove(id) => return Err(no_unlock(id)),
        Rekey::Change { from, .. } => &from.0,
    };
    let other = kept.iter().map(|unlock| &unlock.0).find(|credential| **credential != Credential::Device);
    let old = keys::open(namespace, current, other.unwrap_or(from)).await?;
    let slots = match rekey {
        Rekey::Change { to, label, .. } if to.0 != Credential::Device => {
            vec![NewSlot::new(label.unwrap_or_default(), &to.0)?]
        }
        Rekey::Rotate | Rekey::Remove(_) | Rekey::Change { .. } => Vec::new(),
    };
    Ok((old, slots))
}

/// Which of the given unlocks opens each slot, and the data key. Every given unlock must open one.
async fn owners<'a, P: Platform>(
    namespace: &str,
    ring: &Ring,
    slots: &[Slot],
    given: &[&'a Unlock],
) -> Result<(Vec<Option<&'a Unlock>>, Key)> {
    let ready: Vec<_> = given.iter().map(|unlock| Ready::of::<P>(&unlock.0)).collect::<Result<_>>()?;
    let mut owners = Vec::with_capacity(slots.len());
    let mut data_key = None;
    for slot in slots {
        let mut owner = None;
        for (unlock, ready) in given.iter().zip(&ready) {
            let Some(ready) = ready else { continue };
            if let Some(key) = ready.open::<P>(namespace, &ring.head.data_key_id, slot).await? {
                owner = Some(*unlock);
                data_key = Some(key);
                break;
            }
        }
        owners.push(owner);
    }
    for unlock in given {
        if !owners.contains(&Some(*unlock)) {
            return Err(errors::refused(namespace, slots, unlock.0.kind()));
        }
    }
    let data_key = data_key.ok_or_else(|| Error::invalid("kept", "give the unlocks that the store has"))?;
    Ok((owners, data_key))
}

/// Refuses to change a ring that only a newer version knows completely.
fn check_known(namespace: &str, slots: &[Slot]) -> Result<()> {
    let is_known = |slot: &Slot| matches!(slot, Slot::Known { .. });
    if slots.iter().all(is_known) { Ok(()) } else { Err(errors::newer(namespace)) }
}

async fn reseal_chunk<K: Aead>(old: &Keys<K>, new: &Keys<K>, chunk: &[(StoredName, Bytes)]) -> Result<Vec<Resealed>> {
    let opened = old.open_all(chunk).await.into_iter().collect::<Result<Vec<Entry>, NotOpened>>();
    let opened = opened.map_err(|not_opened| stays(&not_opened.error(None)))?;
    let entries: Vec<_> = opened.iter().map(|entry| (&*entry.name, &entry.value[..])).collect();
    let sealed = new.seal_all(&entries).await?;
    Ok(chunk.iter().zip(sealed).map(|(old, new)| Resealed { old: old.clone(), new }).collect())
}

/// An entry that cannot be opened cannot be sealed again. It is not given up for that.
fn stays(error: &Error) -> Error {
    let message = format!(
        "{error}. The keys were not changed: call removeUnreadable (in Rust remove_unreadable), or clear the store, first"
    );
    Error::new(error.kind(), message)
}

/// The generation of the ring that replaces this one.
fn next_generation(ring: &Ring) -> Result<u64> {
    ring.head.generation.checked_add(1).ok_or_else(errors::counted_out)
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
    if let Rekey::Change { to, .. } = rekey {
        let others = slots.iter().zip(owners).filter(|(_, owner)| **owner != from);
        check_one_passphrase(others.map(|(slot, _)| slot.kind()), &to.0, "to")?;
    }
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
            Err(Error::invalid("to", "the device cannot be one of several unlocks: remove those first"))
        }
        _ => Ok(next),
    }
}

/// Refuses a second passphrase: each would be one more guess for whoever plants a ring.
fn check_one_passphrase(
    mut others: impl Iterator<Item = UnlockKind>,
    new: &Credential,
    argument: &'static str,
) -> Result<()> {
    if new.kind() == UnlockKind::Passphrase && others.any(|kind| kind == UnlockKind::Passphrase) {
        return Err(Error::invalid(argument, "the store has a passphrase already, and can have one: change that one"));
    }
    Ok(())
}

/// The id of a slot that may be removed.
fn removable<'a>(slots: &'a [Slot], id: &str) -> Result<&'a Id> {
    let slot = slots.iter().find(|slot| hex(slot.id()) == id).ok_or_else(|| no_unlock(id))?;
    if slots.len() == 1 {
        return Err(Error::invalid("id", "it is the only unlock: without it nothing would open the store"));
    }
    Ok(slot.id())
}

fn no_unlock(id: &str) -> Error {
    Error::invalid("id", format!("there is no unlock {} to remove: `unlocks` lists them", quoted(id)))
}

fn not_given(slot: &Slot) -> Error {
    let kind = slot.kind().name();
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
