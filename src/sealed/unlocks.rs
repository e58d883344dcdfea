//! Unlocks: from what an app gives to a data key. Each kind has a file, and this one joins them.
//!
//! There are two steps. First a credential is made [`Ready`]: whatever its user must be asked is asked once, for all
//! slots of the ring. Then slots are opened with it, one by one.

mod app_key;
mod passphrase;
mod recovery_code;

use ctutils::CtEq;

use super::{
    Platform,
    aead::{Aead, open_key, seal_key},
    errors,
    format::{
        Id,
        ring::{Slot, SlotHead, SlotUnlock},
    },
    kdf::{self, SlotKey},
};
use crate::{
    crypto::{Key, random_array},
    error::{Error, Result},
    unlock::Credential,
};
use app_key::AppKey;
use passphrase::Passphrase;
#[cfg(test)]
pub(super) use passphrase::prepare as prepare_passphrase;
use recovery_code::RecoveryCode;

/// A credential that opens slots, ready for all slots of a ring.
pub(super) enum Ready {
    Passphrase(Passphrase),
    AppKey(AppKey),
    RecoveryCode(RecoveryCode),
}

impl Ready {
    /// `None` for a device, which opens no slot.
    pub(super) fn of<P: Platform>(credential: &Credential) -> Result<Option<Self>> {
        Ok(match credential {
            Credential::Device => None,
            Credential::Passphrase(text) => Some(Ready::Passphrase(Passphrase::new(text, P::nfc)?)),
            Credential::AppKey(key) => Some(Ready::AppKey(AppKey::new(key)?)),
            Credential::RecoveryCode(code) => Some(Ready::RecoveryCode(RecoveryCode::new(code)?)),
        })
    }

    /// What the slot's key is derived from, if the slot is of this kind.
    async fn secret<P: Platform>(&self, slot: &SlotUnlock) -> Result<Option<Key>> {
        match self {
            Ready::Passphrase(passphrase) => passphrase.secret::<P>(slot).await,
            Ready::AppKey(key) => Ok(key.secret(slot)),
            Ready::RecoveryCode(code) => Ok(code.secret(slot)),
        }
    }

    /// What a new slot of this kind contains.
    fn new_slot(&self) -> Result<SlotUnlock> {
        match self {
            Ready::Passphrase(_) => Passphrase::new_slot(),
            Ready::AppKey(_) => Ok(AppKey::new_slot()),
            Ready::RecoveryCode(_) => Ok(RecoveryCode::new_slot()),
        }
    }

    /// What this credential derives for a slot, if the slot is of this kind.
    async fn slot_key<P: Platform>(&self, namespace: &str, head: &SlotHead) -> Result<Option<SlotKey>> {
        let secret = self.secret::<P>(&head.unlock).await?;
        Ok(secret.map(|secret| kdf::derive_slot_key(&secret, &head.salt, &head.info(namespace))))
    }

    /// The data key, if the slot is of this kind and commits to what this credential derives. Then it must open.
    pub(super) async fn open<P: Platform>(
        &self,
        namespace: &str,
        data_key_id: &Id,
        slot: &Slot,
    ) -> Result<Option<Key>> {
        let Slot::Known { head, data_key } = slot else { return Ok(None) };
        let derived = self.slot_key::<P>(namespace, head).await?;
        // AES-GCM does not commit to its key: a ciphertext can be made that opens under many.
        let is_committed = |derived: &SlotKey| bool::from(derived.commitment.ct_eq(&head.commitment));
        let Some(SlotKey { key, .. }) = derived.filter(is_committed) else { return Ok(None) };
        let opened = open_key(&P::Key::import(&key).await?, &head.aad(namespace, data_key_id), data_key).await?;
        opened.ok_or_else(|| errors::damaged(namespace, "somebody has changed it")).map(Some)
    }
}

/// The data key, from the first slot that a credential opens.
pub(super) async fn open_any<P: Platform>(
    namespace: &str,
    data_key_id: &Id,
    slots: &[Slot],
    with: &Credential,
) -> Result<Key> {
    if let Some(ready) = Ready::of::<P>(with)? {
        for slot in slots {
            if let Some(data_key) = ready.open::<P>(namespace, data_key_id, slot).await? {
                return Ok(data_key);
            }
        }
    }
    Err(errors::refused(namespace, slots, with.kind()))
}

/// A slot to make.
pub(super) struct NewSlot<'a> {
    pub(super) id: Id,
    pub(super) label: String,
    pub(super) credential: &'a Credential,
}

impl<'a> NewSlot<'a> {
    pub(super) fn new(label: &str, credential: &'a Credential) -> Result<Self> {
        Ok(NewSlot { id: random_array()?, label: label.to_owned(), credential })
    }

    /// Wraps a data key in it.
    pub(super) async fn wrap<P: Platform>(self, namespace: &str, data_key_id: &Id, data_key: &Key) -> Result<Slot> {
        let ready = Ready::of::<P>(self.credential)?.ok_or_else(device_beside_others)?;
        let (salt, unlock) = (random_array()?, ready.new_slot()?);
        let mut head = SlotHead { id: self.id, label: self.label, salt, unlock, commitment: Default::default() };
        let SlotKey { key, commitment } =
            ready.slot_key::<P>(namespace, &head).await?.ok_or_else(errors::unwritable)?;
        head.commitment = commitment;
        let data_key = seal_key(&P::Key::import(&key).await?, &head.aad(namespace, data_key_id), data_key).await?;
        Ok(Slot::Known { head, data_key })
    }
}

fn device_beside_others() -> Error {
    Error::invalid(
        "added",
        "the device cannot be one of several unlocks: give a passphrase, an app key or a recovery code",
    )
}
