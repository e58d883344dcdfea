//! What is said about a store that does not open: one function for each finding.

use super::{
    area::RingId,
    format::{
        NotRead,
        ring::{self, Ring, RingHead, Way},
    },
    kdf::sha256,
    listed::Kinds,
};
use crate::{
    error::{Error, ErrorKind, Result, quoted},
    unlock::UnlockKind,
};

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

/// Why an unlock of this kind does not open a ring.
pub(super) fn refused(namespace: &str, head: &RingHead, given: UnlockKind) -> Error {
    let is_unknown = |way: &Way| matches!(way, Way::Unknown { .. });
    let is_newer = match given {
        UnlockKind::Device => head.ways.iter().any(is_unknown),
        _ => head.slots.iter().any(|slot| slot.kind() == UnlockKind::Unknown),
    };
    if head.slots.iter().any(|slot| slot.kind() == given) {
        let message = format!("the {} given does not open {}", given.name(), quoted(namespace));
        Error::new(ErrorKind::WrongKey, message)
    } else if is_newer {
        newer(namespace)
    } else {
        let named = head.keychain().filter(|_| head.slots.is_empty()).map(|_| "system's keychain");
        locked(namespace, named, Kinds::of(head).without(given), &format!(", not with the {}", given.name()))
    }
}

/// What this device opened the store with is gone. What else opens it is told, if anything does.
pub(super) fn device_key_gone(namespace: &str, head: &RingHead, what: &str) -> Error {
    if head.slots.is_empty() {
        return key_missing(namespace, what);
    }
    locked(namespace, None, Kinds::of(head).without(UnlockKind::Device), &format!(": {what}"))
}

fn locked(namespace: &str, named: Option<&str>, kinds: Kinds, but: &str) -> Error {
    let needs = kinds.list();
    let names: Vec<_> = needs.iter().map(|kind| kind.name()).collect();
    let names = names.join(" or ");
    let names = named.unwrap_or(&names);
    Error::locked(format!("{} opens with the {names}{but}", quoted(namespace)), needs)
}

pub(super) fn call_unlock(namespace: &str, kinds: Kinds) -> Error {
    Error::locked(format!("{} is locked: call unlock", quoted(namespace)), kinds.list())
}

pub(super) fn changed_elsewhere(namespace: &str, kinds: Kinds) -> Error {
    Error::locked(format!("the keys of {} were changed elsewhere: call unlock", quoted(namespace)), kinds.list())
}

pub(super) fn others_key(namespace: &str) -> Error {
    let message = format!("the device's key does not open {}: it is another store's", quoted(namespace));
    Error::new(ErrorKind::WrongKey, message)
}

pub(super) fn newer(namespace: &str) -> Error {
    let message = format!("a newer version of keyfold has written {}: use that version", quoted(namespace));
    Error::new(ErrorKind::NewerFormat, message)
}

pub(super) fn no_store(namespace: &str) -> Error {
    let message = format!("there is no store {}: leave mustExist out to create one", quoted(namespace));
    Error::new(ErrorKind::KeyMissing, message)
}

pub(super) fn key_missing(namespace: &str, what: &str) -> Error {
    let namespace = quoted(namespace);
    let message = format!("{namespace} cannot be opened: {what}. Put it back from a copy, or destroy the store");
    Error::new(ErrorKind::KeyMissing, message)
}

/// A store that existed and does not any more.
pub(super) fn removed(namespace: &str) -> Error {
    let message =
        format!("{}: the store was removed while it was open. Open it again, which makes a new one", quoted(namespace));
    Error::new(ErrorKind::KeyMissing, message)
}

pub(super) fn ring_missing(namespace: &str) -> Error {
    key_missing(namespace, "there are entries, but the key ring is gone")
}

pub(super) fn damaged(namespace: &str, what: &str) -> Error {
    let namespace = quoted(namespace);
    let message =
        format!("the key ring of {namespace} is damaged: {what}. Put it back from a copy; nothing was changed");
    Error::new(ErrorKind::Corrupt, message)
}

/// What was authenticated is not what is stored.
pub(super) fn changed_by_somebody(namespace: &str) -> Error {
    damaged(namespace, "somebody has changed it")
}

pub(super) fn older(namespace: &str) -> Error {
    let message = format!(
        "the key ring of {} is older than the one that was opened: an old copy was put back, or the store was \
         destroyed and created again. Open it again to use it as it is",
        quoted(namespace)
    );
    Error::new(ErrorKind::Corrupt, message)
}

/// A keychain has lost a key within seconds, before it was needed.
pub(super) fn not_kept() -> Error {
    let message = "the system's keychain has not kept the key that it was given. Nothing was changed: find out what \
                   empties it, or leave the store with the unlock that it has";
    Error::new(ErrorKind::Unavailable, message)
}

/// A revision or a generation is at its bound: the next one would not be read.
pub(super) fn counted_out() -> Error {
    let message = "the store was changed as often as can be counted, and was left as it is: import its entries into a \
                   store of another name, and destroy this one";
    Error::new(ErrorKind::Unavailable, message)
}

/// The caller's checks of labels and counts keep this from happening.
pub(super) fn unwritable() -> Error {
    Error::new(ErrorKind::Platform, "the key ring cannot be written: this is a defect of keyfold")
}

pub(super) fn contended() -> Error {
    Error::new(ErrorKind::Unavailable, "others keep changing this store: try again later")
}
