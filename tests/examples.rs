//! The example `notes`, run natively; tests/examples/notes.test.mjs opens it in a browser.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::{env, path::Path, process::Command};

/// Where it keeps its store, under a passphrase if there is one, and no keychain to ask.
fn notes(home: &Path, passphrase: Option<&str>) -> (Option<i32>, String, String) {
    let this = env::current_exe().unwrap();
    let program = this.ancestors().nth(2).unwrap().join("examples/notes");
    assert!(program.exists(), "{}: build it with `cargo build --example notes`", program.display());
    let mut command = Command::new(program);
    command.env("XDG_DATA_HOME", home).env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere");
    command.env_remove("NOTES_PASSPHRASE").envs(passphrase.map(|passphrase| ("NOTES_PASSPHRASE", passphrase)));
    let output = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[test]
fn it_counts_its_visits_and_keeps_its_note() {
    let home = tempfile::tempdir().unwrap();
    let run = || notes(home.path(), Some("correct horse"));
    let said = |text: &str| (Some(0), text.to_owned(), String::new());
    assert_eq!(run(), said("This is visit 1.\nA note is kept for your next visit.\n"));
    assert_eq!(run(), said("This is visit 2.\nYour note: water the plants\n"));
}

#[cfg(feature = "keychain")]
#[test]
fn without_a_keychain_it_says_what_to_do() {
    let home = tempfile::tempdir().unwrap();
    let (exit, stdout, stderr) = notes(home.path(), None);
    assert_eq!((exit, &*stdout), (Some(1), ""));
    assert!(stderr.contains("run in a desktop session") && stderr.contains("Unlock::passphrase"), "{stderr}");
}
