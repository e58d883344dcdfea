//! The vectors of this folder as values; README.md here says what each member means.
//!
//! Read by `src/sealed/tests/bytes.rs` on native, which lists the folder and checks that none is left out here.

use serde::{Deserialize, de::DeserializeOwned};

macro_rules! files {
    ($($name:literal,)*) => {
        /// Every file of vectors: its name and its text.
        pub(crate) const FILES: [(&str, &str); [$($name),*].len()] = [$(($name, include_str!($name))),*];
    };
}

files! {
    "accept-names.json",
    "accept-passphrases.json",
    "accept-records.json",
    "accept-recovery-codes.json",
    "accept-rings.json",
    "accept-vaults.json",
    "reject-passphrases.json",
    "reject-records.json",
    "reject-recovery-codes.json",
    "reject-rings-opened.json",
    "reject-rings-read.json",
    "reject-vaults.json",
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File<T> {
    about: String,
    cases: Vec<T>,
}

/// The cases of one file.
pub(crate) fn cases<T: DeserializeOwned>(name: &str) -> Vec<T> {
    let (_, text) = FILES.into_iter().find(|(file, _)| *file == name).expect("it is listed above");
    let file: File<T> = serde_json::from_str(text).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert!(!file.about.is_empty() && !file.cases.is_empty(), "{name} is empty");
    file.cases
}

/// Bytes, written as hex or as one byte that is repeated.
#[derive(Deserialize)]
#[serde(untagged)]
pub(crate) enum Bytes {
    Hex(String),
    Repeated { repeat: String, times: usize },
}

impl Bytes {
    pub(crate) fn get(&self) -> Vec<u8> {
        match self {
            Bytes::Hex(hex) => {
                assert!(hex.len() % 2 == 0, "hex in a vector");
                let byte = |at| u8::from_str_radix(&hex[at..at + 2], 16).expect("hex in a vector");
                (0..hex.len()).step_by(2).map(byte).collect()
            }
            Bytes::Repeated { repeat, times } => Bytes::Hex(repeat.clone()).get().repeat(*times),
        }
    }

    pub(crate) fn array<const N: usize>(&self) -> [u8; N] {
        self.get().try_into().unwrap_or_else(|bytes: Vec<u8>| panic!("{} bytes where {N} are wanted", bytes.len()))
    }
}

/// Text, written as it is or as one character that is repeated.
#[derive(Deserialize)]
#[serde(untagged)]
pub(crate) enum Text {
    Plain(String),
    Repeated { repeat: String, times: usize },
}

impl Text {
    pub(crate) fn get(&self) -> String {
        match self {
            Text::Plain(text) => text.clone(),
            Text::Repeated { repeat, times } => repeat.repeat(*times),
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct AcceptedRing {
    pub(crate) name: String,
    pub(crate) namespace: String,
    pub(crate) ring: Bytes,
    pub(crate) fields: Fields,
    pub(crate) unlocks: Vec<Unlocking>,
    pub(crate) body_associated_data: Bytes,
    pub(crate) data_key: Bytes,
    pub(crate) name_key: Bytes,
    pub(crate) public_keys: Vec<Bytes>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Fields {
    pub(crate) generation: String,
    pub(crate) data_key_id: Bytes,
    pub(crate) ways: Vec<WayFields>,
    pub(crate) slots: Vec<SlotFields>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct WayFields {
    /// A text, or the number of a kind that is not known.
    pub(crate) kind: serde_json::Value,
    pub(crate) item: Option<Bytes>,
    pub(crate) parameters: Option<Bytes>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct SlotFields {
    /// A text, or the number of a kind that is not known.
    pub(crate) kind: serde_json::Value,
    pub(crate) id: Bytes,
    pub(crate) label: String,
    pub(crate) salt: Bytes,
    pub(crate) memory_kib: Option<u32>,
    pub(crate) passes: Option<u32>,
    pub(crate) argon2_salt: Option<Bytes>,
    pub(crate) rp_id: Option<String>,
    pub(crate) credential_id: Option<Bytes>,
    pub(crate) transports: Option<u16>,
    pub(crate) user_id: Option<Bytes>,
    pub(crate) prf_input: Option<Bytes>,
    pub(crate) parameters: Option<Bytes>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Unlocking {
    pub(crate) unlock: Unlock,
    pub(crate) slot: Option<Bytes>,
    pub(crate) info: Option<Bytes>,
    pub(crate) slot_key: Option<Bytes>,
    pub(crate) commitment: Option<Bytes>,
    pub(crate) associated_data: Option<Bytes>,
    pub(crate) private_key: Option<Bytes>,
    pub(crate) public_key: Option<Bytes>,
    pub(crate) data_key_info: Option<Bytes>,
}

/// What is there to open a ring with.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Unlock {
    /// The data key beside the ring.
    Device(Bytes),
    /// The key in the keychain's item.
    Keychain(Bytes),
    Passphrase(String),
    AppKey(Bytes),
    RecoveryCode(String),
    #[serde(rename_all = "camelCase")]
    Passkey {
        credential_id: Bytes,
        prf_output: Bytes,
    },
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct RefusedRing {
    pub(crate) name: String,
    pub(crate) namespace: String,
    pub(crate) ring: Bytes,
    pub(crate) unlock: Option<Unlock>,
    pub(crate) error: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct AcceptedRecord {
    pub(crate) name: String,
    pub(crate) namespace: String,
    pub(crate) data_key_id: Bytes,
    pub(crate) data_key: Bytes,
    pub(crate) name_key: Bytes,
    pub(crate) key: Text,
    pub(crate) value: Bytes,
    pub(crate) stored_name: Bytes,
    pub(crate) associated_data: Bytes,
    pub(crate) record: Bytes,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct RefusedRecord {
    pub(crate) name: String,
    pub(crate) namespace: String,
    pub(crate) data_key_id: Bytes,
    pub(crate) data_key: Bytes,
    pub(crate) name_key: Bytes,
    pub(crate) key: Text,
    pub(crate) stored_name: Bytes,
    pub(crate) record: Bytes,
    pub(crate) error: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct AcceptedVault {
    pub(crate) name: String,
    pub(crate) vault: Bytes,
    pub(crate) revision: String,
    pub(crate) ring: Bytes,
    pub(crate) records: Vec<VaultRecord>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct VaultRecord {
    pub(crate) stored_name: Bytes,
    pub(crate) record: Bytes,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct RefusedVault {
    pub(crate) name: String,
    pub(crate) vault: Bytes,
    pub(crate) error: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Named {
    pub(crate) name: String,
    pub(crate) namespace: String,
    pub(crate) name_key: Bytes,
    pub(crate) key: String,
    pub(crate) message: Bytes,
    pub(crate) stored_name: Bytes,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct AcceptedPassphrase {
    pub(crate) name: String,
    pub(crate) text: String,
    pub(crate) prepared: Bytes,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct RefusedPassphrase {
    pub(crate) name: String,
    pub(crate) utf16: String,
    pub(crate) error: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct AcceptedRecoveryCode {
    pub(crate) name: String,
    pub(crate) typed: String,
    pub(crate) bits: Bytes,
    pub(crate) text: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct RefusedRecoveryCode {
    pub(crate) name: String,
    pub(crate) typed: String,
    pub(crate) error: String,
}
