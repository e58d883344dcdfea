//! The app's own key: 32 random bytes, which need no slow function.

use crate::{crypto::Key, error::Result, key_material::KeyMaterial, sealed::format::ring::SlotUnlock, unlock};

/// The key's bytes, in a place of their own: what is moved leaves a copy behind.
pub(in crate::sealed) struct AppKey(Box<Key>);

impl AppKey {
    pub(super) fn new(key: &KeyMaterial) -> Result<Self> {
        unlock::app_key(key).map(|key| AppKey(Box::new(key)))
    }

    /// What the key of a slot of this kind is derived from.
    pub(super) fn secret(&self, slot: &SlotUnlock) -> Option<&Key> {
        matches!(slot, SlotUnlock::AppKey).then_some(&*self.0)
    }

    pub(super) fn new_slot() -> SlotUnlock {
        SlotUnlock::AppKey
    }
}
