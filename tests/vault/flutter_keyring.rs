//! What Flutter stores in a real gnome-keyring, imported: the items are as its plugin leaves them, whatever its version.

use std::time::Duration;

use keyfold::{ErrorKind, FlutterApp, ImportReport, NativeOptions, OnConflict, SecureStorage, Unlock};
use pollster::block_on;

use super::{child, keyring::assert_says, session::Session};

const ID: &str = "com.example.notes";
const ACCOUNT: &str = "com.example.notes.secureStorage";

mod inside {
    //! What the children do.

    use super::*;

    fn storage() -> SecureStorage {
        let native = NativeOptions::new().directory(child::directory()).keychain_timeout(Duration::from_secs(5));
        block_on(SecureStorage::builder("app").native(native).unlock(Unlock::app_key([7; 32])).open()).unwrap()
    }

    fn import(storage: &SecureStorage, on_conflict: OnConflict) -> keyfold::Result<ImportReport> {
        block_on(storage.import_flutter(&FlutterApp::new().application_id(ID), on_conflict))
    }

    /// Tells what is there then, and what could not be read.
    #[test]
    #[ignore = "what a child does"]
    fn imports() {
        let storage = storage();
        let report = import(&storage, OnConflict::Skip).unwrap();
        let all = block_on(storage.get_all()).unwrap();
        assert_eq!(report.imported, Vec::from_iter(all.keys().cloned()));
        for (key, value) in all {
            child::tell(&format!("{key}={}", value.escape_debug()));
        }
        for entry in report.unreadable {
            child::tell(&format!("{:?} {}", entry.key, entry.kind.code()));
        }
    }

    #[test]
    #[ignore = "what a child does"]
    fn imports_what_is_there_already() {
        let storage = storage();
        block_on(storage.set("a", "here")).unwrap();
        let get = |key| block_on(storage.get(key)).unwrap();

        let error = import(&storage, OnConflict::Fail).unwrap_err();
        assert_eq!(
            (error.kind(), error.argument(), error.key()),
            (ErrorKind::InvalidArgument, Some("onConflict"), Some("a"))
        );
        assert_eq!((get("a").as_deref(), get("b")), (Some("here"), None));

        let report = import(&storage, OnConflict::Skip).unwrap();
        assert_eq!((report.imported, report.skipped), (vec!["b".to_owned()], vec!["a".to_owned()]));
        assert_eq!((get("a").as_deref(), get("b").as_deref()), (Some("here"), Some("2")));

        assert_eq!(import(&storage, OnConflict::Overwrite).unwrap().imported, ["a", "b"]);
        assert_eq!(get("a").as_deref(), Some("1"));
    }

    #[test]
    #[ignore = "what a child does"]
    fn is_refused() {
        let storage = storage();
        child::tell(&format!("{:?}", import(&storage, OnConflict::Skip).unwrap_err()));
        assert_eq!(block_on(storage.keys()).unwrap().len(), 0, "nothing is written");
    }
}

const INSIDE: &str = "flutter_keyring::inside";

/// What an import leaves as it is.
fn found(session: &Session) -> Vec<(String, Vec<u8>)> {
    let item = |item: &_| (format!("{item:?} {:?}", session.described(item)), session.secret(item));
    session.items().iter().map(item).collect()
}

fn imported(session: &Session) -> Vec<String> {
    let before = found(session);
    let told = session.run(&format!("{INSIDE}::imports"));
    assert!(found(session) == before, "the source is left as it is");
    told
}

fn refused(session: &Session) -> String {
    session.message_of(&format!("{INSIDE}::is_refused"))
}

#[test]
#[ignore = "needs gnome-keyring"]
fn it_is_found_by_its_account_alone() {
    let schemas: [&[(&str, &str)]; 4] = [
        &[("account", ACCOUNT)],
        &[("account", ACCOUNT), ("xdg:schema", "\u{1e}")],
        &[("account", ACCOUNT), ("xdg:schema", "com.example.notes/FlutterSecureStorage")],
        &[("account", ACCOUNT), ("xdg:schema", "'"), ("more", "attributes")],
    ];
    for attributes in schemas {
        let session = Session::new();
        session.add_item(&[("explanation", "")], b"The meaning of life");
        session.add_item(&[("account", "com.example.other.secureStorage")], br#"{"other":"app"}"#);
        session.add_item(attributes, br#"{"a":"1","empty":""}"#);
        assert_eq!(imported(&session), ["a=1", "empty="]);
    }
}

#[test]
#[ignore = "needs gnome-keyring"]
fn every_form_that_versions_have_left() {
    let forms: [(&str, &[&str]); 6] = [
        ("", &[]),
        ("null", &[]),
        ("{}", &[]),
        ("\n", &[]),
        ("{\n    \"a\": \"1\",\n    \"b\": \"2\"\n}\n", &["a=1", "b=2"]),
        (
            "{\"a\":\"\u{1f511}\",\"b\":2,\"c\":null,\"d\":true,\"e\":[\"x\"]}",
            &[
                "a=\u{1f511}",
                "Some(\"b\") not-text",
                "Some(\"c\") not-text",
                "Some(\"d\") not-text",
                "Some(\"e\") not-text",
            ],
        ),
    ];
    let session = Session::new();
    let item = session.add_item(&[("account", ACCOUNT)], b"");
    for (secret, expected) in forms {
        session.set_secret(&item, secret.as_bytes());
        drop(std::fs::remove_dir_all(session.vaults()));
        assert_eq!(imported(&session), expected, "{secret:?}");
    }
}

#[test]
#[ignore = "needs gnome-keyring"]
fn of_two_items_the_later_modified_counts() {
    // Whichever of them the keyring names first.
    for [new, old] in [["'", "\u{1e}"], ["\u{1e}", "'"]] {
        let session = Session::new();
        let with_schema = |schema| [("account", ACCOUNT), ("xdg:schema", schema)];
        let new = session.add_item(&with_schema(new), b"");
        let old = session.add_item(&with_schema(old), br#"{"a":"old","c":"old"}"#);
        let mut secret = br#"{"a":"new","b":"new"}"#.to_vec();
        session.wait_for("a later second", || {
            // What stays the same is not modified.
            secret.push(b' ');
            session.set_secret(&new, &secret);
            session.described(&new).1 > session.described(&old).1
        });
        assert_eq!(imported(&session), ["a=new", "b=new", "c=old"]);
    }
}

#[test]
#[ignore = "needs gnome-keyring"]
fn names_that_are_there_already() {
    let session = Session::new();
    session.add_item(&[("account", ACCOUNT)], br#"{"a":"1","b":"2"}"#);
    session.run(&format!("{INSIDE}::imports_what_is_there_already"));
}

#[test]
#[ignore = "needs gnome-keyring"]
fn an_item_that_is_damaged_is_left() {
    let session = Session::new();
    let item = session.add_item(&[("account", ACCOUNT)], b"");
    for secret in [&b"{\"a\":\"s3cret"[..], b"[\"s3cret\"]", b"{\"a\":\"s3cret\xff\"}"] {
        session.set_secret(&item, secret);
        let message = refused(&session);
        assert_says(&message, ErrorKind::Corrupt, &["com.example.notes", "left as it is"]);
        assert!(!message.contains("s3cret"));
        assert_eq!(session.secret(&item), secret);
    }
}

#[test]
#[ignore = "needs gnome-keyring"]
fn nothing_of_the_app() {
    let session = Session::new();
    session.add_item(&[("account", "com.example.other.secureStorage")], b"{}");
    let parts = ["account = \"com.example.notes.secureStorage\"", "APPLICATION_ID"];
    assert_says(&refused(&session), ErrorKind::KeyMissing, &parts);
}

#[test]
#[ignore = "needs gnome-keyring"]
fn a_keyring_that_cannot_be_asked() {
    let session = Session::without_bus();
    assert_says(&refused(&session), ErrorKind::Unavailable, &["no D-Bus session"]);
    let session = Session::without_keyring();
    assert_says(&refused(&session), ErrorKind::Unavailable, &["no keyring runs"]);
    let session = Session::without_collection();
    assert_says(&refused(&session), ErrorKind::Unavailable, &["no default collection"]);

    let session = Session::new();
    session.add_item(&[("account", ACCOUNT)], br#"{"a":"1"}"#);
    session.lock();
    assert_says(&refused(&session), ErrorKind::Unavailable, &["locked", "no display"]);
    session.signal_keyring("STOP");
    assert_says(&refused(&session), ErrorKind::Unavailable, &["has not answered within 5s"]);
    session.signal_keyring("CONT");
}
