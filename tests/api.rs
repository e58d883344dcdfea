//! What callers may take for granted about the public types, checked by the compiler.

#![cfg(not(target_family = "wasm"))]
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::{error::Error as StdError, fmt, hash::Hash};

use keyfold::{
    Availability, Builder, CallOptions, Change, ChangeKind, Durability, Engine, Error, ErrorKind, FlutterApp,
    ImportReport, Keep, KeyMaterial, Layout, NativeOptions, OnConflict, Presence, Report, Rotate, SecureStorage,
    Unlock, UnlockInfo, UnlockKind, Unreadable, Watch, WebOptions,
};
use pollster::block_on;

/// Of all types that are public.
fn any<T: fmt::Debug + Send + Sync + Unpin + 'static>() {}
fn data<T: Clone + Eq + fmt::Debug>() {}
fn plain<T: Clone + Eq + Hash + fmt::Debug>() {}
fn word<T: Copy + Eq + Hash + fmt::Display>() {}

/// Outside browsers every call may run on an executor with threads.
fn on_any_thread(_future: impl Future + Send) {}

#[test]
fn every_type_goes_from_thread_to_thread() {
    any::<Availability>();
    any::<Builder>();
    any::<CallOptions>();
    any::<Change>();
    any::<ChangeKind>();
    any::<Durability>();
    any::<Engine>();
    any::<Error>();
    any::<ErrorKind>();
    any::<FlutterApp>();
    any::<ImportReport>();
    any::<Keep>();
    any::<KeyMaterial>();
    any::<Layout>();
    any::<NativeOptions>();
    any::<OnConflict>();
    any::<Presence>();
    any::<Report>();
    any::<Rotate>();
    any::<SecureStorage>();
    any::<Unlock>();
    any::<UnlockInfo>();
    any::<UnlockKind>();
    any::<Unreadable>();
    any::<Watch>();
    any::<WebOptions>();
}

#[test]
fn types_have_the_usual_traits() {
    // An app keeps a result for showing it more than once.
    fn kept<T: Clone + 'static>() {}
    kept::<Result<SecureStorage, Error>>();
    kept::<Builder>();
    kept::<Availability>();
    fn error<T: StdError + Clone>() {}
    error::<Error>();

    // Those with secrets are compared in constant time and have no hash.
    data::<CallOptions>();
    data::<Keep>();
    data::<KeyMaterial>();
    data::<Rotate>();
    data::<Unlock>();
    data::<WebOptions>();
    plain::<Change>();
    plain::<ChangeKind>();
    plain::<FlutterApp>();
    plain::<ImportReport>();
    plain::<NativeOptions>();
    plain::<OnConflict>();
    plain::<Report>();
    plain::<UnlockInfo>();
    plain::<Unreadable>();
    word::<Durability>();
    word::<Engine>();
    word::<ErrorKind>();
    word::<Layout>();
    word::<Presence>();
    word::<UnlockKind>();
}

#[test]
fn words_are_printed_as_javascript_has_them() {
    let words = format!("{} {} {}", ErrorKind::WrongKey, UnlockKind::AppKey, Durability::BestEffort);
    assert_eq!(words, "wrong-key app-key best-effort");
    assert_eq!(
        format!("{:>12}|{}|{}|{}", Layout::Flutter, Engine::WebCrypto, Presence::Unknown, Engine::Auto),
        "     flutter|webcrypto|unknown|auto"
    );
}

#[test]
fn every_future_is_send() {
    let builder = SecureStorage::builder("app").in_memory();
    let other = block_on(builder.clone().open()).unwrap();
    let storage = block_on(SecureStorage::builder("own").in_memory().open()).unwrap();
    let (unlock, key, app) =
        (Unlock::device(), Unlock::app_key(b"0123456789abcdef0123456789abcdef"), FlutterApp::new());

    // Made and not run: what matters is that this compiles.
    on_any_thread(SecureStorage::open("app"));
    on_any_thread(SecureStorage::availability(&builder));
    on_any_thread(SecureStorage::persist());
    on_any_thread(builder.clone().open());
    on_any_thread(builder.clone().destroy());
    on_any_thread(builder.unlocks());
    on_any_thread(storage.set("a", "b"));
    on_any_thread(storage.set_bytes("a", b"b"));
    on_any_thread(storage.set_all([("a", "b")]));
    on_any_thread(storage.get("a"));
    on_any_thread(storage.get_bytes("a"));
    on_any_thread(storage.get_many(&["a"]));
    on_any_thread(storage.get_all());
    on_any_thread(storage.get_all_bytes());
    on_any_thread(storage.get_all_readable());
    on_any_thread(storage.get_all_readable_bytes());
    on_any_thread(storage.contains_key("a"));
    on_any_thread(storage.keys());
    on_any_thread(storage.remove("a"));
    on_any_thread(storage.clear());
    on_any_thread(storage.destroy());
    on_any_thread(storage.verify());
    on_any_thread(storage.remove_unreadable());
    on_any_thread(storage.with(CallOptions::new()));
    on_any_thread(storage.unlock(&unlock));
    on_any_thread(storage.unlocks());
    on_any_thread(storage.add_unlock(&key, "key", |_, _| {}));
    on_any_thread(storage.remove_unlock("device", |_, _| {}));
    on_any_thread(storage.change_unlock("device", &key, None, |_, _| {}));
    on_any_thread(storage.rotate(&Rotate::keep([key.clone()]), |_, _| {}));
    on_any_thread(storage.import_from(&other, OnConflict::Skip));
    on_any_thread(storage.import_flutter(&app, OnConflict::Skip));
    #[cfg(feature = "serde")]
    {
        on_any_thread(storage.set_json("a", "b"));
        on_any_thread(storage.get_json::<String>("a"));
    }
}
