//! Several processes that make, write and rekey one store at once lose nothing of each other's.

use std::{sync::mpsc, thread, time::Duration};

use keyfold::{Error, ErrorKind, Rotate, SecureStorage};
use pollster::block_on;

use super::{all, child, key, open};

const WRITES: usize = 60;

/// Starts a child of each name at once, and waits for their ends.
fn run(test: &str, directory: &std::path::Path, names: &[&str]) {
    let children: Vec<_> = names.iter().map(|name| child::start(child::command(test, directory, name))).collect();
    children.into_iter().for_each(|child| drop(child.end()));
}

#[test]
fn first_writes_of_four_processes_are_all_kept() {
    let names = ["a", "b", "c", "d"];
    for _ in 0..10 {
        let home = tempfile::tempdir().unwrap();
        let directory = home.path().join("data");
        run("at_once::first_write", &directory, &names);
        assert_eq!(all(&directory).into_keys().collect::<Vec<_>>(), names);
    }
}

#[test]
#[ignore = "what a child does"]
fn first_write() {
    let storage = open(&child::directory()).unwrap();
    block_on(storage.set(&child::name(), "1")).unwrap();
}

#[test]
fn who_is_told_of_progress_may_write_and_wait_for_that() {
    let home = tempfile::tempdir().unwrap();
    let (ended, end) = mpsc::channel();
    let directory = home.path().join("data");
    thread::spawn(move || {
        let storage = open(&directory).unwrap();
        block_on(storage.set("a", "1")).unwrap();
        let mut told = 0;
        let rotated = block_on(storage.rotate(&Rotate::all(), |_, _| {
            told += 1;
            block_on(storage.set("told", &told.to_string())).unwrap();
        }));
        rotated.unwrap();
        ended.send(block_on(storage.get("told")).unwrap())
    });
    // A lock that each waits for would never be given back.
    let told = end.recv_timeout(Duration::from_secs(60)).expect("it ends");
    assert_eq!(told.as_deref(), Some("2"));
}

#[test]
fn two_writers_and_one_that_changes_the_keys_lose_nothing() {
    let home = tempfile::tempdir().unwrap();
    let directory = home.path().join("data");
    run("at_once::writes", &directory, &["left", "right", "rotate"]);
    let found = all(&directory);
    for name in ["left", "right"] {
        for number in 0..WRITES {
            assert_eq!(found.get(&format!("{name} {number}")).map(String::as_str), Some("there"), "{name} {number}");
        }
        assert_eq!(found[name], (WRITES - 1).to_string());
    }
    assert_eq!(found.len(), 2 * (WRITES + 1));
}

#[test]
#[ignore = "what a child does"]
fn writes() {
    let storage = open(&child::directory()).unwrap();
    for number in 0..WRITES {
        if child::name() == "rotate" {
            again(&storage, || block_on(storage.rotate(&Rotate::all(), |_, _| {})));
            continue;
        }
        let (name, value) = (child::name(), number.to_string());
        let entries = [(format!("{name} {number}"), "there"), (name.clone(), &*value), (format!("{name} gone"), "")];
        again(&storage, || block_on(storage.set_all(entries.clone())));
        assert!(again(&storage, || block_on(storage.remove(&format!("{name} gone")))));
        assert_eq!(again(&storage, || block_on(storage.get(&name))), Some(value));
    }
}

/// What another process's new keys have locked is unlocked, and done again.
fn again<T>(storage: &SecureStorage, mut action: impl FnMut() -> Result<T, Error>) -> T {
    loop {
        match action() {
            Err(error) if error.kind() == ErrorKind::Locked => block_on(storage.unlock(&key())).unwrap(),
            Err(error) => panic!("{}: {error:?}", child::name()),
            Ok(done) => return done,
        }
    }
}
