//! Small values under 32-byte keys, sealed and opened in WebAssembly, where WebCrypto's calls cost more than they save.

use std::sync::{Arc, Mutex};

use aes_gcm::{AesGcm, KeyInit, aead::consts::U12, aes::Aes256};

use super::super::env::{get, global};
use crate::{
    crypto::{
        NONCE_BYTES, Plaintext,
        gcm::{open_with, seal_with},
        read_ahead::{Ahead, ReadAhead, lock},
    },
    error::Result,
    flutter::{cipher::NotOpened, format::SealedValue},
    options::Engine,
};

/// Values up to this many bytes are small: at this size both ways take about as long (docs/decisions/0001). A call of
/// WebCrypto costs 5-12 µs in Chromium, and about 100 in other browsers.
const SMALL_BYTES_IN_CHROMIUM: usize = 512;
const SMALL_BYTES: usize = 2048;

thread_local! {
    static LIMIT: usize = if is_chromium() { SMALL_BYTES_IN_CHROMIUM } else { SMALL_BYTES };
}

/// Whether the engine is Chromium's. Only speed depends on it, so the name that the browser gives is enough.
fn is_chromium() -> bool {
    let name = get(&global("navigator").unwrap_or_default(), "userAgent").as_string();
    name.is_some_and(|name| name.contains("Chrome/"))
}

/// Whether an engine uses this cipher.
pub(super) fn is_used_by(engine: Engine) -> bool {
    engine == Engine::Auto
}

/// A data key with its key schedule.
pub(super) struct SmallCipher {
    gcm: Box<AesGcm<ReadAhead, U12>>,
    ahead: Arc<Mutex<Ahead>>,
}

impl SmallCipher {
    /// Imports a key of 32 bytes, which is what Flutter makes. Leaves other keys to WebCrypto.
    pub(super) fn new(data_key: &[u8]) -> Option<Self> {
        let aes = Aes256::new_from_slice(data_key).ok()?;
        let ahead = Arc::<Mutex<Ahead>>::default();
        let gcm = Box::new(AesGcm::from(ReadAhead { aes, ahead: Arc::clone(&ahead) }));
        lock(&ahead).wipe();
        Some(SmallCipher { gcm, ahead })
    }

    /// Whether values of this many bytes are small.
    pub(super) fn takes(&self, bytes: usize) -> bool {
        bytes <= LIMIT.with(|limit| *limit)
    }

    /// Encrypts. Returns ciphertext ‖ tag.
    pub(super) fn seal(&self, nonce: [u8; NONCE_BYTES], plaintext: &[u8]) -> Result<Vec<u8>> {
        let sealed = seal_with(&*self.gcm, &nonce.into(), &[], plaintext);
        lock(&self.ahead).wipe();
        sealed
    }

    pub(super) fn open(&self, SealedValue { nonce, ciphertext }: SealedValue) -> Result<Plaintext, NotOpened> {
        let opened = open_with(&*self.gcm, &nonce.into(), &[], ciphertext);
        lock(&self.ahead).wipe();
        Ok(opened?)
    }
}
