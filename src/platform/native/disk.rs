//! The file operations that a vault needs: a trait, so that tests can lose what was not synced, and the real ones.

use std::{
    fs::{self, File, TryLockError},
    io::{self, ErrorKind, Write},
    path::Path,
};

use super::files;

/// What a vault asks of a file system. The calls block.
pub(crate) trait Disk: Send + Sync + 'static {
    /// Tells whether a file that was read is still in its place.
    type Seen: Send + Sync;
    /// A file that was written and is not yet in its place.
    type New;
    /// Dropping it unlocks.
    type Lock;

    /// The bytes of a file; `None` where there is none.
    fn read(&self, path: &Path) -> io::Result<Option<(Vec<u8>, Self::Seen)>>;

    /// Whether the file at `path` is still the one that was seen. Asked before every read of an entry.
    fn is_current(&self, path: &Path, seen: &Self::Seen) -> bool;

    /// Locks a file against other processes and other handles, and creates it if there is none. `None` while another
    /// has it.
    fn try_lock(&self, path: &Path) -> io::Result<Option<Self::Lock>>;

    /// Writes a new file. It replaces one that a killed process has left.
    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<Self::New>;

    /// Returns once what was written is on disk.
    fn sync(&self, new: &Self::New) -> io::Result<()>;

    /// Moves a new file to its place in one step, even if another file is there.
    fn rename(&self, new: Self::New, from: &Path, to: &Path) -> io::Result<Self::Seen>;

    /// Removes a file; no error if there is none.
    fn remove(&self, path: &Path) -> io::Result<()>;

    fn is_dir(&self, path: &Path) -> io::Result<bool>;

    /// Creates a directory inside an existing one, for this user only.
    fn create_dir(&self, path: &Path) -> io::Result<()>;

    /// Returns once the names in a directory are on disk.
    fn sync_dir(&self, path: &Path) -> io::Result<()>;

    /// Creates a directory and those above it. It is on disk when this returns.
    fn create_dirs(&self, path: &Path) -> io::Result<()> {
        let mut missing = Vec::new();
        for path in path.ancestors() {
            if self.is_dir(path)? {
                break;
            }
            missing.push(path);
        }
        for path in missing.iter().rev() {
            match self.create_dir(path) {
                Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(error),
                _ => {}
            }
        }
        // `path` itself even if it existed: whoever created it may have been killed before this.
        let parents = missing.into_iter().chain([path]).filter_map(Path::parent);
        parents.into_iter().try_for_each(|parent| self.sync_dir(parent))
    }
}

/// The file system.
pub(crate) struct Files;

impl Disk for Files {
    type Seen = files::Seen;
    type New = File;
    type Lock = File;

    fn read(&self, path: &Path) -> io::Result<Option<(Vec<u8>, files::Seen)>> {
        files::retry(|| match File::open(path) {
            Ok(file) => files::read(file).map(Some),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        })
    }

    fn is_current(&self, path: &Path, seen: &files::Seen) -> bool {
        seen.is_current(path)
    }

    fn try_lock(&self, path: &Path) -> io::Result<Option<File>> {
        let file = files::private().read(true).write(true).create(true).truncate(false).open(path)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(file)),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<File> {
        self.remove(path)?;
        let mut file = files::private().read(true).write(true).create_new(true).open(path)?;
        file.write_all(bytes)?;
        Ok(file)
    }

    fn sync(&self, new: &File) -> io::Result<()> {
        new.sync_all()
    }

    fn rename(&self, new: File, from: &Path, to: &Path) -> io::Result<files::Seen> {
        files::retry(|| fs::rename(from, to))?;
        files::seen(new)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        match files::retry(|| fs::remove_file(path)) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            done => done,
        }
    }

    fn is_dir(&self, path: &Path) -> io::Result<bool> {
        match fs::metadata(path) {
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(false),
            metadata => metadata.map(|metadata| metadata.is_dir()),
        }
    }

    fn create_dir(&self, path: &Path) -> io::Result<()> {
        files::create_dir(path)
    }

    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        files::sync_dir(path)
    }
}
