//! New keys and other unlocks.

use futures_util::FutureExt;

use super::*;
use crate::{
    sealed::format::ring::{RingHead, Slot, SlotUnlock, Way},
    sealed::keys::NextUnlocks,
    sealed::unlocks::NextSlot,
};

fn slots(area: &Process) -> Vec<Slot> {
    area.parsed().head.slots
}

fn labels(store: &Store) -> Vec<String> {
    now(store.unlocks()).expect("it can be asked").into_iter().map(|unlock| unlock.label).collect()
}

/// A store with the passphrase `one` and the app keys of 2s and 3s, and the ids of its slots.
fn three_slots() -> (Process, Store, Vec<String>) {
    let (area, store) = new_slots();
    set(&store, "a", "1");
    add(&store, &app_key(2), "second");
    add(&store, &app_key(3), "third");
    let ids = ids(&store);
    (area, store, ids)
}

/// Whether an unlock opens the store and reads its entry.
fn opens(area: &Process, unlock: &Unlock) -> bool {
    match try_open(&area.other(), unlock) {
        Ok(store) => get(&store, "a").as_deref() == Some("1"),
        Err(error) => {
            assert!(matches!(error.kind(), ErrorKind::WrongKey | ErrorKind::Locked), "{error:?}");
            false
        }
    }
}

#[test]
fn rotation_makes_all_keys_new_and_keeps_entries_and_unlocks() {
    for unlock in [device(), pass("one"), app_key(1)] {
        let area = Process::default();
        let store = open(&area, &unlock);
        now(store.put_all(vec![put("a", "1"), put("b", "2")])).expect("it can be written");
        let (old, unlocks, old_records) =
            (area.parsed(), now(store.unlocks()).expect("it can be asked"), area.records());
        rotate(&store);
        let new = area.parsed();
        assert_eq!(new.head.generation, 2);
        assert_ne!(new.head.data_key_id, old.head.data_key_id);
        assert_ne!(new.body, old.body);
        assert_eq!(now(store.unlocks()).expect("it can be asked"), unlocks);
        for (at, record) in area.records() {
            assert!(!old_records.iter().any(|(other, sealed)| *other == at || *sealed == record));
            assert_eq!(record[1..17], new.head.data_key_id);
        }
        assert_eq!(entries(&store), ["a=1", "b=2"]);
        assert_eq!(entries(&open(&area.other(), &unlock)), ["a=1", "b=2"]);
        assert_eq!(store.session.kind(), unlock.kind());
    }
}

#[test]
fn an_old_ring_opens_nothing_that_is_written_after_a_change_of_keys() {
    type Change = fn(&Store);
    let changes: [(Unlock, Change); 4] = [
        (device(), |store| rotate(store)),
        (pass("one"), |store| rotate(store)),
        (pass("one"), |store| change(store, &app_key(2))),
        (device(), |store| change(store, &app_key(2))),
    ];
    for (unlock, change) in changes {
        let area = Process::default();
        let store = open(&area, &unlock);
        set(&store, "a", "1");
        let (ring, old_keys) = (area.ring(), now(store.session.keys()).expect("it is open").expect("there are keys").0);
        change(&store);
        set(&store, "b", "2");
        assert_eq!(area.records().len(), 2);
        for (at, record) in area.records() {
            let mut as_of_old = record.to_vec();
            as_of_old[1..17].copy_from_slice(&old_keys.data_key_id);
            let opened = now(old_keys.open_each(&[(at, record), (at, as_of_old.into())]));
            assert!(opened.iter().all(Result::is_err), "it is under the old data key");
            assert!(at != old_keys.stored_name("a") && at != old_keys.stored_name("b"), "under the old name key");
        }
        area.put_ring(Some(ring));
        assert_eq!(kind(try_open(&area, &unlock)), ErrorKind::KeyMissing);
    }
}

#[test]
fn a_store_without_entries_gets_new_keys_too() {
    let (area, store) = new_slots();
    let old = area.parsed().head.data_key_id;
    rotate(&store);
    assert_ne!(area.parsed().head.data_key_id, old);
    set(&store, "a", "1");
    assert!(opens(&area, &pass("one")));
}

#[test]
fn one_unlock_takes_the_place_of_another() {
    let cases = [
        (device(), app_key(2)),
        (device(), pass("one")),
        (pass("one"), app_key(2)),
        (pass("one"), pass("two")),
        (app_key(1), app_key(2)),
        (pass("one"), device()),
        (app_key(1), device()),
        (device(), device()),
    ];
    for (from, to) in cases {
        let area = Process::default();
        let store = open(&area, &from);
        set(&store, "a", "1");
        change(&store, &to);
        assert_eq!(get(&store, "a").as_deref(), Some("1"), "{from:?} to {to:?}");
        assert_eq!(store.session.kind(), to.kind());
        assert_eq!(area.ring().device_key.is_some(), to == device());
        assert_eq!(area.parsed().head.generation, 2);
        assert!(opens(&area, &to), "{from:?} to {to:?}");
        assert_eq!(opens(&area, &from), from == to, "{from:?} to {to:?}");
    }
}

#[test]
fn of_several_unlocks_only_the_one_is_changed() {
    let (area, store, before) = three_slots();
    try_change_at(&store, 1, &app_key(14)).expect("it can be changed");
    assert!(opens(&area, &pass("one")) && opens(&area, &app_key(3)) && opens(&area, &app_key(14)));
    assert!(!opens(&area, &app_key(2)));
    assert_eq!(ids(&store), before, "ids and their order stay");
    assert_eq!(labels(&store), ["", "second", "third"]);
}

#[test]
fn a_changed_unlock_has_a_new_salt_and_a_new_key_pair_and_others_keep_theirs() {
    let (area, store, _) = three_slots();
    let before = slots(&area);
    try_change_at(&store, 1, &app_key(2)).expect("to the same secret too");
    let after = slots(&area);
    assert!(before[1].head.salt != after[1].head.salt && before[1].pair != after[1].pair);
    for at in [0, 2] {
        assert_eq!((&before[at].head, &before[at].pair), (&after[at].head, &after[at].pair), "byte for byte");
        assert_ne!(before[at].data_key, after[at].data_key);
    }
}

#[test]
fn a_changed_unlock_has_the_new_label_if_there_is_one() {
    let (_, store, _) = three_slots();
    let to = &app_key(14);
    let change = |store: &Store, at: usize| {
        let id = &ids(store)[at];
        now(store.rekey(Rekey::Change { id, to, label: Some("new") }, |_, _| {})).expect("it can be changed")
    };
    change(&store, 1);
    assert_eq!(labels(&store), ["", "new", "third"]);
    let (_, store) = new_device();
    let id = change(&store, 0).expect("it is a new one");
    assert_eq!((labels(&store), ids(&store)), (vec!["new".to_owned()], vec![id]));
}

#[test]
fn an_open_store_is_all_that_a_rotation_needs() {
    for unlock in [pass("one"), app_key(2), app_key(3)] {
        let (area, _, _) = three_slots();
        let store = open(&area, &unlock);
        rotate(&store);
        assert_eq!(area.parsed().head.generation, 4);
        assert!([pass("one"), app_key(2), app_key(3)].iter().all(|unlock| opens(&area, unlock)));
        assert_eq!(store.session.kind(), unlock.kind(), "what opened it stays");
    }
}

#[test]
fn only_what_is_to_be_kept_opens_the_rotated_store() {
    let (area, store, before) = three_slots();
    add(&store, &device(), "");
    let kept = [Keep::Unlock(pass("one")), Keep::Id(before[2].clone())];
    try_keep(&store, &kept).expect("it can be rotated");
    assert!(opens(&area, &pass("one")) && opens(&area, &app_key(3)));
    assert!(!opens(&area, &app_key(2)) && !opens(&area, &device()));
    assert!(area.ring().device_key.is_none(), "nor does its key stay");
    add(&store, &device(), "");
    try_keep(&store, &[Keep::Unlock(device())]).expect("it can be rotated");
    assert!(opens(&area, &device()) && !opens(&area, &pass("one")));
}

#[test]
fn what_is_to_be_kept_must_be_there() {
    let (area, store, _) = three_slots();
    let before = area.bare();
    assert_eq!(argument(try_keep(&store, &[])), "keep");
    assert_eq!(argument(try_keep(&store, &[Keep::from("device")])), "keep");
    assert_eq!(argument(try_keep(&store, &[Keep::from("00")])), "keep");
    assert_eq!(kind(try_keep(&store, &[Keep::from(app_key(2)), Keep::from(app_key(4))])), ErrorKind::WrongKey);
    assert_eq!(kind(try_keep(&store, &[Keep::from(device())])), ErrorKind::Locked);
    assert_eq!(argument(try_keep(&store, &[Keep::from(pass(""))])), "passphrase");
    assert_eq!(area.bare(), before);
}

#[test]
fn the_device_can_be_remembered_beside_a_passphrase_and_forgotten() {
    let (area, store) = new_slots();
    set(&store, "a", "1");
    assert_eq!(store.protection(), "passphrase");
    assert_eq!(add(&store, &device(), ""), "device");
    assert_eq!(store.protection(), "device", "the weakest");
    assert_eq!(store.session.kind(), UnlockKind::Passphrase);
    assert!(opens(&area, &device()) && opens(&area, &pass("one")));
    let silent = open(&area.other(), &device());
    assert_eq!(silent.protection(), "device");
    rotate(&silent);
    assert!(opens(&area, &device()) && opens(&area, &pass("one")));
    let old = area.ring();

    try_remove_unlock(&silent, "device").expect("it can be forgotten");
    assert!(!opens(&area, &device()) && opens(&area, &pass("one")));
    assert_eq!(silent.protection(), "passphrase");
    assert_eq!(get(&silent, "a").as_deref(), Some("1"), "the handle goes on");
    area.put_ring(Some(old));
    assert_eq!(kind(try_open(&area, &device())), ErrorKind::KeyMissing, "its old key opens nothing any more");
}

#[test]
fn a_device_whose_key_is_gone_is_told_what_else_opens_the_store() {
    let (area, store) = new_slots();
    set(&store, "a", "1");
    add(&store, &device(), "");
    area.put_ring(Some(StoredRing { device_key: None, ..area.ring() }));
    let error = error(try_open(&area, &device()));
    assert_eq!(error.kind(), ErrorKind::Locked);
    assert!(error.to_string().contains("opens with the passphrase: the device's key is gone"), "{error}");
    assert!(opens(&area, &pass("one")));
}

#[test]
fn a_device_key_that_the_ring_does_not_name_opens_nothing() {
    let (area, store) = new_slots();
    set(&store, "a", "1");
    let (other, _) = new_device();
    area.put_ring(Some(StoredRing { device_key: other.ring().device_key, ..area.ring() }));
    assert!(!opens(&area, &device()) && opens(&area, &pass("one")));
}

#[test]
fn a_store_has_the_device_once() {
    let (_, store) = new_device();
    assert_eq!(argument(try_add(&store, &device(), "")), "added");
    add(&store, &pass("one"), "");
    assert_eq!(argument(try_change_at(&store, 1, &device())), "to");
    assert_eq!(ids(&store)[0], "device");
}

#[test]
fn an_added_unlock_opens_the_store() {
    let (area, store) = new_slots();
    set(&store, "a", "1");
    let old = area.parsed().head;
    let id = add(&store, &app_key(2), "key");
    let new = area.parsed().head;
    assert_eq!(new.generation, old.generation + 1);
    assert_ne!(new.data_key_id, old.data_key_id, "no open store has the bytes of the data key");
    assert!(opens(&area, &pass("one")) && opens(&area, &app_key(2)));
    let unlocks = now(store.unlocks()).expect("it can be asked");
    let all: Vec<_> = unlocks.iter().map(|unlock| (unlock.kind, &unlock.label[..])).collect();
    assert_eq!(all, [(UnlockKind::Passphrase, ""), (UnlockKind::AppKey, "key")]);
    assert_eq!(unlocks[1].id, id);
    assert!(id.len() == 32 && id.bytes().all(|digit| digit.is_ascii_hexdigit()));
    assert_eq!(get(&store, "a").as_deref(), Some("1"), "the handle goes on");
}

#[test]
fn a_device_store_lists_the_device() {
    let (_, store) = new_device();
    let unlocks = now(store.unlocks()).expect("it can be asked");
    assert_eq!(unlocks, [UnlockInfoOf("device", UnlockKind::Device)]);
}

/// An id and a kind, without a label.
#[derive(Debug)]
struct UnlockInfoOf(&'static str, UnlockKind);

impl PartialEq<UnlockInfoOf> for crate::unlock::UnlockInfo {
    fn eq(&self, other: &UnlockInfoOf) -> bool {
        (&self.id[..], self.kind, &self.label[..]) == (other.0, other.1, "")
    }
}

#[test]
fn a_ninth_unlock_is_too_large() {
    let (area, store) = new_slots();
    for byte in 2..=8 {
        add(&store, &app_key(byte), &byte.to_string());
    }
    assert_eq!(slots(&area).len(), 8);
    let before = area.bare();
    assert_eq!(kind(try_add(&store, &app_key(9), "")), ErrorKind::TooLarge);
    assert_eq!(area.bare(), before);
    add(&store, &device(), "");
    rotate(&store);
    assert_eq!(slots(&area).len(), 8);
}

#[test]
fn labels_have_at_most_64_bytes() {
    let (area, store) = new_slots();
    let (longest, longer) = ("\u{e9}".repeat(32), format!("{}x", "\u{e9}".repeat(32)));
    let before = area.bare();
    assert_eq!(argument(try_add(&store, &app_key(2), &longer)), "label");
    let rekey = Rekey::Change { id: &ids(&store)[0], to: &app_key(2), label: Some(&longer) };
    assert_eq!(argument(now(store.rekey(rekey, |_, _| {}))), "label");
    assert_eq!(area.bare(), before);
    add(&store, &app_key(2), &longest);
    assert_eq!(labels(&store), ["", &longest]);
}

#[test]
fn a_removed_unlock_opens_nothing_any_more() {
    let (area, store, ids) = three_slots();
    let old = area.parsed().head;
    try_remove_unlock(&store, &ids[1]).expect("it can be removed");
    assert!(opens(&area, &pass("one")) && opens(&area, &app_key(3)));
    assert!(!opens(&area, &app_key(2)));
    let new = area.parsed().head;
    assert_eq!(new.generation, old.generation + 1);
    assert_ne!(new.data_key_id, old.data_key_id);
    assert_eq!(labels(&store), ["", "third"]);
}

#[test]
fn the_last_unlock_and_one_that_there_is_not_are_not_removed() {
    let (area, store) = new_slots();
    let id = ids(&store)[0].clone();
    let before = area.bare();
    assert_eq!(argument(try_remove_unlock(&store, &id)), "id");
    for id in ["", "device", &id[..31], &id.to_uppercase().replace(|c: char| c.is_ascii_digit(), "A")] {
        assert_eq!(argument(try_remove_unlock(&store, id)), "id", "{id:?}");
        let to = &app_key(2);
        assert_eq!(argument(now(store.rekey(Rekey::Change { id, to, label: None }, |_, _| {}))), "id", "{id:?}");
    }
    assert_eq!(area.bare(), before);
    let (area, store) = new_device();
    let before = area.bare();
    assert_eq!(argument(try_remove_unlock(&store, "device")), "id");
    assert_eq!(area.bare(), before);
}

/// Puts another ring there whose body is sealed under the store's data key, as only somebody can who has it open.
fn inject(area: &Process, store: &Store, change: impl FnOnce(&mut RingHead, &mut Vec<u8>)) {
    let keys = now(store.session.keys()).expect("it is open").expect("there are keys").0;
    let ring = area.parsed();
    let opened = now(aead::open_one(&keys.data_key, &ring.head.aad("app"), &ring.body)).expect("it can be opened");
    let (mut head, mut body) = (ring.head, opened.expect("it opens").to_vec());
    change(&mut head, &mut body);
    let bytes = now(keys::seal_ring("app", &head, &keys.data_key, &body)).expect("it is legal");
    area.put_ring(Some(StoredRing { bytes, device_key: area.ring().device_key }));
}

#[test]
fn a_slot_of_a_newer_version_is_kept_and_gets_the_new_data_key() {
    let (area, store) = new_slots();
    set(&store, "a", "1");
    add(&store, &app_key(2), "of the future");
    inject(&area, &store, |head, _| {
        head.slots[1].head.unlock = SlotUnlock::Unknown { kind: 200, parameters: vec![1, 2, 3] };
    });
    let before = slots(&area);
    let store = open(&area, &pass("one"));
    assert_eq!(now(store.unlocks()).expect("it can be asked")[1].kind, UnlockKind::Unknown);
    assert_eq!(kind(try_open(&area, &app_key(1))), ErrorKind::NewerFormat, "the other slot may be for it");
    assert_eq!(kind(try_open(&area, &pass("two"))), ErrorKind::WrongKey);
    rotate(&store);
    let after = slots(&area);
    assert_eq!((&before[1].head, &before[1].pair), (&after[1].head, &after[1].pair));
    assert_ne!(before[1].data_key, after[1].data_key);
    try_remove_unlock(&store, &ids(&store)[1]).expect("it can be removed");
}

#[test]
fn a_ring_with_a_way_in_of_a_newer_version_opens_and_is_never_changed() {
    let (area, store) = new_slots();
    set(&store, "a", "1");
    inject(&area, &store, |head, _| head.ways.push(Way::Unknown { kind: 4, parameters: vec![1, 2, 3] }));
    let before = area.bare();
    let store = open(&area, &pass("one"));
    assert_eq!(kind(now(rotate_soon(&store))), ErrorKind::NewerFormat);
    assert_eq!(kind(try_change(&store, &app_key(2))), ErrorKind::NewerFormat);
    assert_eq!(kind(try_add(&store, &app_key(2), "")), ErrorKind::NewerFormat);
    assert_eq!(kind(try_open(&area, &device())), ErrorKind::NewerFormat);
    assert_eq!(area.bare(), before);
    set(&store, "a", "1");
    assert!(opens(&area, &pass("one")));
}

#[test]
fn a_public_key_that_was_put_in_a_slot_s_place_is_noticed_by_its_unlock_and_left_out_by_what_is_given() {
    let (area, store, before) = three_slots();
    let theirs = p256::generate().expect("a key pair");
    inject(&area, &store, |_, body| body[32 + 65..32 + 2 * 65].copy_from_slice(&theirs.public));
    assert_eq!(kind(try_open(&area, &app_key(2))), ErrorKind::Corrupt, "its own unlock sees it");
    let store = open(&area, &pass("one"));
    // What follows is what THREAT_MODEL says: nobody else can see it, and a rotation seals to their key.
    rotate(&store);
    let head = area.parsed().head;
    let info = head.slots[1].head.data_key_info("app", &head.data_key_id);
    let taken =
        now(crate::sealed::hpke::open::<Tested>(&theirs, &info, &head.slots[1].data_key)).expect("it can be opened");
    assert!(taken.is_some());

    try_keep(&store, &[pass("one").into(), app_key(2).into(), before[2].clone().into()]).expect("it can be rotated");
    let head = area.parsed().head;
    let info = head.slots[1].head.data_key_info("app", &head.data_key_id);
    let taken =
        now(crate::sealed::hpke::open::<Tested>(&theirs, &info, &head.slots[1].data_key)).expect("it can be opened");
    assert!(taken.is_none(), "the public key was taken from under the slot's own key");
    assert!([pass("one"), app_key(2), app_key(3)].iter().all(|unlock| opens(&area, unlock)));
}

/// What somebody plants who had the store open once: a ring with its slots, whose data key they know.
fn plant(area: &Process, store: &Store, device: bool) {
    let keys = now(store.session.keys()).expect("it is open").expect("there are keys").0;
    let ring = area.parsed();
    let body = now(keys::open_body("app", &ring, &keys.data_key, keys.kind)).expect("they have the data key");
    let slots = ring.head.slots.iter().cloned().zip(body.public_keys);
    let slots = slots.map(|(slot, public)| NextSlot::kept(slot, public)).collect();
    let namespace = Namespace::<Tested>::new("app", area.other(), BesideRing);
    let next = NextUnlocks { device, slots, kept: None };
    let (ring, _) = now(keys::make(&namespace, keys.generation + 1, next)).expect("it can be made");
    area.storage.tamper(Some(ring.stored), 9, Vec::new());
}

#[test]
fn not_noticed_a_ring_that_was_planted_for_slots_whose_public_keys_were_seen() {
    let (area, store) = new_slots();
    plant(&area, &store, false);
    // THREAT_MODEL says so. It ends with the next change of the secret.
    assert!(try_open(&area, &pass("one")).is_ok());
    let store = open(&area, &pass("one"));
    change(&store, &pass("one"));
    let (fresh, opened) = (area.copy(), open(&area, &pass("one")));
    plant(&fresh, &opened, false);
    assert!(try_open(&fresh, &pass("one")).is_ok());
}

#[test]
fn not_noticed_a_planted_ring_that_the_device_opens_by_who_tries_that_first() {
    let (area, store) = new_slots();
    set(&store, "a", "1");
    plant(&area, &store, true);
    assert!(try_open(&area, &device()).is_ok(), "THREAT_MODEL says so");
    // A handle that was opened with a secret does not follow it.
    assert_eq!(kind(try_get(&store, "a")), ErrorKind::Locked);
}

#[test]
fn what_others_write_meanwhile_is_kept() {
    for unlock in [device(), pass("one")] {
        let area = Process::default();
        let store = open(&area, &unlock);
        now(store.put_all(vec![put("a", "1"), put("b", "2"), put("c", "3")])).expect("it can be written");
        let other = open(&area.other(), &unlock);
        area.before_next_write(move || {
            set(&other, "a", "new");
            set(&other, "d", "4");
            assert!(now(other.remove("b")).expect("it can be removed"));
        });
        let mut told = Vec::new();
        now(store.rekey(Rekey::Rotate(None), |done, all| told.push((done, all)))).expect("its keys can be changed");
        assert_eq!(entries(&open(&area.other(), &unlock)), ["a=new", "c=3", "d=4"]);
        assert_eq!(told, [(3, 3), (3, 3)], "c is sealed once, and a and d after that");
        assert_eq!(area.parsed().head.generation, 2);
    }
}

#[test]
fn who_writes_at_every_chance_does_not_keep_keys_from_being_changed() {
    let (area, store) = new_device();
    set(&store, "a", "1");
    let other = open(&area.other(), &device());
    let acknowledged = Arc::<AtomicUsize>::default();
    let counted = Arc::clone(&acknowledged);
    area.storage.before_writes(move || {
        // While others are made to wait it does not end, and is dropped.
        if FutureExt::now_or_never(other.put_all(vec![put("b", "2")])).is_some() {
            counted.fetch_add(1, Relaxed);
        }
        Ok(())
    });
    rotate(&store);
    assert_eq!(acknowledged.load(Relaxed), 1, "the first try waits for nobody");
    assert_eq!(area.parsed().head.generation, 2);
    assert_eq!(entries(&store), ["a=1", "b=2"]);
}

#[test]
fn keys_that_others_change_meanwhile_are_changed_once_more() {
    let (area, store) = new_device();
    set(&store, "a", "1");
    let other = open(&area.other(), &device());
    area.before_next_write(move || rotate(&other));
    rotate(&store);
    assert_eq!(area.parsed().head.generation, 3);
    assert!(opens(&area, &device()));
}

#[test]
fn a_handle_with_a_secret_is_locked_when_others_change_the_keys_meanwhile() {
    let (area, store) = new_slots();
    set(&store, "a", "1");
    let other = open(&area.other(), &pass("one"));
    area.before_next_write(move || change(&other, &pass("two")));
    assert_eq!(kind(now(rotate_soon(&store))), ErrorKind::Locked);
    assert!(opens(&area, &pass("two")) && !opens(&area, &pass("one")));
    assert_eq!(area.parsed().head.generation, 2);
}

#[test]
fn a_store_has_one_passphrase() {
    let (_, store, _) = three_slots();
    assert_eq!(argument(try_add(&store, &pass("two"), "")), "added");
    assert_eq!(argument(try_change_at(&store, 1, &pass("two"))), "to");
    change(&store, &pass("two"));
    now(store.unlock(&pass("two"))).expect("one takes the place of the other");
}

#[test]
fn an_unlock_that_others_add_meanwhile_is_not_lost() {
    let (area, store) = new_device();
    set(&store, "a", "1");
    let other = open(&area.other(), &device());
    area.before_next_write(move || drop(add(&other, &app_key(2), "")));
    drop(add(&store, &app_key(3), ""));
    assert!([device(), app_key(2), app_key(3)].iter().all(|unlock| opens(&area, unlock)));
}

#[test]
fn progress_is_told_after_every_64_entries() {
    let (_, store) = new_device();
    now(store.put_all((0..150).map(|at| put(&at.to_string(), "value")).collect())).expect("it can be written");
    let mut told = Vec::new();
    now(store.rekey(Rekey::Rotate(None), |done, all| told.push((done, all)))).expect("its keys can be changed");
    assert_eq!(told, [(64, 150), (128, 150), (150, 150)]);
    assert_eq!(try_entries(&store).expect("they open").len(), 150);
}

#[test]
fn who_is_told_of_progress_may_write_and_wait_for_that() {
    for unlock in [device(), pass("one")] {
        let area = Process::default();
        let store = open(&area, &unlock);
        now(store.put_all((0..150).map(|at| put(&at.to_string(), "value")).collect())).expect("it can be written");
        let mut told = Vec::new();
        let rekeyed = now(store.rekey(Rekey::Rotate(None), |done, all| {
            // Whoever writes while others are made to wait would wait for what waits for this.
            let written = store.put_all(vec![put("0", &told.len().to_string())]).now_or_never();
            told.push((done, all, written.is_some_and(|written| written.is_ok())));
        }));
        rekeyed.expect("its keys can be changed");
        assert_eq!(told, [(64, 150, true), (128, 150, true), (150, 150, true), (150, 150, true)]);
        assert_eq!(get(&store, "0").as_deref(), Some("3"));
        assert_eq!(area.parsed().head.generation, 2);
    }
}

#[test]
fn an_entry_that_cannot_be_read_is_not_given_up() {
    for (place, changed, code) in
        [(40, 0x01, ErrorKind::Corrupt), (3, 0x01, ErrorKind::KeyMissing), (0, 0x02, ErrorKind::NewerFormat)]
    {
        let (area, store) = new_slots();
        now(store.put_all(vec![put("a", "1"), put("b", "2")])).expect("it can be written");
        let mut records = area.records();
        let mut damaged = records[1].1.to_vec();
        damaged[place] ^= changed;
        records[1].1 = damaged.into();
        area.put_records(records);
        let before = area.bare();
        let error = error(now(rotate_soon(&store)));
        assert_eq!(error.kind(), code);
        assert!(error.to_string().contains("keys were not changed"), "{error}");
        assert_eq!(kind(try_change(&store, &app_key(2))), code);
        assert_eq!(area.bare(), before);
        now(store.clear()).expect("the way out");
        rotate(&store);
    }
}
