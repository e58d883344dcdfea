//! From what is stored to the keys: they are opened, or made if nothing is stored.

use super::{
    Namespace, Platform,
    area::{Bytes, Found, RecordArea},
    errors,
    format::record::Record,
    keys::{self, Keys, NextUnlocks},
    tries,
    unlocks::NextSlot,
};
use crate::{
    crypto::random_array,
    error::Result,
    unlock::{Credential, UnlockKind},
};

/// Obtains the keys of what is stored, and creates a store if nothing is. Whoever loses that race opens the winner's
/// ring.
pub(super) async fn obtain<P: Platform>(
    namespace: &Namespace<P>,
    with: &Credential,
    must_exist: bool,
) -> Result<Keys<P::Key>> {
    let mut tries = tries();
    loop {
        tries.begin()?;
        let found = match namespace.area.find().await? {
            Found::Nothing if must_exist => return Err(errors::no_store(&namespace.name)),
            Found::Nothing => {
                let device = *with == Credential::Device;
                let slots = match device {
                    true => Vec::new(),
                    false => vec![NextSlot::new::<P>(&namespace.name, random_array()?, "", with).await?],
                };
                let (ring, keys) = keys::make(namespace, 1, NextUnlocks { device, slots, kept: None }).await?;
                match namespace.create(ring).await? {
                    Found::Ring(ring) if ring.id() == Some(keys.ring) => {
                        namespace.note(keys.kinds);
                        return Ok(keys);
                    }
                    found => found,
                }
            }
            found => found,
        };
        let Found::Ring(ring) = found else { return Err(errors::ring_missing(&namespace.name)) };
        let keys = keys::open(namespace, &namespace.read(ring)?, with).await?;
        if is_of_entries(namespace, &keys).await? {
            return Ok(keys);
        }
    }
}

/// The keys of the current ring, without asking anybody for an unlock; `None` if nothing is stored.
pub(super) async fn again<P: Platform>(
    namespace: &Namespace<P>,
    kind: UnlockKind,
    old: Option<&Keys<P::Key>>,
) -> Result<Option<Keys<P::Key>>> {
    let mut tries = tries();
    loop {
        tries.begin()?;
        let stored = match namespace.area.find().await? {
            Found::Ring(stored) => stored,
            Found::Nothing => return Ok(None),
            Found::OnlyRecords => return Err(errors::ring_missing(&namespace.name)),
        };
        let current = namespace.read(stored)?;
        if old.is_some_and(|old| current.ring.head.generation < old.generation) {
            return Err(errors::older(&namespace.name));
        }
        if kind != UnlockKind::Device {
            return Err(errors::changed_elsewhere(&namespace.name, namespace.kinds()));
        }
        let keys = keys::open(namespace, &current, &Credential::Device).await?;
        if is_of_entries(namespace, &keys).await? {
            return Ok(Some(keys));
        }
    }
}

/// Refuses a ring that is older than the entries beside it: their names could not even be found under its name key, so
/// they would seem absent. It is enough to look at a few, since all are sealed again together. Returns false if the
/// ring has changed meanwhile.
async fn is_of_entries<P: Platform>(namespace: &Namespace<P>, keys: &Keys<P::Key>) -> Result<bool> {
    let records = namespace.area.some().await?;
    let is_of_other = |record: &Bytes| Record::parse(record).is_ok_and(|record| record.data_key_id != keys.data_key_id);
    if records.is_empty() || !records.iter().all(is_of_other) {
        return Ok(true);
    }
    match namespace.area.find().await? {
        Found::Ring(ring) if ring.id() == Some(keys.ring) => {}
        _ => return Ok(false),
    }
    Err(errors::key_missing(&namespace.name, "its key ring is older than its entries, whose key is gone"))
}
