//! ECDH on P-256 by WebCrypto, for the key pairs of slots.
//!
//! WebCrypto's ECDH (<https://w3c.github.io/webcrypto/#ecdh>): Chromium 37, Firefox 34, Safari 11, also in all kinds of
//! workers.

use js_sys::{BigInt, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::CryptoKey;
use zeroize::Zeroizing;

use super::super::{
    env::{self, dictionary},
    value::Outside,
    webcrypto::{not_for_this_key, refused, settled, strings},
};
use crate::{
    crypto::{Key, KeyPair, Point},
    error::{Error, ErrorKind, Result},
    sealed::format::hex,
};

/// PKCS #8 (RFC 5958) of a private key of P-256 with its public key, as far as it is the same for all keys: what comes
/// before the private key, and what between the two (RFC 5915). Safari takes none without the public key.
const BEFORE: [u8; 36] = *b"\x30\x81\x87\x02\x01\x00\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07\x04\x6d\x30\x6b\x02\x01\x01\x04\x20";
const BETWEEN: [u8; 5] = *b"\xa1\x44\x03\x42\x00";
const KEY_BYTES: usize = 32;

/// A new key pair.
pub(super) async fn generate() -> Result<KeyPair> {
    let subtle = env::subtle()?;
    let pair = settled(subtle.generate_key_with_object(ecdh(&[]).unchecked_ref(), true, &strings(&["deriveBits"])));
    let private: CryptoKey = env::get(&pair.await.map_err(refused)?, "privateKey").unchecked_into();
    let exported = settled(subtle.export_key("pkcs8", &private)).await.map_err(refused)?;
    let pkcs8 = Zeroizing::new(Outside(Uint8Array::new(&exported)).0.to_vec());
    let (key, rest) = pkcs8.strip_prefix(&BEFORE).and_then(|rest| rest.split_first_chunk()).ok_or_else(unknown_form)?;
    let public = rest.strip_prefix(&BETWEEN).and_then(|public| public.try_into().ok()).ok_or_else(unknown_form)?;
    Ok(KeyPair { private: Key::new(*key), public })
}

/// The x-coordinate of what two keys agree on. `None` if either is no key of this curve.
pub(super) async fn agree(own: &KeyPair, with: &Point) -> Result<Option<Key>> {
    // WebKitGTK takes points that are not on the curve. What it computes with one gives the private key's bits away.
    if !is_on_curve(with) || !is_on_curve(&own.public) {
        return Ok(None);
    }
    let subtle = env::subtle()?;
    let pkcs8 = Zeroizing::new([&BEFORE[..], &own.private[..], &BETWEEN, &own.public].concat());
    let pkcs8 = Outside(Uint8Array::from(&pkcs8[..]));
    let how = ecdh(&[]);
    let usages = strings(&["deriveBits"]);
    let private = subtle.import_key_with_object("pkcs8", &pkcs8.0, how.unchecked_ref(), false, &usages);
    let Some(private) = not_for_this_key(settled(private).await)? else { return Ok(None) };
    let point = Uint8Array::from(&with[..]);
    let public = subtle.import_key_with_object("raw", &point, how.unchecked_ref(), false, &strings(&[]));
    let Some(public) = not_for_this_key(settled(public).await)? else { return Ok(None) };
    let bits =
        subtle.derive_bits_with_object(ecdh(&[("public", public)]).unchecked_ref(), private.unchecked_ref(), 256);
    let Some(shared) = not_for_this_key(settled(bits).await)? else { return Ok(None) };
    let shared = Outside(Uint8Array::new(&shared));
    let mut key = Key::default();
    if shared.0.length() as usize != key.len() {
        return Ok(None);
    }
    shared.0.copy_to(&mut key[..]);
    Ok(Some(key))
}

/// How ECDH is called, as `EcKeyGenParams`, `EcKeyImportParams` and `EcdhKeyDeriveParams`.
fn ecdh(more: &[(&str, JsValue)]) -> JsValue {
    dictionary(&[&[("name", "ECDH".into()), ("namedCurve", "P-256".into())], more].concat())
}

fn unknown_form() -> Error {
    Error::new(ErrorKind::Platform, "WebCrypto gave a key in a form that keyfold does not know")
}

/// The prime and the coefficient b of P-256 (SP 800-186, 3.2.1.3).
const P: [u8; KEY_BYTES] =
    *b"\xff\xff\xff\xff\0\0\0\x01\0\0\0\0\0\0\0\0\0\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff";
const B: [u8; KEY_BYTES] = *b"\x5a\xc6\x35\xd8\xaa\x3a\x93\xe7\xb3\xeb\xbd\x55\x76\x98\x86\xbc\x65\x1d\x06\xb0\xcc\x53\xb0\xf6\x3b\xce\x3c\x3e\x27\xd2\x60\x4b";

/// Whether an uncompressed point satisfies the curve's equation, y² = x³ − 3x + b (SP 800-186, 3.1.1). Points are public,
/// so this need not take the same time for all.
fn is_on_curve(point: &Point) -> bool {
    let [4, coordinates @ ..] = point else { return false };
    let (x, y) = coordinates.split_at(KEY_BYTES);
    if x >= &P[..] || y >= &P[..] {
        return false;
    }
    let (Ok(p), Ok(b), Ok(x), Ok(y)) = (number(&P), number(&B), number(x), number(y)) else { return false };
    let square = &(&y * &y) % &p;
    // x (x² + p − 3) + b, so that nothing is negative.
    let sum = &(&(&x * &x) + &p) - &BigInt::from(3);
    square == &(&(&x * &sum) + &b) % &p
}

fn number(bytes: &[u8]) -> Result<BigInt, js_sys::Error> {
    BigInt::new(&format!("0x{}", hex(bytes)).into())
}

#[cfg(test)]
mod tests;
