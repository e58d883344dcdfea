//! Keys from secrets, names from keys, and checksums, by RustCrypto: what a sealed store does before it seals or opens.

use hkdf::Hkdf;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::cipher::random;
use crate::{
    error::{Error, Result},
    format::sealed::{StoredName, name_message},
};

/// A key of 32 bytes, wiped when dropped.
pub(crate) type Key = Zeroizing<[u8; 32]>;

/// A new random key.
pub(crate) fn random_key() -> Result<Key> {
    let mut key = Key::default();
    random(key.as_mut())?;
    Ok(key)
}

pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// What names are stored under: HMAC-SHA-256 with one key.
pub(crate) struct NameKey(Hmac<Sha256>);

impl NameKey {
    pub(crate) fn new(key: &Key) -> Self {
        NameKey(Hmac::new_from_slice(&key[..]).expect("HMAC takes keys of any length"))
    }

    /// The name that an entry is stored under.
    pub(crate) fn stored_name(&self, namespace: &str, name: &str) -> StoredName {
        let mut mac = self.0.clone();
        mac.update(&name_message(namespace, name));
        mac.finalize().into_bytes().into()
    }
}

/// HKDF (RFC 5869) with SHA-256.
pub(crate) fn derive_key(secret: &Key, salt: &[u8; 32], info: &[u8]) -> Key {
    let mut key = Key::default();
    Hkdf::<Sha256>::new(Some(salt), &secret[..]).expand(info, key.as_mut()).expect("32 bytes are not too many");
    key
}

/// A passphrase as Argon2id gets it: the mappings of OpaqueString (RFC 8265, 4.2.2). They are other spaces to U+0020,
/// then NFC; nothing is trimmed.
pub(crate) fn prepare_passphrase(text: &str, nfc: impl FnOnce(&str) -> String) -> Result<Zeroizing<String>> {
    if text.is_empty() {
        return Err(empty_passphrase());
    }
    let spaces = text.chars().map(|c| if is_other_space(c) { ' ' } else { c });
    let mapped = Zeroizing::new(spaces.collect::<String>());
    Ok(Zeroizing::new(nfc(&mapped)))
}

pub(crate) fn empty_passphrase() -> Error {
    Error::invalid("passphrase", "the passphrase is empty: it would protect nothing")
}

/// Unicode's space separators (Zs) but for U+0020.
fn is_other_space(c: char) -> bool {
    matches!(c, '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}')
}
