//! Files as Windows has them: the profile's directories are for this user alone, so nobody else's rights are looked at.

use std::{
    fs::{self, File, OpenOptions},
    io,
    os::windows::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use crate::platform::native::disk::{end, no_file};
pub(crate) use crate::platform::native::sharing::retry;

/// What other programs may do to a file that is open here: everything.
const SHARE_ALL: u32 = 7;

/// What they may do to the lock file: read and write it, but not move it away.
const SHARE_IN_PLACE: u32 = 3;

/// Needed to open a directory.
const FILE_FLAG_BACKUP_SEMANTICS: u32 = 0x0200_0000;

/// A directory, by its path: it cannot be moved while a file in it is open.
pub(crate) struct Directory(PathBuf);

impl Directory {
    pub(crate) fn open(path: &Path, _may_be_shared: bool) -> io::Result<Self> {
        if fs::metadata(path)?.is_dir() {
            Ok(Directory(path.to_owned()))
        } else {
            Err(io::ErrorKind::NotADirectory.into())
        }
    }

    pub(crate) fn read(&self, name: &str) -> io::Result<File> {
        self.open_file(name, OpenOptions::new().read(true).share_mode(SHARE_ALL))
    }

    pub(crate) fn open_lock(&self, name: &str) -> io::Result<File> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        self.open_file(name, options.share_mode(SHARE_IN_PLACE))
    }

    pub(crate) fn create(&self, name: &str) -> io::Result<File> {
        self.open_file(name, OpenOptions::new().read(true).write(true).create_new(true).share_mode(SHARE_ALL))
    }

    /// Follows no link.
    fn open_file(&self, name: &str, options: &OpenOptions) -> io::Result<File> {
        let path = self.0.join(name);
        if fs::symlink_metadata(&path).is_ok_and(|found| !found.is_file()) {
            return Err(no_file(name));
        }
        options.open(path)
    }

    /// The lock file cannot be moved while it is open.
    #[allow(clippy::unused_self, clippy::unnecessary_wraps, reason = "other systems have to look")]
    pub(crate) fn has_at_its_path(&self, _name: &str, _file: &File) -> io::Result<bool> {
        Ok(true)
    }

    pub(crate) fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        fs::rename(self.0.join(from), self.0.join(to))
    }

    pub(crate) fn remove(&self, name: &str) -> io::Result<()> {
        fs::remove_file(self.0.join(name))
    }

    pub(crate) fn sync(&self) -> io::Result<()> {
        sync_dir(&self.0)
    }
}

/// A file that was read, by its last bytes. It is not held open, which would keep others from replacing it.
pub(crate) struct Seen(Mark);

/// By what a file is told from others.
pub(crate) type Mark = Vec<u8>;

impl Seen {
    pub(crate) fn new(_file: File, mark: Mark) -> Self {
        Seen(mark)
    }

    pub(crate) fn mark(&self) -> &Mark {
        &self.0
    }

    pub(crate) fn is_current(&self, path: &Path) -> bool {
        File::open(path).and_then(|mut file| end(&mut file)).is_ok_and(|end| end == self.0)
    }
}

pub(crate) fn mark(file: &mut File) -> io::Result<Mark> {
    end(file)
}

/// Windows does not say beforehand whether something may be created in a directory.
pub(crate) fn check_writable(_directory: &Path) -> io::Result<()> {
    Ok(())
}

pub(crate) fn create_dir(path: &Path) -> io::Result<()> {
    fs::create_dir(path)
}

/// Flushes a directory's entries if the file system does that. NTFS writes them to its journal in any case.
pub(crate) fn sync_dir(path: &Path) -> io::Result<()> {
    let directory = OpenOptions::new().write(true).custom_flags(FILE_FLAG_BACKUP_SEMANTICS).open(path);
    drop(directory.and_then(|directory| directory.sync_all()));
    Ok(())
}
