//! A cursor over stored bytes, and lengths as they are written. Numbers are big-endian.

use super::{NotRead, VERSION};

const CUT_OFF: NotRead = NotRead::Malformed("it is cut off");

/// The bytes that are not read yet.
pub(super) struct Reader<'a>(pub(super) &'a [u8]);

impl<'a> Reader<'a> {
    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], NotRead> {
        let (array, rest) = self.0.split_first_chunk().ok_or(CUT_OFF)?;
        self.0 = rest;
        Ok(*array)
    }

    pub(super) fn byte(&mut self) -> Result<u8, NotRead> {
        self.array().map(|[byte]| byte)
    }

    /// The version, which must be the only one that there is.
    pub(super) fn version(&mut self) -> Result<(), NotRead> {
        match self.byte()? {
            VERSION => Ok(()),
            0 => Err(NotRead::Malformed("it has the version 0")),
            _ => Err(NotRead::Newer),
        }
    }

    pub(super) fn number(&mut self) -> Result<u32, NotRead> {
        self.array().map(u32::from_be_bytes)
    }

    /// Bytes after their length, at most `max`.
    pub(super) fn prefixed(&mut self, max: usize) -> Result<&'a [u8], NotRead> {
        let length = usize::try_from(self.number()?).unwrap_or(usize::MAX);
        if length > max {
            return Err(NotRead::Malformed("a part of it is too long"));
        }
        self.bytes(length)
    }

    pub(super) fn bytes(&mut self, length: usize) -> Result<&'a [u8], NotRead> {
        let (bytes, rest) = self.0.split_at_checked(length).ok_or(CUT_OFF)?;
        self.0 = rest;
        Ok(bytes)
    }

    /// UTF-8 after its length, at most `max` bytes.
    pub(super) fn text(&mut self, max: usize) -> Result<&'a str, NotRead> {
        str::from_utf8(self.prefixed(max)?).map_err(|_| NotRead::Malformed("a text in it is not UTF-8"))
    }

    /// Checks that nothing is left.
    pub(super) fn finish(self) -> Result<(), NotRead> {
        if self.0.is_empty() { Ok(()) } else { Err(NotRead::Malformed("there are bytes left over")) }
    }
}

/// Adds `part` after its length.
pub(super) fn put_prefixed(bytes: &mut Vec<u8>, part: &[u8]) {
    // No part comes near 4 GiB: each has its own limit.
    let length = u32::try_from(part.len()).unwrap_or(u32::MAX);
    bytes.extend_from_slice(&length.to_be_bytes());
    bytes.extend_from_slice(part);
}
