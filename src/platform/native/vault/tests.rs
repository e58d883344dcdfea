//! Vaults on the disk: what is stored is there for the next handle, and whole.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::{fs, path::Path};

use pollster::block_on;

use super::*;
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
