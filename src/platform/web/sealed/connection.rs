//! The connection to a database of sealed stores: one for all handles in a thread, and opened again after it was
//! closed.

use std::{
    cell::RefCell,
    rc::{Rc, Weak},
};

use js_sys::Function;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::EventTarget;

use super::{
    super::{
        database::{Absent, Database, Mode, Transaction, busy, is_late, is_silent},
        env::{failed, is_named},
    },
    channel,
};
use crate::{
    error::{Error, ErrorKind, Result},
    platform::registry,
};

pub(super) const RINGS: &str = "rings";
pub(super) const REVISIONS: &str = "revisions";
pub(super) const RECORDS: &str = "records";
pub(super) const STORES: &[&str] = &[RINGS, REVISIONS, RECORDS];

thread_local! {
    static CONNECTIONS: RefCell<Vec<Weak<Connection>>> = const { RefCell::new(Vec::new()) };
}

pub(super) struct Connection {
    name: String,
    open: RefCell<Option<Database>>,
    on_loss: Closure<dyn FnMut()>,
}

impl Connection {
    /// The connection that all handles in this thread share. No database is opened yet.
    pub(super) fn to(name: &str) -> Rc<Self> {
        let is_it = |connection: &Weak<Self>| connection.upgrade().is_some_and(|connection| connection.name == name);
        let make = || {
            let lost = name.to_owned();
            let on_loss = Closure::new(move || channel::lost(&lost));
            let connection = Rc::new(Connection { name: name.to_owned(), open: RefCell::default(), on_loss });
            (Rc::downgrade(&connection), connection)
        };
        CONNECTIONS.with_borrow_mut(|all| registry::shared(all, Weak::upgrade, is_it, make))
    }

    /// Begins a transaction on all stores; `None` if there is no database.
    pub(super) async fn begin(&self, mode: Mode, absent: Absent) -> Result<Option<Transaction>> {
        if let Some(database) = &*self.open.borrow() {
            match database.begin(STORES, mode) {
                Err(thrown) if is_named(&thrown, "InvalidStateError") => {}
                begun => return begun.map(Some).map_err(broken),
            }
        }
        let Some(database) = Database::open(&self.name, absent).await.map_err(not_opened)? else { return Ok(None) };
        on_loss(&database, self.on_loss.as_ref().unchecked_ref());
        let begun = database.begin(STORES, mode).map_err(broken);
        // A connection that another call has opened meanwhile is closed when its transactions are over.
        *self.open.borrow_mut() = Some(database);
        begun.map(Some)
    }
}

fn not_opened(thrown: JsValue) -> Error {
    if is_named(&thrown, "VersionError") {
        let message = "the database is from a newer version: update keyfold";
        return failed(ErrorKind::NewerFormat, message)(thrown);
    }
    if is_named(&thrown, "QuotaExceededError") {
        return broken(thrown);
    }
    let message = if thrown.is_undefined() {
        "there is no IndexedDB here, as in Node, Deno and other servers: keep the store in memory (area: \"memory\", in \
         Rust in_memory())"
    } else if is_silent(&thrown) {
        "IndexedDB has not answered for 5 seconds: a tab or frame may be about to delete the database, and wait for \
         another one that has it open. Close the other tabs of this site, and try again"
    } else {
        "IndexedDB cannot be used here: the user's settings may block it, or the frame is sandboxed. Allow this site to \
         store data, or keep the store in memory"
    };
    failed(ErrorKind::Unavailable, message)(thrown)
}

/// keyfold's error for one that broke a transaction.
pub(super) fn broken(thrown: JsValue) -> Error {
    let (kind, message) = if is_named(&thrown, "QuotaExceededError") {
        let message = "the browser's storage for this site is full: remove something first. Nothing was changed";
        (ErrorKind::QuotaExceeded, message)
    } else if is_late(&thrown) {
        return busy(thrown);
    } else if is_named(&thrown, "DataCloneError") {
        // WebKit, where it cannot reach the system's keychain, from which it wraps such keys.
        let message = "this browser does not store the device's key, a CryptoKey: open the store with a passphrase or an \
                       app key. Nothing was changed";
        (ErrorKind::Unavailable, message)
    } else if is_named(&thrown, "NotFoundError") {
        (ErrorKind::Platform, "the database was made by another app: choose another with dbName")
    } else {
        (ErrorKind::Platform, "IndexedDB has failed. Nothing was changed")
    };
    failed(kind, message)(thrown)
}

/// Calls `listener` when somebody deletes or upgrades the database, or the browser closes the connection.
fn on_loss(database: &Database, listener: &Function) {
    for event in ["versionchange", "close"] {
        // Without the listener, a later call notices.
        let _ = database.0.unchecked_ref::<EventTarget>().add_event_listener_with_callback(event, listener);
    }
}
