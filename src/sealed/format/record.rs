//! Records: an entry under its stored name.

use zeroize::Zeroizing;

use super::{
    Id, MAX_NAME_BYTES, MAX_VALUE_BYTES, NONCE_BYTES, NotRead, STORED_NAME_BYTES, TAG_BYTES, VERSION, associated_data,
    wire::{Reader, put_prefixed},
};

/// Length of what stands before the ciphertext: version, data key id, nonce.
pub(crate) const HEAD_BYTES: usize = 1 + 16 + NONCE_BYTES;

/// What a record is sealed under besides its key, different each time.
pub(crate) type Nonce = [u8; NONCE_BYTES];

/// Length of the shortest record: what tells that it is one, and under which key.
pub(crate) const MIN_BYTES: usize = HEAD_BYTES + PREFIX_BYTES + TAG_BYTES;

/// Length of the longest record.
pub(crate) const MAX_BYTES: usize = MIN_BYTES + MAX_NAME_BYTES + MAX_VALUE_BYTES;

/// Length of the name's length, inside the ciphertext.
const PREFIX_BYTES: usize = 4;

/// An entry as it is stored, without its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Record<'a> {
    pub(crate) data_key_id: Id,
    pub(crate) nonce: Nonce,
    /// The ciphertext with its tag behind it.
    pub(crate) ciphertext: &'a [u8],
}

impl<'a> Record<'a> {
    /// Reads what is stored.
    pub(crate) fn parse(bytes: &'a [u8]) -> Result<Self, NotRead> {
        let mut reader = Reader(bytes);
        reader.version()?;
        let (data_key_id, nonce) = (reader.array()?, reader.array()?);
        let ciphertext = reader.0;
        if !(MIN_BYTES..=MAX_BYTES).contains(&bytes.len()) {
            return Err(NotRead::Malformed("it is cut off, or longer than a record can be"));
        }
        Ok(Record { data_key_id, nonce, ciphertext })
    }

    /// The bytes to store.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEAD_BYTES + self.ciphertext.len());
        bytes.push(VERSION);
        bytes.extend_from_slice(&self.data_key_id);
        bytes.extend_from_slice(&self.nonce);
        bytes.extend_from_slice(self.ciphertext);
        bytes
    }
}

/// The nonce of a stored record; zeros where it is too short to have one.
pub(crate) fn nonce(record: &[u8]) -> Nonce {
    let nonce = record.get(HEAD_BYTES - NONCE_BYTES..HEAD_BYTES);
    nonce.and_then(|nonce| nonce.try_into().ok()).unwrap_or_default()
}

/// What a record's ciphertext is authenticated with: its place and its key.
pub(crate) fn record_aad(namespace: &str, stored_name: &[u8; STORED_NAME_BYTES], data_key_id: &Id) -> Vec<u8> {
    associated_data("record", namespace, &[stored_name, data_key_id])
}

/// The plaintext of an entry; or what of it is longer than the layout allows.
pub(crate) fn plaintext(name: &str, value: &[u8]) -> Result<Zeroizing<Vec<u8>>, &'static str> {
    if name.len() > MAX_NAME_BYTES {
        return Err("the name is longer than 64 KiB: take a shorter one");
    }
    if value.len() > MAX_VALUE_BYTES {
        return Err("the value is longer than 1 GiB: split it");
    }
    // With room for the tag: a vector that grew would leave a copy behind that is not wiped.
    let room = PREFIX_BYTES + name.len() + value.len() + TAG_BYTES;
    let mut plaintext = Zeroizing::new(Vec::with_capacity(room));
    put_prefixed(&mut plaintext, name.as_bytes());
    plaintext.extend_from_slice(value);
    Ok(plaintext)
}

/// Takes a plaintext apart: the entry's name, which the caller compares with the name that it is stored under, and its
/// value.
pub(crate) fn name_and_value(plaintext: &[u8]) -> Result<(&str, &[u8]), NotRead> {
    let mut reader = Reader(plaintext);
    let name = reader.text(MAX_NAME_BYTES)?;
    Ok((name, reader.0))
}
