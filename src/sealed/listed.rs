//! What a ring tells without a key: its unlocks. Nothing has authenticated them before the ring is opened.

use super::format::{
    hex,
    ring::{Protection, Slot},
};
use crate::unlock::{Credential, UnlockInfo, UnlockKind};

/// The id of a device store's only unlock.
const DEVICE: &str = "device";

/// The unlocks of a ring.
pub(super) fn unlocks(protection: &Protection) -> Vec<UnlockInfo> {
    let info = |slot: &Slot| UnlockInfo { id: hex(slot.id()), kind: slot.kind(), label: slot.label().to_owned() };
    match protection {
        Protection::Device | Protection::Keychain { .. } => {
            vec![UnlockInfo { id: DEVICE.to_owned(), kind: UnlockKind::Device, label: String::new() }]
        }
        Protection::Slots(slots) => slots.iter().map(info).collect(),
    }
}

const KINDS: usize = 6;

/// Every set of kinds as a list, in the order of [`UnlockKind`], at the number that the set is as bits.
static LISTS: [[UnlockKind; KINDS]; 1 << KINDS] = {
    use UnlockKind::{AppKey, Device, Passkey, Passphrase, RecoveryCode, Unknown};
    let all = [Device, Passphrase, AppKey, Passkey, RecoveryCode, Unknown];
    let mut lists = [all; 1 << KINDS];
    let mut set = 0;
    while set < lists.len() {
        let (mut length, mut at) = (0, 0);
        while at < KINDS {
            if set >> (all[at] as usize) & 1 == 1 {
                lists[set][length] = all[at];
                length += 1;
            }
            at += 1;
        }
        set += 1;
    }
    lists
};

/// Kinds of unlocks, a bit for each.
#[derive(Clone, Copy, Default)]
pub(super) struct Kinds(pub(super) u8);

impl Kinds {
    pub(super) fn one(kind: UnlockKind) -> Self {
        Kinds(1 << kind as u8)
    }

    pub(super) fn of_slots(slots: &[Slot]) -> Self {
        slots.iter().fold(Kinds::default(), |kinds, slot| kinds.with(slot.kind()))
    }

    /// The kinds of a ring's unlocks.
    pub(super) fn of(protection: &Protection) -> Self {
        match protection {
            Protection::Device | Protection::Keychain { .. } => Kinds::one(UnlockKind::Device),
            Protection::Slots(slots) => Kinds::of_slots(slots),
        }
    }

    /// The kinds of a ring that is made for these.
    pub(super) fn of_credentials<'a>(credentials: impl Iterator<Item = &'a Credential>) -> Self {
        let kinds = credentials.fold(Kinds::default(), |kinds, credential| kinds.with(credential.kind()));
        if kinds.0 == 0 { Kinds::one(UnlockKind::Device) } else { kinds }
    }

    pub(super) fn with(self, kind: UnlockKind) -> Self {
        Kinds(self.0 | Kinds::one(kind).0)
    }

    pub(super) fn without(self, kind: UnlockKind) -> Self {
        Kinds(self.0 & !Kinds::one(kind).0)
    }

    /// Each of them.
    pub(super) fn list(self) -> &'static [UnlockKind] {
        &LISTS[usize::from(self.0)][..self.0.count_ones() as usize]
    }
}
