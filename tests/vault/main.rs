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

use keyfold::{Builder, Error, NativeOptions, SecureStorage, Unlock};
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
