//! What versions before 9 of `flutter_secure_storage` stored on Windows, from bytes and names to values. It is total
//! for any bytes, and does no I/O. FORMAT.md has the forms.

use std::borrow::Cow;

use zeroize::Zeroizing;

use super::stored::Found;
use crate::{
    crypto::{Plaintext, gcm::Gcm96},
    error::{Error, ErrorKind, Result, quoted},
};

/// The length of the key of `.secure` files.
const SECURE_KEY_BYTES: usize = 16;

/// What is between the program's name and the app's key, in names of `.secure` files and of credentials.
const PREFIX_END: &str = "_VGhpcyBpcyB0aGUgcHJlZml4IGZv_";

const SECURE_FILE: &str = ".secure";

/// How many UTF-16 units a part of a path can have.
const COMPONENT_UNITS: usize = 255;

impl Found {
    /// Adds an error about something whose name cannot be known.
    pub(super) fn add_nameless(&mut self, error: Error) {
        self.nameless.push(error);
    }
}

/// How a program's `.secure` files and its credentials start.
pub(super) fn prefix(binary_name: &str) -> String {
    [binary_name, PREFIX_END].concat()
}

/// The credential that holds the key of `.secure` files.
pub(super) fn secure_key_target(prefix: &str) -> String {
    ["key_", prefix].concat()
}

/// The app's key whose value is in a file of this name, as bytes that should be UTF-8; `None` for other files.
pub(super) fn key_of_file(name: &[u16], prefix: &str) -> Option<Vec<u8>> {
    let bytes: Vec<u8> = name.iter().copied().map(narrow).collect::<Option<_>>()?;
    Some(bytes.strip_prefix(prefix.as_bytes())?.strip_suffix(SECURE_FILE.as_bytes())?.to_vec())
}

/// The byte that was widened to this unit. It was a `char` of C++, which is signed where Flutter's plugin is compiled.
fn narrow(unit: u16) -> Option<u8> {
    let [high, low] = unit.to_be_bytes();
    (high == 0 || (high == 0xff && low >= 0x80)).then_some(low)
}

/// The cipher of `.secure` files, from the key's credential.
pub(super) fn secure_cipher(key: &[u8]) -> Result<Gcm96> {
    if key.len() == SECURE_KEY_BYTES {
        return Gcm96::new(key);
    }
    Err(Error::new(ErrorKind::Corrupt, "the key of this app's .secure files is not 16 bytes long: it opens none"))
}

/// The value in a `.secure` file: nonce ‖ tag ‖ ciphertext. The text is followed by a NUL.
pub(super) fn open_secure(cipher: &Gcm96, name: &str, file: &[u8]) -> Result<Plaintext> {
    let damaged = || {
        let message =
            format!("the file of {} is damaged, or was written under another key. It was left as it is", quoted(name));
        Error::new(ErrorKind::Corrupt, message).with_key(name)
    };
    let (nonce, rest) = file.split_first_chunk::<12>().ok_or_else(damaged)?;
    let (tag, ciphertext) = rest.split_first_chunk::<16>().ok_or_else(damaged)?;
    let mut plaintext = cipher.open_now(&(*nonce).into(), &[], [ciphertext, tag].concat()).map_err(|_| damaged())?;
    if plaintext.pop() != Some(0) {
        return Err(damaged());
    }
    text(name, plaintext)
}

/// The value in a credential, which ends at the first NUL.
pub(super) fn credential_value(name: &str, blob: &[u8]) -> Result<Plaintext> {
    let end = blob.iter().position(|byte| *byte == 0).unwrap_or(blob.len());
    text(name, Zeroizing::new(blob[..end].to_vec()))
}

fn text(name: &str, value: Plaintext) -> Result<Plaintext> {
    if str::from_utf8(&value).is_ok() {
        return Ok(value);
    }
    let message = format!("the value of {} is not UTF-8, and Flutter stores text only", quoted(name));
    Err(Error::new(ErrorKind::NotText, message).with_key(name))
}

/// The part of a path that Flutter's `path_provider` makes from a company's or product's name; `None` if nothing is
/// left.
pub(super) fn component(name: &str) -> Option<String> {
    let replaced = name.replace(['<', '>', ':', '"', '/', '\\', '|', '?', '*'], "_");
    let mut component = replaced.trim_end().trim_end_matches('.').to_owned();
    component.truncate(units_end(&component, COMPONENT_UNITS));
    (!component.is_empty()).then_some(component)
}

/// The same as versions before 9 made it. They used a `placeholder` for what the program does not name.
pub(super) fn old_component<'a>(name: Option<&str>, placeholder: &'a str) -> Cow<'a, str> {
    match name {
        Some(name) => name.replace(['\\', '/', ':', '?', '"', '<', '>', '|'], "_").trim_end().to_owned().into(),
        None => placeholder.into(),
    }
}

/// Where that many UTF-16 units of `text` end, before any character that they would cut in two.
fn units_end(text: &str, units: usize) -> usize {
    let mut left = units;
    let too_many = text.char_indices().find(|(_, c)| match left.checked_sub(c.len_utf16()) {
        Some(rest) => {
            left = rest;
            false
        }
        None => true,
    });
    too_many.map_or(text.len(), |(at, _)| at)
}
