//! Every vector in a browser: laid into localStorage as it is, and read through the public API by both engines.
//!
//! On native it is `src/flutter/tests/vectors.rs` that reads them: there an area cannot be filled from outside.
#![cfg(target_family = "wasm")]

mod cases;

use std::collections::BTreeMap;

use cases::{Case, Outcome};
use keyfold::{Engine, Error, ErrorKind, SecureStorage, WebOptions};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

fn local_storage() -> web_sys::Storage {
    web_sys::window().and_then(|window| window.local_storage().ok().flatten()).expect("a window has localStorage")
}

fn everything() -> BTreeMap<String, String> {
    let storage = local_storage();
    let length = storage.length().expect("it can be read");
    let names = (0..length).filter_map(|at| storage.key(at).expect("it can be read"));
    names.map(|name| (name.clone(), storage.get_item(&name).expect("it can be read").expect("it is there"))).collect()
}

async fn open(case: &Case, engine: Engine) -> Result<SecureStorage, Error> {
    let mut web = WebOptions::flutter().engine(engine);
    if let Some(wrap_key) = &case.options.wrap_key {
        web = web.wrap_key(wrap_key.as_str());
    }
    if let Some(iv) = &case.options.wrap_key_iv {
        web = web.wrap_key_iv(iv.as_str());
    }
    SecureStorage::builder(&case.namespace).web(web).open().await
}

/// Reads one case; gives false where this browser does not take the length of its IV.
async fn check(title: &str, case: &Case, engine: Engine) -> bool {
    // Another case's claim for this namespace would be in the way.
    let clean = SecureStorage::builder(&case.namespace).web(WebOptions::flutter()).destroy().await;
    clean.expect("it can be destroyed");
    local_storage().clear().expect("it can be cleared");
    for (name, text) in &case.storage {
        local_storage().set_item(name, text).expect("there is room");
    }
    let untouched = || assert_eq!(everything(), case.storage, "{title}: something was changed");

    let storage = match (open(case, engine).await, &case.expect.open) {
        (Ok(storage), None) => storage,
        (Err(error), Some(code)) => {
            assert_eq!((error.code(), error.argument()), (code.as_str(), case.expect.argument.as_deref()), "{title}");
            untouched();
            return true;
        }
        (Err(error), None) if error.kind() == ErrorKind::Unsupported => return false,
        (Err(error), None) => panic!("{title}: it does not open: {error:?}"),
        (Ok(_), Some(code)) => panic!("{title}: it opens, and {code} was expected"),
    };

    for (key, outcome) in &case.expect.get {
        let bytes = storage.get_bytes(key).await;
        let bytes = bytes.as_ref().map(Option::as_deref).map_err(Error::code);
        let expected = outcome.as_ref().map(Outcome::bytes).transpose();
        assert_eq!(bytes, expected.as_ref().map(Option::as_deref).map_err(|code| *code), "{title}: get_bytes {key:?}");
        let text = storage.get(key).await;
        let expected = match outcome {
            None => Ok(None),
            Some(Outcome::Text(text)) => Ok(Some(text.as_str())),
            Some(Outcome::Hex(_)) => Err("not-text"),
            Some(Outcome::Error(code)) => Err(code.as_str()),
        };
        assert_eq!(text.as_ref().map(Option::as_deref).map_err(Error::code), expected, "{title}: get {key:?}");
    }
    let there = case.expect.get.iter().filter(|(_, outcome)| outcome.is_some()).map(|(key, _)| key.clone());
    let mut keys = storage.keys().await.expect("they can be listed");
    keys.sort();
    assert_eq!(keys, there.collect::<Vec<_>>(), "{title}: keys");
    let report = storage.verify().await.expect("it can be verified");
    assert_eq!(report.passed_over, case.expect.passed_over, "{title}: passed over");
    untouched();

    let set = storage.set("probe", "probe").await;
    assert_eq!(set.as_ref().err().map(Error::code), case.expect.set.as_deref(), "{title}: set");
    if case.expect.set.is_some() {
        untouched();
    } else {
        assert_eq!(storage.get("probe").await.expect("it can be read").as_deref(), Some("probe"), "{title}");
        let after = everything();
        assert!(case.storage.iter().all(|item| after.get(item.0) == Some(item.1)), "{title}: set changed something");
    }
    storage.destroy().await.expect("it can be destroyed");
    true
}

async fn every_vector(engine: Engine) {
    let mut beyond = Vec::new();
    let mut run = 0;
    for (name, text) in cases::FILES {
        for (title, case) in cases::cases(name, text) {
            if check(&title, &case, engine).await {
                run += 1;
            } else {
                beyond.push(case.name);
            }
        }
    }
    // Chromium takes every length; Firefox and Node none below 8 bytes.
    assert!(beyond.is_empty() || beyond == ["wrap IV of 1 bytes", "wrap IV of 7 bytes"], "{beyond:?}");
    assert!(run >= 193, "only {run} vectors were run");
}

#[wasm_bindgen_test]
async fn every_vector_with_the_engine_auto() {
    every_vector(Engine::Auto).await;
}

#[wasm_bindgen_test]
async fn every_vector_with_web_crypto() {
    every_vector(Engine::WebCrypto).await;
}
