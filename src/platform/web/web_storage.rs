//! localStorage and sessionStorage as an area, and the `storage` events of other tabs.
//!
//! Web Storage (<https://html.spec.whatwg.org/multipage/webstorage.html>), in windows and frames only.
//! Every name is read by `getItem`, never as a property of the storage: a namespace may be called `length`.

use std::{
    cell::{OnceCell, RefCell},
    sync::{Arc, Weak},
};

use js_sys::{Array, JsString};
use wasm_bindgen::{JsCast, JsValue, closure::Closure, prelude::wasm_bindgen};
use web_sys::{EventTarget, Storage, StorageEvent};

use super::env::{failed, global, is_named};
use crate::{
    area::{Area, Listing},
    error::{Error, ErrorKind, Result},
    format::flutter::{Names, is_key_entry},
    watch::{ChangeKind, Hub},
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

    fn property(self) -> &'static str {
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
        let was_there = self.get(name)?.is_some();
        self.storage.remove_item(name).map_err(self.blocked())?;
        Ok(was_there)
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
        HUBS.with_borrow_mut(|hubs| {
            listen_once();
            hubs.retain(|(_, _, hub)| hub.strong_count() > 0);
            let here = hubs.iter().find(|(kind, name, _)| *kind == self.kind && name == namespace);
            here.and_then(|(_, _, hub)| hub.upgrade()).unwrap_or_else(|| {
                let hub = Arc::new(Hub::default());
                hubs.push((self.kind, namespace.to_owned(), Arc::downgrade(&hub)));
                hub
            })
        })
    }
}

thread_local! {
    /// Who watches what in this window.
    static HUBS: RefCell<Vec<(Kind, String, Weak<Hub>)>> = const { RefCell::new(Vec::new()) };
    /// This window's one listener to other tabs' changes; it stays as long as the window does.
    static LISTENER: OnceCell<Closure<dyn FnMut(StorageEvent)>> = const { OnceCell::new() };
}

fn listen_once() {
    LISTENER.with(|listener| {
        listener.get_or_init(|| {
            let listener = Closure::new(|event| tell_hubs(&event));
            if let Ok(window) = js_sys::global().dyn_into::<EventTarget>() {
                // Without the listener this window's own changes are still told.
                let _ = window.add_event_listener_with_callback("storage", listener.as_ref().unchecked_ref());
            }
            listener
        });
    });
}

/// Tells of a change that another tab or frame made.
fn tell_hubs(event: &StorageEvent) {
    let Some(storage) = event.storage_area() else { return };
    HUBS.with_borrow(|hubs| {
        for (kind, namespace, hub) in hubs {
            if let Some(hub) = hub.upgrade()
                && global(kind.property()).is_ok_and(|ours| ours == **storage)
                && let Some(change) = change_of(event, &Names::new(namespace), &storage)
            {
                hub.tell(change, true);
            }
        }
    });
}

/// What an event says about a namespace. It goes by the event's own texts: a fresh `getItem` may lag
/// behind them.
fn change_of(event: &StorageEvent, names: &Names, storage: &Storage) -> Option<ChangeKind> {
    let Some(name) = event.key() else { return Some(ChangeKind::Clear) };
    let key = names.key_of(&name)?;
    let text_of = |prefix: &str| match prefix == name {
        true => event.new_value().or_else(|| event.old_value()),
        false => storage.get_item(prefix).ok().flatten(),
    };
    if names.is_foreign(&name, |prefix| text_of(prefix).is_some_and(|text| is_key_entry(&text))) {
        return None;
    }
    let key = key.to_owned();
    Some(if event.new_value().is_some() { ChangeKind::Set(key) } else { ChangeKind::Remove(key) })
}
