//! Writes while others change the keys: they are sealed again or refused, and never lost.

use super::*;

/// Changes keys through another process just before the next write of this one.
fn changed_before_next_write(area: &Process, unlock: &Unlock, change: impl FnOnce(&Store) + Send + 'static) {
    let other = open(&area.other(), unlock);
    area.before_next_write(move || change(&other));
}

#[test]
fn what_was_sealed_under_keys_that_are_gone_is_sealed_again() {
    let (area, store) = new_device();
    set(&store, "a", "old");
    changed_before_next_write(&area, &device(), rotate);
    now(store.put_all(vec![put("a", "new"), put("b", "2")])).expect("it can be written");
    assert_eq!(area.parsed().head.generation, 2);
    assert_eq!(entries(&store), ["a=new", "b=2"]);
    assert_eq!(entries(&open(&area.other(), &device())), ["a=new", "b=2"]);
    assert_eq!(area.records().len(), 2, "nothing lies under a name of the old name key");
}

#[test]
fn what_is_removed_while_keys_change_is_removed_under_its_new_name() {
    let (area, store) = new_device();
    set(&store, "a", "1");
    set(&store, "b", "2");
    changed_before_next_write(&area, &device(), rotate);
    assert!(now(store.remove("a")).expect("it can be removed"));
    assert_eq!(entries(&open(&area.other(), &device())), ["b=2"]);
    changed_before_next_write(&area, &device(), rotate);
    now(store.clear()).expect("it can be cleared");
    assert!(area.records().is_empty());
}

#[test]
fn reads_follow_keys_that_others_have_changed() {
    let reads: [fn(&Store); 4] = [
        |store| assert_eq!(get(store, "a").as_deref(), Some("1")),
        |store| assert_eq!(entries(store), ["a=1"]),
        |store| assert!(now(store.contains_key("a")).expect("it can be read")),
        |store| assert_eq!(now(store.verify()).expect("it can be verified").readable, ["a"]),
    ];
    for read in reads {
        let (area, store) = new_device();
        set(&store, "a", "1");
        rotate(&open(&area.other(), &device()));
        read(&store);
    }
}

#[test]
fn a_handle_of_the_device_goes_on_when_an_unlock_was_added_elsewhere() {
    let (area, store) = new_device();
    changed_before_next_write(&area, &device(), |other| drop(add(other, &app_key(2), "")));
    set(&store, "a", "1");
    assert_eq!(entries(&store), ["a=1"]);
    assert_eq!(entries(&open(&area.other(), &app_key(2))), ["a=1"]);
}

#[test]
fn a_handle_with_a_secret_is_locked_by_new_keys_and_has_written_nothing() {
    let (area, store) = new_slots();
    set(&store, "a", "old");
    changed_before_next_write(&area, &pass("one"), rotate);
    assert_eq!(kind(try_set(&store, "a", "new")), ErrorKind::Locked);
    assert!(store.is_locked());
    assert_eq!(kind(try_get(&store, "a")), ErrorKind::Locked);
    assert_eq!(entries(&open(&area.other(), &pass("one"))), ["a=old"]);
    assert_eq!(area.bare().1, 3, "made, set and rotated");
    now(store.unlock(&pass("one"))).expect("it can be unlocked");
    set(&store, "a", "new");
    assert_eq!(entries(&open(&area.other(), &pass("one"))), ["a=new"]);
}

#[test]
fn a_device_handle_is_locked_when_the_store_has_a_secret_now() {
    let (area, store) = new_device();
    changed_before_next_write(&area, &device(), |other| change(other, &pass("one")));
    assert_eq!(kind(try_set(&store, "a", "1")), ErrorKind::Locked);
    assert!(area.records().is_empty());
    assert_eq!(kind(now(store.unlock(&device()))), ErrorKind::Locked);
    now(store.unlock(&pass("one"))).expect("it can be unlocked");
    assert_eq!(store.session.kind(), UnlockKind::Passphrase);
    set(&store, "a", "1");
    assert_eq!(entries(&open(&area.other(), &pass("one"))), ["a=1"]);
}

#[test]
fn a_handle_with_a_secret_is_locked_when_the_store_is_the_device_s_now() {
    let (area, store) = new_slots();
    change(&open(&area.other(), &pass("one")), &device());
    assert_eq!(kind(try_set(&store, "a", "1")), ErrorKind::Locked);
    now(store.unlock(&device())).expect("it can be unlocked");
    set(&store, "a", "1");
    assert_eq!(store.session.kind(), UnlockKind::Device);
}

#[test]
fn a_write_whose_store_was_destroyed_meanwhile_is_made_in_a_new_one() {
    let (area, store) = new_device();
    set(&store, "a", "1");
    changed_before_next_write(&area, &device(), |other| now(other.destroy()).expect("it can be destroyed"));
    set(&store, "b", "2");
    assert_eq!(entries(&open(&area.other(), &device())), ["b=2"]);
}

#[test]
fn a_write_gives_up_when_keys_never_stay() {
    let (area, store) = new_device();
    let other = open(&area.other(), &device());
    let before = area.clone();
    area.storage.before_writes(move || {
        rotate(&other);
        Ok(())
    });
    assert_eq!(kind(try_set(&store, "a", "1")), ErrorKind::Unavailable);
    assert!(before.records().is_empty());
    area.storage.before_writes(|| Ok(()));
    set(&store, "a", "1");
}

#[test]
fn a_write_that_follows_another_s_unlock_keeps_it() {
    // The write is in progress with the old keys when the handle is unlocked with the new ones.
    IS_PATIENT.set(true);
    for turns in 0..12 {
        let (area, store) = new_slots();
        set(&store, "a", "1");
        let mut writing = pin!(set_soon(&store, "b", "2"));
        drop(run_for(writing.as_mut(), 0));
        rotate(&open(&area.other(), &pass("one")));
        if run_for(writing.as_mut(), turns).is_some() {
            break;
        }
        now(store.unlock(&pass("one"))).expect("it can be unlocked");
        drop(now(writing));
        assert!(!store.is_locked(), "after {turns} turns");
        assert_eq!(get(&store, "a").as_deref(), Some("1"), "after {turns} turns");
    }
}

#[test]
fn a_write_beside_a_rotation_of_the_same_handle_is_made_and_locks_nothing() {
    IS_PATIENT.set(true);
    for unlock in [device(), pass("one")] {
        for seed in 0..100 {
            let area = Process::default();
            let store = Arc::new(open(&area, &unlock));
            set(&store, "a", "1");
            let (writer, rotator) = (Arc::clone(&store), Arc::clone(&store));
            let write = async move {
                for at in 0..10 {
                    set_soon(&writer, "b", &at.to_string()).await.expect("it can be written");
                }
            };
            let rotation = async move { rotate_soon(&rotator).await.expect("its keys can be changed") };
            run(&mut fastrand::Rng::with_seed(seed), vec![Box::pin(write), Box::pin(rotation)]);
            assert!(!store.is_locked(), "seed {seed}");
            assert_eq!(entries(&store), ["a=1", "b=9"], "seed {seed}");
        }
    }
}

#[test]
fn no_nonce_and_no_ephemeral_key_is_used_twice() {
    let (area, store) = new_slots();
    let mut seen = std::collections::BTreeSet::new();
    let mut look = |area: &Process| {
        let ring = area.parsed();
        for slot in &ring.head.slots {
            assert!(seen.insert(slot.data_key.enc.to_vec()), "its key makes the nonce");
        }
        assert!(seen.insert(ring.body.nonce.to_vec()) && seen.insert(ring.head.data_key_id.to_vec()));
        for (stored_name, record) in area.records() {
            let nonce = crate::sealed::format::record::nonce(&record);
            assert!(seen.insert(stored_name.to_vec()) && seen.insert(nonce.to_vec()));
        }
    };
    for _ in 0..20 {
        now(store.put_all(vec![put("a", "same"), put("b", "same")])).expect("it can be written");
        look(&area);
        rotate(&store);
    }
    for _ in 0..50 {
        set(&store, "a", "same");
        let (at, record) = area.records().swap_remove(0);
        assert_eq!(record[0], 1);
        drop((at, record));
    }
}

/// Gives the store this revision.
fn at_revision(area: &Process, revision: u64) {
    let (ring, _, records) = area.storage.stored_now();
    area.storage.tamper(ring, revision, records);
}

#[test]
fn a_revision_that_would_not_be_read_is_not_written() {
    let (area, store) = new_device();
    set(&store, "a", "1");
    at_revision(&area, MAX_REVISION - 1);
    set(&store, "a", "2");
    let before = area.bare();
    let changes: [fn(&Store) -> Result<()>; 4] = [
        |store| try_set(store, "a", "3"),
        |store| now(store.remove("a")).map(drop),
        |store| now(store.clear()),
        |store| now(rotate_soon(store)),
    ];
    for change in changes {
        let error = error(change(&store));
        assert_eq!(error.kind(), ErrorKind::Unavailable);
        assert!(error.to_string().contains("import its entries into a store of another name"), "{error}");
        assert_eq!(area.bare(), before);
    }
    // What the message advises.
    assert_eq!(entries(&store), ["a=2"]);
    now(store.destroy()).expect("it can be destroyed");
    set(&store, "a", "3");
}

#[test]
fn a_generation_that_could_not_be_followed_is_not_written() {
    let area = Process::default();
    let store = open(&area, &app_key(1));
    set(&store, "a", "1");
    let mut ring = area.parsed();
    ring.head.generation = u64::MAX;
    let keys = now(store.session.keys()).expect("it is open").expect("there are keys").0;
    let body =
        now(aead::open_one(&keys.data_key, &area.parsed().head.aad("app"), &ring.body)).expect("it can be opened");
    let bytes = now(keys::seal_ring("app", &ring.head, &keys.data_key, &body.expect("it opens")));
    let bytes = bytes.expect("it can be written");
    area.put_ring(Some(StoredRing { bytes, device_key: None }));
    let store = open(&area, &app_key(1));
    let before = area.bare();
    for changed in [now(rotate_soon(&store)), try_add(&store, &app_key(2), "").map(drop)] {
        let error = error(changed);
        assert_eq!(error.kind(), ErrorKind::Unavailable);
        assert!(error.to_string().contains("import its entries into a store of another name"), "{error}");
    }
    assert_eq!(area.bare(), before);
    set(&store, "a", "2");
}

#[test]
fn of_entries_with_one_name_in_a_batch_the_last_counts() {
    let (area, store) = new_device();
    set(&store, "b", "0");
    now(store.put_all(vec![put("a", "1"), put("b", "1"), put("a", "2"), put("b", "2")])).expect("it can be written");
    assert_eq!(entries(&store), ["a=2", "b=2"]);
    assert_eq!(area.records().len(), 2);
}

fn count_up(store: &Store) -> Result<bool> {
    count_up_of(store, "count")
}

fn count_up_of(store: &Store, name: &str) -> Result<bool> {
    let one_more = |old: Option<Plaintext>| {
        let old = old.map_or(0, |old| String::from_utf8_lossy(&old).parse::<u32>().unwrap_or(0));
        Ok(Some((old + 1).to_string().into_bytes()))
    };
    now(store.update(name, one_more))
}

#[test]
fn an_update_builds_on_what_others_have_written_meanwhile() {
    for unlock in [device(), pass("one")] {
        let area = Process::default();
        let store = open(&area, &unlock);
        set(&store, "count", "1");
        changed_before_next_write(&area, &unlock, |other| set(other, "count", "7"));
        assert!(count_up(&store).expect("it can be written"));
        assert_eq!(entries(&store), ["count=8"]);
        changed_before_next_write(&area, &unlock, |other| drop(now(other.remove("count"))));
        assert!(count_up(&store).expect("it can be written"));
        assert_eq!(entries(&store), ["count=1"]);
    }
}

#[test]
fn a_rotation_counts_as_a_change_of_what_is_updated() {
    let (area, store) = new_device();
    set(&store, "count", "1");
    changed_before_next_write(&area, &device(), rotate);
    assert!(count_up(&store).expect("it can be written"));
    assert_eq!(entries(&store), ["count=2"]);
    assert_eq!(area.records().len(), 1, "nothing lies under a name of the old name key");
}

#[test]
fn the_same_value_written_again_is_a_change() {
    let (area, store) = new_device();
    set(&store, "count", "1");
    let tries = Arc::<AtomicUsize>::default();
    changed_before_next_write(&area, &device(), |other| set(other, "count", "1"));
    let counted = Arc::clone(&tries);
    let change = |_: Option<Plaintext>| {
        counted.fetch_add(1, Relaxed);
        Ok(Some(b"2".to_vec()))
    };
    assert!(now(store.update("count", change)).expect("it can be written"));
    assert_eq!(tries.load(Relaxed), 2);
}

#[test]
fn an_update_gives_up_when_others_never_stop() {
    let (area, store) = new_device();
    let other = open(&area.other(), &device());
    let busy = std::cell::Cell::new(false);
    area.storage.before_writes(move || {
        if !busy.replace(true) {
            set(&other, "count", "7");
            busy.set(false);
        }
        Ok(())
    });
    assert_eq!(kind(count_up(&store)), ErrorKind::Unavailable);
    assert_eq!(entries(&store), ["count=7"]);
}

#[test]
fn an_entry_that_came_meanwhile_or_cannot_be_read_is_not_replaced_by_one_that_wants_to_be_first() {
    let (area, store) = new_device();
    changed_before_next_write(&area, &device(), |other| set(other, "b", "theirs"));
    let add = |store: &Store| now(Verbs::put_all(store, &[("a", b"mine"), ("b", b"mine")], Over::Nothing));
    assert_eq!(add(&store).expect("nothing is there to fail"), [1]);
    assert_eq!(entries(&store), ["b=theirs"]);
    let mut records = area.records();
    records[0].1 = Bytes::from([0; 9]);
    area.put_records(records.clone());
    assert_eq!(add(&store).expect("nothing is there to fail"), [1]);
    assert_eq!(kind(count_up_of(&store, "b")), ErrorKind::Corrupt);
    assert_eq!(area.records(), records);
}

#[test]
fn what_was_not_written_is_told_to_nobody() {
    let (area, store) = new_device();
    set(&store, "a", "1");
    let mut watch = store.session.watch();
    assert_eq!(
        now(Verbs::put_all(&store, &[("a", b"2"), ("b", b"2")], Over::Nothing)).expect("nothing is there to fail"),
        [0]
    );
    assert!(!now(store.update("a", |_| Ok(None::<Vec<u8>>))).expect("there is nothing to write"));
    assert_eq!(area.bare().1, 2, "made and set");
    assert!(futures_util::FutureExt::now_or_never(futures_util::StreamExt::next(&mut watch)).is_none());
}

#[test]
fn a_transaction_makes_its_changes_one_after_the_other() {
    let mut random = fastrand::Rng::with_seed(7);
    let mut stored = crate::sealed::stored::Stored::<TestKey>::default();
    let (_, store) = new_device();
    let ring = now(store.session.current()).expect("there is a ring");
    assert!(stored.create(ring.stored.clone()).expect("it can be counted"));
    let mut oracle = BTreeMap::new();
    for _ in 0..500 {
        let mut edits = Vec::new();
        let mut expected = Vec::new();
        for _ in 0..random.usize(1..12) {
            let name = [random.u8(0..9); 32];
            let (edit, existed) = match random.u8(0..20) {
                0 => (Edit::Clear, !std::mem::take(&mut oracle).is_empty()),
                1..7 => (Edit::Remove(name), oracle.remove(&name).is_some()),
                _ => {
                    let record: Bytes = [random.u8(..)].into();
                    (Edit::Put(name, record.clone()), oracle.insert(name, record).is_some())
                }
            };
            edits.push(edit);
            expected.push(existed);
        }
        let written = stored.write(&ring.id, &edits, &[]).expect("it can be counted").expect("the same ring");
        assert_eq!(written.existed, expected, "{edits:?}");
        assert!(stored.records.iter().map(|(name, record)| (name, record)).eq(&oracle), "{edits:?}");
    }
}
