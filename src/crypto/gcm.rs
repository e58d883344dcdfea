//! AES-GCM by RustCrypto's `aes-gcm`, constant-time in software: the engine on native, and for small values in browsers.

use aes_gcm::{
    AeadInOut, AesGcm, KeyInit, Nonce,
    aead::{Nonce as AeadNonce, array::ArraySize},
    aes::{Aes128, Aes256},
};

use super::{Plaintext, TAG_BYTES};
use crate::error::{Error, ErrorKind, Result};

/// The key does not open the ciphertext, which is damaged or was sealed under another key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Refused;

/// Encrypts under a key with its schedule. Returns ciphertext ‖ tag.
pub(crate) fn seal_with<C: AeadInOut>(
    cipher: &C,
    nonce: &AeadNonce<C>,
    aad: &[u8],
    plaintext: &[u8],
) -> Result<Vec<u8>> {
    let mut buffer = Vec::with_capacity(plaintext.len() + TAG_BYTES);
    buffer.extend_from_slice(plaintext);
    match cipher.encrypt_in_place(nonce, aad, &mut buffer) {
        Ok(()) => Ok(buffer),
        Err(_) => Err(Error::new(ErrorKind::TooLarge, "the value is larger than AES-GCM allows, 64 GiB")),
    }
}

/// Decrypts ciphertext ‖ tag in place.
pub(crate) fn open_with<C: AeadInOut>(
    cipher: &C,
    nonce: &AeadNonce<C>,
    aad: &[u8],
    mut ciphertext: Vec<u8>,
) -> Result<Plaintext, Refused> {
    cipher.decrypt_in_place(nonce, aad, &mut ciphertext).map_err(|_| Refused)?;
    Ok(Plaintext::new(ciphertext))
}

/// For nonces of 96 bits, as keyfold makes all of its own.
pub(crate) type Gcm96 = Gcm<aes_gcm::aead::consts::U12>;

/// A key of either size with its schedule, wiped when dropped, for nonces of `N` bytes.
pub(crate) enum Gcm<N: ArraySize> {
    // Boxed: a schedule has up to 1 kB.
    Aes128(Box<AesGcm<Aes128, N>>),
    Aes256(Box<AesGcm<Aes256, N>>),
}

impl<N: ArraySize> Gcm<N> {
    /// Imports a key of 16 or 32 bytes.
    pub(crate) fn new(key: &[u8]) -> Result<Self> {
        if let Ok(cipher) = AesGcm::new_from_slice(key) {
            Ok(Gcm::Aes256(Box::new(cipher)))
        } else if let Ok(cipher) = AesGcm::new_from_slice(key) {
            Ok(Gcm::Aes128(Box::new(cipher)))
        } else {
            Err(Error::new(ErrorKind::Corrupt, "the key is not 16 or 32 bytes"))
        }
    }

    pub(crate) fn seal_now(&self, nonce: &Nonce<N>, aad: &[u8], plaintext: &[u8]) -> Result<Vec<u8>> {
        match self {
            Gcm::Aes128(cipher) => seal_with(cipher.as_ref(), nonce, aad, plaintext),
            Gcm::Aes256(cipher) => seal_with(cipher.as_ref(), nonce, aad, plaintext),
        }
    }

    pub(crate) fn open_now(&self, nonce: &Nonce<N>, aad: &[u8], ciphertext: Vec<u8>) -> Result<Plaintext, Refused> {
        match self {
            Gcm::Aes128(cipher) => open_with(cipher.as_ref(), nonce, aad, ciphertext),
            Gcm::Aes256(cipher) => open_with(cipher.as_ref(), nonce, aad, ciphertext),
        }
    }
}

#[cfg(test)]
mod tests;
