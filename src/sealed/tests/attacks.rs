//! Storage that somebody changes without any key: what is noticed, and what is not and is pinned here.

use super::*;

/// A device store with the entries `a` and `b`, and where they are stored.
fn two_entries() -> (Process, Store, [usize; 2]) {
    let (area, store) = new_device();
    now(store.put_all(vec![put("a", "1"), put("b", "2")])).expect("it can be written");
    let keys = now(store.session.keys()).expect("it is open").expect("there are keys").0;
    let records = area.records();
    let place = |name| records.iter().position(|(at, _)| *at == keys.stored_name(name)).expect("it is there");
    let places = [place("a"), place("b")];
    (area, store, places)
}

/// That `name` is not read by any verb, with this code; and that `verify` tells of it without its name.
fn refused(area: &Process, name: &str, code: ErrorKind) {
    let before = area.bare();
    let store = open(&area.other(), &device());
    let error = error(try_get(&store, name));
    assert_eq!((error.kind(), error.key()), (code, Some(name)));
    assert_eq!(kind(try_entries(&store)), code);
    assert_eq!(kind(now(store.keys())), code);
    let report = now(store.verify()).expect("it can be verified");
    assert!(report.unreadable.iter().any(|entry| entry.kind == code && entry.key.is_none()), "{report:?}");
    assert!(!report.readable.contains(&name.to_owned()));
    let skipped = now(store.get_all(OnUnreadable::Skip));
    match code {
        ErrorKind::Corrupt => assert!(skipped.expect("the rest opens").iter().all(|(other, _)| other != name)),
        _ => assert_eq!(kind(skipped), code, "a key that is gone is not left out"),
    }
    assert_eq!(area.bare(), before);
}

#[test]
fn two_records_that_are_swapped_are_corrupt() {
    let (area, _, [a, b]) = two_entries();
    let mut records = area.records();
    let of_a = Arc::clone(&records[a].1);
    records[a].1 = std::mem::replace(&mut records[b].1, of_a);
    area.put_records(records);
    refused(&area, "a", ErrorKind::Corrupt);
    refused(&area, "b", ErrorKind::Corrupt);
}

#[test]
fn a_record_at_another_place_is_corrupt() {
    let (area, store, [a, b]) = two_entries();
    let mut records = area.records();
    records[b].1 = Arc::clone(&records[a].1);
    area.put_records(records);
    refused(&area, "b", ErrorKind::Corrupt);
    assert_eq!(get(&store, "a").as_deref(), Some("1"));
}

#[test]
fn a_record_at_a_place_that_is_no_name_s_is_found_by_those_who_read_all() {
    let (area, store, [a, _]) = two_entries();
    let mut records = area.records();
    records[a].0 = [0x5a; 32];
    area.put_records(records);
    assert_eq!(get(&store, "a"), None);
    assert_eq!(kind(try_entries(&store)), ErrorKind::Corrupt);
    assert_eq!(now(store.verify()).expect("it can be verified").unreadable.len(), 1);
}

#[test]
fn an_entry_that_lies_under_another_s_name_is_corrupt_even_if_it_is_sealed_there() {
    // Only somebody with the data key can make that: what is inside is compared too.
    let (area, store, [a, _]) = two_entries();
    let keys = now(store.session.keys()).expect("it is open").expect("there are keys").0;
    let at = keys.stored_name("a");
    let aad = crate::sealed::format::record::record_aad("app", &at, &keys.data_key_id);
    let inside = crate::sealed::format::record::plaintext("b", b"of b").expect("it is short");
    let (nonce, call) = keys.data_key.seal(&aad, &inside).expect("it can be sealed");
    let ciphertext = call.expect("it is sealed at once");
    let record = Record { data_key_id: keys.data_key_id, nonce, ciphertext: &ciphertext }.encode();
    let mut records = area.records();
    records[a].1 = record.into();
    area.put_records(records);
    refused(&area, "a", ErrorKind::Corrupt);
}

#[test]
fn a_record_of_another_namespace_with_the_same_keys_is_corrupt() {
    let (area, store, [a, _]) = two_entries();
    let keys = now(store.session.keys()).expect("it is open").expect("there are keys").0;
    // The same data key and id at the same place, in the namespace `other`.
    let at = keys.stored_name("a");
    let aad = crate::sealed::format::record::record_aad("other", &at, &keys.data_key_id);
    let inside = crate::sealed::format::record::plaintext("a", b"theirs").expect("it is short");
    let (nonce, call) = keys.data_key.seal(&aad, &inside).expect("it can be sealed");
    let ciphertext = call.expect("it is sealed at once");
    let mut records = area.records();
    records[a].1 = Record { data_key_id: keys.data_key_id, nonce, ciphertext: &ciphertext }.encode().into();
    area.put_records(records);
    refused(&area, "a", ErrorKind::Corrupt);
}

#[test]
fn a_whole_store_that_is_moved_to_another_namespace_does_not_open() {
    let (area, _, _) = two_entries();
    let opened = now(open_soon(area.other(), "other", &device(), false));
    assert_eq!(kind(opened), ErrorKind::WrongKey);
}

#[test]
fn a_record_with_any_bit_flipped_is_refused() {
    let (area, store, [a, _]) = two_entries();
    let whole = area.records();
    for bit in 0..8 * whole[a].1.len() {
        let (mut records, mut flipped) = (whole.clone(), whole[a].1.to_vec());
        flipped[bit / 8] ^= 1 << (bit % 8);
        records[a].1 = flipped.into();
        area.put_records(records);
        let code = match bit / 8 {
            0 if bit == 0 => ErrorKind::Corrupt,
            0 => ErrorKind::NewerFormat,
            1..17 => ErrorKind::KeyMissing,
            _ => ErrorKind::Corrupt,
        };
        let error = error(try_get(&store, "a"));
        assert_eq!((error.kind(), error.key()), (code, Some("a")), "bit {bit}");
        assert_eq!(get(&store, "b").as_deref(), Some("2"), "bit {bit}");
    }
    area.put_records(whole);
    assert_eq!(get(&store, "a").as_deref(), Some("1"));
}

#[test]
fn a_record_of_any_length_but_its_own_is_corrupt() {
    let (area, store, [a, _]) = two_entries();
    let whole = area.records();
    let lengths = (0..whole[a].1.len()).map(|length| whole[a].1[..length].to_vec());
    for changed in lengths.chain([[&whole[a].1[..], &[0]].concat()]) {
        let mut records = whole.clone();
        records[a].1 = changed.into();
        area.put_records(records);
        assert_eq!(kind(try_get(&store, "a")), ErrorKind::Corrupt);
    }
}

#[test]
fn a_record_of_another_key_or_version_is_told_so() {
    let (area, _, [a, _]) = two_entries();
    let whole = area.records();
    for (place, code) in [(1, ErrorKind::KeyMissing), (0, ErrorKind::NewerFormat)] {
        let (mut records, mut changed) = (whole.clone(), whole[a].1.to_vec());
        changed[place] ^= 0x80;
        records[a].1 = changed.into();
        area.put_records(records);
        refused(&area, "a", code);
    }
}

#[test]
fn what_is_damaged_can_be_written_again_and_removed() {
    let (area, store, [a, b]) = two_entries();
    let mut records = area.records();
    for place in [a, b] {
        let mut damaged = records[place].1.to_vec();
        damaged[30] ^= 1;
        records[place].1 = damaged.into();
    }
    area.put_records(records);
    assert!(now(store.contains_key("a")).expect("it is there"));
    set(&store, "a", "mended");
    assert!(now(store.remove("b")).expect("it can be removed"));
    assert_eq!(entries(&store), ["a=mended"]);
}

#[test]
fn a_ring_with_any_bit_flipped_and_a_checksum_that_fits_opens_nothing() {
    for unlock in [device(), pass("one"), app_key(1)] {
        let area = Process::default();
        let store = open(&area, &unlock);
        set(&store, "a", "1");
        let whole = area.ring();
        let body = &whole.bytes[..whole.bytes.len() - 32];
        let open_handle = open(&area.other(), &unlock);
        for bit in 0..8 * body.len() {
            let mut changed = body.to_vec();
            changed[bit / 8] ^= 1 << (bit % 8);
            area.put_body(changed);
            let before = area.bare();
            let code = kind(try_open(&area, &unlock));
            let is_of_the_table =
                matches!(code, ErrorKind::Corrupt | ErrorKind::NewerFormat | ErrorKind::WrongKey | ErrorKind::Locked);
            assert!(is_of_the_table, "bit {bit}: {code:?}");
            // Nor does a handle that is already open continue.
            let code = kind(try_get(&open_handle, "a"));
            let is_older = code == ErrorKind::KeyMissing;
            assert!(is_of_the_table || is_older, "bit {bit}: {code:?}");
            assert!(try_set(&open_handle, "a", "new").is_err(), "bit {bit}");
            assert_eq!(area.bare(), before, "bit {bit}");
            if open_handle.is_locked() {
                area.put_ring(Some(whole.clone()));
                now(open_handle.unlock(&unlock)).expect("it can be unlocked");
            }
        }
        area.put_ring(Some(whole.clone()));
        assert_eq!(get(&open(&area, &unlock), "a").as_deref(), Some("1"));
    }
}

#[test]
fn a_slot_whose_label_or_order_was_changed_is_noticed_by_every_unlock() {
    let area = Process::default();
    let store = open(&area, &pass("one"));
    add(&store, &app_key(2), "key");
    let ring = area.ring().bytes;
    let at = ring.windows(3).rposition(|window| window == b"key").expect("its label");
    let mut body = ring[..ring.len() - 32].to_vec();
    body[at] = b'K';
    area.put_body(body);
    for (unlock, why) in [(pass("one"), "it is not its own slot"), (app_key(2), "it is its own slot")] {
        assert_eq!(kind(try_open(&area, &unlock)), ErrorKind::Corrupt, "{why}");
    }
}

#[test]
fn a_generation_that_falls_is_seen_by_an_open_handle() {
    let (area, store) = new_device();
    rotate(&store);
    let old = area.ring();
    rotate(&store);
    area.put_ring(Some(old));
    let before = area.bare();
    assert_eq!(kind(try_get(&store, "a")), ErrorKind::Corrupt);
    assert_eq!(kind(try_set(&store, "a", "1")), ErrorKind::Corrupt);
    assert_eq!(area.bare(), before);
    // As the message says, it can be opened again.
    assert!(try_open(&area, &device()).is_ok());
    now(store.unlock(&device())).expect("it can be unlocked");
    set(&store, "a", "1");
}

#[test]
fn an_old_ring_of_the_same_keys_that_had_fewer_unlocks_is_seen_by_an_open_handle() {
    let (area, store) = new_slots();
    let old = area.ring();
    add(&store, &app_key(2), "");
    set(&store, "a", "1");
    area.put_ring(Some(old));
    assert_eq!(kind(try_get(&store, "a")), ErrorKind::Corrupt);
}

#[test]
fn not_noticed_a_whole_store_that_was_put_back() {
    let (area, store) = new_device();
    set(&store, "a", "old");
    let (ring, revision, records) = area.storage.stored_now();
    set(&store, "a", "new");
    area.storage.tamper(ring, revision, records);
    assert_eq!(get(&store, "a").as_deref(), Some("old"));
    assert_eq!(get(&open(&area.other(), &device()), "a").as_deref(), Some("old"));
}

#[test]
fn not_noticed_a_whole_store_of_before_a_rotation_by_a_new_handle() {
    let (area, store) = new_device();
    set(&store, "a", "old");
    let (ring, revision, records) = area.storage.stored_now();
    rotate(&store);
    area.storage.tamper(ring, revision, records);
    assert_eq!(get(&open(&area.other(), &device()), "a").as_deref(), Some("old"));
    assert_eq!(kind(try_get(&store, "a")), ErrorKind::Corrupt, "the handle that rotated it sees it");
}

#[test]
fn not_noticed_one_record_that_was_put_back_under_the_same_key() {
    let (area, store) = new_device();
    set(&store, "a", "old");
    let old = area.records();
    set(&store, "a", "new");
    area.put_records(old);
    assert_eq!(get(&store, "a").as_deref(), Some("old"));
    assert!(now(store.verify()).expect("it can be verified").unreadable.is_empty());
}

#[test]
fn not_noticed_a_record_that_was_taken_away() {
    let (area, store, [a, _]) = two_entries();
    let mut records = area.records();
    records.remove(a);
    area.put_records(records);
    assert_eq!(get(&store, "a"), None);
    assert_eq!(entries(&store), ["b=2"]);
    assert!(now(store.verify()).expect("it can be verified").unreadable.is_empty());
}

#[test]
fn not_noticed_a_store_that_was_taken_away_whole() {
    let (area, store, _) = two_entries();
    area.storage.tamper(None, 0, Vec::new());
    assert_eq!(entries(&store), [""; 0]);
    assert!(try_open(&area, &device()).is_ok());
}

#[test]
fn no_message_holds_a_value_or_a_secret() {
    let (area, store) = new_slots();
    set(&store, "a", "the-value");
    let mut records = area.records();
    let mut damaged = records[0].1.to_vec();
    damaged[40] ^= 1;
    records[0].1 = damaged.into();
    area.put_records(records);
    let errors = [error(try_get(&store, "a")), error(try_open(&area, &pass("the-secret")))];
    for error in errors {
        let words = format!("{error} {error:?}");
        assert!(!words.contains("the-value") && !words.contains("the-secret"), "{words}");
    }
}

#[test]
fn what_does_not_open_is_removed_when_that_is_asked_for_and_nothing_else() {
    let (area, store, [a, _]) = two_entries();
    let mut records = area.records();
    records[a].1 = Arc::from(&records[a].1[..40]);
    let mut newer = records[a].1.to_vec();
    newer[0] = 2;
    records.push(([0x5a; 32], newer.into()));
    area.put_records(records);
    assert!(now(store.rekey(Rekey::Rotate(None), |_, _| ())).is_err(), "they stand in the way");

    assert_eq!(now(store.remove_unreadable()).expect("they can be removed"), 1);
    assert_eq!((get(&store, "a"), get(&store, "b").as_deref()), (None, Some("2")));
    let left = now(store.verify()).expect("it can be verified").unreadable;
    assert_eq!(left.iter().map(|entry| entry.kind).collect::<Vec<_>>(), [ErrorKind::NewerFormat]);
    let before = area.bare();
    assert_eq!(now(store.remove_unreadable()).expect("there is none"), 0);
    assert_eq!(area.bare(), before);
}
