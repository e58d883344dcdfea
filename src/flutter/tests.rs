//! The store on areas in memory: what it writes, what it refuses, and what becomes of races.

mod claims;
mod key_entry;
mod names;
mod tabs;
mod vectors;
mod writes;

use std::collections::BTreeMap;

use super::*;
use crate::{
    base64,
    crypto::Plaintext,
    flutter::{
        format::{KeyEntry, SealedValue},
        memory::Memory,
        software::{SoftwareCipher, SoftwareWrap},
    },
    secret::Secret,
};

type Store = FlutterStore<Memory, SoftwareCipher>;

/// Runs a future to its end. Nothing here waits for anything but itself.
fn now<F: Future>(future: F) -> F::Output {
    pollster::block_on(future)
}

/// A wrap key whose bytes are all `byte`, with an IV of 12 bytes.
fn wrap(byte: u8) -> Option<Arc<SoftwareWrap>> {
    let wrap = now(SoftwareCipher::import_wrap(&Secret::new([byte; 32]), &Secret::new([byte; 12])));
    Some(Arc::new(wrap.expect("legal sizes")))
}

fn try_open<A: Area<Text = str>>(
    area: A,
    namespace: &str,
    wrap: Option<Arc<SoftwareWrap>>,
) -> Result<FlutterStore<A, SoftwareCipher>> {
    now(FlutterStore::over(area, namespace, Engine::Auto, wrap, false))
}

fn open<A: Area<Text = str> + Clone>(area: &A, namespace: &str) -> FlutterStore<A, SoftwareCipher> {
    try_open(area.clone(), namespace, None).expect("it opens")
}

fn get<A: Area<Text = str>>(store: &FlutterStore<A, SoftwareCipher>, key: &str) -> Option<String> {
    get_bytes(store, key).expect("it can be read").map(|value| String::from_utf8(value).expect("tests store text"))
}

fn get_bytes<A: Area<Text = str>>(store: &FlutterStore<A, SoftwareCipher>, key: &str) -> Result<Option<Vec<u8>>> {
    now(store.get(key)).map(|value| value.map(|value| value.to_vec()))
}

fn get_all<A: Area<Text = str>>(
    store: &FlutterStore<A, SoftwareCipher>,
    on_unreadable: OnUnreadable,
) -> Result<Vec<(String, Vec<u8>)>> {
    let all = now(store.get_all(on_unreadable))?;
    Ok(all.into_iter().map(|(key, value)| (key, value.to_vec())).collect())
}

fn set<A: Area<Text = str>>(store: &FlutterStore<A, SoftwareCipher>, key: &str, value: &str) {
    now(store.set(key, value.as_bytes())).expect("it can be written");
}

/// The error's kind and the entry that it names.
fn kind<T>(result: Result<T>) -> (ErrorKind, Option<String>) {
    let error = result.err().expect("it is refused");
    (error.kind(), error.key().map(str::to_owned))
}

/// Everything that lies in an area.
fn everything(area: &impl Area<Text = str>) -> BTreeMap<String, String> {
    area.list("").expect("it can be listed").entries.into_iter().collect()
}

/// The text of a key entry in the clear whose bytes are all `byte`.
fn clear_key(byte: u8) -> String {
    base64::encode(&[byte; 32])
}
