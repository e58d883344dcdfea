//! The whole sealed layout: its verbs over an area and a cipher. FORMAT.md specifies the bytes.

pub(crate) mod aead;
pub(crate) mod area;
pub(crate) mod device;
mod entry;
mod errors;
pub(crate) mod format;
#[cfg(not(keyfold_first))]
mod hpke;
pub(crate) mod kdf;
#[allow(dead_code, reason = "a browser has no keychain")]
pub(crate) mod keychain;
mod keys;
mod listed;
pub(crate) mod memory;
mod namespace;
pub(crate) mod news;
mod opening;
pub(crate) mod peers;
pub(crate) mod places;
#[cfg(not(keyfold_first))]
mod rekey;
mod session;
pub(crate) mod stored;
#[cfg_attr(keyfold_first, path = "sealed/no_unlocks.rs")]
mod unlocks;
mod watching;

use std::{cmp::Ordering, sync::Arc};

use crate::{
    crypto::{Key, KeyPair, Plaintext, Point, argon2id::Cost},
    error::{Error, ErrorKind, Result},
    options::CallOptions,
    report::{OnUnreadable, Report, Unreadable},
    sort,
    text::{Owned, Text},
    tries::Tries,
    unlock::{Unlock, UnlockInfo},
    verbs::{Over, Rekey, Verbs},
    watch::{ChangeKind, Watch},
};
use aead::Aead;
use area::{Age, Bytes, Edit, RecordArea, Replacement, Written};
use device::DeviceKeys;
use entry::{Entry, NotOpened};
use format::{MAX_VALUE_BYTES, StoredName};
use keys::Keys;
pub(crate) use namespace::Namespace;
use peers::Peers;
use session::{Locks, Session};

/// How often a call is repeated because the ring changed meanwhile.
const ATTEMPTS: usize = 64;

/// After this many seals by one handle, `verify` advises to rotate.
const ADVISED_SEALS: u64 = 1 << 30;

/// What the sealed layout needs from a platform.
pub(crate) trait Platform: Sized + 'static {
    /// What names are made of.
    type Name: Text + ?Sized;
    /// A value to seal.
    type Input: ?Sized;
    /// An opened value.
    type Value;
    /// Where rings and records are kept.
    type Area: RecordArea<DeviceKey = Self::Key> + Peers;
    /// What seals.
    type Key: Aead;
    /// Where the keys of devices are kept.
    type Device: DeviceKeys;

    /// The bytes of a value to seal.
    fn bytes(input: &Self::Input) -> Plaintext;

    /// An opened value of these bytes.
    fn value(bytes: Plaintext) -> Self::Value;

    /// The order in which names are listed: the platform's order of texts.
    fn order(one: &str, other: &str) -> Ordering;

    /// Argon2id (RFC 9106) of a prepared passphrase: version 0x13, one lane, 32 bytes.
    async fn argon2id(passphrase: &[u8], cost: &Cost) -> Result<Key>;

    /// A new key pair of P-256.
    async fn generate() -> Result<KeyPair>;

    /// The x-coordinate of what a private key and another's public key agree on (ECDH; SEC 1, 3.3.1). `None` if either is
    /// no key of the curve.
    async fn agree(own: &KeyPair, with: &Point) -> Result<Option<Key>>;

    /// A passphrase in Unicode's normalization form C, as UTF-8, from a buffer that has not grown: one that grows leaves a
    /// copy behind.
    fn nfc(text: &str) -> Vec<u8>;

    /// Why nothing can be stored in an area that is not there yet, as far as that is known without trying.
    async fn can_be_made(_area: &Self::Area) -> Result<()> {
        Ok(())
    }
}

/// One namespace of the sealed layout.
pub(crate) struct SealedStore<P: Platform> {
    session: Arc<Session<P>>,
    age: Age,
}

/// Records of names that were asked for.
struct Sealed<K> {
    /// The keys that open them.
    keys: Arc<Keys<K>>,
    locks: Locks,
    /// The indices of the names that exist.
    places: Vec<usize>,
    /// Their records, under their stored names.
    records: Vec<(StoredName, Bytes)>,
}

/// What a write does.
enum Change<'a> {
    /// Entries, and if it is not the same what is stored, the record that each takes the place of.
    Put(&'a [(String, Plaintext)], &'a [Option<Bytes>]),
    Remove(&'a str),
    Clear,
}

fn tries() -> Tries {
    Tries::new(ATTEMPTS, errors::contended)
}

impl<P: Platform> SealedStore<P> {
    /// Opens a namespace, and creates it if nothing is stored.
    pub(crate) async fn open(namespace: Namespace<P>, unlock: &Unlock, must_exist: bool) -> Result<Self> {
        let keys = opening::obtain(&namespace, &unlock.0, must_exist).await?;
        Ok(SealedStore { session: Arc::new(Session::new(namespace, keys)), age: Age::Known })
    }

    /// Goes on with a device store that another instance of the package has opened, and whose ring had this generation.
    #[cfg(feature = "npm")]
    pub(crate) fn taken_over(namespace: Namespace<P>, generation: u64) -> Self {
        SealedStore { session: Arc::new(Session::taken_over(namespace, generation)), age: Age::Known }
    }

    /// The generation of the ring that this handle knows; 0 if it knows none.
    #[cfg(feature = "npm")]
    pub(crate) fn generation(&self) -> u64 {
        self.session.generation()
    }

    /// Tells the watchers what others have changed until now.
    #[cfg(feature = "npm")]
    pub(crate) async fn look(&self) -> Result<()> {
        self.session.look().await
    }

    /// The same store with some options changed.
    pub(crate) fn with(&self, options: &CallOptions) -> Self {
        let age = match options.fresh {
            Some(true) => Age::Now,
            Some(false) => Age::Known,
            None => self.age,
        };
        SealedStore { session: Arc::clone(&self.session), age }
    }

    fn area(&self) -> &P::Area {
        &self.session.namespace.area
    }

    fn tell(&self, change: ChangeKind) {
        self.area().news().hub.tell(|| change, false);
    }

    /// The existing records of these names; `None` if nothing is stored.
    async fn find(&self, names: &[&str], age: Age) -> Result<Option<Sealed<P::Key>>> {
        let mut tries = tries();
        loop {
            tries.begin()?;
            let Some((keys, locks)) = self.session.keys().await? else { return Ok(None) };
            let stored: Vec<_> = names.iter().map(|name| keys.stored_name(name)).collect();
            let Ok(found) = self.area().get(&keys.ring, &stored, age).await? else {
                self.reopen(&keys, locks).await?;
                continue;
            };
            self.session.check(locks)?;
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

    /// Opens several entries, in the order of `names`.
    async fn open_named(&self, names: &[&str]) -> Result<Vec<Option<Plaintext>>> {
        let mut values: Vec<_> = names.iter().map(|_| None).collect();
        if let Some(Sealed { keys, locks, places, records }) = self.find(names, self.age).await? {
            let opened = keys.open_each(&records).await;
            self.session.check(locks)?;
            for (&place, opened) in places.iter().zip(opened) {
                values[place] = Some(entry::value_of(opened, names[place])?);
            }
        }
        Ok(values)
    }

    async fn open_all(&self, age: Age) -> Result<Vec<Result<Entry, NotOpened>>> {
        let mut tries = tries();
        loop {
            tries.begin()?;
            let Some((keys, locks)) = self.session.keys().await? else { return Ok(Vec::new()) };
            let Ok(all) = self.area().all(&keys.ring, age).await? else {
                self.reopen(&keys, locks).await?;
                continue;
            };
            let opened = keys.open_all(&all.records).await;
            self.session.check(locks)?;
            return Ok(opened);
        }
    }

    /// Every entry, in the order of names.
    async fn entries(&self, on_unreadable: OnUnreadable) -> Result<Vec<Entry>> {
        let mut entries = Vec::new();
        for opened in self.open_all(self.age).await? {
            match opened.map_err(|not_opened| not_opened.error(None)) {
                Ok(entry) => entries.push(entry),
                Err(error) if on_unreadable == OnUnreadable::Skip && error.kind() == ErrorKind::Corrupt => {}
                Err(error) => return Err(error),
            }
        }
        sort::by(&mut entries, |one, other| P::order(&one.name, &other.name));
        Ok(entries)
    }

    /// Makes a change under the current keys, and again if another handle has changed them meanwhile.
    async fn write(&self, change: Change<'_>) -> Result<Written> {
        let mut tries = tries();
        loop {
            tries.begin()?;
            let (keys, locks) = self.session.keys_for_writing().await?;
            let mut expected = Vec::new();
            let edits = match change {
                Change::Put(entries, before) => {
                    let entries: Vec<_> = entries.iter().map(|(name, value)| (&**name, &value[..])).collect();
                    let sealed = keys.seal_all(&entries).await?;
                    expected.extend(sealed.iter().map(|(name, _)| *name).zip(before.iter().cloned()));
                    sealed.into_iter().map(|(name, record)| Edit::Put(name, record)).collect()
                }
                Change::Remove(name) => vec![Edit::Remove(keys.stored_name(name))],
                Change::Clear => vec![Edit::Clear],
            };
            self.session.check(locks)?;
            let Ok(written) = self.area().write(&keys.ring, &edits, &expected).await? else {
                self.reopen(&keys, locks).await?;
                continue;
            };
            if written.unmet.is_empty() {
                let names = if let Change::Put(entries, _) = change { entries } else { &[] };
                let names = names.iter().map(|(name, _)| name.as_str());
                self.area().news().wrote(&keys.data_key_id, written.revision, &edits, names);
            }
            return Ok(written);
        }
    }

    /// Stores all of `entries`, or none of them: that too where one would not take the place of what it should. Gives
    /// the places of those.
    async fn put_over(&self, entries: Vec<(String, Plaintext)>, before: &[Option<Bytes>]) -> Result<Vec<usize>> {
        if entries.is_empty() {
            return Ok(Vec::new());
        }
        check_total(entries.iter().map(|(_, value)| value.len()))?;
        let written = self.write(Change::Put(&entries, before)).await.map_err(|error| match &entries[..] {
            // Of several it is not known which one did not fit.
            [(name, _)] if error.kind() == ErrorKind::QuotaExceeded => error.with_key(name),
            _ => error,
        })?;
        let unmet = written.unmet;
        if unmet.is_empty() {
            entries.into_iter().for_each(|(name, _)| self.tell(ChangeKind::Set(name)));
        }
        Ok(unmet)
    }

    /// The record of a name, and what it holds.
    async fn read(&self, name: &str, age: Age) -> Result<(Option<Bytes>, Option<Plaintext>)> {
        let Some(Sealed { keys, locks, mut records, .. }) = self.find(&[name], age).await? else {
            return Ok((None, None));
        };
        let opened = keys.open_each(&records).await.pop();
        self.session.check(locks)?;
        let value = opened.map(|opened| entry::value_of(opened, name)).transpose()?;
        Ok((records.pop().map(|(_, record)| record), value))
    }

    /// Obtains keys again because the caller's are not the ring's. Whoever watches is now told what others have
    /// changed: it could not be told apart later from what is written under the new keys.
    async fn reopen(&self, old: &Arc<Keys<P::Key>>, locks: Locks) -> Result<()> {
        self.session.again(Some(old), locks).await?;
        if self.area().news().hub.is_watched() {
            drop(self.session.look().await);
        }
        Ok(())
    }
}

impl<P: Platform> Verbs for SealedStore<P> {
    type Name = P::Name;
    type Input = P::Input;
    type Value = P::Value;

    async fn put_all(&self, entries: &[(&P::Name, &P::Input)], over: Over) -> Result<Vec<usize>> {
        let before = vec![None; if over == Over::Nothing { entries.len() } else { 0 }];
        self.put_over(own::<P>(entries), &before).await
    }

    async fn update<I: AsRef<P::Input>>(
        &self,
        key: &P::Name,
        mut change: impl FnMut(Option<P::Value>) -> Result<Option<I>>,
    ) -> Result<bool> {
        let name = key.to_str();
        let mut age = self.age;
        let mut tries = tries();
        loop {
            tries.begin()?;
            let (before, value) = self.read(&name, age).await?;
            let Some(new) = change(value.map(P::value))? else { return Ok(false) };
            if self.put_over(own::<P>(&[(key, new.as_ref())]), &[before]).await?.is_empty() {
                return Ok(true);
            }
            // A copy that is kept for speed may be what it should not have built on.
            age = Age::Now;
        }
    }

    async fn get_many(&self, keys: &[&P::Name]) -> Result<Vec<Option<P::Value>>> {
        let names: Vec<_> = keys.iter().map(|key| key.to_str()).collect();
        let names: Vec<_> = names.iter().map(|name| &**name).collect();
        Ok(self.open_named(&names).await?.into_iter().map(|value| value.map(P::value)).collect())
    }

    async fn get(&self, key: &P::Name) -> Result<Option<P::Value>> {
        Ok(self.open_named(&[&key.to_str()]).await?.pop().flatten().map(P::value))
    }

    async fn get_all(&self, on_unreadable: OnUnreadable) -> Result<Vec<(Owned<P::Name>, P::Value)>> {
        let entries = self.entries(on_unreadable).await?.into_iter();
        Ok(entries.map(|Entry { name, value }| (P::Name::of(&name).into_owned(), P::value(value))).collect())
    }

    async fn contains_key(&self, key: &P::Name) -> Result<bool> {
        Ok(self.find(&[&key.to_str()], self.age).await?.is_some_and(|found| !found.records.is_empty()))
    }

    async fn keys(&self) -> Result<Vec<Owned<P::Name>>> {
        let entries = self.entries(OnUnreadable::Fail).await?;
        Ok(entries.iter().map(|entry| P::Name::of(&entry.name).into_owned()).collect())
    }

    async fn remove(&self, key: &P::Name) -> Result<bool> {
        let name = key.to_str();
        let existed = self.write(Change::Remove(&name)).await?.existed.contains(&true);
        if existed {
            self.tell(ChangeKind::Remove(name.into_owned()));
        }
        Ok(existed)
    }

    async fn clear(&self) -> Result<()> {
        self.write(Change::Clear).await?;
        self.tell(ChangeKind::Clear);
        Ok(())
    }

    /// A device store is created again when it is used again.
    async fn destroy(&self) -> Result<()> {
        self.session.namespace.destroy().await?;
        self.area().forget();
        self.session.drop_keys();
        self.area().news().destroyed();
        self.tell(ChangeKind::Clear);
        Ok(())
    }

    async fn verify(&self) -> Result<Report> {
        let mut report = Report::default();
        for opened in self.open_all(Age::Now).await? {
            match opened {
                Ok(entry) => report.readable.push(entry.name),
                Err(not_opened) => report.unreadable.push(Unreadable::new(None, &not_opened.error(None))),
            }
        }
        sort::by(&mut report.readable, |one, other| P::order(one, other));
        report.rotation_advised = self.session.keys_at_hand()?.is_some_and(|(keys, _)| keys.seals() >= ADVISED_SEALS);
        Ok(report)
    }

    fn watch(&self) -> Watch {
        self.session.watch()
    }

    /// The kind of the unlock that protects the store least.
    fn protection(&self) -> &'static str {
        self.session.weakest().as_str()
    }

    fn is_locked(&self) -> bool {
        self.session.is_locked()
    }

    fn lock(&self) -> Result<()> {
        self.session.lock();
        Ok(())
    }

    fn unlock(&self, unlock: &Unlock) -> impl Future<Output = Result<()>> {
        self.session.unlock(unlock)
    }

    #[cfg(not(keyfold_first))]
    fn unlocks(&self) -> impl Future<Output = Result<Vec<UnlockInfo>>> {
        self.session.unlocks()
    }

    #[cfg(not(keyfold_first))]
    fn rekey(
        &self,
        rekey: Rekey<'_>,
        progress: impl FnMut(usize, usize),
    ) -> impl Future<Output = Result<Option<String>>> {
        self.session.rekey(rekey, progress)
    }

    /// Except records of newer versions.
    async fn remove_unreadable(&self) -> Result<usize> {
        let (mut hold, mut tries) = (None, tries());
        loop {
            tries.begin()?;
            let Some((keys, locks)) = self.session.keys().await? else { return Ok(0) };
            let current = self.session.current().await?;
            if current.id != keys.ring {
                self.reopen(&keys, locks).await?;
                continue;
            }
            let Ok(all) = self.area().all(&current.id, Age::Now).await? else { continue };
            let mut kept = Vec::with_capacity(all.records.len());
            for (opened, record) in keys.open_all(&all.records).await.into_iter().zip(&all.records) {
                match opened {
                    Err(NotOpened::Failed(error)) => return Err(error),
                    Err(not_opened) if not_opened.is_for_good() => {}
                    _ => kept.push(record.clone()),
                }
            }
            self.session.check(locks)?;
            let removed = all.records.len() - kept.len();
            if removed == 0 {
                return Ok(0);
            }
            // Together with the rest, so that nothing is removed that was written again meanwhile.
            let same = current.stored.clone();
            let kept = Replacement { revision: all.revision, records: &kept, hold: hold.as_ref() };
            if self.session.namespace.replace(current.old(), same, Some(kept)).await?.is_ok() {
                return Ok(removed);
            }
            if hold.is_none() {
                hold = self.area().hold().await?;
            }
        }
    }
}

/// Refuses values that are longer together than the longest may be alone.
fn check_total(lengths: impl ExactSizeIterator<Item = usize>) -> Result<()> {
    // A single one that is too long is refused by its name, when it is sealed.
    if lengths.len() == 1 || lengths.fold(0, usize::saturating_add) <= MAX_VALUE_BYTES {
        return Ok(());
    }
    Err(Error::new(ErrorKind::TooLarge, "the values are longer than 1 GiB together: store them in several calls"))
}

/// Copies of entries, which may be sealed several times.
fn own<P: Platform>(entries: &[(&P::Name, &P::Input)]) -> Vec<(String, Plaintext)> {
    entries.iter().map(|(key, value)| (key.to_str().into_owned(), P::bytes(value))).collect()
}

#[cfg(test)]
mod tests;
