//! What each verb answers and leaves behind.

use super::*;
use crate::sealed::format::MAX_NAME_BYTES;

/// A store of each sort, each in its own process.
fn stores() -> [(Process, Store); 2] {
    [new_device(), new_slots()]
}

#[test]
fn what_is_set_is_read_by_every_verb_that_reads() {
    for (_, store) in stores() {
        set(&store, "b", "2");
        set(&store, "a", "1");
        set(&store, "b", "two");
        assert_eq!(get(&store, "b").as_deref(), Some("two"));
        assert_eq!(get(&store, "absent"), None);
        let many = now(store.get_many(&["b", "absent", "a", "b"])).expect("it can be read");
        let many: Vec<_> = many.iter().map(|value| value.as_ref().map(|value| value.to_vec())).collect();
        assert_eq!(many, [Some(b"two".to_vec()), None, Some(b"1".to_vec()), Some(b"two".to_vec())]);
        assert!(now(store.get_many(&[])).expect("it can be read").is_empty());
        assert_eq!(entries(&store), ["a=1", "b=two"]);
        assert_eq!(now(store.keys()).expect("it can be listed"), ["a", "b"]);
        assert!(now(store.contains_key("a")).expect("it can be read"));
        assert!(!now(store.contains_key("A")).expect("it can be read"));
        let report = now(store.verify()).expect("it can be verified");
        assert_eq!(
            (report.readable, report.unreadable, report.rotation_advised),
            (vec!["a".into(), "b".into()], vec![], false)
        );
    }
}

#[test]
fn entries_come_in_the_order_of_names_and_not_of_stored_names() {
    let (_, store) = new_device();
    let names: Vec<String> = (0..50).map(|at| format!("{at:02}")).collect();
    now(store.put_all(names.iter().map(|name| put(name, name)).collect())).expect("it can be written");
    assert_eq!(now(store.keys()).expect("it can be listed"), names);
    assert_eq!(now(store.verify()).expect("it can be verified").readable, names);
}

#[test]
fn remove_tells_whether_there_was_something() {
    for (area, store) in stores() {
        set(&store, "a", "1");
        assert!(now(store.remove("a")).expect("it can be removed"));
        assert!(!now(store.remove("a")).expect("it can be removed"));
        assert_eq!(get(&store, "a"), None);
        assert!(area.records().is_empty());
    }
}

#[test]
fn clear_removes_all_entries_and_keeps_the_ring() {
    for (area, store) in stores() {
        set(&store, "a", "1");
        set(&store, "b", "2");
        let ring = area.ring().bytes;
        now(store.clear()).expect("it can be cleared");
        assert_eq!(entries(&store), [""; 0]);
        assert!(area.records().is_empty());
        assert_eq!(area.ring().bytes, ring);
    }
}

#[test]
fn empty_names_and_empty_values_are_entries_like_others() {
    for (area, store) in stores() {
        set(&store, "", "");
        set(&store, "a", "");
        assert_eq!(get(&store, "").as_deref(), Some(""));
        assert_eq!(entries(&store), ["=", "a="]);
        assert!(area.records().iter().all(|(_, record)| record.len() >= 49));
        assert!(now(store.remove("")).expect("it can be removed"));
        assert_eq!(entries(&store), ["a="]);
    }
}

#[test]
fn names_are_not_normalised() {
    let (_, store) = new_device();
    set(&store, "\u{e9}", "composed");
    set(&store, "e\u{301}", "decomposed");
    assert_eq!(get(&store, "\u{e9}").as_deref(), Some("composed"));
    assert_eq!(get(&store, "e\u{301}").as_deref(), Some("decomposed"));
}

#[test]
fn a_name_of_64_kib_is_written_and_a_longer_one_is_too_large() {
    for (area, store) in stores() {
        let (longest, longer) = ("n".repeat(MAX_NAME_BYTES), "n".repeat(MAX_NAME_BYTES + 1));
        set(&store, &longest, "value");
        assert_eq!(get(&store, &longest).as_deref(), Some("value"));
        let before = area.bare();
        let batch = vec![put("a", "1"), put(&longer, "value")];
        let error = error(now(store.put_all(batch)));
        assert_eq!((error.kind(), error.key()), (ErrorKind::TooLarge, Some(&longer[..])));
        assert_eq!(area.bare(), before);
        assert_eq!(get(&store, &longer), None);
        assert!(!now(store.remove(&longer)).expect("there is none"));
    }
}

#[test]
fn no_entries_are_set_without_a_write() {
    let (area, store) = new_device();
    let before = area.bare();
    now(store.put_all(Vec::new())).expect("there is nothing to do");
    assert_eq!(area.bare(), before);
}

#[test]
fn of_a_name_that_a_batch_has_twice_the_last_value_stays() {
    let (area, store) = new_device();
    now(store.put_all(vec![put("a", "1"), put("b", "2"), put("a", "3")])).expect("it can be written");
    assert_eq!(entries(&store), ["a=3", "b=2"]);
    assert_eq!(area.records().len(), 2);
}

#[test]
fn the_revision_is_one_higher_after_every_write() {
    for (area, store) in stores() {
        assert_eq!(area.bare().1, 1);
        now(store.put_all(vec![put("a", "1"), put("b", "2")])).expect("it can be written");
        assert_eq!(area.bare().1, 2);
        drop((now(store.remove("a")), now(store.clear())));
        assert_eq!(area.bare().1, 4);
        rotate(&store);
        assert_eq!(area.bare().1, 5);
    }
}

#[test]
fn reads_change_nothing() {
    for (area, store) in stores() {
        set(&store, "a", "1");
        let before = area.bare();
        drop((get(&store, "a"), get(&store, "absent"), entries(&store), now(store.keys())));
        drop((now(store.contains_key("a")), now(store.verify()), now(store.unlocks()), store.watch()));
        store.session.lock();
        drop((try_get(&store, "a"), try_entries(&store), now(store.verify())));
        assert_eq!(area.bare(), before);
    }
}

#[test]
fn destroy_leaves_nothing() {
    for (area, store) in stores() {
        set(&store, "a", "1");
        now(store.destroy()).expect("it can be destroyed");
        assert_eq!(area.bare(), (None, 0, Vec::new()));
    }
}

/// Removes a store through one handle, and looks what another of the same store makes of it.
fn destroyed_by(own: bool, unlock: &Unlock) -> (Process, Store) {
    let area = Process::default();
    let store = open(&area, unlock);
    set(&store, "a", "1");
    let other = open(&area.other(), unlock);
    now(if own { &store } else { &other }.destroy()).expect("it can be destroyed");
    (area, store)
}

#[test]
fn a_store_that_was_destroyed_is_empty_and_reads_do_not_make_it_again() {
    for (own, unlock) in [(true, device()), (false, device()), (true, pass("one")), (false, pass("one"))] {
        let (area, store) = destroyed_by(own, &unlock);
        assert_eq!(get(&store, "a"), None);
        assert!(!now(store.contains_key("a")).expect("it can be read"));
        assert_eq!(entries(&store), [""; 0]);
        assert!(now(store.verify()).expect("it can be verified").readable.is_empty());
        assert_eq!(area.bare(), (None, 0, Vec::new()));
    }
}

#[test]
fn a_write_makes_a_device_store_again_under_other_keys() {
    for own in [true, false] {
        let (area, store) = new_device();
        let old = area.parsed().head.data_key_id;
        let other = open(&area.other(), &device());
        now(if own { &store } else { &other }.destroy()).expect("it can be destroyed");
        set(&store, "b", "2");
        assert_ne!(area.parsed().head.data_key_id, old);
        assert_eq!(area.parsed().head.generation, 1);
        assert_eq!(entries(&open(&area.other(), &device())), ["b=2"]);
    }
}

#[test]
fn a_store_with_secrets_is_not_made_again_by_a_write() {
    for own in [true, false] {
        let (area, store) = destroyed_by(own, &pass("one"));
        assert_eq!(kind(try_set(&store, "b", "2")), ErrorKind::KeyMissing);
        assert_eq!(kind(now(store.remove("b"))), ErrorKind::KeyMissing);
        assert_eq!(kind(now(rotate_soon(&store))), ErrorKind::KeyMissing);
        assert_eq!(kind(try_add(&store, &app_key(2), "")), ErrorKind::KeyMissing);
        assert_eq!(area.bare(), (None, 0, Vec::new()));
    }
}

#[test]
fn a_handle_goes_on_with_a_device_store_that_was_destroyed_and_made_again() {
    let (area, store) = destroyed_by(false, &device());
    set(&open(&area.other(), &device()), "b", "2");
    assert_eq!(entries(&store), ["b=2"]);
    set(&store, "c", "3");
    assert_eq!(entries(&open(&area.other(), &device())), ["b=2", "c=3"]);
}

#[test]
fn a_handle_is_locked_when_its_store_was_destroyed_and_made_again_with_a_secret() {
    for made in [pass("one"), pass("two")] {
        let (area, store) = destroyed_by(false, &pass("one"));
        set(&open(&area.other(), &made), "b", "2");
        assert_eq!(kind(try_get(&store, "b")), ErrorKind::Locked);
        assert!(store.is_locked());
        now(store.unlock(&made)).expect("it can be unlocked");
        assert_eq!(entries(&store), ["b=2"]);
    }
}

#[test]
fn reads_can_be_fresh() {
    let (_, store) = new_device();
    assert_eq!(store.age, Age::Known);
    let fresh = store.with(&CallOptions::new().fresh(true));
    assert_eq!(fresh.age, Age::Now);
    assert_eq!(fresh.with(&CallOptions::new()).age, Age::Now);
    assert_eq!(fresh.with(&CallOptions::new().fresh(false)).age, Age::Known);
}

#[test]
fn verify_advises_to_rotate_from_2_to_the_30_seals_on() {
    let (_, store) = new_device();
    let count = |more| now(store.session.keys()).expect("it is open").expect("there are keys").0.count(more);
    count((1 << 30) - 1).expect("there may be so many");
    assert!(!now(store.verify()).expect("it can be verified").rotation_advised);
    set(&store, "a", "1");
    assert!(now(store.verify()).expect("it can be verified").rotation_advised);
    rotate(&store);
    assert!(!now(store.verify()).expect("it can be verified").rotation_advised);
}

#[test]
fn nothing_is_sealed_beyond_2_to_the_32_times_until_keys_are_new() {
    let (area, store) = new_device();
    let count = |more| now(store.session.keys()).expect("it is open").expect("there are keys").0.count(more);
    count(u32::MAX as usize).expect("there may be so many");
    let before = area.bare();
    assert_eq!(kind(now(store.put_all(vec![put("a", "1"), put("b", "2")]))), ErrorKind::Unavailable, "one too many");
    assert_eq!(area.bare(), before);
    assert_eq!(kind(try_set(&store, "a", "1")), ErrorKind::Unavailable);
    rotate(&store);
    set(&store, "a", "1");
}

#[test]
fn values_of_one_call_have_a_bound_together() {
    let longest = 1 << 30;
    for fitting in [&[longest][..], &[longest + 1], &[longest, 0], &[longest / 2; 2], &[]] {
        check_total(fitting.iter().copied()).expect("there is room");
    }
    for too_large in [&[longest, 1][..], &[longest / 2, longest / 2, 1], &[usize::MAX; 2]] {
        assert_eq!(kind(check_total(too_large.iter().copied())), ErrorKind::TooLarge);
    }
}
