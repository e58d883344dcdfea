//! What others do to a vault's directory while a handle is open, or before: nothing acknowledged is overwritten, and no
//! link, pipe or directory of somebody else's is used.

use std::{
    fs::{self, Permissions},
    os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink},
    path::{Path, PathBuf},
    process::Command,
    sync::mpsc,
    thread,
    time::Duration,
};

use keyfold::{ErrorKind, NativeOptions, Rotate, SecureStorage};
use pollster::block_on;

use super::{all, builder, key, open};

/// A directory of a home that the test may do with what it likes.
struct Home {
    home: tempfile::TempDir,
    data: PathBuf,
}

fn home() -> Home {
    let home = tempfile::tempdir().unwrap();
    let data = home.path().join("data");
    Home { home, data }
}

impl Home {
    fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// Copies the directory as it is now.
    fn copy_to(&self, name: &str) {
        let copy = self.path(name);
        fs::create_dir(&copy).unwrap();
        fs::set_permissions(&copy, Permissions::from_mode(0o700)).unwrap();
        for entry in fs::read_dir(&self.data).unwrap() {
            let entry = entry.unwrap();
            fs::copy(entry.path(), copy.join(entry.file_name())).unwrap();
        }
    }

    /// Moves the directory aside, and another one to its place.
    fn put_back(&self, name: &str) {
        fs::rename(&self.data, self.path("aside")).unwrap();
        fs::rename(self.path(name), &self.data).unwrap();
    }

    /// The files of the store that lie in the directory, by their extension.
    fn file(&self, extension: &str) -> PathBuf {
        // `app` in SHA-256.
        let name = "a172cedcae47474b615c54d510a5d84a8dea3032e958587430b413538be3f333";
        self.data.join(format!("{name}.{extension}"))
    }
}

fn set(storage: &SecureStorage, name: &str) {
    block_on(storage.set(name, "there")).unwrap();
}

fn names(directory: &Path) -> Vec<String> {
    all(directory).into_keys().collect()
}

/// That a write is refused, because what lies there is older than what the handle knows, and changes nothing.
fn refused_as_older(home: &Home, storage: &SecureStorage) {
    let before = fs::read(home.file("vault")).unwrap();
    let errors = [
        block_on(storage.set("late", "1")).unwrap_err(),
        block_on(storage.remove("a")).unwrap_err(),
        block_on(storage.rotate(&Rotate::all(), |_, _| {})).unwrap_err(),
        block_on(storage.add_unlock(&keyfold::Unlock::app_key([8; 32]), "", |_, _| {})).unwrap_err(),
    ];
    for error in errors {
        assert_eq!(error.kind(), ErrorKind::Corrupt, "{error}");
        assert!(error.to_string().contains("older than the one that was opened"), "{error}");
    }
    assert_eq!(fs::read(home.file("vault")).unwrap(), before);
}

#[test]
fn an_older_copy_in_the_directory_s_place_is_not_written_over() {
    let home = home();
    let storage = open(&home.data).unwrap();
    set(&storage, "a");
    home.copy_to("old");
    set(&storage, "b");
    home.put_back("old");
    refused_as_older(&home, &storage);
    // As the message says.
    let again = open(&home.data).unwrap();
    set(&again, "c");
    assert_eq!(names(&home.data), ["a", "c"]);
    assert_eq!(names(&home.path("aside")), ["a", "b"]);
    block_on(storage.unlock(&key())).unwrap();
    set(&storage, "d");
    assert_eq!(names(&home.data), ["a", "c", "d"]);
}

#[test]
fn a_copy_of_before_a_rotation_is_not_written_over() {
    let home = home();
    let storage = open(&home.data).unwrap();
    set(&storage, "a");
    home.copy_to("old");
    block_on(storage.rotate(&Rotate::all(), |_, _| {})).unwrap();
    home.put_back("old");
    refused_as_older(&home, &storage);
    block_on(storage.unlock(&key())).unwrap();
    set(&storage, "b");
    assert_eq!(names(&home.data), ["a", "b"]);
}

#[test]
fn a_newer_copy_in_the_directory_s_place_keeps_its_entries() {
    let home = home();
    let storage = open(&home.data).unwrap();
    set(&storage, "a");
    home.copy_to("new");
    set(&open(&home.path("new")).unwrap(), "b");
    home.put_back("new");
    assert_eq!(names(&home.data), ["a", "b"], "who opens it sees what lies there now");
    set(&storage, "c");
    assert_eq!(names(&home.data), ["a", "b", "c"]);
    assert_eq!(names(&home.path("aside")), ["a"], "nothing is written where the store is not any more");
}

#[test]
fn a_file_that_is_written_over_in_place_is_seen() {
    let home = home();
    let storage = open(&home.data).unwrap();
    set(&storage, "a");
    let old = fs::read(home.file("vault")).unwrap();
    set(&storage, "b");
    fs::write(home.file("vault"), old).unwrap();
    refused_as_older(&home, &storage);
}

fn mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

#[test]
fn a_directory_that_others_may_write_to_is_refused() {
    for shared in [0o777, 0o1777, 0o770, 0o702] {
        let home = home();
        let data = home.data.join("an app's data");
        fs::create_dir_all(&data).unwrap();
        mode(&data, shared);
        let error = open(&data).err().unwrap();
        assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
        let message = error.to_string();
        let advice = message.split('`').find(|part| part.starts_with("chmod go-w ")).expect("a command is named");
        assert!(message.contains("allow_shared_directory"), "{message}");
        assert_eq!(fs::read_dir(&data).unwrap().count(), 0, "nothing is made");

        let native = NativeOptions::new().directory(&data).allow_shared_directory(true);
        let storage = block_on(SecureStorage::builder("app").native(native).unlock(key()).open()).unwrap();
        set(&storage, "a");
        assert_eq!(open(&data).err().unwrap().kind(), ErrorKind::Unavailable);
        // As it says.
        assert!(Command::new("sh").args(["-c", advice]).status().unwrap().success());
        assert_eq!(names(&data), ["a"]);
    }
}

#[test]
fn a_directory_that_is_opened_to_others_later_is_not_written_to() {
    let home = home();
    let storage = open(&home.data).unwrap();
    set(&storage, "a");
    mode(&home.data, 0o777);
    assert_eq!(block_on(storage.set("b", "1")).unwrap_err().kind(), ErrorKind::Unavailable);
    mode(&home.data, 0o755);
    set(&storage, "c");
    assert_eq!(names(&home.data), ["a", "c"]);
}

#[test]
fn a_directory_of_somebody_else_is_refused() {
    if fs::metadata("/proc/self").is_ok_and(|process| process.uid() != 0) {
        println!("SKIPPED: only root can give a directory away");
        return;
    }
    let home = home();
    set(&open(&home.data).unwrap(), "a");
    chown(&home.data, Some(65_534), None).unwrap();
    let error = open(&home.data).err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
    assert!(error.to_string().contains("belongs to another user, with the id 65534"), "{error}");
    let native = NativeOptions::new().directory(&home.data).allow_shared_directory(true);
    assert!(block_on(SecureStorage::builder("app").native(native).unlock(key()).open()).is_ok());
}

/// Runs something that must not wait for anybody.
fn soon<T: Send + 'static>(what: impl FnOnce() -> T + Send + 'static) -> T {
    let (done, is_done) = mpsc::channel();
    thread::spawn(move || done.send(what()));
    is_done.recv_timeout(Duration::from_secs(20)).expect("it does not wait")
}

/// That what lies there is told and left as it is.
fn is_no_file(home: &Home) {
    let directory = home.data.clone();
    let error = soon(move || open(&directory).err().unwrap());
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
    let message = error.to_string();
    assert!(message.contains("is a link, or no regular file: ") || message.contains("file. What was"), "{message}");
    assert!(message.ends_with("move it away"), "{message}");
}

#[test]
fn a_pipe_in_the_vault_s_place_does_not_hang_and_can_be_destroyed() {
    for extension in ["vault", "lock"] {
        let home = home();
        set(&open(&home.data).unwrap(), "a");
        fs::remove_file(home.file(extension)).unwrap();
        assert!(Command::new("mkfifo").arg(home.file(extension)).status().unwrap().success());
        is_no_file_unless_read(&home, extension);
    }
    let home = home();
    fs::create_dir(&home.data).unwrap();
    mode(&home.data, 0o700);
    assert!(Command::new("mkfifo").arg(home.file("vault")).status().unwrap().success());
    let builder = builder(&home.data);
    soon(move || block_on(builder.destroy())).unwrap();
    assert!(!home.file("vault").exists());
}

#[test]
fn a_directory_in_the_place_of_a_file_is_told_and_stays() {
    for extension in ["vault", "new"] {
        let home = home();
        let storage = open(&home.data).unwrap();
        drop(fs::remove_file(home.file(extension)));
        fs::create_dir(home.file(extension)).unwrap();
        let failure = if extension == "vault" {
            is_no_file(&home);
            block_on(builder(&home.data).destroy())
        } else {
            block_on(storage.set("a", "1"))
        };
        let error = failure.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable, "{extension}: {error}");
        assert!(error.to_string().ends_with("move it away"), "{error}");
        assert!(home.file(extension).is_dir());
    }
}

/// What is in the lock's place is met by a write.
fn is_no_file_unless_read(home: &Home, extension: &str) {
    if extension == "vault" {
        return is_no_file(home);
    }
    let directory = home.data.clone();
    let error = soon(move || block_on(open(&directory).unwrap().set("b", "1")).unwrap_err());
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
    assert!(error.to_string().ends_with("move it away"), "{error}");
}

#[test]
fn a_planted_link_is_not_followed() {
    for extension in ["vault", "lock"] {
        let home = home();
        fs::create_dir(&home.data).unwrap();
        mode(&home.data, 0o700);
        let target = home.path("target");
        symlink(&target, home.file(extension)).unwrap();
        is_no_file(&home);
        assert!(!target.exists(), "{extension}");
        // As the message says.
        fs::rename(home.file(extension), home.path("away")).unwrap();
        set(&open(&home.data).unwrap(), "a");
    }
}

#[test]
fn a_planted_link_to_a_vault_is_not_read() {
    let home = home();
    set(&open(&home.data).unwrap(), "a");
    fs::rename(home.file("vault"), home.path("other")).unwrap();
    symlink(home.path("other"), home.file("vault")).unwrap();
    let before = fs::read(home.path("other")).unwrap();
    is_no_file(&home);
    assert_eq!(fs::read(home.path("other")).unwrap(), before);
}

#[test]
fn a_planted_link_in_the_new_file_s_place_is_replaced() {
    let home = home();
    let storage = open(&home.data).unwrap();
    let target = home.path("target");
    fs::write(&target, "mine").unwrap();
    symlink(&target, home.file("new")).unwrap();
    set(&storage, "a");
    assert_eq!(fs::read_to_string(&target).unwrap(), "mine");
    assert!(fs::symlink_metadata(home.file("vault")).unwrap().is_file());
    assert_eq!(names(&home.data), ["a"]);
}
