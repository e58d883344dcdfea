use std::{cell::Cell, future::Future, pin::Pin};

use js_sys::{Date, Function, Promise, Reflect};
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use web_sys::{BroadcastChannel, CryptoKey, IdbDatabase, IdbFactory, IdbOpenDbRequest};

use super::*;
use crate::platform::web::{
    database::{DEADLINE_MS, Database},
    env::{global, subtle, timer},
};

wasm_bindgen_test_configure!(run_in_browser);

/// Waits for this many milliseconds.
async fn sleep(milliseconds: u32) {
    JsFuture::from(timer(milliseconds)).await.expect("a timer");
}

const NAMESPACE: &str = "com.example.notes";

const A: StoredName = [1; 32];
const B: StoredName = [2; 32];
const C: StoredName = [3; 32];

fn area(database: &str) -> IndexedDb {
    IndexedDb::new(database, NAMESPACE)
}

/// What another tab would have. (One thread has one connection to a database, which makes no difference here.)
fn in_another_tab(database: &str) -> IndexedDb {
    IndexedDb { channel: Channel::elsewhere(database, NAMESPACE), ..area(database) }
}

/// A ring of this checksum, and its id.
fn ring(checksum: u8) -> (StoredRing<WebKey>, RingId) {
    let bytes = [b"not looked at".as_slice(), &[checksum; 32]].concat();
    (StoredRing { bytes, device_key: None }, [checksum; 32])
}

fn record(text: &str) -> Bytes {
    text.as_bytes().into()
}

fn put(name: StoredName, text: &str) -> Edit {
    Edit::Put(name, record(text))
}

/// An area with a ring of the checksum 1.
async fn with_ring(database: &str) -> (IndexedDb, RingId) {
    let (area, (ring, id)) = (area(database), ring(1));
    area.create(ring).await.expect("a ring");
    (area, id)
}

async fn write(area: &IndexedDb, ring: &RingId, edits: &[Edit]) -> Written {
    area.write(ring, edits, &[]).await.expect("a write").expect("the same ring")
}

async fn get(area: &IndexedDb, ring: &RingId, name: StoredName, age: Age) -> Option<String> {
    let records = area.get(ring, &[name], age).await.expect("a read").expect("the same ring");
    let record = records.into_iter().next().expect("as many as asked for")?;
    Some(String::from_utf8(record.to_vec()).expect("text"))
}

async fn all(area: &IndexedDb, ring: &RingId, age: Age) -> (u64, Vec<(StoredName, Bytes)>) {
    let Records { revision, records } = area.all(ring, age).await.expect("a read").expect("the same ring");
    (revision, records)
}

async fn is_changed<T>(read: impl Future<Output = Result<Read<T>>>) -> bool {
    read.await.expect("a read").is_err()
}

/// These records in the place of all that lie there at a revision.
fn instead(revision: u64, records: &[(StoredName, Bytes)]) -> Replacement<'_, Held> {
    Replacement { revision, records, hold: None }
}

fn kind_of<T>(result: Result<T>) -> ErrorKind {
    result.err().expect("a failure").kind()
}

fn factory() -> IdbFactory {
    global("indexedDB").expect("IndexedDB").unchecked_into()
}

async fn done(request: &IdbRequest) -> JsValue {
    let done = Promise::new(&mut |resolve, reject| {
        request.set_onsuccess(Some(&resolve));
        request.set_onerror(Some(&reject));
    });
    JsFuture::from(done).await.expect("success");
    request.result().expect("a result")
}

async fn delete_database(name: &str) {
    done(&factory().delete_database(name).expect("a request")).await;
}

/// The names of all databases.
async fn databases() -> Vec<String> {
    let databases = super::get(&factory(), "databases").unchecked_into::<Function>().call0(&factory());
    let found = JsFuture::from(databases.expect("a promise").unchecked_into::<Promise>()).await.expect("a list");
    found.unchecked_into::<Array>().iter().filter_map(|found| super::get(&found, "name").as_string()).collect()
}

/// Puts something into a store of the database, as a script of the page could.
async fn tamper(database: &str, store: &str, key: &JsValue, value: &JsValue) {
    let database = Database::open(database, None).await.expect("it opens").expect("it is there");
    let transaction = database.begin(STORES, WRITE).expect("a transaction");
    transaction.store(store).and_then(|store| store.put_with_key(value, key)).expect("a request");
    transaction.complete().await.expect("it is done");
}

/// Holds a transaction of a database, as a tab behind a dialog does, until the function that it gives is called.
async fn hold(database: &str) -> Function {
    let database = Database::open(database, None).await.expect("it opens").expect("it is there");
    let hold = "const held = database.transaction(['records'], 'readwrite').objectStore('records'); let done = false; \
                const again = () => { if (!done) held.get(0).onsuccess = again; }; again(); return () => { done = true; };";
    let held = Function::new_with_args("database", hold).call1(&JsValue::UNDEFINED, &database.0).expect("it runs");
    held.unchecked_into()
}

#[wasm_bindgen_test]
async fn what_waits_for_another_tab_for_too_long_is_given_up_and_not_done_later() {
    let (area, id) = with_ring("busy").await;
    write(&area, &id, &[put(A, "a")]).await;
    area.forget();
    let release = hold("busy").await;
    let (written, read) = futures_util::future::join(
        area.write(&id, &[put(A, "late"), put(B, "late")], &[]),
        area.get(&id, &[A], Age::Now),
    )
    .await;
    for error in
        [written.expect_err("it waits"), read.expect_err("it waits"), area.find().await.err().expect("it waits")]
    {
        assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
        assert!(error.to_string().contains("another tab"), "{error}");
    }
    release.call0(&JsValue::UNDEFINED).expect("it is released");
    sleep(200).await;
    assert_eq!(all(&area, &id, Age::Now).await.1, [(A, record("a"))]);
    write(&area, &id, &[put(B, "b")]).await;
    assert_eq!(get(&area, &id, B, Age::Now).await.as_deref(), Some("b"));
}

#[wasm_bindgen_test]
async fn what_waits_for_another_tab_for_a_while_is_done() {
    let (area, id) = with_ring("busy for a while").await;
    let release = hold("busy for a while").await;
    let (written, ()) = futures_util::future::join(area.write(&id, &[put(A, "a")], &[]), async {
        sleep(250).await;
        release.call0(&JsValue::UNDEFINED).expect("it is released");
    })
    .await;
    written.expect("it waits no longer").expect("the same ring");
    sleep(600).await;
    assert_eq!(get(&area, &id, A, Age::Now).await.as_deref(), Some("a"));
}

/// Replaces a method of a prototype until it is dropped.
struct Replaced(JsValue, &'static str, JsValue);

impl Replaced {
    fn new(class: &str, method: &'static str, with: &str) -> Self {
        let prototype = super::get(&global(class).expect("a class"), "prototype");
        let before = super::get(&prototype, method);
        set_property(&prototype, method, &Function::new_no_args(with));
        Replaced(prototype, method, before)
    }
}

impl Drop for Replaced {
    fn drop(&mut self) {
        set_property(&self.0, self.1, &self.2);
    }
}

/// How many transactions are begun while something runs.
async fn transactions<T>(during: impl Future<Output = T>) -> (T, u32) {
    let count = Reflect::set(&js_sys::global(), &"begun".into(), &0.into());
    count.expect("a property of the global scope");
    let original = "const original = IDBDatabase.prototype.transaction;";
    let counting = Function::new_no_args(
        &[original, "return function (...how) { begun += 1; return original.apply(this, how); }"].concat(),
    );
    let counting = counting.call0(&JsValue::UNDEFINED).expect("a function");
    let prototype = super::get(&global("IDBDatabase").expect("a class"), "prototype");
    let before = Replaced(prototype.clone(), "transaction", super::get(&prototype, "transaction"));
    set_property(&prototype, "transaction", &counting);
    let done = during.await;
    drop(before);
    let begun = super::get(&js_sys::global(), "begun").as_f64().expect("a number");
    (done, revision_of(&begun.into()).and_then(|begun| begun.try_into().ok()).expect("a few"))
}

#[wasm_bindgen_test]
async fn where_there_is_no_database_nothing_is_found_and_none_is_made() {
    let (area, (_, id)) = (area("absent"), ring(1));
    assert!(matches!(area.find().await, Ok(Found::Nothing)));
    assert!(is_changed(area.get(&id, &[A], Age::Now)).await);
    assert!(is_changed(area.write(&id, &[put(A, "1")], &[])).await);
    assert!(area.some().await.expect("none").is_empty());
    area.destroy().await.expect("nothing to do");
    assert!(!databases().await.contains(&"absent".to_owned()));
}

#[wasm_bindgen_test]
async fn a_ring_is_stored_once() {
    let how = js_sys::JSON::parse(r#"{"name": "AES-GCM", "length": 256}"#).expect("JSON");
    let usages = Array::of2(&"encrypt".into(), &"decrypt".into());
    let made = subtle().expect("WebCrypto").generate_key_with_object(how.unchecked_ref(), false, &usages);
    let key: CryptoKey = JsFuture::from(made.expect("a promise")).await.expect("a key").unchecked_into();

    let (area, (first, _)) = (area("create"), ring(1));
    let stored = area.create(StoredRing { device_key: WebKey::of(key.into()), ..first.clone() }).await;
    assert!(matches!(stored, Ok(Found::Ring(ring)) if ring.bytes == first.bytes));
    for found in [area.find().await, area.create(ring(2).0).await] {
        let Ok(Found::Ring(found)) = found else { panic!("there is a ring") };
        assert_eq!(found.bytes, first.bytes);
        assert!(!found.device_key.expect("its key").key.extractable());
    }
}

#[wasm_bindgen_test]
async fn records_without_a_ring_are_found_and_left_alone() {
    let (area, _) = with_ring("only-records").await;
    area.destroy().await.expect("a removal");
    tamper("only-records", RECORDS, &area.key_of(&A), &buffer(b"left")).await;
    assert!(matches!(area.find().await, Ok(Found::OnlyRecords)));
    assert!(matches!(area.create(ring(1).0).await, Ok(Found::OnlyRecords)));
    assert!(matches!(area.find().await, Ok(Found::OnlyRecords)));
}

#[wasm_bindgen_test]
async fn the_highest_revision_is_the_last_one() {
    let (area, id) = with_ring("highest").await;
    write(&area, &id, &[put(A, "a")]).await;
    let highest = 2.0_f64.powi(53) - 1.0;
    tamper("highest", REVISIONS, &area.namespace, &highest.into()).await;
    assert_eq!(kind_of(area.write(&id, &[put(B, "b")], &[]).await), ErrorKind::Unavailable);
    assert_eq!(all(&area, &id, Age::Now).await, (9_007_199_254_740_991, vec![(A, record("a"))]));
    area.destroy().await.expect("a removal");
}

#[wasm_bindgen_test]
async fn what_is_written_is_read_and_what_existed_is_told() {
    let (area, id) = with_ring("write").await;
    let first = write(&area, &id, &[put(B, "b"), put(A, "a"), Edit::Remove(C), put(A, "a2")]).await;
    assert_eq!(first.existed, [false, false, false, true]);
    for age in [Age::Known, Age::Now] {
        assert_eq!(get(&area, &id, A, age).await.as_deref(), Some("a2"));
        assert_eq!(get(&area, &id, C, age).await, None);
        assert_eq!(all(&area, &id, age).await, (first.revision, vec![(A, record("a2")), (B, record("b"))]));
    }
    let second = write(&area, &id, &[Edit::Remove(B), Edit::Clear, Edit::Clear, put(C, "c")]).await;
    assert_eq!((second.revision, second.existed), (first.revision + 1, vec![true, true, false, false]));
    assert_eq!(all(&area, &id, Age::Now).await, (second.revision, vec![(C, record("c"))]));
    assert_eq!(area.some().await.expect("a few"), [record("c")], "shorter than a head");
    write(&area, &id, &(0..9).map(|name| put([name; 32], "x")).collect::<Vec<_>>()).await;
    assert_eq!(area.some().await.expect("a few").len(), SOME);
}

#[wasm_bindgen_test]
async fn namespaces_of_one_database_are_apart() {
    let (area, id) = with_ring("namespaces").await;
    write(&area, &id, &[put(A, "a")]).await;
    for other in ["com.example.note", "com.example.notes2", "com.example.notes.x"] {
        let other = IndexedDb::new("namespaces", other);
        assert!(matches!(other.find().await, Ok(Found::Nothing)));
        other.create(ring(1).0).await.expect("a ring");
        assert_eq!(get(&other, &id, A, Age::Now).await, None);
        write(&other, &id, &[Edit::Clear]).await;
        other.destroy().await.expect("a removal");
    }
    assert_eq!(get(&area, &id, A, Age::Now).await.as_deref(), Some("a"));
}

#[wasm_bindgen_test]
async fn under_another_ring_nothing_is_read_or_written() {
    let (area, id) = with_ring("another-ring").await;
    write(&area, &id, &[put(A, "a")]).await;
    let other = ring(2).1;
    for age in [Age::Known, Age::Now] {
        assert!(is_changed(area.get(&other, &[A], age)).await);
        assert!(is_changed(area.all(&other, age)).await);
    }
    assert!(is_changed(area.write(&other, &[put(A, "b"), put(B, "b")], &[])).await);
    assert!(is_changed(area.replace(&other, ring(3).0, None)).await);
    assert_eq!(all(&area, &id, Age::Now).await, (2, vec![(A, record("a"))]));
}

#[wasm_bindgen_test]
async fn ring_and_records_are_replaced_together_or_not_at_all() {
    let (area, id) = with_ring("replace").await;
    write(&area, &id, &[put(A, "a"), put(B, "b")]).await;
    let (next, next_id) = ring(2);
    let resealed = [(A, record("A"))];
    assert!(is_changed(area.replace(&id, next.clone(), Some(instead(1, &resealed)))).await);
    assert_eq!(all(&area, &id, Age::Now).await, (2, vec![(A, record("a")), (B, record("b"))]));
    let replaced = area.replace(&id, next, Some(instead(2, &resealed))).await.expect("a write").expect("the same ring");
    assert_eq!(replaced.revision, 3);
    assert!(is_changed(area.get(&id, &[A], Age::Known)).await);
    assert_eq!(all(&area, &next_id, Age::Known).await, (3, resealed.to_vec()));

    area.replace(&next_id, ring(3).0, None).await.expect("a write").expect("the same ring");
    assert_eq!(all(&area, &ring(3).1, Age::Known).await, (4, resealed.to_vec()));
}

/// Whether the revision in the database is marked.
async fn is_marked(area: &IndexedDb) -> bool {
    area.begin(Mode::Read, None, &|_| Ok(Vec::new())).await.expect("a read").expect("a database").is_marked
}

#[wasm_bindgen_test]
async fn who_changes_something_waits_for_a_hold_and_the_holder_does_not() {
    let (area, id) = with_ring("held").await;
    let other = in_another_tab("held");
    write(&area, &id, &[put(A, "a")]).await;
    let hold = area.hold().await.expect("a mark").expect("a lock");
    assert!(is_marked(&area).await);
    assert_eq!(get(&other, &id, A, Age::Now).await.as_deref(), Some("a"), "reading does not wait");
    let (next, next_id) = ring(2);
    let resealed = [(A, record("A"))];
    let (written, replaced) = futures_util::future::join(other.write(&id, &[put(A, "late")], &[]), async {
        sleep(100).await;
        let with = Replacement { hold: Some(&hold), ..instead(2, &resealed) };
        let replaced = area.replace(&id, next, Some(with)).await;
        drop(hold);
        replaced
    })
    .await;
    replaced.expect("a write").expect("nobody was faster");
    assert!(written.expect("a write").is_err(), "the ring has changed meanwhile");
    assert!(!is_marked(&area).await);
    assert_eq!(all(&area, &next_id, Age::Now).await, (3, resealed.to_vec()));
}

#[wasm_bindgen_test]
async fn a_mark_whose_holder_has_died_is_taken_away_by_the_next_change() {
    let (area, id) = with_ring("died").await;
    drop(area.hold().await.expect("a mark").expect("a lock"));
    assert!(is_marked(&area).await);
    assert_eq!(write(&area, &id, &[put(A, "a")]).await.revision, 2, "a mark leaves the revision as it is");
    assert!(!is_marked(&area).await);
}

#[wasm_bindgen_test]
async fn who_has_waited_for_too_long_writes_and_leaves_the_mark_and_waits_no_more_for_a_while() {
    let (area, id) = with_ring("hung").await;
    let hold = area.hold().await.expect("a mark").expect("a lock");
    let other = in_another_tab("hung");
    let begun = Date::now();
    write(&other, &id, &[put(A, "a")]).await;
    let waited = Date::now() - begun;
    assert!(waited >= f64::from(DEADLINE_MS), "it waited {waited} ms");
    assert!(is_marked(&area).await);
    // As many would take more than four deadlines.
    let begun = Date::now();
    for _ in 0..5 {
        write(&other, &id, &[put(A, "a")]).await;
    }
    let waited = Date::now() - begun;
    assert!(waited < 4.0 * f64::from(DEADLINE_MS), "it waited {waited} ms");
    assert!(is_marked(&area).await);
    drop(hold);
}

#[wasm_bindgen_test]
async fn who_has_waited_for_the_lock_in_vain_does_not_ask_again_for_a_while() {
    let (area, id) = with_ring("hung too").await;
    let hold = area.hold().await.expect("a mark").expect("a lock");
    let other = in_another_tab("hung too");
    assert!(other.hold().await.expect("no failure").is_none());
    assert_eq!(requests().await, (1.0, 0.0), "the request is withdrawn");
    // A rotation asks before each try, and a write once it finds the mark. So does another handle of the same tab.
    let begun = Date::now();
    let same_tab = IndexedDb { channel: Rc::clone(&other.channel), ..self::area("hung too") };
    for area in [&other, &same_tab] {
        assert!(area.hold().await.expect("no failure").is_none());
        write(area, &id, &[put(A, "a")]).await;
    }
    let waited = Date::now() - begun;
    assert!(waited < f64::from(DEADLINE_MS), "it waited {waited} ms");
    drop(hold);
}

/// How many locks of keyfold's are held, and how many are waited for.
async fn requests() -> (f64, f64) {
    let query = Function::new_no_args(
        "return navigator.locks.query().then((all) => [all.held, all.pending].map((those) => \
         those.filter(({ name }) => name.includes(':hung too:')).length))",
    );
    let query = query.call0(&JsValue::UNDEFINED).expect("it runs").unchecked_into::<Promise>();
    let counts = JsFuture::from(query).await.expect("an answer").unchecked_into::<Array>();
    let [held, pending] = [0, 1].map(|index| counts.get(index).as_f64().expect("a number"));
    (held, pending)
}

#[wasm_bindgen_test]
async fn nothing_is_left_of_a_hold_on_what_is_removed_meanwhile() {
    let (area, _) = with_ring("gone").await;
    let hold = area.hold().await.expect("a mark").expect("a lock");
    in_another_tab("gone").destroy().await.expect("nobody waits to remove everything");
    drop(hold);
    assert!(area.hold().await.expect("no failure").is_none(), "there is nothing to hold");
    assert!(!is_marked(&area).await);
}

#[wasm_bindgen_test]
async fn what_is_removed_whole_is_gone_and_its_mirrors_with_it() {
    let (area, id) = with_ring("destroy").await;
    write(&area, &id, &[put(A, "a")]).await;
    let other = in_another_tab("destroy");
    assert_eq!(get(&other, &id, A, Age::Known).await.as_deref(), Some("a"));
    area.destroy().await.expect("a removal");
    drop(area);
    sleep(50).await;
    assert!(is_changed(other.get(&id, &[A], Age::Known)).await);
    assert!(matches!(other.find().await, Ok(Found::Nothing)));
    // The revision of the new ring is one that the old one had, too.
    other.create(ring(1).0).await.expect("a ring");
    assert_eq!(all(&other, &id, Age::Now).await, (1, vec![]));
}

#[wasm_bindgen_test]
async fn what_is_not_of_the_form_has_no_bytes() {
    let (area, id) = with_ring("form").await;
    let namespace = JsValue::from(NAMESPACE);
    let foreign = [JsValue::from("text"), Array::new().into(), buffer(&[1; 31])];
    for name in foreign {
        tamper("form", RECORDS, &Array::of2(&namespace, &name).into(), &1.into()).await;
    }
    tamper("form", RECORDS, &area.key_of(&A), &"text".into()).await;
    tamper("form", REVISIONS, &namespace, &f64::NAN.into()).await;
    assert_eq!(all(&area, &id, Age::Now).await, (0, vec![(A, record(""))]));
    assert_eq!(get(&area, &id, A, Age::Now).await.as_deref(), Some(""));
    assert_eq!(write(&area, &id, &[Edit::Clear]).await.revision, 1);
    for damaged in [JsValue::from("text"), JsValue::NULL, Object::new().into()] {
        tamper("form", RINGS, &namespace, &damaged).await;
        assert!(matches!(area.find().await, Ok(Found::Ring(ring)) if ring.bytes.is_empty()));
        assert!(is_changed(area.get(&id, &[A], Age::Now)).await);
    }
}

#[wasm_bindgen_test]
async fn keys_of_another_form_are_no_records() {
    let (area, id) = with_ring("foreign").await;
    let namespace = JsValue::from(NAMESPACE);
    let of_other_key = buffer(&[&[1][..], &[7; 60]].concat());
    let foreign = [1.into(), "text".into(), buffer(&[]), buffer(&[0; 31]), buffer(&[0; 33]), Array::new().into()];
    for name in foreign {
        tamper("foreign", RECORDS, &Array::of2(&namespace, &name).into(), &of_other_key).await;
    }
    assert_eq!(area.some().await.expect("none"), []);
    write(&area, &id, &[put(A, "a")]).await;
    assert_eq!(area.some().await.expect("one"), [record("a")]);
    write(&area, &id, &[Edit::Remove(A)]).await;
    let transaction = area.connection.begin(WRITE, None).await.expect("a transaction").expect("a database");
    transaction.store(RINGS).and_then(|rings| rings.delete(&namespace)).expect("a request");
    transaction.complete().await.expect("it is done");
    assert!(matches!(area.find().await, Ok(Found::Nothing)), "without a ring they are no reason to refuse a store");
}

/// How many bytes WebAssembly's memory has grown by while something is done.
async fn growth(doing: impl Future) -> usize {
    let before = core::arch::wasm32::memory_size(0);
    doing.await;
    (core::arch::wasm32::memory_size(0) - before) << 16
}

#[wasm_bindgen_test]
async fn of_long_records_only_the_heads_are_looked_at() {
    let (area, id) = with_ring("heads").await;
    for name in [A, B, C] {
        let long = Uint8Array::new_with_length(32 << 20);
        long.fill(7, 0, 100);
        tamper("heads", RECORDS, &area.key_of(&name), &long.buffer().into()).await;
    }
    let grown = growth(async {
        let heads = area.some().await.expect("heads");
        assert!(heads.iter().all(|head| **head == [7; record::MIN_BYTES]));
        assert_eq!(heads.len(), SOME);
    });
    assert!(grown.await < 1 << 20);
    assert!(growth(area.get(&id, &[A], Age::Now)).await >= 32 << 20, "a record is copied when it is read");
}

#[wasm_bindgen_test]
async fn nothing_longer_than_it_may_be_is_copied() {
    let (area, id) = with_ring("bounds").await;
    let ring = Object::new().into();
    set_property(&ring, "ring", &Uint8Array::new_with_length(64 << 20).buffer());
    let grown = growth(async {
        assert_eq!(bytes_of(&buffer(&[7; 9]), 9), [7; 9]);
        assert_eq!(bytes_of(&buffer(&[7; 9]), 8), [0; 0]);
        assert_eq!(ring_bytes(&ring), [0; 0]);
        let many: Vec<_> = (0..40).map(|_| Uint8Array::new_with_length(32 << 20).buffer().into()).collect();
        assert!(check_total(many[..33].iter()).is_err_and(|error| error.kind() == ErrorKind::TooLarge));
        check_total(many[..32].iter()).expect("1 GiB");
    });
    assert!(grown.await < 1 << 20);
    assert_eq!(all(&area, &id, Age::Now).await.1, []);
}

#[wasm_bindgen_test]
async fn current_records_are_read_from_the_mirror() {
    let (area, id) = with_ring("mirror").await;
    let (_, begun) = transactions(async {
        write(&area, &id, &[put(A, "a")]).await;
        get(&area, &id, A, Age::Known).await
    })
    .await;
    assert_eq!(begun, 1, "what this handle wrote it knows");
    let misses = async { (get(&area, &id, B, Age::Known).await, get(&area, &id, B, Age::Known).await) };
    assert_eq!(transactions(misses).await, ((None, None), 1), "that one is absent is read once");
    assert_eq!(transactions(get(&area, &id, A, Age::Now)).await.1, 1, "a read of now looks");
    let both = async {
        all(&area, &id, Age::Known).await;
        all(&area, &id, Age::Known).await;
        get(&area, &id, C, Age::Known).await
    };
    assert_eq!(transactions(both).await, (None, 1), "after all are read none else can be there");
    area.forget();
    assert_eq!(transactions(get(&area, &id, A, Age::Known)).await.1, 1, "what is forgotten is read");
}

#[wasm_bindgen_test]
async fn a_mirror_follows_the_writes_of_its_own_handle() {
    let (area, id) = with_ring("follows").await;
    write(&area, &id, &[put(A, "a"), put(B, "b")]).await;
    all(&area, &id, Age::Known).await;
    for edits in [vec![put(C, "c")], vec![Edit::Remove(B)], vec![Edit::Clear, put(A, "a2")]] {
        write(&area, &id, &edits).await;
        let (mirrored, begun) = transactions(all(&area, &id, Age::Known)).await;
        assert_eq!(begun, 0);
        assert_eq!(mirrored, all(&area, &id, Age::Now).await);
    }
}

#[wasm_bindgen_test]
async fn handles_of_one_thread_see_each_others_writes_at_once() {
    let (one, id) = with_ring("same-thread").await;
    let other = area("same-thread");
    for text in ["1", "2", "3"] {
        write(&one, &id, &[put(A, text)]).await;
        assert_eq!(get(&other, &id, A, Age::Known).await.as_deref(), Some(text));
        assert_eq!(transactions(get(&other, &id, A, Age::Known)).await.1, 0);
    }
    // Parallel ones leave the latest revision known, whichever is done last.
    let writes = ["4", "5", "6"].map(|text| [put(B, text)]);
    futures_util::future::join_all(writes.iter().map(|edits| one.write(&id, edits, &[]))).await;
    assert_eq!(get(&other, &id, B, Age::Known).await.as_deref(), Some("6"));
}

#[wasm_bindgen_test]
async fn writes_of_another_tab_are_seen_when_their_message_comes() {
    let (here, id) = with_ring("tabs").await;
    let there = in_another_tab("tabs");
    for text in ["1", "2"] {
        write(&there, &id, &[put(A, text)]).await;
        sleep(50).await;
        assert_eq!(get(&here, &id, A, Age::Known).await.as_deref(), Some(text));
        assert_eq!(transactions(get(&here, &id, A, Age::Known)).await.1, 0);
    }
    // A mirror that another tab's write has passed does not go on from its own.
    write(&here, &id, &[put(B, "b")]).await;
    assert_eq!(get(&here, &id, A, Age::Known).await.as_deref(), Some("2"));
}

#[wasm_bindgen_test]
async fn a_forged_message_costs_a_read_and_no_more() {
    let (area, id) = with_ring("forged").await;
    write(&area, &id, &[put(A, "old")]).await;
    let stale = super::tests::area("forged");
    get(&stale, &id, A, Age::Known).await;
    write(&area, &id, &[put(A, "new")]).await;
    let forger = BroadcastChannel::new("keyfold:forged:com.example.notes").expect("a channel");
    // 2 is the revision that the stale mirror has.
    let forged = [2.into(), 4.into(), JsValue::NULL, "text".into(), f64::NAN.into(), 0.5.into(), 1e300.into()];
    for message in forged {
        get(&area, &id, A, Age::Known).await;
        forger.post_message(&message).expect("it is sent");
        sleep(20).await;
        let read = async { (get(&stale, &id, A, Age::Known).await, get(&area, &id, A, Age::Known).await) };
        let (read, begun) = transactions(read).await;
        assert_eq!(read, (Some("new".into()), Some("new".into())), "{message:?}");
        assert!(begun > 0, "{message:?}");
        assert_eq!(transactions(get(&area, &id, A, Age::Known)).await.1, 0, "{message:?}");
    }
    // The revision that is known is no news.
    forger.post_message(&3.into()).expect("it is sent");
    sleep(20).await;
    assert_eq!(transactions(get(&area, &id, A, Age::Known)).await.1, 0);
    forger.close();
}

#[wasm_bindgen_test]
async fn a_change_that_is_heard_of_during_a_read_is_not_taken_for_read() {
    let (area, id) = with_ring("overtaken").await;
    write(&area, &id, &[put(A, "old")]).await;
    let begun = area.begin_under(&id, Mode::Read, &|_| Ok(vec![])).await.expect("a read").expect("the same ring");
    area.channel.heard(&9.into());
    area.keep(&begun, |mirror| mirror.keep(&id, begun.revision, &[A], &[Some(record("old"))]));
    assert_eq!(area.channel.latest(), None);
    assert_eq!(transactions(get(&area, &id, A, Age::Known)).await.1, 1);
}

#[wasm_bindgen_test]
async fn a_page_that_comes_back_looks_again() {
    let (area, id) = with_ring("back").await;
    let document = global("document").expect("a document");
    for (target, event) in
        [(js_sys::global().into(), "pageshow"), (document.clone(), "resume"), (document, "visibilitychange")]
    {
        get(&area, &id, A, Age::Known).await;
        let event = web_sys::Event::new(event).expect("an event");
        target.unchecked_into::<web_sys::EventTarget>().dispatch_event(&event).expect("it is told");
        assert_eq!(transactions(get(&area, &id, A, Age::Known)).await.1, 1, "{event:?}");
    }
}

#[wasm_bindgen_test]
async fn without_broadcasts_every_read_looks() {
    let before = super::get(&js_sys::global(), "BroadcastChannel");
    set_property(&js_sys::global(), "BroadcastChannel", &JsValue::UNDEFINED);
    let area = area("no-broadcasts");
    set_property(&js_sys::global(), "BroadcastChannel", &before);
    let (ring, id) = ring(1);
    area.create(ring).await.expect("a ring");
    write(&area, &id, &[put(A, "a")]).await;
    let twice = async { (get(&area, &id, A, Age::Known).await, get(&area, &id, A, Age::Known).await) };
    assert_eq!(transactions(twice).await, ((Some("a".into()), Some("a".into())), 2));
}

/// Counts the looks.
#[derive(Default)]
struct Looks(Cell<u32>);

impl Follower for Looks {
    fn catch_up(self: Arc<Self>) -> Option<Pin<Box<dyn Future<Output = ()>>>> {
        Some(Box::pin(async move { self.0.set(self.0.get() + 1) }))
    }
}

#[wasm_bindgen_test]
async fn one_follower_looks_when_others_have_written_and_somebody_watches() {
    let (area, id) = with_ring("followers").await;
    let there = in_another_tab("followers");
    #[expect(clippy::arc_with_non_send_sync, reason = "the trait is for processes of several threads too")]
    let (gone, looks) = (Arc::new(Looks::default()), Arc::new(Looks::default()));
    let as_follower =
        |looks: &Arc<Looks>| -> Weak<dyn Follower> { Arc::downgrade(&(looks.clone() as Arc<dyn Follower>)) };
    area.follow(as_follower(&gone));
    drop(gone);
    for _ in 0..2 {
        area.follow(as_follower(&looks));
    }
    write(&there, &id, &[put(A, "1")]).await;
    sleep(50).await;
    assert_eq!(looks.0.get(), 0, "nobody watches");
    let watch = area.news().hub.watch();
    area.follow(as_follower(&looks));
    sleep(0).await;
    assert_eq!(looks.0.get(), 1, "the first look");
    write(&area, &id, &[put(A, "2")]).await;
    sleep(50).await;
    assert_eq!(looks.0.get(), 1, "its own write");
    write(&there, &id, &[put(A, "3")]).await;
    sleep(50).await;
    assert_eq!(looks.0.get(), 2, "another's write");
    drop(watch);
    write(&there, &id, &[put(A, "4")]).await;
    sleep(50).await;
    assert_eq!(looks.0.get(), 2, "nobody watches any more");
}

#[wasm_bindgen_test]
async fn a_database_that_is_deleted_under_a_handle_is_a_change() {
    let (area, id) = with_ring("deleted").await;
    write(&area, &id, &[put(A, "a")]).await;
    all(&area, &id, Age::Known).await;
    delete_database("deleted").await;
    assert!(is_changed(area.get(&id, &[A], Age::Known)).await, "the mirror too is out of date");
    assert!(is_changed(area.write(&id, &[put(A, "b")], &[])).await);
    assert!(matches!(area.find().await, Ok(Found::Nothing)));
    assert!(!databases().await.contains(&"deleted".to_owned()));
    area.create(ring(2).0).await.expect("a ring");
    assert_eq!(write(&area, &ring(2).1, &[put(A, "c")]).await.existed, [false]);
}

#[wasm_bindgen_test]
async fn a_connection_that_is_closed_is_opened_again() {
    let (area, id) = with_ring("closed").await;
    write(&area, &id, &[put(A, "a")]).await;
    // Stands in for a browser that closes it and has not told us yet.
    let close = "this.closes = true; throw new DOMException('closing', 'InvalidStateError')";
    let before = super::get(&super::get(&global("IDBDatabase").expect("a class"), "prototype"), "transaction");
    set_property(&js_sys::global(), "transactionBefore", &before);
    let replaced = Replaced::new(
        "IDBDatabase",
        "transaction",
        &["IDBDatabase.prototype.transaction = transactionBefore; ", close].concat(),
    );
    assert_eq!(get(&area, &id, A, Age::Now).await.as_deref(), Some("a"));
    drop(replaced);
}

/// Upgrades a database to version 2 and keeps it open.
async fn upgrade_to_2(name: &str) -> IdbDatabase {
    let request: IdbOpenDbRequest = factory().open_with_u32(name, 2).expect("a request");
    done(&request).await.unchecked_into()
}

#[wasm_bindgen_test]
async fn a_newer_database_is_a_newer_format() {
    let (area, id) = with_ring("newer").await;
    let newer = upgrade_to_2("newer").await;
    assert_eq!(kind_of(area.find().await), ErrorKind::NewerFormat);
    assert_eq!(kind_of(area.get(&id, &[A], Age::Known).await), ErrorKind::NewerFormat);
    assert_eq!(kind_of(area.create(ring(2).0).await), ErrorKind::NewerFormat);
    newer.close();
}

#[wasm_bindgen_test]
async fn a_database_of_another_app_is_refused() {
    let other = factory().open_with_u32("another-app", 1).expect("a request");
    done(&other).await.unchecked_into::<IdbDatabase>().close();
    let refused = area("another-app").create(ring(1).0).await;
    assert_eq!(kind_of(refused), ErrorKind::Platform);
}

#[wasm_bindgen_test]
async fn where_indexed_db_is_blocked_it_is_unavailable() {
    let throws = "throw new DOMException('denied', 'SecurityError')";
    let blocked = Replaced::new("IDBFactory", "open", throws);
    let refused = area("blocked").find().await.err().expect("a failure");
    assert_eq!(refused.kind(), ErrorKind::Unavailable);
    assert_eq!(std::error::Error::source(&refused).expect("the browser's").to_string(), "SecurityError: denied");
    drop(blocked);
    assert!(matches!(area("blocked").find().await, Ok(Found::Nothing)));
}

#[wasm_bindgen_test]
async fn where_indexed_db_is_silent_it_is_unavailable_until_it_answers() {
    let (area, _) = with_ring("silent").await;
    drop(area);
    // A connection that does not close holds up the deletion, and that holds up who opens it next.
    let hold = done(&factory().open_with_u32("silent", 1).expect("a request")).await.unchecked_into::<IdbDatabase>();
    let deletion = factory().delete_database("silent").expect("a request");
    let area = super::tests::area("silent");
    assert_eq!(kind_of(area.find().await), ErrorKind::Unavailable);
    assert_eq!(kind_of(area.create(ring(2).0).await), ErrorKind::Unavailable);
    hold.close();
    done(&deletion).await;
    sleep(100).await;
    assert!(matches!(area.create(ring(2).0).await, Ok(Found::Ring(_))));
    // The connection that opened too late is not in the way.
    drop(area);
    delete_database("silent").await;
}

#[wasm_bindgen_test]
async fn where_storage_is_full_nothing_is_changed() {
    let (area, id) = with_ring("full").await;
    write(&area, &id, &[put(A, "a")]).await;
    let full = Replaced::new("IDBObjectStore", "put", "throw new DOMException('full', 'QuotaExceededError')");
    let refused = [
        kind_of(area.write(&id, &[Edit::Remove(A), put(B, "b")], &[]).await),
        kind_of(area.replace(&id, ring(2).0, Some(instead(2, &[]))).await),
    ];
    drop(full);
    assert_eq!(refused, [ErrorKind::QuotaExceeded; 2]);
    for age in [Age::Known, Age::Now] {
        assert_eq!(all(&area, &id, age).await, (2, vec![(A, record("a"))]));
    }
}

#[wasm_bindgen_test]
async fn a_write_that_breaks_when_it_is_committed_changes_nothing() {
    let (area, id) = with_ring("breaks").await;
    write(&area, &id, &[put(A, "a")]).await;
    let breaks = Replaced::new("IDBTransaction", "commit", "this.abort()");
    let refused = area.write(&id, &[put(A, "b")], &[]).await;
    drop(breaks);
    assert_eq!(kind_of(refused), ErrorKind::Platform);
    for age in [Age::Known, Age::Now] {
        assert_eq!(get(&area, &id, A, age).await.as_deref(), Some("a"));
    }
}

#[wasm_bindgen_test]
async fn a_write_that_is_given_up_changes_nothing() {
    let (area, id) = with_ring("given-up").await;
    let begun = area.begin_under(&id, WRITE, &|_| Ok(vec![])).await.expect("a read").expect("the same ring");
    begun
        .transaction
        .store(RECORDS)
        .and_then(|store| store.put_with_key(&buffer(b"a"), &area.key_of(&A)))
        .expect("a request");
    drop(begun);
    assert_eq!(get(&area, &id, A, Age::Now).await, None);
}

#[wasm_bindgen_test]
async fn rings_and_keys_go_to_disk_and_values_as_the_browser_does() {
    let (area, id) = with_ring("durability").await;
    let mut durabilities = Vec::new();
    for mode in [Mode::Read, WRITE, TO_DISK] {
        let begun = area.begin_under(&id, mode, &|_| Ok(vec![])).await.expect("a read").expect("the same ring");
        durabilities.push(
            super::get(&begun.transaction.store(RINGS).expect("a store").transaction(), "durability").as_string(),
        );
    }
    assert_eq!(durabilities, ["default", "default", "strict"].map(|durability| Some(durability.to_owned())));
}

mod mirrors {
    use super::*;

    const RING: RingId = [1; 32];
    const MEBIBYTE: usize = 1 << 20;

    fn zeros(length: usize) -> Option<Bytes> {
        Some(vec![0; length].into())
    }

    #[wasm_bindgen_test]
    fn it_knows_what_it_kept_and_what_is_absent() {
        let mut mirror = Mirror::default();
        assert!(!mirror.is_at(&RING, 0));
        mirror.keep(&RING, 5, &[B, A], &[None, Some(record("a"))]);
        assert!(mirror.is_at(&RING, 5) && !mirror.is_at(&RING, 4) && !mirror.is_at(&[2; 32], 5));
        assert_eq!(mirror.get(&[A, B]), Some(vec![Some(record("a")), None]));
        assert_eq!(mirror.get(&[A, C]), None);
        assert!(mirror.all().is_none());
    }

    #[wasm_bindgen_test]
    fn it_keeps_nothing_of_another_revision_or_ring() {
        for (ring, revision) in [(RING, 6), (RING, 4), ([2; 32], 5)] {
            let mut mirror = Mirror::default();
            mirror.keep_all(&RING, 5, &[(A, record("a"))]);
            mirror.keep(&ring, revision, &[B], &[None]);
            assert_eq!((mirror.get(&[A]), mirror.get(&[B])), (None, Some(vec![None])));
        }
        for revision in [5, 7] {
            let mut mirror = Mirror::default();
            mirror.keep_all(&RING, 5, &[(A, record("a"))]);
            mirror.follow(&RING, revision, &[put(B, "b")]);
            assert_eq!((mirror.get(&[A]), mirror.get(&[B])), (None, Some(vec![Some(record("b"))])));
        }
    }

    #[wasm_bindgen_test]
    fn a_long_record_is_not_kept_nor_is_the_one_that_it_replaces() {
        let mut mirror = Mirror::default();
        mirror.keep_all(&RING, 1, &[(A, record("a")), (B, record("b"))]);
        mirror.follow(&RING, 2, &[Edit::Put(A, zeros(256 << 10).expect("some"))]);
        assert!(mirror.get(&[A, C]).is_some());
        mirror.follow(&RING, 3, &[Edit::Put(A, zeros((256 << 10) + 1).expect("some"))]);
        assert_eq!((mirror.get(&[A]), mirror.get(&[B])), (None, Some(vec![Some(record("b"))])));
        assert!(mirror.all().is_none() && mirror.get(&[C]).is_none());
    }

    #[wasm_bindgen_test]
    fn sixteen_mebibytes_are_kept_and_what_is_kept_stays() {
        let mut mirror = Mirror::default();
        for name in 0..80 {
            mirror.keep(&RING, 1, &[[name; 32]], &[zeros(MEBIBYTE / 4)]);
        }
        let kept = |mirror: &Mirror| (0..80).filter(|name| mirror.get(&[[*name; 32]]).is_some()).count();
        assert_eq!(kept(&mirror), 63);
        // Others are replaced in their room.
        for revision in 2..9 {
            mirror.follow(&RING, revision, &[Edit::Put([0; 32], zeros(MEBIBYTE / 4).expect("some"))]);
        }
        assert_eq!(kept(&mirror), 63);
        mirror.follow(&RING, 9, &[Edit::Remove([0; 32])]);
        mirror.keep(&RING, 9, &[[79; 32]], &[zeros(MEBIBYTE / 4)]);
        assert_eq!((kept(&mirror), mirror.get(&[[0; 32]])), (63 + 1, Some(vec![None])));
    }
}
