//! The cases of both layouts: what each verb promises, on a store that nobody has used.

use std::collections::BTreeMap;

use futures_util::{
    FutureExt, StreamExt,
    future::{join, join_all},
};
use keyfold::{
    CallOptions, ChangeKind, Durability, Error, ErrorKind, FlutterApp, Layout, OnConflict, SecureStorage, Unlock,
    Watch, WebOptions,
};

use crate::backend::{APP_KEY, Area, Backend, Guard, PASSPHRASE, WRAP_KEY};

/// Bytes that tell one place from another.
fn pattern(size: usize) -> Vec<u8> {
    (0..size).map(|at| at.to_le_bytes()[0] ^ at.to_le_bytes()[1].rotate_left(3)).collect()
}

pub(crate) async fn store_all(storage: &SecureStorage, entries: &[(&str, &str)]) {
    storage.set_all(entries.iter().copied()).await.expect("they can be written");
}

pub(crate) async fn get(storage: &SecureStorage, key: &str) -> Option<String> {
    storage.get(key).await.expect("it can be read")
}

pub(crate) async fn keys(storage: &SecureStorage) -> Vec<String> {
    storage.keys().await.expect("they can be listed")
}

/// The error of a call that is refused.
pub(crate) fn refused<T>(result: keyfold::Result<T>) -> Error {
    result.err().unwrap_or_else(|| panic!("it was not refused"))
}

/// The kind of that error.
pub(crate) fn kind<T>(result: keyfold::Result<T>) -> ErrorKind {
    refused(result).kind()
}

/// The argument that a call is refused for.
pub(crate) fn argument<T>(result: keyfold::Result<T>) -> Option<&'static str> {
    let error = refused(result);
    assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{error}");
    error.argument()
}

pub(crate) async fn a_new_store_is_empty(backend: &Backend) {
    let storage = backend.open().await;
    assert_eq!(keys(&storage).await, [""; 0]);
    assert_eq!(storage.get_all().await.expect("it can be read"), BTreeMap::new());
    assert_eq!(storage.get_all_bytes().await.expect("it can be read"), BTreeMap::new());
    assert_eq!(storage.verify().await.expect("it can be verified"), Default::default());
    storage.clear().await.expect("nothing is there to fail");
    storage.destroy().await.expect("nothing is there to fail");
}

pub(crate) async fn texts_come_back(backend: &Backend) {
    let storage = backend.open().await;
    for text in ["", "s3cret", "héllo 🔐", "\u{feff}with a mark", "a\0b", "line\r\nend\n", "\u{fffd}", "a.b.c", "=="]
    {
        storage.set("token", text).await.expect("it can be written");
        assert_eq!(get(&storage, "token").await.as_deref(), Some(text));
        assert_eq!(storage.get_bytes("token").await.expect("it can be read").as_deref(), Some(text.as_bytes()));
    }
}

pub(crate) async fn bytes_come_back(backend: &Backend) {
    let storage = backend.open().await;
    for bytes in [&[][..], &[0], &[0xff; 3], b"text", &pattern(256)] {
        storage.set_bytes("token", bytes).await.expect("it can be written");
        assert_eq!(storage.get_bytes("token").await.expect("it can be read").as_deref(), Some(bytes));
    }
}

pub(crate) async fn values_of_every_size_come_back(backend: &Backend) {
    // Around blocks, around the sizes at which an engine may change, and large.
    let around = |size: usize| size - 17..=size + 17;
    let sizes = (0..=33).chain(around(256)).chain(around(1024)).chain([4096, 65_535, 65_536, 65_537, 300_000]);
    let storage = backend.open().await;
    let reader = backend.another(&storage).await;
    for size in sizes {
        let value = pattern(size);
        storage.set_bytes("token", &value).await.expect("it can be written");
        let read = reader.get_bytes("token").await.expect("it can be read").expect("it is there");
        assert!(read == value, "{size} bytes came back as {}", read.len());
    }
    storage.destroy().await.expect("it can be destroyed");
}

pub(crate) async fn a_value_is_replaced(backend: &Backend) {
    let storage = backend.open().await;
    for value in ["a longer value than the next", "short", "", "again"] {
        storage.set("token", value).await.expect("it can be written");
        assert_eq!(get(&storage, "token").await.as_deref(), Some(value));
    }
    assert_eq!(keys(&storage).await, ["token"]);
}

pub(crate) async fn an_entry_that_is_not_there_is_none(backend: &Backend) {
    let storage = backend.open().await;
    for _ in 0..2 {
        for key in ["absent", "", "tok", "token ", "TOKEN", "token."] {
            assert_eq!(get(&storage, key).await, None);
            assert_eq!(storage.get_bytes(key).await.expect("it can be read"), None);
        }
        storage.set("token", "value").await.expect("it can be written");
    }
}

pub(crate) async fn bytes_that_are_not_text_are_an_error_and_can_be_read_as_bytes(backend: &Backend) {
    let storage = backend.open().await;
    let bytes = [b'a', 0xff, 0xfe];
    storage.set_bytes("token", &bytes).await.expect("it can be written");
    let error = storage.get("token").await.expect_err("it is not text");
    assert_eq!((error.kind(), error.code(), error.key()), (ErrorKind::NotText, "not-text", Some("token")));
    assert_eq!(storage.get_bytes("token").await.expect("it can be read").as_deref(), Some(&bytes[..]));
    assert_eq!(storage.get_all().await.expect_err("it is not text").kind(), ErrorKind::NotText);
    assert_eq!(storage.get_many(&["token"]).await.expect_err("it is not text").kind(), ErrorKind::NotText);
    assert_eq!(storage.get_all_bytes().await.expect("they can be read")["token"], bytes);
}

pub(crate) async fn odd_names_are_names(backend: &Backend) {
    let storage = backend.open().await;
    let names =
        ["", ".", "a.b", ".a", "a.", " ", "clé 🔑", "__proto__", "constructor", "length", "getItem", "\n", "\0", "a/b"];
    for name in names {
        storage.set(name, &format!("value of {name}")).await.expect("it can be written");
    }
    let reader = backend.another(&storage).await;
    for name in names {
        assert_eq!(get(&reader, name).await, Some(format!("value of {name}")));
        assert!(reader.contains_key(name).await.expect("it can be looked for"), "{name:?}");
    }
    assert_eq!(keys(&reader).await.len(), names.len());
    for name in names {
        assert!(reader.remove(name).await.expect("it can be removed"), "{name:?}");
    }
    assert_eq!(keys(&storage).await, [""; 0]);
}

pub(crate) async fn keys_are_sorted(backend: &Backend) {
    let storage = backend.open().await;
    let sorted = ["", "B", "a", "a.b", "aa", "b", "é", "🔑"];
    for at in [4, 0, 7, 2, 1, 6, 3, 5] {
        storage.set(sorted[at], "value").await.expect("it can be written");
    }
    assert_eq!(keys(&storage).await, sorted);
    assert_eq!(storage.verify().await.expect("it can be verified").readable, sorted);
}

pub(crate) async fn contains_key_finds_what_is_there(backend: &Backend) {
    let storage = backend.open().await;
    store_all(&storage, &[("token", "value"), ("empty", "")]).await;
    for (key, there) in [("token", true), ("empty", true), ("absent", false), ("", false), ("toke", false)] {
        assert_eq!(storage.contains_key(key).await.expect("it can be looked for"), there, "{key:?}");
    }
}

pub(crate) async fn remove_tells_whether_there_was_one(backend: &Backend) {
    let storage = backend.open().await;
    store_all(&storage, &[("token", "value"), ("kept", "value")]).await;
    assert!(storage.remove("token").await.expect("it can be removed"));
    assert!(!storage.remove("token").await.expect("nothing is there to fail"));
    assert!(!storage.remove("absent").await.expect("nothing is there to fail"));
    assert_eq!(get(&storage, "token").await, None);
    assert_eq!(keys(&storage).await, ["kept"]);
    // The key of a store outlives its last entry.
    assert!(storage.remove("kept").await.expect("it can be removed"));
    storage.set("token", "again").await.expect("it can be written");
    assert_eq!(get(&storage, "token").await.as_deref(), Some("again"));
}

pub(crate) async fn clear_removes_every_entry(backend: &Backend) {
    let storage = backend.open().await;
    store_all(&storage, &[("token", "value"), ("", "value"), ("a.b", "value")]).await;
    storage.clear().await.expect("it can be cleared");
    assert_eq!(keys(&storage).await, [""; 0]);
    assert_eq!(get(&storage, "token").await, None);
    storage.set("token", "again").await.expect("it can be written");
    assert_eq!(get(&backend.another(&storage).await, "token").await.as_deref(), Some("again"));
}

pub(crate) async fn destroy_leaves_nothing_and_the_store_can_be_used_again(backend: &Backend) {
    let storage = backend.open().await;
    let other = backend.another(&storage).await;
    store_all(&storage, &[("token", "value"), ("other", "value")]).await;
    storage.destroy().await.expect("it can be destroyed");
    assert_eq!(keys(&storage).await, [""; 0]);
    assert_eq!(get(&other, "token").await, None);
    if backend.guard.is_slot() {
        // Nobody is asked for the unlock that a new store would need.
        for handle in [&storage, &other] {
            assert_eq!(kind(handle.set("token", "again").await), ErrorKind::KeyMissing);
            assert_eq!(get(handle, "token").await, None);
            assert_eq!(kind(handle.unlock(&backend.unlock()).await), ErrorKind::KeyMissing);
        }
        return;
    }
    other.set("token", "again").await.expect("it can be written");
    assert_eq!(get(&storage, "token").await.as_deref(), Some("again"));
    assert_eq!(get(&backend.another(&storage).await, "token").await.as_deref(), Some("again"));
}

pub(crate) async fn get_many_answers_in_the_order_asked(backend: &Backend) {
    let storage = backend.open().await;
    store_all(&storage, &[("a", "1"), ("b", "2"), ("c", "")]).await;
    let values = storage.get_many(&["c", "absent", "a", "b", "a"]).await.expect("they can be read");
    let expected = [Some(""), None, Some("1"), Some("2"), Some("1")];
    assert_eq!(values.iter().map(Option::as_deref).collect::<Vec<_>>(), expected);
    assert_eq!(storage.get_many::<&str>(&[]).await.expect("nothing is asked"), []);
}

pub(crate) async fn set_all_stores_texts_and_bytes(backend: &Backend) {
    let storage = backend.open().await;
    storage.set("a", "old").await.expect("it can be written");
    storage.set_all([("a", "new"), ("b", "2")]).await.expect("they can be written");
    storage.set_all(BTreeMap::from([("c".to_owned(), vec![0xff])])).await.expect("they can be written");
    storage.set_all::<&str, &str>([]).await.expect("there is nothing to write");
    assert_eq!(get(&storage, "a").await.as_deref(), Some("new"));
    assert_eq!(get(&storage, "b").await.as_deref(), Some("2"));
    assert_eq!(storage.get_bytes("c").await.expect("it can be read"), Some(vec![0xff]));
}

pub(crate) async fn set_all_takes_the_last_of_a_name(backend: &Backend) {
    let storage = backend.open().await;
    store_all(&storage, &[("a", "first"), ("b", "x"), ("a", "last")]).await;
    assert_eq!(get(&storage, "a").await.as_deref(), Some("last"));
    assert_eq!(keys(&storage).await, ["a", "b"]);
}

pub(crate) async fn get_all_opens_every_entry(backend: &Backend) {
    let storage = backend.open().await;
    // Small and large ones: engines may differ.
    let entries: BTreeMap<String, String> =
        (0..60).map(|at| (format!("key {at}"), "x".repeat(at * 37))).chain([(String::new(), String::new())]).collect();
    storage.set_all(&entries).await.expect("they can be written");
    let reader = backend.another(&storage).await;
    assert_eq!(reader.get_all().await.expect("they can be read"), entries);
    assert_eq!(reader.get_all_readable().await.expect("they can be read"), entries);
    let bytes: BTreeMap<_, _> = entries.into_iter().map(|(key, value)| (key, value.into_bytes())).collect();
    assert_eq!(reader.get_all_bytes().await.expect("they can be read"), bytes);
    assert_eq!(reader.get_all_readable_bytes().await.expect("they can be read"), bytes);
}

pub(crate) async fn get_all_readable_leaves_out_what_is_not_text(backend: &Backend) {
    let storage = backend.open().await;
    storage.set("text", "value").await.expect("it can be written");
    storage.set_bytes("bytes", &[0xff]).await.expect("it can be written");
    let texts = storage.get_all_readable().await.expect("the rest can be read");
    assert_eq!(texts.into_iter().collect::<Vec<_>>(), [("text".to_owned(), "value".to_owned())]);
    assert_eq!(storage.get_all_readable_bytes().await.expect("they can be read").len(), 2);
}

pub(crate) async fn verify_tells_what_can_be_read(backend: &Backend) {
    let storage = backend.open().await;
    store_all(&storage, &[("b", "value"), ("a", "value")]).await;
    storage.set_bytes("bytes", &[0xff]).await.expect("it can be written");
    let report = storage.verify().await.expect("it can be verified");
    assert_eq!(report.readable, ["a", "b", "bytes"]);
    assert!(report.unreadable.is_empty() && report.passed_over.is_empty());
}

pub(crate) async fn handles_see_each_other_s_writes(backend: &Backend) {
    let storage = backend.open().await;
    let (clone, other) = (storage.clone(), backend.another(&storage).await);
    storage.set("of one", "1").await.expect("it can be written");
    clone.set("of its clone", "2").await.expect("it can be written");
    other.set("of another", "3").await.expect("it can be written");
    for handle in [&storage, &clone, &other] {
        assert_eq!(keys(handle).await, ["of another", "of its clone", "of one"]);
        assert_eq!(get(handle, "of one").await.as_deref(), Some("1"));
        assert_eq!(get(handle, "of its clone").await.as_deref(), Some("2"));
        assert_eq!(get(handle, "of another").await.as_deref(), Some("3"));
    }
    other.remove("of one").await.expect("it can be removed");
    assert_eq!(get(&storage, "of one").await, None);
}

pub(crate) async fn racing_first_writes_are_all_kept(backend: &Backend) {
    let storage = backend.open().await;
    let other = backend.another(&storage).await;
    let writes = (0..50).map(|at| {
        let handle = if at % 2 == 0 { &storage } else { &other };
        async move { handle.set(&at.to_string(), &format!("value {at}")).await }
    });
    assert!(join_all(writes).await.into_iter().all(|written| written.is_ok()));
    let reader = backend.another(&storage).await;
    let all = reader.get_all().await.expect("they can be read");
    assert_eq!(all, (0..50).map(|at| (at.to_string(), format!("value {at}"))).collect());
}

pub(crate) async fn racing_writes_of_one_entry_leave_one_of_them(backend: &Backend) {
    let storage = backend.open().await;
    let values: Vec<_> = (0..20).map(|at| "x".repeat(at * 40)).collect();
    let written = join_all(values.iter().map(|value| storage.set("token", value))).await;
    assert!(written.into_iter().all(|written| written.is_ok()));
    assert!(values.contains(&get(&storage, "token").await.expect("it is there")));
}

pub(crate) async fn namespaces_that_share_a_start_do_not_mix(backend: &Backend) {
    if backend.area == Area::Memory {
        // Every store has its own memory; `src/flutter/tests/names.rs` has this for namespaces in one.
        return;
    }
    let storage = backend.open().await;
    let longer = format!("{}.x", storage.namespace());
    let inner = backend.builder(&longer).open().await.expect("it opens");
    storage.set("token", "outer").await.expect("it can be written");
    inner.set("token", "inner").await.expect("it can be written");
    assert_eq!(keys(&storage).await, ["token"]);
    assert_eq!(storage.get_all().await.expect("they can be read").len(), 1);
    let report = storage.verify().await.expect("it can be verified");
    let foreign = [longer.clone(), format!("{longer}.token")];
    assert_eq!(report.passed_over, if backend.layout() == Layout::Flutter { &foreign[..] } else { &[] });
    storage.clear().await.expect("it can be cleared");
    storage.destroy().await.expect("it can be destroyed");
    assert_eq!(get(&inner, "token").await.as_deref(), Some("inner"));
}

pub(crate) async fn a_store_that_must_exist_is_not_made(backend: &Backend) {
    let namespace = backend.namespace();
    let must_exist = || backend.builder(&namespace).must_exist(true).open();
    assert_eq!(must_exist().await.expect_err("nothing is there").kind(), ErrorKind::KeyMissing);
    if backend.area != Area::Memory {
        let storage = backend.builder(&namespace).open().await.expect("it opens");
        if backend.layout() == Layout::Flutter {
            assert_eq!(must_exist().await.expect_err("opening makes nothing").kind(), ErrorKind::KeyMissing);
        } else {
            assert_eq!(keys(&must_exist().await.expect("opening makes it")).await, [""; 0]);
        }
        storage.set("token", "value").await.expect("it can be written");
        assert_eq!(get(&must_exist().await.expect("it is there"), "token").await.as_deref(), Some("value"));
        backend.builder(&namespace).destroy().await.expect("it can be destroyed");
        assert_eq!(must_exist().await.expect_err("it is destroyed").kind(), ErrorKind::KeyMissing);
    }
}

pub(crate) async fn with_another_layout_is_refused(backend: &Backend) {
    let storage = backend.open().await;
    let flutter = storage.with(CallOptions::new().web(WebOptions::flutter())).await;
    if backend.layout() == Layout::Flutter {
        flutter.expect("it is the same layout");
    } else {
        assert_eq!(argument(flutter), Some("layout"));
    }
}

/// What a watch has to tell by now.
pub(crate) fn told(watch: &mut Watch) -> Vec<ChangeKind> {
    let mut told = Vec::new();
    while let Some(Some(change)) = watch.next().now_or_never() {
        assert!(!change.remote);
        told.push(change.kind);
    }
    told
}

pub(crate) fn set(key: &str) -> ChangeKind {
    ChangeKind::Set(key.to_owned())
}

pub(crate) async fn watch_tells_of_changes_in_order(backend: &Backend) {
    let storage = backend.open().await;
    storage.set("before", "value").await.expect("it can be written");
    let mut watch = storage.watch();
    assert_eq!(told(&mut watch), []);
    store_all(&storage, &[("a", "1"), ("b", "2")]).await;
    storage.set("a", "1").await.expect("it can be written");
    storage.remove("b").await.expect("it can be removed");
    storage.remove("absent").await.expect("nothing is there to fail");
    assert_eq!(told(&mut watch), [set("a"), set("b"), set("a"), ChangeKind::Remove("b".to_owned())]);
    drop(storage.get_all().await);
    drop(storage.verify().await);
    assert_eq!(told(&mut watch), [], "a read changes nothing");
    storage.clear().await.expect("it can be cleared");
    storage.destroy().await.expect("it can be destroyed");
    assert_eq!(told(&mut watch), [ChangeKind::Clear, ChangeKind::Clear]);
}

pub(crate) async fn watch_tells_of_other_handles_changes(backend: &Backend) {
    let storage = backend.open().await;
    let other = backend.another(&storage).await;
    let stranger = backend.open().await;
    let (mut first, mut second, mut others) = (storage.watch(), storage.watch(), other.watch());
    storage.set("of one", "value").await.expect("it can be written");
    other.set("of another", "value").await.expect("it can be written");
    stranger.set("of a stranger", "value").await.expect("it can be written");
    for watch in [&mut first, &mut second, &mut others] {
        assert_eq!(told(watch), [set("of one"), set("of another")]);
    }
}

pub(crate) async fn watch_outlives_its_handle_and_a_dropped_one_is_no_burden(backend: &Backend) {
    let storage = backend.open().await;
    let other = backend.another(&storage).await;
    drop(storage.watch());
    let mut watch = storage.watch();
    drop(storage);
    other.set("token", "value").await.expect("it can be written");
    assert_eq!(told(&mut watch), [set("token")]);
    drop(watch);
    other.set("token", "again").await.expect("it can be written");
}

async fn source_and_target(backend: &Backend) -> (SecureStorage, SecureStorage) {
    let (source, target) = (backend.open().await, backend.open().await);
    store_all(&source, &[("new", "of source"), ("both", "of source"), ("also both", "of source")]).await;
    source.set_bytes("bytes", &[0xff]).await.expect("it can be written");
    store_all(&target, &[("both", "of target"), ("also both", "of target"), ("own", "of target")]).await;
    (source, target)
}

pub(crate) async fn import_skips_what_is_there(backend: &Backend) {
    let (source, target) = source_and_target(backend).await;
    let before = source.get_all_bytes().await.expect("they can be read");
    let report = target.import_from(&source, OnConflict::Skip).await.expect("it can be imported");
    assert_eq!(report.imported, ["bytes", "new"]);
    assert_eq!(report.skipped, ["also both", "both"]);
    assert!(report.unreadable.is_empty() && !report.complete());
    assert_eq!(get(&target, "new").await.as_deref(), Some("of source"));
    assert_eq!(get(&target, "both").await.as_deref(), Some("of target"));
    assert_eq!(get(&target, "own").await.as_deref(), Some("of target"));
    assert_eq!(target.get_bytes("bytes").await.expect("it can be read"), Some(vec![0xff]));
    assert_eq!(source.get_all_bytes().await.expect("they can be read"), before, "the source was changed");
}

pub(crate) async fn import_overwrites_when_asked(backend: &Backend) {
    let (source, target) = source_and_target(backend).await;
    let report = target.import_from(&source, OnConflict::Overwrite).await.expect("it can be imported");
    assert_eq!(report.imported, ["also both", "both", "bytes", "new"]);
    assert_eq!(report.skipped, [""; 0]);
    assert!(report.complete());
    assert_eq!(get(&target, "both").await.as_deref(), Some("of source"));
    assert_eq!(get(&target, "own").await.as_deref(), Some("of target"));
}

pub(crate) async fn import_fails_whole_when_asked(backend: &Backend) {
    let (source, target) = source_and_target(backend).await;
    let before = target.get_all().await.expect("they can be read");
    let error = target.import_from(&source, OnConflict::Fail).await.expect_err("names are there already");
    assert_eq!((error.kind(), error.key()), (ErrorKind::InvalidArgument, Some("also both")));
    assert_eq!(target.get_all().await.expect("they can be read"), before);
    target.clear().await.expect("it can be cleared");
    let report = target.import_from(&source, OnConflict::Fail).await.expect("nothing is in the way");
    assert_eq!(report.imported.len(), 4);
}

pub(crate) async fn import_leaves_what_is_written_meanwhile(backend: &Backend) {
    let source = backend.open().await;
    let values: Vec<_> = (0..20).map(|at| (format!("name {at}"), "of source")).collect();
    source.set_all(values).await.expect("they can be written");
    for on_conflict in [OnConflict::Skip, OnConflict::Fail] {
        let target = backend.open().await;
        let other = backend.another(&target).await;
        let import = async { target.import_from(&source, on_conflict).await.map_err(|error| error.kind()) };
        let write = async {
            // Each lets the import go on for a while.
            for at in (0..20).rev() {
                other.set(&format!("name {at}"), "acknowledged").await.expect("it can be written");
            }
        };
        let (report, ()) = join(import, write).await;
        let all = target.get_all().await.expect("they can be read");
        assert!(all.values().all(|value| value == "acknowledged"), "{on_conflict:?}: {report:?}, {all:?}");
    }
}

pub(crate) async fn set_if_absent_stores_the_first_alone(backend: &Backend) {
    let storage = backend.open().await;
    let other = backend.another(&storage).await;
    assert!(storage.set_if_absent("token", "first").await.expect("it can be written"));
    assert!(!other.set_if_absent("token", "second").await.expect("nothing is there to fail"));
    assert_eq!(get(&other, "token").await.as_deref(), Some("first"));
    storage.remove("token").await.expect("it can be removed");
    let of_each = ["a", "b", "c", "d"].map(|value| other.set_if_absent("token", value));
    let wrote: Vec<_> =
        join_all(of_each).await.into_iter().map(|wrote| wrote.expect("nothing is there to fail")).collect();
    assert_eq!(wrote.iter().filter(|wrote| **wrote).count(), 1, "{wrote:?}");
    let value = get(&storage, "token").await.expect("one was written");
    assert!(wrote["abcd".find(&value).expect("it is one of them")], "{value}: {wrote:?}");
}

pub(crate) async fn update_builds_on_what_is_there(backend: &Backend) {
    let storage = backend.open().await;
    let other = backend.another(&storage).await;
    let add = |old: Option<&str>| Some(format!("{}+", old.unwrap_or_default()));
    assert!(storage.update("token", add).await.expect("it can be written"));
    assert!(other.update("token", add).await.expect("it can be written"));
    assert_eq!(get(&storage, "token").await.as_deref(), Some("++"));
    let mut seen = Vec::new();
    let nothing = |old: Option<&str>| {
        seen.push(old.map(str::to_owned));
        None::<&str>
    };
    assert!(!other.update("token", nothing).await.expect("there is nothing to write"));
    assert_eq!(seen, [Some("++".to_owned())]);
    assert_eq!(get(&storage, "token").await.as_deref(), Some("++"));
    assert!(storage.update_bytes("bytes", |_| Some([0xff])).await.expect("it can be written"));
    assert_eq!(kind(other.update("bytes", add).await), ErrorKind::NotText);
    assert_eq!(other.get_bytes("bytes").await.expect("it can be read"), Some(vec![0xff]));
}

pub(crate) async fn racing_updates_of_one_entry_all_count(backend: &Backend) {
    let storage = backend.open().await;
    let other = backend.another(&storage).await;
    let count = |old: Option<&str>| Some((old.map_or(0, |old| old.parse::<u32>().unwrap_or(0)) + 1).to_string());
    let updates = (0..20).map(|at| [&storage, &other][at % 2].update("count", count));
    for updated in join_all(updates).await {
        assert!(updated.expect("it can be written"));
    }
    assert_eq!(get(&storage, "count").await.as_deref(), Some("20"));
}

pub(crate) async fn import_flutter_names_what_is_missing(backend: &Backend) {
    let storage = backend.open().await;
    for app in [FlutterApp::new(), FlutterApp::new().application_id("").product_name("")] {
        let error = storage.import_flutter(&app, OnConflict::Skip).await.expect_err("nothing is named");
        let expected = if cfg!(windows) {
            (ErrorKind::InvalidArgument, Some("productName"))
        } else if cfg!(all(target_os = "linux", feature = "keychain")) {
            (ErrorKind::InvalidArgument, Some("applicationId"))
        } else {
            (ErrorKind::Unsupported, None)
        };
        assert_eq!((error.kind(), error.argument()), expected, "{error}");
        if cfg!(target_family = "wasm") {
            assert!(error.to_string().contains("import_from"), "{error}");
        }
    }
    assert_eq!(storage.keys().await.expect("they can be listed"), [""; 0]);
}

pub(crate) async fn a_handle_tells_what_it_is(backend: &Backend) {
    let namespace = backend.namespace();
    let storage = backend.builder(&namespace).open().await.expect("it opens");
    assert_eq!(storage.namespace(), namespace);
    assert_eq!(storage.layout(), backend.layout());
    assert_eq!(storage.protection(), backend.guard.word());
    assert!(!storage.is_locked());
    let availability = SecureStorage::availability(&backend.builder(&namespace)).await;
    assert!(availability.usable(), "{:?}", availability.reason);
    assert_eq!(availability.recoverable, backend.guard != Guard::Device);
    assert_eq!(availability.durability == Durability::Memory, backend.area == Area::Memory);
    assert_eq!(availability.durability == Durability::Tab, backend.area == Area::SessionStorage);
}

pub(crate) async fn nothing_printed_holds_a_value_or_a_key(backend: &Backend) {
    let storage = backend.open().await;
    storage.set("token", "s3cret-value").await.expect("it can be written");
    storage.set_bytes("bytes", b"s3cret-value\xff").await.expect("it can be written");
    let error = storage.get("bytes").await.expect_err("it is not text");
    let others = CallOptions::new().web(WebOptions::new().wrap_key([9; 32]).wrap_key_iv([9; 12]));
    let refused = storage.with(others.clone()).await.expect_err("it is another key, or of another layout");
    let unlock = backend.unlock();
    let locked = storage.unlock(&Unlock::app_key([9; 32])).await.expect_err("it has no such unlock");
    let report = storage.verify().await.expect("it can be verified");
    let builder = backend.builder("app");
    let printed = format!(
        "{storage:?} {error} {error:?} {refused} {refused:?} {report:?} {builder:?} {others:?} {unlock:?} {locked} {locked:?}"
    );
    for secret in ["s3cret", WRAP_KEY, APP_KEY, PASSPHRASE, "9, 9", "115, 51", "0909"] {
        assert!(!printed.contains(secret), "{secret} is in {printed}");
    }
}

pub(crate) async fn with_nothing_changed_is_the_same_store(backend: &Backend) {
    let storage = backend.open().await;
    storage.set("token", "value").await.expect("it can be written");
    let fresh = [true, false].map(|yes| CallOptions::new().fresh(yes));
    for options in [CallOptions::new()].into_iter().chain(fresh) {
        let handle = match storage.with(options).await {
            Ok(handle) => handle,
            Err(error) if storage.layout() == Layout::Flutter => {
                assert_eq!(error.argument(), Some("fresh"), "it is always read fresh");
                continue;
            }
            Err(error) => panic!("{error:?}"),
        };
        assert_eq!(get(&handle, "token").await.as_deref(), Some("value"));
        assert_eq!((handle.namespace(), handle.layout()), (storage.namespace(), storage.layout()));
        assert_eq!((handle.protection(), handle.is_locked()), (storage.protection(), false));
        handle.set("token", "value").await.expect("it can be written");
        assert!(handle.contains_key("token").await.expect("it can be looked for"));
        assert_eq!(keys(&handle).await, ["token"]);
        assert_eq!(handle.get_all().await.expect("it can be read").len(), 1);
    }
    assert_eq!(get(&storage, "token").await.as_deref(), Some("value"));
}
