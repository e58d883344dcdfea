//! Files on Windows: the profile's directories are for this user only.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Seek, SeekFrom},
    os::windows::fs::OpenOptionsExt,
    path::Path,
};

pub(crate) use crate::platform::native::sharing::retry;

/// What other programs may do to a file that is open here: everything.
const SHARE_ALL: u32 = 7;

/// Needed to open a directory.
const FILE_FLAG_BACKUP_SEMANTICS: u32 = 0x0200_0000;

/// A file that was read, known by its last bytes: a vault ends with its checksum. It is not held open, since then
/// others could not replace it.
pub(crate) struct Seen(Vec<u8>);

/// How many bytes tell two vaults apart.
const END: u64 = 32;

impl Seen {
    pub(crate) fn is_current(&self, path: &Path) -> bool {
        File::open(path).and_then(|mut file| end(&mut file)).is_ok_and(|end| end == self.0)
    }
}

pub(crate) fn seen(mut file: File) -> io::Result<Seen> {
    end(&mut file).map(Seen)
}

fn end(file: &mut File) -> io::Result<Vec<u8>> {
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(END)))?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(bytes)
}

pub(crate) fn read(mut file: File) -> io::Result<(Vec<u8>, Seen)> {
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    let end = bytes.len().saturating_sub(usize::try_from(END).unwrap_or_default());
    let seen = Seen(bytes[end..].to_vec());
    Ok((bytes, seen))
}

/// Opens files that others may replace meanwhile. Who may read them is inherited from the directory.
pub(crate) fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.share_mode(SHARE_ALL);
    options
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
