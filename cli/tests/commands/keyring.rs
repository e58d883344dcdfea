//! Stores that the system's keychain opens.

use super::{session::Session, *};

#[test]
fn without_a_keychain_it_says_what_else_opens_a_store() {
    let place = Place::new();
    let mut command = place.command(&["set", "token"]);
    command.env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere");
    run(command, b"s3cret").refused(4, "unavailable").says("with --passphrase or --app-key-file");
    assert!(!place.vaults().exists());
}

#[test]
fn without_a_keyring_an_import_does_not_speak_of_unlocks() {
    let place = Place::new();
    let key = place.home.path().join("key").display().to_string();
    let import = ["import-flutter", "--application-id", "com.example.notes", "--app-key-file", &*key];
    let mut command = place.command(&import);
    command.env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere");
    let ran = run(command, b"");
    ran.refused(4, "unavailable").says("under `dbus-run-session`");
    assert!(!ran.stderr.contains("--passphrase"), "{}", ran.stderr);
    assert!(!place.vaults().exists());
}

/// The program in a desktop session, with no options but the given ones.
fn in_session(session: &Session, arguments: &[&str], stdin: &str) -> Ran {
    let mut command = session.command(PROGRAM);
    command.args(arguments).env_remove("KEYFOLD_PASSPHRASE");
    run(command, stdin.as_bytes())
}

#[test]
#[ignore = "needs gnome-keyring"]
fn the_keyring_opens_a_store() {
    let session = Session::new();
    let ok = |arguments: &[&str], stdin| {
        let ran = in_session(&session, arguments, stdin);
        assert_eq!(ran.exit, 0, "{}", ran.stderr);
        ran.stdout
    };
    ok(&["set", "token"], "s3cret\n");
    assert_eq!(ok(&["get", "token"], ""), b"s3cret\n");
    assert_eq!(session.items().len(), 1);
    ok(&["rotate"], "");
    let status: Value = serde_json::from_slice(&ok(&["status", "--json"], "")).unwrap();
    let device = json!([{ "id": "device", "kind": "device", "label": "" }]);
    assert_eq!((&status["unlocks"], &status["usable"]), (&device, &json!(true)));
    assert!(PathBuf::from(status["vault"].as_str().unwrap()).exists());

    session.items().iter().for_each(|item| session.delete(item));
    in_session(&session, &["get", "token"], "").refused(5, "key-missing").says("not in the system's keychain");
    ok(&["destroy", "--yes"], "");
    ok(&["set", "token"], "s3cret\n");
    ok(&["destroy", "--yes"], "");
    assert_eq!(session.items().len(), 0);
}

#[test]
#[ignore = "needs gnome-keyring"]
fn the_keyring_opens_a_store_with_a_passphrase_until_it_is_forgotten() {
    let session = Session::new();
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("passphrase");
    fs::write(&file, "s3cret phrase").unwrap();
    let by_phrase = ["--passphrase-file", file.to_str().unwrap()];
    let with = |arguments: &[&str]| in_session(&session, &[arguments, &by_phrase].concat(), "s3cret");
    let without = |arguments: &[&str]| in_session(&session, arguments, "");
    assert_eq!(with(&["set", "token"]).exit, 0);
    without(&["get", "token"]).refused(3, "locked").says("none was given");
    assert_eq!(with(&["unlock", "add", "--new-device"]).stdout, b"device\n");
    assert_eq!(without(&["get", "token"]).stdout, b"s3cret\n");
    let status: Value = serde_json::from_slice(&without(&["status", "--json"]).stdout).unwrap();
    let kinds: Value = status["unlocks"].as_array().unwrap().iter().map(|unlock| unlock["kind"].clone()).collect();
    assert_eq!((kinds, &status["recoverable"]), (json!(["device", "passphrase"]), &json!(true)));
    // The passphrase is changed by whoever has the store open.
    fs::write(&file, "another s3cret").unwrap();
    assert_eq!(without(&["unlock", "change", "passphrase", "--new-passphrase-file", by_phrase[1]]).exit, 0);
    assert_eq!(with(&["get", "token"]).stdout, b"s3cret\n");
    assert_eq!(without(&["unlock", "remove", "device"]).exit, 0);
    without(&["get", "token"]).refused(3, "locked");
    assert_eq!(session.items().len(), 0);
    assert_eq!(with(&["get", "token"]).stdout, b"s3cret\n");
}

#[test]
#[ignore = "needs gnome-keyring"]
fn what_a_flutter_app_keeps_is_imported() {
    let session = Session::new();
    let import = |more: &[&str]| in_session(&session, &[&["import-flutter", "--on-conflict"], more].concat(), "");
    let app = ["--application-id", "com.example.notes"];
    let skip = [&["skip"], &app[..]].concat();
    import(&["skip"]).refused(2, "invalid-argument").says("--application-id");
    import(&skip).refused(1, "key-missing");
    in_session(&session, &["list"], "").refused(1, "absent");
    let account = [("account", "com.example.notes.secureStorage")];
    let item = session.add_item(&account, br#"{"token":"s3cret","theme":"dark"}"#);

    let ran = import(&skip);
    assert_eq!(String::from_utf8(ran.stdout).unwrap(), "imported    theme\nimported    token\n");
    assert_eq!((ran.exit, &*ran.stderr), (0, "the app's own values were not changed\n"));
    assert_eq!(session.secret(&item), br#"{"token":"s3cret","theme":"dark"}"#);
    assert_eq!(in_session(&session, &["get", "token"], "").stdout, b"s3cret\n");

    import(&[&["fail"], &app[..]].concat()).refused(6, "invalid-argument").says("\"theme\"");
    assert!(import(&skip).stdout.starts_with(b"skipped     theme: already in the store\n"));
    let overwritten = import(&[&["overwrite"], &app[..], &["--json"]].concat()).stdout;
    let report = json!({ "imported": ["theme", "token"], "skipped": [], "unreadable": [] });
    assert_eq!(serde_json::from_slice::<Value>(&overwritten).unwrap(), report);
}
