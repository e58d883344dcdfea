//! Browsers, and Node for stores in memory: Web Storage, WebCrypto, and claims in IndexedDB.

mod claim;
mod env;
mod subtle;
mod web_storage;

use std::sync::Arc;

use crate::{
    area::{Area, Listing, memory::Memory},
    crypto::cipher::Cipher,
    error::Result,
    flutter::{self, FlutterStore},
    options::{CallOptions, Settings, WebOptions},
    report::{Availability, Durability},
    watch::Hub,
};
#[cfg(feature = "npm")]
pub(crate) use env::BrowserError;
use subtle::{SubtleWrap, WebCipher};
use web_storage::{Kind, WebStorage};

/// What a handle calls.
pub(crate) type Backend = FlutterStore<WebArea, WebCipher>;

impl Backend {
    pub(crate) async fn open(settings: &Settings) -> Result<Self> {
        let area = WebArea::open(settings)?;
        let wrap = import_wrap(&settings.web).await?;
        let engine = settings.web.engine.unwrap_or_default();
        FlutterStore::over(area, &settings.namespace, engine, wrap, settings.must_exist).await
    }

    /// The same store with some options changed.
    pub(crate) async fn with(&self, namespace: &str, options: &CallOptions) -> Result<Self> {
        let area = match (self.area(), options.web.use_session_storage) {
            (WebArea::Storage(_), Some(session)) => WebArea::Storage(WebStorage::open(Kind::of(session))?),
            (area, _) => area.clone(),
        };
        let wrap = import_wrap(&options.web).await?.or_else(|| self.wrap().cloned());
        let engine = options.web.engine.unwrap_or(self.engine());
        FlutterStore::over(area, namespace, engine, wrap, false).await
    }

    pub(crate) async fn destroy_unopened(settings: &Settings) -> Result<()> {
        flutter::destroy(&WebArea::open(settings)?, &settings.namespace).await
    }
}

pub(crate) async fn availability(settings: &Settings) -> Availability {
    let durability = match Kind::of(settings.web.use_session_storage.unwrap_or(false)) {
        _ if settings.in_memory => Durability::Memory,
        Kind::Session => Durability::Tab,
        Kind::Local if env::is_persisted().await => Durability::Persistent,
        Kind::Local => Durability::BestEffort,
    };
    Availability { reason: WebArea::open(settings).err(), durability, recoverable: true }
}

async fn import_wrap(web: &WebOptions) -> Result<Option<Arc<SubtleWrap>>> {
    match web.decode_wrap()? {
        Some((key, iv)) => Ok(Some(Arc::new(WebCipher::import_wrap(&key, &iv).await?))),
        None => Ok(None),
    }
}

/// The areas of a browser: chosen when a store is opened, so an enum.
#[derive(Clone, Debug)]
pub(crate) enum WebArea {
    Storage(WebStorage),
    Memory(Memory),
}

impl WebArea {
    fn open(settings: &Settings) -> Result<Self> {
        env::subtle()?;
        if settings.in_memory {
            return Ok(WebArea::Memory(Memory::default()));
        }
        let kind = Kind::of(settings.web.use_session_storage.unwrap_or(false));
        Ok(WebArea::Storage(WebStorage::open(kind)?))
    }
}

impl Area for WebArea {
    fn get(&self, name: &str) -> Result<Option<String>> {
        match self {
            WebArea::Storage(area) => area.get(name),
            WebArea::Memory(area) => area.get(name),
        }
    }

    fn set(&self, name: &str, text: &str) -> Result<()> {
        match self {
            WebArea::Storage(area) => area.set(name, text),
            WebArea::Memory(area) => area.set(name, text),
        }
    }

    fn remove(&self, name: &str) -> Result<bool> {
        match self {
            WebArea::Storage(area) => area.remove(name),
            WebArea::Memory(area) => area.remove(name),
        }
    }

    fn list(&self, prefix: &str) -> Result<Listing> {
        match self {
            WebArea::Storage(area) => area.list(prefix),
            WebArea::Memory(area) => area.list(prefix),
        }
    }

    fn add(&self, name: &str, text: &str) -> Result<String> {
        match self {
            WebArea::Storage(area) => area.add(name, text),
            WebArea::Memory(area) => area.add(name, text),
        }
    }

    async fn claimed(&self, name: &str) -> Result<Option<String>> {
        match self {
            WebArea::Storage(area) => area.claimed(name).await,
            WebArea::Memory(area) => area.claimed(name).await,
        }
    }

    async fn establish(&self, name: &str, claimed: Option<&str>, text: &str) -> Result<String> {
        match self {
            WebArea::Storage(area) => area.establish(name, claimed, text).await,
            WebArea::Memory(area) => area.establish(name, claimed, text).await,
        }
    }

    async fn follow(&self, name: &str, text: &str) {
        match self {
            WebArea::Storage(area) => area.follow(name, text).await,
            WebArea::Memory(area) => area.follow(name, text).await,
        }
    }

    async fn disclaim(&self, name: &str) -> Result<()> {
        match self {
            WebArea::Storage(area) => area.disclaim(name).await,
            WebArea::Memory(area) => area.disclaim(name).await,
        }
    }

    fn hub(&self, namespace: &str) -> Arc<Hub> {
        match self {
            WebArea::Storage(area) => area.hub(namespace),
            WebArea::Memory(area) => area.hub(namespace),
        }
    }
}
