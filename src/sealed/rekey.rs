//! Changes of a store's keys and unlocks. With new keys every entry is sealed again: an old ring must not open what is
//! written later.

use std::sync::Arc;

use super::{
    Namespace, Platform,
    aead::Aead,
    area::{Age, Bytes, RecordArea, Replacement, StoredRing},
    device::DeviceKeys,
    entry::{Entry, NotOpened},
    errors,
    format::{
        StoredName, hex,
        ring::{MAX_LABEL_BYTES, MAX_SLOTS, Ring, RingHead, Way},
    },
    keys::{self, Keys, NextUnlocks},
    listed::{self, DEVICE},
    namespace::{Current, NewRing, Replaced},
    peers::Peers,
    session::{Locks, Session},
    tries,
    unlocks::{self, NextSlot},
};
use crate::{
    crypto::random_array,
    error::{Error, ErrorKind, Result},
    sort,
    unlock::{Credential, Keep, Unlock, UnlockInfo, UnlockKind},
    verbs::Rekey,
};

/// How many entries are sealed again between two calls of `progress`.
const CHUNK: usize = 64;

/// The old and new keys with their rings, and how often the store was locked before.
struct Swap<K> {
    current: Current<K>,
    old: Arc<Keys<K>>,
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
        Ok(listed::unlocks(&self.current().await?.ring.head))
    }

    /// Makes a new data key and name key, and seals every entry again. Needs nobody's secret: the data key is sealed to the
    /// public keys of the slots that stay. Returns the id of the unlock that is new, if one is.
    pub(super) async fn rekey(
        &self,
        rekey: Rekey<'_>,
        mut progress: impl FnMut(usize, usize),
    ) -> Result<Option<String>> {
        check(rekey)?;
        let locks = self.unlocked()?;
        let mut tries = tries();
        loop {
            tries.begin()?;
            let (old, _) = self.keys().await?.ok_or_else(|| errors::removed(&self.namespace.name))?;
            let current = self.current().await?;
            if current.id != old.ring {
                self.again(Some(&old), locks).await?;
                continue;
            }
            let generation = next_generation(&current.ring)?;
            let (next, id) = plan(&self.namespace, &current.ring, &old, rekey).await?;
            let is_only_way = next.slots.is_empty();
            let (NewRing { stored: with, item }, mut new) = keys::make(&self.namespace, generation, next).await?;
            if new.kinds.has(old.kind) {
                new.kind = old.kind;
            }
            // The old way in stays until then, and no transaction waits for it.
            if let Some(item) = &item {
                self.namespace.device.settle(item, is_only_way).await?;
            }
            let swap = Swap { current, old, new, with, locks };
            let replaced = self.reseal(&swap, &mut progress).await;
            if let (Some((item, _)), Err(_) | Ok(None)) = (item, &replaced) {
                self.namespace.device.withdraw(&self.namespace.area, item).await;
            }
            let Some((Replaced { removed }, untold)) = replaced? else { continue };
            self.namespace.note(swap.new.kinds);
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
            return removed.map(|()| id);
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

/// The unlocks of the next ring, and the id of the one that is new.
async fn plan<'a, P: Platform>(
    namespace: &Namespace<P>,
    ring: &'a Ring,
    old: &Keys<P::Key>,
    rekey: Rekey<'_>,
) -> Result<(NextUnlocks<'a>, Option<String>)> {
    let (name, head) = (&namespace.name, &ring.head);
    if head.ways.iter().any(|way| matches!(way, Way::Unknown { .. })) {
        // The data key cannot be wrapped for it.
        return Err(errors::newer(name));
    }
    let body = keys::open_body(name, ring, &old.data_key, old.kind).await?;
    let slots = head.slots.iter().cloned().zip(body.public_keys);
    let kept = (!head.ways.is_empty()).then_some(head);
    let slots = slots.map(|(slot, public)| NextSlot::kept(slot, public)).collect();
    let mut next = NextUnlocks { device: kept.is_some(), slots, kept };
    let new = match rekey {
        Rekey::Rotate(keep) => {
            if let Some(keep) = keep {
                keep_only::<P>(name, head, &mut next, keep).await?;
            }
            None
        }
        Rekey::Add { added, label } => Some(add::<P>(name, &mut next, added, label).await?),
        Rekey::Remove(id) => {
            remove(&mut next, id)?;
            None
        }
        Rekey::Change { id, to, label } => Some(change::<P>(name, &mut next, id, to, label).await?),
    };
    Ok((next, new))
}

/// Leaves out what is not to be kept. A slot whose unlock is given is kept with the public key that lies under its own
/// secret: whoever had the store open once may have changed the other copy.
async fn keep_only<P: Platform>(
    namespace: &str,
    head: &RingHead,
    next: &mut NextUnlocks<'_>,
    keep: &[Keep],
) -> Result<()> {
    let mut kept = vec![false; next.slots.len()];
    let mut device = false;
    for keep in keep {
        let unlock = match keep {
            Keep::Id(id) if next.device && id == DEVICE => &Credential::Device,
            Keep::Id(id) => {
                kept[place(next, "keep", id)?] = true;
                continue;
            }
            Keep::Unlock(unlock) => &unlock.0,
        };
        match unlocks::find::<P>(namespace, &head.slots, unlock).await? {
            Some((at, pair)) => {
                kept[at] = true;
                next.slots[at].with_public(pair.public);
            }
            None if *unlock == Credential::Device && next.device => device = true,
            None => return Err(errors::refused(namespace, head, unlock.kind())),
        }
    }
    next.device = device;
    let mut kept = kept.into_iter();
    next.slots.retain(|_| kept.next() == Some(true));
    check_not_empty(next, "keep")
}

async fn add<P: Platform>(namespace: &str, next: &mut NextUnlocks<'_>, added: &Unlock, label: &str) -> Result<String> {
    if added.0 == Credential::Device {
        check_no_device(next, "added")?;
        next.device = true;
        return Ok(DEVICE.to_owned());
    }
    check_one_passphrase(next, added, "added")?;
    if next.slots.len() == MAX_SLOTS {
        return Err(Error::new(ErrorKind::TooLarge, "the store has 8 unlocks already: remove one"));
    }
    let id = random_array()?;
    next.slots.push(NextSlot::new::<P>(namespace, id, label, &added.0).await?);
    Ok(hex(&id))
}

fn remove(next: &mut NextUnlocks<'_>, id: &str) -> Result<()> {
    if next.device && id == DEVICE {
        next.device = false;
    } else {
        next.slots.remove(place(next, "id", id)?);
    }
    check_not_empty(next, "id")
}

/// Replaces one unlock with another, which has the same place where both are slots.
async fn change<P: Platform>(
    namespace: &str,
    next: &mut NextUnlocks<'_>,
    id: &str,
    to: &Unlock,
    label: Option<&str>,
) -> Result<String> {
    if next.device && id == DEVICE {
        (next.device, next.kept) = (false, None);
        return add::<P>(namespace, next, to, label.unwrap_or_default()).await;
    }
    let at = place(next, "id", id)?;
    let from = next.slots.remove(at);
    if to.0 == Credential::Device {
        check_no_device(next, "to")?;
        next.device = true;
        return Ok(DEVICE.to_owned());
    }
    check_one_passphrase(next, to, "to")?;
    let head = from.head();
    let slot = NextSlot::new::<P>(namespace, head.id, label.unwrap_or(&head.label), &to.0).await?;
    next.slots.insert(at, slot);
    Ok(id.to_owned())
}

fn check_no_device(next: &NextUnlocks<'_>, argument: &'static str) -> Result<()> {
    if next.device { Err(Error::invalid(argument, "this device opens the store already")) } else { Ok(()) }
}

fn place(next: &NextUnlocks<'_>, argument: &'static str, id: &str) -> Result<usize> {
    next.slots.iter().position(|slot| hex(&slot.head().id) == id).ok_or_else(|| {
        // Not quoted: a passphrase may be given by mistake.
        Error::invalid(argument, "no unlock of the store has this id: `unlocks` lists their ids")
    })
}

fn check_not_empty(next: &NextUnlocks<'_>, argument: &'static str) -> Result<()> {
    if next.device || !next.slots.is_empty() {
        return Ok(());
    }
    Err(Error::invalid(argument, "no unlock is left: nothing would open the store"))
}

/// Refuses a second passphrase: each would be one more guess for whoever plants a ring.
fn check_one_passphrase(next: &NextUnlocks<'_>, new: &Unlock, argument: &'static str) -> Result<()> {
    let is_passphrase = |slot: &NextSlot| slot.head().kind() == UnlockKind::Passphrase;
    if new.kind() == UnlockKind::Passphrase && next.slots.iter().any(is_passphrase) {
        return Err(Error::invalid(argument, "the store has a passphrase already, and can have one: change that one"));
    }
    Ok(())
}

/// Refuses what can be known to be wrong before anything is read.
fn check(rekey: Rekey<'_>) -> Result<()> {
    let (unlock, label) = match rekey {
        Rekey::Rotate(keep) => {
            let given = |keep: &Keep| if let Keep::Unlock(unlock) = keep { unlock.check() } else { Ok(()) };
            return keep.unwrap_or_default().iter().try_for_each(given);
        }
        Rekey::Remove(_) => return Ok(()),
        Rekey::Add { added, label } => (added, label),
        Rekey::Change { to, label, .. } => (to, label.unwrap_or_default()),
    };
    unlock.check()?;
    if label.len() > MAX_LABEL_BYTES {
        return Err(Error::invalid("label", "the label is longer than 64 bytes of UTF-8"));
    }
    Ok(())
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
