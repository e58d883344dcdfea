//! Answers, on standard output.

use std::io::{self, Write};

use base64ct::{Base64, Encoding};
use directories::BaseDirs;
use keyfold::{UnlockInfo, Unreadable};
use serde::Serialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::{
    arguments::StoreOptions,
    failure::{Exit, Failure},
};

/// How a value is printed.
#[derive(Clone, Copy)]
pub(crate) enum Form {
    /// A text and a newline.
    Line,
    /// The bytes alone.
    Raw,
    Json,
}

pub(crate) fn value(name: &str, value: &[u8], form: Form) -> Result<(), Failure> {
    match (form, str::from_utf8(value)) {
        (Form::Raw, _) => print(value),
        (Form::Line, Ok(_)) => print(&Zeroizing::new([value, b"\n"].concat())),
        (Form::Json, Ok(text)) => json(&Entry { key: name, value: Some(text), base64: None }),
        (Form::Json, Err(_)) => {
            let base64 = Zeroizing::new(Base64::encode_string(value));
            json(&Entry { key: name, value: None, base64: Some(&base64) })
        }
        (Form::Line, Err(_)) => {
            let message =
                "the value is not UTF-8 text: use --raw to print its bytes, or --json to print them in base64";
            Err(Failure::new(Exit::Unreadable, "not-text", message).about(name))
        }
    }
}

/// A recovery code, and the id of its unlock.
pub(crate) fn recovery_code(code: &str, id: &str, is_json: bool) -> Result<(), Failure> {
    if is_json {
        return json(&Code { recovery_code: code, id });
    }
    print(&Zeroizing::new([code.as_bytes(), b"\n"].concat()))
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Code<'a> {
    recovery_code: &'a str,
    id: &'a str,
}

/// Borrowed, so that no copy of the value stays behind in a tree of JSON.
#[derive(Serialize)]
struct Entry<'a> {
    key: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    base64: Option<&'a str>,
}

pub(crate) fn unlock(UnlockInfo { id, kind, label, .. }: &UnlockInfo) -> Value {
    json!({ "id": id, "kind": kind.as_str(), "label": label })
}

pub(crate) fn unreadable(entry: &Unreadable) -> Value {
    json!({ "key": entry.key, "code": entry.kind.code(), "message": entry.message })
}

pub(crate) fn json(answer: &impl Serialize) -> Result<(), Failure> {
    let mut line = Zeroizing::new(serde_json::to_vec(answer).map_err(io::Error::from)?);
    line.push(b'\n');
    print(&line)
}

/// An answer that only programs need: for people, silence means success.
pub(crate) fn json_only(is_json: bool, answer: &Value) -> Result<(), Failure> {
    if is_json { json(answer) } else { Ok(()) }
}

pub(crate) fn lines(lines: impl IntoIterator<Item = String>) -> Result<(), Failure> {
    let text: String = lines.into_iter().map(|line| line + "\n").collect();
    print(text.as_bytes())
}

fn print(bytes: &[u8]) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
        // As with `keyfold list | head -1`: the reader has enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        done => Ok(done?),
    }
}

/// Where the vault is or would be. FORMAT.md says how the file is named.
pub(crate) fn vault(options: &StoreOptions) -> Option<String> {
    let directory = match &options.directory {
        Some(directory) => std::path::absolute(directory).ok()?,
        None => BaseDirs::new()?.data_local_dir().join("keyfold"),
    };
    let hash = Sha256::digest(&options.namespace);
    let name: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    Some(directory.join(format!("{name}.vault")).display().to_string())
}
