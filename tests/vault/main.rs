//! Vaults as processes meet: killed at any moment, several at once, on a disk that is full or read-only.

#![cfg(not(target_family = "wasm"))]
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod at_once;
#[cfg(unix)]
mod attacked;
mod child;
#[cfg(all(target_os = "linux", feature = "keychain"))]
mod flutter_keyring;
#[cfg(all(target_os = "linux", feature = "keychain"))]
mod keyring;
mod kills;
#[cfg(all(target_os = "linux", feature = "keychain"))]
mod moving_keyring;
#[cfg(unix)]
mod no_room;
mod others;
#[cfg(all(target_os = "linux", feature = "keychain"))]
#[path = "../session/mod.rs"]
mod session;

use std::{collections::BTreeMap, path::Path};

use keyfold::{Builder, Error, ErrorKind, NativeOptions, Presence, SecureStorage, Unlock};
use pollster::block_on;

/// The builder of a store that an app key opens.
fn builder(directory: &Path) -> Builder {
    let native = NativeOptions::new().directory(directory);
    SecureStorage::builder("app").native(native).unlock(key())
}

fn open(directory: &Path) -> Result<SecureStorage, Error> {
    block_on(builder(directory).open())
}

fn key() -> Unlock {
    Unlock::app_key([7; 32])
}

fn all(directory: &Path) -> BTreeMap<String, String> {
    block_on(open(directory).unwrap().get_all()).unwrap()
}

#[test]
fn a_damaged_vault_is_present_and_tells_no_unlocks() {
    let home = tempfile::tempdir().unwrap();
    let directory = home.path().join("data");
    assert_eq!(block_on(builder(&directory).unlocks()).unwrap(), []);
    assert!(!directory.exists(), "asking makes nothing");
    block_on(open(&directory).unwrap().set("token", "s3cret")).unwrap();
    let files = || std::fs::read_dir(&directory).unwrap().map(|file| file.unwrap().path());
    let vault = files().find(|path| path.extension().is_some_and(|extension| extension == "vault")).unwrap();
    let whole = std::fs::read(&vault).unwrap();
    let damages: [fn(&mut Vec<u8>); 3] = [Vec::clear, |bytes| bytes[30] ^= 1, |bytes| bytes.truncate(bytes.len() / 2)];
    for damage in damages {
        let mut damaged = whole.clone();
        damage(&mut damaged);
        std::fs::write(&vault, &damaged).unwrap();
        let availability = block_on(SecureStorage::availability(&builder(&directory)));
        let reason = availability.reason.map(|reason| reason.kind());
        assert_eq!((availability.found, reason), (Presence::Present, Some(ErrorKind::Corrupt)));
        assert_eq!(availability.unlocks, []);
        assert_eq!(block_on(builder(&directory).unlocks()).unwrap_err().kind(), ErrorKind::Corrupt);
        assert_eq!(std::fs::read(&vault).unwrap(), damaged);
    }
    std::fs::write(&vault, whole).unwrap();
    assert_eq!(
        block_on(builder(&directory).unlocks()).unwrap(),
        block_on(open(&directory).unwrap().unlocks()).unwrap()
    );
}
