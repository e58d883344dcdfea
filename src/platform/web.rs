//! Browsers, and Node for stores in memory: IndexedDB, Web Storage and WebCrypto.

mod database;
mod env;
#[cfg(feature = "flutter")]
mod flutter;
mod locks;
mod promise;
#[cfg(feature = "sealed")]
mod sealed;
mod text;
#[cfg(feature = "npm")]
mod utf8;
mod value;
mod webcrypto;

use std::time::Duration;

use js_sys::JsString;

use crate::{
    error::{Error, ErrorKind, Result},
    options::{FlutterApp, Place},
    report::{Durability, Importable},
};
#[cfg(feature = "npm")]
pub(crate) use env::{BrowserError, set_property};
#[cfg(feature = "flutter")]
pub(crate) use flutter::{WebArea as FlutterArea, WebCipher as FlutterCipher, flutter_area};
#[cfg(feature = "npm")]
pub(crate) use promise::{Turn, in_turn};
#[cfg(all(feature = "npm", feature = "sealed"))]
pub(crate) use sealed::argon2id_module::set_argon2id;
#[cfg(feature = "sealed")]
pub(crate) use sealed::{Sealed, sealed_namespace};
#[cfg(feature = "npm")]
pub(crate) use text::secret_bytes;
#[cfg(feature = "npm")]
pub(crate) use value::Outside;
pub(crate) use value::{Input, WebValue as Value, input, output, owned_input};

/// What names of entries are made of here.
pub(crate) type Name = JsString;

/// Asks the browser not to evict what this origin stores.
pub(crate) async fn persist() -> Result<bool> {
    env::persist().await
}

/// How long what is written stays.
pub(crate) async fn durability(place: Place) -> Durability {
    match place {
        Place::Memory => Durability::Memory,
        Place::Session => Durability::Tab,
        Place::Default if env::is_persisted().await => Durability::Persistent,
        Place::Default => Durability::BestEffort,
    }
}

/// A browser keeps what Flutter stores in the flutter layout.
pub(crate) async fn flutter_values(_app: &FlutterApp, _timeout: Duration) -> Result<Importable> {
    let message = "in a browser a Flutter app's values are a store of the flutter layout: open that with \
                   WebOptions::flutter(), and call import_from";
    Err(Error::new(ErrorKind::Unsupported, message))
}

// The reason why JSON cannot be written or read may quote the value, so neither function returns it.

#[cfg(feature = "serde")]
pub(crate) fn to_json<T: serde::Serialize + ?Sized>(value: &T) -> Result<String, ()> {
    let value = value.serialize(&serde_wasm_bindgen::Serializer::json_compatible()).map_err(drop)?;
    js_sys::JSON::stringify(&value).ok().and_then(|text| text.as_string()).ok_or(())
}

#[cfg(feature = "serde")]
pub(crate) fn from_json<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, ()> {
    let value = js_sys::JSON::parse(text).map_err(drop)?;
    serde_wasm_bindgen::from_value(value).map_err(drop)
}
