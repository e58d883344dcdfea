//! What Flutter's `flutter_secure_storage` stores outside browsers, from JSON to names and values. It is total for any
//! bytes, and does no I/O. FORMAT.md has the forms.

use std::collections::BTreeMap;

use serde_json::Value as Json;
use zeroize::Zeroizing;

use crate::{
    crypto::Plaintext,
    error::{Error, ErrorKind, Result, quoted},
    report::{Importable, Unreadable},
};

/// Everything that was found. Under each name only the newest is kept.
#[derive(Default)]
pub(super) struct Found {
    named: BTreeMap<String, Result<Plaintext>>,
    /// Errors about things whose names cannot be known.
    pub(super) nameless: Vec<Error>,
}

impl Found {
    /// Adds something older than everything that was added before.
    pub(super) fn add_older(&mut self, name: String, value: Result<Plaintext>) {
        self.named.entry(name).or_insert(value);
    }

    pub(super) fn importable(self) -> Importable {
        let mut importable = Importable::default();
        importable.unreadable.extend(self.nameless.iter().map(|error| Unreadable::new(None, error)));
        for (name, value) in self.named {
            match value {
                Ok(value) => importable.values.push((name, value)),
                Err(error) => importable.unreadable.push(Unreadable::new(Some(name), &error)),
            }
        }
        importable
    }
}

/// The names and values of a JSON object. Empty text and `null`, which stay when all is deleted, have none.
/// `source` is what an error calls it.
pub(super) fn parse_json(source: &str, json: &[u8]) -> Result<Vec<(String, Result<Plaintext>)>> {
    if json.trim_ascii().is_empty() {
        return Ok(Vec::new());
    }
    // The reason why it cannot be read may quote a value.
    match serde_json::from_slice(json) {
        Ok(Json::Null) => Ok(Vec::new()),
        Ok(Json::Object(object)) => Ok(object.into_iter().map(json_entry).collect()),
        _ => {
            let message = format!("{source} is damaged: it is not a JSON object. It was left as it is");
            Err(Error::new(ErrorKind::Corrupt, message))
        }
    }
}

fn json_entry((name, value): (String, Json)) -> (String, Result<Plaintext>) {
    let kind = match value {
        Json::String(text) => return (name, Ok(Zeroizing::new(text.into_bytes()))),
        Json::Null => "null",
        Json::Bool(_) => "a boolean",
        Json::Number(_) => "a number",
        Json::Array(_) => "an array",
        Json::Object(_) => "an object",
    };
    let message = format!("the value of {} is {kind} in JSON, and Flutter stores text only", quoted(&name));
    let error = Error::new(ErrorKind::NotText, message).with_key(&name);
    (name, Err(error))
}
