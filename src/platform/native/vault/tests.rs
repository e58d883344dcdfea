//! Vaults on the disk: what is stored is there for the next handle, and whole.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::{fs, path::Path, pin::pin};

use futures_util::future::{Either, select};
use pollster::block_on;

use super::*;
use crate::sealed::format::MAX_REVISION;

mod crashes;
mod doubles;
mod items;

fn vault(directory: &Path) -> Vault<Files> {
    Vault::over(Files, directory, "app")
}

fn ring(text: &[u8]) -> StoredRing<NativeKey> {
    StoredRing { bytes: [text, &sha256(text)[..]].concat(), device_key: None }
}

/// Stores a ring, and gives its id.
fn create(vault: &Vault<Files>) -> RingId {
    let Ok(Found::Ring(ring)) = block_on(vault.create(ring(b"first"))) else { panic!("no ring") };
    ring.id().unwrap()
}

fn put(vault: &Vault<Files>, ring: &RingId, name: u8, record: &[u8]) -> Read<Written> {
    block_on(vault.write(ring, &[Edit::Put([name; 32], record.into())], &[])).unwrap()
}

fn get(vault: &Vault<Files>, ring: &RingId, name: u8) -> Option<Vec<u8>> {
    let found = block_on(vault.get(ring, &[[name; 32]], Age::Known)).unwrap().ok().unwrap();
    found[0].as_ref().map(|record| record.to_vec())
}

#[test]
fn another_handle_finds_what_was_stored() {
    let directory = tempfile::tempdir().unwrap();
    let (one, other) = (vault(directory.path()), vault(directory.path()));
    let ring = create(&one);
    assert_eq!(get(&other, &ring, 7), None);
    assert!(put(&one, &ring, 7, b"record").is_ok());
    assert_eq!(get(&other, &ring, 7).as_deref(), Some(&b"record"[..]));
    assert!(put(&other, &ring, 7, b"again").is_ok());
    assert_eq!(get(&one, &ring, 7).as_deref(), Some(&b"again"[..]));
}

#[test]
fn nothing_is_made_by_looking_or_removing() {
    let directory = tempfile::tempdir().unwrap();
    let below = directory.path().join("a/b");
    let store = vault(&below);
    assert!(matches!(block_on(store.find()).unwrap(), Found::Nothing));
    block_on(store.destroy()).unwrap();
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
    create(&store);
    assert!(below.is_dir());
}

#[test]
fn what_keeps_a_vault_from_being_used_is_told_with_what_to_do() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("file");
    fs::write(&file, "a file").unwrap();
    for done in [block_on(vault(&file).find()).map(drop), block_on(vault(&file).destroy()).map(drop)] {
        let error = done.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
        assert!(error.to_string().contains("is not a directory: name another directory"), "{error}");
    }
    let denied = || io::Error::from(Io::PermissionDenied);
    let vault = vault(home.path());
    for error in [vault.file.not_entered(denied()), vault.file.unreadable(denied())] {
        assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
        assert!(error.to_string().contains("or name another directory in NativeOptions"), "{error}");
    }
    let others = io::Error::new(Io::PermissionDenied, "others may write there: run `chmod go-w there`");
    assert!(vault.file.not_entered(others).to_string().ends_with("`chmod go-w there`"), "says what to do already");
}

/// A vault of this revision, with this ring.
fn craft(directory: &Path, ring: &StoredRing<NativeKey>, revision: u64) {
    let stored = Stored { ring: Some(ring.clone()), revision, records: Vec::new() };
    fs::write(path_of(directory, "app"), encode(&stored).unwrap()).unwrap();
}

#[test]
fn a_vault_that_would_not_be_read_is_not_written() {
    let directory = tempfile::tempdir().unwrap();
    let (store, text) = (vault(directory.path()), ring(b"first"));
    let ring = text.id().unwrap();
    craft(directory.path(), &text, MAX_REVISION);
    let before = fs::read(path_of(directory.path(), "app")).unwrap();
    let error = block_on(store.write(&ring, &[Edit::Put([7; 32], b"record"[..].into())], &[])).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
    let error = block_on(store.replace(&ring, text.clone(), None)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
    assert_eq!(fs::read(path_of(directory.path(), "app")).unwrap(), before);
    assert_eq!(get(&store, &ring, 7), None, "it is still read");
}

#[test]
fn who_writes_waits_for_a_hold_in_this_process_and_in_another() {
    let directory = tempfile::tempdir().unwrap();
    let [one, same_process] = [(); 2].map(|()| Vault::new(directory.path(), "app", false).unwrap());
    // Only the lock file keeps it and the others apart.
    let as_in_another_process = vault(directory.path());
    let id = create(&one);
    let hold = block_on(one.hold()).unwrap().unwrap();
    let edits = [Edit::Put([1; 32], b"record"[..].into())];
    let is_waiting = |other: &Vault<_>| {
        let (write, pause) = (other.write(&id, &edits, &[]), unblock(|| thread::sleep(Duration::from_millis(100))));
        matches!(block_on(select(pin!(write), pin!(pause))), Either::Right(_))
    };
    assert!(is_waiting(&same_process));
    assert!(is_waiting(&as_in_another_process));
    let records = Replacement { revision: 1, records: &[], hold: Some(&hold) };
    block_on(one.replace(&id, ring(b"second"), Some(records))).unwrap().unwrap();
    drop(hold);
    assert!(block_on(same_process.write(&id, &edits, &[])).unwrap().is_err(), "the ring has changed meanwhile");
}

#[test]
fn there_is_nothing_to_hold_where_there_is_no_directory() {
    let home = tempfile::tempdir().unwrap();
    assert!(block_on(vault(&home.path().join("none")).hold()).unwrap().is_none());
}

#[test]
fn a_write_does_not_go_by_attributes_that_are_cached() {
    let disk = doubles::Disk::new(doubles::Syncs::All);
    let (one, other) = (crashes::vault(&disk), crashes::vault(&disk));
    let Ok(Found::Ring(stored)) = block_on(one.create(ring(b"first"))) else { panic!("no ring") };
    let ring = stored.id().unwrap();
    let write = |vault: &Vault<_>, name: u8| {
        block_on(vault.write(&ring, &[Edit::Put([name; 32], b"record"[..].into())], &[])).unwrap().unwrap()
    };
    write(&other, 1);
    disk.cache_attributes();
    write(&one, 2);
    write(&other, 3);
    assert_eq!(block_on(other.all(&ring, Age::Now)).unwrap().unwrap().records.len(), 3);
}
