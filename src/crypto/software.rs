//! AES-GCM by RustCrypto's `aes-gcm`, constant-time in software: the engine on native, and for small values in wasm.

use aes_gcm::{
    AeadInOut, AesGcm, KeyInit, Nonce,
    aead::{
        Nonce as AeadNonce,
        array::ArraySize,
        consts::{U12, U16},
    },
    aes::{Aes128, Aes256},
};

use super::cipher::{Cipher, NotOpened, Plaintext, random};
use crate::{
    error::{Error, ErrorKind, Result},
    format::flutter::{Malformed, NONCE_BYTES, SealedValue, TAG_BYTES},
    options::Engine,
    secret::Secret,
};

/// Encrypts under a key with its schedule; gives ciphertext ‖ tag.
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
) -> Result<Plaintext, NotOpened> {
    cipher.decrypt_in_place(nonce, aad, &mut ciphertext).map_err(|_| NotOpened::Refused)?;
    Ok(Plaintext::new(ciphertext))
}

/// A data key with its key schedule.
pub(crate) type SoftwareCipher = Gcm<U12>;

/// A key of either size with its schedule, wiped when dropped, for nonces of `N` bytes.
pub(crate) enum Gcm<N: ArraySize> {
    // Boxed: a schedule has up to 1 kB.
    Aes128(Box<AesGcm<Aes128, N>>),
    Aes256(Box<AesGcm<Aes256, N>>),
}

impl<N: ArraySize> Gcm<N> {
    /// Takes in a key of 16 or 32 bytes.
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

    pub(crate) fn open_now(&self, nonce: &Nonce<N>, aad: &[u8], ciphertext: Vec<u8>) -> Result<Plaintext, NotOpened> {
        match self {
            Gcm::Aes128(cipher) => open_with(cipher.as_ref(), nonce, aad, ciphertext),
            Gcm::Aes256(cipher) => open_with(cipher.as_ref(), nonce, aad, ciphertext),
        }
    }
}

/// A wrap key with its IV. `aes-gcm` has the IV's length in its type: these are the two that apps use.
pub(crate) enum SoftwareWrap {
    Iv12(Gcm<U12>, Nonce<U12>),
    Iv16(Gcm<U16>, Nonce<U16>),
}

impl Cipher for SoftwareCipher {
    type Text = str;
    type Input = [u8];
    type Value = Plaintext;
    type Wrap = SoftwareWrap;

    fn bytes(input: &[u8]) -> Plaintext {
        Plaintext::new(input.to_vec())
    }

    fn value(bytes: Plaintext) -> Plaintext {
        bytes
    }

    async fn import_wrap(key: &Secret, iv: &Secret) -> Result<SoftwareWrap> {
        let (key, iv) = (key.expose(), iv.expose());
        if let Ok(iv) = Nonce::try_from(iv) {
            Ok(SoftwareWrap::Iv12(Gcm::new(key)?, iv))
        } else if let Ok(iv) = Nonce::try_from(iv) {
            Ok(SoftwareWrap::Iv16(Gcm::new(key)?, iv))
        } else {
            let message = "outside a browser wrapKeyIv must have 12 or 16 bytes; other lengths work in browsers";
            Err(Error::new(ErrorKind::Unsupported, message))
        }
    }

    async fn wrap(wrap: &SoftwareWrap, data_key: &[u8]) -> Result<Vec<u8>> {
        match wrap {
            SoftwareWrap::Iv12(key, iv) => key.seal_now(iv, &[], data_key),
            SoftwareWrap::Iv16(key, iv) => key.seal_now(iv, &[], data_key),
        }
    }

    async fn import(_engine: Engine, data_key: &[u8]) -> Result<Self> {
        Gcm::new(data_key)
    }

    async fn unwrap(_engine: Engine, wrap: &SoftwareWrap, wrapped: &[u8]) -> Result<Result<Self, NotOpened>> {
        let data_key = match wrap {
            SoftwareWrap::Iv12(key, iv) => key.open_now(iv, &[], wrapped.to_vec()),
            SoftwareWrap::Iv16(key, iv) => key.open_now(iv, &[], wrapped.to_vec()),
        };
        match data_key {
            Ok(data_key) => Gcm::new(&data_key).map(Ok),
            Err(not_opened) => Ok(Err(not_opened)),
        }
    }

    async fn seal(&self, value: &[u8]) -> Result<String> {
        let mut nonce = [0; NONCE_BYTES];
        random(&mut nonce)?;
        Ok(SealedValue { nonce, ciphertext: self.seal_now(&nonce.into(), &[], value)? }.to_text())
    }

    async fn open(&self, sealed: &str) -> Result<Result<Plaintext, NotOpened>> {
        Ok(match SealedValue::parse(sealed) {
            Ok(SealedValue { nonce, ciphertext }) => self.open_now(&nonce.into(), &[], ciphertext),
            Err(Malformed(what)) => Err(NotOpened::Malformed(what)),
        })
    }
}

#[cfg(test)]
mod tests;
