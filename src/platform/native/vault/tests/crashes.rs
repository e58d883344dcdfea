//! The power fails after each step of each kind of change: what was acknowledged is there, and nothing is torn.

use std::{cmp::Ordering, collections::BTreeMap};

use super::{
    doubles::{Change, Disk, Items, Syncs},
    *,
};
use crate::{
    crypto::{Key, KeyPair, Plaintext, Point, argon2id::Cost, p256},
    report::OnUnreadable,
    sealed::{Namespace, Platform, SealedStore},
    unlock::Unlock,
    verbs::{Rekey, Verbs},
};

pub(super) type Store = SealedStore<Tested>;

/// A vault on a disk, and a keychain, that can fail.
pub(super) enum Tested {}

impl Platform for Tested {
    type Name = str;
    type Input = [u8];
    type Value = Plaintext;
    type Area = Vault<Disk>;
    type Key = NativeKey;
    type Device = Option<Items>;

    fn bytes(input: &[u8]) -> Plaintext {
        Plaintext::new(input.to_vec())
    }

    fn value(bytes: Plaintext) -> Plaintext {
        bytes
    }

    fn order(one: &str, other: &str) -> Ordering {
        one.cmp(other)
    }

    async fn argon2id(_passphrase: &[u8], _cost: &Cost) -> Result<Key> {
        unreachable!("no test here has a passphrase")
    }

    async fn generate() -> Result<KeyPair> {
        p256::generate()
    }

    async fn agree(own: &KeyPair, with: &Point) -> Result<Option<Key>> {
        Ok(p256::agree(&own.private, with))
    }

    fn nfc(text: &str) -> Vec<u8> {
        text.into()
    }
}

pub(super) fn vault(disk: &Disk) -> Vault<Disk> {
    Vault::over(disk.clone(), Path::new("/srv/data"), "app")
}

fn namespace(disk: &Disk, items: &Items) -> Namespace<Tested> {
    Namespace::new("app", vault(disk), Some(items.clone()))
}

pub(super) fn open(disk: &Disk, items: &Items, unlock: &Unlock) -> Result<Store> {
    block_on(SealedStore::open(namespace(disk, items), unlock, false))
}

/// Entries; `None` where there is no store.
pub(super) type Entries = Option<BTreeMap<String, Vec<u8>>>;

pub(super) fn entries(disk: &Disk, items: &Items, unlock: &Unlock) -> Result<Entries> {
    let namespace = namespace(disk, items);
    let looked = block_on(namespace.look());
    if !looked.is_found && looked.reason.is_none() {
        return Ok(None);
    }
    let store = block_on(SealedStore::open(namespace, unlock, true))?;
    let all = block_on(store.get_all(OnUnreadable::Fail))?;
    Ok(Some(all.into_iter().map(|(name, value)| (name, value.to_vec())).collect()))
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Step {
    Set(&'static str, &'static [u8]),
    Remove(&'static str),
    Clear,
    Rotate,
    Destroy,
}

const LIFE: [Step; 12] = [
    Step::Set("a", b"1"),
    Step::Set("b", b"2"),
    Step::Rotate,
    Step::Set("a", b"3"),
    Step::Remove("b"),
    Step::Rotate,
    Step::Clear,
    Step::Set("c", &[7; 99]),
    Step::Destroy,
    Step::Set("d", b"4"),
    Step::Rotate,
    Step::Destroy,
];

pub(super) fn make(store: &Store, step: Step) -> Result<()> {
    match step {
        Step::Set(name, value) => block_on(store.set_all(&[(name, value)])),
        Step::Remove(name) => block_on(store.remove(name)).map(drop),
        Step::Clear => block_on(store.clear()),
        Step::Rotate => block_on(store.rekey(Rekey::Rotate(None), |_, _| {})).map(drop),
        Step::Destroy => block_on(store.destroy()),
    }
}

/// What there is after a step.
fn after(step: Step, before: &Entries) -> Entries {
    let mut entries = before.clone().unwrap_or_default();
    match step {
        Step::Set(name, value) => drop(entries.insert(name.into(), value.into())),
        Step::Remove(name) => drop(entries.remove(name)),
        Step::Clear => entries.clear(),
        Step::Rotate => {}
        Step::Destroy => return None,
    }
    Some(entries)
}

/// Lives until the power fails. What was acknowledged last, what was under way then, and whether it was the end.
fn live(disk: &Disk, items: &Items, unlock: &Unlock) -> (Entries, Entries, bool) {
    let mut stored = None;
    for steps in LIFE.split_inclusive(|step| matches!(step, Step::Destroy)) {
        let empty = Some(BTreeMap::new());
        let Ok(store) = open(disk, items, unlock) else { return (stored, empty, false) };
        stored = empty;
        for step in steps {
            let next = after(*step, &stored);
            if make(&store, *step).is_err() {
                return (stored, next, false);
            }
            stored = next;
        }
    }
    (stored.clone(), stored, true)
}

/// What is wrong after a power failure in any place, if anything is.
fn wrong(syncs: Syncs, unlock: &Unlock) -> Option<String> {
    let mut random = fastrand::Rng::with_seed(5);
    for steps in 0..1000 {
        let (disk, items) = (Disk::new(syncs), Items::default());
        disk.stop_after(steps);
        let (stored, next, is_over) = live(&disk, &items, unlock);
        for _ in 0..20 {
            let disk = disk.after_power_failure(&mut random);
            let found = entries(&disk, &items, unlock);
            if !matches!(&found, Ok(found) if *found == stored || *found == next) {
                return Some(format!("after {steps} steps: {found:?} and not {stored:?} or {next:?}"));
            }
            let again = open(&disk, &items, unlock).and_then(|store| make(&store, Step::Set("z", b"9")));
            if again.is_err() {
                return Some(format!("after {steps} steps it cannot be written: {again:?}"));
            }
        }
        if is_over {
            assert!(steps > 100, "{steps}: a life takes more calls than that");
            return None;
        }
    }
    panic!("a life never ends")
}

fn unlocks() -> [Unlock; 2] {
    [Unlock::device(), Unlock::app_key([3; 32])]
}

#[test]
fn what_was_acknowledged_outlives_a_power_failure_and_nothing_is_torn() {
    for unlock in unlocks() {
        assert_eq!(wrong(Syncs::All, &unlock), None);
    }
}

#[test]
fn that_test_sees_it_if_any_sync_is_left_out() {
    let all = [
        Syncs::NotOfFiles,
        Syncs::NotAfter(Change::Rename),
        Syncs::NotAfter(Change::Remove),
        Syncs::NotAfter(Change::CreateDir),
    ];
    for (syncs, unlock) in all.into_iter().flat_map(|syncs| unlocks().map(|unlock| (syncs, unlock))) {
        let wrong = wrong(syncs, &unlock);
        println!("{syncs:?}: {}", wrong.expect("it is seen"));
    }
}
