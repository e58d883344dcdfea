//! ECDH on P-256 by RustCrypto's `p256`, constant-time: natively. In browsers WebCrypto does it.

use p256::{PublicKey, SecretKey, elliptic_curve::sec1::ToSec1Point};

use super::{Key, KeyPair, POINT_BYTES, Point, random_key};
use crate::error::Result;

/// A new key pair.
pub(crate) fn generate() -> Result<KeyPair> {
    loop {
        // All but one of 2³² draws are below the order of the curve, and not zero.
        let private = random_key()?;
        if let Ok(secret) = SecretKey::from_slice(&private[..]) {
            return Ok(KeyPair { private, public: point(&secret.public_key()) });
        }
    }
}

/// The x-coordinate of what two keys agree on (SEC 1, 3.3.1). `None` if either is no key of this curve.
pub(crate) fn agree(private: &Key, with: &Point) -> Option<Key> {
    let private = SecretKey::from_slice(&private[..]).ok()?;
    let shared = private.diffie_hellman(&PublicKey::from_sec1_bytes(with).ok()?);
    <[u8; 32]>::try_from(&shared.raw_secret_bytes()[..]).ok().map(Key::new)
}

fn point(public: &PublicKey) -> Point {
    let mut point = [0; POINT_BYTES];
    point.copy_from_slice(public.to_sec1_point(false).as_bytes());
    point
}
