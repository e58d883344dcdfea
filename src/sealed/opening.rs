//! From what is stored to the keys: they are opened, or made if nothing is stored.

use super::{
    Namespace, Platform,
    area::{Bytes, Found, RecordArea},
    errors,
    format::record::Record,
    keys::{self, Keys},
    listed::Kinds,
    tries,
    unlocks::NewSlot,
};
use crate::{
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
                let slots = match with {
                    Credential::Device => Vec::new(),
                    slot @ (Credential::Passphrase(_) | Credential::AppKey(_) | Credential::RecoveryCode(_)) => {
                        vec![NewSlot::new("", slot)?]
                    }
                };
                let (ring, keys) = keys::make(namespace, 1, slots, None).await?;
                match namespace.create(ring).await? {
                    Found::Ring(ring) if ring.id() == Some(keys.ring) => {
                        namespace.note(Kinds::one(keys.kind));
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
        let keys = match old {
            _ if kind == UnlockKind::Device => keys::open(namespace, &current, &Credential::Device).await?,
            Some(old) if old.data_key_id == current.ring.head.data_key_id => old.follow(&current).await?,
            _ => return Err(errors::changed_elsewhere(&namespace.name, namespace.kinds())),
        };
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
