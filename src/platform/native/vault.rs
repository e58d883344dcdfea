//! A sealed store in one file, which is read whole, and replaced whole under a lock. FORMAT.md specifies its bytes.

use std::{
    io::{self, ErrorKind as Io},
    path::{self, Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    thread,
    time::{Duration, Instant},
};

use blocking::unblock;
use futures_util::lock::{Mutex as Queue, OwnedMutexGuard};

use super::{
    disk::{Disk, Files, Lies},
    files,
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
    may_be_shared: bool,
    reached: Mutex<Option<Reached>>,
}

/// How far a vault had come when a handle looked last: the ring, and the highest revision under it. An older copy of the
/// vault does not reach it; one of an older ring is known by the ring's generation.
type Reached = (RingId, u64);

/// What a handle says with a transaction.
#[derive(Clone, Copy)]
struct Caller {
    may_be_shared: bool,
    reached: Option<Reached>,
}

/// What all handles of this process share.
pub(crate) struct VaultFile<D: Disk> {
    disk: D,
    namespace: String,
    directory: PathBuf,
    path: PathBuf,
    names: Names,
    /// What was read or written last.
    seen: Mutex<Option<Arc<Seen<D>>>>,
    /// Held by whoever writes. Between processes the lock file does the same.
    writer: Arc<Queue<()>>,
    news: Arc<News>,
}

/// What the files are called.
struct Names {
    vault: String,
    lock: String,
    new: String,
}

struct Seen<D: Disk> {
    stored: Stored<NativeKey>,
    file: D::Seen,
}

/// The right to write in a directory: nobody else has it meanwhile, in this process or another.
pub(crate) struct Writing<D: Disk> {
    directory: D::Directory,
    _lock: D::Lock,
    _turn: OwnedMutexGuard<()>,
}

/// How a transaction comes to write.
enum Turn<D: Disk> {
    /// Nobody else of this process does. Other processes are still to be waited for.
    Taken(OwnedMutexGuard<()>),
    Held(Arc<Writing<D>>),
}

/// What to do if something else is in the place of a file.
const NO_FILE: &str = "find out who has put it there, and move it away";

/// What to do if the system denies access.
const NO_ACCESS: &str = "give yourself access to it, or name another directory in NativeOptions";

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
    pub(crate) fn new(directory: &Path, namespace: &str, may_be_shared: bool) -> Result<Self> {
        let directory = path::absolute(directory)
            .map_err(|error| Error::invalid("directory", "the directory is not a path").with_source(error))?;
        let path = path_of(&directory, namespace);
        let is_it = |file: &Weak<VaultFile<Files>>| file.upgrade().is_some_and(|file| file.path == path);
        let make = || {
            let file = Arc::new(VaultFile::new(Files, directory, namespace));
            (Arc::downgrade(&file), file)
        };
        Ok(Vault::of(registry::shared(&mut lock(&OPEN), Weak::upgrade, is_it, make), may_be_shared))
    }

    /// Why its directory cannot be made where nothing is: the one above it that exists must be writable.
    pub(crate) async fn can_be_made(&self) -> Result<()> {
        let file = Arc::clone(&self.file);
        unblock(move || {
            let above = file.directory.ancestors().find(|path| path.is_dir());
            above.map_or(Ok(()), files::check_writable).map_err(|error| file.unwritable(error))
        })
        .await
    }
}

impl<D: Disk> Vault<D> {
    /// A handle that shares nothing with others.
    #[cfg(test)]
    pub(crate) fn over(disk: D, directory: &Path, namespace: &str) -> Self {
        Vault::of(Arc::new(VaultFile::new(disk, directory.to_owned(), namespace)), false)
    }

    fn of(file: Arc<VaultFile<D>>, may_be_shared: bool) -> Self {
        Vault { file, may_be_shared, reached: Mutex::default() }
    }

    fn caller(&self) -> Caller {
        Caller { may_be_shared: self.may_be_shared, reached: *lock(&self.reached) }
    }

    /// Takes note of a revision that the vault has under this ring.
    fn reach(&self, ring: RingId, revision: u64) {
        let mut reached = lock(&self.reached);
        let before = reached.filter(|(before, _)| *before == ring).map_or(0, |(_, revision)| revision);
        *reached = Some((ring, revision.max(before)));
    }

    /// What is stored, as far as that can be told quickly.
    async fn seen(&self) -> Result<Option<Arc<Seen<D>>>> {
        match self.file.current() {
            Some(seen) => Ok(self.reached(Some(seen))),
            None => self.look().await,
        }
    }

    /// What is stored at the path now.
    async fn look(&self) -> Result<Option<Arc<Seen<D>>>> {
        let (file, caller) = (Arc::clone(&self.file), self.caller());
        Ok(self.reached(unblock(move || file.look(caller)).await?))
    }

    fn reached(&self, seen: Option<Arc<Seen<D>>>) -> Option<Arc<Seen<D>>> {
        if let Some((ring, revision)) = seen.as_ref().and_then(|seen| reached(&seen.stored)) {
            self.reach(ring, revision);
        }
        seen
    }

    /// Waits for others of this process that write.
    async fn turn(&self) -> OwnedMutexGuard<()> {
        Arc::clone(&self.file.writer).lock_owned().await
    }

    /// Makes a transaction that does to what is stored what `change` says.
    async fn transact<T: Send + 'static>(
        &self,
        makes: Makes,
        change: impl FnOnce(&mut Stored<NativeKey>) -> Result<(T, Outcome)> + Send + 'static,
    ) -> Result<T> {
        self.transact_in(Turn::Taken(self.turn().await), makes, change).await
    }

    async fn transact_in<T: Send + 'static>(
        &self,
        turn: Turn<D>,
        makes: Makes,
        change: impl FnOnce(&mut Stored<NativeKey>) -> Result<(T, Outcome)> + Send + 'static,
    ) -> Result<T> {
        let (file, caller) = (Arc::clone(&self.file), self.caller());
        let (answer, reached) = unblock(move || file.transact(caller, turn, makes, change)).await?;
        if let Some((ring, revision)) = reached {
            self.reach(ring, revision);
        }
        Ok(answer)
    }
}

fn reached(stored: &Stored<NativeKey>) -> Option<Reached> {
    Some((stored.ring.as_ref()?.id()?, stored.revision))
}

fn path_of(directory: &Path, namespace: &str) -> PathBuf {
    directory.join(Names::of(namespace).vault)
}

impl Names {
    fn of(namespace: &str) -> Self {
        let name = hex(&sha256(namespace.as_bytes()));
        let [vault, lock, new] = ["vault", "lock", "new"].map(|extension| format!("{name}.{extension}"));
        Names { vault, lock, new }
    }
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
            names: Names::of(namespace),
            seen: Mutex::default(),
            writer: Arc::default(),
            news: Arc::default(),
        }
    }

    /// What was read last, if it is still stored.
    fn current(&self) -> Option<Arc<Seen<D>>> {
        lock(&self.seen).as_ref().filter(|seen| self.disk.is_current(&self.path, &seen.file)).map(Arc::clone)
    }

    /// Reads what lies at the path, without the lock.
    fn look(&self, caller: Caller) -> Result<Option<Arc<Seen<D>>>> {
        match self.enter(caller)? {
            Some(directory) => self.load(&directory),
            None => Ok(None),
        }
    }

    /// Opens the directory; `None` where there is none.
    fn enter(&self, caller: Caller) -> Result<Option<D::Directory>> {
        self.disk.open(&self.directory, caller.may_be_shared).map_err(|error| self.not_entered(error))
    }

    /// Reads the file, unless it is the one that was seen last.
    fn load(&self, directory: &D::Directory) -> Result<Option<Arc<Seen<D>>>> {
        let known = lock(&self.seen).clone();
        let read = self.disk.read(directory, &self.names.vault, known.as_ref().map(|known| &known.file));
        let seen = match read.map_err(|error| self.unreadable(error))? {
            Lies::Known => return Ok(known),
            Lies::Nothing => None,
            Lies::Other(bytes, file) => Some(Arc::new(Seen { stored: self.parse(&bytes)?, file })),
        };
        lock(&self.seen).clone_from(&seen);
        Ok(seen)
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

    /// Reads, changes and writes under the lock. Also returns how far the vault has come. If nothing is stored, only a
    /// change that `makes` a store creates a directory.
    fn transact<T>(
        &self,
        caller: Caller,
        turn: Turn<D>,
        makes: Makes,
        change: impl FnOnce(&mut Stored<NativeKey>) -> Result<(T, Outcome)>,
    ) -> Result<(T, Option<Reached>)> {
        if let Makes::AStore = makes {
            self.disk.create_dirs(&self.directory).map_err(|error| self.unwritable(error))?;
        }
        let writing = match turn {
            Turn::Taken(turn) => self.lock(caller, turn)?.map(Arc::new),
            Turn::Held(writing) => Some(writing),
        };
        let Some(writing) = writing else {
            return match makes {
                Makes::AStore => Err(self.unwritable(Io::NotADirectory.into())),
                // There is nothing to lock.
                Makes::Nothing => Ok((change(&mut Stored::default())?.0, None)),
            };
        };
        let directory = &writing.directory;
        let before = self.load(directory)?;
        let mut stored = before.map(|seen| seen.stored.clone()).unwrap_or_default();
        self.check_reached(caller, &stored)?;
        let (answer, outcome) = change(&mut stored)?;
        let reached = reached(&stored);
        match outcome {
            Outcome::Leave => {}
            Outcome::Put => self.put(directory, stored)?,
        }
        Ok((answer, reached))
    }

    /// Refuses to build on an older copy than the one that the caller knows.
    fn check_reached(&self, caller: Caller, stored: &Stored<NativeKey>) -> Result<()> {
        match (caller.reached, reached(stored)) {
            (Some((known, highest)), Some((ring, revision))) if known == ring && revision < highest => {
                Err(self.fallen())
            }
            _ => Ok(()),
        }
    }

    /// Opens the directory and waits for other processes that write. `None` if there is no directory. Another directory
    /// may be moved to the path meanwhile, so each try begins with the path.
    fn lock(&self, caller: Caller, turn: OwnedMutexGuard<()>) -> Result<Option<Writing<D>>> {
        let start = Instant::now();
        let mut pause = Duration::from_millis(1);
        loop {
            let Some(directory) = self.enter(caller)? else { return Ok(None) };
            match self.disk.try_lock(&directory, &self.names.lock).map_err(|error| self.unwritable(error))? {
                Some(lock) => return Ok(Some(Writing { directory, _lock: lock, _turn: turn })),
                None if start.elapsed() < LOCK_PATIENCE => thread::sleep(pause),
                None => return Err(self.kept_locked()),
            }
            pause = LOCK_PAUSE.min(pause * 2);
        }
    }

    /// Replaces what is stored with a new file. It is on disk when this returns.
    fn put(&self, directory: &D::Directory, stored: Stored<NativeKey>) -> Result<()> {
        let bytes = encode(&stored).ok_or_else(|| self.too_many())?;
        let Names { vault, new, .. } = &self.names;
        let put = || {
            let file = self.disk.write(directory, new, &bytes)?;
            self.disk.sync(&file)?;
            self.disk.rename(directory, file, new, vault)
        };
        let file = put().map_err(|error| {
            // What is left of it would take room. The next write creates it again in any case.
            drop(self.disk.remove(directory, new));
            self.unwritable(error)
        })?;
        *lock(&self.seen) = Some(Arc::new(Seen { stored, file }));
        self.disk.sync_names(directory).map_err(|error| self.unsynced(error))
    }

    /// Removes the file. Returns its ring, if that can be read.
    fn destroy(&self, caller: Caller, turn: OwnedMutexGuard<()>) -> Result<Option<Vec<u8>>> {
        let Some(writing) = self.lock(caller, turn)? else { return Ok(None) };
        let directory = &writing.directory;
        let Names { vault, new, .. } = &self.names;
        let ring = match self.disk.read(directory, vault, None) {
            Ok(Lies::Other(bytes, _)) => VaultBytes::ring_of(&bytes).map(<[u8]>::to_vec),
            _ => None,
        };
        *lock(&self.seen) = None;
        self.disk.remove(directory, vault).map_err(|error| self.unwritable(error))?;
        let rest = self.disk.remove(directory, new);
        rest.and_then(|()| self.disk.sync_names(directory)).map_err(|error| self.unsynced(error))?;
        Ok(ring)
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

    fn fallen(&self) -> Error {
        let message = format!(
            "the vault of {} is older than the one that was opened: an old copy was put in its place, at {}. Nothing was \
             written; open it again to use it as it is",
            quoted(&self.namespace),
            self.path.display()
        );
        Error::new(ErrorKind::Corrupt, message)
    }

    fn not_entered(&self, error: io::Error) -> Error {
        let (namespace, directory) = (quoted(&self.namespace), self.directory.display());
        let (kind, why) = match error.kind() {
            Io::NotADirectory => {
                (ErrorKind::Unavailable, "it is not a directory: name another directory in NativeOptions".to_owned())
            }
            // Refused by keyfold, which says what to do.
            Io::PermissionDenied if error.get_ref().is_some() => (ErrorKind::Unavailable, error.to_string()),
            Io::PermissionDenied => (ErrorKind::Unavailable, format!("{error}: {NO_ACCESS}")),
            _ => (ErrorKind::Platform, error.to_string()),
        };
        let message = format!("the directory of the vault of {namespace} is not used, {directory}: {why}");
        Error::new(kind, message).with_source(error)
    }

    fn unreadable(&self, error: io::Error) -> Error {
        let (namespace, path) = (quoted(&self.namespace), self.path.display());
        let (kind, advice) = match error.kind() {
            Io::PermissionDenied => (ErrorKind::Unavailable, NO_ACCESS),
            Io::InvalidInput => (ErrorKind::Unavailable, NO_FILE),
            _ => (ErrorKind::Platform, ""),
        };
        let separator = if advice.is_empty() { "" } else { ": " };
        let message = format!("the vault of {namespace} cannot be read, at {path}: {error}{separator}{advice}");
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
            Io::InvalidInput | Io::IsADirectory => (ErrorKind::Unavailable, NO_FILE),
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

    fn too_many(&self) -> Error {
        let message = format!(
            "the vault of {} would have more entries than a vault can have. What was stored still is; keep some of them \
             in a store of another name",
            quoted(&self.namespace)
        );
        Error::new(ErrorKind::TooLarge, message)
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

/// A vault's bytes, with their checksum; `None` of more records than a vault can have.
fn encode(stored: &Stored<NativeKey>) -> Option<Vec<u8>> {
    let ring = stored.ring.as_ref().map(|ring| &*ring.bytes).unwrap_or_default();
    let records = stored.records.iter().map(|(name, record)| (*name, &**record)).collect();
    let body = VaultBytes { revision: stored.revision, ring, records }.encode()?;
    let checksum = sha256(&body);
    Some(ring::with_checksum(body, &checksum))
}

impl<D: Disk> RecordArea for Vault<D> {
    type DeviceKey = NativeKey;
    type Hold = Arc<Writing<D>>;

    async fn find(&self) -> Result<Found<NativeKey>> {
        Ok(self.look().await?.map_or(Found::Nothing, |seen| seen.stored.found()))
    }

    async fn create(&self, ring: StoredRing<NativeKey>) -> Result<Found<NativeKey>> {
        let created = self.transact(Makes::AStore, |stored| {
            let outcome = if stored.create(ring)? { Outcome::Put } else { Outcome::Leave };
            Ok((stored.found(), outcome))
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
        self.transact(Makes::Nothing, move |stored| stored.write(&ring, &edits, &expected).map(put_if_done)).await
    }

    async fn hold(&self) -> Result<Option<Self::Hold>> {
        let (file, caller, turn) = (Arc::clone(&self.file), self.caller(), self.turn().await);
        Ok(unblock(move || file.lock(caller, turn)).await?.map(Arc::new))
    }

    async fn replace(
        &self,
        ring: &RingId,
        with: StoredRing<NativeKey>,
        records: Option<Replacement<'_, Self::Hold>>,
    ) -> Result<Read<Written>> {
        let ring = *ring;
        let turn = match records.as_ref().and_then(|records| records.hold) {
            Some(writing) => Turn::Held(Arc::clone(writing)),
            None => Turn::Taken(self.turn().await),
        };
        let records = records.map(|with| (with.revision, with.records.to_vec()));
        let replaced = self.transact_in(turn, Makes::Nothing, move |stored| {
            let records = records.as_ref().map(|(revision, records)| (*revision, &**records));
            stored.replace(&ring, with, records).map(put_if_done)
        });
        replaced.await
    }

    async fn destroy(&self) -> Result<Option<Vec<u8>>> {
        let (file, caller, turn) = (Arc::clone(&self.file), self.caller(), self.turn().await);
        unblock(move || file.destroy(caller, turn)).await
    }
}

impl<D: Disk> Peers for Vault<D> {
    fn news(&self) -> &Arc<News> {
        &self.file.news
    }

    /// From now on the vault may be an older copy.
    fn forget(&self) {
        *lock(&self.reached) = None;
    }
}

fn put_if_done(written: Read<Written>) -> (Read<Written>, Outcome) {
    let is_done = written.as_ref().is_ok_and(|written| written.unmet.is_empty());
    let outcome = if is_done { Outcome::Put } else { Outcome::Leave };
    (written, outcome)
}

#[cfg(test)]
mod tests;
