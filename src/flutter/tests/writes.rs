//! Writes and removals: what is kept when the storage is full, and what reads leave behind.

use super::*;
use crate::{flutter::area::Listing, watch::Hub};

#[test]
fn a_full_storage_keeps_the_old_value() {
    let area = Memory::default();
    let store = open(&area, "app");
    set(&store, "token", "old");
    let before = everything(&area);
    area.fill_after(0);
    assert_eq!(kind(now(store.set("token", b"new"))), (ErrorKind::QuotaExceeded, Some("token".into())));
    assert_eq!(kind(now(store.set("other", b"new"))), (ErrorKind::QuotaExceeded, Some("other".into())));
    assert_eq!(everything(&area), before);
    assert_eq!(get(&store, "token").as_deref(), Some("old"));
}

#[test]
fn a_storage_that_is_full_at_the_first_write_can_be_written_to_later() {
    for room in [0, 1] {
        let area = Memory::default();
        let store = open(&area, "app");
        area.fill_after(room);
        assert_eq!(kind(now(store.set("token", b"first"))).0, ErrorKind::QuotaExceeded);
        assert_eq!(now(store.keys()).expect("it can be listed"), [""; 0], "room for {room}");
        assert_eq!(everything(&area).len(), room, "at most the key entry");
        area.fill_after(usize::MAX);
        set(&store, "token", "second");
        assert_eq!(get(&open(&area, "app"), "token").as_deref(), Some("second"));
    }
}

/// An area that holds a limited number of characters, names and texts together, as localStorage does.
#[derive(Clone)]
struct Small {
    area: Memory,
    room: usize,
}

impl Small {
    fn used(&self) -> usize {
        everything(&self.area).iter().map(|(name, text)| name.len() + text.len()).sum()
    }
}

impl Area for Small {
    type Text = str;

    fn get(&self, name: &str) -> Result<Option<String>> {
        self.area.get(name)
    }

    fn set(&self, name: &str, text: &str) -> Result<()> {
        let there = self.area.get(name)?.map_or(0, |there| name.len() + there.len());
        if self.used() - there + name.len() + text.len() > self.room {
            return Err(Error::new(ErrorKind::QuotaExceeded, "the storage is full"));
        }
        self.area.set(name, text)
    }

    fn remove(&self, name: &str) -> Result<bool> {
        self.area.remove(name)
    }

    fn list(&self, prefix: &str) -> Result<Listing<str>> {
        self.area.list(prefix)
    }

    fn add(&self, name: &str, text: &str) -> Result<String> {
        match self.get(name)? {
            Some(there) => Ok(there),
            None => self.set(name, text).map(|()| text.to_owned()),
        }
    }

    fn hub(&self, namespace: &str) -> Arc<Hub> {
        self.area.hub(namespace)
    }
}

/// Tries a batch with every amount of room, from none to enough. Returns how often there was too little.
fn with_every_amount_of_room(there: &[(&str, &[u8])], batch: &[(&str, &[u8])]) -> usize {
    for room in 0.. {
        let area = Memory::default();
        let store = open(&area, "app");
        now(store.set_all(there)).expect("there is room");
        let before = everything(&area);
        let small =
            Small { area, room: room + before.iter().map(|(name, text)| name.len() + text.len()).sum::<usize>() };
        let store = open(&small, "app");
        match now(store.set_all(batch)) {
            Ok(()) => {
                for (key, _) in batch {
                    let (_, last) = batch.iter().rfind(|(other, _)| other == key).expect("it is there");
                    assert_eq!(get_bytes(&store, key).expect("it opens").as_deref(), Some(*last), "{key:?}");
                }
                return room;
            }
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::QuotaExceeded);
                assert_eq!(everything(&small), before, "with {room} characters of room");
            }
        }
    }
    unreachable!("the loop has no end")
}

#[test]
fn a_batch_is_written_whole_or_not_at_all() {
    let there: [(&str, &[u8]); 3] = [("a", b"old a"), ("b", &[7; 40]), ("unconcerned", b"x")];
    let batch: [(&str, &[u8]); 5] =
        [("new", b"1"), ("a", &[1; 50]), ("newer", b"2"), ("b", b"shorter"), ("c", &[3; 90])];
    assert!(with_every_amount_of_room(&there, &batch) > 100);
}

#[test]
fn a_batch_that_made_its_own_room_is_taken_back_in_the_order_that_has_room() {
    let there: [(&str, &[u8]); 2] = [("a", &[7; 60]), ("b", b"old b")];
    // What shrinks first makes room for the next, so putting it back first would not fit.
    let batch: [(&str, &[u8]); 3] = [("a", b"shorter"), ("b", &[1; 40]), ("c", &[2; 90])];
    assert!(with_every_amount_of_room(&there, &batch) > 50);
}

#[test]
fn a_batch_that_names_an_entry_twice_is_written_whole_or_not_at_all() {
    let batch: [(&str, &[u8]); 4] = [("a", b"first"), ("a", b"second"), ("b", b"x"), ("a", b"third")];
    assert!(with_every_amount_of_room(&[("unconcerned", b"x")], &batch) > 50);
    assert!(with_every_amount_of_room(&[("a", b"old")], &batch) > 30);
}

/// Every verb that only looks.
fn look(store: &Store) {
    for key in ["", "token", "absent", "a.b"] {
        drop(now(store.get(key)));
        drop(store.contains_key(key));
    }
    drop(now(store.get_all(OnUnreadable::Fail)));
    drop(now(store.get_all(OnUnreadable::Skip)));
    drop(store.keys());
    drop(now(store.verify()));
    drop(store.watch());
}

#[test]
fn reads_create_nothing() {
    for wrap in [None, wrap(7)] {
        for storage in [
            vec![],
            vec![("app.token", "left without its key")],
            vec![("app.x", clear_key(1).leak() as &str), ("app.x.token", "x.y"), ("other", "theirs")],
        ] {
            let area = Memory::default();
            storage.iter().for_each(|(name, text)| area.set(name, text).expect("there is room"));
            let before = everything(&area);
            let store = try_open(area.clone(), "app", wrap.clone()).expect("it opens");
            look(&store);
            // Nor does removing what is not there.
            assert_eq!(now(store.remove("absent")).ok(), Some(false));
            assert_eq!(everything(&area), before);
        }
    }
}

#[test]
fn reads_of_a_store_change_nothing() {
    let area = Memory::default();
    set(&open(&area, "app"), "token", "value");
    area.set("app.damaged", "no dot").expect("there is room");
    let before = everything(&area);
    look(&open(&area, "app"));
    assert_eq!(everything(&area), before);
}

#[test]
fn clear_keeps_the_key() {
    for wrap in [None, wrap(7)] {
        let area = Memory::default();
        area.set("other", "theirs").expect("there is room");
        let store = try_open(area.clone(), "app", wrap).expect("it opens");
        set(&store, "token", "value");
        set(&store, "", "empty name");
        let key_entry = area.get("app").expect("it can be read");
        now(store.clear()).expect("it can be cleared");
        assert_eq!(area.get("app").expect("it can be read"), key_entry);
        assert_eq!(everything(&area).into_keys().collect::<Vec<_>>(), ["app", "other"]);
        set(&store, "token", "again");
        assert_eq!(area.get("app").expect("it can be read"), key_entry, "the next write made another key");
    }
}

#[test]
fn destroy_removes_everything_and_the_next_write_makes_a_key() {
    let area = Memory::default();
    area.set("other", "theirs").expect("there is room");
    let store = try_open(area.clone(), "app", wrap(7)).expect("it opens");
    set(&store, "token", "value");
    let key_entry = area.get("app").expect("it can be read");
    now(store.destroy()).expect("it can be destroyed");
    assert_eq!(everything(&area).into_keys().collect::<Vec<_>>(), ["other"]);
    assert_eq!(get(&store, "token"), None);
    set(&store, "token", "again");
    assert_ne!(area.get("app").expect("it can be read"), key_entry);
    // The way to change a wrap key.
    now(store.destroy()).expect("it can be destroyed");
    let rewrapped = try_open(area, "app", wrap(8)).expect("it opens");
    set(&rewrapped, "token", "under another wrap key");
    assert_eq!(kind(now(store.get("token"))).0, ErrorKind::WrongKey);
}

#[test]
fn what_is_stored_is_the_layout_s_text() {
    let area = Memory::default();
    let store = open(&area, "app");
    set(&store, "token", "");
    let entries = everything(&area);
    assert_eq!(entries.keys().collect::<Vec<_>>(), ["app", "app.token"]);
    assert!(matches!(KeyEntry::parse(&entries["app"]), Ok(KeyEntry::Clear32OrWrapped16(_))));
    let sealed = SealedValue::parse(&entries["app.token"]).expect("it is a sealed value");
    assert_eq!(sealed.ciphertext.len(), 16, "an empty value is a tag alone");
    let wrapped = Memory::default();
    set(&try_open(wrapped.clone(), "app", wrap(7)).expect("it opens"), "token", "value");
    assert!(matches!(KeyEntry::parse(&everything(&wrapped)["app"]), Ok(KeyEntry::Wrapped32(_))));
}

#[test]
fn no_nonce_is_used_twice() {
    let area = Memory::default();
    let store = open(&area, "app");
    let mut nonces = std::collections::BTreeSet::new();
    for _ in 0..200 {
        set(&store, "token", "the same value");
        let text = area.get("app.token").expect("it can be read").expect("it is there");
        assert!(nonces.insert(SealedValue::parse(&text).expect("it is whole").nonce));
    }
}

#[test]
fn what_is_damaged_is_named_and_can_be_left_out() {
    let area = Memory::default();
    let store = open(&area, "app");
    set(&store, "whole", "value");
    for (key, text) in [("cut", "AAAA"), ("foreign", "oKGio6Slpqeoqaqr.XGmWJa9Lk6D4IgoqYRnF0A==")] {
        area.set(&format!("app.{key}"), text).expect("there is room");
        assert_eq!(kind(now(store.get(key))), (ErrorKind::Corrupt, Some(key.to_owned())));
    }
    assert_eq!(kind(now(store.get_all(OnUnreadable::Fail))).0, ErrorKind::Corrupt);
    let readable = get_all(&store, OnUnreadable::Skip).expect("the rest opens");
    assert_eq!(readable, [("whole".to_owned(), b"value".to_vec())]);
    let report = now(store.verify()).expect("it can be verified");
    assert_eq!(report.readable, ["whole"]);
    let unreadable: Vec<_> =
        report.unreadable.iter().map(|entry| (entry.key.as_deref().unwrap_or_default(), entry.kind)).collect();
    assert_eq!(unreadable, [("cut", ErrorKind::Corrupt), ("foreign", ErrorKind::Corrupt)]);
    // They can be overwritten and removed.
    set(&store, "cut", "mended");
    assert_eq!(get(&store, "cut").as_deref(), Some("mended"));
    assert_eq!(now(store.remove("foreign")).ok(), Some(true));
}

#[test]
fn a_missing_key_is_never_left_out() {
    let area = Memory::default();
    set(&open(&area, "app"), "token", "value");
    area.remove("app").expect("it can be removed");
    let store = open(&area, "app");
    assert_eq!(kind(now(store.get_all(OnUnreadable::Skip))).0, ErrorKind::KeyMissing);
    let report = now(store.verify()).expect("it can be verified");
    assert_eq!(report.unreadable.first().map(|entry| entry.kind), Some(ErrorKind::KeyMissing));
}
