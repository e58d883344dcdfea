//! The lock on the file system.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use super::*;

#[test]
fn a_lock_is_held_by_one() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("data");
    fs::create_dir(&path).unwrap();
    let open = || Files.open(&path, true).unwrap().unwrap();
    let directory = open();
    let lock = Files.try_lock(&directory, "lock").unwrap().unwrap();
    assert!(Files.try_lock(&open(), "lock").unwrap().is_none(), "another has it");
    drop(lock);
    assert!(Files.try_lock(&directory, "lock").unwrap().is_some());
}

#[test]
fn a_lock_in_a_directory_that_was_moved_away_is_none() {
    // There a directory is known by its path only.
    if std::env::consts::FAMILY == "windows" {
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("data");
    fs::create_dir(&path).unwrap();
    let open = || Files.open(&path, true).unwrap().unwrap();
    let directory = open();
    fs::rename(&path, home.path().join("aside")).unwrap();
    assert!(Files.try_lock(&directory, "lock").unwrap().is_none(), "nobody finds it any more");
    fs::create_dir(&path).unwrap();
    assert!(Files.try_lock(&directory, "lock").unwrap().is_none(), "others make one of their own");
    let lock = Files.try_lock(&open(), "lock").unwrap();
    assert!(Files.try_lock(&directory, "lock").unwrap().is_none(), "others have one of their own");
    drop(lock);
    assert!(Files.try_lock(&open(), "lock").unwrap().is_some());
}
