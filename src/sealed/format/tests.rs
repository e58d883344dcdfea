//! What holds for any ring, record and bytes. Known ones are in `sealed::tests::bytes`.

use proptest::{collection::vec, prelude::*, sample::Index, test_runner::Config};

use super::{
    record::{Record, name_and_value, plaintext, record_aad},
    ring::*,
    vault::Vault,
    *,
};
use crate::{crypto::argon2id::Cost, sealed::kdf::sha256};

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

fn sealed_key() -> impl Strategy<Value = SealedKey> {
    (array(), array()).prop_map(|(nonce, ciphertext)| SealedKey { nonce, ciphertext })
}

fn argon2id() -> impl Strategy<Value = Cost> {
    let cost =
        (19456..=262_144_u32, 2..=10_u32).prop_filter("1 GiB in all", |(memory, passes)| memory * passes <= 1 << 20);
    (cost, array()).prop_map(|((memory_kib, passes), salt)| Cost { memory_kib, passes, salt })
}

fn passkey() -> impl Strategy<Value = Passkey> {
    let rp_id = text(253).prop_filter("it has one", |rp_id| !rp_id.is_empty());
    (rp_id, vec(any::<u8>(), 1..=1023), array(), array())
        .prop_map(|(rp_id, credential_id, user_id, prf_input)| Passkey { rp_id, credential_id, user_id, prf_input })
}

fn slot_head() -> impl Strategy<Value = SlotHead> {
    let unlock = prop_oneof![
        argon2id().prop_map(SlotUnlock::Passphrase),
        Just(SlotUnlock::AppKey),
        Just(SlotUnlock::RecoveryCode),
        passkey().prop_map(SlotUnlock::Passkey)
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
    prop_oneof![
        4 => (slot_head(), sealed_key()).prop_map(|(head, data_key)| Slot::Known { head, data_key }),
        1 => (5_u8.., array(), text(64), vec(any::<u8>(), 0..200))
            .prop_map(|(kind, id, label, rest)| Slot::Unknown { kind, id, label, rest }),
    ]
}

fn ring() -> impl Strategy<Value = Ring> {
    let slots = vec(slot(), 1..=8).prop_map(|mut slots| {
        let mut passphrases = 0;
        slots.retain(|slot| {
            passphrases += usize::from(slot.kind() == crate::unlock::UnlockKind::Passphrase);
            slot.kind() != crate::unlock::UnlockKind::Passphrase || passphrases == 1
        });
        slots
    });
    let slots = slots.prop_filter("each slot has an id of its own", |slots| {
        slots.iter().enumerate().all(|(at, slot)| slots.iter().take(at).all(|other| other.id() != slot.id()))
    });
    let protection = prop_oneof![
        1 => Just(Protection::Device),
        1 => (array(), sealed_key()).prop_map(|(item, data_key)| Protection::Keychain { item, data_key }),
        4 => slots.prop_map(Protection::Slots),
    ];
    (any::<u64>(), array(), protection, sealed_key()).prop_map(|(generation, data_key_id, protection, name_key)| Ring {
        head: RingHead { generation, data_key_id, protection },
        name_key,
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
            let is_same_head = other.head.name_key_aad("app") == ring.head.name_key_aad("app");
            prop_assert_eq!(is_same_head && other.name_key == ring.name_key, edited == body);
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
        let [one, other] = [0, 1].map(|at| heads[at].aad(&namespaces[at], &heads[at].id));
        prop_assert_eq!(one == other, (&namespaces[0], &heads[0]) == (&namespaces[1], &heads[1]));
        let kinds = [
            record_aad(&namespaces[0], &heads[0].salt, &heads[0].id),
            RingHead::keychain_aad(&namespaces[0], &heads[0].id, &heads[0].id),
            heads[0].aad(&namespaces[0], &heads[0].id),
            example(Protection::Device).head.name_key_aad(&namespaces[0]),
        ];
        for (at, kind) in kinds.iter().enumerate() {
            prop_assert!(!kinds[..at].contains(kind));
        }
    }
}

fn example(protection: Protection) -> Ring {
    let name_key = SealedKey { nonce: [1; 12], ciphertext: [2; 48] };
    Ring { head: RingHead { generation: 1, data_key_id: [3; 16], protection }, name_key }
}

fn slot_head_of(id: u8, unlock: SlotUnlock) -> SlotHead {
    SlotHead { id: [id; 16], label: String::new(), salt: [4; 32], unlock, commitment: [9; 32] }
}

fn app_key_slot(id: u8) -> Slot {
    let head = slot_head_of(id, SlotUnlock::AppKey);
    Slot::Known { head, data_key: SealedKey { nonce: [5; 12], ciphertext: [6; 48] } }
}

#[test]
fn what_would_not_be_read_is_not_written() {
    let refused = |slots: Vec<Slot>| example(Protection::Slots(slots)).encode().is_err();
    let with_head = |change: fn(&mut SlotHead)| {
        let Slot::Known { mut head, data_key } = app_key_slot(1) else { unreachable!("it is known") };
        change(&mut head);
        refused(vec![Slot::Known { head, data_key }])
    };
    let unknown = |kind, rest| Slot::Unknown { kind, id: [7; 16], label: String::new(), rest };
    assert!(!refused((1..=8).map(app_key_slot).collect()));
    assert!(refused((1..=9).map(app_key_slot).collect()));
    assert!(refused(vec![]));
    assert!(refused(vec![app_key_slot(1), app_key_slot(1)]));
    assert!(!with_head(|head| head.label = "x".repeat(64)));
    assert!(with_head(|head| head.label = "x".repeat(65)));
    let cheap = Cost { memory_kib: 8, passes: 1, salt: [8; 16] };
    assert!(refused(vec![Slot::Known {
        head: slot_head_of(1, SlotUnlock::Passphrase(cheap)),
        data_key: SealedKey { nonce: [5; 12], ciphertext: [6; 48] },
    }]));
    assert!(!refused(vec![unknown(5, vec![9; 4096 - 21])]));
    assert!(refused(vec![unknown(5, vec![9; 4096 - 20])]));
    assert!(refused(vec![unknown(0, vec![])]));
    assert!(refused(vec![unknown(2, vec![9; 32 + 32 + 12 + 48])]), "it reads as a slot that is known");
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
    let length = |protection| written(&example(protection)).len();
    assert_eq!(length(Protection::Device), 126);
    let data_key = SealedKey { nonce: [5; 12], ciphertext: [6; 48] };
    assert_eq!(length(Protection::Keychain { item: [7; 16], data_key }), 202);
    assert_eq!(length(Protection::Slots(vec![app_key_slot(1)])), 276);
    let longest = |id| Slot::Unknown { kind: 5, id: [id; 16], label: String::new(), rest: vec![9; 4096 - 21] };
    assert_eq!(length(Protection::Slots((1..=8).map(longest).collect())), 32_927);
}
