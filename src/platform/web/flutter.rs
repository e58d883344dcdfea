//! What the flutter layout is made of in a browser: Web Storage or memory, and WebCrypto.

mod base64;
pub(super) mod cipher;
mod claim;
mod nonces;
#[cfg(feature = "software")]
mod small;
#[cfg(not(feature = "software"))]
mod small_none;
mod storage_events;
mod text;
mod web_storage;

use std::sync::Arc;

use js_sys::JsString;
#[cfg(not(feature = "software"))]
use small_none as small;

use super::{
    database::{busy, is_late},
    env,
};
use crate::{
    error::Result,
    flutter::{
        area::{Area, Listing},
        format::Names,
        memory::Memory,
    },
    options::Place,
    text::Text,
    watch::Hub,
};
pub(crate) use cipher::WebCipher;
use web_storage::{Kind, WebStorage};

/// How long to wait until what other processes wrote arrives in localStorage, where there is nothing better to wait
/// for. It was enough in every trial, and is not a guarantee.
const SETTLE_MS: u32 = 50;

/// Where the flutter layout's entries are kept.
pub(crate) fn flutter_area(place: Place) -> Result<WebArea> {
    env::subtle()?;
    Ok(match place {
        Place::Memory => WebArea::Memory(Memory::default()),
        Place::Default => WebArea::Storage(WebStorage::open(Kind::Local)?),
        Place::Session => WebArea::Storage(WebStorage::open(Kind::Session)?),
    })
}

/// The areas of a browser. Which one is used is chosen when a store is opened, so this is an enum.
#[derive(Clone, Debug)]
pub(crate) enum WebArea {
    Storage(WebStorage),
    Memory(Memory),
}

impl WebArea {
    /// Whether other processes write here, so that claims are needed. A tab's sessionStorage has one process, and so
    /// one view.
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
        // If IndexedDB is blocked, nothing can have been claimed.
        match self.is_shared() {
            true => {
                claim::read(name).await.or_else(|thrown| if is_late(&thrown) { Err(busy(thrown)) } else { Ok(None) })
            }
            false => Ok(None),
        }
    }

    async fn establish(&self, name: &JsString, claimed: Option<&JsString>, text: &JsString) -> Result<JsString> {
        if !self.is_shared() {
            return self.add(name, text);
        }
        match claim::exchange(name, claimed, text).await {
            Ok(winner) => self.add(name, &winner),
            // Somebody else may be about to claim something.
            Err(thrown) if is_late(&thrown) => Err(busy(thrown)),
            Err(_) => claim::without(name, || self.add(name, text), SETTLE_MS).await,
        }
    }

    async fn follow(&self, name: &JsString) {
        if self.is_shared() {
            // Without IndexedDB there is no claim to follow, and the write itself does not need one.
            let _ = claim::follow(name, || self.get(name).ok().flatten()).await;
        }
    }

    async fn disclaim(&self, name: &JsString) -> Result<()> {
        if self.is_shared() { claim::remove(name).await } else { Ok(()) }
    }

    async fn settle(&self) {
        if self.is_shared() {
            claim::sleep(SETTLE_MS).await;
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
