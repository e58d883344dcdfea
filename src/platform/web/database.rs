//! The part of IndexedDB that keyfold needs (<https://w3c.github.io/IndexedDB/>): a connection to one database, and
//! transactions, which are done completely or not at all.
//!
//! Chromium 24, Firefox 16, Safari 10, in windows and all kinds of workers. Transactions are ordered across processes,
//! and what has completed is seen at once.

use std::cell::RefCell;

use js_sys::{Array, Function, Promise};
use wasm_bindgen::{JsCast, JsValue, closure::Closure, prelude::wasm_bindgen};
use wasm_bindgen_futures::JsFuture;
use web_sys::{DomException, IdbDatabase, IdbFactory, IdbObjectStore, IdbOpenDbRequest, IdbRequest, IdbTransaction};

use super::env::{Timeout, dictionary, failed, get, global, is_named, timer, with_method};
use crate::error::{Error, ErrorKind};

/// A database that does not open within this time counts as blocked.
const OPEN_DEADLINE_MS: u32 = 5_000;

/// How long a transaction waits for others. One of them can be held for as long as a tab shows a dialog.
pub(super) const DEADLINE_MS: u32 = if cfg!(test) { 500 } else { 10_000 };

thread_local! {
    static ABORT: Closure<dyn Fn(IdbTransaction)> = Closure::new(|transaction: IdbTransaction| drop(transaction.abort()));
    /// Databases that missed the deadline and have not opened since, so that not every call waits for the deadline.
    static SILENT: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// The object stores that a new database is created with. `None` does not create it.
pub(super) type Absent = Option<&'static [&'static str]>;

/// What a transaction may do.
#[derive(Clone, Copy)]
pub(super) enum Mode {
    Read,
    /// `to_disk`: its changes are on disk when it is complete, and not only with the operating system.
    Write {
        to_disk: bool,
    },
}

/// A connection. It is closed when dropped, and when somebody wants to delete or upgrade the database.
pub(super) struct Database(pub(super) IdbDatabase);

impl Drop for Database {
    fn drop(&mut self) {
        self.0.close();
    }
}

impl Database {
    /// Opens a database of version 1. `None` if there is none and none was created.
    pub(super) async fn open(name: &str, absent: Absent) -> Result<Option<Self>, JsValue> {
        if SILENT.with_borrow(|silent| silent.iter().any(|other| other == name)) {
            return Err(silence());
        }
        let factory: IdbFactory = with_method(global("indexedDB")?, "open").ok_or_else(JsValue::default)?;
        let request = factory.open_with_u32(name, 1)?;
        let upgrade = Closure::once(upgrade(request.clone(), absent));
        request.set_onupgradeneeded(Some(upgrade.as_ref().unchecked_ref()));
        let answered = Promise::race(&Array::of2(&answered(&request), &timer(OPEN_DEADLINE_MS)));
        if JsFuture::from(answered).await?.is_undefined() {
            // It may still open, and must then not be left without its stores.
            upgrade.forget();
            await_silently(&request, name);
            return Err(silence());
        }
        match request.error()? {
            None => {}
            Some(error) if is_named(&error, "AbortError") => return Ok(None),
            Some(error) => return Err(error.into()),
        }
        let database: IdbDatabase = request.result()?.unchecked_into();
        // Otherwise whoever deletes the database would wait for this connection.
        let close = get(&database, "close").unchecked_into::<Function>().bind0(&database);
        database.set_onversionchange(Some(&close));
        Ok(Some(Database(database)))
    }

    /// Begins a transaction on some of the stores. `InvalidStateError` if the connection is closed.
    pub(super) fn begin(&self, stores: &[&str], mode: Mode) -> Result<Transaction, JsValue> {
        let stores = stores.iter().map(|store| JsValue::from_str(store)).collect::<Array>();
        // Chromium 83, Firefox 126, Safari 15. Other browsers ignore it.
        let durability = if let Mode::Write { to_disk: true } = mode { "strict" } else { "default" };
        let options = dictionary(&[("durability", durability.into())]);
        let mode = if let Mode::Read = mode { "readonly" } else { "readwrite" };
        self.0.unchecked_ref::<RawDatabase>().transaction(&stores, mode, &options).map(Transaction)
    }
}

#[wasm_bindgen]
extern "C" {
    /// `IDBDatabase` with a transaction's options, which web-sys still counts as unstable.
    type RawDatabase;
    #[wasm_bindgen(method, catch)]
    fn transaction(
        this: &RawDatabase,
        stores: &Array,
        mode: &str,
        options: &JsValue,
    ) -> Result<IdbTransaction, JsValue>;

    /// `IDBTransaction` with a method that web-sys takes for an old one of Firefox.
    type RawTransaction;
    #[wasm_bindgen(method, catch)]
    fn commit(this: &RawTransaction) -> Result<(), JsValue>;
}

/// The name of the error of a database that missed the deadline.
const SILENCE: &str = "NoAnswerError";

fn silence() -> JsValue {
    exception("IndexedDB does not answer", SILENCE)
}

/// Whether a database has not opened within the deadline, as while somebody else is about to delete it.
#[cfg(feature = "sealed")]
pub(super) fn is_silent(thrown: &JsValue) -> bool {
    is_named(thrown, SILENCE)
}

fn upgrade(request: IdbOpenDbRequest, absent: Absent) -> impl FnOnce() + 'static {
    move || match absent {
        Some(stores) => {
            if let Ok(database) = request.result() {
                let database = database.unchecked_into::<IdbDatabase>();
                // If one fails, the upgrade is undone, and the next transaction reports why.
                stores.iter().for_each(|store| drop(database.create_object_store(store)));
            }
        }
        // A database whose first upgrade is undone is not created. The upgrade is running, so this does not fail.
        None => request.transaction().iter().for_each(|upgrade| drop(upgrade.abort())),
    }
}

/// Keeps waiting for a database that missed the deadline. If it opens after all, it can be tried again. This connection
/// is closed, since it would block whoever deletes the database.
fn await_silently(request: &IdbOpenDbRequest, name: &str) {
    SILENT.with_borrow_mut(|silent| silent.push(name.to_owned()));
    let (name, opened) = (name.to_owned(), request.clone());
    let answered = Closure::once_into_js(move || {
        SILENT.with_borrow_mut(|silent| silent.retain(|other| *other != name));
        drop(opened.result().map(|database| Database(database.unchecked_into())));
    });
    request.set_onsuccess(Some(answered.unchecked_ref()));
    request.set_onerror(Some(answered.unchecked_ref()));
}

/// A transaction. If it is dropped before it is complete, nothing of it is done.
pub(super) struct Transaction(IdbTransaction);

impl Drop for Transaction {
    fn drop(&mut self) {
        // A transaction that is over cannot be aborted, and need not be.
        let _ = self.0.abort();
    }
}

impl Transaction {
    pub(super) fn store(&self, name: &str) -> Result<IdbObjectStore, JsValue> {
        self.0.object_store(name)
    }

    /// Waits for the last request, and so for all before it. Past the deadline the transaction is aborted: it is not done
    /// later either. That is a `TimeoutError`.
    pub(super) async fn answer(&self, last: &IdbRequest) -> Result<JsValue, JsValue> {
        let deadline = ABORT.with(|abort| Timeout::new(abort.as_ref().unchecked_ref(), DEADLINE_MS, &self.0));
        JsFuture::from(answered(last)).await?;
        drop(deadline);
        match (last.error()?, self.0.error()) {
            (None, _) => last.result(),
            // Once an earlier request has broken the transaction, each later one says no more than that.
            (Some(_), Some(broken)) => Err(broken.into()),
            // It was aborted by a call, and there is no other one.
            (Some(error), None) if is_named(&error, "AbortError") => Err(exception(ABORTED, "TimeoutError")),
            (Some(error), None) => Err(error.into()),
        }
    }

    /// Waits until all of it is done. An error means that none of it is. To be called when a request was answered: then
    /// it has begun, and waits for nobody. From here on it could not be aborted.
    pub(super) async fn complete(self) -> Result<(), JsValue> {
        let completed = Promise::new(&mut |resolve, reject| {
            self.0.set_oncomplete(Some(&resolve));
            self.0.set_onabort(Some(&reject));
        });
        // The transaction need not wait until the last answer is heard. Where there is no such method it commits by
        // itself.
        let _ = self.0.unchecked_ref::<RawTransaction>().commit();
        JsFuture::from(completed)
            .await
            .map(drop)
            .map_err(|_event| self.0.error().map_or_else(|| exception(ABORTED, "AbortError"), Into::into))
    }
}

/// Whether a transaction was given up because it waited for too long.
pub(super) fn is_late(thrown: &JsValue) -> bool {
    is_named(thrown, "TimeoutError")
}

/// What is said of one.
pub(super) fn busy(thrown: JsValue) -> Error {
    let message = "another tab or frame of this site has kept the database busy for 10 seconds, perhaps because it \
                   shows a dialog: close that, and try again. Nothing was changed";
    failed(ErrorKind::Unavailable, message)(thrown)
}

/// What is said of a transaction that is aborted without an error, as when the browser closes it.
const ABORTED: &str = "the transaction was aborted";

/// An error as the browser's own are.
fn exception(message: &str, name: &str) -> JsValue {
    let error = DomException::new_with_message_and_name(message, name);
    error.map_or_else(|thrown| thrown, Into::into)
}

/// A promise for a request's event of success or failure.
fn answered(request: &IdbRequest) -> Promise {
    Promise::new(&mut |resolve, _| {
        request.set_onsuccess(Some(&resolve));
        request.set_onerror(Some(&resolve));
    })
}
