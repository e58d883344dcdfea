//! Unlocks: from what an app gives to a data key. Each kind has a file, and this one joins them.
//!
//! First a credential is made [`Ready`]: whatever its user must be asked is asked once, for all slots of the ring. Then
//! slots are tried with it, one by one. The slot that it opens gives a key pair, and that opens the data key. So the data
//! key can be sealed for a slot without the secret that opens the slot.

mod app_key;
mod passphrase;
mod recovery_code;

use ctutils::CtEq;
use zeroize::Zeroizing;

use super::{
    Platform,
    aead::{Aead, open_one, seal_one},
    errors,
    format::{
        Id, Sealed,
        ring::{RingHead, Slot, SlotHead, SlotUnlock},
    },
    hpke,
    kdf::{self, SlotKey},
};
use crate::{
    crypto::{Key, KeyPair, Point, random_array},
    error::Result,
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
        let derive = |secret: &Key| kdf::derive_slot_key(secret, &head.salt, &head.info(namespace));
        Ok(match self {
            Ready::Passphrase(passphrase) => passphrase.secret::<P>(&head.unlock).await?.as_ref().map(derive),
            Ready::AppKey(key) => key.secret(&head.unlock).map(derive),
            Ready::RecoveryCode(code) => code.secret(&head.unlock).map(derive),
        })
    }

    /// The slot's key pair, if the slot is of this kind and commits to what this credential derives. Then it must open.
    pub(super) async fn open<P: Platform>(&self, namespace: &str, slot: &Slot) -> Result<Option<KeyPair>> {
        let derived = self.slot_key::<P>(namespace, &slot.head).await?;
        // AES-GCM does not commit to its key: a ciphertext can be made that opens under many.
        let is_committed = |derived: &SlotKey| bool::from(derived.commitment.ct_eq(&slot.head.commitment));
        let Some(SlotKey { key, .. }) = derived.filter(is_committed) else { return Ok(None) };
        let opened = open_one(&P::Key::import(&key).await?, &slot.head.pair_aad(namespace), &slot.pair).await?;
        let opened = opened.as_deref().and_then(|pair| pair.split_first_chunk());
        let Some((private, public)) = opened.and_then(|(private, rest)| Some((private, rest.try_into().ok()?))) else {
            return Err(errors::changed_by_somebody(namespace));
        };
        Ok(Some(KeyPair { private: Key::new(*private), public }))
    }
}

/// What a credential has opened.
pub(super) struct Opened {
    /// The slot's place.
    pub(super) at: usize,
    pub(super) data_key: Key,
    /// As it stands under the slot's key.
    pub(super) public: Point,
}

/// The data key, from the first slot that a credential opens.
pub(super) async fn open_any<P: Platform>(namespace: &str, head: &RingHead, with: &Credential) -> Result<Opened> {
    let Some((at, pair)) = find::<P>(namespace, &head.slots, with).await? else {
        return Err(errors::refused(namespace, head, with.kind()));
    };
    let slot = &head.slots[at];
    let info = slot.head.data_key_info(namespace, &head.data_key_id);
    let data_key = hpke::open::<P>(&pair, &info, &slot.data_key).await?;
    let data_key = data_key.ok_or_else(|| errors::changed_by_somebody(namespace))?;
    Ok(Opened { at, data_key, public: pair.public })
}

/// The place and the key pair of the first slot that a credential opens.
pub(super) async fn find<P: Platform>(
    namespace: &str,
    slots: &[Slot],
    with: &Credential,
) -> Result<Option<(usize, KeyPair)>> {
    let Some(ready) = Ready::of::<P>(with)? else { return Ok(None) };
    for (at, slot) in slots.iter().enumerate() {
        if let Some(pair) = ready.open::<P>(namespace, slot).await? {
            return Ok(Some((at, pair)));
        }
    }
    Ok(None)
}

/// A slot of a ring that is to be made.
pub(super) struct NextSlot {
    head: SlotHead,
    pair: Sealed,
    public: Point,
}

impl NextSlot {
    /// A slot of an older ring, and its public key.
    pub(super) fn kept(slot: Slot, public: Point) -> Self {
        NextSlot { head: slot.head, pair: slot.pair, public }
    }

    /// A new slot for a credential, with a new salt and a new key pair.
    pub(super) async fn new<P: Platform>(namespace: &str, id: Id, label: &str, with: &Credential) -> Result<Self> {
        let ready = Ready::of::<P>(with)?.ok_or_else(errors::unwritable)?;
        let (salt, unlock) = (random_array()?, ready.new_slot()?);
        let mut head = SlotHead { id, label: label.to_owned(), salt, unlock, commitment: Default::default() };
        let SlotKey { key, commitment } =
            ready.slot_key::<P>(namespace, &head).await?.ok_or_else(errors::unwritable)?;
        head.commitment = commitment;
        let KeyPair { private, public } = P::generate().await?;
        let both = Zeroizing::new([&private[..], &public].concat());
        let pair = seal_one(&P::Key::import(&key).await?, &head.pair_aad(namespace), &both).await?;
        Ok(NextSlot { head, pair, public })
    }

    /// Takes another copy of its public key.
    pub(super) fn with_public(&mut self, public: Point) {
        self.public = public;
    }

    pub(super) fn public(&self) -> &Point {
        &self.public
    }

    pub(super) fn head(&self) -> &SlotHead {
        &self.head
    }

    /// Seals a data key to it.
    pub(super) async fn seal<P: Platform>(self, namespace: &str, data_key_id: &Id, data_key: &Key) -> Result<Slot> {
        let info = self.head.data_key_info(namespace, data_key_id);
        let data_key = hpke::seal::<P>(&self.public, &info, data_key).await?;
        let data_key = data_key.ok_or_else(|| errors::changed_by_somebody(namespace))?;
        Ok(Slot { head: self.head, pair: self.pair, data_key })
    }
}
