//! What holds for any ring, record and bytes. Known ones are in `sealed::tests::bytes`.

use proptest::{collection::vec, prelude::*, sample::Index, test_runner::Config};

use super::{
    record::{Record, name_and_value, plaintext, record_aad},
    ring::*,
    vault::Vault,
    *,
};
use crate::{
    crypto::{KEY_BYTES, POINT_BYTES, argon2id::Cost},
    sealed::kdf::sha256,
    unlock::UnlockKind,
};

fn array<const N: usize>() -> impl Strategy<Value = [u8; N]> {
    vec(any::<u8>(), N).prop_map(|bytes| bytes.try_into().expect("it has the length"))
}

/// Text of up to `max` bytes, of characters of every length.
fn text(max: usize) -> impl Strategy<Value = String> {
    vec(prop_oneof![Just('a'), Just('\0'), any::<char>()], 0..=max).prop_map(move |characters| {
        let mut text: String = characters.into_iter().collect();
        while text.len() > max {
            text.pop();
        }
        text
    })
}

/// What seals so many bytes.
fn sealed(plaintext_bytes: usize) -> impl Strategy<Value = Sealed> {
    (array(), vec(any::<u8>(), plaintext_bytes + TAG_BYTES))
        .prop_map(|(nonce, ciphertext)| Sealed { nonce, ciphertext })
}

fn argon2id() -> impl Strategy<Value = Cost> {
    let cost =
        (19456..=262_144_u32, 2..=10_u32).prop_filter("1 GiB in all", |(memory, passes)| memory * passes <= 1 << 20);
    (cost, array()).prop_map(|((memory_kib, passes), salt)| Cost { memory_kib, passes, salt })
}

fn passkey() -> impl Strategy<Value = Passkey> {
    let rp_id = text(253).prop_filter("it has one", |rp_id| !rp_id.is_empty());
    (rp_id, vec(any::<u8>(), 1..=1023), any::<u16>(), array(), array()).prop_map(
        |(rp_id, credential_id, transports, user_id, prf_input)| Passkey {
            rp_id,
            credential_id,
            transports,
            user_id,
            prf_input,
        },
    )
}

fn slot_head() -> impl Strategy<Value = SlotHead> {
    let unlock = prop_oneof![
        argon2id().prop_map(SlotUnlock::Passphrase),
        Just(SlotUnlock::AppKey),
        Just(SlotUnlock::RecoveryCode),
        passkey().prop_map(SlotUnlock::Passkey),
        (5_u8.., vec(any::<u8>(), 0..200)).prop_map(|(kind, parameters)| SlotUnlock::Unknown { kind, parameters }),
    ];
    (array(), text(64), array(), unlock, array()).prop_map(|(id, label, salt, unlock, commitment)| SlotHead {
        id,
        label,
        salt,
        unlock,
        commitment,
    })
}

fn slot() -> impl Strategy<Value = Slot> {
    let data_key = (array(), vec(any::<u8>(), KEY_BYTES + TAG_BYTES))
        .prop_map(|(enc, ciphertext)| Encapsulated { enc, ciphertext });
    (slot_head(), sealed(KEY_PAIR_BYTES), data_key).prop_map(|(head, pair, data_key)| Slot { head, pair, data_key })
}

/// Up to 8 slots that can be in one ring: one of them a passphrase's, and the passkeys all asked the same.
fn slots() -> impl Strategy<Value = Vec<Slot>> {
    let slots = (vec(slot(), 0..=8), passkey()).prop_map(|(mut slots, asked)| {
        let mut passphrases = 0;
        slots.retain(|slot| {
            passphrases += usize::from(slot.kind() == UnlockKind::Passphrase);
            slot.kind() != UnlockKind::Passphrase || passphrases == 1
        });
        for slot in &mut slots {
            if let SlotUnlock::Passkey(passkey) = &mut slot.head.unlock {
                (passkey.rp_id, passkey.prf_input) = (asked.rp_id.clone(), asked.prf_input);
            }
        }
        slots
    });
    slots.prop_filter("each slot has an id of its own", |slots| {
        slots.iter().enumerate().all(|(at, slot)| slots.iter().take(at).all(|other| other.head.id != slot.head.id))
    })
}

fn ways() -> impl Strategy<Value = Vec<Way>> {
    let keychain = (array(), sealed(KEY_BYTES)).prop_map(|(item, data_key)| Way::Keychain { item, data_key });
    let unknown =
        |kinds| (kinds, vec(any::<u8>(), 0..100)).prop_map(|(kind, parameters)| Way::Unknown { kind, parameters });
    let all = (Just(Way::Beside), keychain, unknown(3..100_u8), unknown(100..255_u8));
    let all = all.prop_map(|(beside, keychain, one, other)| vec![beside, keychain, one, other]).prop_shuffle();
    (all, 0..=4_usize).prop_map(|(mut ways, count)| {
        ways.truncate(count);
        ways
    })
}

fn ring() -> impl Strategy<Value = Ring> {
    let opened =
        (ways(), slots()).prop_filter("something opens it", |(ways, slots)| !(ways.is_empty() && slots.is_empty()));
    let head = (any::<u64>(), array(), opened).prop_map(|(generation, data_key_id, (ways, slots))| RingHead {
        generation,
        data_key_id,
        ways,
        slots,
    });
    head.prop_flat_map(|head| {
        sealed(body_bytes(head.slots.len())).prop_map(move |body| Ring { head: head.clone(), body })
    })
}

fn written(ring: &Ring) -> Vec<u8> {
    checked(ring.encode().expect("it is legal"))
}

fn checked(body: Vec<u8>) -> Vec<u8> {
    let checksum = sha256(&body);
    with_checksum(body, &checksum)
}

fn read(bytes: &[u8]) -> Result<Ring, NotRead> {
    Ring::parse(bytes, &sha256(hashed(bytes)?))
}

/// A small change of bytes, such as damage or a careless writer makes.
#[derive(Clone, Debug)]
enum Edit {
    Put(Index, u8),
    Insert(Index, u8),
    Remove(Index),
    CutOff(Index),
    Repeat(Index, Index),
}

fn edits() -> impl Strategy<Value = Vec<Edit>> {
    // Bytes that lengths, counts, kinds and versions are made of come often.
    let byte = || prop_oneof![0..=9_u8, any::<u8>()];
    let edit = prop_oneof![
        8 => (any::<Index>(), byte()).prop_map(|(at, byte)| Edit::Put(at, byte)),
        2 => (any::<Index>(), byte()).prop_map(|(at, byte)| Edit::Insert(at, byte)),
        2 => any::<Index>().prop_map(Edit::Remove),
        1 => any::<Index>().prop_map(Edit::CutOff),
        1 => (any::<Index>(), any::<Index>()).prop_map(|(from, to)| Edit::Repeat(from, to)),
    ];
    vec(edit, 1..4)
}

fn edited(mut bytes: Vec<u8>, edits: &[Edit]) -> Vec<u8> {
    for edit in edits {
        let length = bytes.len();
        if length == 0 {
            break;
        }
        match edit {
            Edit::Put(at, byte) => bytes[at.index(length)] = *byte,
            Edit::Insert(at, byte) => bytes.insert(at.index(length + 1), *byte),
            Edit::Remove(at) => drop(bytes.remove(at.index(length))),
            Edit::CutOff(at) => bytes.truncate(at.index(length)),
            Edit::Repeat(from, to) => {
                let part = bytes[from.index(length).min(to.index(length))..].to_vec();
                bytes.extend(part);
            }
        }
    }
    bytes
}

fn read_vault(bytes: &[u8]) -> Result<Vault<'_>, NotRead> {
    Vault::parse(bytes, &sha256(hashed(bytes)?))
}

/// Names and records as a vault has them. Names of a few values, so that some are the same, and more are alike.
fn vault_records() -> impl Strategy<Value = Vec<(StoredName, Vec<u8>)>> {
    let name = (0..3_u8, 0..3_u8).prop_map(|(first, last)| {
        let mut name = [0; STORED_NAME_BYTES];
        (name[0], name[STORED_NAME_BYTES - 1]) = (first, last);
        name
    });
    vec((name, vec(any::<u8>(), 0..20)), 0..6)
}

/// Whatever it is: reading it gives an answer, and what is read is written as it was.
fn reads_canonically(bytes: &[u8]) {
    if let Ok(ring) = read(bytes) {
        assert_eq!(written(&ring), bytes);
    }
    if let Ok(vault) = read_vault(bytes) {
        assert_eq!(checked(vault.encode().expect("it is legal")), bytes);
    }
    if let Ok(record) = Record::parse(bytes) {
        assert_eq!(record.encode(), bytes);
    }
    if let Ok((name, value)) = name_and_value(bytes) {
        assert_eq!(plaintext(name, value).expect("they were read").as_slice(), bytes);
    }
}

proptest! {
    #![proptest_config(Config { failure_persistence: None, ..Config::default() })]

    #[test]
    fn a_ring_is_read_as_it_was_written(ring in ring()) {
        prop_assert_eq!(read(&written(&ring)), Ok(ring));
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in vec(any::<u8>(), 0..400)) {
        reads_canonically(&bytes);
        reads_canonically(&checked(bytes.clone()));
        reads_canonically(&checked([&MAGIC[..], &[VERSION], &bytes].concat()));
        reads_canonically(&checked([&b"kfvault\0"[..], &[VERSION], &bytes].concat()));
    }

    #[test]
    fn a_vault_is_read_as_it_was_written_if_its_names_are_in_order(
        revision in 0..1_u64 << 53,
        ring in vec(any::<u8>(), 0..200),
        records in vault_records(),
        edits in edits(),
    ) {
        let records: Vec<_> = records.iter().map(|(name, record)| (*name, record.as_slice())).collect();
        let is_in_order = records.is_sorted_by(|one, other| one.0 < other.0);
        let vault = Vault { revision, ring: &ring, records };
        let bytes = checked(vault.encode().expect("it is legal"));
        prop_assert_eq!(read_vault(&bytes).ok(), is_in_order.then_some(vault));
        reads_canonically(&checked(edited(bytes[..bytes.len() - CHECKSUM_BYTES].to_vec(), &edits)));
    }

    #[test]
    fn edited_rings_are_read_or_refused(ring in ring(), edits in edits()) {
        let body = ring.encode().expect("it is legal");
        reads_canonically(&checked(edited(body.clone(), &edits)));
        // What is read despite them opens nothing, for it is not what was authenticated.
        let edited = edited(body.clone(), &edits);
        if let Ok(other) = read(&checked(edited.clone())) {
            let is_same_head = other.head.aad("app") == ring.head.aad("app");
            prop_assert_eq!(is_same_head && other.body == ring.body, edited == body);
        }
    }

    #[test]
    fn a_flipped_bit_of_a_ring_is_refused(ring in ring(), bit in any::<Index>()) {
        let mut bytes = written(&ring);
        let bit = bit.index(8 * bytes.len());
        bytes[bit / 8] ^= 1 << (bit % 8);
        prop_assert!(matches!(read(&bytes), Err(NotRead::Malformed(_))));
    }

    #[test]
    fn records_are_read_as_they_were_written(
        data_key_id in array(),
        nonce in array(),
        ciphertext in vec(any::<u8>(), 20..100),
        edits in edits(),
    ) {
        let record = Record { data_key_id, nonce, ciphertext: &ciphertext };
        let bytes = record.encode();
        prop_assert_eq!(Record::parse(&bytes), Ok(record));
        reads_canonically(&edited(bytes, &edits));
    }

    #[test]
    fn names_and_values_are_read_as_they_were_written(
        name in text(40),
        value in vec(any::<u8>(), 0..40),
        edits in edits(),
    ) {
        let whole = plaintext(&name, &value).expect("they are short");
        prop_assert_eq!(name_and_value(&whole), Ok((name.as_str(), value.as_slice())));
        reads_canonically(&edited(whole.to_vec(), &edits));
    }

    #[test]
    fn what_is_authenticated_is_of_one_place_only(
        namespaces in [text(3), text(3)],
        names in [text(3), text(3)],
        heads in [slot_head(), slot_head()],
    ) {
        let [one, other] = [0, 1].map(|at| name_message(&namespaces[at], &names[at]));
        prop_assert_eq!(one == other, (&namespaces[0], &names[0]) == (&namespaces[1], &names[1]));
        let is_one = (&namespaces[0], &heads[0]) == (&namespaces[1], &heads[1]);
        let [one, other] = [0, 1].map(|at| heads[at].pair_aad(&namespaces[at]));
        prop_assert_eq!(one == other, is_one);
        let [one, other] = [0, 1].map(|at| heads[at].data_key_info(&namespaces[at], &heads[at].id));
        prop_assert_eq!(one == other, is_one);
        let kinds = [
            record_aad(&namespaces[0], &heads[0].salt, &heads[0].id),
            RingHead::keychain_aad(&namespaces[0], &heads[0].id, &heads[0].id),
            heads[0].pair_aad(&namespaces[0]),
            heads[0].data_key_info(&namespaces[0], &heads[0].id),
            example(vec![Way::Beside], vec![]).head.aad(&namespaces[0]),
        ];
        for (at, kind) in kinds.iter().enumerate() {
            prop_assert!(!kinds[..at].contains(kind));
        }
    }
}

/// Something that seals so many bytes.
fn sealed_bytes(plaintext_bytes: usize) -> Sealed {
    Sealed { nonce: [5; 12], ciphertext: vec![6; plaintext_bytes + TAG_BYTES] }
}

fn example(ways: Vec<Way>, slots: Vec<Slot>) -> Ring {
    let body = sealed_bytes(body_bytes(slots.len()));
    Ring { head: RingHead { generation: 1, data_key_id: [3; 16], ways, slots }, body }
}

fn slot_of(id: u8, unlock: SlotUnlock) -> Slot {
    let head = SlotHead { id: [id; 16], label: String::new(), salt: [4; 32], unlock, commitment: [9; 32] };
    let data_key = Encapsulated { enc: [7; POINT_BYTES], ciphertext: vec![8; 48] };
    Slot { head, pair: sealed_bytes(KEY_PAIR_BYTES), data_key }
}

fn app_key_slot(id: u8) -> Slot {
    slot_of(id, SlotUnlock::AppKey)
}

/// A slot of a newer version, of 4096 bytes and some.
fn long_slot(id: u8, more: usize) -> Slot {
    slot_of(id, SlotUnlock::Unknown { kind: 5, parameters: vec![9; 4096 - 327 + more] })
}

fn passkey_slot(id: u8, rp_id: &str, prf_input: u8) -> Slot {
    let passkey = Passkey {
        rp_id: rp_id.to_owned(),
        credential_id: vec![id],
        transports: 0,
        user_id: [0; 32],
        prf_input: [prf_input; 32],
    };
    slot_of(id, SlotUnlock::Passkey(passkey))
}

fn way(kind: u8, bytes: usize) -> Way {
    Way::Unknown { kind, parameters: vec![9; bytes] }
}

#[test]
fn what_would_not_be_read_is_not_written() {
    let refused = |ways: Vec<Way>, slots: Vec<Slot>| example(ways, slots).encode().is_err();
    let refused_slots = |slots: Vec<Slot>| refused(vec![], slots);
    let refused_ways = |ways: Vec<Way>| refused(ways, vec![]);
    let with_head = |change: fn(&mut SlotHead)| {
        let mut slot = app_key_slot(1);
        change(&mut slot.head);
        refused_slots(vec![slot])
    };
    assert!(refused(vec![], vec![]), "nothing opens it");
    assert!(!refused_slots((1..=8).map(app_key_slot).collect()));
    assert!(refused_slots((1..=9).map(app_key_slot).collect()));
    assert!(refused_slots(vec![app_key_slot(1), app_key_slot(1)]));
    assert!(!with_head(|head| head.label = "x".repeat(64)));
    assert!(with_head(|head| head.label = "x".repeat(65)));
    let cost = |memory_kib| SlotUnlock::Passphrase(Cost { memory_kib, passes: 2, salt: [8; 16] });
    assert!(refused_slots(vec![slot_of(1, cost(8))]));
    assert!(!refused_slots(vec![slot_of(1, cost(65_536))]));
    assert!(refused_slots(vec![slot_of(1, cost(65_536)), slot_of(2, cost(65_536))]));
    assert!(!refused_slots(vec![passkey_slot(1, "a", 1), app_key_slot(2), passkey_slot(3, "a", 1)]));
    assert!(refused_slots(vec![passkey_slot(1, "a", 1), app_key_slot(2), passkey_slot(3, "b", 1)]));
    assert!(refused_slots(vec![passkey_slot(1, "a", 1), app_key_slot(2), passkey_slot(3, "a", 2)]));
    assert!(!refused_slots(vec![long_slot(1, 0)]));
    assert!(refused_slots(vec![long_slot(1, 1)]));
    let unknown = |kind| slot_of(1, SlotUnlock::Unknown { kind, parameters: vec![] });
    assert!(refused_slots(vec![unknown(0)]));
    assert!(refused_slots(vec![unknown(2)]), "it reads as a slot that is known");

    assert!(!refused_ways(vec![Way::Beside, way(3, 0), way(4, 0), way(5, 0)]));
    assert!(refused_ways(vec![Way::Beside, way(3, 0), way(4, 0), way(5, 0), way(6, 0)]));
    assert!(refused_ways(vec![Way::Beside, Way::Beside]));
    assert!(refused_ways(vec![way(3, 0), way(3, 1)]));
    assert!(!refused_ways(vec![way(3, 1024)]));
    assert!(refused_ways(vec![way(3, 1025)]));
    assert!(refused_ways(vec![way(0, 0)]));
    assert!(refused_ways(vec![way(1, 0)]), "it reads as a way that is known");
    assert!(!refused(vec![Way::Beside], vec![app_key_slot(1)]));

    let mut short = example(vec![Way::Beside], vec![app_key_slot(1)]);
    short.body = sealed_bytes(body_bytes(0));
    assert!(short.encode().is_err(), "the body has no public key");
}

#[test]
fn a_record_has_at_least_49_bytes() {
    let parsed = |length| Record::parse(&[VERSION; 100][..length]).map(|_| ());
    assert_eq!(
        (parsed(48), parsed(49)),
        (Err(NotRead::Malformed("it is cut off, or longer than a record can be")), Ok(()))
    );
}

#[test]
fn the_lengths_of_names_and_values_are_bounded() {
    assert!(plaintext(&"n".repeat(MAX_NAME_BYTES), b"").is_ok());
    assert!(plaintext(&"n".repeat(MAX_NAME_BYTES + 1), b"").is_err_and(|what| what.starts_with("the name is longer")));
    // Not touched, so not there: the system gives such pages when they are first used.
    assert!(plaintext("", &vec![0; MAX_VALUE_BYTES + 1]).is_err_and(|what| what.starts_with("the value is longer")));
}

#[test]
fn a_ring_is_as_long_as_the_specification_says() {
    let length = |ways, slots| written(&example(ways, slots)).len();
    assert_eq!(length(vec![Way::Beside], vec![]), 132);
    assert_eq!(length(vec![Way::Keychain { item: [7; 16], data_key: sealed_bytes(KEY_BYTES) }], vec![]), 208);
    assert_eq!(length(vec![], vec![app_key_slot(1)]), 523);
    let ways = (200..204).map(|kind| way(kind, 1024)).collect();
    assert_eq!(length(ways, (1..=8).map(|id| long_slot(id, 0)).collect()), 37_563);
    assert_eq!(MAX_RING_BYTES, 37_563);
}
