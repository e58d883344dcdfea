//! Opening: FORMAT.md's table of rings, row by row.

use super::*;
use crate::sealed::format::{
    Sealed,
    ring::{SlotUnlock, Way},
};

/// An unlock of each kind, and one more of that kind which is another.
fn unlocks() -> [(Unlock, Option<Unlock>); 3] {
    [(device(), None), (pass("one"), Some(pass("two"))), (app_key(1), Some(app_key(2)))]
}

#[test]
fn where_nothing_is_a_store_is_made() {
    for (unlock, _) in unlocks() {
        let area = Process::default();
        set(&open(&area, &unlock), "token", "value");
        assert_eq!(area.parsed().head.generation, 1);
        assert_eq!(area.ring().device_key.is_some(), unlock == device());
        let again = open(&area.other(), &unlock);
        assert_eq!(get(&again, "token").as_deref(), Some("value"));
        assert_eq!(again.protection(), unlock.kind().as_str());
    }
}

#[test]
fn what_must_exist_is_not_made() {
    for (unlock, _) in unlocks() {
        let area = Process::default();
        let opened = now(open_soon(area.clone(), "app", &unlock, true));
        assert_eq!(kind(opened), ErrorKind::KeyMissing);
        assert_eq!(area.bare(), (None, 0, Vec::new()));
        drop(open(&area, &unlock));
        assert!(now(open_soon(area, "app", &unlock, true)).is_ok());
    }
}

#[test]
fn of_two_that_open_at_once_the_loser_opens_the_ring_of_the_winner() {
    for (unlock, _) in unlocks() {
        let area = Process::default();
        let (winner, with) = (area.other(), unlock.clone());
        area.before_next_write(move || set(&open(&winner, &with), "token", "of the winner"));
        let loser = open(&area, &unlock);
        assert_eq!(get(&loser, "token").as_deref(), Some("of the winner"));
        set(&loser, "other", "of the loser");
        assert_eq!(entries(&open(&area.other(), &unlock)), ["other=of the loser", "token=of the winner"]);
    }
}

#[test]
fn of_two_that_open_at_once_with_different_secrets_one_gets_wrong_key() {
    for (unlock, other) in unlocks() {
        let Some(other) = other else { continue };
        let area = Process::default();
        let (winner, with) = (area.other(), unlock.clone());
        area.before_next_write(move || drop(open(&winner, &with)));
        assert_eq!(kind(try_open(&area, &other)), ErrorKind::WrongKey);
        assert_eq!(area.bare().1, 1, "only the winner has written");
        assert!(try_open(&area, &unlock).is_ok());
    }
}

#[test]
fn of_two_that_open_at_once_with_different_kinds_one_gets_locked() {
    let area = Process::default();
    let winner = area.other();
    area.before_next_write(move || drop(open(&winner, &pass("one"))));
    assert_eq!(kind(try_open(&area, &device())), ErrorKind::Locked);
    assert!(try_open(&area, &pass("one")).is_ok());
}

#[test]
fn all_that_open_at_once_in_any_order_have_one_store() {
    IS_PATIENT.set(true);
    for (seed, (unlock, _)) in (0..100).zip(unlocks().iter().cycle()) {
        let area = Process::default();
        let tasks = (0..4).map(|at| {
            let (area, unlock) = (area.other(), unlock.clone());
            let task = async move {
                let store = open_soon(area, "app", &unlock, false).await.expect("it opens");
                set_soon(&store, &at.to_string(), "value").await.expect("it can be written");
            };
            Box::pin(task) as Task
        });
        run(&mut fastrand::Rng::with_seed(seed), tasks.collect());
        assert_eq!(try_entries(&open(&area, unlock)).expect("all open").len(), 4, "seed {seed}");
    }
}

#[test]
fn a_store_that_is_rotated_while_it_is_opened_is_not_taken_for_damaged() {
    IS_PATIENT.set(true);
    for unlock in [device(), pass("one")] {
        let mut ended = false;
        for turns in 0.. {
            let area = Process::default();
            let store = open(&area, &unlock);
            set(&store, "token", "value");
            let mut opening = pin!(open_soon(area.other(), "app", &unlock, true));
            let at_once = run_for(opening.as_mut(), turns);
            ended = at_once.is_some();
            if !ended {
                rotate(&store);
            }
            let opened = at_once.unwrap_or_else(|| now(opening));
            let opened = opened.unwrap_or_else(|error| panic!("{unlock:?}, rotated after {turns} turns: {error:?}"));
            // What was opened just before may have to be opened again.
            if unlock == device() {
                assert_eq!(get(&opened, "token").as_deref(), Some("value"));
            }
            if ended {
                break;
            }
        }
        assert!(ended);
    }
}

#[test]
fn records_without_a_ring_are_key_missing() {
    for (unlock, _) in unlocks() {
        let area = Process::default();
        let store = open(&area, &unlock);
        set(&store, "token", "value");
        area.put_ring(None);
        let before = area.bare();
        assert_eq!(kind(try_open(&area, &unlock)), ErrorKind::KeyMissing);
        assert_eq!(kind(now(open_soon(area.clone(), "app", &unlock, true))), ErrorKind::KeyMissing);
        assert_eq!(kind(now(store.unlock(&unlock))), ErrorKind::KeyMissing);
        assert_eq!(kind(try_get(&store, "token")), ErrorKind::KeyMissing);
        assert_eq!(kind(now(store.contains_key("token"))), ErrorKind::KeyMissing);
        assert_eq!(kind(try_entries(&store)), ErrorKind::KeyMissing);
        assert_eq!(kind(try_set(&store, "token", "new")), ErrorKind::KeyMissing);
        assert_eq!(kind(now(store.remove("token"))), ErrorKind::KeyMissing);
        assert_eq!(kind(now(store.unlocks())), ErrorKind::KeyMissing);
        assert_eq!(kind(now(rotate_soon(&store))), ErrorKind::KeyMissing);
        assert_eq!(area.bare(), before);
    }
}

#[test]
fn a_device_ring_without_its_key_is_key_missing() {
    let (area, store) = new_device();
    set(&store, "token", "value");
    area.put_ring(Some(StoredRing { device_key: None, ..area.ring() }));
    let before = area.bare();
    assert_eq!(kind(try_open(&area, &device())), ErrorKind::KeyMissing);
    assert_eq!(area.bare(), before);
}

#[test]
fn a_device_ring_beside_another_s_key_is_wrong_key() {
    let ((area, store), (other, _)) = (new_device(), new_device());
    set(&store, "token", "value");
    area.put_ring(Some(StoredRing { device_key: other.ring().device_key, ..area.ring() }));
    let before = area.bare();
    assert_eq!(kind(try_open(&area, &device())), ErrorKind::WrongKey);
    assert_eq!(area.bare(), before);
}

#[test]
fn an_unlock_of_another_kind_is_told_both_kinds() {
    let names = ["device", "passphrase", "app key"];
    for ((unlock, _), its_name) in unlocks().iter().zip(names) {
        let area = Process::default();
        drop(open(&area, unlock));
        let before = area.bare();
        for ((given, _), given_name) in unlocks().iter().zip(names) {
            if given == unlock {
                continue;
            }
            let error = error(try_open(&area, given));
            assert_eq!(error.kind(), ErrorKind::Locked);
            let words = error.to_string();
            assert!(words.contains(&format!("opens with the {its_name}")), "{words}");
            assert!(words.contains(&format!("not with the {given_name}")), "{words}");
        }
        assert_eq!(area.bare(), before);
    }
}

#[test]
fn all_the_kinds_that_would_open_it_are_named() {
    let area = Process::default();
    let store = open(&area, &pass("one"));
    add(&store, &app_key(1), "");
    add(&store, &app_key(2), "");
    let error = error(try_open(&area, &device()));
    assert!(error.to_string().contains("the passphrase or app key, not"), "{error}");
    assert_eq!(error.needs(), [UnlockKind::Passphrase, UnlockKind::AppKey]);
}

/// What is told of a store that nobody opens: whether there is one, and its unlocks.
fn look(area: &Process) -> (bool, Result<Vec<(UnlockKind, String)>>) {
    let looked = now(Namespace::<Tested>::new("app", area.other(), BesideRing).look());
    let is_found = looked.is_found;
    (is_found, looked.unlocks().map(|unlocks| unlocks.into_iter().map(|unlock| (unlock.kind, unlock.label)).collect()))
}

#[test]
fn what_opens_a_store_is_told_as_it_is_stored_and_nothing_is_changed() {
    let area = Process::default();
    assert!(matches!(look(&area), (false, Ok(unlocks)) if unlocks.is_empty()));
    assert_eq!(area.bare(), (None, 0, Vec::new()));
    let store = open(&area, &pass("one"));
    set(&store, "token", "value");
    add(&store, &app_key(1), "of work");
    add(&store, &app_key(2), "of the future");
    let mut ring = area.parsed();
    ring.head.slots[2].head.unlock = SlotUnlock::Unknown { kind: 200, parameters: vec![1, 2, 3] };
    // No key authenticates it: whoever can write there can put in what they like.
    area.put_body(ring.encode().expect("it is legal"));
    let before = area.bare();
    let (is_found, unlocks) = look(&area);
    let expected =
        [(UnlockKind::Passphrase, ""), (UnlockKind::AppKey, "of work"), (UnlockKind::Unknown, "of the future")];
    assert!(is_found);
    assert_eq!(unlocks.expect("it can be read"), expected.map(|(kind, label)| (kind, label.to_owned())));
    let needed = error(try_open(&area, &device()));
    assert_eq!(needed.needs(), expected.map(|(kind, _)| kind));
    assert_eq!(area.bare(), before);
}

#[test]
fn of_a_damaged_store_it_is_told_that_there_is_one_and_why_it_does_not_open() {
    for (unlock, _) in unlocks() {
        let area = Process::default();
        set(&open(&area, &unlock), "token", "value");
        let whole = area.ring();
        let newer = || {
            let mut body = whole.bytes[..whole.bytes.len() - 32].to_vec();
            body[8] = 2;
            let checksum = sha256(&body);
            with_checksum(body, &checksum)
        };
        let cut_off = whole.bytes[..40].to_vec();
        for (bytes, code) in [
            (Some(cut_off), ErrorKind::Corrupt),
            (Some(newer()), ErrorKind::NewerFormat),
            (None, ErrorKind::KeyMissing),
        ] {
            area.put_ring(bytes.map(|bytes| StoredRing { bytes, ..whole.clone() }));
            let before = area.bare();
            let (is_found, unlocks) = look(&area);
            assert_eq!((is_found, kind(unlocks)), (true, code));
            assert_eq!(area.bare(), before);
        }
    }
}

#[test]
fn a_keychain_s_ring_needs_no_device_that_has_no_keychain() {
    let (area, _) = new_device();
    let mut ring = area.parsed();
    let data_key = Sealed { nonce: [1; 12], ciphertext: vec![2; 48] };
    ring.head.ways = vec![Way::Keychain { item: [9; 16], data_key }];
    area.put_body(ring.encode().expect("it is legal"));
    let [by_device, by_key] = [device(), app_key(1)].map(|given| error(try_open(&area, &given)));
    assert_eq!((by_device.kind(), by_device.needs()), (ErrorKind::Locked, &[][..]));
    assert_eq!((by_key.kind(), by_key.needs()), (ErrorKind::Locked, &[UnlockKind::Device][..]));
    assert!(matches!(look(&area), (true, Ok(unlocks)) if unlocks[..] == [(UnlockKind::Device, String::new())]));
}

#[test]
fn another_secret_is_wrong_key() {
    for (unlock, other) in unlocks() {
        let Some(other) = other else { continue };
        let area = Process::default();
        set(&open(&area, &unlock), "token", "value");
        let before = area.bare();
        assert_eq!(kind(try_open(&area, &other)), ErrorKind::WrongKey);
        assert_eq!(area.bare(), before);
    }
}

#[test]
fn a_passphrase_opens_however_its_characters_are_composed_and_spaced() {
    let area = Process::default();
    drop(open(&area, &pass("ko\u{308}nig\u{a0}x ")));
    assert!(try_open(&area, &pass("k\u{f6}nig\u{3000}x ")).is_ok());
    assert_eq!(kind(try_open(&area, &pass("k\u{f6}nig x"))), ErrorKind::WrongKey, "nothing is trimmed");
    assert_eq!(kind(try_open(&area, &pass("K\u{f6}nig x "))), ErrorKind::WrongKey, "case stays");
}

#[test]
fn a_secret_that_cannot_be_used_names_the_argument_and_makes_nothing() {
    let area = Process::default();
    assert_eq!(argument(try_open(&area, &pass(""))), "passphrase");
    for bytes in [0, 16, 31, 33] {
        assert_eq!(argument(try_open(&area, &Unlock::app_key(vec![7; bytes]))), "appKey", "{bytes} bytes");
    }
    assert_eq!(argument(try_open(&area, &Unlock::app_key("no base64"))), "appKey");
    assert_eq!(area.bare(), (None, 0, Vec::new()));
    drop(open(&area, &pass("one")));
    assert_eq!(argument(try_open(&area, &pass(""))), "passphrase");
}

#[test]
fn a_ring_with_any_bit_flipped_is_corrupt() {
    for (unlock, _) in unlocks() {
        let area = Process::default();
        let store = open(&area, &unlock);
        set(&store, "token", "value");
        let whole = area.ring();
        for bit in 0..8 * whole.bytes.len() {
            let mut ring = whole.clone();
            ring.bytes[bit / 8] ^= 1 << (bit % 8);
            area.put_ring(Some(ring));
            let before = area.bare();
            assert_eq!(kind(try_open(&area, &unlock)), ErrorKind::Corrupt, "bit {bit}");
            // The checksum of the ring is what it is known by, so an open handle sees a change of that alone.
            let read = try_get(&store, "token");
            assert!(read.is_ok_and(|value| value.as_deref() == Some("value")) || bit / 8 >= whole.bytes.len() - 32);
            assert_eq!(area.bare(), before, "bit {bit}");
        }
    }
}

#[test]
fn a_ring_that_is_cut_off_or_goes_on_is_corrupt() {
    for (unlock, _) in unlocks() {
        let area = Process::default();
        drop(open(&area, &unlock));
        let whole = area.ring();
        for length in 0..whole.bytes.len() {
            area.put_ring(Some(StoredRing { bytes: whole.bytes[..length].to_vec(), ..whole.clone() }));
            assert_eq!(kind(try_open(&area, &unlock)), ErrorKind::Corrupt, "{length} bytes");
        }
        area.put_ring(Some(StoredRing { bytes: [&whole.bytes[..], &[0]].concat(), ..whole }));
        assert_eq!(kind(try_open(&area, &unlock)), ErrorKind::Corrupt);
    }
}

#[test]
fn a_ring_of_a_newer_version_is_newer_format() {
    for (unlock, _) in unlocks() {
        let area = Process::default();
        let store = open(&area, &unlock);
        let mut body = area.ring().bytes;
        body.truncate(body.len() - 32);
        body[8] = 2;
        area.put_body(body.clone());
        let before = area.bare();
        assert_eq!(kind(try_open(&area, &unlock)), ErrorKind::NewerFormat);
        assert_eq!(kind(try_set(&store, "token", "value")), ErrorKind::NewerFormat);
        assert_eq!(kind(now(rotate_soon(&store))), ErrorKind::NewerFormat);
        assert_eq!(area.bare(), before);
        body[8] = 0;
        area.put_body(body);
        assert_eq!(kind(try_open(&area, &device())), ErrorKind::Corrupt);
    }
}

#[test]
fn a_ring_that_is_older_than_the_records_is_key_missing() {
    for unlock in [device(), pass("one")] {
        for count in [1, 2, 3, 10] {
            let area = Process::default();
            let store = open(&area, &unlock);
            (0..count).for_each(|at| set(&store, &at.to_string(), "value"));
            let old = area.ring();
            rotate(&store);
            area.put_ring(Some(old));
            let before = area.bare();
            assert_eq!(kind(try_open(&area, &unlock)), ErrorKind::KeyMissing, "{count} records");
            assert_eq!(area.bare(), before);
        }
    }
}

#[test]
fn one_record_of_another_key_does_not_keep_the_rest_from_opening() {
    let (area, store) = new_device();
    set(&store, "token", "value");
    let mut records = area.records();
    let mut foreign = records[0].1.to_vec();
    foreign[1] ^= 1;
    records.push(([0; 32], foreign.into()));
    area.put_records(records);
    let store = open(&area, &device());
    assert_eq!(get(&store, "token").as_deref(), Some("value"));
    assert_eq!(kind(try_entries(&store)), ErrorKind::KeyMissing);
}

#[test]
fn a_ring_opens_in_its_namespace_only() {
    for (unlock, _) in unlocks() {
        let area = Process::default();
        drop(open(&area, &unlock));
        let before = area.bare();
        for namespace in ["App", "app.", "ap", ""] {
            let opened = now(open_soon(area.clone(), namespace, &unlock, false));
            assert_eq!(kind(opened), ErrorKind::WrongKey, "{namespace:?}");
        }
        assert_eq!(area.bare(), before);
    }
}

#[test]
fn a_first_ring_that_cannot_be_stored_is_an_error_and_leaves_nothing() {
    for (unlock, _) in unlocks() {
        let area = Process::default();
        area.fill_after(0);
        assert_eq!(kind(try_open(&area, &unlock)), ErrorKind::QuotaExceeded);
        assert_eq!(area.bare(), (None, 0, Vec::new()));
        area.fill_after(1);
        assert!(try_open(&area, &unlock).is_ok());
    }
}
