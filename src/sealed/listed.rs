//! What a ring tells without a key: its unlocks. Nothing has authenticated them before the ring is opened.

use super::format::{
    hex,
    ring::{RingHead, Slot},
};
use crate::unlock::{UnlockInfo, UnlockKind};

/// The id of the device among a store's unlocks.
pub(super) const DEVICE: &str = "device";

/// The unlocks of a ring.
pub(super) fn unlocks(head: &RingHead) -> Vec<UnlockInfo> {
    let device = UnlockInfo { id: DEVICE.to_owned(), kind: UnlockKind::Device, label: String::new() };
    let of_slot =
        |slot: &Slot| UnlockInfo { id: hex(&slot.head.id), kind: slot.kind(), label: slot.head.label.clone() };
    head.ways.first().map(|_| device).into_iter().chain(head.slots.iter().map(of_slot)).collect()
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
#[derive(Clone, Copy, Default, PartialEq)]
pub(super) struct Kinds(pub(super) u8);

impl Kinds {
    fn one(kind: UnlockKind) -> Self {
        Kinds(1 << kind as u8)
    }

    /// The kinds of a ring's unlocks.
    pub(super) fn of(head: &RingHead) -> Self {
        head.unlocks().fold(Kinds::default(), |kinds, kind| Kinds(kinds.0 | Kinds::one(kind).0))
    }

    pub(super) fn has(self, kind: UnlockKind) -> bool {
        self.0 & Kinds::one(kind).0 != 0
    }

    pub(super) fn without(self, kind: UnlockKind) -> Self {
        Kinds(self.0 & !Kinds::one(kind).0)
    }

    /// Each of them.
    pub(super) fn list(self) -> &'static [UnlockKind] {
        &LISTS[usize::from(self.0)][..self.0.count_ones() as usize]
    }
}
