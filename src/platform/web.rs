//! Browsers, and Node for stores in memory: Web Storage, WebCrypto, and claims in IndexedDB.

mod claim;
mod database;
mod env;
#[cfg_attr(not(feature = "software"), path = "web/not_small.rs")]
mod small;
mod storage_events;
mod subtle;
mod text;
mod value;
mod web_storage;

use std::sync::Arc;

use js_sys::JsString;

use crate::{
    area::{Area, Listing, memory::Memory},
    crypto::{cipher::Cipher, wrap},
    error::{Error, Result},
    flutter::{self, FlutterStore},
    format::flutter::Names,
    options::{CallOptions, Settings, WebOptions},
    report::{Availability, Durability},
    text::Text,
    watch::Hub,
};
#[cfg(feature = "npm")]
pub(crate) use env::{BrowserError, set_property};
use subtle::{SubtleWrap, WebCipher};
#[cfg(feature = "npm")]
pub(crate) use value::{Input, Outside};
pub(crate) use value::{input, output};
use web_storage::{Kind, WebStorage};

/// How long what other processes wrote is given to arrive in localStorage, where there is nothing better to
/// wait for: enough in every trial, and not a guarantee.
const SETTLE_MS: u32 = 50;

/// What areas' texts are here.
pub(crate) type AreaText = JsString;

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
            (WebArea::Memory(_), Some(true)) => {
                let message = "a store in memory has no sessionStorage: open another one";
                return Err(Error::invalid("useSessionStorage", message));
            }
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
    match wrap::decode(web)? {
        Some((key, iv)) => Ok(Some(Arc::new(WebCipher::import_wrap(&key, &iv).await?))),
        None => Ok(None),
    }
}

// The reason why JSON cannot be written or read may quote the value, so neither gives it.

#[cfg(feature = "serde")]
pub(crate) fn to_json<T: serde::Serialize + ?Sized>(value: &T) -> Result<String, ()> {
    let value = value.serialize(&serde_wasm_bindgen::Serializer::json_compatible()).map_err(drop)?;
    js_sys::JSON::stringify(&value).ok().and_then(|text| text.as_string()).ok_or(())
}

#[cfg(feature = "serde")]
pub(crate) fn from_json<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, ()> {
    let value = js_sys::JSON::parse(text).map_err(drop)?;
    serde_wasm_bindgen::from_value(value).map_err(drop)
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

    /// Whether other processes write here, so that claims are needed: a tab's sessionStorage has one
    /// process, so one view.
    fn is_shared(&self) -> bool {
        matches!(self, WebArea::Storage(storage) if storage.kind() == Kind::Local)
    }
}

impl Area for WebArea {
    type Text = JsString;

    fn get(&self, name: &JsString) -> Result<Option<JsString>> {
        match self {
            WebArea::Storage(area) => area.get(name),
            WebArea::Memory(area) => Ok(area.get(&name.to_str())?.map(Into::into)),
        }
    }

    fn set(&self, name: &JsString, text: &JsString) -> Result<()> {
        match self {
            WebArea::Storage(area) => area.set(name, text),
            WebArea::Memory(area) => area.set(&name.to_str(), &text.to_str()),
        }
    }

    fn remove(&self, name: &JsString) -> Result<bool> {
        match self {
            WebArea::Storage(area) => area.remove(name),
            WebArea::Memory(area) => area.remove(&name.to_str()),
        }
    }

    fn list(&self, prefix: &JsString) -> Result<Listing<JsString>> {
        match self {
            WebArea::Storage(area) => area.list(prefix),
            WebArea::Memory(area) => {
                let Listing { entries, ill_formed } = area.list(&prefix.to_str())?;
                let entries = entries.into_iter().map(|(name, text)| (name.into(), text.into())).collect();
                Ok(Listing { entries, ill_formed })
            }
        }
    }

    fn add(&self, name: &JsString, text: &JsString) -> Result<JsString> {
        match self {
            WebArea::Storage(area) => area.add(name, text),
            WebArea::Memory(area) => area.add(&name.to_str(), &text.to_str()).map(Into::into),
        }
    }

    async fn claimed(&self, name: &JsString) -> Result<Option<JsString>> {
        // Where IndexedDB is blocked nothing can have been claimed.
        Ok(if self.is_shared() { claim::read(name).await.unwrap_or_default() } else { None })
    }

    async fn establish(&self, name: &JsString, claimed: Option<&JsString>, text: &JsString) -> Result<JsString> {
        if !self.is_shared() {
            return self.add(name, text);
        }
        match claim::exchange(name, claimed, text).await {
            Ok(winner) => self.add(name, &winner),
            Err(_) => claim::without(name, || self.add(name, text), SETTLE_MS).await,
        }
    }

    async fn follow(&self, name: &JsString) {
        if self.is_shared() {
            // Without IndexedDB there is no claim to follow; the write itself does not need one.
            let _ = claim::follow(name, || self.get(name).ok().flatten()).await;
        }
    }

    async fn disclaim(&self, name: &JsString) -> Result<()> {
        if self.is_shared() { claim::remove(name).await } else { Ok(()) }
    }

    async fn settle(&self) {
        if self.is_shared() {
            env::sleep(SETTLE_MS).await;
        }
    }

    fn hub(&self, namespace: &JsString) -> Arc<Hub> {
        match self {
            WebArea::Storage(area) => area.hub(namespace),
            WebArea::Memory(area) => area.hub(&namespace.to_str()),
        }
    }

    fn before_watch(&self, names: &Names<JsString>) -> Result<()> {
        match self {
            WebArea::Storage(area) => area.before_watch(names),
            // Nobody else changes it.
            WebArea::Memory(_) => Ok(()),
        }
    }
}
