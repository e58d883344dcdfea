//! What a store in memory adds to a bare AES-GCM call, on native: `cargo bench --package keyfold-benches --bench memory`.

use std::hint::black_box;

use aes_gcm::{Aes256Gcm, KeyInit, aead::Aead};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use keyfold::{SecureStorage, WebOptions};
use pollster::block_on;

const VALUE: [u8; 100] = [b'x'; 100];

async fn store(entries: usize) -> SecureStorage {
    let web = WebOptions::flutter().wrap_key([1; 32]).wrap_key_iv([2; 12]);
    let storage = SecureStorage::builder("bench").web(web).in_memory().open().await.expect("memory is there");
    let values = (0..entries).map(|n| (format!("key{n}"), VALUE));
    storage.set_all(values).await.expect("there is room");
    storage
}

fn bare(c: &mut Criterion) {
    let cipher = Aes256Gcm::new(&[7; 32].into());
    let sealed = cipher.encrypt(&[0; 12].into(), VALUE.as_slice()).expect("it is small");
    c.bench_function("bare aes-gcm, seal 100 B", |b| {
        b.iter(|| cipher.encrypt(&[0; 12].into(), black_box(VALUE.as_slice())));
    });
    c.bench_function("bare aes-gcm, open 100 B", |b| {
        b.iter(|| cipher.decrypt(&[0; 12].into(), black_box(sealed.as_slice())));
    });
}

fn verbs(c: &mut Criterion) {
    let storage = block_on(store(1));
    c.bench_function("set 100 B", |b| b.iter(|| block_on(storage.set_bytes("key0", black_box(&VALUE)))));
    c.bench_function("get 100 B", |b| b.iter(|| block_on(storage.get_bytes(black_box("key0")))));

    let storage = block_on(store(1000));
    let mut group = c.benchmark_group("of 1000 entries");
    group.throughput(Throughput::Elements(1000));
    group.bench_function("get_all", |b| b.iter(|| block_on(storage.get_all_bytes())));
    group.finish();
}

criterion_group!(benches, bare, verbs);
criterion_main!(benches);
