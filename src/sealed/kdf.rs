//! Keys from secrets, names from keys, and checksums, by RustCrypto: what a sealed store does before it seals or opens.

use hkdf::Hkdf;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::format::{StoredName, name_message};
use crate::crypto::Key;

pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// What makes stored names: HMAC-SHA-256 with one key.
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

/// A slot's key, and what its slot stores to show which key that is.
pub(crate) struct SlotKey {
    pub(crate) key: Key,
    pub(crate) commitment: [u8; 32],
}

/// HKDF (RFC 5869) with SHA-256.
pub(crate) fn derive_slot_key(secret: &Key, salt: &[u8; 32], info: &[u8]) -> SlotKey {
    let mut both = Zeroizing::new([0; 64]);
    Hkdf::<Sha256>::new(Some(salt), &secret[..]).expand(info, &mut both[..]).expect("64 bytes are not too many");
    let (mut key, mut commitment) = (Key::default(), [0; 32]);
    key.copy_from_slice(&both[..32]);
    commitment.copy_from_slice(&both[32..]);
    SlotKey { key, commitment }
}
