//! The store on areas in memory: what it opens, writes and refuses, and what becomes of races and of attacks.

mod attacks;
mod bytes;
mod cut_off;
mod hpke;
mod locking;
mod model;
mod opening;
mod rekeying;
mod vectors;
mod verbs;
mod watching;
mod writing;

use std::{
    cell::Cell,
    collections::BTreeMap,
    pin::{Pin, pin},
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
    task::{Context, Poll, Waker},
};

use unicode_normalization::UnicodeNormalization;

use super::{
    area::{Expected, Found, Read, Records, Replacement, RingId, StoredRing, Written},
    device::BesideRing,
    format::{
        MAX_REVISION,
        record::{Nonce, Record},
        ring::{Ring, with_checksum},
    },
    kdf::sha256,
    memory::RecordMemory,
    news::News,
    *,
};
use crate::{
    crypto::{argon2id, gcm::Gcm96, p256, random_key},
    error::Error,
    unlock::{Keep, UnlockKind},
};

type Store = SealedStore<Tested>;

/// Something that runs beside others.
type Task = Pin<Box<dyn Future<Output = ()>>>;

/// What is stored: the ring's bytes, the revision, the records.
type Bare = (Option<Vec<u8>>, u64, Vec<(StoredName, Bytes)>);

thread_local! {
    /// Whether calls of the area and the cipher let others run first, as those of a browser do.
    static IS_PATIENT: Cell<bool> = const { Cell::new(false) };
    /// Whether passphrases cost what they should.
    static IS_COSTLY: Cell<bool> = const { Cell::new(false) };
}

/// Lets others run once, where the test wants that.
async fn turn() {
    let mut waited = !IS_PATIENT.get();
    let turn = std::future::poll_fn(|context| {
        if std::mem::replace(&mut waited, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    });
    pin!(turn).await;
}

/// Runs a future to its end. Nothing here waits for anything but itself.
fn now<F: Future>(future: F) -> F::Output {
    pollster::block_on(future)
}

/// Lets `future` run up to where it has let others run `turns` times; its outcome if it ends before.
fn run_for<F: Future + ?Sized>(mut future: Pin<&mut F>, turns: usize) -> Option<F::Output> {
    let mut context = Context::from_waker(Waker::noop());
    (0..=turns).find_map(|_| match future.as_mut().poll(&mut context) {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    })
}

/// Runs tasks to their end, in an order that `schedule` chooses.
fn run(schedule: &mut fastrand::Rng, mut tasks: Vec<Task>) {
    let mut context = Context::from_waker(Waker::noop());
    while !tasks.is_empty() {
        let at = schedule.usize(..tasks.len());
        if tasks[at].as_mut().poll(&mut context).is_ready() {
            drop(tasks.swap_remove(at));
        }
    }
}

/// The software engine, whose Argon2id costs nothing unless a test wants it.
#[derive(Clone)]
struct TestKey(Arc<Gcm96>);

impl Aead for TestKey {
    type Call = Option<Plaintext>;

    async fn generate() -> Result<Self> {
        Self::import(&random_key()?).await
    }

    async fn import(key: &Key) -> Result<Self> {
        turn().await;
        Ok(TestKey(Arc::new(Gcm96::new(&key[..])?)))
    }

    fn seal_with(&self, nonce: &Nonce, aad: &[u8], plaintext: &[u8]) -> Result<Option<Plaintext>> {
        Ok(Some(Plaintext::new(self.0.seal_now(&(*nonce).into(), aad, plaintext)?)))
    }

    fn open(&self, aad: &[u8], nonce: &Nonce, ciphertext: &[u8]) -> Option<Plaintext> {
        self.0.open_now(&(*nonce).into(), aad, ciphertext.to_vec()).ok()
    }

    async fn finish(calls: Vec<Option<Plaintext>>) -> Vec<Result<Option<Plaintext>>> {
        turn().await;
        calls.into_iter().map(Ok).collect()
    }
}

/// What stores are made of here.
enum Tested {}

impl Platform for Tested {
    type Name = str;
    type Input = [u8];
    type Value = Plaintext;
    type Area = Process;
    type Key = TestKey;
    type Device = BesideRing;

    fn bytes(input: &[u8]) -> Plaintext {
        Plaintext::new(input.to_vec())
    }

    fn value(bytes: Plaintext) -> Plaintext {
        bytes
    }

    fn order(one: &str, other: &str) -> Ordering {
        one.cmp(other)
    }

    async fn argon2id(passphrase: &[u8], cost: &Cost) -> Result<Key> {
        turn().await;
        if IS_COSTLY.get() {
            return argon2id::derive(passphrase, cost);
        }
        let costs = [cost.memory_kib.to_be_bytes(), cost.passes.to_be_bytes()].concat();
        Ok(Key::new(sha256(&[passphrase, &cost.salt, &costs].concat())))
    }

    async fn generate() -> Result<KeyPair> {
        turn().await;
        p256::generate()
    }

    async fn agree(own: &KeyPair, with: &Point) -> Result<Option<Key>> {
        turn().await;
        Ok(p256::agree(&own.private, with))
    }

    fn nfc(text: &str) -> Vec<u8> {
        text.nfc().collect::<String>().into_bytes()
    }
}

/// A process of several that share one storage. Who watches is known to each alone.
#[derive(Clone, Default)]
struct Process {
    storage: RecordMemory<TestKey>,
    news: Arc<News>,
}

impl Process {
    /// Another process with the same storage.
    fn other(&self) -> Self {
        Process { storage: self.storage.clone(), news: Arc::default() }
    }

    /// A process with a copy of the storage.
    fn copy(&self) -> Self {
        Process { storage: self.storage.copy(), news: Arc::default() }
    }

    fn bare(&self) -> Bare {
        let (ring, revision, records) = self.storage.stored_now();
        (ring.map(|ring| ring.bytes), revision, records)
    }

    fn ring(&self) -> StoredRing<TestKey> {
        self.storage.stored_now().0.expect("there is a ring")
    }

    fn parsed(&self) -> Ring {
        errors::read("app", &self.ring().bytes).expect("it is whole").0
    }

    fn records(&self) -> Vec<(StoredName, Bytes)> {
        self.storage.stored_now().2
    }

    fn put_ring(&self, ring: Option<StoredRing<TestKey>>) {
        let (_, revision, records) = self.storage.stored_now();
        self.storage.tamper(ring, revision, records);
    }

    /// Puts another ring there, beside the key that is there, with a checksum that fits.
    fn put_body(&self, body: Vec<u8>) {
        let checksum = sha256(&body);
        let bytes = with_checksum(body, &checksum);
        self.put_ring(Some(StoredRing { bytes, device_key: self.ring().device_key }));
    }

    fn put_records(&self, mut records: Vec<(StoredName, Bytes)>) {
        let (ring, revision, _) = self.storage.stored_now();
        records.sort();
        self.storage.tamper(ring, revision, records);
    }

    /// Does something once, just before the next write.
    fn before_next_write(&self, what: impl FnOnce() + Send + 'static) {
        let mut what = Some(what);
        self.storage.before_writes(move || {
            if let Some(what) = what.take() {
                what();
            }
            Ok(())
        });
    }

    /// Lets only this many more writes succeed, and counts those that do not.
    fn fill_after(&self, room: usize) -> Arc<AtomicUsize> {
        let (failed, mut room) = (Arc::<AtomicUsize>::default(), room);
        let counted = Arc::clone(&failed);
        self.storage.before_writes(move || match room.checked_sub(1) {
            Some(rest) => {
                room = rest;
                Ok(())
            }
            None => {
                counted.fetch_add(1, Relaxed);
                Err(Error::new(ErrorKind::QuotaExceeded, "the storage is full"))
            }
        });
        failed
    }
}

/// The storage's own transactions, begun after others have had their turn.
impl RecordArea for Process {
    type DeviceKey = TestKey;
    type Hold = <RecordMemory<TestKey> as RecordArea>::Hold;

    async fn find(&self) -> Result<Found<TestKey>> {
        turn().await;
        self.storage.find().await
    }

    async fn create(&self, ring: StoredRing<TestKey>) -> Result<Found<TestKey>> {
        turn().await;
        self.storage.create(ring).await
    }

    async fn some(&self) -> Result<Vec<Bytes>> {
        turn().await;
        self.storage.some().await
    }

    async fn get(&self, ring: &RingId, names: &[StoredName], age: Age) -> Result<Read<Vec<Option<Bytes>>>> {
        turn().await;
        self.storage.get(ring, names, age).await
    }

    async fn all(&self, ring: &RingId, age: Age) -> Result<Read<Records>> {
        turn().await;
        self.storage.all(ring, age).await
    }

    async fn write(&self, ring: &RingId, edits: &[Edit], expected: &[Expected]) -> Result<Read<Written>> {
        turn().await;
        self.storage.write(ring, edits, expected).await
    }

    async fn hold(&self) -> Result<Option<Self::Hold>> {
        turn().await;
        self.storage.hold().await
    }

    async fn replace(
        &self,
        ring: &RingId,
        with: StoredRing<TestKey>,
        records: Option<Replacement<'_, Self::Hold>>,
    ) -> Result<Read<Written>> {
        turn().await;
        self.storage.replace(ring, with, records).await
    }

    async fn destroy(&self) -> Result<Option<Vec<u8>>> {
        turn().await;
        self.storage.destroy().await
    }
}

impl Peers for Process {
    fn news(&self) -> &Arc<News> {
        &self.news
    }
}

fn device() -> Unlock {
    Unlock::device()
}

fn pass(text: &str) -> Unlock {
    Unlock::passphrase(text)
}

/// An app key whose bytes are all `byte`.
fn app_key(byte: u8) -> Unlock {
    Unlock::app_key([byte; 32])
}

async fn open_soon(area: Process, namespace: &str, unlock: &Unlock, must_exist: bool) -> Result<Store> {
    SealedStore::open(Namespace::new(namespace, area, BesideRing), unlock, must_exist).await
}

fn try_open(area: &Process, unlock: &Unlock) -> Result<Store> {
    now(open_soon(area.clone(), "app", unlock, false))
}

fn open(area: &Process, unlock: &Unlock) -> Store {
    try_open(area, unlock).expect("it opens")
}

/// A new device store in its own process.
fn new_device() -> (Process, Store) {
    let area = Process::default();
    let store = open(&area, &device());
    (area, store)
}

/// A new store with the passphrase `one`, in its own process.
fn new_slots() -> (Process, Store) {
    let area = Process::default();
    let store = open(&area, &pass("one"));
    (area, store)
}

fn try_get(store: &Store, name: &str) -> Result<Option<String>> {
    let value = now(store.get(name))?;
    Ok(value.map(|value| String::from_utf8(value.to_vec()).expect("tests store text")))
}

fn get(store: &Store, name: &str) -> Option<String> {
    try_get(store, name).expect("it can be read")
}

fn put(name: &str, value: &str) -> (String, Plaintext) {
    (name.to_owned(), Plaintext::new(value.as_bytes().to_vec()))
}

/// What tests write.
impl Store {
    async fn put_all(&self, entries: Vec<(String, Plaintext)>) -> Result<()> {
        self.put_over(entries, &[]).await.map(drop)
    }
}

async fn set_soon(store: &Store, name: &str, value: &str) -> Result<()> {
    store.put_all(vec![put(name, value)]).await
}

fn try_set(store: &Store, name: &str, value: &str) -> Result<()> {
    now(set_soon(store, name, value))
}

fn set(store: &Store, name: &str, value: &str) {
    try_set(store, name, value).expect("it can be written");
}

fn try_entries(store: &Store) -> Result<BTreeMap<String, String>> {
    let text = |value: Plaintext| String::from_utf8(value.to_vec()).expect("tests store text");
    Ok(now(store.get_all(OnUnreadable::Fail))?.into_iter().map(|(name, value)| (name, text(value))).collect())
}

/// All entries, as `name=value`.
fn entries(store: &Store) -> Vec<String> {
    let entries = try_entries(store).expect("it can be read");
    entries.iter().map(|(name, value)| format!("{name}={value}")).collect()
}

async fn rotate_soon(store: &Store) -> Result<()> {
    store.rekey(Rekey::Rotate(None), |_, _| {}).await.map(drop)
}

fn rotate(store: &Store) {
    now(rotate_soon(store)).expect("its keys can be changed");
}

fn try_keep(store: &Store, kept: &[Keep]) -> Result<()> {
    now(store.rekey(Rekey::Rotate(Some(kept)), |_, _| {})).map(drop)
}

fn ids(store: &Store) -> Vec<String> {
    now(store.unlocks()).expect("it can be asked").into_iter().map(|unlock| unlock.id).collect()
}

async fn change_soon(store: &Store, to: &Unlock) -> Result<()> {
    let id = &store.unlocks().await?[0].id;
    store.rekey(Rekey::Change { id, to, label: None }, |_, _| {}).await.map(drop)
}

/// Changes the first unlock.
fn try_change(store: &Store, to: &Unlock) -> Result<()> {
    now(change_soon(store, to))
}

fn change(store: &Store, to: &Unlock) {
    try_change(store, to).expect("its unlock can be changed");
}

fn try_change_at(store: &Store, at: usize, to: &Unlock) -> Result<()> {
    now(store.rekey(Rekey::Change { id: &ids(store)[at], to, label: None }, |_, _| {})).map(drop)
}

fn try_add(store: &Store, added: &Unlock, label: &str) -> Result<String> {
    now(store.rekey(Rekey::Add { added, label }, |_, _| {})).map(Option::unwrap_or_default)
}

fn add(store: &Store, added: &Unlock, label: &str) -> String {
    try_add(store, added, label).expect("it can be added")
}

fn try_remove_unlock(store: &Store, id: &str) -> Result<()> {
    now(store.rekey(Rekey::Remove(id), |_, _| {})).map(drop)
}

fn error<T>(result: Result<T>) -> Error {
    result.err().expect("it is refused")
}

fn kind<T>(result: Result<T>) -> ErrorKind {
    error(result).kind()
}

/// The argument that cannot be used.
fn argument<T>(result: Result<T>) -> &'static str {
    let error = error(result);
    assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{error:?}");
    error.argument().expect("it names the argument")
}
