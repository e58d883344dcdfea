//! Desktop and mobile. Sealed stores are in vaults, with device keys in the system's keychain, or in memory. The
//! flutter layout is in memory. The engine is RustCrypto's.
//!
//! What differs between systems is in folders, and the modules below are the table of what each system has. For a new
//! keychain, add a file to `keychain/` and its lines here.

mod deadline;
#[cfg(feature = "sealed")]
mod disk;
#[cfg(feature = "sealed")]
mod key;
#[cfg(all(feature = "keychain", unix, not(any(target_vendor = "apple", target_os = "android"))))]
mod keyring_service;
#[cfg(feature = "sealed")]
mod sealed;
#[cfg(windows)]
mod sharing;
#[cfg(feature = "sealed")]
mod vault;

/// Files, as far as systems differ in handling them.
#[cfg(feature = "sealed")]
mod files {
    #[cfg(unix)]
    mod unix;
    #[cfg(windows)]
    mod windows;

    #[cfg(unix)]
    pub(super) use unix::*;
    #[cfg(windows)]
    pub(super) use windows::*;
}

/// The system's keychain, which is called through `Os`.
#[cfg(feature = "sealed")]
mod keychain {
    mod items;
    #[cfg(all(feature = "keychain", not(any(target_vendor = "apple", target_os = "android"))))]
    mod keyring;
    #[cfg(all(feature = "keychain", unix, not(any(target_vendor = "apple", target_os = "android"))))]
    mod linux;
    #[cfg(any(not(feature = "keychain"), target_vendor = "apple", target_os = "android"))]
    mod none;
    mod system;
    #[cfg(all(feature = "keychain", windows))]
    mod windows;

    #[cfg(all(feature = "keychain", unix, not(any(target_vendor = "apple", target_os = "android"))))]
    use linux::Os;
    #[cfg(any(not(feature = "keychain"), target_vendor = "apple", target_os = "android"))]
    use none::Os;
    pub(super) use system::SystemKeychain;
    #[cfg(all(feature = "keychain", windows))]
    use windows::Os;
}

/// What an app with Flutter's `flutter_secure_storage` has stored on this system. `values` finds it.
mod flutter {
    #[cfg(all(feature = "keychain", unix, not(any(target_vendor = "apple", target_os = "android"))))]
    mod linux;
    #[cfg(all(unix, any(not(feature = "keychain"), target_vendor = "apple", target_os = "android")))]
    mod none;
    #[cfg(any(test, windows))]
    mod older;
    #[cfg(any(test, windows, all(feature = "keychain", not(any(target_vendor = "apple", target_os = "android")))))]
    mod stored;
    #[cfg(test)]
    mod tests;
    #[cfg(windows)]
    mod windows;

    #[cfg(all(feature = "keychain", unix, not(any(target_vendor = "apple", target_os = "android"))))]
    pub(super) use linux::values;
    #[cfg(all(unix, any(not(feature = "keychain"), target_vendor = "apple", target_os = "android")))]
    pub(super) use none::values;
    #[cfg(windows)]
    pub(super) use windows::values;
}

use std::{borrow::Cow, time::Duration};

#[cfg(feature = "flutter")]
use crate::flutter::{memory::Memory, software::SoftwareCipher};
use crate::{
    crypto::Plaintext,
    error::{Error, ErrorKind, Result},
    options::{FlutterApp, Place},
    report::{Durability, Importable},
};
#[cfg(feature = "sealed")]
pub(crate) use sealed::{Sealed, sealed_namespace};

/// What names of entries are made of here.
pub(crate) type Name = str;

/// A value to seal.
pub(crate) type Input = [u8];

/// An opened value.
pub(crate) type Value = Plaintext;

#[cfg(feature = "flutter")]
pub(crate) type FlutterArea = Memory;

#[cfg(feature = "flutter")]
pub(crate) type FlutterCipher = SoftwareCipher;

/// Where the flutter layout's entries are kept.
#[cfg(feature = "flutter")]
pub(crate) fn flutter_area(place: Place) -> Result<Memory> {
    match place {
        Place::Memory => Ok(Memory::default()),
        Place::Default | Place::Session => {
            let message = "outside a browser the flutter layout is kept in memory only: call in_memory(), or leave the \
                           layout out";
            Err(Error::new(ErrorKind::Unsupported, message))
        }
    }
}

/// Asks the platform to keep what is stored.
pub(crate) async fn persist() -> Result<bool> {
    Err(Error::new(ErrorKind::Unsupported, "only a browser evicts what is stored, and can be asked not to"))
}

/// How long what is written stays.
pub(crate) async fn durability(place: Place) -> Durability {
    match place {
        Place::Memory => Durability::Memory,
        Place::Default | Place::Session => Durability::Persistent,
    }
}

/// What a Flutter app has stored on this system.
pub(crate) async fn flutter_values(app: &FlutterApp, timeout: Duration) -> Result<Importable> {
    let app = app.clone();
    deadline::within(timeout, move || flutter::values(&app), || {}).await
}

/// A value to seal.
pub(crate) fn input(bytes: &[u8]) -> Cow<'_, [u8]> {
    bytes.into()
}

/// A value to seal that was made for that.
pub(crate) fn owned_input(bytes: Plaintext) -> Plaintext {
    bytes
}

/// An opened value.
pub(crate) fn output(value: Plaintext) -> Plaintext {
    value
}

// The reason why JSON cannot be written or read may quote the value, so neither function returns it.

#[cfg(feature = "serde")]
pub(crate) fn to_json<T: serde::Serialize + ?Sized>(value: &T) -> Result<String, ()> {
    serde_json::to_string(value).map_err(drop)
}

#[cfg(feature = "serde")]
pub(crate) fn from_json<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, ()> {
    serde_json::from_str(text).map_err(drop)
}
