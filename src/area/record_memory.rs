//! A sealed store's ring and records in this process's memory, gone with the last handle.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{
    news::News,
    records::{
        Age, Bytes, Changed, Edit, Found, Read, RecordArea, Records, RingId, SOME, StoredRing, Written, ring_id,
    },
};
use crate::{error::Result, format::sealed::StoredName};

/// One namespace in memory.
#[derive(Clone)]
pub(crate) struct RecordMemory<K>(Arc<Inner<K>>);

struct Inner<K> {
    stored: Mutex<Stored<K>>,
    news: Arc<News>,
    #[cfg(test)]
    faults: faults::Faults,
}

struct Stored<K> {
    ring: Option<StoredRing<K>>,
    revision: u64,
    /// In the order of stored names.
    records: Vec<(StoredName, Bytes)>,
}

impl<K> Default for RecordMemory<K> {
    fn default() -> Self {
        RecordMemory(Arc::new(Inner {
            stored: Mutex::new(Stored { ring: None, revision: 0, records: Vec::new() }),
            news: Arc::default(),
            #[cfg(test)]
            faults: faults::Faults::default(),
        }))
    }
}

impl<K: Clone> RecordMemory<K> {
    fn stored(&self) -> MutexGuard<'_, Stored<K>> {
        // A panic elsewhere leaves it whole: no change of it can fail halfway.
        self.0.stored.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Clone> Stored<K> {
    fn found(&self) -> Found<K> {
        match &self.ring {
            Some(ring) => Found::Ring(ring.clone()),
            None if self.records.is_empty() => Found::Nothing,
            None => Found::OnlyRecords,
        }
    }

    fn check(&self, ring: &RingId) -> Read<()> {
        let is_same = self.ring.as_ref().is_some_and(|stored| ring_id(&stored.bytes) == Some(*ring));
        if is_same { Ok(()) } else { Err(Changed) }
    }

    fn place(&self, name: &StoredName) -> std::result::Result<usize, usize> {
        self.records.binary_search_by(|(other, _)| other.cmp(name))
    }

    /// Makes a change; whether something was there before.
    fn edit(&mut self, edit: &Edit) -> bool {
        match edit {
            Edit::Put(name, record) => {
                let entry = (*name, Arc::clone(record));
                match self.place(name) {
                    Ok(at) => self.records[at] = entry,
                    Err(at) => {
                        self.records.insert(at, entry);
                        return false;
                    }
                }
                true
            }
            Edit::Remove(name) => self.place(name).map(|at| self.records.remove(at)).is_ok(),
            Edit::Clear => !std::mem::take(&mut self.records).is_empty(),
        }
    }
}

impl<K: Clone> RecordArea for RecordMemory<K> {
    type DeviceKey = K;

    async fn find(&self) -> Result<Found<K>> {
        Ok(self.stored().found())
    }

    async fn create(&self, ring: StoredRing<K>) -> Result<Found<K>> {
        #[cfg(test)]
        self.before_write()?;
        let mut stored = self.stored();
        if let Found::Nothing = stored.found() {
            stored.ring = Some(ring);
            stored.revision += 1;
        }
        Ok(stored.found())
    }

    async fn some(&self) -> Result<Vec<Bytes>> {
        Ok(self.stored().records.iter().take(SOME).map(|(_, record)| Arc::clone(record)).collect())
    }

    async fn get(&self, ring: &RingId, names: &[StoredName], _age: Age) -> Result<Read<Vec<Option<Bytes>>>> {
        let stored = self.stored();
        let record = |name| stored.place(name).ok().map(|at| Arc::clone(&stored.records[at].1));
        Ok(stored.check(ring).map(|()| names.iter().map(record).collect()))
    }

    async fn all(&self, ring: &RingId, _age: Age) -> Result<Read<Records>> {
        let stored = self.stored();
        let records = || Records { revision: stored.revision, records: stored.records.clone() };
        Ok(stored.check(ring).map(|()| records()))
    }

    async fn write(&self, ring: &RingId, edits: &[Edit]) -> Result<Read<Written>> {
        #[cfg(test)]
        self.before_write()?;
        let mut stored = self.stored();
        if let Err(changed) = stored.check(ring) {
            return Ok(Err(changed));
        }
        stored.revision += 1;
        let existed = edits.iter().map(|edit| stored.edit(edit)).collect();
        Ok(Ok(Written { revision: stored.revision, existed }))
    }

    async fn replace(
        &self,
        ring: &RingId,
        with: StoredRing<K>,
        records: Option<(u64, &[(StoredName, Bytes)])>,
    ) -> Result<Read<Written>> {
        #[cfg(test)]
        self.before_write()?;
        let mut stored = self.stored();
        let is_changed = records.is_some_and(|(revision, _)| revision != stored.revision);
        if is_changed || stored.check(ring).is_err() {
            return Ok(Err(Changed));
        }
        if let Some((_, records)) = records {
            stored.records = records.to_vec();
            stored.records.sort_unstable_by_key(|(name, _)| *name);
        }
        stored.ring = Some(with);
        stored.revision += 1;
        Ok(Ok(Written { revision: stored.revision, existed: Vec::new() }))
    }

    async fn destroy(&self) -> Result<()> {
        #[cfg(test)]
        self.before_write()?;
        *self.stored() = Stored { ring: None, revision: 0, records: Vec::new() };
        Ok(())
    }

    fn news(&self) -> &Arc<News> {
        &self.0.news
    }
}

/// What tests do to the area: writes that fail, and things that happen just before one.
#[cfg(test)]
mod faults {
    use std::sync::{Mutex, PoisonError};

    use super::{RecordMemory, Stored};
    use crate::{
        area::records::{Bytes, StoredRing},
        error::Result,
        format::sealed::StoredName,
    };

    type Before = Box<dyn FnMut() -> Result<()> + Send>;

    #[derive(Default)]
    pub(super) struct Faults {
        before: Mutex<Option<Before>>,
    }

    impl<K: Clone> RecordMemory<K> {
        /// Runs `before` before every write, until it is set anew; what it gives fails the write.
        pub(crate) fn before_writes(&self, before: impl FnMut() -> Result<()> + Send + 'static) {
            *self.0.faults.before.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::new(before));
        }

        pub(super) fn before_write(&self) -> Result<()> {
            // Taken out, since it may write itself.
            let before = self.0.faults.before.lock().unwrap_or_else(PoisonError::into_inner).take();
            let Some(mut before) = before else { return Ok(()) };
            let result = before();
            self.0.faults.before.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(before);
            result
        }

        /// What is stored: ring, revision, records.
        pub(crate) fn stored_now(&self) -> (Option<StoredRing<K>>, u64, Vec<(StoredName, Bytes)>) {
            let stored = self.stored();
            (stored.ring.clone(), stored.revision, stored.records.clone())
        }

        /// Stores what no store would.
        pub(crate) fn tamper(&self, ring: Option<StoredRing<K>>, revision: u64, records: Vec<(StoredName, Bytes)>) {
            *self.stored() = Stored { ring, revision, records };
        }

        /// The same bytes in an area of their own.
        pub(crate) fn copy(&self) -> Self {
            let copy = RecordMemory::default();
            let (ring, revision, records) = self.stored_now();
            copy.tamper(ring, revision, records);
            copy
        }
    }
}
