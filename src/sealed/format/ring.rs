//! Key rings: what a namespace's data key is obtained from, and its name key.

use crate::{crypto::argon2id::Cost, unlock::UnlockKind};

use super::{
    CHECKSUM_BYTES, Id, KEY_BYTES, MAGIC, NotRead, SealedKey, TAG_BYTES, VERSION, associated_data,
    wire::{Reader, put_prefixed},
};

pub(crate) const MAX_SLOTS: u8 = 8;
const MAX_SLOT_BYTES: usize = 4096;
pub(crate) const MAX_LABEL_BYTES: usize = 64;
const MAX_RP_ID_BYTES: usize = 253;
const MAX_CREDENTIAL_ID_BYTES: usize = 1023;

const DEVICE: u8 = 1;
const KEYCHAIN: u8 = 2;
const SLOTS: u8 = 3;

/// Length of the longest ring. It has the most slots, each of the greatest length.
pub(crate) const MAX_RING_BYTES: usize = 34 + 1 + MAX_SLOTS as usize * (4 + MAX_SLOT_BYTES) + 60 + CHECKSUM_BYTES;

const PASSPHRASE: u8 = 1;
const APP_KEY: u8 = 2;
const PASSKEY: u8 = 3;
const RECOVERY_CODE: u8 = 4;

/// A ring, read or to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ring {
    pub(crate) head: RingHead,
    /// The name key, sealed under the data key.
    pub(crate) name_key: SealedKey,
}

/// What precedes the name key, which is sealed over all of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RingHead {
    pub(crate) generation: u64,
    pub(crate) data_key_id: Id,
    pub(crate) protection: Protection,
}

/// What the data key is obtained from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Protection {
    /// It is kept beside the ring, as a key that the browser does not give out.
    Device,
    /// It is wrapped by a key in the system's keychain.
    Keychain { item: Id, data_key: SealedKey },
    /// It is wrapped in each of 1 to 8 slots, by that slot's own key.
    Slots(Vec<Slot>),
}

impl Protection {
    /// The keychain's item that it names.
    pub(crate) fn item(&self) -> Option<&Id> {
        match self {
            Protection::Keychain { item, .. } => Some(item),
            Protection::Device | Protection::Slots(_) => None,
        }
    }
}

/// One unlock of a ring.
#[allow(clippy::large_enum_variant, reason = "a ring has at most 8 of them; on 32 bits they are small enough")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Slot {
    Known {
        head: SlotHead,
        data_key: SealedKey,
    },
    /// A kind that only a newer version knows. It is kept as it is, so that what is sealed over it can be opened.
    Unknown {
        kind: u8,
        id: Id,
        label: String,
        rest: Vec<u8>,
    },
}

/// What precedes the data key in a slot. The data key is wrapped over it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SlotHead {
    pub(crate) id: Id,
    pub(crate) label: String,
    /// For HKDF.
    pub(crate) salt: [u8; 32],
    pub(crate) unlock: SlotUnlock,
    /// To the slot's key, which is derived together with it.
    pub(crate) commitment: [u8; 32],
}

/// What opens a slot, and what else is needed for that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SlotUnlock {
    Passphrase(Cost),
    AppKey,
    Passkey(Passkey),
    RecoveryCode,
}

/// A WebAuthn credential, and the input of its PRF.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Passkey {
    pub(crate) rp_id: String,
    pub(crate) credential_id: Vec<u8>,
    pub(crate) user_id: [u8; 32],
    pub(crate) prf_input: [u8; 32],
}

/// The part of a stored ring that is hashed for its checksum. Vaults end as rings do, so it is used for them too.
pub(crate) fn hashed(bytes: &[u8]) -> Result<&[u8], NotRead> {
    split(bytes).map(|(body, _)| body)
}

/// The checksum of a stored ring, which tells one ring from another.
pub(crate) fn id(bytes: &[u8]) -> Result<[u8; CHECKSUM_BYTES], NotRead> {
    split(bytes).map(|(_, checksum)| *checksum)
}

fn split(bytes: &[u8]) -> Result<(&[u8], &[u8; CHECKSUM_BYTES]), NotRead> {
    bytes.split_last_chunk().ok_or(NotRead::Malformed("it is cut off"))
}

/// Adds the checksum to an encoded ring or vault.
pub(crate) fn with_checksum(mut body: Vec<u8>, sha256: &[u8; CHECKSUM_BYTES]) -> Vec<u8> {
    body.extend_from_slice(sha256);
    body
}

impl Ring {
    /// Reads a stored ring, given the SHA-256 of its [`hashed`] part.
    pub(crate) fn parse(bytes: &[u8], sha256: &[u8; CHECKSUM_BYTES]) -> Result<Self, NotRead> {
        let (body, checksum) = split(bytes)?;
        if !body.starts_with(&MAGIC) {
            return Err(NotRead::Malformed("it does not start as a ring does"));
        }
        if checksum != sha256 {
            return Err(NotRead::Malformed("its checksum does not match"));
        }
        Self::parse_body(body)
    }

    fn parse_body(body: &[u8]) -> Result<Self, NotRead> {
        let mut reader = Reader(body);
        let _magic: [u8; MAGIC.len()] = reader.array()?;
        reader.version()?;
        let generation = u64::from_be_bytes(reader.array()?);
        let data_key_id = reader.array()?;
        let protection = match reader.byte()? {
            DEVICE => Protection::Device,
            KEYCHAIN => Protection::Keychain { item: reader.array()?, data_key: SealedKey::read(&mut reader)? },
            SLOTS => Protection::Slots(read_slots(&mut reader)?),
            0 => return Err(NotRead::Malformed("it has the protection 0")),
            _ => return Err(NotRead::Newer),
        };
        let name_key = SealedKey::read(&mut reader)?;
        reader.finish()?;
        Ok(Ring { head: RingHead { generation, data_key_id, protection }, name_key })
    }

    /// The bytes to store, without their checksum. A ring that would not be read back as it is, is not written.
    pub(crate) fn encode(&self) -> Result<Vec<u8>, NotRead> {
        let mut body = self.head.encode();
        self.name_key.put(&mut body);
        if Self::parse_body(&body)? == *self { Ok(body) } else { Err(NotRead::Malformed("it reads as another ring")) }
    }
}

impl RingHead {
    fn encode(&self) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        bytes.push(VERSION);
        bytes.extend_from_slice(&self.generation.to_be_bytes());
        bytes.extend_from_slice(&self.data_key_id);
        match &self.protection {
            Protection::Device => bytes.push(DEVICE),
            Protection::Keychain { item, data_key } => {
                bytes.push(KEYCHAIN);
                bytes.extend_from_slice(item);
                data_key.put(&mut bytes);
            }
            Protection::Slots(slots) => {
                bytes.push(SLOTS);
                // A ring with too many is not read, and so not written.
                bytes.push(u8::try_from(slots.len()).unwrap_or(u8::MAX));
                slots.iter().for_each(|slot| put_prefixed(&mut bytes, &slot.encode()));
            }
        }
        bytes
    }

    /// What the name key is authenticated with: all of the ring that precedes it.
    pub(crate) fn name_key_aad(&self, namespace: &str) -> Vec<u8> {
        associated_data("name-key", namespace, &[&self.encode()])
    }

    /// What a data key is authenticated with that is wrapped by the keychain's item.
    pub(crate) fn keychain_aad(namespace: &str, data_key_id: &Id, item: &Id) -> Vec<u8> {
        associated_data("keychain", namespace, &[data_key_id, item])
    }
}

fn read_slots(reader: &mut Reader<'_>) -> Result<Vec<Slot>, NotRead> {
    let count = reader.byte()?;
    if !(1..=MAX_SLOTS).contains(&count) {
        return Err(NotRead::Malformed("it has no slot, or more than 8"));
    }
    let mut slots: Vec<Slot> = Vec::with_capacity(count.into());
    for _ in 0..count {
        let slot = Slot::parse(reader.prefixed(MAX_SLOT_BYTES)?)?;
        if slots.iter().any(|other| other.id() == slot.id()) {
            return Err(NotRead::Malformed("two slots have one id"));
        }
        if slot.kind() == UnlockKind::Passphrase && slots.iter().any(|other| other.kind() == UnlockKind::Passphrase) {
            return Err(NotRead::Malformed("two slots are passphrases'"));
        }
        slots.push(slot);
    }
    Ok(slots)
}

impl Slot {
    fn parse(bytes: &[u8]) -> Result<Self, NotRead> {
        let mut reader = Reader(bytes);
        let (kind, id) = (reader.byte()?, reader.array()?);
        let label = reader.text(MAX_LABEL_BYTES)?.to_owned();
        if kind == 0 {
            return Err(NotRead::Malformed("a slot has the kind 0"));
        }
        if kind > RECOVERY_CODE {
            return Ok(Slot::Unknown { kind, id, label, rest: reader.0.to_vec() });
        }
        let salt = reader.array()?;
        let unlock = match kind {
            PASSPHRASE => SlotUnlock::Passphrase(read_cost(&mut reader)?),
            APP_KEY => SlotUnlock::AppKey,
            PASSKEY => SlotUnlock::Passkey(Passkey::read(&mut reader)?),
            _ => SlotUnlock::RecoveryCode,
        };
        let commitment = reader.array()?;
        let data_key = SealedKey::read(&mut reader)?;
        reader.finish()?;
        Ok(Slot::Known { head: SlotHead { id, label, salt, unlock, commitment }, data_key })
    }

    fn encode(&self) -> Vec<u8> {
        match self {
            Slot::Known { head, data_key } => {
                let mut bytes = head.encode();
                data_key.put(&mut bytes);
                bytes
            }
            Slot::Unknown { kind, id, label, rest } => {
                let mut bytes = slot_start(*kind, id, label);
                bytes.extend_from_slice(rest);
                bytes
            }
        }
    }

    /// The user's name for it.
    pub(crate) fn label(&self) -> &str {
        match self {
            Slot::Known { head, .. } => &head.label,
            Slot::Unknown { label, .. } => label,
        }
    }

    /// The kind of unlock that it is for.
    pub(crate) fn kind(&self) -> UnlockKind {
        match self {
            Slot::Known { head, .. } => match head.unlock {
                SlotUnlock::Passphrase(_) => UnlockKind::Passphrase,
                SlotUnlock::AppKey => UnlockKind::AppKey,
                SlotUnlock::Passkey(_) => UnlockKind::Passkey,
                SlotUnlock::RecoveryCode => UnlockKind::RecoveryCode,
            },
            Slot::Unknown { .. } => UnlockKind::Unknown,
        }
    }

    /// The id that removes the slot.
    pub(crate) fn id(&self) -> &Id {
        match self {
            Slot::Known { head, .. } => &head.id,
            Slot::Unknown { id, .. } => id,
        }
    }
}

/// How every slot starts, whatever its kind.
fn slot_start(kind: u8, id: &Id, label: &str) -> Vec<u8> {
    let mut bytes = vec![kind];
    bytes.extend_from_slice(id);
    put_prefixed(&mut bytes, label.as_bytes());
    bytes
}

impl SlotHead {
    fn encode(&self) -> Vec<u8> {
        let mut bytes = slot_start(self.unlock.kind(), &self.id, &self.label);
        bytes.extend_from_slice(&self.salt);
        match &self.unlock {
            SlotUnlock::Passphrase(cost) => {
                bytes.extend_from_slice(&cost.memory_kib.to_be_bytes());
                bytes.extend_from_slice(&cost.passes.to_be_bytes());
                bytes.extend_from_slice(&cost.salt);
            }
            SlotUnlock::AppKey | SlotUnlock::RecoveryCode => {}
            SlotUnlock::Passkey(passkey) => {
                put_prefixed(&mut bytes, passkey.rp_id.as_bytes());
                put_prefixed(&mut bytes, &passkey.credential_id);
                bytes.extend_from_slice(&passkey.user_id);
                bytes.extend_from_slice(&passkey.prf_input);
            }
        }
        bytes.extend_from_slice(&self.commitment);
        bytes
    }

    /// The info of HKDF, which derives the slot's key and its commitment from the secret that opens it.
    pub(crate) fn info(&self, namespace: &str) -> Vec<u8> {
        let text: &[u8] = match self.unlock {
            SlotUnlock::Passphrase(_) => b"keyfold/v1/passphrase",
            SlotUnlock::AppKey => b"keyfold/v1/app-key",
            SlotUnlock::Passkey(_) => b"keyfold/v1/passkey",
            SlotUnlock::RecoveryCode => b"keyfold/v1/recovery-code",
        };
        let mut info = text.to_vec();
        put_prefixed(&mut info, namespace.as_bytes());
        if let SlotUnlock::Passkey(passkey) = &self.unlock {
            put_prefixed(&mut info, &passkey.credential_id);
        }
        info
    }

    /// What the data key in this slot is authenticated with. Other slots are not in it, so that they may come and go.
    pub(crate) fn aad(&self, namespace: &str, data_key_id: &Id) -> Vec<u8> {
        associated_data("slot", namespace, &[data_key_id, &self.encode()])
    }
}

impl SlotUnlock {
    fn kind(&self) -> u8 {
        match self {
            SlotUnlock::Passphrase(_) => PASSPHRASE,
            SlotUnlock::AppKey => APP_KEY,
            SlotUnlock::Passkey(_) => PASSKEY,
            SlotUnlock::RecoveryCode => RECOVERY_CODE,
        }
    }
}

/// Refuses a cost below the minimum or above what anyone asks for, before any memory is taken for it.
fn read_cost(reader: &mut Reader<'_>) -> Result<Cost, NotRead> {
    let (memory_kib, passes, salt) = (reader.number()?, reader.number()?, reader.array()?);
    let is_legal = (19 << 10..=256 << 10).contains(&memory_kib)
        && (2..=10).contains(&passes)
        && memory_kib.saturating_mul(passes) <= 1 << 20;
    if is_legal {
        Ok(Cost { memory_kib, passes, salt })
    } else {
        Err(NotRead::Malformed("a slot asks for a cost of Argon2id that is out of bounds"))
    }
}

impl Passkey {
    fn read(reader: &mut Reader<'_>) -> Result<Self, NotRead> {
        let rp_id = reader.text(MAX_RP_ID_BYTES)?.to_owned();
        let credential_id = reader.prefixed(MAX_CREDENTIAL_ID_BYTES)?.to_vec();
        if rp_id.is_empty() || credential_id.is_empty() {
            return Err(NotRead::Malformed("a passkey has no rp id, or no credential id"));
        }
        Ok(Passkey { rp_id, credential_id, user_id: reader.array()?, prf_input: reader.array()? })
    }
}

impl SealedKey {
    fn read(reader: &mut Reader<'_>) -> Result<Self, NotRead> {
        Ok(SealedKey { nonce: reader.array()?, ciphertext: reader.array::<{ KEY_BYTES + TAG_BYTES }>()? })
    }

    fn put(&self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(&self.nonce);
        bytes.extend_from_slice(&self.ciphertext);
    }
}
