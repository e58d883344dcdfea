//! A vault beside a bare AES-GCM call, and beside one item of the system's keyring for every value: `npm run bench:native`,
//! which gives it its own keyring. If cargo starts it, it asks the session's keyring, if there is one.

use std::hint::black_box;

use aes_gcm::{Aes256Gcm, KeyInit, aead::Aead};
use criterion::{Bencher, Criterion, SamplingMode, criterion_group, criterion_main};
use keyfold::{Builder, NativeOptions, SecureStorage, Unlock};
use pollster::block_on;
use tempfile::TempDir;

const VALUE: [u8; 100] = [b'x'; 100];
const ENTRIES: usize = 1000;

/// The groups' names are what `scripts/bench-native.mjs` looks for.
const OPEN: &str = "open";
const GET: &str = "get";
const SET: &str = "set";
const GET_ALL: &str = "get_all";

fn name(number: usize) -> String {
    format!("entry {number}")
}

fn builder(directory: &TempDir, unlock: &Unlock) -> Builder {
    let native = NativeOptions::new().directory(directory.path());
    SecureStorage::builder("bench").native(native).unlock(unlock.clone())
}

/// A vault of some entries. It is gone when its directory is dropped.
fn vault(unlock: &Unlock, entries: usize) -> (TempDir, SecureStorage) {
    let directory = tempfile::tempdir().expect("there is a place for temporary files");
    let storage = block_on(builder(&directory, unlock).open()).expect("it opens");
    block_on(storage.set_all((0..entries).map(|number| (name(number), VALUE)))).expect("there is room");
    (directory, storage)
}

fn open(b: &mut Bencher, directory: &TempDir, unlock: &Unlock) {
    b.iter(|| block_on(builder(directory, unlock).open()).expect("it opens"));
}

fn app_key() -> Unlock {
    Unlock::app_key([7; 32])
}

fn bare(c: &mut Criterion) {
    let cipher = Aes256Gcm::new(&[7; 32].into());
    let sealed = cipher.encrypt(&[0; 12].into(), VALUE.as_slice()).expect("it is small");
    c.benchmark_group(GET).bench_function("bare aes-gcm", |b| {
        b.iter(|| cipher.decrypt(&[0; 12].into(), black_box(sealed.as_slice())));
    });
}

fn vaults(c: &mut Criterion) {
    let (directory, storage) = vault(&app_key(), ENTRIES);
    // Another handle would have read the file already.
    drop(storage);
    c.benchmark_group(OPEN).bench_function(format!("vault of {ENTRIES}, app key"), |b| open(b, &directory, &app_key()));

    let storage = block_on(builder(&directory, &app_key()).open()).expect("it opens");
    c.benchmark_group(GET).bench_function("vault", |b| {
        b.iter(|| block_on(storage.get_bytes(black_box("entry 7"))).expect("it is there"));
    });
    c.benchmark_group(GET_ALL).bench_function("vault", |b| {
        b.iter(|| block_on(storage.get_all_bytes()).expect("all are there"));
    });
    for entries in [1, ENTRIES] {
        let (_directory, storage) = vault(&app_key(), entries);
        c.benchmark_group(SET).bench_function(format!("vault of {entries}"), |b| {
            b.iter(|| block_on(storage.set_bytes("entry 0", black_box(&VALUE))).expect("there is room"));
        });
    }
}

/// One item for every value, as an app has that keeps its values in a keyring.
fn items(c: &mut Criterion) {
    if std::env::var_os("DBUS_SESSION_BUS_ADDRESS").is_none() {
        println!("SKIPPED: there is no D-Bus session, and so no keyring to compare with");
        return;
    }
    let entry = |number: usize| keyring::v1::Entry::new("keyfold bench", &name(number)).expect("there is a keyring");
    (0..ENTRIES).for_each(|number| entry(number).set_secret(&VALUE).expect("it takes items"));

    c.benchmark_group(GET).bench_function("keyring item", |b| {
        b.iter(|| entry(7).get_secret().expect("it is there"));
    });
    let mut group = c.benchmark_group(SET);
    group.sample_size(10);
    group.bench_function(format!("keyring item of {ENTRIES}"), |b| {
        b.iter(|| entry(0).set_secret(black_box(&VALUE)).expect("it takes items"));
    });
    group.finish();
    let mut group = c.benchmark_group(GET_ALL);
    group.sample_size(10).sampling_mode(SamplingMode::Flat);
    group.bench_function("keyring items", |b| {
        b.iter(|| (0..ENTRIES).map(|number| entry(number).get_secret().expect("it is there")).collect::<Vec<_>>());
    });
    group.finish();

    (0..ENTRIES).for_each(|number| entry(number).delete_credential().expect("it is there"));

    let (directory, storage) = vault(&Unlock::device(), ENTRIES);
    drop(storage);
    c.benchmark_group(OPEN)
        .bench_function(format!("vault of {ENTRIES}, device"), |b| open(b, &directory, &Unlock::device()));
    block_on(builder(&directory, &Unlock::device()).destroy()).expect("it can be destroyed");
}

criterion_group!(benches, bare, vaults, items);
criterion_main!(benches);
