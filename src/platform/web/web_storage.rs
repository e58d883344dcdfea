//! localStorage and sessionStorage as an area.
//!
//! Web Storage (<https://html.spec.whatwg.org/multipage/webstorage.html>), in windows and frames only.
//! Every name is read by `getItem`, never as a property of the storage: a namespace may be called `length`.

use std::sync::Arc;

use js_sys::{Array, JsString};
use wasm_bindgen::{JsCast, JsValue, prelude::wasm_bindgen};
use web_sys::Storage;

use super::{
    env::{failed, global, is_named},
    storage_events,
};
use crate::{
    area::{Area, Listing},
    error::{Error, ErrorKind, Result},
    format::flutter::{Names, is_key_entry},
    watch::Hub,
};

#[wasm_bindgen]
extern "C" {
    /// `Storage` with names as they are: web-sys turns lone surrogates into U+FFFD, which is another name.
    type RawStorage;
    #[wasm_bindgen(method, catch)]
    fn key(this: &RawStorage, index: u32) -> Result<JsValue, JsValue>;
}

/// Which of the two storages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Local,
    Session,
}

impl Kind {
    pub(super) fn of(use_session_storage: bool) -> Self {
        if use_session_storage { Kind::Session } else { Kind::Local }
    }

    pub(super) fn property(self) -> &'static str {
        match self {
            Kind::Local => "localStorage",
            Kind::Session => "sessionStorage",
        }
    }
}

/// One of the two storages of this window.
#[derive(Clone, Debug)]
pub(crate) struct WebStorage {
    storage: Storage,
    kind: Kind,
}

impl WebStorage {
    pub(super) fn open(kind: Kind) -> Result<Self> {
        let property = kind.property();
        let blocked = format!("{property} is blocked here, by the user's settings or because the frame is sandboxed");
        let storage = global(property).map_err(failed(ErrorKind::Unavailable, blocked))?;
        let missing = || format!("there is no {property} here: it exists in windows and frames, not in workers");
        let storage = storage.dyn_into().map_err(|_| Error::new(ErrorKind::Unavailable, missing()))?;
        Ok(WebStorage { storage, kind })
    }

    pub(super) fn kind(&self) -> Kind {
        self.kind
    }

    fn blocked(&self) -> impl FnOnce(JsValue) -> Error {
        failed(ErrorKind::Unavailable, format!("{} cannot be used any more", self.kind.property()))
    }
}

impl Area for WebStorage {
    fn get(&self, name: &str) -> Result<Option<String>> {
        self.storage.get_item(name).map_err(self.blocked())
    }

    fn set(&self, name: &str, text: &str) -> Result<()> {
        self.storage.set_item(name, text).map_err(|thrown| {
            if is_named(&thrown, "QuotaExceededError") || is_named(&thrown, "NS_ERROR_DOM_QUOTA_REACHED") {
                let message = format!("{} is full: remove something first. Nothing was changed", self.kind.property());
                failed(ErrorKind::QuotaExceeded, message)(thrown)
            } else {
                self.blocked()(thrown)
            }
        })
    }

    fn remove(&self, name: &str) -> Result<bool> {
        let text = self.get(name)?;
        self.storage.remove_item(name).map_err(self.blocked())?;
        if text.as_deref().is_some_and(is_key_entry) {
            storage_events::forget_key_entry(self.kind, name);
        }
        Ok(text.is_some())
    }

    fn list(&self, prefix: &str) -> Result<Listing> {
        let raw = self.storage.unchecked_ref::<RawStorage>();
        let names = Array::new();
        for index in 0..self.storage.length().map_err(self.blocked())? {
            names.push(&raw.key(index).map_err(self.blocked())?);
        }
        // The browser sorts: code for it would be a twentieth of the WebAssembly module.
        names.sort();
        let mut listing = Listing::default();
        for name in names.iter().filter_map(|name| name.dyn_into::<JsString>().ok()) {
            let text = String::from(&name);
            if !text.starts_with(prefix) {
            } else if !name.is_well_formed() {
                listing.ill_formed.push(text);
            } else if let Some(value) = self.get(&text)? {
                listing.entries.push((text, value));
            }
        }
        Ok(listing)
    }

    fn add(&self, name: &str, text: &str) -> Result<String> {
        if let Some(there) = self.get(name)? {
            return Ok(there);
        }
        self.set(name, text)?;
        Ok(text.to_owned())
    }

    fn hub(&self, namespace: &str) -> Arc<Hub> {
        storage_events::hub(self.kind, namespace)
    }

    fn before_watch(&self, names: &Names) -> Result<()> {
        let entries = self.list(names.prefix())?.entries;
        let others = entries.into_iter().filter(|(_, text)| is_key_entry(text)).map(|(name, _)| name).collect();
        storage_events::listen(self.kind, names.namespace(), others);
        Ok(())
    }
}
