//! A disk that loses what was not synced, and a keychain whose items the test sees.

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
};

use super::*;
use crate::{
    crypto::Key,
    sealed::{format::Id, keychain::Keychain},
};

/// Which syncs do what they should; the others do nothing, as if the call were not there.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Syncs {
    All,
    NotOfFiles,
    /// Not those of a directory after such a change of it.
    NotAfter(Change),
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Change {
    Rename,
    Remove,
    CreateDir,
}

/// A file system in memory. After its last step every call fails, as if the power were gone; what was synced until then
/// can be read by another one.
#[derive(Clone)]
pub(super) struct Disk(Arc<Mutex<Platter>>);

#[derive(Clone)]
struct Platter {
    syncs: Syncs,
    /// How many calls it answers yet.
    steps: u64,
    /// What every call that changes something fails with, while it is set.
    fails: Option<Io>,
    last_change: Option<Change>,
    /// Whether it is slow to tell that a file was replaced.
    caches_attributes: bool,
    files: Vec<File>,
    directories: BTreeMap<PathBuf, Directory>,
    locks: Vec<PathBuf>,
}

#[derive(Clone, Default)]
struct File {
    written: Vec<u8>,
    synced: Vec<u8>,
}

/// Names, and all the states that the disk may have them in: the first is the one that was synced.
#[derive(Clone)]
struct Directory(Vec<BTreeMap<PathBuf, usize>>);

impl Directory {
    fn now(&self) -> &BTreeMap<PathBuf, usize> {
        self.0.last().unwrap()
    }

    fn change(&mut self, change: impl FnOnce(&mut BTreeMap<PathBuf, usize>)) {
        let mut names = self.now().clone();
        change(&mut names);
        self.0.push(names);
    }
}

/// A directory's entry in its parent, beside the numbers of files.
const DIRECTORY: usize = usize::MAX;

impl Disk {
    pub(super) fn new(syncs: Syncs) -> Self {
        let root = BTreeMap::from([(PathBuf::from("/"), Directory(vec![BTreeMap::new()]))]);
        let platter = Platter {
            syncs,
            steps: u64::MAX,
            fails: None,
            last_change: None,
            caches_attributes: false,
            files: Vec::new(),
            directories: root,
            locks: vec![],
        };
        Disk(Arc::new(Mutex::new(platter)))
    }

    /// Answers this many more calls.
    pub(super) fn stop_after(&self, steps: u64) {
        self.platter().steps = steps;
    }

    pub(super) fn fail(&self, with: Option<Io>) {
        self.platter().fails = with;
    }

    pub(super) fn cache_attributes(&self) {
        self.platter().caches_attributes = true;
    }

    /// Changes a byte of the vault in this directory, counted from its end.
    pub(super) fn damage(&self, directory: &Path, from_end: usize) {
        let mut platter = self.platter();
        let file = platter.file(&path_of(directory, "app")).unwrap().unwrap();
        let bytes = &mut platter.files[file].written;
        let at = bytes.len() - from_end;
        bytes[at] ^= 1;
    }

    /// The disk after the power was gone: of what was not synced each directory has kept the changes up to any of them,
    /// and each file any of its first bytes.
    pub(super) fn after_power_failure(&self, random: &mut fastrand::Rng) -> Disk {
        let mut platter = self.platter().clone();
        for Directory(states) in platter.directories.values_mut() {
            let kept = states.swap_remove(random.usize(..states.len()));
            *states = vec![kept];
        }
        for file in &mut platter.files {
            if file.written != file.synced {
                file.written.truncate(random.usize(..=file.written.len()));
                file.synced.clone_from(&file.written);
            }
        }
        let reachable = |platter: &Platter, path: &Path| {
            path.ancestors().all(|path| path.parent().is_none_or(|parent| platter.has(parent, path)))
        };
        let before = platter.clone();
        platter.directories.retain(|path, _| reachable(&before, path));
        Disk(Arc::new(Mutex::new(Platter { steps: u64::MAX, fails: None, locks: Vec::new(), ..platter })))
    }

    fn platter(&self) -> MutexGuard<'_, Platter> {
        self.0.lock().unwrap()
    }

    fn step(&self) -> io::Result<MutexGuard<'_, Platter>> {
        let mut platter = self.platter();
        platter.steps = platter.steps.checked_sub(1).ok_or_else(|| io::Error::other("the power is gone"))?;
        Ok(platter)
    }

    fn change(&self, change: Change) -> io::Result<MutexGuard<'_, Platter>> {
        let mut platter = self.step()?;
        platter.last_change = Some(change);
        platter.fails.map_or(Ok(platter), |kind| Err(kind.into()))
    }
}

impl Platter {
    fn has(&self, parent: &Path, path: &Path) -> bool {
        self.directories.get(parent).is_some_and(|parent| parent.now().contains_key(path))
    }

    fn parent(&mut self, path: &Path) -> io::Result<&mut Directory> {
        self.directories.get_mut(path.parent().unwrap()).ok_or_else(|| Io::NotFound.into())
    }

    fn file(&mut self, path: &Path) -> io::Result<Option<usize>> {
        Ok(self.parent(path)?.now().get(path).copied())
    }
}

pub(super) struct Lock(Disk, PathBuf);

impl Drop for Lock {
    fn drop(&mut self) {
        self.0.platter().locks.retain(|path| *path != self.1);
    }
}

impl super::super::Disk for Disk {
    type Directory = PathBuf;
    type Seen = usize;
    type New = usize;
    type Lock = Lock;

    fn open(&self, path: &Path, _may_be_shared: bool) -> io::Result<Option<PathBuf>> {
        Ok(self.step()?.directories.contains_key(path).then(|| path.to_owned()))
    }

    fn read(&self, directory: &PathBuf, name: &str, known: Option<&usize>) -> io::Result<Lies<usize>> {
        let mut platter = self.step()?;
        Ok(match platter.file(&directory.join(name))? {
            None => Lies::Nothing,
            Some(file) if known == Some(&file) => Lies::Known,
            Some(file) => Lies::Other(platter.files[file].written.clone(), file),
        })
    }

    fn is_current(&self, path: &Path, seen: &usize) -> bool {
        let is_it = |mut platter: MutexGuard<'_, Platter>| {
            platter.caches_attributes || platter.file(path).ok().flatten() == Some(*seen)
        };
        self.step().is_ok_and(is_it)
    }

    fn try_lock(&self, directory: &PathBuf, name: &str) -> io::Result<Option<Lock>> {
        let mut platter = self.step()?;
        let path = directory.join(name);
        if platter.locks.contains(&path) {
            return Ok(None);
        }
        platter.locks.push(path.clone());
        Ok(Some(Lock(self.clone(), path)))
    }

    fn write(&self, directory: &PathBuf, name: &str, bytes: &[u8]) -> io::Result<usize> {
        let mut platter = self.change(Change::Rename)?;
        platter.files.push(File { written: bytes.to_vec(), synced: Vec::new() });
        let (path, file) = (directory.join(name), platter.files.len() - 1);
        platter.parent(&path)?.change(|names| {
            names.insert(path.clone(), file);
        });
        Ok(file)
    }

    fn sync(&self, new: &usize) -> io::Result<()> {
        let mut platter = self.step()?;
        if platter.syncs != Syncs::NotOfFiles {
            let file = &mut platter.files[*new];
            file.synced.clone_from(&file.written);
        }
        Ok(())
    }

    fn rename(&self, directory: &PathBuf, new: usize, from: &str, to: &str) -> io::Result<usize> {
        let mut platter = self.change(Change::Rename)?;
        let (from, to) = (directory.join(from), directory.join(to));
        platter.parent(&from)?.change(|names| {
            names.remove(&from);
            names.insert(to.clone(), new);
        });
        Ok(new)
    }

    fn remove(&self, directory: &PathBuf, name: &str) -> io::Result<()> {
        let mut platter = self.change(Change::Remove)?;
        let path = directory.join(name);
        platter.parent(&path)?.change(|names| {
            names.remove(&path);
        });
        Ok(())
    }

    fn sync_names(&self, directory: &PathBuf) -> io::Result<()> {
        self.sync_dir(directory)
    }

    fn is_dir(&self, path: &Path) -> io::Result<bool> {
        Ok(self.step()?.directories.contains_key(path))
    }

    fn create_dir(&self, path: &Path) -> io::Result<()> {
        let mut platter = self.change(Change::CreateDir)?;
        if platter.directories.contains_key(path) {
            return Err(Io::AlreadyExists.into());
        }
        platter.parent(path)?.change(|names| {
            names.insert(path.to_owned(), DIRECTORY);
        });
        platter.directories.insert(path.to_owned(), Directory(vec![BTreeMap::new()]));
        Ok(())
    }

    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        let mut platter = self.step()?;
        if platter.last_change.map(Syncs::NotAfter) == Some(platter.syncs) {
            return Ok(());
        }
        let directory = platter.directories.get_mut(path).ok_or(Io::NotFound)?;
        let now = directory.now().clone();
        directory.0 = vec![now];
        Ok(())
    }
}

/// A keychain in memory, which the test can make fail, and whose power can be cut.
#[derive(Clone, Default)]
pub(super) struct Items {
    items: Arc<Mutex<BTreeMap<Id, Item>>>,
    /// How many calls it answers yet, if that is limited: one less than this number.
    steps: Arc<AtomicU64>,
    waits: Arc<Mutex<Waits>>,
}

#[derive(Clone)]
struct Item {
    key: Key,
    is_on_disk: bool,
}

/// What happens while somebody waits for the disk.
#[derive(Clone, Copy, Default, PartialEq)]
pub(super) enum Waits {
    /// What was added comes to be on disk.
    #[default]
    Written,
    /// Nobody waits: it is not written.
    NotAtAll,
    /// The service dies, and begins again with what is on disk.
    Dies,
}

impl Items {
    pub(super) fn ids(&self) -> Vec<Id> {
        self.lock().keys().copied().collect()
    }

    pub(super) fn forget(&self) {
        self.lock().clear();
    }

    pub(super) fn stop_after(&self, steps: Option<u64>) {
        self.steps.store(steps.map_or(0, |steps| steps + 1), Relaxed);
    }

    pub(super) fn waits(&self, waits: Waits) {
        *self.waits.lock().unwrap() = waits;
    }

    /// All that was added is on disk.
    pub(super) fn write(&self) {
        self.lock().values_mut().for_each(|item| item.is_on_disk = true);
    }

    /// The keychain after the power was gone.
    pub(super) fn after_power_failure(&self) -> Items {
        let kept = self.lock().clone().into_iter().filter(|(_, item)| item.is_on_disk).collect();
        Items { items: Arc::new(Mutex::new(kept)), ..Items::default() }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Id, Item>> {
        self.items.lock().unwrap()
    }

    fn step(&self) -> Result<MutexGuard<'_, BTreeMap<Id, Item>>> {
        match self.steps.load(Relaxed) {
            0 => {}
            1 => return Err(Error::new(ErrorKind::Unavailable, "the keychain does not answer")),
            steps => self.steps.store(steps - 1, Relaxed),
        }
        Ok(self.lock())
    }
}

impl Keychain for Items {
    async fn ready(&self) -> Result<()> {
        self.step().map(drop)
    }

    async fn add(&self, item: &Id, key: &Key) -> Result<()> {
        let before = self.step()?.insert(*item, Item { key: key.clone(), is_on_disk: false });
        assert!(before.is_none(), "an item was overwritten");
        Ok(())
    }

    async fn find(&self, item: &Id) -> Result<Option<Key>> {
        Ok(self.step()?.get(item).map(|item| item.key.clone()))
    }

    async fn wait_for_disk(&self) {
        let waits = *self.waits.lock().unwrap();
        match waits {
            Waits::Written => self.write(),
            Waits::NotAtAll => {}
            Waits::Dies => self.lock().retain(|_, item| item.is_on_disk),
        }
    }

    async fn remove(&self, item: &Id) -> Result<()> {
        self.step()?.remove(item);
        Ok(())
    }
}
