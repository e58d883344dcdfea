//! localStorage and sessionStorage as an area.
//!
//! Web Storage (<https://html.spec.whatwg.org/multipage/webstorage.html>), only in windows and frames. Every name is
//! read by `getItem`, never as a property of the storage, since a namespace may be called `length`.

use std::sync::Arc;

use js_sys::{Array, JsString};
use wasm_bindgen::{JsCast, JsValue, prelude::wasm_bindgen};

use super::{
    super::env::{failed, global, is_named, with_method},
    storage_events, text,
};
use crate::{
    error::{Error, ErrorKind, Result},
    flutter::{
        area::{Area, Listing},
        format::{Names, is_key_entry},
    },
    text::Text,
    watch::Hub,
};

#[wasm_bindgen]
extern "C" {
    /// `Storage` with texts as they are. web-sys copies each into WebAssembly, where a lone surrogate becomes U+FFFD,
    /// which makes another name.
    #[wasm_bindgen(js_name = Storage)]
    #[derive(Clone, Debug)]
    pub(super) type Storage;
    #[wasm_bindgen(method, catch, getter)]
    fn length(this: &Storage) -> Result<u32, JsValue>;
    #[wasm_bindgen(method, catch)]
    fn key(this: &Storage, index: u32) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method, catch, js_name = getItem)]
    pub(super) fn get_item(this: &Storage, name: &JsString) -> Result<Option<JsString>, JsValue>;
    #[wasm_bindgen(method, catch, js_name = setItem)]
    fn set_item(this: &Storage, name: &JsString, text: &JsString) -> Result<(), JsValue>;
    #[wasm_bindgen(method, catch, js_name = removeItem)]
    fn remove_item(this: &Storage, name: &JsString) -> Result<(), JsValue>;
}

/// One of the two storages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Local,
    Session,
}

impl Kind {
    pub(super) fn property(self) -> &'static str {
        match self {
            Kind::Local => "localStorage",
            Kind::Session => "sessionStorage",
        }
    }
}

/// One of this window's two storages.
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
        let missing = if storage.is_null() {
            "is switched off here: a WebView of Android has it with setDomStorageEnabled(true), a browser by its settings"
        } else {
            "is not here: windows and frames have it, workers and servers do not. Keep the store in memory (area: \
             \"memory\", in Rust in_memory()), or use the sealed layout in a worker"
        };
        let missing = || Error::new(ErrorKind::Unavailable, [property, " ", missing].concat());
        let storage = with_method(storage, "getItem").ok_or_else(missing)?;
        Ok(WebStorage { storage, kind })
    }

    pub(super) fn kind(&self) -> Kind {
        self.kind
    }

    /// keyfold's error for what any call of the storage can throw.
    fn blocked(&self) -> impl FnOnce(JsValue) -> Error {
        let kind = self.kind;
        move |thrown| failed(ErrorKind::Unavailable, format!("{} cannot be used any more", kind.property()))(thrown)
    }
}

impl Area for WebStorage {
    type Text = JsString;

    fn get(&self, name: &JsString) -> Result<Option<JsString>> {
        self.storage.get_item(name).map_err(self.blocked())
    }

    fn set(&self, name: &JsString, text: &JsString) -> Result<()> {
        self.storage.set_item(name, text).map_err(|thrown| {
            if is_named(&thrown, "QuotaExceededError") || is_named(&thrown, "NS_ERROR_DOM_QUOTA_REACHED") {
                let message = format!(
                    "{} is full, and the entry does not fit: remove something first. Nothing was changed",
                    self.kind.property()
                );
                failed(ErrorKind::QuotaExceeded, message)(thrown)
            } else {
                self.blocked()(thrown)
            }
        })
    }

    fn remove(&self, name: &JsString) -> Result<bool> {
        let text = self.get(name)?;
        self.storage.remove_item(name).map_err(self.blocked())?;
        if text.as_ref().is_some_and(is_key_entry) {
            storage_events::forget_key_entry(self.kind, &name.to_str());
        }
        Ok(text.is_some())
    }

    fn list(&self, prefix: &JsString) -> Result<Listing<JsString>> {
        let names = Array::new();
        for index in 0..self.storage.length().map_err(self.blocked())? {
            let name = self.storage.key(index).map_err(self.blocked())?;
            if name.dyn_ref().is_some_and(|name| text::starts_with(name, prefix)) {
                names.push(&name);
            }
        }
        // The browser sorts: the code for it would be a twentieth of the WebAssembly module.
        names.sort();
        let mut listing = Listing { entries: Vec::new(), ill_formed: Vec::new() };
        for name in names.iter() {
            let name = name.unchecked_into::<JsString>();
            if !name.is_well_formed() {
                listing.ill_formed.push(name.into());
            } else if let Some(text) = self.get(&name)? {
                listing.entries.push((name, text));
            }
        }
        Ok(listing)
    }

    fn add(&self, name: &JsString, text: &JsString) -> Result<JsString> {
        if let Some(there) = self.get(name)? {
            return Ok(there);
        }
        self.set(name, text)?;
        Ok(text.clone())
    }

    fn hub(&self, namespace: &JsString) -> Arc<Hub> {
        storage_events::hub(self.kind, &namespace.to_str())
    }

    fn before_watch(&self, names: &Names<JsString>) -> Result<()> {
        let entries = self.list(names.prefix())?.entries;
        let others = entries.iter().filter(|(_, text)| is_key_entry(text)).map(|(name, _)| name.into()).collect();
        storage_events::listen(self.kind, &names.namespace().to_str(), others);
        Ok(())
    }
}
