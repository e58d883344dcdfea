//! Files on Unix: for this user only, and told apart by inode from files that replace them.

use std::{
    fs::{DirBuilder, File, OpenOptions},
    io::{self, Read},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::Path,
};

use rustix::fs::fstat;

/// A file that was read. It is held open, so that no other file gets its inode.
pub(crate) struct Seen {
    file: File,
    state: State,
}

/// What changes in an inode when another file takes its name: the number of names, and the time of the change. The time
/// alone is too coarse. The number alone would miss a name that was added meanwhile.
#[derive(PartialEq)]
struct State {
    names: u64,
    changed: (i64, i64),
}

impl Seen {
    /// Asks the inode: that takes a third of the time that asking the path takes.
    pub(crate) fn is_current(&self, _path: &Path) -> bool {
        state(&self.file).is_ok_and(|state| state == self.state)
    }
}

pub(crate) fn seen(file: File) -> io::Result<Seen> {
    let state = state(&file)?;
    Ok(Seen { file, state })
}

#[allow(clippy::unnecessary_fallible_conversions, clippy::useless_conversion, reason = "the types differ by system")]
fn state(file: &File) -> io::Result<State> {
    let stat = fstat(file)?;
    let second = i64::try_from(stat.st_ctime).unwrap_or_default();
    let nanosecond = i64::try_from(stat.st_ctime_nsec).unwrap_or_default();
    Ok(State { names: stat.st_nlink.into(), changed: (second, nanosecond) })
}

/// The bytes of a file. Its state is asked first, so that the next look sees what happens during the read.
pub(crate) fn read(file: File) -> io::Result<(Vec<u8>, Seen)> {
    let mut seen = seen(file)?;
    let mut bytes = Vec::new();
    seen.file.read_to_end(&mut bytes)?;
    Ok((bytes, seen))
}

/// Opens files for this user only.
pub(crate) fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.mode(0o600);
    options
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
