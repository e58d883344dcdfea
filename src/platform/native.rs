//! Desktop and mobile: in this version the flutter layout in memory, with the software engine.

use std::{borrow::Cow, sync::Arc};

use crate::{
    area::memory::Memory,
    crypto::{
        cipher::{Cipher, Plaintext},
        software::SoftwareCipher,
        wrap,
    },
    error::{Error, ErrorKind, Result},
    flutter::FlutterStore,
    options::{CallOptions, Settings, WebOptions},
    report::{Availability, Durability},
};

/// What areas' texts are here.
pub(crate) type AreaText = str;

/// What a handle calls.
pub(crate) type Backend = FlutterStore<Memory, SoftwareCipher>;

impl Backend {
    pub(crate) async fn open(settings: &Settings) -> Result<Self> {
        check(settings)?;
        let wrap = import_wrap(&settings.web).await?;
        let engine = settings.web.engine.unwrap_or_default();
        FlutterStore::over(Memory::default(), &settings.namespace, engine, wrap, settings.must_exist).await
    }

    /// The same store with some options changed.
    pub(crate) async fn with(&self, namespace: &str, options: &CallOptions) -> Result<Self> {
        let wrap = import_wrap(&options.web).await?.or_else(|| self.wrap().cloned());
        let engine = options.web.engine.unwrap_or(self.engine());
        FlutterStore::over(self.area().clone(), namespace, engine, wrap, false).await
    }

    /// Nothing to remove: what is in memory belongs to a handle.
    pub(crate) async fn destroy_unopened(settings: &Settings) -> Result<()> {
        check(settings)
    }
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
    Availability { reason: check(settings).err(), durability: Durability::Memory, recoverable: true }
}

fn check(settings: &Settings) -> Result<()> {
    if settings.in_memory {
        return Ok(());
    }
    let message = "outside a browser this version keeps the flutter layout in memory only: call in_memory()";
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
