//! The cases of sealed stores that are there when they are opened again.

use futures_util::future::join_all;
use keyfold::{Builder, ErrorKind, NativeOptions, Presence, Report, Rotate, SecureStorage, Unlock, WebOptions};

use crate::{
    backend::{Backend, Guard, vaults},
    cases::{get, kind, refused, set, told},
    sealed::strings,
    unlocks::{add, another, filled, lock, refusal, silently, unlock, wrong},
};

pub(crate) async fn availability_finds_what_is_there(backend: &Backend) {
    let namespace = backend.namespace();
    let builder = || backend.builder(&namespace);
    assert_eq!(SecureStorage::availability(&builder()).await.found, Presence::Unknown);
    assert_eq!(kind(builder().must_exist(true).open().await), ErrorKind::KeyMissing, "looking makes nothing");
    builder().open().await.expect("it opens");
    // It is not opened to be found.
    let any = backend.builder(&namespace).unlock(Unlock::app_key([9; 32]));
    assert_eq!(SecureStorage::availability(&any).await.found, Presence::Present);
    builder().destroy().await.expect("it can be destroyed");
    assert_eq!(SecureStorage::availability(&builder()).await.found, Presence::Unknown);
}

pub(crate) async fn racing_opens_make_one_store(backend: &Backend) {
    let namespace = backend.namespace();
    let handles = join_all((0..4).map(|_| backend.builder(&namespace).open())).await;
    for (at, handle) in handles.iter().enumerate() {
        handle.as_ref().expect("it opens").set(&at.to_string(), "value").await.expect("it can be written");
    }
    for handle in handles {
        let report = handle.expect("it opens").verify().await.expect("it can be verified");
        assert_eq!((report.readable, report.unreadable), (strings(&["0", "1", "2", "3"]), vec![]));
    }
}

pub(crate) async fn two_places_with_one_namespace_are_apart(backend: &Backend) {
    let namespace = backend.namespace();
    let named = |name: &str| -> Builder {
        let directory = if name == "keyfold" { vaults() } else { vaults().join(name) };
        let web = WebOptions::new().db_name(name);
        backend.builder(&namespace).web(web).native(NativeOptions::new().directory(directory))
    };
    let by_default = backend.builder(&namespace).open().await.expect("it opens");
    let [one, other] = [named("one").open().await, named("other").open().await].map(|store| store.expect("it opens"));
    let mut watch = one.watch();
    for (handle, value) in [(&by_default, "of the default"), (&one, "of one"), (&other, "of the other")] {
        handle.set("token", value).await.expect("it can be written");
    }
    assert_eq!(told(&mut watch), [set("token")]);
    other.destroy().await.expect("it can be destroyed");
    assert_eq!(get(&one, "token").await.as_deref(), Some("of one"));
    assert_eq!(get(&by_default, "token").await.as_deref(), Some("of the default"));
    let default = named("keyfold").must_exist(true).open().await.expect("it is the default's name");
    assert_eq!(get(&default, "token").await.as_deref(), Some("of the default"));
    assert_eq!(kind(named("other").must_exist(true).open().await), ErrorKind::KeyMissing);
}

/// Namespaces that a file system or a keychain may take for one: without regard to case, to the ends of names, or past
/// some length.
pub(crate) async fn namespaces_are_one_only_if_every_byte_is(backend: &Backend) {
    let namespace = backend.namespace();
    // Of 1024 bytes, and different in the last one.
    let long = ["a", "b", "A"].map(|end| {
        let most = format!("{namespace}{}", "é".repeat((1023 - namespace.len()) / 2));
        format!("{most}{end:->0$}", 1024 - most.len())
    });
    let alike = [&*namespace, &namespace.to_uppercase(), &format!("{namespace}."), &format!("{namespace} ")];
    let namespaces: Vec<_> = alike.into_iter().map(str::to_owned).chain(long).collect();
    for namespace in &namespaces {
        let storage = backend.builder(namespace).open().await.expect("it opens");
        storage.set("token", namespace).await.expect("it can be written");
    }
    for namespace in &namespaces {
        let must_exist = || backend.builder(namespace).must_exist(true).open();
        let storage = must_exist().await.expect("it is there");
        assert_eq!(get(&storage, "token").await.as_ref(), Some(namespace));
        storage.destroy().await.expect("it can be destroyed");
        assert_eq!(kind(must_exist().await), ErrorKind::KeyMissing);
    }
}

pub(crate) async fn a_store_is_destroyed_without_its_unlock(backend: &Backend) {
    let storage = backend.open().await;
    let watch = storage.watch();
    storage.set("token", "value").await.expect("it can be written");
    let without = backend.builder(storage.namespace()).unlock(Unlock::app_key([9; 32]));
    without.destroy().await.expect("it can be destroyed");
    assert_eq!(get(&storage, "token").await, None);
    assert_eq!(storage.verify().await.expect("nothing is there to fail"), Report::default());
    let must_exist = backend.builder(storage.namespace()).must_exist(true);
    assert_eq!(kind(must_exist.open().await), ErrorKind::KeyMissing);
    drop(watch);
}

pub(crate) async fn a_lock_is_of_one_handle_and_its_like(backend: &Backend) {
    let storage = filled(backend).await;
    let other = backend.another(&storage).await;
    lock(&other);
    assert_eq!(get(&storage, "token").await.as_deref(), Some("value"));
    storage.set("token", "changed").await.expect("it can be written");
    unlock(&other, &backend.unlock()).await;
    assert_eq!(get(&other, "token").await.as_deref(), Some("changed"));
}

pub(crate) async fn an_added_unlock_opens_the_stored_one(backend: &Backend) {
    let storage = filled(backend).await;
    let other = backend.another(&storage).await;
    let id = add(&storage, &another()).await;
    asked_again(backend, &other).await;
    let with = |unlock| backend.builder(storage.namespace()).unlock(unlock).must_exist(true).open();
    let by_another = with(another()).await.expect("it is an unlock of it");
    assert_eq!(get(&by_another, "token").await.as_deref(), Some("value"));
    storage.remove_unlock(&id, silently).await.expect("it can be removed");
    assert_eq!(kind(with(another()).await), refusal(backend, &another()));
    // There are new keys, which its unlock does not open.
    assert_eq!(kind(by_another.get("token").await), ErrorKind::Locked);
    assert!(by_another.is_locked());
    assert_eq!(kind(by_another.unlock(&another()).await), refusal(backend, &another()));
    unlock(&by_another, &backend.unlock()).await;
    assert_eq!(get(&by_another, "token").await.as_deref(), Some("value"));
}

pub(crate) async fn a_remembered_device_opens_silently(backend: &Backend) {
    let storage = filled(backend).await;
    let with = |unlock| backend.builder(storage.namespace()).unlock(unlock).must_exist(true).open();
    assert_eq!(kind(with(Unlock::device()).await), ErrorKind::Locked);
    add(&storage, &Unlock::device()).await;
    let silent = with(Unlock::device()).await.expect("the device is remembered");
    assert_eq!(get(&silent, "token").await.as_deref(), Some("value"));
    assert_eq!(get(&with(backend.unlock()).await.expect("it is its unlock"), "token").await.as_deref(), Some("value"));
    // It opens new keys by itself.
    storage.rotate(&Rotate::all(), silently).await.expect("it can be rotated");
    silent.set("token", "changed").await.expect("it can be written");
    assert_eq!(get(&storage, "token").await.as_deref(), Some("changed"));
    storage.remove_unlock("device", silently).await.expect("it can be forgotten");
    assert_eq!(kind(with(Unlock::device()).await), ErrorKind::Locked);
    assert_eq!(kind(silent.get("token").await), ErrorKind::Locked);
    assert_eq!(
        get(&with(backend.unlock()).await.expect("it is its unlock"), "token").await.as_deref(),
        Some("changed")
    );
}

/// That a handle needs its unlock again, since somebody else has changed the keys. A device is not asked.
async fn asked_again(backend: &Backend, handle: &SecureStorage) {
    if backend.guard.is_slot() {
        assert_eq!(kind(handle.get("token").await), ErrorKind::Locked);
        assert!(handle.is_locked());
        unlock(handle, &backend.unlock()).await;
    }
    assert_eq!(get(handle, "token").await.as_deref(), Some("value"));
}

pub(crate) async fn other_handles_are_asked_again_after_a_rotation(backend: &Backend) {
    let storage = filled(backend).await;
    let [reader, writer] = [backend.another(&storage).await, backend.another(&storage).await];
    for handle in [&reader, &writer] {
        assert_eq!(get(handle, "token").await.as_deref(), Some("value"));
    }
    storage.rotate(&Rotate::all(), silently).await.expect("it can be rotated");
    if backend.guard.is_slot() {
        for failure in [refused(reader.get("token").await), refused(writer.set("token", "changed").await)] {
            assert_eq!((failure.kind(), failure.needs()), (ErrorKind::Locked, &[backend.unlock().kind()][..]));
        }
        assert!(reader.is_locked() && writer.is_locked() && !storage.is_locked());
        unlock(&reader, &backend.unlock()).await;
        unlock(&writer, &backend.unlock()).await;
    }
    assert_eq!(get(&reader, "token").await.as_deref(), Some("value"));
    writer.set("token", "changed").await.expect("it can be written");
    for handle in [&reader, &storage] {
        assert_eq!(get(handle, "token").await.as_deref(), Some("changed"));
    }
}

pub(crate) async fn a_stored_one_opens_by_its_unlock_only(backend: &Backend) {
    let storage = filled(backend).await;
    let with = |unlock| backend.builder(storage.namespace()).unlock(unlock).open();
    for unlock in [wrong(), Unlock::device()].into_iter().filter(|unlock| *unlock != backend.unlock()) {
        let error = refused(with(unlock.clone()).await);
        assert_eq!(error.kind(), refusal(backend, &unlock));
        let message = error.to_string();
        let words = |unlock: &Unlock| unlock.kind().as_str().replace('-', " ");
        let has_keychain = backend.guard == Guard::Device && !cfg!(target_family = "wasm");
        let own = if has_keychain { "system's keychain".to_owned() } else { words(&backend.unlock()) };
        assert!([words(&unlock), own].iter().all(|words| message.contains(words)), "{message}");
    }
    assert_eq!(get(&with(backend.unlock()).await.expect("it is its unlock"), "token").await.as_deref(), Some("value"));
}
