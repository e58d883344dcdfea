//! A sealed store's ring, revision and records as one value: what a transaction does to them, wherever they are kept.

use std::mem;

use super::{
    area::{Bytes, Changed, Edit, Expected, Found, Read, Records, RingId, SOME, StoredRing, Written, unmet},
    errors,
    format::{MAX_REVISION, StoredName, record},
};
use crate::{error::Result, sort};

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
        let head = |record: &Bytes| record[..record.len().min(record::MIN_BYTES)].into();
        self.records.iter().take(SOME).map(|(_, record)| head(record)).collect()
    }

    pub(crate) fn get(&self, ring: &RingId, names: &[StoredName]) -> Read<Vec<Option<Bytes>>> {
        self.check(ring).map(|()| names.iter().map(|name| self.record(name)).collect())
    }

    pub(crate) fn all(&self, ring: &RingId) -> Read<Records> {
        self.check(ring).map(|()| Records { revision: self.revision, records: self.records.clone() })
    }

    pub(crate) fn write(&mut self, ring: &RingId, edits: &[Edit], expected: &[Expected]) -> Result<Read<Written>> {
        if self.check(ring).is_err() {
            return Ok(Err(Changed));
        }
        let unmet = unmet(expected, |place| self.record(&expected[place].0));
        if !unmet.is_empty() {
            return Ok(Ok(Written { revision: self.revision, existed: Vec::new(), unmet }));
        }
        self.revision = next_revision(self.revision)?;
        Ok(Ok(Written { revision: self.revision, existed: self.edit_all(edits), unmet }))
    }

    /// Replaces the ring and, if there are any, all records, unless those were read at another revision.
    pub(crate) fn replace(
        &mut self,
        ring: &RingId,
        with: StoredRing<K>,
        records: Option<(u64, &[(StoredName, Bytes)])>,
    ) -> Result<Read<Written>> {
        if self.check(ring).is_err() || records.is_some_and(|(revision, _)| revision != self.revision) {
            return Ok(Err(Changed));
        }
        self.revision = next_revision(self.revision)?;
        if let Some((_, records)) = records {
            self.records = records.to_vec();
            sort::by(&mut self.records, |one, other| one.0.cmp(&other.0));
        }
        self.ring = Some(with);
        Ok(Ok(Written { revision: self.revision, existed: Vec::new(), unmet: Vec::new() }))
    }

    fn check(&self, ring: &RingId) -> Read<()> {
        let is_same = self.ring.as_ref().and_then(StoredRing::id) == Some(*ring);
        if is_same { Ok(()) } else { Err(Changed) }
    }

    fn record(&self, name: &StoredName) -> Option<Bytes> {
        self.place(name).ok().map(|at| Bytes::clone(&self.records[at].1))
    }

    fn place(&self, name: &StoredName) -> Result<usize, usize> {
        self.records.binary_search_by(|(other, _)| other.cmp(name))
    }

    /// Makes changes one after the other; for each whether something was there before.
    fn edit_all(&mut self, edits: &[Edit]) -> Vec<bool> {
        let Some(clear) = edits.iter().position(|edit| edit.name().is_none()) else { return self.edit_named(edits) };
        let mut existed = self.edit_named(&edits[..clear]);
        existed.push(!mem::take(&mut self.records).is_empty());
        existed.extend(self.edit_all(&edits[clear + 1..]));
        existed
    }

    /// Makes changes of single records. All in one pass: to put each in its place would move what lies behind it.
    fn edit_named(&mut self, edits: &[Edit]) -> Vec<bool> {
        let mut existed = vec![false; edits.len()];
        let mut places: Vec<_> = (0..edits.len()).collect();
        // Those of one name stay in their order.
        sort::by(&mut places, |&one, &other| edits[one].name().cmp(&edits[other].name()));
        let mut old = mem::take(&mut self.records).into_iter().peekable();
        for places in places.chunk_by(|&one, &other| edits[one].name() == edits[other].name()) {
            let Some(name) = edits[places[0]].name() else { continue };
            while let Some(before) = old.next_if(|(other, _)| other < name) {
                self.records.push(before);
            }
            let mut record = old.next_if(|(other, _)| other == name).map(|(_, record)| record);
            for &place in places {
                existed[place] = record.is_some();
                record = if let Edit::Put(_, record) = &edits[place] { Some(Bytes::clone(record)) } else { None };
            }
            self.records.extend(record.map(|record| (*name, record)));
        }
        self.records.extend(old);
        existed
    }
}

/// The revision that a transaction makes of this one: an error where none that is higher could be read.
pub(crate) fn next_revision(revision: u64) -> Result<u64> {
    if revision < MAX_REVISION { Ok(revision + 1) } else { Err(errors::counted_out()) }
}
