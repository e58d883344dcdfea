//! One namespace: its area, and where its device's keys are kept.

use std::sync::atomic::{AtomicU8, Ordering::Relaxed};

use super::{
    Platform,
    area::{Found, Read, RecordArea, Replacement, RingId, StoredRing},
    device::DeviceKeys,
    errors,
    format::{Id, ring::Ring},
    listed::{self, Kinds},
};
use crate::{
    crypto::Key,
    error::{ErrorKind, Result},
    report::Looked,
};

/// Where a namespace's ring, records and device key are kept.
pub(crate) struct Namespace<P: Platform> {
    pub(super) name: String,
    pub(super) area: P::Area,
    pub(super) device: P::Device,
    /// The [`Kinds`] of unlocks of the ring that was seen last.
    kinds: AtomicU8,
}

/// An item of a keychain, and the key in it.
pub(crate) type Item = (Id, Key);

/// A ring to store.
pub(crate) struct NewRing<K> {
    pub(super) stored: StoredRing<K>,
    /// The item in the keychain that it names, if that is a new one.
    pub(super) item: Option<Item>,
}

/// What a replacement of a ring has done.
pub(crate) struct Replaced {
    /// Whether what opened only the old ring was removed too.
    pub(super) removed: Result<()>,
}

/// A ring that is replaced.
#[derive(Clone, Copy)]
pub(crate) struct Old<'a> {
    pub(super) id: &'a RingId,
    pub(super) bytes: &'a [u8],
}

/// A ring that was read.
pub(crate) struct Current<K> {
    pub(super) stored: StoredRing<K>,
    pub(super) ring: Ring,
    pub(super) id: RingId,
}

impl<K> Current<K> {
    pub(super) fn old(&self) -> Old<'_> {
        Old { id: &self.id, bytes: &self.stored.bytes }
    }
}

impl<P: Platform> Namespace<P> {
    pub(crate) fn new(name: &str, area: P::Area, device: P::Device) -> Self {
        Namespace { name: name.to_owned(), area, device, kinds: AtomicU8::default() }
    }

    /// What is stored, as far as it can be seen without a key.
    pub(crate) async fn look(&self) -> Looked {
        let read = match self.area.find().await {
            Ok(Found::Nothing) => return Looked::default(),
            Ok(Found::OnlyRecords) => Err(errors::ring_missing(&self.name)),
            Ok(Found::Ring(stored)) => self.read(stored),
            // A file that is damaged is there all the same.
            Err(error) => return Looked { is_found: error.kind() == ErrorKind::Corrupt, ..Looked::unusable(error) },
        };
        match read {
            Ok(current) => Looked { is_found: true, unlocks: listed::unlocks(&current.ring.head), reason: None },
            Err(error) => Looked { is_found: true, ..Looked::unusable(error) },
        }
    }

    /// The kinds of unlocks that open what is stored, as far as this handle has seen it.
    pub(super) fn kinds(&self) -> Kinds {
        Kinds(self.kinds.load(Relaxed))
    }

    pub(super) fn note(&self, kinds: Kinds) {
        self.kinds.store(kinds.0, Relaxed);
    }

    /// Whether it can be made, if nothing of it is stored.
    pub(crate) fn can_be_made(&self) -> impl Future<Output = Result<()>> {
        P::can_be_made(&self.area)
    }

    /// Whether what opens a device store can be asked.
    pub(crate) fn device_is_ready(&self) -> impl Future<Output = Result<()>> {
        self.device.ready()
    }

    /// Reads a stored ring.
    pub(super) fn read(&self, stored: StoredRing<P::Key>) -> Result<Current<P::Key>> {
        let (ring, id) = errors::read(&self.name, &stored.bytes)?;
        self.note(Kinds::of(&ring.head));
        Ok(Current { stored, ring, id })
    }

    /// Stores a first ring unless anything is there. Returns what is there now.
    pub(super) fn create(&self, new: NewRing<P::Key>) -> impl Future<Output = Result<Found<P::Key>>> {
        self.device.create(&self.area, new)
    }

    /// Replaces the ring and, if records are given, all records.
    pub(super) fn replace(
        &self,
        old: Old<'_>,
        new: StoredRing<P::Key>,
        records: Option<Replacement<'_, <P::Area as RecordArea>::Hold>>,
    ) -> impl Future<Output = Result<Read<Replaced>>> {
        self.device.replace(&self.area, old, new, records)
    }

    /// Removes the whole namespace, with its device's key.
    pub(crate) fn destroy(&self) -> impl Future<Output = Result<()>> {
        self.device.destroy(&self.area)
    }
}
