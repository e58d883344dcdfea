//! A recovery code: 160 random bits that its user wrote down, which need no slow function.

use crate::{crypto::Key, error::Result, recovery_code, sealed::format::ring::SlotUnlock, secret::Secret};

/// The code's bits, with zeros behind them: the secret of every kind of slot has 32 bytes.
pub(in crate::sealed) struct RecoveryCode(Key);

impl RecoveryCode {
    pub(super) fn new(typed: &Secret) -> Result<Self> {
        let bits = recovery_code::parse(typed.expose())?;
        let mut secret = Key::default();
        secret[..bits.len()].copy_from_slice(&bits[..]);
        Ok(RecoveryCode(secret))
    }

    /// What the key of a slot of this kind is derived from.
    pub(super) fn secret(&self, slot: &SlotUnlock) -> Option<Key> {
        matches!(slot, SlotUnlock::RecoveryCode).then(|| self.0.clone())
    }

    pub(super) fn new_slot() -> SlotUnlock {
        SlotUnlock::RecoveryCode
    }
}
