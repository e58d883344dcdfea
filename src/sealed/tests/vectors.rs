//! Every vector of `tests/vectors/sealed` that this version can open, by the store itself.

use super::*;
use crate::{
    sealed::tests::bytes::cases::{self, AcceptedRecord, AcceptedRing, RefusedRecord, RefusedRing, cases},
    sealed::{
        format::ring::{RingHead, Way},
        kdf::NameKey,
    },
};

/// The unlock of a vector, and the Device key to lay beside the ring; `None` for those of other versions.
fn unlock_of(unlock: &cases::Unlock) -> Option<(Unlock, Option<TestKey>)> {
    match unlock {
        cases::Unlock::Device(key) => Some((device(), Some(imported(key.array())))),
        cases::Unlock::Passphrase(text) => Some((pass(text), None)),
        cases::Unlock::AppKey(key) => Some((Unlock::app_key(key.get()), None)),
        cases::Unlock::RecoveryCode(text) => Some((Unlock::recovery_code(text), None)),
        cases::Unlock::Keychain(_) | cases::Unlock::Passkey { .. } => None,
    }
}

fn imported(key: [u8; 32]) -> TestKey {
    now(TestKey::import(&Key::new(key))).expect("it is a key")
}

impl Process {
    fn parsed_of(&self, namespace: &str) -> Ring {
        errors::read(namespace, &self.ring().bytes).expect("it is whole").0
    }
}

fn area_of(ring: Vec<u8>, device_key: Option<TestKey>) -> Process {
    let area = Process::default();
    area.put_ring(Some(StoredRing { bytes: ring, device_key }));
    area
}

#[test]
fn rings_are_opened_and_lead_to_their_keys() {
    IS_COSTLY.set(true);
    let mut opened = 0;
    for case in cases::<AcceptedRing>("accept-rings.json") {
        let name_key = NameKey::new(&Key::new(case.name_key.array()));
        for unlocking in &case.unlocks {
            let Some((unlock, device_key)) = unlock_of(&unlocking.unlock) else { continue };
            let area = area_of(case.ring.get(), device_key);
            let before = area.bare();
            let store = now(open_soon(area.clone(), &case.namespace, &unlock, true));
            let store = store.unwrap_or_else(|error| panic!("{}: {error:?}", case.name));
            let (keys, _) = now(store.session.keys()).expect("it is open").expect("there are keys");
            assert_eq!(keys.generation.to_string(), case.fields.generation, "{}", case.name);
            assert_eq!(keys.stored_name("token"), name_key.stored_name(&case.namespace, "token"), "{}", case.name);
            let (nonce, sealed) = keys.data_key.seal(b"aad", b"text").expect("it can be sealed");
            let sealed = sealed.expect("it is sealed at once");
            let text = imported(case.data_key.array()).open(b"aad", &nonce, &sealed);
            assert!(text.is_some(), "{}: another data key", case.name);
            assert_eq!(area.bare(), before, "{}", case.name);
            opened += 1;
        }
    }
    assert!(opened >= 36, "only {opened} were opened");
}

/// Nobody's secret is needed for it, and afterwards the same secrets open them, unlocks of newer versions too.
#[test]
fn rings_are_used_and_rotated() {
    let mut rotated = 0;
    for case in cases::<AcceptedRing>("accept-rings.json") {
        let unlocks: Vec<_> = case.unlocks.iter().filter_map(|unlocking| unlock_of(&unlocking.unlock)).collect();
        // Passphrases are slow, and rotated where an app key opens their ring too.
        let is_quick = |unlock: &Unlock| unlock.kind() != UnlockKind::Passphrase;
        let unlocks: Vec<_> = unlocks.into_iter().filter(|(unlock, _)| is_quick(unlock)).collect();
        let Some((first, device_key)) = unlocks.first().cloned() else { continue };
        let area = area_of(case.ring.get(), device_key);
        let before = area.parsed_of(&case.namespace).head;
        let store = now(open_soon(area.clone(), &case.namespace, &first, true)).expect("it opens");
        set(&store, "token", "value");
        let result = now(rotate_soon(&store)).map_err(|error| error.kind());
        let expected = if before.ways.iter().any(|way| matches!(way, Way::Unknown { .. })) {
            Err(ErrorKind::NewerFormat)
        } else if before.generation == u64::MAX {
            Err(ErrorKind::Unavailable)
        } else {
            Ok(())
        };
        assert_eq!(result, expected, "{}", case.name);
        assert_eq!(get(&store, "token").as_deref(), Some("value"), "{}", case.name);
        let after = area.parsed_of(&case.namespace).head;
        assert_eq!(after == before, expected.is_err(), "{}", case.name);
        if expected.is_ok() {
            assert_eq!(after.generation, before.generation + 1, "{}", case.name);
            assert_ne!(after.data_key_id, before.data_key_id, "{}", case.name);
            let kept = |head: &RingHead| {
                head.slots.iter().map(|slot| (slot.head.clone(), slot.pair.clone())).collect::<Vec<_>>()
            };
            assert_eq!(kept(&after), kept(&before), "{}", case.name);
            rotated += 1;
        }
        for (unlock, _) in &unlocks {
            let again = now(open_soon(area.clone(), &case.namespace, unlock, true)).expect("it opens");
            assert_eq!(get(&again, "token").as_deref(), Some("value"), "{}", case.name);
        }
    }
    assert!(rotated >= 18, "only {rotated} were rotated");
}

#[test]
fn rings_that_the_unlock_does_not_open_are_refused() {
    IS_COSTLY.set(true);
    let mut refused = 0;
    for case in cases::<RefusedRing>("reject-rings-opened.json") {
        let Some((unlock, device_key)) = case.unlock.as_ref().and_then(unlock_of) else { continue };
        let area = area_of(case.ring.get(), device_key);
        let before = area.bare();
        let opened = now(open_soon(area.clone(), &case.namespace, &unlock, false));
        assert_eq!(error(opened).code(), case.error, "{}", case.name);
        assert_eq!(area.bare(), before, "{}", case.name);
        refused += 1;
    }
    assert!(refused >= 110, "only {refused} were refused");
}

#[test]
fn rings_that_are_none_are_refused() {
    let mut refused = 0;
    for case in cases::<RefusedRing>("reject-rings-read.json") {
        for unlock in [device(), pass("one"), app_key(1)] {
            let area = area_of(case.ring.get(), None);
            let before = area.bare();
            let opened = now(open_soon(area.clone(), &case.namespace, &unlock, false));
            assert_eq!(error(opened).code(), case.error, "{}", case.name);
            assert_eq!(area.bare(), before, "{}", case.name);
            refused += 1;
        }
    }
    assert!(refused >= 1500, "only {refused} were refused");
}

/// A device store whose keys are a vector's, with one record.
fn store_with(
    namespace: &str,
    (data_key_id, data_key, name_key): ([u8; 16], [u8; 32], [u8; 32]),
    (stored_name, record): (StoredName, Vec<u8>),
) -> (Process, Store) {
    let data_key = imported(data_key);
    let head = RingHead { generation: 1, data_key_id, ways: vec![Way::Beside], slots: vec![] };
    let bytes = now(keys::seal_ring(namespace, &head, &data_key, &name_key)).expect("it is legal");
    let area = area_of(bytes, Some(data_key));
    // A second one under the same key: a store whose records are all under another key does not open.
    let mut whole = vec![1];
    whole.extend([&data_key_id[..], &[0; 40]].concat());
    area.put_records(vec![(stored_name, record.into()), ([0; 32], whole.into())]);
    let store = now(open_soon(area.clone(), namespace, &device(), true)).expect("it opens");
    (area, store)
}

#[test]
fn records_are_opened() {
    for case in cases::<AcceptedRecord>("accept-records.json") {
        let keys = (case.data_key_id.array(), case.data_key.array(), case.name_key.array());
        let (area, store) = store_with(&case.namespace, keys, (case.stored_name.array(), case.record.get()));
        let name = case.key.get();
        let value = now(store.get(&name)).unwrap_or_else(|error| panic!("{}: {error:?}", case.name));
        assert!(value.is_some_and(|value| *value == case.value.get()), "{}", case.name);
        let readable = now(store.verify()).expect("it can be verified").readable;
        assert!(readable == [&name[..]], "{}", case.name);
        // And what is written of the same entry lies in the same place.
        now(store.put_all(vec![(name, Plaintext::new(case.value.get()))])).expect("it can be written");
        assert!(area.records().iter().any(|(at, _)| *at == case.stored_name.array()), "{}", case.name);
        assert_eq!(area.records().len(), 2, "{}", case.name);
    }
}

#[test]
fn records_that_are_not_are_refused() {
    for case in cases::<RefusedRecord>("reject-records.json") {
        let keys = (case.data_key_id.array(), case.data_key.array(), case.name_key.array());
        let (area, store) = store_with(&case.namespace, keys, (case.stored_name.array(), case.record.get()));
        let before = area.bare();
        let error = error(now(store.get(&case.key.get())));
        assert_eq!(error.code(), case.error, "{}", case.name);
        assert!(error.key() == Some(&case.key.get()[..]), "{}", case.name);
        let report = now(store.verify()).expect("it can be verified");
        assert!(report.readable.is_empty() && report.unreadable.len() == 2, "{}", case.name);
        assert_eq!(area.bare(), before, "{}", case.name);
    }
}
