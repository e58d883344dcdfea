//! Key rings: what a namespace's data key is obtained from, its name key, and the public keys of its slots.

use crate::{
    crypto::{KEY_BYTES, NONCE_BYTES, POINT_BYTES, Point, TAG_BYTES, argon2id::Cost},
    unlock::UnlockKind,
};

use super::{
    CHECKSUM_BYTES, Id, MAGIC, NotRead, Sealed, VERSION, associated_data,
    wire::{Reader, put_prefixed},
};

pub(crate) const MAX_SLOTS: usize = 8;
const MAX_SLOT_BYTES: usize = 4096;
pub(crate) const MAX_LABEL_BYTES: usize = 64;
const MAX_RP_ID_BYTES: usize = 253;
const MAX_CREDENTIAL_ID_BYTES: usize = 1023;

/// How many ways in a device can have: one of a browser, and those of the systems.
const MAX_WAYS: usize = 4;
const MAX_WAY_BYTES: usize = 1024;

/// Length of the longest ring. It has the most ways in and the most slots, each of the greatest length.
pub(crate) const MAX_RING_BYTES: usize = 33
    + (1 + MAX_WAYS * (1 + 4 + MAX_WAY_BYTES))
    + (1 + MAX_SLOTS * (4 + MAX_SLOT_BYTES))
    + NONCE_BYTES
    + body_bytes(MAX_SLOTS)
    + TAG_BYTES
    + CHECKSUM_BYTES;

const BESIDE: u8 = 1;
const KEYCHAIN: u8 = 2;

const PASSPHRASE: u8 = 1;
const APP_KEY: u8 = 2;
const PASSKEY: u8 = 3;
const RECOVERY_CODE: u8 = 4;

/// Length of a slot's private and public key together.
pub(crate) const KEY_PAIR_BYTES: usize = KEY_BYTES + POINT_BYTES;

/// Length of a ring's body before it is sealed.
pub(crate) const fn body_bytes(slots: usize) -> usize {
    KEY_BYTES + slots * POINT_BYTES
}

/// A ring, read or to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ring {
    pub(crate) head: RingHead,
    /// The name key and the public key of each slot, sealed under the data key.
    pub(crate) body: Sealed,
}

/// What precedes the body, which is sealed over all of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RingHead {
    pub(crate) generation: u64,
    pub(crate) data_key_id: Id,
    /// How the device that made it obtains the data key, without anybody's secret.
    pub(crate) ways: Vec<Way>,
    pub(crate) slots: Vec<Slot>,
}

/// How a device obtains the data key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// The data key is kept beside the ring, as a key that the browser does not give out.
    Beside,
    /// It is wrapped by a key in the system's keychain.
    Keychain { item: Id, data_key: Sealed },
    /// A kind that only a newer version knows. It is kept as it is, so that what is sealed over it can be opened.
    Unknown { kind: u8, parameters: Vec<u8> },
}

/// One unlock of a ring. Whatever its kind, the data key is sealed to its public key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Slot {
    pub(crate) head: SlotHead,
    /// Its private and public key, sealed under the slot's key.
    pub(crate) pair: Sealed,
    pub(crate) data_key: Encapsulated,
}

/// A key that is sealed to a public key (HPKE, RFC 9180).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Encapsulated {
    /// The ephemeral public key.
    pub(crate) enc: Point,
    /// The ciphertext with its tag behind it.
    pub(crate) ciphertext: Vec<u8>,
}

/// What precedes the key pair in a slot. Rotations copy it and the pair as they are.
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
    /// A kind that only a newer version opens.
    Unknown {
        kind: u8,
        parameters: Vec<u8>,
    },
}

/// A WebAuthn credential, and the input of its PRF.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Passkey {
    pub(crate) rp_id: String,
    pub(crate) credential_id: Vec<u8>,
    /// Where its authenticator may be reached, as a bit for each of WebAuthn's names.
    pub(crate) transports: u16,
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
        let (hashed, checksum) = split(bytes)?;
        if !hashed.starts_with(&MAGIC) {
            return Err(NotRead::Malformed("it does not start as a ring does"));
        }
        if checksum != sha256 {
            return Err(NotRead::Malformed("its checksum does not match"));
        }
        Self::parse_hashed(hashed)
    }

    fn parse_hashed(hashed: &[u8]) -> Result<Self, NotRead> {
        let mut reader = Reader(hashed);
        let _magic: [u8; MAGIC.len()] = reader.array()?;
        reader.version()?;
        let (generation, data_key_id) = (u64::from_be_bytes(reader.array()?), reader.array()?);
        let (ways, slots) = (read_ways(&mut reader)?, read_slots(&mut reader)?);
        if ways.is_empty() && slots.is_empty() {
            return Err(NotRead::Malformed("nothing opens it"));
        }
        let body = Sealed::read(&mut reader, body_bytes(slots.len()))?;
        reader.finish()?;
        Ok(Ring { head: RingHead { generation, data_key_id, ways, slots }, body })
    }

    /// The bytes to store, without their checksum. A ring that would not be read back as it is, is not written.
    pub(crate) fn encode(&self) -> Result<Vec<u8>, NotRead> {
        let mut bytes = self.head.encode();
        self.body.put(&mut bytes);
        if Self::parse_hashed(&bytes)? == *self {
            Ok(bytes)
        } else {
            Err(NotRead::Malformed("it reads as another ring"))
        }
    }
}

impl RingHead {
    fn encode(&self) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        bytes.push(VERSION);
        bytes.extend_from_slice(&self.generation.to_be_bytes());
        bytes.extend_from_slice(&self.data_key_id);
        put_count(&mut bytes, self.ways.len());
        for way in &self.ways {
            bytes.push(way.kind());
            put_prefixed(&mut bytes, &way.parameters());
        }
        put_count(&mut bytes, self.slots.len());
        self.slots.iter().for_each(|slot| put_prefixed(&mut bytes, &slot.encode()));
        bytes
    }

    /// What the body is authenticated with: all of the ring that precedes it.
    pub(crate) fn aad(&self, namespace: &str) -> Vec<u8> {
        associated_data("ring", namespace, &[&self.encode()])
    }

    /// What a data key is authenticated with that is wrapped by the keychain's item.
    pub(crate) fn keychain_aad(namespace: &str, data_key_id: &Id, item: &Id) -> Vec<u8> {
        associated_data("keychain", namespace, &[data_key_id, item])
    }

    /// Whether the data key lies beside it.
    pub(crate) fn is_beside_its_key(&self) -> bool {
        self.ways.contains(&Way::Beside)
    }

    /// The keychain's item that it names, and the data key that is wrapped by it.
    pub(crate) fn keychain(&self) -> Option<(&Id, &Sealed)> {
        self.ways
            .iter()
            .find_map(|way| if let Way::Keychain { item, data_key } = way { Some((item, data_key)) } else { None })
    }

    /// What opens it.
    pub(crate) fn unlocks(&self) -> impl Iterator<Item = UnlockKind> {
        self.ways.first().map(|_| UnlockKind::Device).into_iter().chain(self.slots.iter().map(Slot::kind))
    }
}

/// Of more than are legal none is read, and so none written.
fn put_count(bytes: &mut Vec<u8>, count: usize) {
    bytes.push(u8::try_from(count).unwrap_or(u8::MAX));
}

fn read_count(reader: &mut Reader<'_>, max: usize) -> Result<usize, NotRead> {
    match usize::from(reader.byte()?) {
        count if count <= max => Ok(count),
        _ => Err(NotRead::Malformed("it has more ways in, or slots, than a ring can have")),
    }
}

fn read_ways(reader: &mut Reader<'_>) -> Result<Vec<Way>, NotRead> {
    let count = read_count(reader, MAX_WAYS)?;
    let mut ways: Vec<Way> = Vec::with_capacity(count);
    for _ in 0..count {
        let kind = reader.byte()?;
        let way = Way::read(kind, Reader(reader.prefixed(MAX_WAY_BYTES)?))?;
        if ways.iter().any(|other| other.kind() == kind) {
            return Err(NotRead::Malformed("two of a device's ways in are of one kind"));
        }
        ways.push(way);
    }
    Ok(ways)
}

impl Way {
    fn read(kind: u8, mut parameters: Reader<'_>) -> Result<Self, NotRead> {
        let way = match kind {
            0 => return Err(NotRead::Malformed("a device's way in has the kind 0")),
            BESIDE => Way::Beside,
            KEYCHAIN => {
                Way::Keychain { item: parameters.array()?, data_key: Sealed::read(&mut parameters, KEY_BYTES)? }
            }
            _ => return Ok(Way::Unknown { kind, parameters: parameters.0.to_vec() }),
        };
        parameters.finish()?;
        Ok(way)
    }

    fn kind(&self) -> u8 {
        match self {
            Way::Beside => BESIDE,
            Way::Keychain { .. } => KEYCHAIN,
            Way::Unknown { kind, .. } => *kind,
        }
    }

    fn parameters(&self) -> Vec<u8> {
        match self {
            Way::Beside => Vec::new(),
            Way::Keychain { item, data_key } => {
                let mut bytes = item.to_vec();
                data_key.put(&mut bytes);
                bytes
            }
            Way::Unknown { parameters, .. } => parameters.clone(),
        }
    }
}

fn read_slots(reader: &mut Reader<'_>) -> Result<Vec<Slot>, NotRead> {
    let count = read_count(reader, MAX_SLOTS)?;
    let mut slots: Vec<Slot> = Vec::with_capacity(count);
    for _ in 0..count {
        let slot = Slot::read(reader.prefixed(MAX_SLOT_BYTES)?)?;
        slots.iter().try_for_each(|other| other.can_be_beside(&slot))?;
        slots.push(slot);
    }
    Ok(slots)
}

impl Slot {
    fn read(bytes: &[u8]) -> Result<Self, NotRead> {
        let mut reader = Reader(bytes);
        let head = SlotHead::read(&mut reader)?;
        let pair = Sealed::read(&mut reader, KEY_PAIR_BYTES)?;
        let enc = reader.array()?;
        let ciphertext = reader.array::<{ KEY_BYTES + TAG_BYTES }>()?.to_vec();
        reader.finish()?;
        Ok(Slot { head, pair, data_key: Encapsulated { enc, ciphertext } })
    }

    fn encode(&self) -> Vec<u8> {
        let mut bytes = self.head.encode();
        self.pair.put(&mut bytes);
        bytes.extend_from_slice(&self.data_key.enc);
        bytes.extend_from_slice(&self.data_key.ciphertext);
        bytes
    }

    /// Refuses two that a ring cannot have. One touch asks all of its passkeys, so these have one rp id and one input.
    fn can_be_beside(&self, other: &Slot) -> Result<(), NotRead> {
        if self.head.id == other.head.id {
            return Err(NotRead::Malformed("two slots have one id"));
        }
        match (&self.head.unlock, &other.head.unlock) {
            (SlotUnlock::Passphrase(_), SlotUnlock::Passphrase(_)) => {
                Err(NotRead::Malformed("two slots are passphrases'"))
            }
            (SlotUnlock::Passkey(one), SlotUnlock::Passkey(other))
                if one.rp_id != other.rp_id || one.prf_input != other.prf_input =>
            {
                Err(NotRead::Malformed("two passkeys differ in what they are asked"))
            }
            _ => Ok(()),
        }
    }

    /// The kind of unlock that it is for.
    pub(crate) fn kind(&self) -> UnlockKind {
        self.head.kind()
    }
}

impl SlotHead {
    /// The kind of unlock that opens it.
    pub(crate) fn kind(&self) -> UnlockKind {
        match self.unlock {
            SlotUnlock::Passphrase(_) => UnlockKind::Passphrase,
            SlotUnlock::AppKey => UnlockKind::AppKey,
            SlotUnlock::Passkey(_) => UnlockKind::Passkey,
            SlotUnlock::RecoveryCode => UnlockKind::RecoveryCode,
            SlotUnlock::Unknown { .. } => UnlockKind::Unknown,
        }
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, NotRead> {
        let (kind, id) = (reader.byte()?, reader.array()?);
        let label = reader.text(MAX_LABEL_BYTES)?.to_owned();
        let salt = reader.array()?;
        let unlock = SlotUnlock::read(kind, Reader(reader.prefixed(MAX_SLOT_BYTES)?))?;
        Ok(SlotHead { id, label, salt, unlock, commitment: reader.array()? })
    }

    fn encode(&self) -> Vec<u8> {
        let mut bytes = vec![self.unlock.kind()];
        bytes.extend_from_slice(&self.id);
        put_prefixed(&mut bytes, self.label.as_bytes());
        bytes.extend_from_slice(&self.salt);
        put_prefixed(&mut bytes, &self.unlock.parameters());
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
            SlotUnlock::Unknown { .. } => b"",
        };
        let mut info = text.to_vec();
        put_prefixed(&mut info, namespace.as_bytes());
        if let SlotUnlock::Passkey(passkey) = &self.unlock {
            put_prefixed(&mut info, &passkey.credential_id);
        }
        info
    }

    /// What its key pair is authenticated with. Neither data key nor generation is in it, so that it stays when they
    /// change.
    pub(crate) fn pair_aad(&self, namespace: &str) -> Vec<u8> {
        associated_data("slot", namespace, &[&self.encode()])
    }

    /// The info of HPKE, which seals the data key to its public key.
    pub(crate) fn data_key_info(&self, namespace: &str, data_key_id: &Id) -> Vec<u8> {
        associated_data("data-key", namespace, &[data_key_id, &self.encode()])
    }
}

impl SlotUnlock {
    fn read(kind: u8, mut parameters: Reader<'_>) -> Result<Self, NotRead> {
        let unlock = match kind {
            0 => return Err(NotRead::Malformed("a slot has the kind 0")),
            PASSPHRASE => SlotUnlock::Passphrase(read_cost(&mut parameters)?),
            APP_KEY => SlotUnlock::AppKey,
            PASSKEY => SlotUnlock::Passkey(Passkey::read(&mut parameters)?),
            RECOVERY_CODE => SlotUnlock::RecoveryCode,
            _ => return Ok(SlotUnlock::Unknown { kind, parameters: parameters.0.to_vec() }),
        };
        parameters.finish()?;
        Ok(unlock)
    }

    fn kind(&self) -> u8 {
        match self {
            SlotUnlock::Passphrase(_) => PASSPHRASE,
            SlotUnlock::AppKey => APP_KEY,
            SlotUnlock::Passkey(_) => PASSKEY,
            SlotUnlock::RecoveryCode => RECOVERY_CODE,
            SlotUnlock::Unknown { kind, .. } => *kind,
        }
    }

    fn parameters(&self) -> Vec<u8> {
        match self {
            SlotUnlock::Passphrase(cost) => {
                [&cost.memory_kib.to_be_bytes()[..], &cost.passes.to_be_bytes(), &cost.salt].concat()
            }
            SlotUnlock::AppKey | SlotUnlock::RecoveryCode => Vec::new(),
            SlotUnlock::Passkey(passkey) => passkey.encode(),
            SlotUnlock::Unknown { parameters, .. } => parameters.clone(),
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
        let transports = u16::from_be_bytes(reader.array()?);
        Ok(Passkey { rp_id, credential_id, transports, user_id: reader.array()?, prf_input: reader.array()? })
    }

    fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        put_prefixed(&mut bytes, self.rp_id.as_bytes());
        put_prefixed(&mut bytes, &self.credential_id);
        bytes.extend_from_slice(&self.transports.to_be_bytes());
        bytes.extend_from_slice(&self.user_id);
        bytes.extend_from_slice(&self.prf_input);
        bytes
    }
}

impl Sealed {
    /// Reads a nonce and the ciphertext of so many bytes.
    fn read(reader: &mut Reader<'_>, plaintext_bytes: usize) -> Result<Self, NotRead> {
        Ok(Sealed { nonce: reader.array()?, ciphertext: reader.bytes(plaintext_bytes + TAG_BYTES)?.to_vec() })
    }

    fn put(&self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(&self.nonce);
        bytes.extend_from_slice(&self.ciphertext);
    }
}
