//! What the page's global scope offers: WebCrypto, storages, timers, and errors in Rust's terms.

use std::{borrow::Cow, error::Error as StdError, fmt};

use js_sys::{Function, Object, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue, prelude::wasm_bindgen};
use wasm_bindgen_futures::JsFuture;
use web_sys::{StorageManager, SubtleCrypto};

use crate::error::{Error, ErrorKind, Result};

/// An error of the browser, which is the `source` of keyfold's error.
pub(crate) struct BrowserError {
    pub(crate) name: String,
    pub(crate) message: String,
}

impl fmt::Display for BrowserError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name, self.message)
    }
}

impl fmt::Debug for BrowserError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl StdError for BrowserError {}

impl From<JsValue> for BrowserError {
    fn from(thrown: JsValue) -> Self {
        let text = |property| get(&thrown, property).as_string().unwrap_or_default();
        BrowserError { name: text("name"), message: text("message") }
    }
}

/// keyfold's error around what the browser threw.
pub(super) fn failed(kind: ErrorKind, message: impl Into<Cow<'static, str>>) -> impl FnOnce(JsValue) -> Error {
    move |thrown| Error::new(kind, message).with_source(BrowserError::from(thrown))
}

/// Whether what was thrown is the browser's error of this name.
pub(super) fn is_named(thrown: &JsValue, name: &str) -> bool {
    get(thrown, "name") == name
}

/// What has this method, and so is of a class of the browser's. By the class itself it would not be known where it comes
/// from elsewhere, as in jsdom: each realm has classes of its own.
pub(super) fn with_method<T: JsCast>(object: JsValue, method: &str) -> Option<T> {
    get(&object, method).is_function().then(|| object.unchecked_into())
}

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = ["Object", "prototype", "toString"], js_name = call)]
    fn tag_of(value: &JsValue) -> JsValue;
}

/// Whether a value is tagged as of this class, as in `[object ArrayBuffer]`, whichever realm that is of.
#[cfg(feature = "sealed")]
pub(super) fn is_tagged(value: &JsValue, tag: &str) -> bool {
    tag_of(value) == tag
}

/// A property of an object; undefined if there is none or its getter throws.
pub(super) fn get(object: &JsValue, property: &str) -> JsValue {
    Reflect::get(object, &property.into()).unwrap_or_default()
}

/// A dictionary for a call of the browser. It has no prototype: there the browser would look for what is not given, and
/// find what somebody has put on `Object.prototype`.
pub(super) fn dictionary(members: &[(&str, JsValue)]) -> JsValue {
    let dictionary: JsValue = Object::<JsValue>::create(JsValue::NULL.unchecked_ref()).into();
    members.iter().for_each(|(name, value)| set_property(&dictionary, name, value));
    dictionary
}

/// Sets a property of keyfold's own plain object, which cannot fail.
pub(crate) fn set_property(object: &JsValue, property: &str, value: &JsValue) {
    let _ = Reflect::set(object, &property.into(), value);
}

/// A property of the global scope, or what its getter throws.
pub(super) fn global(property: &str) -> Result<JsValue, JsValue> {
    Reflect::get(&js_sys::global(), &property.into())
}

/// WebCrypto, which browsers offer only in secure contexts (<https://w3c.github.io/webcrypto/>).
pub(super) fn subtle() -> Result<SubtleCrypto> {
    with_method(get(&global("crypto").unwrap_or_default(), "subtle"), "encrypt").ok_or_else(|| {
        let message =
            "there is no WebCrypto here: browsers have it in pages that are served over https or from localhost";
        Error::new(ErrorKind::Unavailable, message)
    })
}

/// Whether the browser has promised not to evict this origin's storage.
pub(super) async fn is_persisted() -> bool {
    let Some(storage) = storage_manager() else { return false };
    let Ok(answer) = storage.persisted() else { return false };
    JsFuture::from(answer).await.is_ok_and(|persisted| persisted.is_truthy())
}

/// Asks the browser for that promise. It may ask the user. Windows only: Chromium 55, Firefox 57, Safari 15.2.
pub(super) async fn persist() -> Result<bool> {
    // Without this check it would be a TypeError where there is no such method, as in workers.
    let storage = storage_manager().filter(|storage| !get(storage, "persist").is_undefined()).ok_or_else(|| {
        if global("isSecureContext").is_ok_and(|is_secure| is_secure == false) {
            let message = "the browser keeps nothing for good here: serve the page over https or from localhost";
            return Error::new(ErrorKind::Unavailable, message);
        }
        let message = "the browser cannot be asked here to keep what is stored: ask in a window";
        Error::new(ErrorKind::Unsupported, message)
    })?;
    let refused = "this page has no storage that could be kept: a sandboxed frame needs allow-same-origin, and a page an \
                   address of its own";
    let answer = match storage.persist() {
        Ok(answer) => JsFuture::from(answer).await,
        Err(thrown) => Err(thrown),
    };
    answer.map(|persists| persists.is_truthy()).map_err(failed(ErrorKind::Unavailable, refused))
}

fn storage_manager() -> Option<StorageManager> {
    with_method(get(&global("navigator").unwrap_or_default(), "storage"), "persisted")
}

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = setTimeout)]
    fn set_timeout(call: &Function, milliseconds: u32, with: &JsValue) -> JsValue;
    #[wasm_bindgen(js_name = clearTimeout)]
    fn clear_timeout(id: &JsValue);
}

/// A promise that is fulfilled after this many milliseconds.
pub(super) fn timer(milliseconds: u32) -> Promise {
    Promise::new(&mut |resolve, _| drop(set_timeout(&resolve, milliseconds, &JsValue::UNDEFINED)))
}

/// A call that is made after a while, unless this is dropped before.
pub(super) struct Timeout(JsValue);

impl Timeout {
    pub(super) fn new(call: &Function, milliseconds: u32, with: &JsValue) -> Self {
        Timeout(set_timeout(call, milliseconds, with))
    }
}

impl Drop for Timeout {
    fn drop(&mut self) {
        clear_timeout(&self.0);
    }
}
