//! The file operations that a vault needs: a trait, so that tests can lose what was not synced, and the real ones.

use std::{
    fs::{self, File, TryLockError},
    io::{self, ErrorKind, Read, Seek, SeekFrom, Write},
    path::Path,
};

use super::files;

/// What a vault asks of a file system. The calls block.
pub(crate) trait Disk: Send + Sync + 'static {
    /// An open directory: it stays the same one wherever it is moved.
    type Directory: Send + Sync;
    /// Tells whether a file that was read is still in its place.
    type Seen: Send + Sync;
    /// A file that was written and is not yet in its place.
    type New;
    /// Dropping it unlocks.
    type Lock: Send + Sync;

    /// Opens a directory; `None` where there is none. One that others may change is refused, unless it `may_be_shared`.
    fn open(&self, path: &Path, may_be_shared: bool) -> io::Result<Option<Self::Directory>>;

    /// What lies at a name now: its bytes, unless it is the file that is `known`.
    fn read(&self, directory: &Self::Directory, name: &str, known: Option<&Self::Seen>)
    -> io::Result<Lies<Self::Seen>>;

    /// Whether the file at `path` is still the one that was seen, as far as that can be told quickly. Asked before every
    /// read of an entry.
    fn is_current(&self, path: &Path, seen: &Self::Seen) -> bool;

    /// Locks a file against other processes and other handles, and creates it if there is none. `None` while another
    /// has it, or if it is not the one that others find at its path.
    fn try_lock(&self, directory: &Self::Directory, name: &str) -> io::Result<Option<Self::Lock>>;

    /// Writes a new file. It replaces one that a killed process has left.
    fn write(&self, directory: &Self::Directory, name: &str, bytes: &[u8]) -> io::Result<Self::New>;

    /// Returns once what was written is on disk.
    fn sync(&self, new: &Self::New) -> io::Result<()>;

    /// Moves a new file to its place in one step, even if another file is there.
    fn rename(&self, directory: &Self::Directory, new: Self::New, from: &str, to: &str) -> io::Result<Self::Seen>;

    /// Removes a file; no error if there is none.
    fn remove(&self, directory: &Self::Directory, name: &str) -> io::Result<()>;

    /// Returns once the names in an open directory are on disk.
    fn sync_names(&self, directory: &Self::Directory) -> io::Result<()>;

    fn is_dir(&self, path: &Path) -> io::Result<bool>;

    /// Creates a directory inside an existing one, for this user only.
    fn create_dir(&self, path: &Path) -> io::Result<()>;

    /// Returns once the names in the directory at a path are on disk.
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

/// What lies at a name.
pub(crate) enum Lies<Seen> {
    Nothing,
    /// The file that is known.
    Known,
    Other(Vec<u8>, Seen),
}

/// The file system.
pub(crate) struct Files;

impl Disk for Files {
    type Directory = files::Directory;
    type Seen = files::Seen;
    type New = File;
    type Lock = File;

    fn open(&self, path: &Path, may_be_shared: bool) -> io::Result<Option<files::Directory>> {
        match files::Directory::open(path, may_be_shared) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            directory => directory.map(Some),
        }
    }

    fn read(
        &self,
        directory: &files::Directory,
        name: &str,
        known: Option<&files::Seen>,
    ) -> io::Result<Lies<files::Seen>> {
        let mut file = match files::retry(|| directory.read(name)) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Lies::Nothing),
            file => file?,
        };
        // First what it is told by: what happens while it is read is seen by the next look.
        let mark = files::mark(&mut file)?;
        if known.is_some_and(|known| *known.mark() == mark) {
            return Ok(Lies::Known);
        }
        let mut bytes = Vec::new();
        file.rewind()?;
        file.read_to_end(&mut bytes)?;
        Ok(Lies::Other(bytes, files::Seen::new(file, mark)))
    }

    fn is_current(&self, path: &Path, seen: &files::Seen) -> bool {
        seen.is_current(path)
    }

    fn try_lock(&self, directory: &files::Directory, name: &str) -> io::Result<Option<File>> {
        let file = directory.open_lock(name)?;
        match file.try_lock() {
            Ok(()) => Ok(directory.has_at_its_path(name, &file)?.then_some(file)),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    fn write(&self, directory: &files::Directory, name: &str, bytes: &[u8]) -> io::Result<File> {
        self.remove(directory, name)?;
        let mut file = directory.create(name)?;
        file.write_all(bytes)?;
        Ok(file)
    }

    fn sync(&self, new: &File) -> io::Result<()> {
        new.sync_all()
    }

    fn rename(&self, directory: &files::Directory, mut new: File, from: &str, to: &str) -> io::Result<files::Seen> {
        files::retry(|| directory.rename(from, to))?;
        let mark = files::mark(&mut new)?;
        Ok(files::Seen::new(new, mark))
    }

    fn remove(&self, directory: &files::Directory, name: &str) -> io::Result<()> {
        match files::retry(|| directory.remove(name)) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            done => done,
        }
    }

    fn sync_names(&self, directory: &files::Directory) -> io::Result<()> {
        directory.sync()
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

/// How many bytes tell two vaults apart: a vault ends with its checksum.
const END: u64 = 32;

/// The last bytes of a file.
pub(super) fn end(file: &mut File) -> io::Result<Vec<u8>> {
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(END)))?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// What lies at a name and is not opened.
pub(super) fn no_file(name: &str) -> io::Error {
    io::Error::new(ErrorKind::InvalidInput, format!("{name} is a link, or no regular file"))
}

#[cfg(test)]
mod tests;
