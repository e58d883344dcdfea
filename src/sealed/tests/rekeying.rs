//! New keys and other unlocks.

use futures_util::FutureExt;

use super::*;
use crate::sealed::format::{
    Id,
    ring::{RingHead, Slot},
};

fn slots(area: &Process) -> Vec<Slot> {
    match area.parsed().head.protection {
        Protection::Slots(slots) => slots,
        other => panic!("it has no slots: {other:?}"),
    }
}

fn labels(store: &Store) -> Vec<String> {
    now(store.unlocks()).expect("it can be asked").into_iter().map(|unlock| unlock.label).collect()
}

/// A store with the passphrases `one` and `two` and an app key of 3s, and the ids of its slots.
fn three_slots() -> (Process, Store, Vec<String>) {
    let (area, store) = new_slots();
    set(&store, "a", "1");
    add(&store, &pass("one"), &app_key(2), "second");
    add(&store, &app_key(2), &app_key(3), "third");
    let ids = now(store.unlocks()).expect("it can be asked").into_iter().map(|unlock| unlock.id).collect();
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
        rotate(&store, std::slice::from_ref(&unlock));
        let new = area.parsed();
        assert_eq!(new.head.generation, 2);
        assert_ne!(new.head.data_key_id, old.head.data_key_id);
        assert_ne!(new.name_key, old.name_key);
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
        (device(), |store| rotate(store, &[])),
        (pass("one"), |store| rotate(store, &[pass("one")])),
        (pass("one"), |store| change(store, &pass("one"), &app_key(2), &[])),
        (device(), |store| change(store, &device(), &app_key(2), &[])),
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
    rotate(&store, &[pass("one")]);
    assert_ne!(area.parsed().head.data_key_id, old);
    set(&store, "a", "1");
    assert!(opens(&area, &pass("one")));
}

#[test]
fn one_unlock_takes_the_place_of_another() {
    let cases = [
        (device(), app_key(2)),
        (device(), app_key(2)),
        (pass("one"), app_key(2)),
        (pass("one"), app_key(2)),
        (app_key(1), app_key(2)),
        (pass("one"), device()),
        (app_key(1), device()),
        (device(), device()),
    ];
    for (from, to) in cases {
        let area = Process::default();
        let store = open(&area, &from);
        set(&store, "a", "1");
        change(&store, &from, &to, &[]);
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
    let (area, store, ids) = three_slots();
    change(&store, &app_key(2), &app_key(14), &[app_key(3), pass("one")]);
    assert!(opens(&area, &pass("one")) && opens(&area, &app_key(3)) && opens(&area, &app_key(14)));
    assert!(!opens(&area, &app_key(2)));
    let after: Vec<_> = now(store.unlocks()).expect("it can be asked").into_iter().map(|unlock| unlock.id).collect();
    assert_eq!(after, ids, "ids and their order stay");
    assert_eq!(labels(&store), ["", "second", "third"]);
}

#[test]
fn a_changed_unlock_has_the_new_label_if_there_is_one() {
    let (_, store, _) = three_slots();
    let (from, to) = (&app_key(2), &app_key(14));
    let kept = [pass("one"), app_key(3)];
    now(store.rekey(Rekey::Change { from, to, label: Some("new") }, &kept, |_, _| {})).expect("it can be changed");
    assert_eq!(labels(&store), ["", "new", "third"]);
    let (_, store) = new_device();
    now(store.rekey(Rekey::Change { from: &device(), to, label: Some("mine") }, &[], |_, _| {})).expect("it can");
    assert_eq!(labels(&store), ["mine"]);
}

#[test]
fn the_unlock_that_stays_and_is_not_given_is_named_and_nothing_changes() {
    let (area, store, ids) = three_slots();
    let before = area.bare();
    let refused: [Result<()>; 4] = [
        try_change(&store, &pass("one"), &app_key(14), &[app_key(2)]),
        now(rotate_soon(&store, &[app_key(2), pass("one")])),
        try_remove_unlock(&store, &ids[0], &[app_key(2)]),
        now(rotate_soon(&store, &[pass("one"), app_key(2), app_key(2)])),
    ];
    for refused in refused {
        let error = error(refused);
        assert_eq!((error.kind(), error.argument()), (ErrorKind::InvalidArgument, Some("kept")));
        assert!(error.to_string().contains("app key \"third\""), "{error}");
    }
    assert_eq!(argument(now(rotate_soon(&store, &[]))), "kept");
    assert_eq!(area.bare(), before);
}

#[test]
fn an_unlock_that_opens_nothing_is_refused_and_nothing_changes() {
    let (area, store, ids) = three_slots();
    let before = area.bare();
    let kept = [app_key(2), app_key(3)];
    assert_eq!(kind(try_change(&store, &pass("wrong"), &app_key(14), &kept)), ErrorKind::WrongKey);
    let wrong = [app_key(2), app_key(4)];
    assert_eq!(kind(try_change(&store, &pass("one"), &app_key(14), &wrong)), ErrorKind::WrongKey);
    assert_eq!(kind(try_remove_unlock(&store, &ids[0], &wrong)), ErrorKind::WrongKey);
    assert_eq!(kind(now(rotate_soon(&store, &[pass("wrong")]))), ErrorKind::WrongKey);
    assert_eq!(kind(try_change(&store, &device(), &app_key(14), &kept)), ErrorKind::Locked);
    assert_eq!(kind(try_add(&store, &pass("wrong"), &app_key(14), "")), ErrorKind::WrongKey);
    assert_eq!(kind(try_add(&store, &device(), &app_key(14), "")), ErrorKind::Locked);
    assert_eq!(area.bare(), before);
    let (area, store) = new_device();
    let before = area.bare();
    assert_eq!(kind(try_change(&store, &pass("one"), &app_key(2), &[])), ErrorKind::Locked);
    assert_eq!(kind(now(rotate_soon(&store, &[pass("one")]))), ErrorKind::Locked);
    assert_eq!(area.bare(), before);
}

#[test]
fn the_device_is_no_unlock_beside_others() {
    let (area, store, _) = three_slots();
    let before = area.bare();
    let kept = [app_key(2), app_key(3)];
    assert_eq!(argument(try_change(&store, &pass("one"), &device(), &kept)), "to");
    assert!(try_add(&store, &pass("one"), &device(), "").is_err_and(|error| error.argument().is_some()));
    assert_eq!(area.bare(), before);
    let (area, store) = new_device();
    let before = area.bare();
    assert_eq!(argument(try_add(&store, &device(), &pass("one"), "")), "added");
    assert_eq!(area.bare(), before);
}

#[test]
fn an_added_unlock_opens_the_same_keys() {
    let (area, store) = new_slots();
    set(&store, "a", "1");
    let (old, records) = (area.parsed().head, area.records());
    let id = add(&store, &pass("one"), &app_key(2), "key");
    let new = area.parsed().head;
    assert_eq!((new.generation, new.data_key_id), (old.generation + 1, old.data_key_id));
    assert_eq!(area.records(), records);
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
        add(&store, &pass("one"), &app_key(byte), &byte.to_string());
    }
    assert_eq!(slots(&area).len(), 8);
    let before = area.bare();
    assert_eq!(kind(try_add(&store, &pass("one"), &app_key(9), "")), ErrorKind::TooLarge);
    assert_eq!(area.bare(), before);
    let kept: Vec<_> = (2..=8).map(app_key).chain([pass("one")]).collect();
    rotate(&store, &kept);
    assert_eq!(slots(&area).len(), 8);
}

#[test]
fn labels_have_at_most_64_bytes() {
    let (area, store) = new_slots();
    let (longest, longer) = ("\u{e9}".repeat(32), format!("{}x", "\u{e9}".repeat(32)));
    let before = area.bare();
    assert_eq!(argument(try_add(&store, &pass("one"), &app_key(2), &longer)), "label");
    let (from, to) = (&pass("one"), &app_key(2));
    let rekey = Rekey::Change { from, to, label: Some(&longer) };
    assert_eq!(argument(now(store.rekey(rekey, &[], |_, _| {}))), "label");
    assert_eq!(area.bare(), before);
    add(&store, &pass("one"), &app_key(2), &longest);
    assert_eq!(labels(&store), ["", &longest]);
}

#[test]
fn a_removed_unlock_opens_nothing_any_more() {
    let (area, store, ids) = three_slots();
    let old = area.parsed().head;
    try_remove_unlock(&store, &ids[1], &[pass("one"), app_key(3)]).expect("it can be removed");
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
    let id = now(store.unlocks()).expect("it can be asked")[0].id.clone();
    let before = area.bare();
    assert_eq!(argument(try_remove_unlock(&store, &id, &[pass("one")])), "id");
    for id in ["", "device", &id[..31], &id.to_uppercase().replace(|c: char| c.is_ascii_digit(), "A")] {
        assert_eq!(argument(try_remove_unlock(&store, id, &[pass("one")])), "id", "{id:?}");
    }
    assert_eq!(area.bare(), before);
    let (area, store) = new_device();
    let before = area.bare();
    assert_eq!(argument(try_remove_unlock(&store, "device", &[])), "id");
    assert_eq!(area.bare(), before);
}

#[test]
fn a_ring_with_a_slot_of_a_newer_version_opens_and_is_never_changed() {
    let (area, store) = new_slots();
    set(&store, "a", "1");
    let keys = now(store.session.keys()).expect("it is open").expect("there are keys").0;
    let ring = area.parsed();
    let name_key = now(keys::open_name_key("app", &ring, &keys.data_key)).expect("it opens");
    let mut all = slots(&area);
    let id: Id = [9; 16];
    all.push(Slot::Unknown { kind: 200, id, label: "of the future".to_owned(), rest: vec![1, 2, 3] });
    let head = RingHead { protection: Protection::Slots(all), ..ring.head };
    let bytes = now(keys::seal_ring("app", head, &keys.data_key, &name_key)).expect("it is legal");
    area.put_ring(Some(StoredRing { bytes, device_key: None }));
    let before = area.bare();

    assert_eq!(labels(&store), ["", "of the future"]);
    assert_eq!(now(store.unlocks()).expect("it can be asked")[1].kind, UnlockKind::Unknown);
    let given = [pass("one")];
    assert_eq!(kind(now(rotate_soon(&store, &given))), ErrorKind::NewerFormat);
    assert_eq!(kind(try_change(&store, &pass("one"), &app_key(2), &[])), ErrorKind::NewerFormat);
    assert_eq!(kind(try_remove_unlock(&store, &"09".repeat(16), &given)), ErrorKind::NewerFormat);
    assert_eq!(kind(try_add(&store, &pass("one"), &app_key(2), "")), ErrorKind::NewerFormat);
    assert_eq!(kind(try_open(&area, &app_key(1))), ErrorKind::NewerFormat, "the other slot may be for it");
    assert_eq!(kind(try_open(&area, &pass("two"))), ErrorKind::WrongKey);
    assert_eq!(area.bare(), before);
    set(&open(&area.other(), &pass("one")), "a", "1");
    assert!(opens(&area, &pass("one")));
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
        let kept = [unlock.clone()];
        now(store.rekey(Rekey::Rotate, &kept, |done, all| told.push((done, all)))).expect("its keys can be changed");
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
    rotate(&store, &[]);
    assert_eq!(acknowledged.load(Relaxed), 1, "the first try waits for nobody");
    assert_eq!(area.parsed().head.generation, 2);
    assert_eq!(entries(&store), ["a=1", "b=2"]);
}

#[test]
fn keys_that_others_change_meanwhile_are_changed_once_more() {
    let (area, store) = new_slots();
    set(&store, "a", "1");
    let other = open(&area.other(), &pass("one"));
    area.before_next_write(move || rotate(&other, &[pass("one")]));
    rotate(&store, &[pass("one")]);
    assert_eq!(area.parsed().head.generation, 3);
    assert!(opens(&area, &pass("one")));
    let other = open(&area.other(), &pass("one"));
    area.before_next_write(move || change(&other, &pass("one"), &pass("two"), &[]));
    assert_eq!(kind(now(rotate_soon(&store, &[pass("one")]))), ErrorKind::WrongKey);
    assert!(opens(&area, &pass("two")) && !opens(&area, &pass("one")));
}

#[test]
fn a_store_has_one_passphrase() {
    let (_, store, _) = three_slots();
    assert_eq!(argument(try_add(&store, &pass("one"), &pass("two"), "")), "added");
    let kept = [pass("one"), app_key(3)];
    assert_eq!(argument(try_change(&store, &app_key(2), &pass("two"), &kept)), "to");
    change(&store, &pass("one"), &pass("two"), &[app_key(2), app_key(3)]);
    now(store.unlock(&pass("two"))).expect("one takes the place of the other");
}

#[test]
fn an_unlock_that_others_add_meanwhile_is_not_lost() {
    let (area, store) = new_slots();
    set(&store, "a", "1");
    let other = open(&area.other(), &pass("one"));
    area.before_next_write(move || drop(add(&other, &pass("one"), &app_key(2), "")));
    drop(add(&store, &pass("one"), &app_key(3), ""));
    assert!([pass("one"), app_key(2), app_key(3)].iter().all(|unlock| opens(&area, unlock)));
    let other = open(&area.other(), &pass("one"));
    area.before_next_write(move || drop(add(&other, &pass("one"), &app_key(14), "")));
    let before = [pass("one"), app_key(2), app_key(3)];
    assert_eq!(argument(now(rotate_soon(&store, &before))), "kept", "it would be dropped with its slot");
    assert!(opens(&area, &app_key(14)));
}

#[test]
fn progress_is_told_after_every_64_entries() {
    let (_, store) = new_device();
    now(store.put_all((0..150).map(|at| put(&at.to_string(), "value")).collect())).expect("it can be written");
    let mut told = Vec::new();
    now(store.rekey(Rekey::Rotate, &[], |done, all| told.push((done, all)))).expect("its keys can be changed");
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
        let kept = [unlock];
        let rekeyed = now(store.rekey(Rekey::Rotate, &kept, |done, all| {
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
        let error = error(now(rotate_soon(&store, &[pass("one")])));
        assert_eq!(error.kind(), code);
        assert!(error.to_string().contains("keys were not changed"), "{error}");
        assert_eq!(kind(try_change(&store, &pass("one"), &app_key(2), &[])), code);
        assert_eq!(area.bare(), before);
        now(store.clear()).expect("the way out");
        rotate(&store, &[pass("one")]);
    }
}

#[test]
fn the_kind_that_opened_a_handle_stays_when_its_keys_are_rotated() {
    let (area, _, _) = three_slots();
    let store = open(&area, &app_key(3));
    rotate(&store, &[pass("one"), app_key(2), app_key(3)]);
    assert_eq!(store.session.kind(), UnlockKind::AppKey);
}
