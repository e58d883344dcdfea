//! Who watches a sealed store in this process, and what they know of it. By that, changes by others are found.

use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicU64, Ordering::Relaxed},
};

use super::area::{Bytes, Edit, Records};
use crate::{
    sealed::format::{Id, StoredName, record},
    sort,
    watch::{ChangeKind, Hub},
};

/// Shared by all handles of a namespace in this process.
#[derive(Debug, Default)]
pub(crate) struct News {
    pub(crate) hub: Arc<Hub>,
    seen: Mutex<Option<Seen>>,
    /// How often this process has removed the whole store.
    destroyed: AtomicU64,
}

/// A store as it was at the last look, with what this process has written since. If there was no store, all is zero.
#[derive(Debug, Default)]
struct Seen {
    /// Whether anybody has looked at all. If not, it is only what this process has written.
    is_whole: bool,
    data_key_id: Id,
    generation: u64,
    revision: u64,
    /// The revision of this process's last write that removed everything.
    cleared: u64,
    /// In the order of stored names.
    entries: Vec<Known>,
    /// What this process has written under keys that nobody has looked at yet. `entries` no longer has those names.
    ahead: Option<Box<Seen>>,
}

#[derive(Clone, Debug)]
struct Known {
    stored_name: StoredName,
    name: String,
    /// What tells one record of an entry from the next; `None` once the entry is removed.
    nonce: Option<record::Nonce>,
    /// The revision of the write or look that it is known from.
    revision: u64,
}

impl Seen {
    fn entry(&self, stored_name: &StoredName) -> Option<&Known> {
        find(&self.entries, stored_name)
    }

    /// Whether it is known that this record is there.
    fn has(&self, stored_name: &StoredName, record: &Bytes) -> bool {
        self.entry(stored_name).is_some_and(|known| known.nonce == Some(record::nonce(record)))
    }

    /// Whether there was no store.
    fn is_of_nothing(&self) -> bool {
        self.data_key_id == Id::default()
    }

    fn is_there(known: &Known) -> bool {
        known.nonce.is_some()
    }

    /// What this process has written ahead under these keys. What it wrote under other keys is left to be found by
    /// name.
    fn take_ahead(&mut self, data_key_id: &Id) -> Option<Seen> {
        let ahead = *self.ahead.take()?;
        if ahead.data_key_id == *data_key_id {
            return Some(ahead);
        }
        self.add(ahead.entries);
        None
    }

    /// Takes in what is known of other names.
    fn add(&mut self, entries: Vec<Known>) {
        self.entries.extend(entries);
        // Of two lists that are sorted already it is a merge.
        sort_known(&mut self.entries);
    }

    /// Takes note of a write under the same keys. `names` are the names of what was put.
    fn wrote<'a>(&mut self, revision: u64, edits: &[Edit], names: impl IntoIterator<Item = &'a str>) {
        let mut names = names.into_iter();
        let mut written = Vec::with_capacity(edits.len());
        for edit in edits {
            let (stored_name, name, nonce) = match edit {
                Edit::Put(at, record) => {
                    (*at, names.next().unwrap_or_default().to_owned(), Some(record::nonce(record)))
                }
                Edit::Remove(at) => (*at, String::new(), None),
                Edit::Clear => {
                    written.clear();
                    self.entries.clear();
                    self.cleared = revision;
                    continue;
                }
            };
            written.push(Known { stored_name, name, nonce, revision });
        }
        // Of those of one name the last counts.
        written.reverse();
        sort_known(&mut written);
        written.dedup_by_key(|known| known.stored_name);
        self.entries.retain(|known| find(&written, &known.stored_name).is_none());
        self.add(written);
        if revision == self.revision + 1 {
            self.revision = revision;
        }
    }

    /// Takes note of a write under keys that nobody has looked at yet. The next look will go by names.
    fn wrote_ahead<'a>(
        &mut self,
        data_key_id: &Id,
        revision: u64,
        edits: &[Edit],
        names: impl IntoIterator<Item = &'a str> + Clone,
    ) {
        if edits.iter().any(|edit| matches!(edit, Edit::Clear)) {
            self.entries.clear();
        }
        let ahead = self.take_ahead(data_key_id);
        let mut put: Vec<_> = names.clone().into_iter().collect();
        sort::by(&mut put, Ord::cmp);
        self.entries.retain(|known| put.binary_search(&known.name.as_str()).is_err());
        let mut ahead = ahead.unwrap_or_else(|| Seen { data_key_id: *data_key_id, ..Seen::default() });
        ahead.wrote(revision, edits, names);
        self.ahead = Some(Box::new(ahead));
    }
}

impl News {
    fn seen(&self) -> MutexGuard<'_, Option<Seen>> {
        // A panic elsewhere leaves it whole: it is replaced at once or not at all.
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Forgets what was seen. The next look is then a first one, and reports nothing.
    pub(crate) fn forget(&self) {
        *self.seen() = None;
    }

    /// Takes note of what this process has written and has told its watchers. `names` are the names of what was put.
    pub(crate) fn wrote<'a>(
        &self,
        data_key_id: &Id,
        revision: u64,
        edits: &[Edit],
        names: impl IntoIterator<Item = &'a str> + Clone,
    ) {
        let mut seen = self.seen();
        if seen.is_none() && !self.hub.is_watched() {
            return;
        }
        let seen = seen.get_or_insert_default();
        if seen.is_of_nothing() || !seen.is_whole && seen.data_key_id != *data_key_id {
            *seen = Seen { is_whole: seen.is_whole, data_key_id: *data_key_id, ..Seen::default() };
        }
        if seen.data_key_id == *data_key_id {
            seen.wrote(revision, edits, names);
        } else {
            seen.wrote_ahead(data_key_id, revision, edits, names);
        }
    }

    /// Takes note that this process has removed the whole store and has told its watchers.
    pub(crate) fn destroyed(&self) {
        if let Some(seen) = self.seen().as_mut() {
            *seen = Seen { is_whole: seen.is_whole, ..Seen::default() };
        }
        self.destroyed.fetch_add(1, Relaxed);
    }

    /// How often this process has removed the whole store. A look during which that happened does not count.
    pub(crate) fn times_destroyed(&self) -> u64 {
        self.destroyed.load(Relaxed)
    }

    /// The records found by a look whose names are not known yet.
    pub(crate) fn unknown(&self, data_key_id: &Id, all: &Records) -> Vec<(StoredName, Bytes)> {
        let seen = self.seen();
        let seen = seen.as_ref().filter(|seen| seen.data_key_id == *data_key_id);
        let is_known = |(name, record): &&(StoredName, Bytes)| seen.is_some_and(|seen| seen.has(name, record));
        all.records.iter().filter(|record| !is_known(record)).cloned().collect()
    }

    /// Compares a look with what was seen before, and tells watchers what others have changed. `names` are the names of
    /// the records that were not known, in the same order.
    pub(crate) fn looked(&self, data_key_id: &Id, generation: u64, all: &Records, names: &[(StoredName, String)]) {
        let mut seen = self.seen();
        let before = seen.take();
        let (same, other) = match before {
            Some(mut before) if !before.is_of_nothing() && before.data_key_id != *data_key_id => {
                (before.take_ahead(data_key_id), Some(before))
            }
            before => (before, None),
        };
        if other.is_none() && same.as_ref().is_some_and(|before| all.revision < before.revision) {
            // A later look has overtaken this one.
            *seen = same;
            return;
        }
        let entries = entries(same.as_ref(), all, names);
        let cleared = same.as_ref().map_or(0, |before| before.cleared);
        let (data_key_id, revision) = (*data_key_id, all.revision);
        let now = Seen { is_whole: true, data_key_id, generation, revision, cleared, entries, ahead: None };
        let changes = match (same, other) {
            (Some(before), None) if before.is_whole => differences(&before, &now),
            (own, Some(before)) if before.is_whole && !is_rotation(&before, &now) => {
                everything(&before, &own.unwrap_or_default(), &now)
            }
            _ => Vec::new(),
        };
        *seen = Some(now);
        drop(seen);
        changes.into_iter().for_each(|change| self.hub.tell(|| change, true));
    }

    /// Somebody else has removed the whole store.
    pub(crate) fn looked_at_nothing(&self) {
        let before = self.seen().replace(Seen { is_whole: true, ..Seen::default() });
        let before = before.filter(|before| before.is_whole);
        let gone = before.map(|mut before| {
            let own = before.ahead.take().unwrap_or_default();
            everything(&before, &own, &Seen::default())
        });
        let gone = gone.unwrap_or_default();
        gone.into_iter().for_each(|change| self.hub.tell(|| change, true));
    }
}

/// What is known after a look. What this process has written since the look began takes precedence.
fn entries(before: Option<&Seen>, all: &Records, names: &[(StoredName, String)]) -> Vec<Known> {
    let of_before = before.map(|before| before.entries.as_slice()).unwrap_or_default();
    let later: Vec<_> = of_before.iter().filter(|known| known.revision > all.revision).cloned().collect();
    let mut entries = Vec::with_capacity(all.records.len());
    let are_gone = before.is_some_and(|before| before.cleared > all.revision);
    for (stored_name, record) in all.records.iter().filter(|_| !are_gone) {
        if find(&later, stored_name).is_some() {
            continue;
        }
        let name = names.binary_search_by(|(unknown, _)| unknown.cmp(stored_name)).ok().map(|at| &names[at].1);
        let name = name.or_else(|| before?.entry(stored_name).map(|known| &known.name));
        let nonce = Some(record::nonce(record));
        // A record without a name does not open, and there is nothing to tell about it.
        entries.extend(name.map(|name| Known {
            stored_name: *stored_name,
            name: name.clone(),
            nonce,
            revision: all.revision,
        }));
    }
    entries.extend(later);
    sort_known(&mut entries);
    entries
}

fn sort_known(entries: &mut [Known]) {
    sort::by(entries, |one, other| one.stored_name.cmp(&other.stored_name));
}

fn find<'a>(entries: &'a [Known], stored_name: &StoredName) -> Option<&'a Known> {
    entries.binary_search_by(|known| known.stored_name.cmp(stored_name)).ok().map(|at| &entries[at])
}

/// Whether nothing but the keys has changed, which changes no entry.
fn is_rotation(before: &Seen, now: &Seen) -> bool {
    before.revision + 1 == now.revision && before.generation + 1 == now.generation
}

/// What is different under the same keys.
fn differences(before: &Seen, now: &Seen) -> Vec<ChangeKind> {
    let gone = before.entries.iter().filter(|known| Seen::is_there(known) && now.entry(&known.stored_name).is_none());
    let is_new = |known: &&Known| {
        Seen::is_there(known) && before.entry(&known.stored_name).map(|known| known.nonce) != Some(known.nonce)
    };
    let removed = gone.map(|known| ChangeKind::Remove(known.name.clone()));
    removed.chain(now.entries.iter().filter(is_new).map(|known| ChangeKind::Set(known.name.clone()))).collect()
}

/// What may be different when the keys are different too: every entry that is there and every entry that is gone,
/// except what this process itself has written under the new keys.
fn everything(before: &Seen, own: &Seen, now: &Seen) -> Vec<ChangeKind> {
    let mut names: Vec<_> = now.entries.iter().map(|known| known.name.as_str()).collect();
    sort::by(&mut names, Ord::cmp);
    let is_gone = |known: &&Known| Seen::is_there(known) && names.binary_search(&known.name.as_str()).is_err();
    let removed = before.entries.iter().filter(is_gone).map(|known| ChangeKind::Remove(known.name.clone()));
    removed.chain(differences(own, now)).collect()
}
