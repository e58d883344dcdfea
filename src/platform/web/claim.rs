//! Claims: whose first key it is, decided in IndexedDB, where all processes of a browser see the same.
//!
//! localStorage is not coherent between processes (<https://github.com/whatwg/html/issues/403>), so two
//! tabs under one Web Lock can still both find no key entry. IndexedDB's transactions are ordered across
//! processes (<https://w3c.github.io/IndexedDB/>): Chromium 24, Firefox 16, Safari 10. A claim is exactly
//! the text that is meant for the key entry, so it is wrapped where the key entry is.

use std::cell::Cell;

use js_sys::{Array, Function, JsString, Promise};
use wasm_bindgen::{JsCast, JsValue, closure::Closure, prelude::wasm_bindgen};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    IdbDatabase, IdbFactory, IdbObjectStore, IdbOpenDbRequest, IdbRequest, IdbTransaction, IdbTransactionMode,
};

use super::env::{failed, get, global, sleep, timer};
use crate::{
    error::{ErrorKind, Result},
    text::Text,
};

const DATABASE: &str = "keyfold-claims";
const STORE: &str = "claims";

/// After this long a database that does not open counts as blocked.
const OPEN_DEADLINE_MS: u32 = 5_000;

thread_local! {
    /// Set when the deadline has passed once, so that not every call waits for it.
    static SILENT: Cell<bool> = const { Cell::new(false) };
}

/// What is claimed for a namespace of localStorage.
pub(super) async fn read(namespace: &JsString) -> Result<Option<JsString>, JsValue> {
    let claims = Claims::open().await?;
    claims.begin(IdbTransactionMode::Readonly)?.get(namespace).await
}

/// Claims `text`, unless something other than `expected` is claimed; gives what is claimed now.
pub(super) async fn exchange(
    namespace: &JsString,
    expected: Option<&JsString>,
    text: &JsString,
) -> Result<JsString, JsValue> {
    let claims = Claims::open().await?;
    let transaction = claims.begin(IdbTransactionMode::Readwrite)?;
    match transaction.get(namespace).await? {
        Some(current) if Some(&current) != expected => Ok(current),
        _ => {
            transaction.put(namespace, text)?;
            transaction.complete().await?;
            Ok(text.clone())
        }
    }
}

/// Claims what `key_entry` finds once the claim is at hand: the later the look, the less it lags behind
/// what other tabs wrote.
pub(super) async fn follow(namespace: &JsString, key_entry: impl Fn() -> Option<JsString>) -> Result<(), JsValue> {
    let claims = Claims::open().await?;
    let transaction = claims.begin(IdbTransactionMode::Readwrite)?;
    let claimed = transaction.get(namespace).await?;
    match key_entry() {
        Some(text) if claimed.as_ref() != Some(&text) => {
            transaction.put(namespace, &text)?;
            transaction.complete().await
        }
        _ => Ok(()),
    }
}

/// Removes a claim. Where IndexedDB is blocked there is none.
pub(super) async fn remove(namespace: &JsString) -> Result<()> {
    let Ok(claims) = Claims::open().await else { return Ok(()) };
    let removed = async {
        let transaction = claims.begin(IdbTransactionMode::Readwrite)?;
        transaction.store.delete(&key_of(namespace))?;
        transaction.complete().await
    };
    removed.await.map_err(failed(ErrorKind::Platform, "the namespace's claim in IndexedDB could not be removed"))
}

/// What can be done without IndexedDB: runs `add`, which gives the key entry that stands there, under a Web
/// Lock (<https://w3c.github.io/web-locks/>), and gives what it finds after a while.
pub(super) async fn without(
    namespace: &JsString,
    add: impl Fn() -> Result<JsString>,
    settle_ms: u32,
) -> Result<JsString> {
    let release = lock(&JsString::from("keyfold:").followed_by(namespace)).await;
    add()?;
    sleep(settle_ms).await;
    let winner = add();
    if let Some(release) = release {
        // A resolve function does not throw.
        let _ = release.call0(&JsValue::UNDEFINED);
    }
    winner
}

#[wasm_bindgen]
extern "C" {
    /// `LockManager`, which web-sys still counts as unstable.
    type Locks;
    #[wasm_bindgen(method, catch)]
    fn request(this: &Locks, name: &JsString, holder: &Function) -> Result<Promise, JsValue>;
}

/// Takes a Web Lock; gives the function that releases it, or `None` where there are no locks.
async fn lock(name: &JsString) -> Option<Function> {
    let locks = get(&global("navigator").ok()?, "locks");
    if locks.is_undefined() {
        return None;
    }
    let mut release = None;
    let held = Promise::new(&mut |resolve, _| release = Some(resolve));
    let mut holder = None;
    let granted = Promise::new(&mut |resolve, _| {
        let held = held.clone();
        holder = Some(Closure::once_into_js(move |_lock: JsValue| {
            // A resolve function does not throw.
            let _ = resolve.call0(&JsValue::UNDEFINED);
            held
        }));
    });
    let refused = locks.unchecked_ref::<Locks>().request(name, holder?.unchecked_ref()).ok()?;
    JsFuture::from(Promise::race(&Array::of2(&granted, &refused))).await.ok()?;
    release
}

/// The database of claims, closed when dropped.
struct Claims(IdbDatabase);

impl Drop for Claims {
    fn drop(&mut self) {
        self.0.close();
    }
}

impl Claims {
    async fn open() -> Result<Self, JsValue> {
        let silent = || js_sys::Error::new("IndexedDB does not answer").into();
        if SILENT.get() {
            return Err(silent());
        }
        let factory = global("indexedDB")?.dyn_into::<IdbFactory>()?;
        let request = factory.open_with_u32(DATABASE, 1)?;
        let upgrade = Closure::once(upgrade(request.clone()));
        request.set_onupgradeneeded(Some(upgrade.as_ref().unchecked_ref()));
        let opened = Array::of2(&done(&request), &timer(OPEN_DEADLINE_MS));
        let opened = JsFuture::from(Promise::race(&opened)).await?;
        if opened.is_undefined() {
            // It may still open, and must then not be left without its store.
            upgrade.forget();
            SILENT.set(true);
            return Err(silent());
        }
        Ok(Claims(request.result()?.dyn_into()?))
    }

    fn begin(&self, mode: IdbTransactionMode) -> Result<Transaction, JsValue> {
        let transaction = self.0.transaction_with_str_and_mode(STORE, mode)?;
        let store = transaction.object_store(STORE)?;
        Ok(Transaction { transaction, store })
    }
}

fn upgrade(request: IdbOpenDbRequest) -> impl FnOnce() + 'static {
    move || {
        if let Ok(database) = request.result() {
            // If it fails the upgrade is undone, and the next transaction says why.
            let _ = database.unchecked_into::<IdbDatabase>().create_object_store(STORE);
        }
    }
}

/// A transaction over the claims. It commits by itself when nothing of it is awaited any more.
struct Transaction {
    transaction: IdbTransaction,
    store: IdbObjectStore,
}

impl Transaction {
    async fn get(&self, namespace: &JsString) -> Result<Option<JsString>, JsValue> {
        let request = self.store.get(&key_of(namespace))?;
        JsFuture::from(done(&request)).await.map_err(|_event| self.transaction.error())?;
        Ok(request.result()?.dyn_into().ok())
    }

    fn put(&self, namespace: &JsString, text: &JsString) -> Result<(), JsValue> {
        self.store.put_with_key(text, &key_of(namespace)).map(drop)
    }

    async fn complete(&self) -> Result<(), JsValue> {
        let completed = Promise::new(&mut |resolve, reject| {
            self.transaction.set_oncomplete(Some(&resolve));
            self.transaction.set_onabort(Some(&reject));
        });
        let error = |_event| self.transaction.error().into();
        JsFuture::from(completed).await.map(drop).map_err(error)
    }
}

/// The key of a claim: which area, and which namespace.
fn key_of(namespace: &JsString) -> JsValue {
    Array::of2(&"local".into(), namespace).into()
}

/// A promise for a request's success event, rejected with its error.
fn done(request: &IdbRequest) -> Promise {
    Promise::new(&mut |resolve, reject| {
        request.set_onsuccess(Some(&resolve));
        request.set_onerror(Some(&reject));
    })
}
