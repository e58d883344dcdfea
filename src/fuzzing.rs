//! The readers of stored bytes, for `fuzz/`. Each takes anything, and panics where FORMAT.md promises otherwise.

use crate::{
    base64,
    flutter::format::{KeyEntry, SealedValue, is_key_entry},
    sealed::format::{
        record::{Record, name_and_value, plaintext},
        ring::{Ring, RingHead, with_checksum},
        vault::Vault,
    },
};

/// Reads a ring and takes its checksum for right, since no fuzzer makes one that is.
pub fn ring(bytes: &[u8]) {
    let Some(checksum) = bytes.last_chunk() else { return };
    let Ok(ring) = Ring::parse(bytes, checksum) else { return };
    let body = ring.encode().expect("what was read can be written");
    assert_eq!(with_checksum(body, checksum), bytes, "a ring has one form");
    let RingHead { ways, slots, data_key_id, .. } = &ring.head;
    assert!(ways.len() <= 4 && slots.len() <= 8, "a ring has at most 4 ways in and 8 slots");
    assert!(!ways.is_empty() || !slots.is_empty(), "something opens it");
    let mut authenticated = vec![ring.head.aad("app")];
    for slot in slots {
        authenticated.push(slot.head.pair_aad("app"));
        authenticated.push(slot.head.data_key_info("app", data_key_id));
        authenticated.push(slot.head.info("app"));
    }
    let length: usize = authenticated.iter().map(Vec::len).sum();
    assert!(length < 4 * bytes.len() + 3000, "nothing of it is much longer than the ring");
}

/// Reads a record, and then the same bytes as the plaintext of one.
pub fn record(bytes: &[u8]) {
    if let Ok(record) = Record::parse(bytes) {
        assert_eq!(record.encode(), bytes, "a record has one form");
    }
    if let Ok((name, value)) = name_and_value(bytes) {
        let written = plaintext(name, value).expect("what was read can be written");
        assert_eq!(written.as_slice(), bytes, "a name and a value have one form");
    }
}

/// Reads a vault, and takes its checksum for right too.
pub fn vault(bytes: &[u8]) {
    let Some(checksum) = bytes.last_chunk() else { return };
    let Ok(vault) = Vault::parse(bytes, checksum) else { return };
    assert!(vault.records.is_sorted_by(|one, other| one.0 < other.0), "no name comes twice");
    assert_eq!(
        with_checksum(vault.encode().expect("what was read can be written"), checksum),
        bytes,
        "a vault has one form"
    );
}

/// Reads what may stand in a Web Storage item.
pub fn flutter_text(text: &str) {
    let decoded = base64::decode(text);
    if let Some(bytes) = &decoded {
        assert_eq!(base64::decode(&base64::encode(bytes)).as_ref(), Some(bytes), "what is written is read");
    }
    let length = decoded.as_ref().map_or(0, |bytes| bytes.len());
    assert_eq!(KeyEntry::parse(text).is_ok(), matches!(length, 16 | 32 | 48), "a key entry is told by its length");
    assert_eq!(is_key_entry(text), KeyEntry::parse(text).is_ok(), "no key entry is passed over for its length");
    if let Ok(value) = SealedValue::parse(text) {
        assert!(!is_key_entry(text), "no value is taken for a key entry");
        assert_eq!(SealedValue::parse(&value.to_text()), Ok(value), "what is written is read");
    }
}
