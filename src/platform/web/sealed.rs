//! What the sealed layout is made of in a browser: IndexedDB or memory, and WebCrypto's keys.

#[cfg(not(feature = "npm"))]
mod argon2id;
#[cfg(feature = "npm")]
pub(super) mod argon2id_module;
mod channel;
mod connection;
mod ecdh;
mod indexed_db;
mod key;
mod mirror;

use std::cmp::Ordering;

#[cfg(feature = "npm")]
use argon2id_module as argon2id;
use js_sys::JsString;

use super::{
    env,
    text::secret_bytes,
    value::{Input, WebValue},
};
use crate::{
    crypto::{Key, KeyPair, Plaintext, Point, argon2id::Cost},
    error::Result,
    options::{Place, Settings},
    sealed::{Namespace, Platform, device::BesideRing, memory::RecordMemory, places::places},
};
use indexed_db::IndexedDb;
use key::WebKey;

/// The IndexedDB database of sealed stores, if no other is named.
const DATABASE: &str = "keyfold";

/// The sealed layout in a browser.
pub(crate) enum Sealed {}

places! {
    /// Where its records are kept.
    pub(crate) enum WebRecords of WebKey, held by WebHold {
        #[cfg(not(keyfold_first))]
        Memory(RecordMemory<WebKey>),
        IndexedDb(IndexedDb),
    }
}

impl Platform for Sealed {
    type Name = JsString;
    type Input = Input;
    type Value = WebValue;
    type Area = WebRecords;
    type Key = WebKey;
    type Device = BesideRing;

    fn bytes(input: &Input) -> Plaintext {
        input.inside()
    }

    fn value(bytes: Plaintext) -> WebValue {
        WebValue::Inside(bytes)
    }

    /// By UTF-16 code units, as JavaScript sorts.
    fn order(one: &str, other: &str) -> Ordering {
        one.encode_utf16().cmp(other.encode_utf16())
    }

    async fn argon2id(passphrase: &[u8], cost: &Cost) -> Result<Key> {
        argon2id::derive(passphrase, cost).await
    }

    fn generate() -> impl Future<Output = Result<KeyPair>> {
        ecdh::generate()
    }

    fn agree(own: &KeyPair, with: &Point) -> impl Future<Output = Result<Option<Key>>> {
        ecdh::agree(own, with)
    }

    fn nfc(text: &str) -> Vec<u8> {
        secret_bytes(&JsString::from(text).normalize("NFC"))
    }
}

/// The namespace that settings ask for.
pub(crate) fn sealed_namespace(settings: &Settings<'_>) -> Result<Namespace<Sealed>> {
    env::subtle()?;
    let name = settings.namespace;
    let records = match settings.place {
        #[cfg(not(keyfold_first))]
        Place::Memory => WebRecords::Memory(RecordMemory::default()),
        _ => {
            let database = settings.web.db_name.as_deref().unwrap_or(DATABASE);
            WebRecords::IndexedDb(IndexedDb::new(database, name))
        }
    };
    Ok(Namespace::new(name, records, BesideRing))
}
