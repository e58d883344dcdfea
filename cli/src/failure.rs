//! What goes wrong: reported on standard error and by the exit code.

use std::{
    env,
    io::{self, Write},
    process::ExitCode,
};

use keyfold::{Error, ErrorKind};
use serde_json::json;

use crate::shown;

/// How the program ends, for scripts; `--help` has the list.
#[derive(Clone, Copy)]
pub(crate) enum Exit {
    Absent = 1,
    Usage = 2,
    NotOpened = 3,
    Unavailable = 4,
    Unreadable = 5,
    Other = 6,
}

impl Exit {
    pub(crate) fn of(kind: ErrorKind) -> Self {
        match kind {
            ErrorKind::InvalidArgument => Exit::Usage,
            ErrorKind::Locked | ErrorKind::WrongKey | ErrorKind::Cancelled => Exit::NotOpened,
            ErrorKind::Unavailable | ErrorKind::Unsupported => Exit::Unavailable,
            ErrorKind::Corrupt | ErrorKind::KeyMissing | ErrorKind::NotText | ErrorKind::NewerFormat => {
                Exit::Unreadable
            }
            _ => Exit::Other,
        }
    }
}

/// The crate's messages name methods. Here each one is an option or a command.
const IN_OPTIONS: [(&str, &str); 15] = [
    (
        "not with the device",
        "and none was given: use --passphrase, --passphrase-file or KEYFOLD_PASSPHRASE for a passphrase, --app-key-file for an app key, --recovery-code for a recovery code",
    ),
    ("Unlock::passphrase", "--passphrase"),
    ("Unlock::app_key", "--app-key-file"),
    ("with NativeOptions::keychain_timeout", "with --timeout"),
    (", or allow it with NativeOptions::allow_shared_directory", ""),
    ("in NativeOptions", "with --directory"),
    ("read it as bytes", "--raw gives its bytes, and --json their base64"),
    ("destroy the store", "remove the store with `keyfold destroy`"),
    ("FlutterApp::application_id", "--application-id"),
    ("FlutterApp::product_name", "--product-name"),
    ("FlutterApp::binary_name", "--binary-name"),
    ("FlutterApp::support_directory", "--support-directory"),
    ("call rotate", "`keyfold rotate` makes a new one"),
    ("`unlocks` lists their ids", "`keyfold unlock list` shows their ids"),
    (
        "call removeUnreadable (in Rust remove_unreadable), or clear the store, first",
        "store that entry again or `keyfold remove` it, if you know its name, or empty the store with `keyfold clear`, first",
    ),
];

/// Why a command was not done.
pub(crate) struct Failure {
    exit: Exit,
    code: &'static str,
    message: String,
    key: Option<String>,
    /// The kinds of unlock that open the store, if it is not what was given.
    needs: Vec<&'static str>,
}

/// The advice that follows if the key in a file cannot be used.
const KEY_FILE: &str = "the file holds no key: --app-key-file and --new-app-key-file take 32 random bytes, or their base64, as \
                        `openssl rand -base64 32` prints it. Hexadecimal digits are not read";

impl Failure {
    pub(crate) fn new(exit: Exit, code: &'static str, message: impl Into<String>) -> Self {
        Failure { exit, code, message: message.into(), key: None, needs: Vec::new() }
    }

    pub(crate) fn about(self, key: &str) -> Self {
        Failure { key: Some(key.to_owned()), ..self }
    }

    /// Why nothing was imported.
    pub(crate) fn of_import(error: Error) -> Self {
        let exit = match error.kind() {
            // The app has no values.
            ErrorKind::KeyMissing => Exit::Absent,
            // A name that is in the store already.
            ErrorKind::InvalidArgument if error.key().is_some() => Exit::Other,
            kind => Exit::of(kind),
        };
        Failure { exit, ..error.into() }
    }

    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(Exit::Usage, "usage", message)
    }

    pub(crate) fn no_entry(name: &str) -> Self {
        let message = format!("there is no entry \"{}\"", shown(name));
        Self::new(Exit::Absent, "absent", message).about(name)
    }

    pub(crate) fn no_store(namespace: &str) -> Self {
        let message = format!("there is no store \"{}\" here: `keyfold set` creates one", shown(namespace));
        Self::new(Exit::Absent, "absent", message)
    }

    pub(crate) fn no_unlock(unlock: &str, what: &str) -> Self {
        let message = format!("the store has {what} \"{}\": `keyfold unlock list` shows their ids", shown(unlock));
        Self::new(Exit::Usage, "usage", message)
    }

    pub(crate) fn not_confirmed() -> Self {
        Self::new(Exit::Other, "not-confirmed", "that is not the store's name, so nothing was removed")
    }

    pub(crate) fn file(what: &str, error: &io::Error) -> Self {
        Self::new(Exit::Other, "io", format!("{what} cannot be read: {error}"))
    }

    /// Reports it and gives the program's exit code.
    pub(crate) fn tell(&self, json: bool) -> ExitCode {
        if json {
            let mut error = json!({ "code": self.code, "message": self.message });
            if let Some(key) = &self.key {
                error["key"] = json!(key);
            }
            if !self.needs.is_empty() {
                error["needs"] = json!(self.needs);
            }
            tell(&json!({ "error": error }));
        } else {
            tell(&format_args!("keyfold: {} ({})", self.message, self.code));
        }
        ExitCode::from(self.exit as u8)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let told = error.to_string();
        let needs = error.needs().iter().map(|kind| kind.as_str()).collect();
        let message = match error.argument() {
            Some("appKey") => KEY_FILE.to_owned(),
            _ => IN_OPTIONS.iter().fold(told, |message, (api, option)| message.replace(api, option)),
        };
        let key = error.key().map(str::to_owned);
        Failure { key, needs, ..Self::new(Exit::of(error.kind()), error.code(), message) }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::new(Exit::Other, "io", error.to_string())
    }
}

/// Help goes to standard output, and a command that was not understood to standard error.
pub(crate) fn of_arguments(error: &clap::Error) -> ExitCode {
    if error.use_stderr() && env::args_os().any(|argument| argument == "--json") {
        return Failure::usage(error.to_string().trim_end()).tell(true);
    }
    drop(error.print());
    if error.use_stderr() { ExitCode::from(Exit::Usage as u8) } else { ExitCode::SUCCESS }
}

pub(crate) fn warn(json: bool, code: &str, message: &str) {
    if json {
        tell(&json!({ "warning": { "code": code, "message": message } }));
    } else {
        tell(&format_args!("keyfold: warning: {message}"));
    }
}

/// A line on standard error. If nobody reads it, the exit code must do.
fn tell(line: &dyn std::fmt::Display) {
    drop(writeln!(io::stderr(), "{line}"));
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

    use std::{fs, path::Path};

    use super::*;

    /// The crate's sources as one text, with its messages on one line each.
    fn sources(directory: &Path) -> String {
        let entries = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
        let texts = entries.map(|path| if path.is_dir() { sources(&path) } else { fs::read_to_string(path).unwrap() });
        texts.collect::<String>().split("\\\n").map(str::trim_start).collect()
    }

    #[test]
    fn every_phrase_is_one_of_the_crates() {
        let sources = sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../src"));
        for (phrase, _) in IN_OPTIONS {
            // The name of an unlock is put in.
            let phrase = phrase.replace("device", "{}");
            assert!(sources.contains(&phrase), "no message of the crate says \"{phrase}\"");
        }
    }
}
