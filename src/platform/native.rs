//! Desktop and mobile: in this version both layouts in memory, with the software engine.

mod key;

use std::{borrow::Cow, sync::Arc};

use crate::{
    area::{memory::Memory, record_memory::RecordMemory},
    crypto::{
        cipher::{Cipher, Plaintext},
        software::SoftwareCipher,
        wrap,
    },
    error::{Error, ErrorKind, Result},
    flutter::FlutterStore,
    options::{CallOptions, Layout, Settings, WebOptions},
    report::{Availability, Durability, Presence},
    sealed::SealedStore,
    store::{Parts, Store},
};
use key::NativeKey;

/// What areas' texts are here.
pub(crate) type AreaText = str;

/// What a handle calls.
pub(crate) type Backend = Store<Native>;

/// What stores are made of here.
pub(crate) enum Native {}

impl Parts for Native {
    type Area = Memory;
    type Cipher = SoftwareCipher;
    type Records = RecordMemory<NativeKey>;
    type Key = NativeKey;
}

pub(crate) async fn open(settings: &Settings) -> Result<Backend> {
    check(settings)?;
    let Settings { namespace, web, must_exist, unlock, .. } = settings;
    match web.layout.unwrap_or_default() {
        #[cfg(feature = "sealed")]
        Layout::Sealed => {
            let unlock = unlock.clone().unwrap_or_default();
            Ok(Store::Sealed(SealedStore::over(RecordMemory::default(), namespace, &unlock, *must_exist).await?))
        }
        #[cfg(feature = "flutter")]
        Layout::Flutter => {
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

/// Nothing to remove: what is in memory belongs to a handle.
pub(crate) async fn destroy(settings: &Settings) -> Result<()> {
    check(settings)
}

/// Asks that what is stored stays.
pub(crate) async fn persist() -> Result<bool> {
    Err(Error::new(ErrorKind::Unsupported, "only a browser evicts what is stored, and can be asked not to"))
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
    Availability {
        reason: check(settings).err(),
        durability: Durability::Memory,
        recoverable: settings.is_recoverable(),
        found: Presence::Unknown,
    }
}

fn check(settings: &Settings) -> Result<()> {
    if settings.in_memory {
        return Ok(());
    }
    let message = "outside a browser this version keeps stores in memory only: call in_memory()";
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
