//! A sealed store's ring, revision and records as one value: what a transaction does to them, wherever they are kept.

use super::{
    area::{Bytes, Changed, Edit, Found, Read, Records, Replacement, RingId, SOME, StoredRing, Written},
    errors,
    format::{MAX_REVISION, StoredName},
};
use crate::error::Result;

/// What is stored for one namespace.
#[derive(Clone, Debug)]
pub(crate) struct Stored<K> {
    pub(crate) ring: Option<StoredRing<K>>,
    pub(crate) revision: u64,
    /// In the order of stored names.
    pub(crate) records: Vec<(StoredName, Bytes)>,
}

impl<K> Default for Stored<K> {
    fn default() -> Self {
        Stored { ring: None, revision: 0, records: Vec::new() }
    }
}

impl<K: Clone> Stored<K> {
    pub(crate) fn found(&self) -> Found<K> {
        match &self.ring {
            Some(ring) => Found::Ring(ring.clone()),
            None if self.records.is_empty() => Found::Nothing,
            None => Found::OnlyRecords,
        }
    }

    /// Stores a first ring unless anything is there. Returns whether it did.
    pub(crate) fn create(&mut self, ring: StoredRing<K>) -> Result<bool> {
        let is_new = matches!(self.found(), Found::Nothing);
        if is_new {
            self.revision = next_revision(self.revision)?;
            self.ring = Some(ring);
        }
        Ok(is_new)
    }

    pub(crate) fn some(&self) -> Vec<Bytes> {
        self.records.iter().take(SOME).map(|(_, record)| Bytes::clone(record)).collect()
    }

    pub(crate) fn get(&self, ring: &RingId, names: &[StoredName]) -> Read<Vec<Option<Bytes>>> {
        let record = |name| self.place(name).ok().map(|at| Bytes::clone(&self.records[at].1));
        self.check(ring).map(|()| names.iter().map(record).collect())
    }

    pub(crate) fn all(&self, ring: &RingId) -> Read<Records> {
        self.check(ring).map(|()| Records { revision: self.revision, records: self.records.clone() })
    }

    pub(crate) fn write(&mut self, ring: &RingId, edits: &[Edit]) -> Result<Read<Written>> {
        if self.check(ring).is_err() {
            return Ok(Err(Changed));
        }
        self.revision = next_revision(self.revision)?;
        Ok(Ok(Written { revision: self.revision, existed: self.edit(edits) }))
    }

    pub(crate) fn replace(
        &mut self,
        ring: &RingId,
        with: StoredRing<K>,
        records: Option<Replacement<'_>>,
    ) -> Result<Read<Written>> {
        if self.check(ring).is_err() || records.is_some_and(|(revision, _)| revision != self.revision) {
            return Ok(Err(Changed));
        }
        self.revision = next_revision(self.revision)?;
        if let Some((_, records)) = records {
            self.records.clear();
            self.add(records);
        }
        self.ring = Some(with);
        Ok(Ok(Written { revision: self.revision, existed: Vec::new() }))
    }

    fn check(&self, ring: &RingId) -> Read<()> {
        let is_same = self.ring.as_ref().and_then(StoredRing::id) == Some(*ring);
        if is_same { Ok(()) } else { Err(Changed) }
    }

    fn place(&self, name: &StoredName) -> Result<usize, usize> {
        self.records.binary_search_by(|(other, _)| other.cmp(name))
    }

    /// Makes changes. Returns for each whether something was there before. New records wait until the end: inserting each
    /// at once would move all that follow it, every time.
    fn edit(&mut self, edits: &[Edit]) -> Vec<bool> {
        let mut added = Vec::new();
        let mut existed = Vec::with_capacity(edits.len());
        for edit in edits {
            existed.push(match edit {
                Edit::Put(name, record) => match self.place(name) {
                    Ok(at) => {
                        self.records[at].1 = Bytes::clone(record);
                        true
                    }
                    Err(_) => {
                        added.push((*name, Bytes::clone(record)));
                        false
                    }
                },
                Edit::Remove(name) => {
                    added.retain(|(other, _)| other != name);
                    self.place(name).map(|at| self.records.remove(at)).is_ok()
                }
                Edit::Clear => {
                    added.clear();
                    !std::mem::take(&mut self.records).is_empty()
                }
            });
        }
        if !added.is_empty() {
            self.add(&added);
        }
        existed
    }

    /// Adds records in one pass over those that there are. Of several with one name the last one stays.
    fn add(&mut self, added: &[(StoredName, Bytes)]) {
        let mut order: Vec<_> = added.iter().enumerate().map(|(at, (name, _))| (*name, at)).collect();
        order.sort_unstable();
        let mut rest = std::mem::take(&mut self.records).into_iter().peekable();
        for (name, at) in order {
            while let Some(record) = rest.next_if(|(other, _)| *other <= name) {
                self.records.push(record);
            }
            self.records.pop_if(|(last, _)| *last == name);
            self.records.push((name, Bytes::clone(&added[at].1)));
        }
        self.records.extend(rest);
    }
}

/// The revision that a transaction makes of this one: an error where none that is higher could be read.
pub(crate) fn next_revision(revision: u64) -> Result<u64> {
    if revision < MAX_REVISION { Ok(revision + 1) } else { Err(errors::counted_out()) }
}
