//! Converts JavaScript's values to the crate's and back. The package has checked their types (`pkg/arguments.js`).

use std::cell::RefCell;

use js_sys::{Array, Function, JsString, Map, Object};
use wasm_bindgen::{JsCast, JsValue, prelude::wasm_bindgen};
use web_sys::DomException;

use crate::{
    Engine, Error, KeyMaterial, Unreadable, WebOptions,
    platform::{self, BrowserError, Input, Outside, secret_bytes},
};

thread_local! {
    static MAKE_ERROR: RefCell<Option<Function>> = const { RefCell::new(None) };
}

pub(super) fn set_make_error(make_error: Function) {
    MAKE_ERROR.set(Some(make_error));
}

/// A `StorageError` of the package.
pub(super) fn error(error: Error) -> JsValue {
    let make_error = MAKE_ERROR.with_borrow(Clone::clone);
    let arguments = [
        JsValue::from(error.code()),
        error.to_string().into(),
        error.key().into(),
        error.argument().into(),
        cause(&error),
        #[cfg(feature = "sealed")]
        array(error.needs().iter().map(|kind| JsValue::from(kind.as_str())).collect()),
    ];
    let made = make_error.and_then(|make| make.apply(&JsValue::UNDEFINED, &arguments.iter().collect::<Array>()).ok());
    made.unwrap_or_else(|| js_sys::Error::new(&error.to_string()).into())
}

fn cause(error: &Error) -> JsValue {
    let Some(source) = std::error::Error::source(error) else { return JsValue::UNDEFINED };
    match source.downcast_ref::<BrowserError>() {
        Some(BrowserError { name, message }) => {
            DomException::new_with_message_and_name(message, name).map_or(JsValue::UNDEFINED, Into::into)
        }
        None => js_sys::Error::new(&source.to_string()).into(),
    }
}

/// A value to seal: text, or the package's copy of the app's bytes.
pub(super) fn input(value: JsValue) -> Input {
    match value.dyn_into() {
        Ok(text) => Input::Text(text),
        Err(bytes) => Input::Outside(Outside(bytes.unchecked_into())),
    }
}

#[wasm_bindgen]
extern "C" {
    /// An object that `pkg/arguments.js` has checked. It has no prototype, and what was not given is undefined.
    pub type Given;
    #[wasm_bindgen(method, indexing_getter)]
    pub(super) fn get(this: &Given, name: &str) -> JsValue;
}

impl Given {
    /// The text of this name, if there is one.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        self.get(name).as_string()
    }

    /// The options of the web.
    pub(super) fn web(&self, mut web: WebOptions) -> WebOptions {
        web.wrap_key = key_material(&self.get("wrapKey"));
        web.wrap_key_iv = key_material(&self.get("wrapKeyIv"));
        web.use_session_storage = self.get("useSessionStorage").as_bool();
        web.engine = self.text("engine").map(|name| if name == "webcrypto" { Engine::WebCrypto } else { Engine::Auto });
        web
    }
}

pub(super) fn key_material(given: &JsValue) -> Option<KeyMaterial> {
    match given.dyn_ref() {
        Some(text) => Some(KeyMaterial::base64(secret_bytes(text))),
        // The package's copy.
        None if given.is_object() => Some(Outside(given.clone().unchecked_into()).0.to_vec().into()),
        None => None,
    }
}

pub(super) fn object<const N: usize>(properties: [(&str, JsValue); N]) -> JsValue {
    let object = Object::new().into();
    properties.iter().for_each(|(name, value)| platform::set_property(&object, name, value));
    object
}

pub(super) fn array<T: Into<JsValue>>(items: Vec<T>) -> JsValue {
    items.into_iter().map(Into::into).collect::<Array>().into()
}

pub(super) fn map(entries: impl Iterator<Item = (JsString, JsValue)>) -> JsValue {
    let map = Map::new();
    entries.for_each(|(key, value)| drop(map.set(&key, &value)));
    map.into()
}

pub(super) fn unreadable(entries: Vec<Unreadable>) -> JsValue {
    let item = |entry: Unreadable| {
        object([("key", entry.key.into()), ("code", entry.kind.code().into()), ("message", entry.message.into())])
    };
    array(entries.into_iter().map(item).collect())
}

pub(super) fn undefined((): ()) -> JsValue {
    JsValue::UNDEFINED
}

/// The package's two halves do not understand each other.
#[cfg(any(feature = "sealed", keyfold_first))]
pub(super) fn defect() -> Error {
    Error::new(
        crate::ErrorKind::Platform,
        "the package passed on what its module does not know: this is a defect of keyfold",
    )
}

#[cfg(feature = "sealed")]
pub(super) fn unlock_infos(infos: Vec<crate::UnlockInfo>) -> JsValue {
    let item = |info: crate::UnlockInfo| {
        object([("id", info.id.into()), ("kind", info.kind.as_str().into()), ("label", info.label.into())])
    };
    array(infos.into_iter().map(item).collect())
}
