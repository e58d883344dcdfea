//! A disk that is full and a directory that is read-only: a clear error, and everything is still there.

use std::{
    fs,
    os::unix::{
        fs::{MetadataExt, PermissionsExt, chown},
        process::CommandExt,
    },
    path::Path,
    process::Command,
};

use keyfold::{Error, ErrorKind, SecureStorage};
use pollster::block_on;

use super::{all, builder, child, open};

/// Nobody, on every Unix.
const NOBODY: u32 = 65_534;

fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}

fn names(directory: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn others_may_not_even_look() {
    let home = tempfile::tempdir().unwrap();
    let directory = home.path().join("deep/data");
    block_on(open(&directory).unwrap().set("token", "s3cret")).unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().mode() & 0o777;
    assert_eq!((mode(&home.path().join("deep")), mode(&directory)), (0o700, 0o700));
    let files = names(&directory);
    assert_eq!(files.len(), 2, "{files:?}");
    files.iter().for_each(|file| assert_eq!(mode(&directory.join(file)), 0o600, "{file}"));
}

/// Writes entries until there is no more room; how many there was room for.
fn fill(directory: &Path) -> usize {
    let storage = open(directory).unwrap();
    for number in 0..1000 {
        if let Err(error) = block_on(storage.set(&number.to_string(), &"0123456789".repeat(300))) {
            assert_full(&error);
            assert_eq!(error.key(), Some(&*number.to_string()));
            assert_eq!(block_on(storage.keys()).unwrap().len(), number);
            return number;
        }
    }
    panic!("there is no end of the room");
}

fn assert_full(error: &Error) {
    assert_eq!(error.kind(), ErrorKind::QuotaExceeded, "{error}");
    let message = error.to_string();
    assert!(message.contains("What was stored still is") && message.contains("make room"), "{message}");
}

#[test]
fn a_full_disk_is_told_and_nothing_is_lost() {
    let home = tempfile::tempdir().unwrap();
    let script = "mount -t tmpfs -o size=128k none \"$1\" && shift && exec \"$@\"";
    let unshare: &[&str] = if is_root() { &["--mount"] } else { &["--user", "--map-root-user", "--mount"] };
    let command = |program: &Path| {
        let mut command = Command::new("unshare");
        command.args(unshare).args(["sh", "-c", script, "sh"]).arg(home.path()).arg(program);
        command
    };
    if !command(Path::new("true")).status().is_ok_and(|status| status.success()) {
        println!("SKIPPED: no file system can be mounted here that is small enough to be filled");
        return;
    }
    let mut fills = command(&std::env::current_exe().unwrap());
    child::with(&mut fills, "no_room::fills_a_small_disk", home.path(), "");
    child::start(fills).end();
}

#[test]
#[ignore = "what a child does"]
fn fills_a_small_disk() {
    let directory = child::directory().join("data");
    let number = fill(&directory);
    assert!(number > 3, "{number} entries");
    assert_eq!(all(&directory).len(), number);
    assert_eq!(names(&directory).len(), 2, "nothing is left that would take room");
    // Another store's first write finds none either.
    fs::write(child::directory().join("rest"), vec![0; 200_000]).unwrap_err();
    assert_full(&block_on(builder(&child::directory().join("other")).open()).err().unwrap());
    fs::remove_file(child::directory().join("rest")).unwrap();
    block_on(open(&directory).unwrap().set("0", "")).unwrap();
    assert_eq!(all(&directory).len(), number);
}

#[test]
fn a_file_that_may_not_grow_is_told_and_nothing_is_lost() {
    let home = tempfile::tempdir().unwrap();
    let mut limited = Command::new("sh");
    // Without the trap the kernel ends whoever writes too much.
    limited.args(["-c", "trap '' XFSZ; ulimit -f 64; exec \"$@\"", "sh"]).arg(std::env::current_exe().unwrap());
    child::with(&mut limited, "no_room::writes_a_file_too_large", home.path(), "");
    child::start(limited).end();
}

#[test]
#[ignore = "what a child does"]
fn writes_a_file_too_large() {
    let number = fill(&child::directory());
    assert_eq!(all(&child::directory()).len(), number);
}

#[test]
fn what_may_not_be_written_can_be_read() {
    let home = tempfile::tempdir().unwrap();
    let directory = home.path().join("data");
    block_on(open(&directory).unwrap().set("token", "s3cret")).unwrap();

    // Root may write everywhere, so it is somebody else who tries.
    let program = home.path().join("program");
    fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
    let mut tries = Command::new(program);
    child::with(&mut tries, "no_room::tries_to_write", &directory, "");
    if is_root() {
        for path in [home.path(), &directory]
            .into_iter()
            .map(Path::to_owned)
            .chain(names(&directory).iter().map(|name| directory.join(name)))
        {
            chown(path, Some(NOBODY), Some(NOBODY)).unwrap();
        }
        tries.uid(NOBODY).gid(NOBODY);
    }
    fs::set_permissions(&directory, fs::Permissions::from_mode(0o500)).unwrap();
    let told = child::start(tries).end();
    fs::set_permissions(&directory, fs::Permissions::from_mode(0o700)).unwrap();
    if is_root() {
        chown(&directory, Some(0), Some(0)).unwrap();
    }
    println!("{}", told.join("\n"));
    assert_eq!(told.len(), 3, "{told:?}");
    assert_eq!(all(&directory).len(), 1);
}

#[test]
#[ignore = "what a child does"]
fn tries_to_write() {
    let directory = child::directory();
    let storage = open(&directory).unwrap();
    assert_eq!(block_on(storage.get("token")).unwrap().as_deref(), Some("s3cret"));
    let availability = block_on(SecureStorage::availability(&builder(&directory.join("below/data"))));
    assert_eq!(availability.reason.map(|reason| reason.kind()), Some(ErrorKind::Unavailable), "it cannot be made");
    assert!(block_on(SecureStorage::availability(&builder(&directory))).usable(), "it can be read");
    let errors = [
        block_on(storage.set("token", "other")).unwrap_err(),
        block_on(storage.destroy()).unwrap_err(),
        block_on(builder(&directory.join("below")).open()).err().unwrap(),
    ];
    for error in errors {
        assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
        child::tell(&error.to_string());
    }
    assert_eq!(block_on(storage.get("token")).unwrap().as_deref(), Some("s3cret"));
}
