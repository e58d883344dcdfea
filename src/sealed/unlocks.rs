//! Unlocks: from what an app gives to a data key. Each kind has a file, and this one joins them.
//!
//! There are two steps. First a credential is made [`Ready`]: whatever its user must be asked is asked once, for all
//! slots of the ring. Then slots are opened with it, one by one.

mod app_key;
mod passphrase;

use super::{
    Platform,
    aead::{Aead, open_key, seal_key},
    errors,
    format::{
        Id,
        ring::{Slot, SlotHead, SlotUnlock},
    },
    kdf,
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

/// A credential that opens slots, ready for all slots of a ring.
pub(super) enum Ready {
    Passphrase(Passphrase),
    AppKey(AppKey),
}

impl Ready {
    /// `None` for a device, which opens no slot.
    pub(super) fn of<P: Platform>(credential: &Credential) -> Result<Option<Self>> {
        Ok(match credential {
            Credential::Device => None,
            Credential::Passphrase(text) => Some(Ready::Passphrase(Passphrase::new(text, P::nfc)?)),
            Credential::AppKey(key) => Some(Ready::AppKey(AppKey::new(key)?)),
        })
    }

    /// What the slot's key is derived from, if the slot is of this kind.
    async fn secret<P: Platform>(&self, slot: &SlotUnlock) -> Result<Option<Key>> {
        match self {
            Ready::Passphrase(passphrase) => passphrase.secret::<P>(slot).await,
            Ready::AppKey(key) => Ok(key.secret(slot)),
        }
    }

    /// What a new slot of this kind contains.
    fn new_slot(&self) -> Result<SlotUnlock> {
        match self {
            Ready::Passphrase(_) => Passphrase::new_slot(),
            Ready::AppKey(_) => Ok(AppKey::new_slot()),
        }
    }

    /// The key of a slot, if the slot is of this kind.
    async fn slot_key<P: Platform>(&self, namespace: &str, head: &SlotHead) -> Result<Option<P::Key>> {
        let Some(secret) = self.secret::<P>(&head.unlock).await? else { return Ok(None) };
        P::Key::import(&kdf::derive_key(&secret, &head.salt, &head.info(namespace))).await.map(Some)
    }

    /// The data key, if the slot is of this kind and this credential opens it.
    pub(super) async fn open<P: Platform>(
        &self,
        namespace: &str,
        data_key_id: &Id,
        slot: &Slot,
    ) -> Result<Option<Key>> {
        let Slot::Known { head, data_key } = slot else { return Ok(None) };
        let Some(slot_key) = self.slot_key::<P>(namespace, head).await? else { return Ok(None) };
        open_key(&slot_key, &head.aad(namespace, data_key_id), data_key).await
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
        let head = SlotHead { id: self.id, label: self.label, salt: random_array()?, unlock: ready.new_slot()? };
        let slot_key = ready.slot_key::<P>(namespace, &head).await?.ok_or_else(errors::unwritable)?;
        let data_key = seal_key(&slot_key, &head.aad(namespace, data_key_id), data_key).await?;
        Ok(Slot::Known { head, data_key })
    }
}

fn device_beside_others() -> Error {
    Error::invalid("added", "the device cannot be one of several unlocks: give a passphrase or an app key")
}
