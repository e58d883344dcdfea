//! The cases of what opens a sealed store: locking, unlocking, and changing that.

use futures_util::future::join;
use keyfold::{CallOptions, ErrorKind, OnConflict, SecureStorage, Unlock, UnlockKind};

use crate::{
    backend::{Area, Backend, Guard},
    cases::{argument, get, keys, kind, refused, set, store_all, told},
};

pub(crate) fn another() -> Unlock {
    Unlock::app_key([8; 32])
}

pub(crate) fn wrong() -> Unlock {
    Unlock::app_key([9; 32])
}

/// What nobody listens to.
pub(crate) fn silently(_done: usize, _of: usize) {}

/// What a slot store says of an unlock that it does not have.
pub(crate) fn refusal(backend: &Backend, unlock: &Unlock) -> ErrorKind {
    if unlock.kind() == backend.unlock().kind() { ErrorKind::WrongKey } else { ErrorKind::Locked }
}

pub(crate) async fn unlock(storage: &SecureStorage, unlock: &Unlock) {
    storage.unlock(unlock).await.expect("it is an unlock of it");
}

pub(crate) fn lock(storage: &SecureStorage) {
    storage.lock().expect("it can be locked");
}

/// A store with two entries.
pub(crate) async fn filled(backend: &Backend) -> SecureStorage {
    let storage = backend.open().await;
    store_all(&storage, &[("token", "value"), ("other", "value")]).await;
    storage
}

/// That a store has those entries and opens by this unlock, by none of `others`.
async fn opens_by(storage: &SecureStorage, by: &Unlock, others: &[Unlock]) {
    lock(storage);
    for other in others {
        storage.unlock(other).await.expect_err("it is no unlock of it");
        assert!(storage.is_locked());
    }
    unlock(storage, by).await;
    assert_eq!(storage.protection(), by.kind().as_str());
    assert_eq!(keys(storage).await, ["other", "token"]);
    assert_eq!(get(storage, "token").await.as_deref(), Some("value"));
    assert!(storage.verify().await.expect("it can be verified").unreadable.is_empty());
}

pub(crate) async fn a_locked_store_answers_locked(backend: &Backend) {
    let storage = filled(backend).await;
    let clone = storage.clone();
    let with = storage.with(CallOptions::new().fresh(true)).await.expect("it opens");
    let mut watch = storage.watch();
    lock(&storage);
    lock(&storage);
    for handle in [&storage, &clone, &with] {
        assert!(handle.is_locked());
        assert_eq!(kind(handle.get("token").await), ErrorKind::Locked);
        assert_eq!(kind(handle.get_bytes("absent").await), ErrorKind::Locked);
        assert_eq!(kind(handle.get_many(&["token"]).await), ErrorKind::Locked);
        assert_eq!(kind(handle.get_all().await), ErrorKind::Locked);
        assert_eq!(kind(handle.get_all_readable().await), ErrorKind::Locked);
        assert_eq!(kind(handle.get_all_bytes().await), ErrorKind::Locked);
        assert_eq!(kind(handle.get_all_readable_bytes().await), ErrorKind::Locked);
        assert_eq!(kind(handle.contains_key("token").await), ErrorKind::Locked);
        assert_eq!(kind(handle.keys().await), ErrorKind::Locked);
        assert_eq!(kind(handle.verify().await), ErrorKind::Locked);
        assert_eq!(kind(handle.set("token", "changed").await), ErrorKind::Locked);
        assert_eq!(kind(handle.set_bytes("new", b"value").await), ErrorKind::Locked);
        assert_eq!(kind(handle.set_all([("token", "changed")]).await), ErrorKind::Locked);
        assert_eq!(kind(handle.remove("token").await), ErrorKind::Locked);
        assert_eq!(kind(handle.clear().await), ErrorKind::Locked);
        assert_eq!(kind(handle.import_from(&storage, OnConflict::Skip).await), ErrorKind::Locked);
        assert_eq!(kind(handle.rotate(&[backend.unlock()], silently).await), ErrorKind::Locked);
        assert_eq!(
            kind(handle.change_unlock(&backend.unlock(), &another(), None, &[], silently).await),
            ErrorKind::Locked
        );
        assert_eq!(kind(handle.add_unlock(&backend.unlock(), &another(), "").await), ErrorKind::Locked);
        assert_eq!(handle.unlocks().await.expect("no unlock is needed to ask").len(), 1);
        assert_eq!((handle.protection(), handle.namespace()), (backend.guard.word(), storage.namespace()));
    }
    with.unlock(&backend.unlock()).await.expect("it is its unlock");
    for handle in [&storage, &clone, &with] {
        assert!(!handle.is_locked());
        assert_eq!(keys(handle).await, ["other", "token"]);
        assert_eq!(get(handle, "token").await.as_deref(), Some("value"));
    }
    assert_eq!(told(&mut watch), []);
    clone.set("token", "changed").await.expect("it can be written");
    assert_eq!(told(&mut watch), [set("token")]);
}

pub(crate) async fn a_lock_fails_what_is_under_way(backend: &Backend) {
    let storage = filled(backend).await;
    let (read, ()) = join(storage.get("token"), async { lock(&storage) }).await;
    unlock(&storage, &backend.unlock()).await;
    let (written, ()) = join(storage.set("new", "value"), async { lock(&storage) }).await;
    unlock(&storage, &backend.unlock()).await;
    // On native, in memory, no call is ever in progress when another one is made.
    if cfg!(target_family = "wasm") {
        assert_eq!((kind(read), kind(written)), (ErrorKind::Locked, ErrorKind::Locked));
        assert_eq!(get(&storage, "new").await, None);
    } else {
        assert_eq!(read.expect("it was done").as_deref(), Some("value"));
        written.expect("it was done");
    }
}

pub(crate) async fn a_lock_wins_over_an_unlock_that_is_under_way(backend: &Backend) {
    let storage = filled(backend).await;
    lock(&storage);
    let own = backend.unlock();
    let (_, ()) = join(storage.unlock(&own), async { lock(&storage) }).await;
    assert!(storage.is_locked());
    assert_eq!(kind(storage.get("token").await), ErrorKind::Locked);
    unlock(&storage, &own).await;
    assert_eq!(get(&storage, "token").await.as_deref(), Some("value"));
}

pub(crate) async fn a_wrong_unlock_leaves_it_locked(backend: &Backend) {
    let storage = filled(backend).await;
    lock(&storage);
    for unlock in [wrong(), another(), Unlock::device()] {
        if unlock.kind() == UnlockKind::Device && !backend.guard.is_slot() {
            continue;
        }
        assert_eq!(kind(storage.unlock(&unlock).await), refusal(backend, &unlock));
        assert!(storage.is_locked());
        assert_eq!(kind(storage.get("token").await), ErrorKind::Locked);
    }
    if backend.guard == Guard::Passphrase {
        let other = Unlock::passphrase("wrong horse battery");
        assert_eq!(kind(storage.unlock(&other).await), ErrorKind::WrongKey);
        assert!(storage.is_locked());
    }
    opens_by(&storage, &backend.unlock(), &[]).await;
    // One that is open stays so.
    assert_eq!(kind(storage.unlock(&wrong()).await), refusal(backend, &wrong()));
    assert_eq!(get(&storage, "token").await.as_deref(), Some("value"));
}

pub(crate) async fn unlocks_that_cannot_be_used_are_refused(backend: &Backend) {
    let namespace = backend.namespace();
    let open = |unlock| backend.builder(&namespace).unlock(unlock).open();
    assert_eq!(argument(open(Unlock::app_key([1; 31])).await), Some("appKey"));
    assert_eq!(argument(open(Unlock::app_key("not base64")).await), Some("appKey"));
    assert_eq!(argument(open(Unlock::passphrase("")).await), Some("passphrase"));
    assert_eq!(kind(backend.builder(&namespace).must_exist(true).open().await), ErrorKind::KeyMissing);
}

pub(crate) async fn a_recovery_code_opens_however_it_is_typed(backend: &Backend) {
    let namespace = backend.namespace();
    let code = SecureStorage::recovery_code().expect("it is made");
    let open = |typed: &str| backend.builder(&namespace).unlock(Unlock::recovery_code(typed)).open();
    let storage = open(code.text()).await.expect("it opens");
    storage.set("token", "value").await.expect("it can be written");
    assert_eq!(storage.protection(), "recovery-code");
    let [only] = &storage.unlocks().await.expect("they can be listed")[..] else { panic!("there is one") };
    assert_eq!(only.kind, UnlockKind::RecoveryCode);
    let typed = format!(" {}\n", code.text().to_lowercase().replace('-', " ").replace('0', "o").replace('1', "l"));
    for typed in [&typed, code.text()] {
        lock(&storage);
        unlock(&storage, &Unlock::recovery_code(typed)).await;
        assert_eq!(get(&storage, "token").await.as_deref(), Some("value"));
    }
    lock(&storage);
    let other = SecureStorage::recovery_code().expect("it is made");
    assert_ne!(other.text(), code.text());
    assert_eq!(kind(storage.unlock(&Unlock::recovery_code(other.text())).await), ErrorKind::WrongKey);
    assert_eq!(kind(storage.unlock(&wrong()).await), ErrorKind::Locked);
    let mistyped = format!("{}U", &code.text()[..code.text().len() - 1]);
    for mistyped in ["", &mistyped, &code.text()[5..], "0000"] {
        assert_eq!(argument(storage.unlock(&Unlock::recovery_code(mistyped)).await), Some("recoveryCode"));
        assert_eq!(argument(open(mistyped).await), Some("recoveryCode"));
    }
    assert!(storage.is_locked());
}

pub(crate) async fn the_one_unlock_is_listed(backend: &Backend) {
    let unlocks = backend.open().await.unlocks().await.expect("they can be listed");
    let [only] = &unlocks[..] else { panic!("there is one") };
    assert_eq!((only.kind, only.label.as_str()), (backend.unlock().kind(), ""));
    if backend.guard == Guard::Device {
        assert_eq!(only.id, "device");
    } else {
        assert!(only.id.len() == 32 && only.id.chars().all(|c| c.is_ascii_hexdigit()), "{}", only.id);
    }
}

pub(crate) async fn what_opens_it_is_told_before_it_is_opened(backend: &Backend) {
    let namespace = backend.namespace();
    // What it would be opened with makes no difference.
    let builder = || backend.builder(&namespace).unlock(wrong());
    let asked = async || {
        let unlocks = builder().unlocks().await.expect("it can be asked");
        let availability = SecureStorage::availability(&builder()).await;
        assert_eq!((&availability.unlocks, availability.reason.map(|reason| reason.kind())), (&unlocks, None));
        unlocks
    };
    assert_eq!(asked().await, []);
    assert_eq!(kind(builder().must_exist(true).open().await), ErrorKind::KeyMissing, "asking makes nothing");
    let storage = backend.builder(&namespace).open().await.expect("it opens");
    if backend.guard.is_slot() {
        storage.add_unlock(&backend.unlock(), &another(), "clé 🔑").await.expect("it can be added");
    }
    let listed = storage.unlocks().await.expect("they can be listed");
    lock(&storage);
    // Every `open` in memory has a place of its own, where nothing is.
    assert_eq!(asked().await, if backend.area == Area::Memory { vec![] } else { listed });
    storage.destroy().await.expect("it can be destroyed");
    assert_eq!(asked().await, []);
}

pub(crate) async fn locked_tells_what_opens_it(backend: &Backend) {
    let storage = filled(backend).await;
    let own = backend.unlock();
    let told = async |expected: &[UnlockKind]| {
        lock(&storage);
        let failures = [
            refused(storage.get("token").await),
            refused(storage.set("token", "changed").await),
            refused(storage.verify().await),
            refused(storage.rotate(std::slice::from_ref(&own), silently).await),
        ];
        for failure in failures {
            assert_eq!((failure.kind(), failure.needs()), (ErrorKind::Locked, expected));
        }
        let other = if expected.contains(&UnlockKind::AppKey) { Unlock::device() } else { another() };
        let failure = refused(storage.unlock(&other).await);
        assert_eq!((failure.kind(), failure.needs()), (ErrorKind::Locked, expected));
    };
    told(&[own.kind()]).await;
    unlock(&storage, &own).await;
    if backend.guard.is_slot() {
        let id = storage.add_unlock(&own, &another(), "").await.expect("it can be added");
        // Each kind once.
        let both = [own.kind(), UnlockKind::AppKey];
        told(if own.kind() == UnlockKind::AppKey { &both[1..] } else { &both }).await;
        let failure = refused(storage.unlock(&wrong()).await);
        assert_eq!((failure.kind(), failure.needs()), (ErrorKind::WrongKey, &[][..]), "it is of the right kind");
        unlock(&storage, &own).await;
        storage.remove_unlock(&id, std::slice::from_ref(&own), silently).await.expect("it can be removed");
        told(&[own.kind()]).await;
        unlock(&storage, &own).await;
    }
    storage.change_unlock(&own, &another(), None, &[], silently).await.expect("it can be changed");
    told(&[UnlockKind::AppKey]).await;
}

pub(crate) async fn new_keys_open_the_same_entries(backend: &Backend) {
    let storage = filled(backend).await;
    let (clone, with) = (storage.clone(), storage.with(CallOptions::new().fresh(true)).await.expect("it opens"));
    let before = storage.unlocks().await.expect("they can be listed");
    storage.rotate(&[backend.unlock()], silently).await.expect("it can be rotated");
    for handle in [&storage, &clone, &with] {
        assert_eq!(handle.protection(), backend.guard.word());
        assert_eq!(get(handle, "token").await.as_deref(), Some("value"));
    }
    opens_by(&storage, &backend.unlock(), &[wrong()]).await;
    assert_eq!(storage.unlocks().await.expect("they can be listed"), before);
    clone.set("token", "changed").await.expect("it can be written");
    assert_eq!(get(&with, "token").await.as_deref(), Some("changed"));
}

pub(crate) async fn rotation_tells_how_far_it_is(backend: &Backend) {
    let storage = backend.open().await;
    storage.set_all((0..130).map(|at| (at.to_string(), "value"))).await.expect("they can be written");
    let mut told = Vec::new();
    storage.rotate(&[backend.unlock()], |done, of| told.push((done, of))).await.expect("it can be rotated");
    assert!(told.len() > 1 && told.is_sorted_by(|one, next| one.0 < next.0), "{told:?}");
    assert!(told.iter().all(|(_, of)| *of == 130) && told.last() == Some(&(130, 130)), "{told:?}");
    assert_eq!(storage.get_all().await.expect("they can be read").len(), 130);
}

pub(crate) async fn rotation_is_refused_without_the_unlock_or_with_another(backend: &Backend) {
    let storage = filled(backend).await;
    if backend.guard.is_slot() {
        assert_eq!(argument(storage.rotate(&[], silently).await), Some("kept"));
        assert_eq!(kind(storage.rotate(&[Unlock::device()], silently).await), ErrorKind::Locked);
        assert_eq!(kind(storage.rotate(&[backend.unlock(), wrong()], silently).await), refusal(backend, &wrong()));
    } else {
        storage.rotate(&[], silently).await.expect("a device is not asked");
    }
    assert_eq!(kind(storage.rotate(&[wrong()], silently).await), refusal(backend, &wrong()));
    assert_eq!(get(&storage, "token").await.as_deref(), Some("value"));
    opens_by(&storage, &backend.unlock(), &[]).await;
}

pub(crate) async fn rotation_is_no_change_of_entries(backend: &Backend) {
    let storage = filled(backend).await;
    let other = backend.another(&storage).await;
    let (mut watch, mut of_other) = (storage.watch(), other.watch());
    storage.rotate(&[backend.unlock()], silently).await.expect("it can be rotated");
    assert_eq!((told(&mut watch), told(&mut of_other)), (vec![], vec![]));
    storage.set("token", "changed").await.expect("it can be written");
    assert_eq!((told(&mut watch), told(&mut of_other)), (vec![set("token")], vec![set("token")]));
}

pub(crate) async fn the_unlock_is_changed_and_changed_back(backend: &Backend) {
    let storage = filled(backend).await;
    let own = backend.unlock();
    let mut told = Vec::new();
    let progress = |done, of| told.push((done, of));
    storage.change_unlock(&own, &another(), Some("another"), &[], progress).await.expect("it can be changed");
    assert_eq!(told, [(2, 2)]);
    assert_eq!(storage.protection(), "app-key");
    assert_eq!(get(&storage, "token").await.as_deref(), Some("value"));
    let labels = |storage: &SecureStorage| {
        let storage = storage.clone();
        async move {
            let unlocks = storage.unlocks().await.expect("they can be listed");
            unlocks.into_iter().map(|unlock| (unlock.kind, unlock.label)).collect::<Vec<_>>()
        }
    };
    assert_eq!(labels(&storage).await, [(UnlockKind::AppKey, "another".to_owned())]);
    opens_by(&storage, &another(), &[own.clone(), wrong()]).await;
    storage.change_unlock(&another(), &own, None, &[], silently).await.expect("it can be changed back");
    // A device has no label.
    let label = if backend.guard.is_slot() { "another" } else { "" };
    assert_eq!(labels(&storage).await, [(own.kind(), label.to_owned())]);
    opens_by(&storage, &own, &[another()]).await;
    if backend.area != Area::Memory {
        drop(storage.with(CallOptions::new().fresh(true)).await);
        let again = backend.builder(storage.namespace()).must_exist(true).open().await.expect("it is its unlock");
        assert_eq!(get(&again, "token").await.as_deref(), Some("value"));
    }
}

pub(crate) async fn a_change_that_cannot_be_made_changes_nothing(backend: &Backend) {
    let storage = filled(backend).await;
    let own = backend.unlock();
    let change = async |from: &Unlock, to: &Unlock, label: Option<&str>, kept: &[Unlock]| {
        storage.change_unlock(from, to, label, kept, silently).await
    };
    assert_eq!(kind(change(&wrong(), &another(), None, &[]).await), refusal(backend, &wrong()));
    assert_eq!(argument(change(&own, &another(), Some(&"x".repeat(65)), &[]).await), Some("label"));
    assert_eq!(argument(change(&own, &Unlock::app_key([1; 31]), None, &[]).await), Some("appKey"));
    assert_eq!(argument(change(&own, &Unlock::passphrase(""), None, &[]).await), Some("passphrase"));
    assert_eq!(kind(change(&own, &another(), None, &[wrong()]).await), refusal(backend, &wrong()));
    opens_by(&storage, &own, &[another()]).await;
}

pub(crate) async fn a_device_store_has_no_other_unlock(backend: &Backend) {
    let storage = filled(backend).await;
    assert_eq!(argument(storage.add_unlock(&Unlock::device(), &another(), "").await), Some("added"));
    for id in ["device", "", "00000000000000000000000000000000"] {
        assert_eq!(argument(storage.remove_unlock(id, &[], silently).await), Some("id"));
    }
    opens_by(&storage, &Unlock::device(), &[another()]).await;
}

pub(crate) async fn unlocks_are_added_and_removed(backend: &Backend) {
    let storage = filled(backend).await;
    let own = backend.unlock();
    let longest = "é".repeat(32);
    let id = storage.add_unlock(&own, &another(), &longest).await.expect("it can be added");
    let unlocks = storage.unlocks().await.expect("they can be listed");
    let [first, second] = &unlocks[..] else { panic!("there are two") };
    assert_eq!((first.kind, first.label.as_str()), (own.kind(), ""));
    assert_eq!((second.kind, &second.label, &second.id), (UnlockKind::AppKey, &longest, &id));
    opens_by(&storage, &another(), &[wrong()]).await;
    opens_by(&storage, &own, &[wrong()]).await;
    // New keys are sealed for each unlock that stays, so each must be given.
    assert_eq!(argument(storage.rotate(std::slice::from_ref(&own), silently).await), Some("kept"));
    assert_eq!(argument(storage.remove_unlock(&id, &[another()], silently).await), Some("kept"));
    assert_eq!(argument(storage.change_unlock(&own, &wrong(), None, &[], silently).await), Some("kept"));
    storage.rotate(&[another(), own.clone()], silently).await.expect("it can be rotated");
    assert_eq!(storage.unlocks().await.expect("they can be listed"), unlocks);
    storage.remove_unlock(&id, std::slice::from_ref(&own), silently).await.expect("it can be removed");
    assert_eq!(storage.unlocks().await.expect("they can be listed"), std::slice::from_ref(first));
    opens_by(&storage, &own, &[another()]).await;
    for id in [&id, &first.id, "device"] {
        assert_eq!(argument(storage.remove_unlock(id, std::slice::from_ref(&own), silently).await), Some("id"));
    }
    opens_by(&storage, &own, &[another()]).await;
}

pub(crate) async fn an_unlock_that_cannot_be_added_changes_nothing(backend: &Backend) {
    let storage = filled(backend).await;
    let own = backend.unlock();
    let add = async |current: &Unlock, added: &Unlock, label: &str| storage.add_unlock(current, added, label).await;
    assert_eq!(kind(add(&wrong(), &another(), "").await), ErrorKind::WrongKey);
    assert_eq!(kind(add(&Unlock::device(), &another(), "").await), ErrorKind::Locked);
    assert_eq!(argument(add(&own, &another(), &"é".repeat(33)).await), Some("label"));
    assert_eq!(argument(add(&own, &Unlock::app_key([1; 33]), "").await), Some("appKey"));
    assert_eq!(argument(add(&own, &Unlock::passphrase(""), "").await), Some("passphrase"));
    assert_eq!(argument(add(&own, &Unlock::device(), "").await), Some("added"));
    assert_eq!(storage.unlocks().await.expect("they can be listed").len(), 1);
    for at in 1..8 {
        add(&own, &Unlock::app_key([at; 32]), &at.to_string()).await.expect("it can be added");
    }
    assert_eq!(kind(add(&own, &another(), "").await), ErrorKind::TooLarge);
    let unlocks = storage.unlocks().await.expect("they can be listed");
    assert_eq!(
        unlocks.iter().map(|unlock| &*unlock.label).collect::<Vec<_>>(),
        ["", "1", "2", "3", "4", "5", "6", "7"]
    );
    opens_by(&storage, &Unlock::app_key([7; 32]), &[another()]).await;
}

pub(crate) async fn one_unlock_of_several_is_changed(backend: &Backend) {
    let storage = filled(backend).await;
    let own = backend.unlock();
    storage.add_unlock(&own, &another(), "another").await.expect("it can be added");
    let before = storage.unlocks().await.expect("they can be listed");
    let third = Unlock::app_key([7; 32]);
    let kept = std::slice::from_ref(&own);
    assert_eq!(argument(storage.change_unlock(&another(), &Unlock::device(), None, kept, silently).await), Some("to"));
    storage.change_unlock(&another(), &third, None, kept, silently).await.expect("it can be changed");
    // In its place, with its label and id.
    assert_eq!(storage.unlocks().await.expect("they can be listed"), before);
    opens_by(&storage, &third, &[another()]).await;
    opens_by(&storage, &own, &[another()]).await;
}

pub(crate) async fn protection_is_what_opened_the_handle(backend: &Backend) {
    let storage = filled(backend).await;
    let (own, passphrase) = (backend.unlock(), Unlock::passphrase("of the user"));
    storage.add_unlock(&own, &passphrase, "").await.expect("it can be added");
    assert_eq!(storage.protection(), backend.guard.word());
    opens_by(&storage, &passphrase, &[]).await;
    storage.rotate(&[own.clone(), passphrase.clone()], silently).await.expect("it can be rotated");
    assert_eq!(storage.protection(), "passphrase", "new keys were not opened by another unlock");
    let id = storage.unlocks().await.expect("they can be listed")[1].id.clone();
    storage.remove_unlock(&id, &[own], silently).await.expect("it can be removed");
    assert_eq!(storage.protection(), backend.guard.word(), "the passphrase is gone");
}

pub(crate) async fn a_passphrase_is_prepared(backend: &Backend) {
    let storage = backend.open().await;
    let composed = Unlock::passphrase("caf\u{e9}\u{3000}au lait ");
    storage.change_unlock(&backend.unlock(), &composed, None, &[], silently).await.expect("it can be changed");
    lock(&storage);
    assert_eq!(kind(storage.unlock(&Unlock::passphrase("caf\u{e9} au lait")).await), ErrorKind::WrongKey);
    unlock(&storage, &Unlock::passphrase("cafe\u{301} au lait ")).await;
}
