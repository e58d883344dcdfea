//! A sealed store's ring and records in this process's memory, gone with the last handle.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::lock::{Mutex as Queue, OwnedMutexGuard};

use super::{
    area::{Age, Bytes, Edit, Expected, Found, Read, RecordArea, Records, Replacement, RingId, StoredRing, Written},
    format::StoredName,
    news::News,
    peers::Peers,
    stored::Stored,
};
use crate::error::Result;

/// One namespace in memory.
#[derive(Clone)]
pub(crate) struct RecordMemory<K>(Arc<Inner<K>>);

struct Inner<K> {
    stored: Mutex<Stored<K>>,
    /// Held by whoever changes something.
    writer: Arc<Queue<()>>,
    news: Arc<News>,
    #[cfg(test)]
    faults: faults::Faults,
}

impl<K> Default for RecordMemory<K> {
    fn default() -> Self {
        RecordMemory(Arc::new(Inner {
            stored: Mutex::default(),
            writer: Arc::default(),
            news: Arc::default(),
            #[cfg(test)]
            faults: faults::Faults::default(),
        }))
    }
}

impl<K: Clone> RecordMemory<K> {
    fn stored(&self) -> MutexGuard<'_, Stored<K>> {
        // A panic elsewhere leaves it whole, since no change can fail halfway.
        self.0.stored.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Clone> RecordArea for RecordMemory<K> {
    type DeviceKey = K;
    type Hold = OwnedMutexGuard<()>;

    async fn find(&self) -> Result<Found<K>> {
        Ok(self.stored().found())
    }

    async fn create(&self, ring: StoredRing<K>) -> Result<Found<K>> {
        #[cfg(test)]
        self.before_write()?;
        let _turn = self.0.writer.lock().await;
        let mut stored = self.stored();
        stored.create(ring)?;
        Ok(stored.found())
    }

    async fn some(&self) -> Result<Vec<Bytes>> {
        Ok(self.stored().some())
    }

    async fn get(&self, ring: &RingId, names: &[StoredName], _age: Age) -> Result<Read<Vec<Option<Bytes>>>> {
        Ok(self.stored().get(ring, names))
    }

    async fn all(&self, ring: &RingId, _age: Age) -> Result<Read<Records>> {
        Ok(self.stored().all(ring))
    }

    async fn write(&self, ring: &RingId, edits: &[Edit], expected: &[Expected]) -> Result<Read<Written>> {
        #[cfg(test)]
        self.before_write()?;
        let _turn = self.0.writer.lock().await;
        self.stored().write(ring, edits, expected)
    }

    async fn hold(&self) -> Result<Option<Self::Hold>> {
        Ok(Some(Arc::clone(&self.0.writer).lock_owned().await))
    }

    async fn replace(
        &self,
        ring: &RingId,
        with: StoredRing<K>,
        records: Option<Replacement<'_, Self::Hold>>,
    ) -> Result<Read<Written>> {
        #[cfg(test)]
        self.before_write()?;
        let is_held = records.as_ref().is_some_and(|records| records.hold.is_some());
        let _turn = if is_held { None } else { Some(self.0.writer.lock().await) };
        self.stored().replace(ring, with, records.map(|with| (with.revision, with.records)))
    }

    async fn destroy(&self) -> Result<Option<Vec<u8>>> {
        #[cfg(test)]
        self.before_write()?;
        let _turn = self.0.writer.lock().await;
        let removed = std::mem::take(&mut *self.stored());
        Ok(removed.ring.map(|ring| ring.bytes))
    }
}

impl<K> Peers for RecordMemory<K> {
    fn news(&self) -> &Arc<News> {
        &self.0.news
    }
}

/// What tests do to the area: they make writes fail, and things happen just before one.
#[cfg(test)]
mod faults {
    use std::sync::{Mutex, PoisonError};

    use super::{RecordMemory, Stored};
    use crate::{
        error::Result,
        sealed::{
            area::{Bytes, StoredRing},
            format::StoredName,
        },
    };

    type Before = Box<dyn FnMut() -> Result<()> + Send>;

    #[derive(Default)]
    pub(super) struct Faults {
        before: Mutex<Option<Before>>,
    }

    impl<K: Clone> RecordMemory<K> {
        /// Runs `before` before every write until another is set. If it fails, so does the write.
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

        /// Stores what no store would store.
        pub(crate) fn tamper(&self, ring: Option<StoredRing<K>>, revision: u64, records: Vec<(StoredName, Bytes)>) {
            *self.stored() = Stored { ring, revision, records };
        }

        /// The same bytes in another area.
        pub(crate) fn copy(&self) -> Self {
            let copy = RecordMemory::default();
            let (ring, revision, records) = self.stored_now();
            copy.tamper(ring, revision, records);
            copy
        }
    }
}
