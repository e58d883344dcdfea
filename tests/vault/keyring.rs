//! Device stores and a real gnome-keyring, in every situation that users meet: what they are told, and that nothing is
//! lost. Each test has its own session, in which a child does what an app does.

use std::{env, process::Command, thread, time::Duration};

use keyfold::{Builder, Error, ErrorKind, NativeOptions, Rotate, SecureStorage};
use pollster::block_on;

use super::{child, session::Session};

mod inside {
    //! What the children do.

    use super::*;

    /// With a deadline that a keyring misses only if it does not answer at all, however busy the machine is.
    fn builder() -> Builder {
        builder_within(Duration::from_secs(20))
    }

    fn builder_within(timeout: Duration) -> Builder {
        let native = NativeOptions::new().directory(child::directory()).keychain_timeout(timeout);
        SecureStorage::builder("app").native(native)
    }

    fn tell(error: Error) {
        child::tell(&format!("{error:?}"));
    }

    #[test]
    #[ignore = "what a child does"]
    fn stores_a_token() {
        let storage = block_on(builder().open()).unwrap();
        assert_eq!(storage.protection(), "device");
        block_on(storage.set("token", "s3cret")).unwrap();
    }

    #[test]
    #[ignore = "what a child does"]
    fn reads_the_token() {
        let storage = block_on(builder().must_exist(true).open()).unwrap();
        assert_eq!(block_on(storage.get("token")).unwrap().as_deref(), Some("s3cret"));
    }

    /// Tells why it cannot be opened, which is also why it cannot be used.
    #[test]
    #[ignore = "what a child does"]
    fn is_refused() {
        let reason = block_on(SecureStorage::availability(&builder())).reason.expect("it cannot be used");
        let error = block_on(builder().open()).expect_err("it is refused");
        assert_eq!(error.to_string(), reason.to_string());
        tell(error);
    }

    #[test]
    #[ignore = "what a child does"]
    fn cannot_open_it() {
        tell(block_on(builder().open()).expect_err("it is refused"));
    }

    #[test]
    #[ignore = "what a child does"]
    fn cannot_destroy_all() {
        tell(block_on(builder().destroy()).expect_err("its item stays"));
    }

    #[test]
    #[ignore = "what a child does"]
    fn is_ready() {
        let availability = block_on(SecureStorage::availability(&builder()));
        assert!(availability.usable() && !availability.recoverable, "{:?}", availability.reason);
    }

    #[test]
    #[ignore = "what a child does"]
    fn rotates() {
        let storage = block_on(builder().open()).unwrap();
        block_on(storage.rotate(&Rotate::all(), |_, _| {})).unwrap();
    }

    #[test]
    #[ignore = "what a child does"]
    fn destroys() {
        block_on(builder().destroy()).unwrap();
        assert_eq!(std::fs::read_dir(child::directory()).unwrap().count(), 1, "only the lock file is left");
    }

    /// In every executor: none may wait for a keychain, and its other tasks continue.
    #[test]
    #[ignore = "what a child does"]
    fn runs_in_executors() {
        async fn use_it(name: &str) {
            let storage = builder().open().await.unwrap();
            storage.set(name, "1").await.unwrap();
            assert_eq!(storage.get(name).await.unwrap().as_deref(), Some("1"));
        }
        block_on(use_it("block_on"));
        smol::block_on(use_it("smol"));
        let current = tokio::runtime::Builder::new_current_thread().build().unwrap();
        current.block_on(use_it("tokio, one thread"));
        let many = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
        many.block_on(async { tokio::spawn(use_it("tokio")).await.unwrap() });
    }

    /// Has the keychain frozen by its parent, and waits for its deadline.
    #[test]
    #[ignore = "what a child does"]
    fn waits_for_a_frozen_keyring() {
        let start = std::time::Instant::now();
        tell(block_on(builder_within(Duration::from_secs(2)).open()).expect_err("it is refused"));
        assert!(start.elapsed() < Duration::from_secs(4), "{:?}", start.elapsed());
        // The late call lands before this process ends.
        thread::sleep(Duration::from_secs(4));
    }
}

const INSIDE: &str = "keyring::inside";

impl Session {
    /// A child that runs `test` of this program.
    fn child(&self, test: &str) -> Command {
        let mut command = self.command(env::current_exe().unwrap());
        child::with(&mut command, test, &self.vaults(), "");
        command
    }

    /// What a child tells that runs `test` of this program to its good end.
    pub(crate) fn run(&self, test: &str) -> Vec<String> {
        child::start(self.child(test)).end()
    }

    fn do_inside(&self, what: &str) -> Vec<String> {
        self.run(&format!("{INSIDE}::{what}"))
    }

    /// The one message of a child that runs `test` of this program.
    pub(crate) fn message_of(&self, test: &str) -> String {
        let [message] = <[String; 1]>::try_from(self.run(test)).unwrap();
        println!("{message}");
        message
    }

    fn message(&self, what: &str) -> String {
        self.message_of(&format!("{INSIDE}::{what}"))
    }
}

pub(crate) fn assert_says(message: &str, kind: ErrorKind, parts: &[&str]) {
    assert!(message.starts_with(kind.code()), "{kind:?}: {message}");
    parts.iter().for_each(|part| assert!(message.contains(part), "{part}: {message}"));
}

#[test]
#[ignore = "needs gnome-keyring"]
fn a_store_is_kept_by_one_item() {
    let session = Session::new();
    session.do_inside("is_ready");
    assert_eq!(session.items().len(), 0, "asking leaves nothing");
    session.do_inside("stores_a_token");
    let first = session.items();
    assert_eq!(first.len(), 1);
    session.do_inside("reads_the_token");
    session.do_inside("rotates");
    assert_eq!(session.items().len(), 1);
    assert_eq!(session.items(), first, "a rotation keeps it");
    session.do_inside("reads_the_token");
    session.do_inside("destroys");
    assert_eq!(session.items().len(), 0);
}

#[test]
#[ignore = "needs gnome-keyring"]
fn it_runs_in_every_executor() {
    let session = Session::new();
    session.do_inside("runs_in_executors");
    assert_eq!(session.items().len(), 1);
}

#[test]
#[ignore = "needs gnome-keyring"]
fn processes_that_make_a_store_at_once_leave_one_item() {
    let session = Session::new();
    let children: Vec<_> = (0..4).map(|_| child::start(session.child(&format!("{INSIDE}::stores_a_token")))).collect();
    children.into_iter().for_each(|child| drop(child.end()));
    assert_eq!(session.items().len(), 1);
    session.do_inside("reads_the_token");
}

#[test]
#[ignore = "needs gnome-keyring"]
fn without_a_bus() {
    let session = Session::without_bus();
    assert_says(&session.message("is_refused"), ErrorKind::Unavailable, &["no D-Bus session", "Unlock::passphrase"]);
    assert!(!session.vaults().exists());
}

#[test]
#[ignore = "needs gnome-keyring"]
fn without_a_keyring() {
    let session = Session::without_keyring();
    let parts = ["no keyring runs", "install gnome-keyring", "Unlock::app_key"];
    assert_says(&session.message("is_refused"), ErrorKind::Unavailable, &parts);
    assert!(!session.vaults().exists());
}

/// Sandboxes show their apps a session without a keyring.
#[test]
#[ignore = "needs gnome-keyring"]
fn in_a_sandbox_without_a_keyring() {
    let session = Session::without_keyring();
    let told = |variables: &[(&str, &str)]| {
        let mut child = session.child(&format!("{INSIDE}::is_refused"));
        child.envs(variables.iter().copied());
        child::start(child).end().remove(0)
    };
    let flatpak = told(&[("FLATPAK_ID", "com.example.notes")]);
    assert_says(&flatpak, ErrorKind::Unavailable, &["--talk-name=org.freedesktop.secrets", "Unlock::passphrase"]);
    let snap = told(&[("SNAP", "/snap/notes/1"), ("SNAP_NAME", "notes")]);
    assert_says(&snap, ErrorKind::Unavailable, &["`snap connect notes:password-manager-service`", "Unlock::app_key"]);
}

/// What AppArmor answers for a snap: the keyring is visible, but talking to it is not allowed.
#[test]
#[ignore = "needs gnome-keyring"]
fn a_bus_that_lets_nobody_speak_to_the_keyring() {
    let session = Session::where_none_may_speak();
    let mut child = session.child(&format!("{INSIDE}::is_refused"));
    child.env("SNAP", "/snap/notes/1").env("SNAP_NAME", "notes");
    assert_says(
        &child::start(child).end().remove(0),
        ErrorKind::Unavailable,
        &["may not speak", "snap connect notes:"],
    );
}

#[test]
#[ignore = "needs gnome-keyring"]
fn without_a_default_collection() {
    let mut session = Session::without_collection();
    let parts = ["no default collection", "Seahorse", "end gnome-keyring-daemon and start it again"];
    assert_says(&session.message("is_refused"), ErrorKind::Unavailable, &parts);
    assert!(!session.vaults().exists());
    // As it says.
    session.restart_keyring();
    session.do_inside("stores_a_token");
}

#[test]
#[ignore = "needs gnome-keyring"]
fn a_locked_keyring_that_cannot_ask() {
    let mut session = Session::new();
    session.do_inside("stores_a_token");
    session.lock();
    let parts =
        ["locked", "no display", "end gnome-keyring-daemon and start it again", "--unlock`", "Unlock::passphrase"];
    assert_says(&session.message("cannot_open_it"), ErrorKind::Unavailable, &parts);
    // As it says.
    session.restart_keyring();
    session.do_inside("reads_the_token");
}

/// A display is of no use to gnome-keyring alone: another program asks for it.
#[test]
#[ignore = "needs gnome-keyring"]
fn a_locked_keyring_on_a_display_without_a_program_that_asks() {
    let session = Session::new();
    session.do_inside("stores_a_token");
    session.lock();
    let mut child = session.child(&format!("{INSIDE}::cannot_open_it"));
    child.env("DISPLAY", ":99");
    let told = child::start(child).end();
    assert_says(&told[0], ErrorKind::Unavailable, &["locked", "no program", "gcr", "Unlock::passphrase"]);
}

/// What is not found in a locked keyring may be there all the same: KeePassXC shows no items while it is locked.
#[test]
#[ignore = "needs gnome-keyring"]
fn an_item_that_a_locked_keyring_does_not_show_is_not_called_gone() {
    let session = Session::new();
    session.do_inside("stores_a_token");
    session.items().iter().for_each(|item| session.delete(item));
    session.lock();
    assert_says(&session.message("cannot_open_it"), ErrorKind::Unavailable, &["locked", "no display"]);
}

/// The vault is gone then, and what is left says so.
#[test]
#[ignore = "needs gnome-keyring"]
fn a_store_is_destroyed_even_if_its_item_cannot_be_removed() {
    let session = Session::new();
    session.do_inside("stores_a_token");
    session.lock();
    let parts = ["The store is removed", "An item called keyfold", "opens nothing", "locked"];
    assert_says(&session.message("cannot_destroy_all"), ErrorKind::Unavailable, &parts);
    assert_eq!(std::fs::read_dir(session.vaults()).unwrap().count(), 1, "only the lock file is left");
    assert_eq!(session.items().len(), 1);
    session.do_inside("destroys");
}

#[test]
#[ignore = "needs gnome-keyring"]
fn a_question_that_is_dismissed() {
    let session = Session::new();
    session.do_inside("stores_a_token");
    session.lock();
    let (prompter, asked) = session.dismiss_questions();
    let mut child = session.child(&format!("{INSIDE}::cannot_open_it"));
    let told = child::start({
        child.env("DISPLAY", ":99");
        child
    })
    .end();
    assert_says(&told[0], ErrorKind::Cancelled, &["dismissed", "try again"]);
    assert_eq!(*asked.lock().unwrap(), 1, "it was asked once");
    drop(prompter);
}

#[test]
#[ignore = "needs gnome-keyring"]
fn a_frozen_keyring_stops_nobody_and_is_used_again() {
    let session = Session::new();
    session.do_inside("stores_a_token");
    session.signal_keyring("STOP");
    let parts = ["has not answered within 2s", "keychain_timeout"];
    assert_says(&session.message("waits_for_a_frozen_keyring"), ErrorKind::Unavailable, &parts);
    session.signal_keyring("CONT");
    session.do_inside("reads_the_token");
    assert_eq!(session.items().len(), 1);
}

#[test]
#[ignore = "needs gnome-keyring"]
fn an_item_that_is_added_after_its_deadline_is_removed() {
    let session = Session::new();
    session.signal_keyring("STOP");
    let mut child = child::start(session.child(&format!("{INSIDE}::waits_for_a_frozen_keyring")));
    let message = child.next().expect("it tells of its deadline");
    session.signal_keyring("CONT");
    assert_says(&message, ErrorKind::Unavailable, &["has not answered"]);
    child.end();
    assert_eq!(session.items().len(), 0);
    session.do_inside("stores_a_token");
    session.do_inside("reads_the_token");
    assert_eq!(session.items().len(), 1);
}

#[test]
#[ignore = "needs gnome-keyring"]
fn an_item_that_is_gone() {
    let session = Session::new();
    session.do_inside("stores_a_token");
    session.items().iter().for_each(|item| session.delete(item));
    let message = session.message("cannot_open_it");
    assert_says(&message, ErrorKind::KeyMissing, &["not in the system's keychain any more"]);
    assert_eq!(session.items().len(), 0, "no other is made");
    assert_eq!(std::fs::read_dir(session.vaults()).unwrap().count(), 2, "the vault is left as it is");
}
