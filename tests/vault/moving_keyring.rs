//! Moving in from other libraries that use the Secret Service: the code of docs/moving.md, over a real gnome-keyring.

use keyfold::NativeOptions;
use pollster::block_on;

use super::{child, session::Session};

mod inside {
    //! What the children do.

    include!("moving_keyring/guide.rs");

    use super::{NativeOptions, block_on, child};

    fn moved(found: &Secrets) {
        let native = NativeOptions::new().directory(child::directory());
        let storage = block_on(SecureStorage::builder("app").native(native).open()).unwrap();
        block_on(storage.set("kept", "mine")).unwrap();
        block_on(move_in(&storage, found)).unwrap();
        block_on(move_in(&storage, found)).unwrap();
        for (name, value) in block_on(storage.get_all()).unwrap() {
            child::tell(&format!("{name}={value}"));
        }
    }

    #[test]
    #[ignore = "what a child does"]
    fn moves_from_keytar() {
        moved(&of_keytar("com.example.notes").unwrap());
    }

    #[test]
    #[ignore = "what a child does"]
    fn moves_from_keyring() {
        let old = keyring::Entry::new("com.example.notes", "token").unwrap();
        old.set_password("s3cret").unwrap();
        keyring::Entry::new("com.example.notes", "kept").unwrap().set_password("old").unwrap();
        moved(&of_keyring("com.example.notes", &["token", "kept", "absent"]).unwrap());
    }
}

#[test]
fn the_guide_shows_this_code() {
    assert!(include_str!("../../docs/moving.md").contains(include_str!("moving_keyring/guide.rs")));
}

/// Items as keytar 7 makes them.
#[test]
#[ignore = "needs gnome-keyring"]
fn what_keytar_has_stored_is_moved() {
    let session = Session::new();
    let schema = ("xdg:schema", "org.freedesktop.Secret.Generic");
    let service = ("service", "com.example.notes");
    session.add_item(&[service, ("account", "token"), schema], "s3cret 🔑".as_bytes());
    session.add_item(&[service, ("account", "kept"), schema], b"old");
    session.add_item(&[("service", "com.example.other"), ("account", "theirs"), schema], b"not ours");
    session.add_item(&[service, ("username", "another library's")], b"not ours");
    let before = session.items().len();
    assert_eq!(session.run("moving_keyring::inside::moves_from_keytar"), ["kept=mine", "token=s3cret 🔑"]);
    assert_eq!(session.items().len(), before + 1, "the source stays; a key is new");
}

#[test]
#[ignore = "needs gnome-keyring"]
fn what_the_crate_keyring_has_stored_is_moved() {
    let told = Session::new().run("moving_keyring::inside::moves_from_keyring");
    assert_eq!(told, ["kept=mine", "token=s3cret"]);
}
