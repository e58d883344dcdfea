//! Files on Unix: for this user only, opened from an open directory and never through a link, and told apart by inode
//! from files that replace them.

use std::{
    fs::{DirBuilder, File},
    io,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
};

use rustix::{
    fs::{Access, AtFlags, CWD, FileType, Mode, OFlags, Stat, access, fstat, openat, renameat, statat, unlinkat},
    io::Errno,
    process::{geteuid, getuid},
};

use crate::platform::native::disk::{end, no_file};

/// An open directory.
pub(crate) struct Directory {
    path: PathBuf,
    file: File,
}

impl Directory {
    pub(crate) fn open(path: &Path, may_be_shared: bool) -> io::Result<Self> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let file = File::from(openat(CWD, path, flags, Mode::empty())?);
        if !may_be_shared {
            check_private(path, &fstat(&file)?)?;
        }
        Ok(Directory { path: path.to_owned(), file })
    }

    pub(crate) fn read(&self, name: &str) -> io::Result<File> {
        self.open_file(name, OFlags::RDONLY)
    }

    pub(crate) fn open_lock(&self, name: &str) -> io::Result<File> {
        self.open_file(name, OFlags::RDWR | OFlags::CREATE)
    }

    pub(crate) fn create(&self, name: &str) -> io::Result<File> {
        self.open_file(name, OFlags::RDWR | OFlags::CREATE | OFlags::EXCL)
    }

    /// Follows no link, and waits for nobody: a named pipe would wait for its other end.
    fn open_file(&self, name: &str, flags: OFlags) -> io::Result<File> {
        let flags = flags | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = match openat(&self.file, name, flags, Mode::RUSR | Mode::WUSR) {
            // A link, as Linux and FreeBSD say it, and a socket.
            Err(Errno::LOOP | Errno::MLINK | Errno::NXIO) => return Err(no_file(name)),
            file => File::from(file?),
        };
        let kind = FileType::from_raw_mode(fstat(&file)?.st_mode);
        if kind == FileType::RegularFile { Ok(file) } else { Err(no_file(name)) }
    }

    /// Whether an open file is the one that others find, by the path that leads to this directory.
    pub(crate) fn has_at_its_path(&self, name: &str, file: &File) -> io::Result<bool> {
        match statat(CWD, self.path.join(name), AtFlags::SYMLINK_NOFOLLOW) {
            Err(Errno::NOENT | Errno::NOTDIR) => Ok(false),
            found => Ok(inode(&found?) == inode(&fstat(file)?)),
        }
    }

    pub(crate) fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        Ok(renameat(&self.file, from, &self.file, to)?)
    }

    pub(crate) fn remove(&self, name: &str) -> io::Result<()> {
        Ok(unlinkat(&self.file, name, AtFlags::empty())?)
    }

    pub(crate) fn sync(&self) -> io::Result<()> {
        self.file.sync_all()
    }
}

/// Refuses a directory in which somebody else may replace a vault. Root may do that anywhere.
fn check_private(path: &Path, stat: &Stat) -> io::Result<()> {
    let mode = Mode::from_raw_mode(stat.st_mode);
    let advice = ", or allow it with NativeOptions::allow_shared_directory";
    let why = if stat.st_uid != 0 && stat.st_uid != geteuid().as_raw() {
        format!(
            "it belongs to another user, with the id {}: name another directory in NativeOptions{advice}",
            stat.st_uid
        )
    } else if mode.intersects(Mode::WGRP | Mode::WOTH) {
        let mode = mode.as_raw_mode();
        format!("others may write there (mode {mode:o}): run `chmod go-w {}`{advice}", shell_word(path))
    } else {
        return Ok(());
    };
    Err(io::Error::new(io::ErrorKind::PermissionDenied, why))
}

#[allow(clippy::useless_conversion, reason = "the types differ by system")]
fn inode(stat: &Stat) -> (u64, u64) {
    // Only compared: what a conversion loses on some system, it loses on both sides.
    (u64::try_from(stat.st_dev).unwrap_or_default(), u64::from(stat.st_ino))
}

/// A file that was read. It is held open, so that no other file gets its inode.
pub(crate) struct Seen {
    file: File,
    mark: Mark,
}

/// By what a file is told from others.
#[derive(PartialEq)]
pub(crate) struct Mark {
    state: State,
    end: Vec<u8>,
}

/// What changes in an inode when another file takes its name: the number of names, and the time of the change. The time
/// alone is too coarse. The number alone would miss a name that was added meanwhile.
#[derive(PartialEq)]
struct State {
    inode: (u64, u64),
    names: u64,
    length: i64,
    changed: (i64, i64),
}

impl Seen {
    pub(crate) fn new(file: File, mark: Mark) -> Self {
        Seen { file, mark }
    }

    pub(crate) fn mark(&self) -> &Mark {
        &self.mark
    }

    /// Asks the inode: that takes a third of the time that asking the path takes. It misses what leaves the inode as it
    /// is. One case is a directory that was moved, with another one in its place now. The others are file systems that
    /// are slow to tell: overlayfs with a file of a lower layer, and network file systems that cache attributes. So no
    /// write relies on it.
    pub(crate) fn is_current(&self, _path: &Path) -> bool {
        state(&self.file).is_ok_and(|state| state == self.mark.state)
    }
}

pub(crate) fn mark(file: &mut File) -> io::Result<Mark> {
    Ok(Mark { state: state(file)?, end: end(file)? })
}

#[allow(clippy::unnecessary_fallible_conversions, clippy::useless_conversion, reason = "the types differ by system")]
fn state(file: &File) -> io::Result<State> {
    let stat = fstat(file)?;
    let second = i64::try_from(stat.st_ctime).unwrap_or_default();
    let nanosecond = i64::try_from(stat.st_ctime_nsec).unwrap_or_default();
    let changed = (second, nanosecond);
    Ok(State { inode: inode(&stat), names: stat.st_nlink.into(), length: stat.st_size, changed })
}

/// A path as a word for a shell.
fn shell_word(path: &Path) -> String {
    let path = path.display().to_string();
    let is_plain = |c: char| c.is_alphanumeric() || "/._-+".contains(c);
    if path.chars().all(is_plain) { path } else { format!("'{}'", path.replace('\'', r"'\''")) }
}

/// Whether this user may create something in a directory, as far as that can be asked: not in a program that runs as
/// another user than the one who started it.
pub(crate) fn check_writable(directory: &Path) -> io::Result<()> {
    if getuid() != geteuid() {
        return Ok(());
    }
    Ok(access(directory, Access::WRITE_OK | Access::EXEC_OK)?)
}

pub(crate) fn create_dir(path: &Path) -> io::Result<()> {
    DirBuilder::new().mode(0o700).create(path)
}

pub(crate) fn sync_dir(path: &Path) -> io::Result<()> {
    // The parent of a relative path with one part.
    let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
    File::open(path)?.sync_all()
}

/// Nobody blocks a rename here.
pub(crate) fn retry<T>(mut action: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    action()
}
