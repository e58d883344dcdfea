//! The vectors of this folder as values; README.md here says what each member means.

use serde::{Deserialize, de::DeserializeOwned};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File<T> {
    about: String,
    cases: Vec<T>,
}

fn cases<T: DeserializeOwned>(text: &str) -> Vec<T> {
    let file: File<T> = serde_json::from_str(text).expect("a file of vectors");
    assert!(!file.about.is_empty() && !file.cases.is_empty(), "no vectors");
    file.cases
}

/// Bytes, written as hex.
#[derive(Deserialize)]
#[serde(transparent)]
pub(crate) struct Hex(String);

impl Hex {
    pub(crate) fn get(&self) -> Vec<u8> {
        let byte = |at| u8::from_str_radix(&self.0[at..at + 2], 16).expect("hex in a vector");
        (0..self.0.len()).step_by(2).map(byte).collect()
    }

    pub(crate) fn array<const N: usize>(&self) -> [u8; N] {
        self.get().try_into().unwrap_or_else(|bytes: Vec<u8>| panic!("{} bytes where {N} are wanted", bytes.len()))
    }
}

/// HPKE in base mode with P-256 and AES-256-GCM.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Published {
    pub(crate) name: String,
    pub(crate) info: Hex,
    pub(crate) private_key: Hex,
    pub(crate) public_key: Hex,
    pub(crate) ephemeral_private_key: Hex,
    pub(crate) enc: Hex,
    #[allow(dead_code, reason = "keyfold keeps no value of it to compare")]
    pub(crate) shared_secret: Hex,
    pub(crate) key: Hex,
    pub(crate) nonce: Hex,
    pub(crate) associated_data: Hex,
    pub(crate) plaintext: Hex,
    pub(crate) ciphertext: Hex,
    pub(crate) data_key: Hex,
    pub(crate) sealed_data_key: Hex,
}

/// What two keys agree on.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Agreement {
    pub(crate) name: String,
    pub(crate) private_key: Hex,
    pub(crate) public_key: Hex,
    pub(crate) other_public_key: Hex,
    pub(crate) shared_secret: Hex,
}

/// 65 bytes that are no public key.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NoPoint {
    pub(crate) name: String,
    pub(crate) point: Hex,
}

pub(crate) fn published() -> Vec<Published> {
    cases(include_str!("published.json"))
}

pub(crate) fn leading_zeros() -> Vec<Agreement> {
    cases(include_str!("leading-zeros.json"))
}

pub(crate) fn no_points() -> Vec<NoPoint> {
    cases(include_str!("no-points.json"))
}
