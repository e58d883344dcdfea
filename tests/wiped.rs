//! What a program's secrets leave behind in memory that is released: nothing. A buffer that grows releases a copy of what
//! it held before, and whoever is given that memory next can read it.

#![cfg(not(target_family = "wasm"))]
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::{
    alloc::{GlobalAlloc, Layout, System},
    slice,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
    },
};

use keyfold::{OnConflict, Rotate, SecureStorage, Unlock, WebOptions};
use pollster::block_on;

/// Secrets of many different characters. Each is longer once it is normalized, or shorter.
const SECRETS: [&str; 5] = [
    "correct horse battery staple 0123456789 Zebra-Quagga-Okapi %&!",
    "Pru\u{308}fung\u{a0}A\u{308}O\u{308}U\u{308}-e\u{301}tude-abcdefghijklmnopqrstuvwxyz 9876543210",
    "\u{1d160}\u{1d161}\u{1d162}\u{344}\u{fb2c}\u{958}\u{95f}\u{f73}",
    // An app key, and the same in base64.
    "KEYFOLD*app#key$with%32&bytes!-+",
    "S0VZRk9MRCphcHAja2V5JHdpdGglMzImYnl0ZXMhLSs=",
];

/// How many bytes in a row of each secret are searched: enough to tell them from chance. An array is passed by value, so
/// parts of the key stay on the caller's stack, and get from there into the padding of what moves to the heap. Only the
/// whole of it is a copy.
const RUNS: [usize; SECRETS.len()] = [8, 8, 8, 32, 8];

/// Argon2id's memory.
const BLOCKS_BYTES: usize = 64 << 20;

/// One test searches at a time.
static SEARCH: Mutex<()> = Mutex::new(());

static IS_SEARCHING: AtomicBool = AtomicBool::new(false);
static LEFT: [AtomicUsize; SECRETS.len()] = [const { AtomicUsize::new(0) }; SECRETS.len()];
static ARGON2: AtomicUsize = AtomicUsize::new(0);
static ARGON2_LEFT: AtomicUsize = AtomicUsize::new(0);

/// Looks through memory that is released.
struct Searching;

#[expect(unsafe_code, reason = "an allocator is unsafe code")]
// SAFETY: the system's allocator, whose memory is only read.
unsafe impl GlobalAlloc for Searching {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // Zeroed, since all of it is read.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        if IS_SEARCHING.load(Relaxed) {
            search(unsafe { slice::from_raw_parts(block, layout.size()) });
        }
        unsafe { System.dealloc(block, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Searching = Searching;

fn search(released: &[u8]) {
    if released.len() >= BLOCKS_BYTES {
        ARGON2.fetch_add(1, Relaxed);
        ARGON2_LEFT.fetch_add(usize::from(released.iter().any(|byte| *byte != 0)), Relaxed);
        return;
    }
    for ((secret, run), left) in SECRETS.iter().zip(RUNS).zip(&LEFT) {
        let has = |part: &[u8]| released.windows(run).any(|bytes| bytes == part);
        left.fetch_add(usize::from(secret.as_bytes().windows(run).any(has)), Relaxed);
    }
}

/// How many blocks of memory that this releases have something of each secret.
fn left_by(act: impl FnOnce()) -> Vec<usize> {
    IS_SEARCHING.store(true, Relaxed);
    act();
    IS_SEARCHING.store(false, Relaxed);
    LEFT.iter().map(|left| left.swap(0, Relaxed)).collect()
}

#[test]
fn secrets_leave_nothing_in_memory_that_is_released() {
    let _search = SEARCH.lock().unwrap_or_else(PoisonError::into_inner);
    // The search finds what is there.
    assert_eq!(left_by(|| SECRETS.iter().for_each(|secret| drop(String::from(*secret)))), [1; SECRETS.len()]);

    let [.., key, base64] = SECRETS;
    let key: [u8; 32] = key.as_bytes().try_into().unwrap();
    let unlocks = [
        Unlock::passphrase(SECRETS[0]),
        Unlock::passphrase(SECRETS[1]),
        Unlock::passphrase(SECRETS[2]),
        Unlock::app_key(key),
        Unlock::app_key(base64),
    ];
    for unlock in unlocks {
        let left = left_by(|| {
            let storage = block_on(SecureStorage::builder("app").in_memory().unlock(unlock.clone()).open()).unwrap();
            block_on(storage.set("a", "1")).unwrap();
            storage.lock().unwrap();
            block_on(storage.unlock(&unlock)).unwrap();
            block_on(storage.rotate(&Rotate::keep([unlock]), |_, _| {})).unwrap();
        });
        assert_eq!(left, [0; SECRETS.len()]);
    }
    assert!(ARGON2.load(Relaxed) >= 9, "Argon2id has other memory");
    assert_eq!(ARGON2_LEFT.load(Relaxed), 0);
}

#[test]
fn values_leave_nothing_in_memory_that_a_call_releases_when_it_fails() {
    let _search = SEARCH.lock().unwrap_or_else(PoisonError::into_inner);
    for options in [WebOptions::flutter(), WebOptions::new()] {
        let open = || block_on(SecureStorage::builder("app").web(options.clone()).in_memory().open()).unwrap();
        let (storage, other) = (open(), open());
        for (at, secret) in SECRETS.iter().enumerate() {
            block_on(storage.set(&at.to_string(), secret)).unwrap();
        }
        block_on(storage.set_bytes("not text", &[0xff])).unwrap();
        block_on(other.set("4", "here already")).unwrap();
        let left = left_by(|| {
            block_on(storage.get_all()).unwrap_err();
            block_on(storage.get_many(&["0", "1", "2", "3", "4", "not text"])).unwrap_err();
            #[cfg(feature = "serde")]
            block_on(storage.get_json::<u8>("0")).unwrap_err();
            block_on(other.import_from(&storage, OnConflict::Fail)).unwrap_err();
            if other.lock().is_ok() {
                block_on(other.import_from(&storage, OnConflict::Overwrite)).unwrap_err();
                block_on(other.set_all(SECRETS.map(|secret| (secret.len().to_string(), secret)))).unwrap_err();
            }
        });
        assert_eq!(left, [0; SECRETS.len()], "{options:?}");
    }
}
