//! The vectors of this folder as values; README.md here says what each member means.
//!
//! Read by `src/flutter/tests/vectors.rs`; in browsers tests/browser/vectors.test.mjs reads them, through the package.

use std::collections::BTreeMap;

use serde::Deserialize;

macro_rules! files {
    ($($name:literal,)*) => {
        /// Every file of vectors: its name and its text.
        pub(crate) const FILES: [(&str, &str); [$($name),*].len()] = [$(($name, include_str!($name))),*];
    };
}

files! {
    "accept-base64.json",
    "accept-key-sizes.json",
    "accept-known-answers.json",
    "accept-names.json",
    "accept-values.json",
    "accept-wrap-ivs.json",
    "reject-at-get.json",
    "reject-at-open.json",
    "reject-key-missing.json",
    "reject-options.json",
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    about: String,
    cases: Vec<Case>,
}

/// One storage as it lies, and what must come of opening it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) namespace: String,
    #[serde(default)]
    pub(crate) options: Options,
    pub(crate) storage: BTreeMap<String, String>,
    pub(crate) expect: Expect,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Options {
    pub(crate) wrap_key: Option<String>,
    pub(crate) wrap_key_iv: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Expect {
    /// The code that opening gives; `None`: it opens.
    pub(crate) open: Option<String>,
    pub(crate) argument: Option<String>,
    #[serde(default)]
    pub(crate) get: BTreeMap<String, Option<Outcome>>,
    #[serde(default)]
    pub(crate) passed_over: Vec<String>,
    /// The code that writing gives; `None`: it succeeds.
    pub(crate) set: Option<String>,
}

/// What reading one entry gives.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Outcome {
    Text(String),
    Hex(String),
    Error(String),
}

impl Outcome {
    /// What `get_bytes` gives: the bytes, or an error code.
    pub(crate) fn bytes(&self) -> Result<Vec<u8>, &str> {
        match self {
            Outcome::Text(text) => Ok(text.clone().into_bytes()),
            Outcome::Hex(hex) => {
                let byte = |at| u8::from_str_radix(&hex[at..at + 2], 16).expect("hex in a vector");
                Ok((0..hex.len()).step_by(2).map(byte).collect())
            }
            Outcome::Error(code) => Err(code),
        }
    }
}

/// The cases of one file, with a title for each.
pub(crate) fn cases(name: &str, text: &str) -> Vec<(String, Case)> {
    let file: File = serde_json::from_str(text).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert!(!file.about.is_empty() && !file.cases.is_empty(), "{name} is empty");
    file.cases.into_iter().map(|case| (format!("{name}: {}", case.name), case)).collect()
}
