//! Browsers, and Node for stores in memory: IndexedDB, Web Storage and WebCrypto.

#[cfg_attr(feature = "npm", path = "web/argon2id_module.rs")]
mod argon2id;
mod channel;
mod claim;
mod connection;
mod database;
mod env;
mod indexed_db;
mod key;
mod mirror;
mod promise;
#[cfg_attr(not(feature = "software"), path = "web/not_small.rs")]
mod small;
mod storage_events;
mod subtle;
mod text;
mod value;
mod web_storage;

use std::{sync::Arc, time::Duration};

use js_sys::JsString;

use crate::{
    area::{
        Area, Listing,
        memory::Memory,
        memory_or::MemoryOr,
        record_memory::RecordMemory,
        records::{Found, RecordArea},
    },
    crypto::{cipher::Cipher, wrap},
    error::{Error, ErrorKind, Result},
    flutter::{self, FlutterStore},
    format::flutter::Names,
    options::{CallOptions, FlutterApp, Layout, Settings, WebOptions},
    report::{Availability, Durability, Importable, Presence},
    sealed::SealedStore,
    store::{Parts, Store},
    text::Text,
    watch::Hub,
};
#[cfg(feature = "npm")]
pub(crate) use argon2id::set_argon2id;
#[cfg(feature = "npm")]
pub(crate) use env::{BrowserError, set_property};
use indexed_db::IndexedDb;
use key::WebKey;
#[cfg(feature = "npm")]
pub(crate) use promise::{Turn, in_turn};
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
pub(crate) type Backend = Store<Web>;

/// What a browser's stores are made of.
pub(crate) enum Web {}

impl Parts for Web {
    type Area = WebArea;
    type Cipher = WebCipher;
    type Records = MemoryOr<IndexedDb>;
    type Key = WebKey;
}

/// The IndexedDB database of sealed stores, if no other is named.
const DATABASE: &str = "keyfold";

pub(crate) async fn open(settings: &Settings) -> Result<Backend> {
    let Settings { namespace, web, must_exist, .. } = settings;
    match web.layout.unwrap_or_default() {
        #[cfg(feature = "sealed")]
        Layout::Sealed => {
            let unlock = settings.unlock.clone().unwrap_or_default();
            Ok(Store::Sealed(SealedStore::over(records(settings)?, namespace, &unlock, *must_exist).await?))
        }
        #[cfg(feature = "flutter")]
        Layout::Flutter => {
            let area = WebArea::open(settings)?;
            let wrap = import_wrap(web).await?;
            let engine = web.engine.unwrap_or_default();
            Ok(Store::Flutter(FlutterStore::over(area, namespace, engine, wrap, *must_exist).await?))
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
            let area = store.area().with(options)?;
            let wrap = import_wrap(&options.web).await?.or_else(|| store.wrap().cloned());
            let engine = options.web.engine.unwrap_or(store.engine());
            Ok(Store::Flutter(FlutterStore::over(area, &store.namespace(), engine, wrap, false).await?))
        }
    }
}

/// Where a sealed store's records lie.
fn records(settings: &Settings) -> Result<MemoryOr<IndexedDb>> {
    env::subtle()?;
    if settings.in_memory {
        return Ok(MemoryOr::Memory(RecordMemory::default()));
    }
    let database = settings.web.db_name.as_deref().unwrap_or(DATABASE);
    Ok(MemoryOr::Stored(IndexedDb::new(database, &settings.namespace)))
}

/// Asks the browser not to evict what this origin stores.
pub(crate) async fn persist() -> Result<bool> {
    env::persist().await
}

/// A browser keeps what Flutter stores in the flutter layout.
pub(crate) async fn flutter_values(_app: &FlutterApp, _timeout: Duration) -> Result<Importable> {
    let message = "in a browser a Flutter app's values are a store of the flutter layout: open that with \
                   WebOptions::flutter(), and call import_from";
    Err(Error::new(ErrorKind::Unsupported, message))
}

/// Removes a namespace without opening it.
pub(crate) async fn destroy(settings: &Settings) -> Result<()> {
    match settings.web.layout.unwrap_or_default() {
        #[cfg(feature = "sealed")]
        Layout::Sealed => records(settings)?.destroy().await,
        #[cfg(feature = "flutter")]
        Layout::Flutter => flutter::destroy(&WebArea::open(settings)?, &settings.namespace).await,
        #[allow(unreachable_patterns, reason = "a build may be without one of the layouts")]
        left_out => Err(left_out.is_left_out()),
    }
}

pub(crate) async fn availability(settings: &Settings) -> Availability {
    let found = is_found(settings).await;
    let durability = match Kind::of(settings.web.use_session_storage.unwrap_or(false)) {
        _ if settings.in_memory => Durability::Memory,
        Kind::Session => Durability::Tab,
        Kind::Local if env::is_persisted().await => Durability::Persistent,
        Kind::Local => Durability::BestEffort,
    };
    Availability {
        durability,
        recoverable: settings.is_recoverable(),
        found: if matches!(found, Ok(true)) { Presence::Present } else { Presence::Unknown },
        reason: found.err(),
    }
}

/// Whether there is anything of a namespace.
async fn is_found(settings: &Settings) -> Result<bool> {
    match settings.web.layout.unwrap_or_default() {
        #[cfg(feature = "sealed")]
        Layout::Sealed => Ok(!matches!(records(settings)?.find().await?, Found::Nothing)),
        #[cfg(feature = "flutter")]
        Layout::Flutter => {
            let names = Names::<JsString>::new(&settings.namespace);
            Ok(WebArea::open(settings)?.get(names.key_entry())?.is_some())
        }
        #[allow(unreachable_patterns, reason = "a build may be without one of the layouts")]
        left_out => Err(left_out.is_left_out()),
    }
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

    /// The one that a handle with other options uses.
    fn with(&self, options: &CallOptions) -> Result<Self> {
        match (self, options.web.use_session_storage) {
            (WebArea::Storage(_), Some(session)) => Ok(WebArea::Storage(WebStorage::open(Kind::of(session))?)),
            (WebArea::Memory(_), Some(true)) => {
                let message = "a store in memory has no sessionStorage: open another one";
                Err(Error::invalid("useSessionStorage", message))
            }
            (area, _) => Ok(area.clone()),
        }
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
