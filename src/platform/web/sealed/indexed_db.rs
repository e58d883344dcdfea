//! IndexedDB as an area of sealed stores. Rings, records and revisions are stored as FORMAT.md says.
//!
//! A call is one transaction. It asks for the ring, the revision and everything else that it reads at the same time. It
//! makes changes only once the ring has turned out to be the one that the caller knows.

use std::{
    cell::{Ref, RefCell},
    rc::Rc,
    sync::{Arc, Weak},
};

use js_sys::{Array, JsString, Object, Uint8Array};
use wasm_bindgen::{JsCast, JsValue, prelude::wasm_bindgen};
use web_sys::{IdbKeyRange, IdbRequest};

use super::{
    super::{
        database::{Absent, Mode, Transaction},
        env::{get, is_tagged, set_property},
        locks::{Held, With, lock},
    },
    channel::{Channel, number_of, revision_of},
    connection::{Connection, RECORDS, REVISIONS, RINGS, STORES, broken},
    key::WebKey,
    mirror::Mirror,
};
use crate::{
    error::{Error, ErrorKind, Result},
    sealed::{
        area::{
            Age, Bytes, Changed, Edit, Expected, Found, Read, RecordArea, Records, Replacement, RingId, SOME,
            StoredRing, Written, ring_id, unmet,
        },
        format::{STORED_NAME_BYTES, StoredName, record, ring::MAX_RING_BYTES},
        news::News,
        peers::{Follower, Peers},
        stored::next_revision,
    },
};

/// One namespace of a database, with a mirror of its records.
pub(crate) struct IndexedDb {
    connection: Rc<Connection>,
    channel: Rc<Channel>,
    namespace: JsValue,
    mirror: RefCell<Mirror>,
    lock: JsString,
}

/// A transaction that has read what it was asked to read.
struct Begun {
    transaction: Transaction,
    ring: JsValue,
    /// 0 if there is none, or what is there is not a revision: all that matters is that the next one differs.
    revision: u64,
    /// Whether somebody asks others to wait, and what is written here must go on asking.
    is_marked: bool,
    answers: Vec<JsValue>,
    /// Those of the channel, from when the transaction began.
    doubts: u32,
    /// Why nobody can ask to wait meanwhile.
    _lock: Option<Held>,
}

const WRITE: Mode = Mode::Write { to_disk: false };
const TO_DISK: Mode = Mode::Write { to_disk: true };

/// How many keys are looked at where a few records are enough: some may be somebody else's.
const SOME_KEYS: u32 = 16;

type Requests = Result<Vec<IdbRequest>, JsValue>;

impl IndexedDb {
    pub(super) fn new(database: &str, namespace: &str) -> Self {
        IndexedDb {
            connection: Connection::to(database),
            channel: Channel::of(database, namespace),
            namespace: namespace.into(),
            mirror: RefCell::default(),
            lock: ["keyfold-writes:", database, ":", namespace].concat().into(),
        }
    }

    /// Begins a transaction and reads; `None` if there is no database.
    async fn begin(&self, mode: Mode, absent: Absent, ask: &dyn Fn(&Transaction) -> Requests) -> Result<Option<Begun>> {
        let Some(transaction) = self.connection.begin(mode, absent).await? else { return Ok(None) };
        let doubts = self.channel.doubts();
        let asked = || {
            let ring = transaction.store(RINGS)?.get(&self.namespace)?;
            let revision = transaction.store(REVISIONS)?.get(&self.namespace)?;
            Ok((ring, revision, ask(&transaction)?))
        };
        let (ring, revision, requests) = asked().map_err(broken)?;
        transaction.answer(requests.last().unwrap_or(&revision)).await.map_err(broken)?;
        let revision = revision.result().map_err(broken)?;
        let mark = revision.dyn_ref::<Array>().map(|mark| mark.get(0));
        Ok(Some(Begun {
            transaction,
            ring: ring.result().map_err(broken)?,
            is_marked: mark.is_some(),
            revision: revision_of(&mark.unwrap_or(revision)).unwrap_or(0),
            answers: results(&requests)?,
            doubts,
            _lock: None,
        }))
    }

    /// The same if the ring is this one.
    async fn begin_under(
        &self,
        ring: &RingId,
        mode: Mode,
        ask: &dyn Fn(&Transaction) -> Requests,
    ) -> Result<Read<Begun>> {
        let begun = self.begin(mode, None, ask).await?;
        Ok(begun.filter(|begun| ring_id(&ring_bytes(&begun.ring)) == Some(*ring)).ok_or(Changed))
    }

    /// The same for a change. If somebody asks others to wait, this waits for the lock that they have. It gets it once
    /// they have ended or died. Nobody waits for it in a transaction, which would keep them from ending.
    async fn begin_change(
        &self,
        ring: &RingId,
        mode: Mode,
        hold: Option<&Held>,
        ask: &dyn Fn(&Transaction) -> Requests,
    ) -> Result<Read<Begun>> {
        let mut granted = None;
        loop {
            let Ok(mut begun) = self.begin_under(ring, mode, ask).await? else { return Ok(Err(Changed)) };
            if begun.is_marked && hold.is_none() && granted.is_none() && self.channel.heeds_marks() {
                drop(begun);
                granted = self.lock(With::Others).await;
                continue;
            }
            begun.is_marked &= hold.is_none() && granted.is_none();
            begun._lock = granted;
            return Ok(Ok(begun));
        }
    }

    /// Takes the lock by which a rotation makes others wait. Nobody in this thread asks again for a while after having
    /// waited for it in vain: whoever has it may hang.
    async fn lock(&self, with: With) -> Option<Held> {
        if !self.channel.heeds_marks() {
            return None;
        }
        let held = lock(&self.lock, with).await;
        if held.is_none() {
            self.channel.pass_marks_over();
        }
        held
    }

    /// Makes changes and the next revision. Returns the revision and the answers to the changes' requests.
    async fn change(&self, begun: Begun, make: &dyn Fn(&Transaction) -> Requests) -> Result<(u64, Vec<JsValue>)> {
        let revision = next_revision(begun.revision)?;
        let made = || {
            let requests = make(&begun.transaction)?;
            self.put_revision(&begun.transaction, revision, begun.is_marked)?;
            Ok(requests)
        };
        let requests = made().map_err(broken)?;
        begun.transaction.complete().await.map_err(broken)?;
        self.channel.made(revision, begun.doubts);
        Ok((revision, results(&requests)?))
    }

    /// The mirror, if it shows what is stored under this ring and is not too old.
    fn current(&self, ring: &RingId, age: Age) -> Option<Ref<'_, Mirror>> {
        let latest = self.channel.latest().filter(|_| age == Age::Known)?;
        Some(self.mirror.borrow()).filter(|mirror| mirror.is_at(ring, latest))
    }

    /// Puts what was read into the mirror, unless something has changed since.
    fn keep(&self, begun: &Begun, keep: impl FnOnce(&mut Mirror)) {
        self.channel.found(begun.revision, begun.doubts);
        if self.channel.latest() == Some(begun.revision) {
            keep(&mut self.mirror.borrow_mut());
        }
    }

    fn put_revision(&self, transaction: &Transaction, revision: u64, is_marked: bool) -> Result<(), JsValue> {
        let number = number_of(revision);
        let stored = if is_marked { Array::of1(&number).into() } else { number };
        transaction.store(REVISIONS)?.put_with_key(&stored, &self.namespace).map(drop)
    }

    fn put_ring(&self, transaction: &Transaction, ring: &StoredRing<WebKey>) -> Requests {
        let stored = Object::new().into();
        set_property(&stored, "ring", &buffer(&ring.bytes));
        if let Some(key) = &ring.device_key {
            set_property(&stored, "deviceKey", &key.key);
        }
        transaction.store(RINGS)?.put_with_key(&stored, &self.namespace)?;
        Ok(Vec::new())
    }

    /// The key of a record.
    fn key_of(&self, name: &StoredName) -> JsValue {
        Array::of2(&self.namespace, &buffer(name)).into()
    }

    /// The keys of all that lies among the records.
    fn all_keys(&self) -> Result<JsValue, JsValue> {
        self.keys_from(&Array::of1(&self.namespace))
    }

    /// The keys of all records, and of others that are buffers too: what is none sorts before them. The least buffer that
    /// is not empty, because fake-indexeddb takes an empty one for a detached one.
    fn buffer_keys(&self) -> Result<JsValue, JsValue> {
        self.keys_from(&Array::of2(&self.namespace, &js_sys::ArrayBuffer::new(1)))
    }

    /// An array sorts behind all binary keys.
    fn keys_from(&self, first: &Array) -> Result<JsValue, JsValue> {
        IdbKeyRange::bound(first, &Array::of2(&self.namespace, &Array::new())).map(Into::into)
    }

    /// Asks for some keys, by which is seen whether there is any record.
    fn ask_for_some(&self, transaction: &Transaction) -> Requests {
        let records = transaction.store(RECORDS)?;
        Ok(vec![records.get_all_keys_with_key_and_limit(&self.buffer_keys()?, SOME_KEYS)?])
    }
}

impl RecordArea for IndexedDb {
    type DeviceKey = WebKey;
    type Hold = Held;

    async fn find(&self) -> Result<Found<WebKey>> {
        let begun = self.begin(Mode::Read, None, &|transaction| self.ask_for_some(transaction)).await?;
        Ok(begun.map_or(Found::Nothing, |begun| begun.found()))
    }

    async fn create(&self, ring: StoredRing<WebKey>) -> Result<Found<WebKey>> {
        let ask = |transaction: &_| self.ask_for_some(transaction);
        let begun = self.begin(TO_DISK, Some(STORES), &ask).await?;
        let begun = begun.ok_or_else(|| Error::new(ErrorKind::Platform, "IndexedDB did not make the database"))?;
        let found = begun.found();
        if !matches!(found, Found::Nothing) {
            return Ok(found);
        }
        self.change(begun, &|transaction| self.put_ring(transaction, &ring)).await?;
        Ok(Found::Ring(ring))
    }

    async fn some(&self) -> Result<Vec<Bytes>> {
        let ask = |transaction: &_| self.ask_for_some(transaction);
        let Some(begun) = self.begin(Mode::Read, None, &ask).await? else { return Ok(Vec::new()) };
        let mut heads = Vec::new();
        // One after the other: a record may be as long as somebody likes, and this holds one of them at a time.
        for key in begun.record_keys().take(SOME) {
            let asked = begun.transaction.store(RECORDS).and_then(|records| records.get(&key)).map_err(broken)?;
            let record = begun.transaction.answer(&asked).await.map_err(broken)?;
            heads.push(head_of(&record).into());
        }
        Ok(heads)
    }

    async fn get(&self, ring: &RingId, names: &[StoredName], age: Age) -> Result<Read<Vec<Option<Bytes>>>> {
        if let Some(records) = self.current(ring, age).and_then(|mirror| mirror.get(names)) {
            return Ok(Ok(records));
        }
        let ask = |transaction: &Transaction| {
            let records = transaction.store(RECORDS)?;
            names.iter().map(|name| records.get(&self.key_of(name))).collect()
        };
        let Ok(begun) = self.begin_under(ring, Mode::Read, &ask).await? else { return Ok(Err(Changed)) };
        check_total(begun.answers.iter())?;
        let records: Vec<_> = begun.answers.iter().map(record_of).collect();
        self.keep(&begun, |mirror| mirror.keep(ring, begun.revision, names, &records));
        Ok(Ok(records))
    }

    async fn all(&self, ring: &RingId, age: Age) -> Result<Read<Records>> {
        if let Some(records) = self.current(ring, age).and_then(|mirror| mirror.all()) {
            return Ok(Ok(records));
        }
        let ask = |transaction: &Transaction| {
            let (records, keys) = (transaction.store(RECORDS)?, self.buffer_keys()?);
            Ok(vec![records.get_all_keys_with_key(&keys)?, records.get_all_with_key(&keys)?])
        };
        let Ok(begun) = self.begin_under(ring, Mode::Read, &ask).await? else { return Ok(Err(Changed)) };
        let [keys, values] = [0, 1].map(|index| begun.answers[index].unchecked_ref::<Array>());
        check_total(values.to_vec().iter())?;
        // Keys that keyfold did not write are passed over.
        let record = |(key, value)| Some((name_in(&key)?, bytes_of(&value, record::MAX_BYTES).into()));
        let records: Vec<_> = keys.iter().zip(values.iter()).filter_map(record).collect();
        self.keep(&begun, |mirror| mirror.keep_all(ring, begun.revision, &records));
        Ok(Ok(Records { revision: begun.revision, records }))
    }

    async fn write(&self, ring: &RingId, edits: &[Edit], expected: &[Expected]) -> Result<Read<Written>> {
        let ask = |transaction: &Transaction| {
            let records = transaction.store(RECORDS)?;
            expected.iter().map(|(name, _)| records.get(&self.key_of(name))).collect()
        };
        let Ok(begun) = self.begin_change(ring, WRITE, None, &ask).await? else { return Ok(Err(Changed)) };
        let unmet = unmet(expected, |place| record_of(&begun.answers[place]));
        if !unmet.is_empty() {
            return Ok(Ok(Written { revision: begun.revision, existed: Vec::new(), unmet }));
        }
        let make = |transaction: &Transaction| {
            let records = transaction.store(RECORDS)?;
            let edit = |edit: &Edit| {
                let key = match edit {
                    Edit::Put(name, _) | Edit::Remove(name) => self.key_of(name),
                    Edit::Clear => self.all_keys()?,
                };
                let existed = records.get_key(&key)?;
                match edit {
                    Edit::Put(_, record) => records.put_with_key(&buffer(record), &key)?,
                    Edit::Remove(_) | Edit::Clear => records.delete(&key)?,
                };
                Ok(existed)
            };
            edits.iter().map(edit).collect()
        };
        let (revision, before) = self.change(begun, &make).await?;
        self.mirror.borrow_mut().follow(ring, revision, edits);
        Ok(Ok(Written { revision, existed: before.iter().map(|key| !key.is_undefined()).collect(), unmet }))
    }

    /// Takes the lock, and marks the revision: others wait for the lock when they find that.
    async fn hold(&self) -> Result<Option<Held>> {
        let Some(held) = self.lock(With::Nobody).await else { return Ok(None) };
        let Some(begun) = self.begin(WRITE, None, &|_| Ok(Vec::new())).await? else { return Ok(None) };
        if begun.ring.is_undefined() {
            return Ok(None);
        }
        self.put_revision(&begun.transaction, begun.revision, true).map_err(broken)?;
        begun.transaction.complete().await.map_err(broken)?;
        Ok(Some(held))
    }

    async fn replace(
        &self,
        ring: &RingId,
        with: StoredRing<WebKey>,
        records: Option<Replacement<'_, Held>>,
    ) -> Result<Read<Written>> {
        let hold = records.as_ref().and_then(|records| records.hold);
        let Ok(begun) = self.begin_change(ring, TO_DISK, hold, &|_| Ok(Vec::new())).await? else {
            return Ok(Err(Changed));
        };
        if records.as_ref().is_some_and(|records| records.revision != begun.revision) {
            return Ok(Err(Changed));
        }
        let make = |transaction: &Transaction| {
            if let Some(Replacement { records, .. }) = &records {
                let store = transaction.store(RECORDS)?;
                store.delete(&self.all_keys()?)?;
                for (name, record) in *records {
                    store.put_with_key(&buffer(record), &self.key_of(name))?;
                }
            }
            self.put_ring(transaction, &with)
        };
        let (revision, _) = self.change(begun, &make).await?;
        self.forget();
        Ok(Ok(Written { revision, existed: Vec::new(), unmet: Vec::new() }))
    }

    async fn destroy(&self) -> Result<Option<Vec<u8>>> {
        let ask = |transaction: &Transaction| {
            transaction.store(RINGS)?.delete(&self.namespace)?;
            transaction.store(REVISIONS)?.delete(&self.namespace)?;
            Ok(vec![transaction.store(RECORDS)?.delete(&self.all_keys()?)?])
        };
        if let Some(begun) = self.begin(TO_DISK, None, &ask).await? {
            begun.transaction.complete().await.map_err(broken)?;
            self.channel.destroyed();
        }
        self.forget();
        // No keychain has anything that belongs to it.
        Ok(None)
    }
}

impl Peers for IndexedDb {
    fn forget(&self) {
        self.mirror.take();
    }

    fn news(&self) -> &Arc<News> {
        self.channel.news()
    }

    fn follow(&self, follower: Weak<dyn Follower>) {
        self.channel.follow(follower);
    }
}

impl Begun {
    /// The keys that are of records' form, if some were asked for last.
    fn record_keys(&self) -> impl Iterator<Item = JsValue> {
        let keys = self.answers.iter().flat_map(|answer| answer.unchecked_ref::<Array>().iter());
        keys.filter(|key| name_in(key).is_some())
    }

    /// What there is, if some keys were asked for last.
    fn found(&self) -> Found<WebKey> {
        if !self.ring.is_undefined() {
            Found::Ring(StoredRing {
                bytes: ring_bytes(&self.ring),
                device_key: WebKey::of(get(&self.ring, "deviceKey")),
            })
        } else if self.record_keys().next().is_none() {
            Found::Nothing
        } else {
            Found::OnlyRecords
        }
    }
}

/// The results of requests that are answered.
fn results(requests: &[IdbRequest]) -> Result<Vec<JsValue>> {
    requests.iter().map(IdbRequest::result).collect::<Result<_, _>>().map_err(broken)
}

/// The bytes of a stored ring. What is not a ring's object has no bytes, and so is read as a damaged ring.
fn ring_bytes(stored: &JsValue) -> Vec<u8> {
    bytes_of(&get(stored, "ring"), MAX_RING_BYTES)
}

/// The stored name in a record's key.
fn name_in(key: &JsValue) -> Option<StoredName> {
    bytes_of(&key.dyn_ref::<Array>()?.get(1), STORED_NAME_BYTES).try_into().ok()
}

/// A record that was asked for, if there is one.
fn record_of(answer: &JsValue) -> Option<Bytes> {
    (!answer.is_undefined()).then(|| bytes_of(answer, record::MAX_BYTES).into())
}

/// The bytes that tell what a stored record is.
#[expect(clippy::cast_possible_truncation, reason = "it is small")]
fn head_of(stored: &JsValue) -> Vec<u8> {
    match buffer_in(stored) {
        Some(buffer) => bytes_of(&buffer.slice(0, record::MIN_BYTES as u32), record::MIN_BYTES),
        None => Vec::new(),
    }
}

/// A stored buffer's bytes. What is not a buffer, or longer than it may be, has no bytes, and so is read as damaged.
fn bytes_of(stored: &JsValue, max_bytes: usize) -> Vec<u8> {
    let buffer = buffer_in(stored).filter(|buffer| buffer.byte_length() <= max_bytes as f64);
    buffer.map_or_else(Vec::new, |buffer| Uint8Array::new(buffer).to_vec())
}

/// Refuses records that are longer together than the longest is alone, before any is copied.
fn check_total<'a>(stored: impl Iterator<Item = &'a JsValue>) -> Result<()> {
    let total: f64 = stored.filter_map(buffer_in).map(AnyBuffer::byte_length).sum();
    if total <= record::MAX_BYTES as f64 {
        return Ok(());
    }
    let message = "the entries asked for are longer than 1 GiB together: read them by name, fewer at once";
    Err(Error::new(ErrorKind::TooLarge, message))
}

#[wasm_bindgen]
extern "C" {
    /// `ArrayBuffer` of any realm; js-sys takes its length for one below 4 GiB.
    type AnyBuffer;
    #[wasm_bindgen(method, getter, js_name = byteLength)]
    fn byte_length(this: &AnyBuffer) -> f64;
    #[wasm_bindgen(method)]
    fn slice(this: &AnyBuffer, from: u32, to: u32) -> JsValue;
}

fn buffer_in(stored: &JsValue) -> Option<&AnyBuffer> {
    is_tagged(stored, "[object ArrayBuffer]").then(|| stored.unchecked_ref())
}

fn buffer(bytes: &[u8]) -> JsValue {
    Uint8Array::from(bytes).buffer().into()
}

#[cfg(test)]
mod tests;
