//! Who watches what in this window, and what `storage` events say about other tabs and frames
//! (<https://html.spec.whatwg.org/multipage/webstorage.html#the-storageevent-interface>).
//!
//! Changes are taken from the texts of their event: a fresh `getItem` may be ahead of it, or behind.

use std::{
    cell::{OnceCell, RefCell},
    sync::{Arc, Weak},
};

use js_sys::JsString;
use wasm_bindgen::{JsCast, closure::Closure, prelude::wasm_bindgen};
use web_sys::EventTarget;

use super::{
    super::env::{global, with_method},
    web_storage::{Kind, Storage},
};
use crate::{
    flutter::format::{Names, is_key_entry},
    platform::registry,
    text::Text,
    watch::{ChangeKind, Hub},
};

/// A namespace that has handles in this window.
struct Watched {
    kind: Kind,
    names: Names<JsString>,
    hub: Weak<Hub>,
    /// Names of key entries of longer namespaces (`app.x` beside `app`). They are kept, since another tab may have
    /// removed one by the time the event for one of its entries arrives.
    others: Vec<String>,
}

thread_local! {
    static WATCHED: RefCell<Vec<Watched>> = const { RefCell::new(Vec::new()) };
    /// This window's one listener. It stays as long as the window does.
    static LISTENER: OnceCell<Closure<dyn FnMut(StorageEvent)>> = const { OnceCell::new() };
}

/// The hub that all of a namespace's handles in this window share.
pub(super) fn hub(kind: Kind, namespace: &str) -> Arc<Hub> {
    let make = || {
        let hub = Arc::new(Hub::default());
        (Watched { kind, names: Names::new(namespace), hub: Arc::downgrade(&hub), others: Vec::new() }, hub)
    };
    let is_it = |watched: &Watched| watched.is(kind, namespace);
    WATCHED.with_borrow_mut(|all| registry::shared(all, |watched| watched.hub.upgrade(), is_it, make))
}

/// Listens from now on. `others` are the existing key entries of longer namespaces.
pub(super) fn listen(kind: Kind, namespace: &str, others: Vec<String>) {
    WATCHED.with_borrow_mut(|all| {
        if let Some(watched) = all.iter_mut().find(|watched| watched.is(kind, namespace)) {
            watched.others = others;
        }
    });
    LISTENER.with(|listener| {
        listener.get_or_init(|| {
            let listener = Closure::new(|event| tell_all(&event));
            if let Some(window) = with_method::<EventTarget>(js_sys::global().into(), "addEventListener") {
                // Without the listener, this window's own changes are still reported.
                let _ = window.add_event_listener_with_callback("storage", listener.as_ref().unchecked_ref());
            }
            listener
        });
    });
}

/// This window has removed a key entry. It gets no event for its own change.
pub(super) fn forget_key_entry(kind: Kind, name: &str) {
    WATCHED.with_borrow_mut(|all| {
        let watched = all.iter_mut().filter(|watched| watched.kind == kind);
        watched.for_each(|watched| watched.others.retain(|other| other != name));
    });
}

fn tell_all(event: &StorageEvent) {
    let Some(storage) = event.storage_area() else { return };
    WATCHED.with_borrow_mut(|all| {
        for watched in all {
            if global(watched.kind.property()).is_ok_and(|ours| ours == *storage)
                && let Some(change) = watched.change_of(event, &storage)
                && let Some(hub) = watched.hub.upgrade()
            {
                hub.tell(|| change, true);
            }
        }
    });
}

impl Watched {
    fn is(&self, kind: Kind, namespace: &str) -> bool {
        self.kind == kind && self.names.namespace().to_str() == namespace
    }

    /// What an event says about this namespace.
    fn change_of(&mut self, event: &StorageEvent, storage: &Storage) -> Option<ChangeKind> {
        let Some(name) = event.key() else { return Some(ChangeKind::Clear) };
        let key = self.names.key_of(&name)?;
        let (name, new) = (String::from(name), event.new_value());
        if [&event.old_value(), &new].into_iter().flatten().any(is_key_entry) {
            self.others.retain(|other| *other != name);
            self.others.extend(new.map(|_| name));
            return None;
        }
        let holds_key = |prefix: &str| {
            self.others.iter().any(|other| other == prefix)
                || storage.get_item(&prefix.into()).ok().flatten().is_some_and(|text| is_key_entry(&text))
        };
        if self.names.is_foreign(&name, holds_key) {
            return None;
        }
        let key = String::from(key);
        Some(if new.is_some() { ChangeKind::Set(key) } else { ChangeKind::Remove(key) })
    }
}

#[wasm_bindgen]
extern "C" {
    /// A `StorageEvent` whose texts are not copied into WebAssembly.
    type StorageEvent;
    #[wasm_bindgen(method, getter, js_name = storageArea)]
    fn storage_area(this: &StorageEvent) -> Option<Storage>;
    #[wasm_bindgen(method, getter)]
    fn key(this: &StorageEvent) -> Option<JsString>;
    #[wasm_bindgen(method, getter, js_name = oldValue)]
    fn old_value(this: &StorageEvent) -> Option<JsString>;
    #[wasm_bindgen(method, getter, js_name = newValue)]
    fn new_value(this: &StorageEvent) -> Option<JsString>;
}
