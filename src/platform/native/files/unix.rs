//! Files as Unix has them: for this user alone, and told from what takes their place by their inode.

use std::{
    fs::{DirBuilder, File, OpenOptions},
    io::{self, Read},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::Path,
};

use rustix::fs::fstat;

/// A file that was read. It is held open, so that no other gets its inode.
pub(crate) struct Seen {
    file: File,
    state: State,
}

/// What changes of an inode when another file takes its name: it has one name less, as of now. The time alone is too
/// coarse, and the number of names alone would miss one that was added meanwhile.
#[derive(PartialEq)]
struct State {
    names: u64,
    changed: (i64, i64),
}

impl Seen {
    /// Asks the inode, not the path: that takes a third of the time.
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

/// The bytes of a file. Its state is asked first: what happens while it is read is seen by the next look.
pub(crate) fn read(file: File) -> io::Result<(Vec<u8>, Seen)> {
    let mut seen = seen(file)?;
    let mut bytes = Vec::new();
    seen.file.read_to_end(&mut bytes)?;
    Ok((bytes, seen))
}

/// Opens files for this user alone.
pub(crate) fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.mode(0o600);
    options
}

pub(crate) fn create_dir(path: &Path) -> io::Result<()> {
    DirBuilder::new().mode(0o700).create(path)
}

pub(crate) fn sync_dir(path: &Path) -> io::Result<()> {
    // The parent of a relative path of one part.
    let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
    File::open(path)?.sync_all()
}

/// Nobody stands in the way of a rename here.
pub(crate) fn retry<T>(mut action: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    action()
}
