//! The bytes of the sealed layout, as FORMAT.md specifies them: key rings, records, names, vaults, and what is
//! authenticated with each. No keys and no cryptography: whoever calls it hashes, seals and opens.

pub(crate) mod record;
pub(crate) mod ring;
#[allow(dead_code, reason = "a browser has no vaults")]
pub(crate) mod vault;
mod wire;

use crate::crypto::{NONCE_BYTES, TAG_BYTES};
use wire::put_prefixed;

/// How a ring and all associated data start.
const MAGIC: [u8; 8] = *b"keyfold\0";

/// The version of rings, records and vaults that is written. No other is read.
const VERSION: u8 = 1;

/// The highest revision: JavaScript counts no further.
pub(crate) const MAX_REVISION: u64 = (1 << 53) - 1;

/// Length of the longest name of an entry, in UTF-8.
pub(crate) const MAX_NAME_BYTES: usize = 64 << 10;

/// Length of the longest value: a record of it fits into the memory of a 32-bit machine.
pub(crate) const MAX_VALUE_BYTES: usize = 1 << 30;

/// Length of a stored name, an HMAC-SHA-256.
pub(crate) const STORED_NAME_BYTES: usize = 32;

/// The name that an entry is stored under.
pub(crate) type StoredName = [u8; STORED_NAME_BYTES];

/// Length of the SHA-256 at the end of a ring and of a vault.
pub(crate) const CHECKSUM_BYTES: usize = 32;

/// 128 random bits that name a data key, a slot or a keychain item.
pub(crate) type Id = [u8; 16];

/// Why stored bytes are not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotRead {
    /// They do not have the form; what is wrong with them.
    Malformed(&'static str),
    /// A newer version wrote them.
    Newer,
}

/// Something that is sealed by AES-256-GCM under a nonce of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sealed {
    pub(crate) nonce: [u8; NONCE_BYTES],
    /// The ciphertext with its tag behind it.
    pub(crate) ciphertext: Vec<u8>,
}

/// Bytes as lower-case hexadecimal digits: names that stay different where case does not count.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from_digit(nibble.into(), 16).unwrap_or_default();
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// What is authenticated with something sealed: what kind of thing it is, in which namespace, and what else ties it to
/// its place. Each part follows its length, so no two lists of parts give the same bytes.
fn associated_data(kind: &str, namespace: &str, parts: &[&[u8]]) -> Vec<u8> {
    let start = [&MAGIC[..], &[VERSION], kind.as_bytes(), namespace.as_bytes()];
    let parts = || start.iter().chain(parts);
    let mut bytes = Vec::with_capacity(parts().map(|part| 4 + part.len()).sum());
    parts().for_each(|part| put_prefixed(&mut bytes, part));
    bytes
}

/// The message whose HMAC under the name key is the name that an entry is stored under.
pub(crate) fn name_message(namespace: &str, name: &str) -> Vec<u8> {
    let mut message = Vec::with_capacity(4 + namespace.len() + name.len());
    put_prefixed(&mut message, namespace.as_bytes());
    message.extend_from_slice(name.as_bytes());
    message
}

#[cfg(test)]
mod tests;
