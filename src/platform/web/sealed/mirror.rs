//! Copies of records, still sealed as in the database, since a look there takes hundreds of microseconds.
//!
//! A mirror does not know whether it still shows what is stored. Whoever asks says which revision that is.

use crate::sealed::{
    area::{Bytes, Edit, Records, RingId},
    format::StoredName,
};

/// A longer record is not kept.
const MAX_RECORD_BYTES: usize = 256 << 10;

/// When this much is kept, nothing more is.
const MAX_BYTES: usize = 16 << 20;

/// What an entry takes besides its record, roughly, so that names without records are bounded too.
const ENTRY_BYTES: usize = 64;

/// Records of one namespace, as they were at one revision.
#[derive(Default)]
pub(super) struct Mirror {
    /// The ring and the revision that the records are from; `None` if nothing is kept.
    at: Option<(RingId, u64)>,
    /// In the order of names. `None` is an entry that is known to be absent.
    records: Vec<(StoredName, Option<Bytes>)>,
    bytes: usize,
    /// Whether a name that is not listed is known to be absent.
    complete: bool,
}

impl Mirror {
    pub(super) fn is_at(&self, ring: &RingId, revision: u64) -> bool {
        self.at == Some((*ring, revision))
    }

    /// The records of these names, in their order; `None` if not all of them are known.
    pub(super) fn get(&self, names: &[StoredName]) -> Option<Vec<Option<Bytes>>> {
        let known = |name: &StoredName| match self.place(name) {
            Ok(index) => Some(self.records[index].1.clone()),
            Err(_) => self.complete.then_some(None),
        };
        names.iter().map(known).collect()
    }

    /// All records; `None` if not all are known.
    pub(super) fn all(&self) -> Option<Records> {
        let (_, revision) = self.at.filter(|_| self.complete)?;
        let there = |(name, record): &(_, Option<Bytes>)| Some((*name, record.clone()?));
        Some(Records { revision, records: self.records.iter().filter_map(there).collect() })
    }

    /// Keeps what was read of some names at a revision.
    pub(super) fn keep(&mut self, ring: &RingId, revision: u64, names: &[StoredName], records: &[Option<Bytes>]) {
        if !self.is_at(ring, revision) {
            self.restart(ring, revision, false);
        }
        names.iter().zip(records).for_each(|(name, record)| self.put(name, record.clone()));
    }

    /// Keeps all records, as they were read at a revision.
    pub(super) fn keep_all(&mut self, ring: &RingId, revision: u64, records: &[(StoredName, Bytes)]) {
        self.restart(ring, revision, true);
        records.iter().for_each(|(name, record)| self.put(name, Some(record.clone())));
    }

    /// Follows a transaction that made these edits, and this revision.
    pub(super) fn follow(&mut self, ring: &RingId, revision: u64, edits: &[Edit]) {
        // After an older revision, it is not known what came between.
        if self.is_at(ring, revision - 1) {
            self.at = Some((*ring, revision));
        } else {
            self.restart(ring, revision, false);
        }
        for edit in edits {
            match edit {
                Edit::Put(name, record) => self.put(name, Some(record.clone())),
                Edit::Remove(name) => self.put(name, None),
                Edit::Clear => self.restart(ring, revision, true),
            }
        }
    }

    fn restart(&mut self, ring: &RingId, revision: u64, complete: bool) {
        *self = Mirror { at: Some((*ring, revision)), complete, ..Mirror::default() };
    }

    fn put(&mut self, name: &StoredName, record: Option<Bytes>) {
        let place = self.place(name);
        if let Ok(index) = place {
            self.bytes -= size(&self.records[index].1);
        }
        let size = size(&record);
        let fits = size <= ENTRY_BYTES + MAX_RECORD_BYTES && self.bytes + size <= MAX_BYTES;
        if fits {
            self.bytes += size;
        } else {
            self.complete = false;
        }
        match place {
            Ok(index) if fits => self.records[index].1 = record,
            Ok(index) => drop(self.records.remove(index)),
            Err(index) if fits => self.records.insert(index, (*name, record)),
            Err(_) => {}
        }
    }

    fn place(&self, name: &StoredName) -> Result<usize, usize> {
        self.records.binary_search_by(|(other, _)| other.cmp(name))
    }
}

fn size(record: &Option<Bytes>) -> usize {
    ENTRY_BYTES + record.as_ref().map_or(0, |record| record.len())
}
