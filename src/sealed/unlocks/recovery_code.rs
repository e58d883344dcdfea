//! A recovery code: 160 random bits that its user wrote down, which need no slow function.

use crate::{crypto::Key, error::Result, recovery_code, sealed::format::ring::SlotUnlock, secret::Secret};

/// The code's bits, with zeros behind them: the secret of every kind of slot has 32 bytes. They are in a place of their
/// own: what is moved leaves a copy behind.
pub(in crate::sealed) struct RecoveryCode(Box<Key>);

impl RecoveryCode {
    pub(super) fn new(typed: &Secret) -> Result<Self> {
        let bits = recovery_code::parse(typed.expose())?;
        let mut secret = Box::new(Key::default());
        secret[..bits.len()].copy_from_slice(&bits[..]);
        Ok(RecoveryCode(secret))
    }

    /// What the key of a slot of this kind is derived from.
    pub(super) fn secret(&self, slot: &SlotUnlock) -> Option<&Key> {
        matches!(slot, SlotUnlock::RecoveryCode).then_some(&*self.0)
    }

    pub(super) fn new_slot() -> SlotUnlock {
        SlotUnlock::RecoveryCode
    }
}
