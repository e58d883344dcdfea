//! The user's passphrase: prepared as RFC 8265 says, then put through Argon2id.

use zeroize::Zeroizing;

use crate::{
    crypto::{Key, argon2id::Cost, random_array},
    error::Result,
    sealed::{Platform, format::ring::SlotUnlock},
    secret::Secret,
    unlock::empty_passphrase,
};

/// A prepared passphrase.
pub(in crate::sealed) struct Passphrase(Zeroizing<Vec<u8>>);

impl Passphrase {
    pub(super) fn new(text: &Secret, nfc: impl FnOnce(&str) -> Vec<u8>) -> Result<Self> {
        // It was given as text.
        let text = str::from_utf8(text.expose()).unwrap_or_default();
        prepare(text, nfc).map(Passphrase)
    }

    /// What the key of a slot of this kind is derived from.
    pub(super) async fn secret<P: Platform>(&self, slot: &SlotUnlock) -> Result<Option<Key>> {
        let SlotUnlock::Passphrase(cost) = slot else { return Ok(None) };
        P::argon2id(&self.0, cost).await.map(Some)
    }

    /// A new slot costs 64 MiB and three passes.
    pub(super) fn new_slot() -> Result<SlotUnlock> {
        Ok(SlotUnlock::Passphrase(Cost { memory_kib: 64 << 10, passes: 3, salt: random_array()? }))
    }
}

/// A passphrase as Argon2id takes it, after the mappings of OpaqueString (RFC 8265, 4.2.2). Other spaces become U+0020,
/// then comes NFC. Nothing is trimmed.
pub(in crate::sealed) fn prepare(text: &str, nfc: impl FnOnce(&str) -> Vec<u8>) -> Result<Zeroizing<Vec<u8>>> {
    if text.is_empty() {
        return Err(empty_passphrase());
    }
    // No character becomes longer: a buffer that grows would leave a copy behind.
    let mut mapped = Zeroizing::new(String::with_capacity(text.len()));
    mapped.extend(text.chars().map(|c| if is_other_space(c) { ' ' } else { c }));
    Ok(Zeroizing::new(nfc(&mapped)))
}

/// Unicode's space separators (Zs), except U+0020.
fn is_other_space(c: char) -> bool {
    matches!(c, '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}')
}
