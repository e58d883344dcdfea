//! Keys from secrets, and names from keys, by RustCrypto: what a sealed store does before it seals or opens.
//!
//! For tests so far. They show that FORMAT.md says enough to open what another program made.

use argon2::{Algorithm, Argon2, Params, Version};
use hkdf::Hkdf;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

use crate::{
    error::{Error, Result},
    format::sealed::ring::Argon2id,
};

/// A key of 32 bytes, wiped when dropped.
pub(crate) type Key = Zeroizing<[u8; 32]>;

pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

pub(crate) fn hmac_sha256(key: &[u8; 32], message: &[u8]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(message);
    mac.finalize().into_bytes().into()
}

/// HKDF (RFC 5869) with SHA-256.
pub(crate) fn derive_key(secret: &[u8; 32], salt: &[u8; 32], info: &[u8]) -> Key {
    let mut key = Key::default();
    Hkdf::<Sha256>::new(Some(salt), secret).expand(info, key.as_mut()).expect("32 bytes are not too many");
    key
}

/// Argon2id (RFC 9106), version 0x13, one lane, 32 bytes.
pub(crate) fn derive_from_passphrase(prepared: &[u8], cost: &Argon2id) -> Key {
    let params = Params::new(cost.memory_kib, cost.passes, 1, Some(32)).expect("the format's bounds are within these");
    let mut key = Key::default();
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(prepared, &cost.salt, key.as_mut())
        .expect("the lengths are legal");
    key
}

/// A passphrase as Argon2id gets it: the mappings of OpaqueString (RFC 8265, 4.2.2). They are other spaces to U+0020,
/// then NFC; nothing is trimmed.
///
/// # Errors
///
/// [`InvalidArgument`](crate::ErrorKind::InvalidArgument) if it is empty or holds a lone surrogate.
pub(crate) fn prepare_passphrase(utf16: &[u16]) -> Result<Zeroizing<Vec<u8>>> {
    let text = String::from_utf16(utf16).map(Zeroizing::new);
    let text = text.map_err(|_| Error::invalid("passphrase", "the passphrase holds half a character"))?;
    if text.is_empty() {
        return Err(Error::invalid("passphrase", "the passphrase is empty"));
    }
    let spaces = text.chars().map(|c| if is_other_space(c) { ' ' } else { c });
    Ok(Zeroizing::new(spaces.nfc().collect::<String>().into_bytes()))
}

/// Unicode's space separators (Zs) but for U+0020.
fn is_other_space(c: char) -> bool {
    matches!(c, '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}')
}
