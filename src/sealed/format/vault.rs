//! Vaults: a namespace's ring, revision and records as the bytes of one file.

use super::{
    CHECKSUM_BYTES, MAX_REVISION, NotRead, STORED_NAME_BYTES, StoredName, VERSION,
    ring::{MAX_RING_BYTES, hashed},
    wire::{Reader, put_prefixed},
};

/// How a vault starts: not as a ring does, so that neither is taken for the other.
const MAGIC: [u8; 8] = *b"kfvault\0";

/// Length of an empty record with its name and length: the least that a record takes in a file.
const MIN_RECORD_BYTES: usize = STORED_NAME_BYTES + 4;

/// What is in a vault. Ring and records are not looked into: a damaged one is refused when it is used.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Vault<'a> {
    pub(crate) revision: u64,
    pub(crate) ring: &'a [u8],
    /// In the order of their names. No two names are the same.
    pub(crate) records: Vec<(StoredName, &'a [u8])>,
}

impl<'a> Vault<'a> {
    /// Reads a vault, given the SHA-256 of its [`hashed`] part.
    pub(crate) fn parse(bytes: &'a [u8], sha256: &[u8; CHECKSUM_BYTES]) -> Result<Self, NotRead> {
        let body = hashed(bytes)?;
        if !body.starts_with(&MAGIC) {
            return Err(NotRead::Malformed("it does not start as a vault does"));
        }
        if bytes[body.len()..] != sha256[..] {
            return Err(NotRead::Malformed("its checksum does not match"));
        }
        Self::parse_body(body)
    }

    fn parse_body(body: &'a [u8]) -> Result<Self, NotRead> {
        let mut reader = Reader(body);
        let _magic: [u8; MAGIC.len()] = reader.array()?;
        reader.version()?;
        let revision = u64::from_be_bytes(reader.array()?);
        if revision > MAX_REVISION {
            return Err(NotRead::Malformed("its revision is too high"));
        }
        let ring = reader.prefixed(MAX_RING_BYTES)?;
        let records = read_records(&mut reader)?;
        reader.finish()?;
        Ok(Vault { revision, ring, records })
    }

    /// The ring of a vault that may be damaged elsewhere, if it is where it should be. The ring's own checksum says
    /// whether it is whole.
    pub(crate) fn ring_of(bytes: &'a [u8]) -> Option<&'a [u8]> {
        let mut reader = Reader(bytes);
        let _head: [u8; MAGIC.len() + 1 + 8] = reader.array().ok()?;
        reader.prefixed(MAX_RING_BYTES).ok()
    }

    /// The bytes to store, without their checksum. `None` if there are more records than the format counts.
    pub(crate) fn encode(&self) -> Option<Vec<u8>> {
        let count = u32::try_from(self.records.len()).ok()?;
        let records: usize = self.records.iter().map(|(_, record)| MIN_RECORD_BYTES + record.len()).sum();
        // With room for the checksum.
        let room = MAGIC.len() + 1 + 8 + 4 + self.ring.len() + 4 + records + CHECKSUM_BYTES;
        let mut body = Vec::with_capacity(room);
        body.extend_from_slice(&MAGIC);
        body.push(VERSION);
        body.extend_from_slice(&self.revision.to_be_bytes());
        put_prefixed(&mut body, self.ring);
        body.extend_from_slice(&count.to_be_bytes());
        for (name, record) in &self.records {
            body.extend_from_slice(name);
            put_prefixed(&mut body, record);
        }
        Some(body)
    }
}

fn read_records<'a>(reader: &mut Reader<'a>) -> Result<Vec<(StoredName, &'a [u8])>, NotRead> {
    let count = usize::try_from(reader.number()?).unwrap_or(usize::MAX);
    // No more memory than the records of such a file can need, whatever it says.
    let mut records: Vec<(StoredName, &[u8])> = Vec::with_capacity(count.min(reader.0.len() / MIN_RECORD_BYTES));
    for _ in 0..count {
        let name: StoredName = reader.array()?;
        if records.last().is_some_and(|(last, _)| *last >= name) {
            return Err(NotRead::Malformed("its records are not in order"));
        }
        records.push((name, reader.prefixed(usize::MAX)?));
    }
    Ok(records)
}
