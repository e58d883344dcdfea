//! A sealed store in one file, which is read whole, and replaced whole under a lock. FORMAT.md specifies its bytes.

use std::{
    io::{self, ErrorKind as Io},
    path::{self, Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    thread,
    time::{Duration, Instant},
};

use blocking::unblock;

use super::{
    disk::{Disk, Files},
    key::NativeKey,
};
use crate::{
    error::{Error, ErrorKind, Result, quoted},
    platform::registry,
    sealed::{
        area::{
            Age, Bytes, Changed, Edit, Expected, Found, Read, RecordArea, Records, Replacement, RingId, StoredRing,
            Written,
        },
        format::{NotRead, StoredName, hex, ring, vault::Vault as VaultBytes},
        kdf::sha256,
        news::News,
        peers::Peers,
        stored::Stored,
    },
};

/// How long another process may keep the lock: a write takes milliseconds, and a large one seconds.
const LOCK_PATIENCE: Duration = Duration::from_secs(30);

/// The longest pause between two tries to take the lock.
const LOCK_PAUSE: Duration = Duration::from_millis(8);

/// One namespace's vault.
pub(crate) struct Vault<D: Disk> {
    file: Arc<VaultFile<D>>,
}

/// What all handles of this process share.
pub(crate) struct VaultFile<D: Disk> {
    disk: D,
    namespace: String,
    directory: PathBuf,
    path: PathBuf,
    /// What was read or written last.
    seen: Mutex<Option<Arc<Seen<D>>>>,
    /// Held by whoever writes. Between processes the lock file does the same.
    writer: Mutex<()>,
    news: Arc<News>,
}

struct Seen<D: Disk> {
    stored: Stored<NativeKey>,
    file: D::Seen,
}

/// What follows from a transaction.
enum Outcome {
    Leave,
    Put,
}

/// Whether a transaction creates a store if there is none.
#[derive(Clone, Copy)]
enum Makes {
    AStore,
    Nothing,
}

/// The vaults that this process has open.
static OPEN: Mutex<Vec<Weak<VaultFile<Files>>>> = Mutex::new(Vec::new());

impl Vault<Files> {
    /// The vault of a namespace in a directory. Nothing is read or created yet.
    pub(crate) fn new(directory: &Path, namespace: &str) -> Result<Self> {
        let directory = path::absolute(directory)
            .map_err(|error| Error::invalid("directory", "the directory is not a path").with_source(error))?;
        let path = path_of(&directory, namespace);
        let is_it = |file: &Weak<VaultFile<Files>>| file.upgrade().is_some_and(|file| file.path == path);
        let make = || {
            let file = Arc::new(VaultFile::new(Files, directory, namespace));
            (Arc::downgrade(&file), file)
        };
        Ok(Vault { file: registry::shared(&mut lock(&OPEN), Weak::upgrade, is_it, make) })
    }
}

impl<D: Disk> Vault<D> {
    /// A handle that shares nothing with others.
    #[cfg(test)]
    pub(crate) fn over(disk: D, directory: &Path, namespace: &str) -> Self {
        Vault { file: Arc::new(VaultFile::new(disk, directory.to_owned(), namespace)) }
    }

    /// What is stored now.
    async fn seen(&self) -> Result<Option<Arc<Seen<D>>>> {
        if let Some(seen) = self.file.current() {
            return Ok(Some(seen));
        }
        let file = Arc::clone(&self.file);
        unblock(move || file.load()).await
    }

    /// Makes a transaction that does to what is stored what `change` says.
    async fn transact<T: Send + 'static>(
        &self,
        makes: Makes,
        change: impl FnOnce(&mut Stored<NativeKey>) -> (T, Outcome) + Send + 'static,
    ) -> Result<T> {
        let file = Arc::clone(&self.file);
        unblock(move || file.transact(makes, change)).await
    }
}

fn path_of(directory: &Path, namespace: &str) -> PathBuf {
    directory.join(format!("{}.vault", hex(&sha256(namespace.as_bytes()))))
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A panic elsewhere leaves it whole, since every change is an assignment.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<D: Disk> VaultFile<D> {
    fn new(disk: D, directory: PathBuf, namespace: &str) -> Self {
        VaultFile {
            disk,
            namespace: namespace.to_owned(),
            path: path_of(&directory, namespace),
            directory,
            seen: Mutex::default(),
            writer: Mutex::default(),
            news: Arc::default(),
        }
    }

    /// What was read last, if it is still stored.
    fn current(&self) -> Option<Arc<Seen<D>>> {
        lock(&self.seen).as_ref().filter(|seen| self.disk.is_current(&self.path, &seen.file)).map(Arc::clone)
    }

    /// Reads the file.
    fn load(&self) -> Result<Option<Arc<Seen<D>>>> {
        let Some((bytes, file)) = self.disk.read(&self.path).map_err(|error| self.unreadable(error))? else {
            *lock(&self.seen) = None;
            return Ok(None);
        };
        let seen = Arc::new(Seen { stored: self.parse(&bytes)?, file });
        *lock(&self.seen) = Some(Arc::clone(&seen));
        Ok(Some(seen))
    }

    fn parse(&self, bytes: &[u8]) -> Result<Stored<NativeKey>> {
        let read = || VaultBytes::parse(bytes, &sha256(ring::hashed(bytes)?));
        let vault = read().map_err(|not_read| self.not_read(not_read))?;
        Ok(Stored {
            ring: Some(StoredRing { bytes: vault.ring.to_vec(), device_key: None }),
            revision: vault.revision,
            records: vault.records.into_iter().map(|(name, record)| (name, record.into())).collect(),
        })
    }

    /// Reads, changes and writes under the lock. If nothing is stored, only a change that `makes` a store creates a
    /// directory.
    fn transact<T>(&self, makes: Makes, change: impl FnOnce(&mut Stored<NativeKey>) -> (T, Outcome)) -> Result<T> {
        let _writer = lock(&self.writer);
        match makes {
            Makes::AStore => self.disk.create_dirs(&self.directory).map_err(|error| self.unwritable(error))?,
            // There is nothing to lock.
            Makes::Nothing if !self.is_there()? => return Ok(change(&mut Stored::default()).0),
            Makes::Nothing => {}
        }
        let _lock = self.lock()?;
        let before = match self.current() {
            None => self.load()?,
            before => before,
        };
        let mut stored = before.map(|seen| seen.stored.clone()).unwrap_or_default();
        let (answer, outcome) = change(&mut stored);
        match outcome {
            Outcome::Leave => {}
            Outcome::Put => self.put(stored)?,
        }
        Ok(answer)
    }

    /// Whether there is a directory in which a vault may be.
    fn is_there(&self) -> Result<bool> {
        self.disk.is_dir(&self.directory).map_err(|error| self.unreadable(error))
    }

    /// Waits for other processes that write.
    fn lock(&self) -> Result<D::Lock> {
        let path = self.path.with_extension("lock");
        let start = Instant::now();
        let mut pause = Duration::from_millis(1);
        loop {
            match self.disk.try_lock(&path).map_err(|error| self.unwritable(error))? {
                Some(lock) => return Ok(lock),
                None if start.elapsed() < LOCK_PATIENCE => thread::sleep(pause),
                None => return Err(self.kept_locked()),
            }
            pause = LOCK_PAUSE.min(pause * 2);
        }
    }

    /// Replaces what is stored with a new file. It is on disk when this returns.
    fn put(&self, stored: Stored<NativeKey>) -> Result<()> {
        let bytes = encode(&stored);
        let new = self.path.with_extension("new");
        let put = || {
            let file = self.disk.write(&new, &bytes)?;
            self.disk.sync(&file)?;
            self.disk.rename(file, &new, &self.path)
        };
        let file = put().map_err(|error| {
            // What is left of it would take room. The next write creates it again in any case.
            drop(self.disk.remove(&new));
            self.unwritable(error)
        })?;
        *lock(&self.seen) = Some(Arc::new(Seen { stored, file }));
        self.disk.sync_dir(&self.directory).map_err(|error| self.unsynced(error))
    }

    /// Removes the file. Returns its ring. The ring of a damaged vault cannot be known, and opens nothing.
    fn destroy(&self) -> Result<Option<Vec<u8>>> {
        let _writer = lock(&self.writer);
        if !self.is_there()? {
            return Ok(None);
        }
        let _lock = self.lock()?;
        let seen = self.load().unwrap_or_default();
        *lock(&self.seen) = None;
        self.disk.remove(&self.path).map_err(|error| self.unwritable(error))?;
        let rest = self.disk.remove(&self.path.with_extension("new"));
        rest.and_then(|()| self.disk.sync_dir(&self.directory)).map_err(|error| self.unsynced(error))?;
        Ok(seen.and_then(|seen| Some(seen.stored.ring.as_ref()?.bytes.clone())))
    }

    fn not_read(&self, not_read: NotRead) -> Error {
        let (namespace, path) = (quoted(&self.namespace), self.path.display());
        match not_read {
            NotRead::Malformed(what) => {
                let message = format!(
                    "the vault of {namespace} is damaged: {what}. It was left as it is, at {path}: put it back from a \
                     copy, or destroy the store"
                );
                Error::new(ErrorKind::Corrupt, message)
            }
            NotRead::Newer => {
                let message =
                    format!("a newer version of keyfold has written the vault of {namespace}: use that version");
                Error::new(ErrorKind::NewerFormat, message)
            }
        }
    }

    fn unreadable(&self, error: io::Error) -> Error {
        let message =
            format!("the vault of {} cannot be read, at {}: {error}", quoted(&self.namespace), self.path.display());
        let kind = if error.kind() == Io::PermissionDenied { ErrorKind::Unavailable } else { ErrorKind::Platform };
        Error::new(kind, message).with_source(error)
    }

    fn unwritable(&self, error: io::Error) -> Error {
        let directory = self.directory.display();
        let (kind, advice) = match error.kind() {
            Io::StorageFull | Io::QuotaExceeded | Io::FileTooLarge => {
                (ErrorKind::QuotaExceeded, "make room, and write again")
            }
            Io::PermissionDenied | Io::ReadOnlyFilesystem | Io::NotADirectory | Io::NotFound | Io::Unsupported => {
                (ErrorKind::Unavailable, "name another directory in NativeOptions, or make this one writable")
            }
            _ => (ErrorKind::Platform, "try again"),
        };
        let namespace = quoted(&self.namespace);
        let message = format!(
            "the vault of {namespace} cannot be written in {directory}: {error}. What was stored still is; {advice}"
        );
        Error::new(kind, message).with_source(error)
    }

    /// What was done may not be on disk.
    fn unsynced(&self, error: io::Error) -> Error {
        let (namespace, directory) = (quoted(&self.namespace), self.directory.display());
        let message = format!(
            "the vault of {namespace} was changed, but the system could not confirm that this is on disk, in \
             {directory}: {error}. Look at what is stored now, and try again"
        );
        Error::new(ErrorKind::Platform, message).with_source(error)
    }

    fn kept_locked(&self) -> Error {
        let message = format!(
            "another process has kept the vault of {} locked for {} seconds: end it if it hangs, and try again",
            quoted(&self.namespace),
            LOCK_PATIENCE.as_secs()
        );
        Error::new(ErrorKind::Unavailable, message)
    }
}

/// A vault's bytes, with their checksum.
fn encode(stored: &Stored<NativeKey>) -> Vec<u8> {
    let ring = stored.ring.as_ref().map(|ring| &*ring.bytes).unwrap_or_default();
    let records = stored.records.iter().map(|(name, record)| (*name, &**record)).collect();
    let body = VaultBytes { revision: stored.revision, ring, records }.encode();
    let checksum = sha256(&body);
    ring::with_checksum(body, &checksum)
}

impl<D: Disk> RecordArea for Vault<D> {
    type DeviceKey = NativeKey;

    async fn find(&self) -> Result<Found<NativeKey>> {
        Ok(self.seen().await?.map_or(Found::Nothing, |seen| seen.stored.found()))
    }

    async fn create(&self, ring: StoredRing<NativeKey>) -> Result<Found<NativeKey>> {
        let created = self.transact(Makes::AStore, |stored| {
            let outcome = if stored.create(ring) { Outcome::Put } else { Outcome::Leave };
            (stored.found(), outcome)
        });
        created.await
    }

    async fn some(&self) -> Result<Vec<Bytes>> {
        Ok(self.seen().await?.map(|seen| seen.stored.some()).unwrap_or_default())
    }

    async fn get(&self, ring: &RingId, names: &[StoredName], _age: Age) -> Result<Read<Vec<Option<Bytes>>>> {
        Ok(self.seen().await?.ok_or(Changed).and_then(|seen| seen.stored.get(ring, names)))
    }

    async fn all(&self, ring: &RingId, _age: Age) -> Result<Read<Records>> {
        Ok(self.seen().await?.ok_or(Changed).and_then(|seen| seen.stored.all(ring)))
    }

    async fn write(&self, ring: &RingId, edits: &[Edit], expected: &[Expected]) -> Result<Read<Written>> {
        let (ring, edits, expected) = (*ring, edits.to_vec(), expected.to_vec());
        self.transact(Makes::Nothing, move |stored| put_if_done(stored.write(&ring, &edits, &expected))).await
    }

    async fn replace(
        &self,
        ring: &RingId,
        with: StoredRing<NativeKey>,
        records: Option<Replacement<'_>>,
    ) -> Result<Read<Written>> {
        let ring = *ring;
        let records = records.map(|(revision, records)| (revision, records.to_vec()));
        let replaced = self.transact(Makes::Nothing, move |stored| {
            let records = records.as_ref().map(|(revision, records)| (*revision, &**records));
            put_if_done(stored.replace(&ring, with, records))
        });
        replaced.await
    }

    async fn destroy(&self) -> Result<Option<Vec<u8>>> {
        let file = Arc::clone(&self.file);
        unblock(move || file.destroy()).await
    }
}

impl<D: Disk> Peers for Vault<D> {
    fn news(&self) -> &Arc<News> {
        &self.file.news
    }
}

fn put_if_done(written: Read<Written>) -> (Read<Written>, Outcome) {
    let is_done = written.as_ref().is_ok_and(|written| written.unmet.is_empty());
    let outcome = if is_done { Outcome::Put } else { Outcome::Leave };
    (written, outcome)
}

#[cfg(test)]
mod tests;
