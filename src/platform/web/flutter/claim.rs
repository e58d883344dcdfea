//! Claims: whose first key counts, decided in IndexedDB, where all processes of a browser see the same.
//!
//! localStorage is not coherent between processes (<https://github.com/whatwg/html/issues/403>): two tabs under one Web
//! Lock can still both find no key entry. IndexedDB's transactions are ordered across processes. A claim is exactly the
//! text that is meant for the key entry, so it is wrapped if the key entry is.

use js_sys::{Array, JsString};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

use super::super::{
    database::{Database, Mode, Transaction, busy, is_late},
    env::{failed, timer},
    locks::{With, lock},
};
use crate::{
    error::{ErrorKind, Result},
    flutter::text::AreaText,
};

const DATABASE: &str = "keyfold-claims";
const STORE: &str = "claims";

/// What is claimed for a namespace of localStorage.
pub(super) async fn read(namespace: &JsString) -> Result<Option<JsString>, JsValue> {
    let claims = open().await?;
    claimed(&claims.begin(&[STORE], Mode::Read)?, namespace).await
}

/// Claims `text`, unless something other than `expected` is claimed. Returns what is claimed now.
pub(super) async fn exchange(
    namespace: &JsString,
    expected: Option<&JsString>,
    text: &JsString,
) -> Result<JsString, JsValue> {
    let claims = open().await?;
    let transaction = claims.begin(&[STORE], Mode::Write { to_disk: false })?;
    match claimed(&transaction, namespace).await? {
        Some(current) if Some(&current) != expected => Ok(current),
        _ => {
            transaction.store(STORE)?.put_with_key(text, &key_of(namespace))?;
            transaction.complete().await?;
            Ok(text.clone())
        }
    }
}

/// Claims what `key_entry` finds when the claim is about to be written. The later it looks, the less it lags behind
/// what other tabs wrote.
pub(super) async fn follow(namespace: &JsString, key_entry: impl Fn() -> Option<JsString>) -> Result<(), JsValue> {
    let claims = open().await?;
    let transaction = claims.begin(&[STORE], Mode::Write { to_disk: false })?;
    let claimed = claimed(&transaction, namespace).await?;
    match key_entry() {
        Some(text) if claimed.as_ref() != Some(&text) => {
            transaction.store(STORE)?.put_with_key(&text, &key_of(namespace))?;
            transaction.complete().await
        }
        _ => Ok(()),
    }
}

/// Removes a claim. If IndexedDB is blocked there is none.
pub(super) async fn remove(namespace: &JsString) -> Result<()> {
    let Ok(claims) = open().await else { return Ok(()) };
    let removed = async {
        let transaction = claims.begin(&[STORE], Mode::Write { to_disk: false })?;
        let deleted = transaction.store(STORE)?.delete(&key_of(namespace))?;
        transaction.answer(&deleted).await?;
        transaction.complete().await
    };
    let refused = failed(ErrorKind::Platform, "the namespace's claim in IndexedDB could not be removed");
    removed.await.map_err(|thrown| if is_late(&thrown) { busy(thrown) } else { refused(thrown) })
}

/// Waits for this many milliseconds.
pub(super) async fn sleep(milliseconds: u32) {
    // A timer's promise is never rejected.
    let _ = JsFuture::from(timer(milliseconds)).await;
}

/// What can be done without IndexedDB. Runs `add`, which returns the key entry in the storage, under a Web Lock.
/// Returns the key entry that it finds after a while.
pub(super) async fn without(
    namespace: &JsString,
    add: impl Fn() -> Result<JsString>,
    settle_ms: u32,
) -> Result<JsString> {
    let _lock = lock(&JsString::from("keyfold:").followed_by(namespace), With::Nobody).await;
    add()?;
    sleep(settle_ms).await;
    add()
}

/// The database of claims.
async fn open() -> Result<Database, JsValue> {
    let opened = Database::open(DATABASE, Some(&[STORE])).await?;
    opened.ok_or_else(JsValue::default)
}

/// What is claimed for a namespace, as a transaction sees it.
async fn claimed(transaction: &Transaction, namespace: &JsString) -> Result<Option<JsString>, JsValue> {
    let request = transaction.store(STORE)?.get(&key_of(namespace))?;
    Ok(transaction.answer(&request).await?.dyn_into().ok())
}

/// The key of a claim: the area and the namespace.
fn key_of(namespace: &JsString) -> JsValue {
    Array::of2(&"local".into(), namespace).into()
}
