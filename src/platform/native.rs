//! Desktop and mobile: sealed stores in vaults, whose device keys the system's keychain has, or in memory; the flutter
//! layout in memory. The engine is RustCrypto's.

mod disk;
pub(super) mod flutter_app;
mod key;
pub(super) mod keychain;
mod vault;

use std::{borrow::Cow, path::PathBuf, sync::Arc, time::Duration};

use directories::BaseDirs;

use super::flutter_os;
use crate::{
    area::{
        memory::Memory,
        memory_or::MemoryOr,
        record_memory::RecordMemory,
        records::{Found, RecordArea},
    },
    crypto::{
        cipher::{Cipher, Plaintext},
        software::SoftwareCipher,
        wrap,
    },
    error::{Error, ErrorKind, Result},
    flutter::FlutterStore,
    options::{CallOptions, FlutterApp, Layout, Settings, WebOptions},
    report::{Availability, Durability, Importable, Presence},
    sealed::SealedStore,
    store::{Parts, Store},
    unlock::UnlockKind,
};
use disk::Files;
use key::NativeKey;
use keychain::SystemKeychain;
use vault::Vault;

/// What areas' texts are here.
pub(crate) type AreaText = str;

/// What a handle calls.
pub(crate) type Backend = Store<Native>;

/// Where sealed stores' records lie.
type NativeRecords = MemoryOr<Vault<Files, SystemKeychain>>;

/// What stores are made of here.
pub(crate) enum Native {}

impl Parts for Native {
    type Area = Memory;
    type Cipher = SoftwareCipher;
    type Records = NativeRecords;
    type Key = NativeKey;
}

pub(crate) async fn open(settings: &Settings) -> Result<Backend> {
    let Settings { namespace, web, must_exist, unlock, .. } = settings;
    match web.layout.unwrap_or_default() {
        #[cfg(feature = "sealed")]
        Layout::Sealed => {
            let unlock = unlock.clone().unwrap_or_default();
            Ok(Store::Sealed(SealedStore::over(records(settings)?, namespace, &unlock, *must_exist).await?))
        }
        #[cfg(feature = "flutter")]
        Layout::Flutter => {
            check_flutter(settings)?;
            let wrap = import_wrap(web).await?;
            let engine = web.engine.unwrap_or_default();
            Ok(Store::Flutter(FlutterStore::over(Memory::default(), namespace, engine, wrap, *must_exist).await?))
        }
        #[allow(unreachable_patterns, reason = "a build may be without one of the layouts")]
        left_out => Err(left_out.is_left_out()),
    }
}

/// The same store with some options changed.
pub(crate) async fn with(backend: &Backend, options: &CallOptions) -> Result<Backend> {
    match backend {
        #[cfg(feature = "sealed")]
        Store::Sealed(store) => Ok(Store::Sealed(store.with(options)?)),
        #[cfg(feature = "flutter")]
        Store::Flutter(store) => {
            options.check_flutter()?;
            let wrap = import_wrap(&options.web).await?.or_else(|| store.wrap().cloned());
            let engine = options.web.engine.unwrap_or(store.engine());
            Ok(Store::Flutter(FlutterStore::over(store.area().clone(), &store.namespace(), engine, wrap, false).await?))
        }
    }
}

/// Removes a namespace without opening it.
pub(crate) async fn destroy(settings: &Settings) -> Result<()> {
    match settings.web.layout.unwrap_or_default() {
        #[cfg(feature = "sealed")]
        Layout::Sealed => records(settings)?.destroy().await,
        // Nothing to remove: what is in memory belongs to a handle.
        #[cfg(feature = "flutter")]
        Layout::Flutter => check_flutter(settings),
        #[allow(unreachable_patterns, reason = "a build may be without one of the layouts")]
        left_out => Err(left_out.is_left_out()),
    }
}

/// Where a sealed store's records lie.
fn records(settings: &Settings) -> Result<NativeRecords> {
    if settings.in_memory {
        return Ok(MemoryOr::Memory(RecordMemory::default()));
    }
    let keychain = SystemKeychain::new(&settings.namespace, settings.native.timeout());
    Vault::new(&directory(settings)?, &settings.namespace, keychain).map(MemoryOr::Stored)
}

/// Where vaults lie. Not in a directory that roams: the keychain's items do not.
fn directory(settings: &Settings) -> Result<PathBuf> {
    let default = || BaseDirs::new().map(|dirs| dirs.data_local_dir().join("keyfold"));
    settings.native.directory.clone().or_else(default).ok_or_else(|| {
        let message = "this user has no home directory: say in NativeOptions in which one the vault is to be";
        Error::new(ErrorKind::Unavailable, message)
    })
}

/// Asks that what is stored stays.
pub(crate) async fn persist() -> Result<bool> {
    Err(Error::new(ErrorKind::Unsupported, "only a browser evicts what is stored, and can be asked not to"))
}

/// What a Flutter app has stored on this system.
pub(crate) async fn flutter_values(app: &FlutterApp, timeout: Duration) -> Result<Importable> {
    let app = app.clone();
    keychain::within(timeout, move || flutter_os::values(&app), || {}).await
}

/// A value to seal.
pub(crate) fn input(bytes: &[u8]) -> Cow<'_, [u8]> {
    bytes.into()
}

/// An opened value.
pub(crate) fn output(value: Plaintext) -> Plaintext {
    value
}

pub(crate) async fn availability(settings: &Settings) -> Availability {
    let found = is_found(settings).await;
    Availability {
        durability: if settings.in_memory { Durability::Memory } else { Durability::Persistent },
        recoverable: settings.is_recoverable(),
        found: if matches!(found, Ok(true)) { Presence::Present } else { Presence::Unknown },
        reason: match found {
            Ok(_) => unusable(settings).await,
            Err(error) => Some(error),
        },
    }
}

/// Whether there is anything of a namespace.
async fn is_found(settings: &Settings) -> Result<bool> {
    match settings.web.layout.unwrap_or_default() {
        Layout::Sealed => Ok(!matches!(records(settings)?.find().await?, Found::Nothing)),
        Layout::Flutter => check_flutter(settings).map(|()| false),
    }
}

/// Why what opens the store cannot be had.
async fn unusable(settings: &Settings) -> Option<Error> {
    let is_device = settings.unlock.as_ref().is_none_or(|unlock| unlock.kind() == UnlockKind::Device);
    if settings.in_memory || !is_device {
        return None;
    }
    keychain::availability(settings.native.timeout()).await.err()
}

fn check_flutter(settings: &Settings) -> Result<()> {
    if settings.in_memory {
        return Ok(());
    }
    let message =
        "outside a browser the flutter layout is kept in memory only: call in_memory(), or leave the layout out";
    Err(Error::new(ErrorKind::Unsupported, message))
}

async fn import_wrap(web: &WebOptions) -> Result<Option<Arc<<SoftwareCipher as Cipher>::Wrap>>> {
    match wrap::decode(web)? {
        Some((key, iv)) => Ok(Some(Arc::new(SoftwareCipher::import_wrap(&key, &iv).await?))),
        None => Ok(None),
    }
}

// The reason why JSON cannot be written or read may quote the value, so neither gives it.

#[cfg(feature = "serde")]
pub(crate) fn to_json<T: serde::Serialize + ?Sized>(value: &T) -> Result<String, ()> {
    serde_json::to_string(value).map_err(drop)
}

#[cfg(feature = "serde")]
pub(crate) fn from_json<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, ()> {
    serde_json::from_str(text).map_err(drop)
}
