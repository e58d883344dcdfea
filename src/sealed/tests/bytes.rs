//! Every vector of `tests/vectors/sealed`: read by `sealed::format`, opened and sealed again by RustCrypto.

use std::{fs, path::Path};

use aes_gcm::{
    Aes256Gcm, KeyInit,
    aead::{Aead, Payload},
};

use hmac::{Hmac, Mac};
use sha2::Sha256;
use unicode_normalization::UnicodeNormalization;

use super::{
    super::{
        format::{
            Id, NotRead, Sealed, name_message,
            record::{Record, name_and_value, plaintext, record_aad},
            ring::{Passkey, Ring, RingHead, Slot, SlotHead, SlotUnlock, Way, hashed, with_checksum},
            vault::Vault,
        },
        hpke,
        kdf::{SlotKey, derive_slot_key, sha256},
        unlocks::prepare_passphrase,
    },
    Tested, now,
};
use crate::{
    crypto::{Key, KeyPair, Point, argon2id},
    recovery_code::{self, Bits, RecoveryCode},
    unlock::UnlockKind,
};

#[path = "../../../tests/vectors/sealed/cases.rs"]
pub(crate) mod cases;

use cases::*;

fn nfc(text: &str) -> Vec<u8> {
    text.nfc().collect::<String>().into_bytes()
}

fn hmac_sha256(key: &[u8; 32], message: &[u8]) -> [u8; 32] {
    let mut mac = <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(key).expect("of any length");
    mac.update(message);
    mac.finalize().into_bytes().into()
}

fn code(not_read: NotRead) -> &'static str {
    match not_read {
        NotRead::Malformed(_) => "corrupt",
        NotRead::Newer => "newer-format",
    }
}

fn gcm_open(key: &[u8; 32], nonce: &[u8; 12], aad: &[u8], ciphertext: &[u8]) -> Option<Vec<u8>> {
    Aes256Gcm::new(key.into()).decrypt(nonce.into(), Payload { msg: ciphertext, aad }).ok()
}

fn gcm_seal(key: &[u8; 32], nonce: &[u8; 12], aad: &[u8], plaintext: &[u8]) -> Vec<u8> {
    Aes256Gcm::new(key.into()).encrypt(nonce.into(), Payload { msg: plaintext, aad }).expect("it is small")
}

fn open_sealed(key: &[u8; 32], aad: &[u8], sealed: &Sealed) -> Option<Vec<u8>> {
    gcm_open(key, &sealed.nonce, aad, &sealed.ciphertext)
}

fn seal(key: &[u8; 32], aad: &[u8], nonce: [u8; 12], plaintext: &[u8]) -> Sealed {
    Sealed { nonce, ciphertext: gcm_seal(key, &nonce, aad, plaintext) }
}

fn key_of(bytes: Vec<u8>) -> Key {
    Key::new(bytes.try_into().expect("its ciphertext has the length"))
}

fn read(bytes: &[u8]) -> Result<Ring, NotRead> {
    Ring::parse(bytes, &sha256(hashed(bytes)?))
}

fn written(ring: &Ring) -> Vec<u8> {
    let body = ring.encode().expect("it is legal");
    let checksum = sha256(&body);
    with_checksum(body, &checksum)
}

/// What is derived for a slot, if `unlock` is of the slot's kind; with an error if it is for another credential.
fn slot_key(namespace: &str, head: &SlotHead, unlock: &Unlock) -> Option<Result<SlotKey, &'static str>> {
    let secret = match (&head.unlock, unlock) {
        (SlotUnlock::Passphrase(cost), Unlock::Passphrase(passphrase)) => {
            argon2id::derive(&prepare_passphrase(passphrase, nfc).expect("a passphrase"), cost).expect("it is legal")
        }
        (SlotUnlock::AppKey, Unlock::AppKey(key)) => Key::new(key.array()),
        (SlotUnlock::RecoveryCode, Unlock::RecoveryCode(text)) => {
            let mut secret = Key::default();
            secret[..20].copy_from_slice(&recovery_code::parse(text.as_bytes()).expect("a recovery code")[..]);
            secret
        }
        (SlotUnlock::Passkey(passkey), Unlock::Passkey { credential_id, prf_output }) => {
            if passkey.credential_id != credential_id.get() {
                return Some(Err("wrong-key"));
            }
            Key::new(prf_output.array())
        }
        _ => return None,
    };
    Some(Ok(derive_slot_key(&secret, &head.salt, &head.info(namespace))))
}

/// What is in a ring: the data key, the name key and the public keys.
type InRing = ([u8; 32], [u8; 32], Vec<Point>);

fn open(namespace: &str, ring: &[u8], unlock: &Unlock) -> Result<InRing, &'static str> {
    let Ring { head, body } = read(ring).map_err(code)?;
    let (data_key, of_slot, not_opened) = match unlock {
        Unlock::Device(key) if head.is_beside_its_key() => (Key::new(key.array()), None, "wrong-key"),
        Unlock::Keychain(key) if head.keychain().is_some() => {
            let (item, data_key) = head.keychain().expect("it has one");
            let aad = RingHead::keychain_aad(namespace, &head.data_key_id, item);
            (key_of(open_sealed(&key.array(), &aad, data_key).ok_or("wrong-key")?), None, "corrupt")
        }
        Unlock::Device(_) | Unlock::Keychain(_) => {
            let is_unknown = |way: &Way| matches!(way, Way::Unknown { .. });
            return Err(if head.ways.iter().any(is_unknown) { "newer-format" } else { "locked" });
        }
        Unlock::Passphrase(_) | Unlock::AppKey(_) | Unlock::Passkey { .. } | Unlock::RecoveryCode(_) => {
            let (at, pair) = open_slot(namespace, &head, unlock)?;
            let info = head.slots[at].head.data_key_info(namespace, &head.data_key_id);
            let data_key = now(hpke::open::<Tested>(&pair, &info, &head.slots[at].data_key)).expect("it can be tried");
            (data_key.ok_or("corrupt")?, Some((at, pair.public)), "corrupt")
        }
    };
    let opened = open_sealed(&data_key, &head.aad(namespace), &body).ok_or(not_opened)?;
    let (name_key, public_keys) = opened.split_first_chunk().expect("its ciphertext has the length");
    let (public_keys, rest) = public_keys.as_chunks();
    assert!(rest.is_empty() && public_keys.len() == head.slots.len());
    match of_slot {
        Some((at, public)) if public_keys[at] != public => Err("corrupt"),
        _ => Ok((*data_key, *name_key, public_keys.to_vec())),
    }
}

/// The place and the key pair of the slot that `unlock` opens.
fn open_slot(namespace: &str, head: &RingHead, unlock: &Unlock) -> Result<(usize, KeyPair), &'static str> {
    let mut refusal = match head.slots.iter().any(|slot| slot.kind() == UnlockKind::Unknown) {
        true => "newer-format",
        false => "locked",
    };
    for (at, slot) in head.slots.iter().enumerate() {
        let Some(derived) = slot_key(namespace, &slot.head, unlock) else { continue };
        refusal = "wrong-key";
        let Some(SlotKey { key, .. }) = derived.ok().filter(|derived| derived.commitment == slot.head.commitment)
        else {
            continue;
        };
        return Ok((at, open_pair(namespace, &key, slot).ok_or("corrupt")?));
    }
    Err(refusal)
}

fn open_pair(namespace: &str, key: &Key, slot: &Slot) -> Option<KeyPair> {
    let pair = open_sealed(key, &slot.head.pair_aad(namespace), &slot.pair)?;
    let (private, public) = pair.split_first_chunk().expect("its ciphertext has the length");
    Some(KeyPair { private: Key::new(*private), public: public.try_into().expect("likewise") })
}

fn check_slot(title: &str, slot: &SlotHead, expected: &SlotFields) {
    assert_eq!((slot.id, &slot.label), (expected.id.array(), &expected.label), "{title}");
    assert_eq!(slot.salt, expected.salt.array(), "{title}");
    let kind = match &slot.unlock {
        SlotUnlock::Unknown { kind, parameters } => {
            assert_eq!(Some(parameters), expected.parameters.as_ref().map(Bytes::get).as_ref(), "{title}");
            serde_json::Value::from(*kind)
        }
        SlotUnlock::Passphrase(cost) => {
            let expected_cost = (expected.memory_kib, expected.passes);
            assert_eq!((Some(cost.memory_kib), Some(cost.passes)), expected_cost, "{title}");
            assert_eq!(Some(cost.salt), expected.argon2_salt.as_ref().map(Bytes::array), "{title}");
            "passphrase".into()
        }
        SlotUnlock::AppKey => "app-key".into(),
        SlotUnlock::RecoveryCode => "recovery-code".into(),
        SlotUnlock::Passkey(passkey) => {
            let Passkey { rp_id, credential_id, transports, user_id, prf_input } = passkey;
            let array32 = |bytes: &Option<Bytes>| bytes.as_ref().map(Bytes::array::<32>);
            assert_eq!(Some(rp_id), expected.rp_id.as_ref(), "{title}");
            assert_eq!(Some(credential_id), expected.credential_id.as_ref().map(Bytes::get).as_ref(), "{title}");
            assert_eq!(Some(*transports), expected.transports, "{title}");
            assert_eq!(Some(*user_id), array32(&expected.user_id), "{title}");
            assert_eq!(Some(*prf_input), array32(&expected.prf_input), "{title}");
            "passkey".into()
        }
    };
    assert_eq!(expected.kind, kind, "{title}");
}

fn check_way(title: &str, way: &Way, expected: &WayFields) {
    let kind = match way {
        Way::Beside => "beside".into(),
        Way::Keychain { item, .. } => {
            assert_eq!(Some(*item), expected.item.as_ref().map(Bytes::array), "{title}");
            "keychain".into()
        }
        Way::Unknown { kind, parameters } => {
            assert_eq!(Some(parameters), expected.parameters.as_ref().map(Bytes::get).as_ref(), "{title}");
            serde_json::Value::from(*kind)
        }
    };
    assert_eq!(expected.kind, kind, "{title}");
}

fn check_fields(title: &str, head: &RingHead, expected: &Fields) {
    assert_eq!(head.generation.to_string(), expected.generation, "{title}");
    assert_eq!(head.data_key_id, expected.data_key_id.array(), "{title}");
    assert_eq!((head.ways.len(), head.slots.len()), (expected.ways.len(), expected.slots.len()), "{title}");
    head.ways.iter().zip(&expected.ways).for_each(|(way, expected)| check_way(title, way, expected));
    head.slots.iter().zip(&expected.slots).for_each(|(slot, expected)| check_slot(title, &slot.head, expected));
}

/// What is derived and authenticated on the way to the data key.
fn check_unlocking(title: &str, namespace: &str, head: &RingHead, unlocking: &Unlocking) {
    let expected = |bytes: &Option<Bytes>| bytes.as_ref().map(Bytes::get);
    match &unlocking.unlock {
        Unlock::Device(_) => {}
        Unlock::Keychain(_) => {
            let (item, _) = head.keychain().expect("it is in a keychain");
            let aad = RingHead::keychain_aad(namespace, &head.data_key_id, item);
            assert_eq!(Some(aad), expected(&unlocking.associated_data), "{title}");
        }
        unlock => {
            let id: Id = unlocking.slot.as_ref().expect("it is named").array();
            let slot = head.slots.iter().find(|slot| slot.head.id == id).expect("it is there");
            assert_eq!(Some(slot.head.info(namespace)), expected(&unlocking.info), "{title}");
            assert_eq!(Some(slot.head.pair_aad(namespace)), expected(&unlocking.associated_data), "{title}");
            let info = slot.head.data_key_info(namespace, &head.data_key_id);
            assert_eq!(Some(info), expected(&unlocking.data_key_info), "{title}");
            let derived = slot_key(namespace, &slot.head, unlock).and_then(Result::ok).expect("it is its unlock");
            assert_eq!(Some(derived.key.to_vec()), expected(&unlocking.slot_key), "{title}");
            assert_eq!(Some(derived.commitment.to_vec()), expected(&unlocking.commitment), "{title}");
            assert_eq!(derived.commitment, slot.head.commitment, "{title}");
            let pair = open_pair(namespace, &derived.key, slot).expect("it opens");
            assert_eq!(Some(pair.private.to_vec()), expected(&unlocking.private_key), "{title}");
            assert_eq!(Some(pair.public.to_vec()), expected(&unlocking.public_key), "{title}");
            let both = [&pair.private[..], &pair.public].concat();
            let sealed = seal(&derived.key, &slot.head.pair_aad(namespace), slot.pair.nonce, &both);
            assert_eq!(sealed, slot.pair, "{title}");
        }
    }
}

#[test]
fn rings_are_read_opened_and_written() {
    for case in cases::<AcceptedRing>("accept-rings.json") {
        let (title, bytes) = (&case.name, case.ring.get());
        let ring = read(&bytes).unwrap_or_else(|not_read| panic!("{title}: {not_read:?}"));
        check_fields(title, &ring.head, &case.fields);
        assert_eq!(written(&ring), bytes, "{title}");

        let aad = ring.head.aad(&case.namespace);
        assert_eq!(aad, case.body_associated_data.get(), "{title}");
        let public_keys: Vec<Point> = case.public_keys.iter().map(Bytes::array).collect();
        let keys = (case.data_key.array(), case.name_key.array(), public_keys);
        let body = [&keys.1[..], keys.2.as_flattened()].concat();
        assert_eq!(seal(&keys.0, &aad, ring.body.nonce, &body), ring.body, "{title}");
        assert!(!case.unlocks.is_empty(), "{title}");
        for unlocking in &case.unlocks {
            check_unlocking(title, &case.namespace, &ring.head, unlocking);
            assert_eq!(open(&case.namespace, &bytes, &unlocking.unlock).as_ref(), Ok(&keys), "{title}");
        }
    }
}

#[test]
fn rings_that_are_not_are_refused() {
    for case in cases::<RefusedRing>("reject-rings-read.json") {
        assert!(case.unlock.is_none(), "{}", case.name);
        assert_eq!(read(&case.ring.get()).map_err(code), Err(case.error.as_str()), "{}", case.name);
    }
}

#[test]
fn rings_that_the_unlock_does_not_open_are_refused() {
    for case in cases::<RefusedRing>("reject-rings-opened.json") {
        let (title, bytes) = (&case.name, case.ring.get());
        let ring = read(&bytes).unwrap_or_else(|not_read| panic!("{title}: {not_read:?}"));
        assert_eq!(written(&ring), bytes, "{title}");
        let opened = open(&case.namespace, &bytes, &case.unlock.expect("it is given")).err();
        assert_eq!(opened, Some(case.error.as_str()), "{title}");
    }
}

/// The value of a record that lies under `stored_name`, which is that of `name`.
fn open_record(
    namespace: &str,
    (data_key_id, data_key): (&Id, &[u8; 32]),
    name_key: &[u8; 32],
    stored_name: &[u8; 32],
    name: &str,
    record: &[u8],
) -> Result<Vec<u8>, &'static str> {
    let record = Record::parse(record).map_err(code)?;
    if record.data_key_id != *data_key_id {
        return Err("key-missing");
    }
    let aad = record_aad(namespace, stored_name, data_key_id);
    let opened = gcm_open(data_key, &record.nonce, &aad, record.ciphertext).ok_or("corrupt")?;
    let (inner, value) = name_and_value(&opened).map_err(code)?;
    let is_its_own = hmac_sha256(name_key, &name_message(namespace, inner)) == *stored_name && inner == name;
    if is_its_own { Ok(value.to_vec()) } else { Err("corrupt") }
}

#[test]
fn records_are_read_opened_and_written() {
    for case in cases::<AcceptedRecord>("accept-records.json") {
        let (title, namespace, name, value) = (&case.name, &case.namespace, &case.key.get(), case.value.get());
        let (id, data_key, name_key) = (case.data_key_id.array(), case.data_key.array(), case.name_key.array());
        let (stored_name, bytes) = (case.stored_name.array(), case.record.get());
        assert_eq!(hmac_sha256(&name_key, &name_message(namespace, name)), stored_name, "{title}");
        let opened = open_record(namespace, (&id, &data_key), &name_key, &stored_name, name, &bytes);
        assert!(opened.as_ref() == Ok(&value), "{title}: {:?}", opened.err());

        let aad = record_aad(namespace, &stored_name, &id);
        assert_eq!(aad, case.associated_data.get(), "{title}");
        let nonce = Record::parse(&bytes).expect("it was opened").nonce;
        let sealed = gcm_seal(&data_key, &nonce, &aad, &plaintext(name, &value).expect("its lengths are legal"));
        let record = Record { data_key_id: id, nonce, ciphertext: &sealed };
        assert!(record.encode() == bytes, "{title}: it is written otherwise");
    }
}

#[test]
fn records_that_are_not_are_refused() {
    for case in cases::<RefusedRecord>("reject-records.json") {
        let (title, name) = (&case.name, &case.key.get());
        let keys = (&case.data_key_id.array(), &case.data_key.array());
        let (name_key, stored_name) = (case.name_key.array(), case.stored_name.array());
        let is_its_name = hmac_sha256(&name_key, &name_message(&case.namespace, name)) == stored_name;
        assert!(is_its_name, "{title}: another stored name would be refused for that alone");
        let opened = open_record(&case.namespace, keys, &name_key, &stored_name, name, &case.record.get());
        assert_eq!(opened, Err(case.error.as_str()), "{title}");
    }
}

fn read_vault(bytes: &[u8]) -> Result<Vault<'_>, NotRead> {
    Vault::parse(bytes, &sha256(hashed(bytes)?))
}

#[test]
fn vaults_are_read_and_written() {
    for case in cases::<AcceptedVault>("accept-vaults.json") {
        let (bytes, ring) = (case.vault.get(), case.ring.get());
        let records: Vec<_> =
            case.records.iter().map(|record| (record.stored_name.array(), record.record.get())).collect();
        let records = records.iter().map(|(name, record)| (*name, record.as_slice())).collect();
        let vault = Vault { revision: case.revision.parse().expect("a number"), ring: &ring, records };
        assert_eq!(read_vault(&bytes).as_ref(), Ok(&vault), "{}", case.name);
        let body = vault.encode().expect("it is legal");
        let checksum = sha256(&body);
        assert_eq!(with_checksum(body, &checksum), bytes, "{}", case.name);
    }
}

#[test]
fn vaults_that_cannot_be_read_are_refused() {
    for case in cases::<RefusedVault>("reject-vaults.json") {
        let refused = read_vault(&case.vault.get()).err().map(code);
        assert_eq!(refused, Some(case.error.as_str()), "{}", case.name);
    }
}

#[test]
fn recovery_codes_are_read_and_shown() {
    for case in cases::<AcceptedRecoveryCode>("accept-recovery-codes.json") {
        let bits =
            recovery_code::parse(case.typed.as_bytes()).unwrap_or_else(|error| panic!("{}: {error:?}", case.name));
        assert_eq!(*bits, case.bits.array::<20>(), "{}", case.name);
        assert_eq!(RecoveryCode::of(&Bits::new(case.bits.array())).text(), case.text, "{}", case.name);
    }
    for case in cases::<RefusedRecoveryCode>("reject-recovery-codes.json") {
        let refused = recovery_code::parse(case.typed.as_bytes()).err().map(|error| error.code());
        assert_eq!(refused, Some(case.error.as_str()), "{}", case.name);
    }
}

/// Whoever makes a new checksum but lacks the data key can change nothing in a ring unnoticed: neither the slot that is
/// opened, nor another one, nor what belongs to no slot.
#[test]
fn names_are_hashed() {
    for case in cases::<Named>("accept-names.json") {
        let message = name_message(&case.namespace, &case.key);
        assert_eq!(message, case.message.get(), "{}", case.name);
        assert_eq!(hmac_sha256(&case.name_key.array(), &message), case.stored_name.array(), "{}", case.name);
    }
}

#[test]
fn passphrases_are_prepared() {
    for case in cases::<AcceptedPassphrase>("accept-passphrases.json") {
        let prepared = prepare_passphrase(&case.text, nfc).unwrap_or_else(|error| panic!("{}: {error:?}", case.name));
        assert_eq!(*prepared, case.prepared.get(), "{}", case.name);
    }
    for case in cases::<RefusedPassphrase>("reject-passphrases.json") {
        let unit = |at| u16::from_str_radix(&case.utf16[at..at + 4], 16).expect("hex in a vector");
        let units: Vec<u16> = (0..case.utf16.len()).step_by(4).map(unit).collect();
        // Rust's text holds no lone surrogate, and the package refuses those.
        let Ok(text) = String::from_utf16(&units) else { continue };
        let refused = prepare_passphrase(&text, nfc).err().map(|error| error.code());
        assert_eq!(refused, Some(case.error.as_str()), "{}", case.name);
    }
}

/// Whoever makes a new checksum but lacks the data key can change nothing in a ring unnoticed: neither the slot that is
/// opened, nor another one, nor what belongs to no slot.
#[test]
fn every_bit_of_a_ring_is_authenticated() {
    let case = cases::<AcceptedRing>("accept-rings.json").into_iter().find(|case| case.name == "a slot of each kind");
    let case = case.expect("it is there");
    let unlock = Unlock::AppKey(match &case.unlocks[1].unlock {
        Unlock::AppKey(Bytes::Hex(hex)) => Bytes::Hex(hex.clone()),
        _ => panic!("its second slot is that of an app key"),
    });
    let mut body = hashed(&case.ring.get()).expect("it is a ring").to_vec();
    for bit in 0..8 * body.len() {
        body[bit / 8] ^= 1 << (bit % 8);
        let changed = with_checksum(body.clone(), &sha256(&body));
        assert!(open(&case.namespace, &changed, &unlock).is_err(), "bit {bit}");
        body[bit / 8] ^= 1 << (bit % 8);
    }
    assert!(open(&case.namespace, &with_checksum(body.clone(), &sha256(&body)), &unlock).is_ok());
}

#[test]
fn the_specification_shows_the_known_answers() {
    let words: String = include_str!("../../../FORMAT.md").split_whitespace().collect();
    let shown = |bytes: &[u8]| words.contains(&bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>());
    let rings = cases::<AcceptedRing>("accept-rings.json");
    let (device, app_key) = (&rings[0], &rings[1]);
    assert!(shown(&device.ring.get()), "{}", device.name);
    assert!(shown(&app_key.ring.get()), "{}", app_key.name);
    let unlocking = &app_key.unlocks[0];
    for part in [&unlocking.info, &unlocking.slot_key, &unlocking.public_key, &unlocking.data_key_info] {
        assert!(shown(&part.as_ref().expect("it has a slot").get()), "{}", app_key.name);
    }
    let record = cases::<AcceptedRecord>("accept-records.json").remove(0);
    assert!(shown(&record.stored_name.get()), "{}", record.name);
    assert!(shown(&record.associated_data.get()), "{}", record.name);
    assert!(shown(&record.record.get()), "{}", record.name);
    let vault = cases::<AcceptedVault>("accept-vaults.json").remove(0);
    assert!(shown(&vault.vault.get()), "{}", vault.name);
    let code = cases::<AcceptedRecoveryCode>("accept-recovery-codes.json")
        .into_iter()
        .find(|case| case.name == "known answer");
    let code = code.expect("it is there").text;
    assert!(words.contains(&code), "{code}");
    assert!(!shown(b"keyfold/v2"));
}

#[test]
fn no_file_of_vectors_is_left_out() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/sealed");
    let names =
        fs::read_dir(folder).expect("the folder of vectors").map(|entry| entry.expect("an entry of it").file_name());
    let mut names: Vec<_> =
        names.filter_map(|name| name.into_string().ok()).filter(|name| name.ends_with(".json")).collect();
    names.sort();
    assert_eq!(names, FILES.map(|(name, _)| name));
}
