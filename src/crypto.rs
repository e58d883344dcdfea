//! What both layouts seal with: sizes, random bytes, and AES-GCM by RustCrypto.

#[cfg(feature = "sealed")]
pub(crate) mod argon2id;
#[cfg(feature = "software")]
#[allow(dead_code, reason = "in a browser WebCrypto has the keys, and only the functions are used")]
pub(crate) mod gcm;
#[cfg(all(feature = "flutter", feature = "software"))]
#[allow(dead_code, reason = "only in browsers are values small enough for it")]
pub(crate) mod read_ahead;

#[cfg(feature = "sealed")]
mod key;
#[cfg(all(feature = "sealed", feature = "software"))]
#[allow(dead_code, reason = "in a browser WebCrypto does it")]
pub(crate) mod p256;

use zeroize::Zeroizing;

use crate::error::{Error, ErrorKind, Result};
#[cfg(feature = "sealed")]
pub(crate) use key::{Key, KeyPair, POINT_BYTES, Point, random_array, random_key};

/// Length of an AES-GCM nonce: 96 random bits (NIST SP 800-38D, 8.2.2).
pub(crate) const NONCE_BYTES: usize = 12;

/// Length of a GCM tag, which follows the ciphertext.
pub(crate) const TAG_BYTES: usize = 16;

/// Length of the keys that keyfold makes: AES-256.
pub(crate) const KEY_BYTES: usize = 32;

/// An opened value, wiped when dropped.
pub(crate) type Plaintext = Zeroizing<Vec<u8>>;

/// Fills `bytes` from the platform's generator.
pub(crate) fn random(bytes: &mut [u8]) -> Result<()> {
    // Without the source, whose text would bring tables of Unicode into the WebAssembly module.
    let refused = |_| Error::new(ErrorKind::Platform, "the platform gives no random bytes: nothing can be sealed");
    getrandom::fill(bytes).map_err(refused)
}
