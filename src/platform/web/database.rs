//! IndexedDB, as far as keyfold needs it (<https://w3c.github.io/IndexedDB/>): a connection to one database, and
//! transactions whose requests are awaited one after another.
//!
//! Chromium 24, Firefox 16, Safari 10, in windows and all kinds of workers. Its transactions are ordered across
//! processes, and nothing that has completed is seen late.

use std::cell::Cell;

use js_sys::{Array, Function, Promise};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::JsFuture;
use web_sys::{IdbDatabase, IdbFactory, IdbOpenDbRequest, IdbRequest, IdbTransaction, IdbTransactionMode};

use super::env::{get, global, timer};

/// After this long a database that does not open counts as blocked.
const OPEN_DEADLINE_MS: u32 = 5_000;

thread_local! {
    /// Set when the deadline has passed once, so that not every call waits for it.
    static SILENT: Cell<bool> = const { Cell::new(false) };
}

/// A connection, closed when dropped, and when somebody wants to delete the database or to upgrade it.
pub(super) struct Database(IdbDatabase);

impl Drop for Database {
    fn drop(&mut self) {
        self.0.close();
    }
}

impl Database {
    /// Opens a database of version 1, with these stores if it is new.
    pub(super) async fn open(name: &str, stores: &'static [&'static str]) -> Result<Self, JsValue> {
        let silent = || js_sys::Error::new("IndexedDB does not answer").into();
        if SILENT.get() {
            return Err(silent());
        }
        let factory = global("indexedDB")?.dyn_into::<IdbFactory>()?;
        let request = factory.open_with_u32(name, 1)?;
        let upgrade = Closure::once(upgrade(request.clone(), stores));
        request.set_onupgradeneeded(Some(upgrade.as_ref().unchecked_ref()));
        let opened = Array::of2(&done(&request), &timer(OPEN_DEADLINE_MS));
        let opened = JsFuture::from(Promise::race(&opened)).await?;
        if opened.is_undefined() {
            // It may still open, and must then not be left without its stores.
            upgrade.forget();
            SILENT.set(true);
            return Err(silent());
        }
        let database: IdbDatabase = request.result()?.dyn_into()?;
        // Otherwise whoever deletes it would wait for us.
        let close = get(&database, "close").unchecked_into::<Function>().bind0(&database);
        database.set_onversionchange(Some(&close));
        Ok(Database(database))
    }

    /// Begins a transaction on some of its stores.
    pub(super) fn begin(&self, stores: &[&str], mode: IdbTransactionMode) -> Result<Transaction, JsValue> {
        let stores = stores.iter().map(|store| JsValue::from_str(store)).collect::<Array>();
        self.0.transaction_with_str_sequence_and_mode(&stores, mode).map(Transaction)
    }
}

fn upgrade(request: IdbOpenDbRequest, stores: &'static [&'static str]) -> impl FnOnce() + 'static {
    move || {
        if let Ok(database) = request.result() {
            let database = database.unchecked_into::<IdbDatabase>();
            // If one fails the upgrade is undone, and the next transaction says why.
            stores.iter().for_each(|store| drop(database.create_object_store(store)));
        }
    }
}

/// A transaction. It commits by itself when nothing of it is awaited any more.
pub(super) struct Transaction(IdbTransaction);

impl Transaction {
    /// What stands under a key; undefined where nothing does.
    pub(super) async fn get(&self, store: &str, key: &JsValue) -> Result<JsValue, JsValue> {
        let request = self.0.object_store(store)?.get(key)?;
        JsFuture::from(done(&request)).await.map_err(|_event| self.0.error())?;
        request.result()
    }

    /// Writes, with the transaction.
    pub(super) fn put(&self, store: &str, key: &JsValue, value: &JsValue) -> Result<(), JsValue> {
        self.0.object_store(store)?.put_with_key(value, key).map(drop)
    }

    /// Removes what stands under a key, with the transaction.
    pub(super) fn delete(&self, store: &str, key: &JsValue) -> Result<(), JsValue> {
        self.0.object_store(store)?.delete(key).map(drop)
    }

    /// Waits until all of it is done; an error if none of it is.
    pub(super) async fn complete(self) -> Result<(), JsValue> {
        let completed = Promise::new(&mut |resolve, reject| {
            self.0.set_oncomplete(Some(&resolve));
            self.0.set_onabort(Some(&reject));
        });
        JsFuture::from(completed).await.map(drop).map_err(|_event| self.0.error().into())
    }
}

/// A promise for a request's success event, rejected with its error.
fn done(request: &IdbRequest) -> Promise {
    Promise::new(&mut |resolve, reject| {
        request.set_onsuccess(Some(&resolve));
        request.set_onerror(Some(&reject));
    })
}
