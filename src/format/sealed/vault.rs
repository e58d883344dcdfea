//! stub
use super::{
    CHECKSUM_BYTES, NotRead, StoredName,
    wire::{Reader, put_prefixed},
};
const MAGIC: [u8; 8] = *b"kfvault\0";
pub(crate) struct Vault<'a> {
    pub(crate) revision: u64,
    pub(crate) ring: &'a [u8],
    pub(crate) records: Vec<(StoredName, &'a [u8])>,
}
pub(crate) fn hashed(bytes: &[u8]) -> Result<&[u8], NotRead> {
    split(bytes).map(|(b, _)| b)
}
fn split(bytes: &[u8]) -> Result<(&[u8], &[u8; CHECKSUM_BYTES]), NotRead> {
    bytes.split_last_chunk().ok_or(NotRead::Malformed("it is cut off"))
}
impl<'a> Vault<'a> {
    pub(crate) fn parse(bytes: &'a [u8], sha: &[u8; 32]) -> Result<Self, NotRead> {
        let (body, checksum) = split(bytes)?;
        if !body.starts_with(&MAGIC) {
            return Err(NotRead::Malformed("it does not start as a vault does"));
        }
        if checksum != sha {
            return Err(NotRead::Malformed("its checksum is of other bytes"));
        }
        let mut r = Reader(body);
        let _: [u8; 8] = r.array()?;
        if r.byte()? != 1 {
            return Err(NotRead::Newer);
        }
        let revision = u64::from_be_bytes(r.array()?);
        let ring = r.prefixed(32_927)?;
        let count = r.number()?;
        let mut records = Vec::new();
        for _ in 0..count {
            let name = r.array()?;
            records.push((name, r.prefixed(usize::MAX)?));
        }
        r.finish()?;
        Ok(Vault { revision, ring, records })
    }
}
pub(crate) fn encode<'a>(
    revision: u64,
    ring: &[u8],
    records: impl ExactSizeIterator<Item = (&'a StoredName, &'a [u8])>,
) -> Vec<u8> {
    let mut b = MAGIC.to_vec();
    b.push(1);
    b.extend_from_slice(&revision.to_be_bytes());
    put_prefixed(&mut b, ring);
    b.extend_from_slice(&u32::try_from(records.len()).unwrap_or(u32::MAX).to_be_bytes());
    for (n, r) in records {
        b.extend_from_slice(n);
        put_prefixed(&mut b, r);
    }
    b
}
pub(crate) fn with_checksum(mut body: Vec<u8>, sha: &[u8; 32]) -> Vec<u8> {
    body.extend_from_slice(sha);
    body
}
