//! The program, run as scripts run it and as somebody at a terminal does.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

#[cfg(target_os = "linux")]
mod at_a_terminal;
#[cfg(all(target_os = "linux", feature = "keychain"))]
mod keyring;
#[cfg(all(target_os = "linux", feature = "keychain"))]
#[path = "../../../tests/session/mod.rs"]
mod session;

use std::{
    fs,
    io::Write,
    path::PathBuf,
    process::{Command, Output, Stdio},
};

use keyfold::{NativeOptions, SecureStorage, Unlock};
use serde_json::{Value, json};
use tempfile::TempDir;

const PROGRAM: &str = env!("CARGO_BIN_EXE_keyfold");

const SECRET: &str = "s3cret";

/// A directory for vaults, with a key that opens them.
struct Place {
    home: TempDir,
}

/// How a run of the program ended and what it said.
struct Ran {
    exit: i32,
    stdout: Vec<u8>,
    stderr: String,
}

impl Place {
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        fs::write(home.path().join("key"), [7; 32]).unwrap();
        Place { home }
    }

    fn vaults(&self) -> PathBuf {
        self.home.path().join("vaults")
    }

    /// A file with a text, for example a passphrase.
    fn file(&self, name: &str, text: impl AsRef<[u8]>) -> String {
        let path = self.home.path().join(name);
        fs::write(&path, text).unwrap();
        path.into_os_string().into_string().unwrap()
    }

    /// The program with its vaults here, without an option that opens them.
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(PROGRAM);
        command.args(arguments).arg("--directory").arg(self.vaults()).env_remove("KEYFOLD_PASSPHRASE");
        command
    }

    fn bare(&self, arguments: &[&str], stdin: impl AsRef<[u8]>) -> Ran {
        run(self.command(arguments), stdin.as_ref())
    }

    /// The same, opened by the app key.
    fn run(&self, arguments: &[&str], stdin: impl AsRef<[u8]>) -> Ran {
        let mut command = self.command(arguments);
        command.arg("--app-key-file").arg(self.home.path().join("key"));
        run(command, stdin.as_ref())
    }

    /// Runs it and expects success without a remark.
    fn ok(&self, arguments: &[&str], stdin: impl AsRef<[u8]>) -> Vec<u8> {
        let ran = self.run(arguments, stdin);
        assert_eq!((ran.exit, &*ran.stderr), (0, ""), "{arguments:?}");
        ran.stdout
    }

    fn json(&self, arguments: &[&str]) -> Value {
        serde_json::from_slice(&self.ok(&[arguments, &["--json"]].concat(), "")).unwrap()
    }

    fn vault(&self) -> PathBuf {
        let mut files = fs::read_dir(self.vaults()).unwrap().map(|file| file.unwrap().path());
        files.find(|file| file.extension().is_some_and(|extension| extension == "vault")).unwrap()
    }
}

impl Ran {
    #[track_caller]
    fn refused(&self, exit: i32, code: &str) -> &Self {
        let ends = format!("({code})\n");
        assert!(self.exit == exit && self.stderr.ends_with(&ends), "{}: {}", self.exit, self.stderr);
        assert!(self.stderr.starts_with("keyfold: ") && self.stdout.is_empty(), "{}", self.stderr);
        self
    }

    /// By the reader of arguments, which says so in lines of its own.
    #[track_caller]
    fn refused_by_clap(&self, text: &str) {
        assert_eq!((self.exit, &*self.stdout), (2, &b""[..]), "{}", self.stderr);
        self.says(text);
    }

    #[track_caller]
    fn says(&self, text: &str) {
        assert!(self.stderr.contains(text), "{text}: {}", self.stderr);
    }
}

fn run(mut command: Command, stdin: &[u8]) -> Ran {
    let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut process = command.spawn().unwrap();
    // A program that has ended already needs no input.
    drop(process.stdin.take().unwrap().write_all(stdin));
    let Output { status, stdout, stderr } = process.wait_with_output().unwrap();
    let stderr = String::from_utf8(stderr).unwrap();
    assert!(!stderr.contains(SECRET), "it tells a secret: {stderr}");
    Ran { exit: status.code().unwrap(), stdout, stderr }
}

#[test]
fn one_newline_comes_off_and_goes_on() {
    let place = Place::new();
    for (piped, printed) in
        [("s3cret", "s3cret\n"), ("s3cret\n", "s3cret\n"), ("s3cret\r\n", "s3cret\n"), ("a\n\n", "a\n\n"), ("\n", "\n")]
    {
        assert_eq!(place.ok(&["set", "token"], piped), b"", "{piped:?}");
        assert_eq!(place.ok(&["get", "token"], ""), printed.as_bytes(), "{piped:?}");
    }
    place.ok(&["set", "--raw", "token"], "s3cret\n");
    let copied = place.ok(&["get", "token"], "");
    place.ok(&["set", "copy"], &copied);
    assert_eq!(place.ok(&["get", "--raw", "copy"], ""), b"s3cret\n");
}

#[test]
fn bytes_that_are_no_text() {
    let place = Place::new();
    let photo = b"\xff\xd8\0\r\n";
    place.run(&["set", "photo"], photo).refused(2, "usage").says("--raw");
    place.run(&["list"], "").refused(1, "absent");
    place.ok(&["set", "--raw", "photo"], photo);
    assert_eq!(place.ok(&["get", "--raw", "photo"], ""), photo);
    assert_eq!(place.json(&["get", "photo"]), json!({ "key": "photo", "base64": "/9gADQo=" }));
    place.run(&["get", "photo"], "").refused(5, "not-text").says("use --raw to print its bytes");
}

#[test]
fn entries_are_listed_and_removed() {
    let place = Place::new();
    for name in ["token", "a name", "two\nlines"] {
        place.ok(&["set", name], SECRET);
    }
    assert_eq!(place.ok(&["list"], ""), "a name\ntoken\ntwo\u{fffd}lines\n".as_bytes());
    assert_eq!(place.json(&["list"]), json!(["a name", "token", "two\nlines"]));
    assert_eq!(place.json(&["remove", "token"]), json!({ "key": "token" }));
    place.run(&["remove", "token"], "").refused(1, "absent").says("there is no entry \"token\"");
    place.run(&["clear"], "keyfold\n").refused(2, "usage").says("--yes");
    assert_eq!(place.json(&["list"]), json!(["a name", "two\nlines"]));
    place.ok(&["clear", "--yes"], "");
    assert_eq!(place.json(&["list"]), json!([]));
    place.run(&["destroy"], "keyfold\n").refused(2, "usage");
    place.ok(&["destroy", "--yes"], "");
    place.run(&["list"], "").refused(1, "absent");
}

#[test]
fn stores_are_told_apart_by_their_names() {
    let place = Place::new();
    place.ok(&["--namespace", "one", "set", "token"], "1");
    place.ok(&["set", "token", "--namespace", "two"], "2");
    place.ok(&["clear", "--yes", "--namespace", "two"], "");
    assert_eq!(place.ok(&["get", "token", "--namespace", "one"], ""), b"1\n");
}

#[test]
fn nothing_but_set_makes_a_store() {
    let place = Place::new();
    for command in [
        &["get", "token"][..],
        &["list"],
        &["remove", "token"],
        &["clear", "--yes"],
        &["destroy", "--yes"],
        &["rotate"],
        &["unlock", "list"],
        &["unlock", "add", "--new-device"],
        &["unlock", "change", "passphrase", "--new-device"],
        &["unlock", "remove", "device"],
        &["verify"],
    ] {
        place.run(command, "").refused(1, "absent").says("`keyfold set` creates one");
    }
    let status = place.json(&["status"]);
    assert_eq!((&status["found"], &status["unlocks"]), (&json!(false), &json!([])));
    assert!(!place.vaults().exists());
}

#[test]
fn keys_are_rotated() {
    let place = Place::new();
    place.ok(&["set", "token"], SECRET);
    let before = fs::read(place.vault()).unwrap();
    let rotated = place.run(&["rotate"], "");
    assert_eq!((rotated.exit, &*rotated.stderr), (0, "1 entry encrypted under new keys\n"));
    assert_ne!(fs::read(place.vault()).unwrap(), before);
    assert_eq!(place.json(&["rotate"]), json!({ "namespace": "keyfold", "entries": 1 }));
    assert_eq!(place.ok(&["get", "token"], ""), b"s3cret\n");
}

/// What `unlock list` shows of each: its id, and its kind and label.
fn unlocks(listed: &Value) -> Vec<(String, String)> {
    let word = |unlock: &Value, name: &str| unlock[name].as_str().unwrap().to_owned();
    let one = |unlock| (word(unlock, "id"), format!("{} {}", word(unlock, "kind"), word(unlock, "label")));
    listed.as_array().unwrap().iter().map(one).collect()
}

#[test]
fn unlocks_are_added_changed_and_removed() {
    let place = Place::new();
    place.ok(&["set", "token"], SECRET);
    let phrase = place.file("phrase", "s3cret phrase\nand a second line");
    let [(first, _)] = &unlocks(&place.json(&["unlock", "list"]))[..] else { panic!("there is one") };
    let added = place.run(&["unlock", "add", "--new-passphrase-file", &phrase, "--label", "of the user"], "");
    assert_eq!((added.exit, &*added.stderr), (0, "1 entry encrypted under new keys\n"));
    let id = String::from_utf8(added.stdout).unwrap().trim_end().to_owned();
    let both = unlocks(&place.json(&["unlock", "list"]));
    let with = |id: &str, words: &str| (id.to_owned(), words.to_owned());
    assert_eq!(both, [with(first, "app-key "), with(&id, "passphrase of the user")]);
    let listed = format!("{first}  app-key\n{id}  passphrase  of the user\n");
    assert_eq!(place.ok(&["unlock", "list"], ""), listed.as_bytes());
    let by_phrase =
        |arguments: &[&str], file: &str| place.bare(&[arguments, &["--passphrase-file", file]].concat(), "");
    assert_eq!(by_phrase(&["get", "token"], &phrase).stdout, b"s3cret\n");

    // By its kind, since there is one of it.
    let new = place.file("new", "another s3cret");
    let change = ["unlock", "change", "passphrase", "--new-passphrase-file", &new, "--json"];
    let changed = by_phrase(&change, &phrase);
    assert_eq!(serde_json::from_slice::<Value>(&changed.stdout).unwrap(), json!({ "id": id, "entries": 1 }));
    by_phrase(&["get", "token"], &phrase).refused(3, "wrong-key");
    assert_eq!(by_phrase(&["get", "token"], &new).stdout, b"s3cret\n");
    assert_eq!(unlocks(&place.json(&["unlock", "list"])), both);

    assert_eq!(by_phrase(&["unlock", "remove", first], &new).exit, 0);
    place.run(&["get", "token"], "").refused(3, "locked");
    by_phrase(&["unlock", "remove", &id], &new).refused(2, "invalid-argument").says("no unlock is left");
    assert_eq!(by_phrase(&["get", "token"], &new).stdout, b"s3cret\n");
}

#[test]
fn an_unlock_is_named_by_its_id_or_a_kind_that_one_has() {
    let place = Place::new();
    place.ok(&["set", "token"], SECRET);
    let key = place.file("another key", [8; 32]);
    let add = ["unlock", "add", "--new-app-key-file", &key];
    let added = place.run(&add, "");
    let id = String::from_utf8(added.stdout).unwrap().trim_end().to_owned();
    for unlock in ["device", "passphrase", "", "1"] {
        place.run(&["unlock", "remove", unlock], "").refused(2, "usage").says("`keyfold unlock list`");
        place.run(&["rotate", "--keep", unlock], "").refused(2, "usage").says("the store has no unlock");
    }
    place.run(&["unlock", "remove", "app-key"], "").refused(2, "usage").says("several unlocks of the kind");
    place.run(&["unlock", "change", &id], "").refused_by_clap("--new-passphrase");
    let both = ["unlock", "add", "--new-device", "--new-app-key-file", &key];
    place.run(&both, "").refused_by_clap("--new-device");
    let short = place.file("short", "s3cret");
    place
        .run(&["unlock", "add", "--new-app-key-file", &short], "")
        .refused(2, "invalid-argument")
        .says("--new-app-key-file");
    let long = "x".repeat(65);
    place.run(&[&add[..], &["--label", &long]].concat(), "").refused(2, "invalid-argument").says("label");
    assert_eq!(place.json(&["unlock", "remove", &id]), json!({ "id": id, "entries": 1 }));
}

/// The kinds of the store's unlocks.
fn kinds_of(place: &Place) -> Value {
    let unlocks = place.json(&["status"])["unlocks"].clone();
    unlocks.as_array().unwrap().iter().map(|unlock| unlock["kind"].clone()).collect()
}

#[test]
fn a_rotation_keeps_what_it_is_told_to() {
    let place = Place::new();
    place.ok(&["set", "token"], SECRET);
    let phrase = place.file("phrase", "s3cret phrase");
    let key = place.file("another key", [8; 32]);
    for new in [["--new-passphrase-file", &phrase], ["--new-app-key-file", &key]] {
        assert_eq!(place.run(&[&["unlock", "add"], &new[..]].concat(), "").exit, 0);
    }
    let kinds = || kinds_of(&place);
    assert_eq!(place.json(&["rotate"])["entries"], 1);
    assert_eq!(kinds(), json!(["app-key", "passphrase", "app-key"]));
    assert_eq!(place.json(&["rotate", "--keep-given", "--keep", "passphrase"])["entries"], 1);
    assert_eq!(kinds(), json!(["app-key", "passphrase"]));
    place.bare(&["get", "token", "--app-key-file", &key], "").refused(3, "wrong-key");
    place.ok(&["rotate", "--keep-given", "--json"], "");
    assert_eq!(kinds(), json!(["app-key"]));
    assert_eq!(place.ok(&["get", "token"], ""), b"s3cret\n");
}

#[test]
fn a_store_is_verified_and_its_status_told() {
    let place = Place::new();
    place.ok(&["set", "token"], SECRET);
    assert_eq!(place.ok(&["verify"], ""), b"1 entry can be read\n");
    let report = json!({ "readable": ["token"], "unreadable": [], "rotationAdvised": false });
    assert_eq!(place.json(&["verify"]), report);
    let told = place.json(&["status"]);
    let id = &told["unlocks"][0]["id"];
    assert_eq!(id.as_str().unwrap().len(), 32);
    let status = json!({
        "namespace": "keyfold", "found": true, "vault": place.vault(),
        "unlocks": [{ "id": id, "kind": "app-key", "label": "" }],
        "usable": true, "durability": "persistent", "recoverable": true,
    });
    assert_eq!(told, status);
    let told = String::from_utf8(place.ok(&["availability"], "")).unwrap();
    assert!(told.contains("usable     yes\n") && told.contains("store      found\n"), "{told}");
}

#[test]
fn the_status_is_of_the_store_and_not_of_the_options() {
    let place = Place::new();
    let file = place.file("passphrase", "s3cret phrase");
    place.bare(&["--passphrase-file", &file, "set", "token"], "s3cret");
    let status = |ran: Ran| (ran.exit, serde_json::from_slice::<Value>(&ran.stdout).unwrap());
    for (exit, ran) in [
        (3, place.bare(&["status", "--json"], "")),
        (3, place.run(&["status", "--json"], "")),
        (0, place.bare(&["status", "--json", "--passphrase-file", &file], "")),
    ] {
        let (ended, told) = status(ran);
        let [unlock] = &told["unlocks"].as_array().unwrap()[..] else { panic!("it has one: {told}") };
        assert_eq!((ended, &unlock["kind"], &told["recoverable"]), (exit, &json!("passphrase"), &json!(true)));
    }
    let told = String::from_utf8(place.bare(&["status"], "").stdout).unwrap();
    assert!(told.contains("unlock     passphrase\n") && told.contains("opens on other devices too\n"), "{told}");
}

#[test]
fn the_status_names_every_unlock_by_its_label() {
    let place = Place::new();
    place.ok(&["set", "token"], SECRET);
    let key = Unlock::app_key([7; 32]);
    let builder = SecureStorage::builder("keyfold").native(NativeOptions::new().directory(place.vaults()));
    let storage = pollster::block_on(builder.unlock(key.clone()).open()).unwrap();
    pollster::block_on(storage.add_unlock(&Unlock::app_key([8; 32]), "work\n🔑", |_, _| {})).unwrap();
    let told = String::from_utf8(place.bare(&["status"], "").stdout).unwrap();
    assert!(told.contains("unlock     app-key or app-key \"work\u{fffd}🔑\"\n"), "{told}");
    assert_eq!(place.json(&["status"])["unlocks"][1]["label"], "work\n🔑");
}

#[test]
fn a_directory_that_is_a_file_is_no_place_for_a_store() {
    let place = Place::new();
    fs::write(place.vaults(), "a file").unwrap();
    for command in [&["get", "token"][..], &["list"], &["set", "token"], &["destroy", "--yes"]] {
        place.run(command, "").refused(4, "unavailable").says("another directory with --directory");
    }
    let status = place.run(&["status"], "");
    assert_eq!(status.exit, 4);
    status.says("is not a directory");
    let told = String::from_utf8(status.stdout).unwrap();
    assert!(told.contains("store      not known\n") && told.contains("usable     no\n"), "{told}");
    let json: Value = serde_json::from_slice(&place.run(&["status", "--json"], "").stdout).unwrap();
    assert_eq!(json["found"], Value::Null);
    assert_eq!(fs::read(place.vaults()).unwrap(), b"a file");
}

#[test]
fn an_import_that_finds_nothing_makes_no_store() {
    let place = Place::new();
    let ran = place.run(&["import-flutter"], "");
    assert_ne!(ran.exit, 0, "it was not told which app");
    assert!(!place.vaults().exists());
}

#[test]
fn a_passphrase_comes_from_a_file_a_pipe_or_the_environment() {
    let place = Place::new();
    let file = place.file("passphrase", "s3cret phrase\nand a second line\n");
    assert_eq!(place.bare(&["--passphrase-file", &file, "set", "token"], "s3cret\n").exit, 0);
    // Its first line is the passphrase, and the rest is the value.
    assert_eq!(place.bare(&["--passphrase-file", "-", "set", "other"], "s3cret phrase\r\na\nb\n").exit, 0);
    let mut from_environment = place.command(&["get", "other"]);
    from_environment.env("KEYFOLD_PASSPHRASE", "s3cret phrase");
    assert_eq!(run(from_environment, b"").stdout, b"a\nb\n");

    let wrong = place.file("wrong", "s3cret or not");
    place.bare(&["get", "token", "--passphrase-file", &wrong], "").refused(3, "wrong-key");
    place.run(&["get", "token"], "").refused(3, "locked").says("passphrase");
    place.bare(&["get", "token"], "").refused(3, "locked").says(
        "opens with the passphrase, and none was given: use --passphrase, --passphrase-file or KEYFOLD_PASSPHRASE for",
    );
    let status = place.bare(&["status"], "");
    assert_eq!(status.exit, 3, "what it needs, whether there is a keychain or not: {}", status.stderr);
    place.run(&["status", "--passphrase-file", &file], "").refused(2, "usage");
    let mut empty = place.command(&["get", "other"]);
    empty.env("KEYFOLD_PASSPHRASE", "");
    run(empty, b"").refused(2, "usage").says("KEYFOLD_PASSPHRASE is empty");
    let empty = place.file("empty", "\ns3cret phrase\n");
    place
        .bare(&["get", "other", "--passphrase-file", &empty], "")
        .refused(2, "usage")
        .says("the first line of the passphrase file is empty");
    for option in ["--passphrase-file", "--app-key-file"] {
        place
            .bare(&["set", "token", option, "no such file"], "")
            .refused(6, "io")
            .says("\"no such file\" cannot be read");
    }
}

#[test]
fn an_app_key_may_be_base64() {
    let place = Place::new();
    place.ok(&["set", "token"], SECRET);
    let base64 = place.file("base64", "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=\n");
    assert_eq!(place.bare(&["get", "token", "--app-key-file", &base64], "").stdout, b"s3cret\n");
    let short = place.file("short", "s3cret");
    let hex = place.file("hex", "07".repeat(32));
    for file in [short, hex, place.file("text", "no key")] {
        let ran = place.bare(&["get", "token", "--app-key-file", &file], "");
        ran.refused(2, "invalid-argument").says("--app-key-file");
        ran.says("Hexadecimal digits are not read");
    }
}

#[test]
fn a_recovery_code_is_made_shown_once_and_typed() {
    let place = Place::new();
    place.ok(&["set", "token"], SECRET);
    let made = place.run(&["add-recovery-code", "--label", "in the drawer"], "");
    assert_eq!((made.exit, &*made.stderr), (0, "write this recovery code down, for nothing prints it again:\n"));
    let code = String::from_utf8(made.stdout).unwrap();
    assert!(code.ends_with('\n') && code.trim_end().split('-').map(str::len).eq([4; 9]), "{code}");
    let json = place.json(&["add-recovery-code"]);
    let other = json["recoveryCode"].as_str().unwrap();
    assert_eq!((other.len(), json["id"].as_str().unwrap().len()), (44, 32));
    for code in [&code, &code.to_lowercase().replace('-', ""), other] {
        let file = place.file("code", code);
        assert_eq!(place.bare(&["get", "token", "--recovery-code-file", &file], "").stdout, b"s3cret\n");
        assert_eq!(place.bare(&["get", "token", "--recovery-code-file", "-"], code).stdout, b"s3cret\n");
    }
    let mistyped = place.file("mistyped", &code[5..]);
    let ran = place.bare(&["get", "token", "--recovery-code-file", &mistyped], "");
    ran.refused(2, "invalid-argument").says("typing error");
    let file = place.file("code", &code);
    place.run(&["get", "token", "--recovery-code-file", &file], "").refused(2, "usage").says("only one of");
    assert_eq!(kinds_of(&place), json!(["app-key", "recovery-code", "recovery-code"]));
    let phrase = place.file("phrase", "a s3cret phrase");
    place.bare(&["get", "token", "--passphrase-file", &phrase], "").refused(3, "locked").says("recovery code");
}

#[test]
fn a_value_among_the_arguments_is_taken_with_a_warning() {
    let place = Place::new();
    let ran = place.run(&["set", "token", SECRET], "");
    assert_eq!(ran.exit, 0);
    ran.says("keyfold: warning: the value is now in this shell's history");
    assert_eq!(place.ok(&["get", "token"], ""), b"s3cret\n");
    let warning: Value = serde_json::from_str(&place.run(&["set", "token", SECRET, "--json"], "").stderr).unwrap();
    assert_eq!(warning["warning"]["code"], "value-in-arguments");
    place.run(&["set", "token", "my", SECRET], "").refused(2, "usage");
}

#[test]
fn a_pipe_that_brings_nothing_stores_nothing() {
    let place = Place::new();
    for arguments in [&["set", "token"][..], &["set", "token", "--raw"]] {
        place.run(arguments, "").refused(2, "usage").says("give \"\" as the value");
    }
    assert!(!place.vaults().exists());
    // As it says, and without a warning: it is no secret.
    place.ok(&["set", "token", ""], "");
    assert_eq!(place.ok(&["get", "token"], ""), b"\n");
    place.ok(&["set", "copy"], place.ok(&["get", "token"], ""));
    assert_eq!(place.ok(&["get", "copy", "--raw"], ""), b"");
}

#[test]
fn damage_is_no_absence() {
    let place = Place::new();
    place.ok(&["set", "token"], SECRET);
    fs::write(place.vault(), "damaged").unwrap();
    for command in [&["get", "token"][..], &["set", "token"], &["list"], &["verify"]] {
        place.run(command, SECRET).refused(5, "corrupt").says("`keyfold destroy`");
    }
    let status = place.run(&["status"], "");
    assert_eq!(status.exit, 5);
    let told = String::from_utf8(status.stdout).unwrap();
    assert!(
        ["store      found\n", "unlock     not known\n", "usable     no\n"].iter().all(|row| told.contains(row)),
        "{told}"
    );
    let json: Value = serde_json::from_slice(&place.run(&["status", "--json"], "").stdout).unwrap();
    assert_eq!((&json["found"], &json["unlocks"], &json["recoverable"]), (&json!(true), &json!([]), &Value::Null));
    assert_eq!(fs::read(place.vault()).unwrap(), b"damaged");
    place.ok(&["destroy", "--yes"], "");
}

#[test]
fn errors_are_told_in_json() {
    let place = Place::new();
    place.ok(&["set", "token"], SECRET);
    let error = |arguments: &[&str]| {
        let ran = place.run(&[arguments, &["--json"]].concat(), "");
        (ran.exit, serde_json::from_str::<Value>(&ran.stderr).unwrap())
    };
    let message = "there is no entry \"other\"";
    let absent = json!({ "error": { "code": "absent", "message": message, "key": "other" } });
    assert_eq!(error(&["get", "other"]), (1, absent));
    let ran = place.bare(&["get", "token", "--json"], "");
    let locked: Value = serde_json::from_str(&ran.stderr).unwrap();
    let (code, needs) = (&locked["error"]["code"], &locked["error"]["needs"]);
    assert_eq!((ran.exit, code, needs), (3, &json!("locked"), &json!(["app-key"])));
    let (exit, unknown) = error(&["frobnicate"]);
    assert_eq!((exit, &unknown["error"]["code"]), (2, &json!("usage")));
}

#[test]
fn help_teaches_and_completions_complete() {
    let place = Place::new();
    let help = String::from_utf8(run(command(&["--help"]), b"").stdout).unwrap();
    assert!(help.contains("Examples:") && (0..=6).all(|code| help.contains(&format!("\n  {code}  "))), "{help}");
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = place.ok(&["completions", shell], "");
        assert!(String::from_utf8(script).unwrap().contains("passphrase-file"), "{shell}");
    }
    assert_eq!(run(command(&[]), b"").exit, 2);
}

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(PROGRAM);
    command.args(arguments);
    command
}
