//! JavaScript's values to the crate's and back. The package has checked their types (`pkg/arguments.js`).

use std::cell::RefCell;

use js_sys::{Array, Function, JsString, Map, Object, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::DomException;

use crate::{
    Engine, Error, KeyMaterial, Unlock, UnlockInfo, Unreadable, WebOptions,
    platform::{self, BrowserError, Input, Outside},
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

/// Where options stand in the array that the package makes of them, an undefined item for what was not given.
pub(super) struct Options(pub(super) Array);

impl Options {
    pub(super) fn is_true(&self, index: u32) -> bool {
        self.0.get(index).is_truthy()
    }

    /// The options of the web, from `wrapKey`, `wrapKeyIv`, `useSessionStorage` and whether the engine is WebCrypto.
    pub(super) fn web(&self, mut web: WebOptions) -> WebOptions {
        web.wrap_key = self.key_material(0);
        web.wrap_key_iv = self.key_material(1);
        web.use_session_storage = self.0.get(2).as_bool();
        web.engine = self.0.get(3).as_bool().map(|yes| if yes { Engine::WebCrypto } else { Engine::Auto });
        web
    }

    fn key_material(&self, index: u32) -> Option<KeyMaterial> {
        key_material(&self.0.get(index))
    }
}

fn key_material(given: &JsValue) -> Option<KeyMaterial> {
    match given.dyn_ref::<Uint8Array>() {
        // The package's copy.
        Some(bytes) => Some(Outside(bytes.clone()).0.to_vec().into()),
        None => given.as_string().map(Into::into),
    }
}

/// An unlock, from its kind and its secret.
pub(super) fn unlock(given: &JsValue) -> Unlock {
    let [kind, secret] = [0, 1].map(|index| given.unchecked_ref::<Array>().get(index));
    match kind.as_string().as_deref() {
        Some("passphrase") => Unlock::passphrase(secret.as_string().unwrap_or_default()),
        Some("app-key") => Unlock::app_key(key_material(&secret).unwrap_or_else(|| "".into())),
        _ => Unlock::device(),
    }
}

pub(super) fn unlock_info(info: UnlockInfo) -> JsValue {
    object([("id", info.id.into()), ("kind", info.kind.as_str().into()), ("label", info.label.into())])
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
