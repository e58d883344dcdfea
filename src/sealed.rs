//! The sealed layout over an area and a cipher: every verb. FORMAT.md specifies the bytes.

mod entry;
mod keys;
mod rekey;
mod watching;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::{
    area::records::{Age, Bytes, Changed, Edit, Found, RecordArea},
    crypto::{aead::Aead, cipher::Plaintext},
    error::{Error, ErrorKind, Result, quoted},
    format::sealed::{StoredName, record::Record},
    options::CallOptions,
    report::{OnUnreadable, Report, Unreadable},
    unlock::{Credential, Unlock, UnlockKind},
    watch::ChangeKind,
};
use entry::{Entry, NotOpened};
use keys::Keys;
pub(crate) use rekey::Rekey;

/// How often a call is done again because the ring was changed under it.
const ATTEMPTS: usize = 64;

/// From so many seals of one handle on `verify` advises to rotate.
const ADVISED_SEALS: u64 = 1 << 30;

/// One namespace of the sealed layout.
pub(crate) struct SealedStore<A, K> {
    shared: Arc<Shared<A, K>>,
    age: Age,
}

/// What a handle shares with its clones and with those that `with` made of it.
struct Shared<A, K> {
    area: A,
    namespace: String,
    state: Mutex<State<K>>,
}

/// Whether there are keys.
struct State<K> {
    keys: Option<Arc<Keys<K>>>,
    /// What opened the store last.
    kind: UnlockKind,
    is_locked: bool,
    /// One higher after every `lock`, by which calls that are under way see it.
    locks: u64,
}

/// Records of names that were asked for.
struct Sealed<K> {
    /// The keys that open them.
    keys: Arc<Keys<K>>,
    /// How often the store was locked before.
    locks: u64,
    /// Which of the names there are.
    places: Vec<usize>,
    /// Their records, under their stored names.
    records: Vec<(StoredName, Bytes)>,
}

/// What a write does.
enum Change<'a> {
    Put(&'a [(String, Plaintext)]),
    Remove(&'a str),
    Clear,
}

impl<A: RecordArea<DeviceKey = K>, K: Aead> SealedStore<A, K> {
    /// Opens a namespace, and makes it where nothing is.
    pub(crate) async fn over(area: A, namespace: &str, unlock: &Unlock, must_exist: bool) -> Result<Self> {
        let keys = obtain(&area, namespace, &unlock.0, must_exist).await?;
        let state = State { kind: keys.kind, keys: Some(Arc::new(keys)), is_locked: false, locks: 0 };
        let shared = Shared { area, namespace: namespace.to_owned(), state: Mutex::new(state) };
        Ok(SealedStore { shared: Arc::new(shared), age: Age::Known })
    }

    /// The same store with some options changed.
    pub(crate) fn with(&self, options: &CallOptions) -> Result<Self> {
        if let Some(argument) = options.web.set_of_flutter() {
            return Err(Error::invalid(argument, format!("{argument} belongs to the flutter layout")));
        }
        if options.web.db_name.is_some() {
            return Err(Error::invalid("dbName", "a handle keeps its database: open the namespace again"));
        }
        let age = match options.fresh {
            Some(true) => Age::Now,
            Some(false) => Age::Known,
            None => self.age,
        };
        Ok(SealedStore { shared: Arc::clone(&self.shared), age })
    }

    pub(crate) async fn get(&self, name: &str) -> Result<Option<Plaintext>> {
        Ok(self.get_many(&[name]).await?.pop().flatten())
    }

    /// Opens several entries, in the order of `names`.
    pub(crate) async fn get_many(&self, names: &[&str]) -> Result<Vec<Option<Plaintext>>> {
        let mut values: Vec<_> = names.iter().map(|_| None).collect();
        if let Some(Sealed { keys, locks, places, records }) = self.find(names).await? {
            let opened = keys.open_each(&records).await;
            self.check(locks)?;
            for (&place, opened) in places.iter().zip(opened) {
                values[place] = Some(entry::value_of(opened, names[place])?);
            }
        }
        Ok(values)
    }

    /// The records that there are of these names; `None` where nothing is stored.
    async fn find(&self, names: &[&str]) -> Result<Option<Sealed<K>>> {
        for _ in 0..ATTEMPTS {
            let Some((keys, locks)) = self.keys().await? else { return Ok(None) };
            let stored: Vec<_> = names.iter().map(|name| keys.stored_name(name)).collect();
            match self.shared.area.get(&keys.ring, &stored, self.age).await? {
                Err(Changed) => self.reopen(&keys, locks).await?,
                Ok(found) => {
                    self.check(locks)?;
                    let (mut places, mut records) = (Vec::new(), Vec::new());
                    for (place, (at, record)) in stored.iter().zip(found).enumerate() {
                        if let Some(record) = record {
                            places.push(place);
                            records.push((*at, record));
                        }
                    }
                    return Ok(Some(Sealed { keys, locks, places, records }));
                }
            }
        }
        Err(contended())
    }

    /// Opens every entry, in the order of names. Entries that are themselves damaged can be skipped.
    pub(crate) async fn get_all(&self, on_unreadable: OnUnreadable) -> Result<Vec<(String, Plaintext)>> {
        let mut entries = Vec::new();
        for opened in self.open_all(self.age).await? {
            match opened.map_err(|not_opened| not_opened.error(None)) {
                Ok(Entry { name, value }) => entries.push((name, value)),
                Err(error) if on_unreadable == OnUnreadable::Skip && error.kind() == ErrorKind::Corrupt => {}
                Err(error) => return Err(error),
            }
        }
        entries.sort_unstable_by(|(one, _), (other, _)| A::order(one, other));
        Ok(entries)
    }

    async fn open_all(&self, age: Age) -> Result<Vec<Result<Entry, NotOpened>>> {
        for _ in 0..ATTEMPTS {
            let Some((keys, locks)) = self.keys().await? else { return Ok(Vec::new()) };
            match self.shared.area.all(&keys.ring, age).await? {
                Err(Changed) => self.reopen(&keys, locks).await?,
                Ok(all) => {
                    let opened = keys.open_all(&all.records).await;
                    self.check(locks)?;
                    return Ok(opened);
                }
            }
        }
        Err(contended())
    }

    pub(crate) async fn names(&self) -> Result<Vec<String>> {
        Ok(self.get_all(OnUnreadable::Fail).await?.into_iter().map(|(name, _)| name).collect())
    }

    pub(crate) async fn contains_key(&self, name: &str) -> Result<bool> {
        Ok(self.find(&[name]).await?.is_some_and(|found| !found.records.is_empty()))
    }

    /// Stores all of `entries`, or none of them.
    pub(crate) async fn set_all(&self, entries: Vec<(String, Plaintext)>) -> Result<()> {
        if entries.is_empty() {
            return Ok(());
        }
        self.write(Change::Put(&entries)).await?;
        entries.into_iter().for_each(|(name, _)| self.shared.area.news().hub.tell(|| ChangeKind::Set(name), false));
        Ok(())
    }

    pub(crate) async fn remove(&self, name: &str) -> Result<bool> {
        let existed = self.write(Change::Remove(name)).await?;
        if existed {
            self.shared.area.news().hub.tell(|| ChangeKind::Remove(name.to_owned()), false);
        }
        Ok(existed)
    }

    pub(crate) async fn clear(&self) -> Result<()> {
        self.write(Change::Clear).await?;
        self.shared.area.news().hub.tell(|| ChangeKind::Clear, false);
        Ok(())
    }

    /// Makes a change under the keys of the moment, and again if another handle has changed those meanwhile. Whether
    /// there was something before.
    async fn write(&self, change: Change<'_>) -> Result<bool> {
        for _ in 0..ATTEMPTS {
            let (keys, locks) = self.keys_for_writing().await?;
            let edits = match change {
                Change::Put(entries) => {
                    let entries: Vec<_> = entries.iter().map(|(name, value)| (&**name, &value[..])).collect();
                    let sealed = keys.seal_all(&entries).await?;
                    sealed.into_iter().map(|(name, record)| Edit::Put(name, record)).collect()
                }
                Change::Remove(name) => vec![Edit::Remove(keys.stored_name(name))],
                Change::Clear => vec![Edit::Clear],
            };
            self.check(locks)?;
            match self.shared.area.write(&keys.ring, &edits).await? {
                Err(Changed) => self.reopen(&keys, locks).await?,
                Ok(written) => {
                    let names = if let Change::Put(entries) = change { entries } else { &[] };
                    let names = names.iter().map(|(name, _)| name.as_str());
                    self.shared.area.news().wrote(&keys.data_key_id, written.revision, &edits, names);
                    return Ok(written.existed.contains(&true));
                }
            }
        }
        Err(contended())
    }

    /// Removes the namespace whole. A device store is made anew when it is used again.
    pub(crate) async fn destroy(&self) -> Result<()> {
        self.shared.area.destroy().await?;
        self.shared.area.forget();
        self.shared.state().keys = None;
        self.shared.area.news().destroyed();
        self.shared.area.news().hub.tell(|| ChangeKind::Clear, false);
        Ok(())
    }

    /// Opens every entry and tells which cannot be read.
    pub(crate) async fn verify(&self) -> Result<Report> {
        let mut report = Report::default();
        for opened in self.open_all(Age::Now).await? {
            match opened {
                Ok(entry) => report.readable.push(entry.name),
                Err(not_opened) => report.unreadable.push(Unreadable::new(None, &not_opened.error(None))),
            }
        }
        report.readable.sort_unstable_by(|one, other| A::order(one, other));
        report.rotation_advised = self.keys_at_hand()?.is_some_and(|(keys, _)| keys.seals() >= ADVISED_SEALS);
        Ok(report)
    }

    /// Removes records that do not open, and those of keys that are gone; tells how many. Not those of newer versions.
    pub(crate) async fn remove_unreadable(&self) -> Result<usize> {
        for _ in 0..ATTEMPTS {
            let Some((keys, locks)) = self.keys().await? else { return Ok(0) };
            let (stored, _, ring) = self.ring().await?;
            if ring != keys.ring {
                self.reopen(&keys, locks).await?;
                continue;
            }
            let Ok(all) = self.shared.area.all(&ring, Age::Now).await? else { continue };
            let mut kept = Vec::with_capacity(all.records.len());
            for (opened, record) in keys.open_all(&all.records).await.into_iter().zip(&all.records) {
                match opened {
                    Err(NotOpened::Failed(error)) => return Err(error),
                    Err(not_opened) if not_opened.is_for_good() => {}
                    _ => kept.push(record.clone()),
                }
            }
            self.check(locks)?;
            let removed = all.records.len() - kept.len();
            // Together with the rest, so that nothing is removed that was written anew meanwhile.
            if removed == 0 || self.shared.area.replace(&ring, stored, Some((all.revision, &kept))).await?.is_ok() {
                return Ok(removed);
            }
        }
        Err(contended())
    }

    /// Drops the keys. Calls that are under way fail.
    pub(crate) fn lock(&self) {
        let mut state = self.shared.state();
        state.keys = None;
        state.is_locked = true;
        state.locks += 1;
        drop(state);
        self.shared.area.forget();
    }

    /// Opens the store again, with any of its unlocks.
    pub(crate) async fn unlock(&self, unlock: &Unlock) -> Result<()> {
        let locks = self.locks();
        let keys = obtain(&self.shared.area, &self.shared.namespace, &unlock.0, true).await?;
        {
            let mut state = self.shared.state();
            if state.locks != locks {
                return Err(self.locked());
            }
            state.kind = keys.kind;
            state.keys = Some(Arc::new(keys));
            state.is_locked = false;
        }
        if self.shared.area.news().hub.is_watched() {
            // What it was not told while it was locked. What cannot be read now is found by the next look.
            drop(self.look().await);
        }
        Ok(())
    }

    pub(crate) fn is_locked(&self) -> bool {
        self.shared.state().is_locked
    }

    /// What opened the store.
    pub(crate) fn kind(&self) -> UnlockKind {
        self.shared.state().kind
    }

    /// The keys of this moment, and how often the store was locked before; `None` where nothing is stored any more.
    async fn keys(&self) -> Result<Option<(Arc<Keys<K>>, u64)>> {
        match self.keys_at_hand()? {
            None => self.again(None, self.locks()).await,
            at_hand => Ok(at_hand),
        }
    }

    /// The keys of this moment, for a write: where nothing is stored any more, of a store that is made anew.
    async fn keys_for_writing(&self) -> Result<(Arc<Keys<K>>, u64)> {
        let locks = self.locks();
        if let Some(keys) = self.keys().await? {
            return Ok(keys);
        }
        if self.kind() != UnlockKind::Device {
            return Err(keys::key_missing(&self.shared.namespace, keys::REMOVED));
        }
        let keys = obtain(&self.shared.area, &self.shared.namespace, &Credential::Device, false).await?;
        self.adopt(keys, locks)
    }

    /// The keys that this handle has; `None` if it has none though it is not locked.
    fn keys_at_hand(&self) -> Result<Option<(Arc<Keys<K>>, u64)>> {
        let state = self.shared.state();
        if state.is_locked {
            return Err(self.locked());
        }
        Ok(state.keys.as_ref().map(|keys| (Arc::clone(keys), state.locks)))
    }

    fn locks(&self) -> u64 {
        self.shared.state().locks
    }

    /// Gets keys again because those of the caller are not the ring's. Whoever watches is told now what others have
    /// changed: what is written under the new keys could not be told apart from that.
    async fn reopen(&self, old: &Arc<Keys<K>>, locks: u64) -> Result<()> {
        self.again(Some(old), locks).await?;
        if self.shared.area.news().hub.is_watched() {
            drop(self.look().await);
        }
        Ok(())
    }

    async fn again(&self, old: Option<&Arc<Keys<K>>>, locks: u64) -> Result<Option<(Arc<Keys<K>>, u64)>> {
        let kind = self.kind();
        let again = self.shared.again(kind, old.map(|old| &**old)).await;
        let mut state = self.shared.state();
        if state.is_locked || state.locks != locks {
            return Err(self.locked());
        }
        if let Some(keys) = &state.keys
            && old.is_none_or(|old| !Arc::ptr_eq(keys, old))
        {
            // Another call of this handle was faster.
            return Ok(Some((Arc::clone(keys), locks)));
        }
        match again {
            Ok(Some(keys)) => {
                drop(state);
                self.adopt(keys, locks).map(Some)
            }
            Ok(None) => {
                state.keys = None;
                Ok(None)
            }
            Err(error) => {
                if error.kind() == ErrorKind::Locked {
                    // Not counted as a call of `lock`, which would fail an `unlock` that is under way.
                    (state.keys, state.is_locked) = (None, true);
                    drop(state);
                    self.shared.area.forget();
                }
                Err(error)
            }
        }
    }

    /// Goes on with these keys, unless the store was locked meanwhile.
    fn adopt(&self, keys: Keys<K>, locks: u64) -> Result<(Arc<Keys<K>>, u64)> {
        let mut state = self.shared.state();
        if state.is_locked || state.locks != locks {
            return Err(self.locked());
        }
        let keys = Arc::new(keys);
        state.kind = keys.kind;
        state.keys = Some(Arc::clone(&keys));
        Ok((keys, locks))
    }

    /// Fails if the store was locked meanwhile.
    fn check(&self, locks: u64) -> Result<()> {
        if self.shared.state().locks == locks { Ok(()) } else { Err(self.locked()) }
    }

    fn locked(&self) -> Error {
        let message = format!("{} is locked: call unlock", quoted(&self.shared.namespace));
        Error::new(ErrorKind::Locked, message)
    }
}

/// Gets the keys of what is stored; makes a store where nothing is. A loser of that race opens the winner's ring.
async fn obtain<A: RecordArea<DeviceKey = K>, K: Aead>(
    area: &A,
    namespace: &str,
    with: &Credential,
    must_exist: bool,
) -> Result<Keys<K>> {
    for _ in 0..ATTEMPTS {
        let found = match area.find().await? {
            Found::Nothing if must_exist => {
                let message = format!("there is no store {}: leave mustExist out to make one", quoted(namespace));
                return Err(Error::new(ErrorKind::KeyMissing, message));
            }
            Found::Nothing => {
                let slots = match with {
                    Credential::Device => Vec::new(),
                    credential => vec![keys::NewSlot::new("", credential)?],
                };
                let (ring, keys) = keys::make(area, namespace, 1, slots).await?;
                match area.create(ring).await? {
                    Found::Ring(ring) if ring.id() == Some(keys.ring) => return Ok(keys),
                    found => found,
                }
            }
            found => found,
        };
        let Found::Ring(ring) = found else { return Err(keys::ring_missing(namespace)) };
        let keys = keys::open(area, namespace, ring, with).await?;
        if is_of_entries(area, &keys).await? {
            return Ok(keys);
        }
    }
    Err(contended())
}

/// Refuses a ring that is older than the entries beside it: their names could not even be found under its name key, so
/// they would seem absent. A look at a few is enough, since all are sealed anew together. False where the ring is
/// another one by now.
async fn is_of_entries<A: RecordArea, K>(area: &A, keys: &Keys<K>) -> Result<bool> {
    let records = area.some().await?;
    let is_of_other = |record: &Bytes| Record::parse(record).is_ok_and(|record| record.data_key_id != keys.data_key_id);
    if records.is_empty() || !records.iter().all(is_of_other) {
        return Ok(true);
    }
    match area.find().await? {
        Found::Ring(ring) if ring.id() == Some(keys.ring) => {}
        _ => return Ok(false),
    }
    Err(keys::key_missing(&keys.namespace, "its key ring is older than its entries, whose key is gone"))
}

impl<A: RecordArea<DeviceKey = K>, K: Aead> Shared<A, K> {
    fn state(&self) -> MutexGuard<'_, State<K>> {
        // A panic elsewhere leaves it whole: every change of it is an assignment.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The keys of the ring that is there now, without asking anybody for an unlock; `None` where nothing is.
    async fn again(&self, kind: UnlockKind, old: Option<&Keys<K>>) -> Result<Option<Keys<K>>> {
        for _ in 0..ATTEMPTS {
            let stored = match self.area.find().await? {
                Found::Ring(stored) => stored,
                Found::Nothing => return Ok(None),
                Found::OnlyRecords => return Err(keys::ring_missing(&self.namespace)),
            };
            let (ring, id) = keys::read(&self.namespace, &stored.bytes)?;
            if old.is_some_and(|old| ring.head.generation < old.generation) {
                return Err(self.older());
            }
            let keys = match old {
                _ if kind == UnlockKind::Device => {
                    keys::open(&self.area, &self.namespace, stored, &Credential::Device).await?
                }
                Some(old) if old.data_key_id == ring.head.data_key_id => old.follow(ring, id).await?,
                _ => {
                    let message =
                        format!("the keys of {} were changed elsewhere: call unlock", quoted(&self.namespace));
                    return Err(Error::new(ErrorKind::Locked, message));
                }
            };
            if is_of_entries(&self.area, &keys).await? {
                return Ok(Some(keys));
            }
        }
        Err(contended())
    }

    fn older(&self) -> Error {
        let message = format!(
            "the key ring of {} is older than the one that was opened: an old copy was put back, or the store was \
             destroyed and made anew. Open it again to use it as it is",
            quoted(&self.namespace)
        );
        Error::new(ErrorKind::Corrupt, message)
    }
}

fn contended() -> Error {
    Error::new(ErrorKind::Unavailable, "others keep changing this store: try again later")
}

#[cfg(test)]
mod tests;
