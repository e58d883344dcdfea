//! A data key, sealed to a slot's public key: HPKE (RFC 9180) in base mode, one message for each context, with
//! DHKEM(P-256, HKDF-SHA256), HKDF-SHA256 and AES-256-GCM. The platform computes on the curve.

use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

use super::{
    Platform,
    aead::{Aead, finish_one, key_of},
    errors,
    format::ring::Encapsulated,
};
use crate::{
    crypto::{Key, KeyPair, NONCE_BYTES, Point},
    error::Result,
};

/// DHKEM(P-256, HKDF-SHA256), as RFC 9180, 4.1, names itself to its key derivation.
const KEM_SUITE: &[u8] = b"KEM\x00\x10";

/// The KEM, HKDF-SHA256 and AES-256-GCM (RFC 9180, 5.1).
const SUITE: &[u8] = b"HPKE\x00\x10\x00\x01\x00\x02";

/// Seals a key to whoever has the private key. `None` if that is no public key.
pub(super) async fn seal<P: Platform>(to: &Point, info: &[u8], key: &Key) -> Result<Option<Encapsulated>> {
    seal_from::<P>(&P::generate().await?, to, info, key).await
}

/// As [`seal`], with the ephemeral pair given.
pub(super) async fn seal_from<P: Platform>(
    ephemeral: &KeyPair,
    to: &Point,
    info: &[u8],
    key: &Key,
) -> Result<Option<Encapsulated>> {
    let Some(shared) = P::agree(ephemeral, to).await? else { return Ok(None) };
    let (with, nonce) = context(&shared, &ephemeral.public, to, info);
    let call = P::Key::import(&with).await?.seal_with(&nonce, &[], &key[..])?;
    let ciphertext = finish_one::<P::Key>(call).await?.ok_or_else(errors::unwritable)?.to_vec();
    Ok(Some(Encapsulated { enc: ephemeral.public, ciphertext }))
}

/// Opens what was sealed to this pair's public key. `None` for whatever is wrong with it.
pub(super) async fn open<P: Platform>(own: &KeyPair, info: &[u8], sealed: &Encapsulated) -> Result<Option<Key>> {
    let Some(shared) = P::agree(own, &sealed.enc).await? else { return Ok(None) };
    let (with, nonce) = context(&shared, &sealed.enc, &own.public, info);
    let call = P::Key::import(&with).await?.open(&[], &nonce, &sealed.ciphertext);
    Ok(finish_one::<P::Key>(call).await?.as_ref().and_then(key_of))
}

/// The key and the nonce of the first message (RFC 9180, 4.1 and 5.1), from what the two keys agree on.
fn context(shared: &Key, enc: &Point, to: &Point, info: &[u8]) -> (Key, [u8; NONCE_BYTES]) {
    let eae = extract(b"", KEM_SUITE, "eae_prk", &shared[..]);
    let secret: Zeroizing<[u8; 32]> = expand(&eae, KEM_SUITE, "shared_secret", &[enc, to]);
    let [psk, info] = [("psk_id_hash", &b""[..]), ("info_hash", info)].map(|(label, of)| extracted(SUITE, label, of));
    // The mode: base.
    let of = [&[0][..], &psk, &info];
    let schedule = extract(&secret[..], SUITE, "secret", b"");
    (expand(&schedule, SUITE, "key", &of), *expand(&schedule, SUITE, "base_nonce", &of))
}

/// LabeledExtract (RFC 9180, 4), ready to expand.
fn extract(salt: &[u8], suite: &[u8], label: &str, of: &[u8]) -> Hkdf<Sha256> {
    let labeled = Zeroizing::new([b"HPKE-v1", suite, label.as_bytes(), of].concat());
    Hkdf::new(Some(salt), &labeled)
}

/// LabeledExtract of what is no secret.
fn extracted(suite: &[u8], label: &str, of: &[u8]) -> [u8; 32] {
    Hkdf::<Sha256>::extract(None, &[b"HPKE-v1", suite, label.as_bytes(), of].concat()).0.into()
}

/// LabeledExpand (RFC 9180, 4).
fn expand<const N: usize>(from: &Hkdf<Sha256>, suite: &[u8], label: &str, of: &[&[u8]]) -> Zeroizing<[u8; N]> {
    let mut expanded = Zeroizing::new([0; N]);
    let length = [0, u8::try_from(N).unwrap_or(u8::MAX)];
    let info = [&[&length[..], b"HPKE-v1", suite, label.as_bytes()], of].concat();
    from.expand_multi_info(&info, &mut expanded[..]).expect("it is not long");
    expanded
}
