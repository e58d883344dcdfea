//! The cases of what opens a sealed store: locking, unlocking, and changing that.

use futures_util::future::join;
use keyfold::{CallOptions, ErrorKind, Keep, OnConflict, Rotate, SecureStorage, Unlock, UnlockInfo, UnlockKind};

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

/// One more that is neither.
pub(crate) fn third() -> Unlock {
    Unlock::app_key([7; 32])
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

pub(crate) async fn add(storage: &SecureStorage, unlock: &Unlock) -> String {
    storage.add_unlock(unlock, "", silently).await.expect("it can be added")
}

async fn remove(storage: &SecureStorage, id: &str) {
    storage.remove_unlock(id, silently).await.expect("it can be removed");
}

async fn rotate(storage: &SecureStorage, rotate: Rotate) {
    storage.rotate(&rotate, silently).await.expect("it can be rotated");
}

async fn listed(storage: &SecureStorage) -> Vec<UnlockInfo> {
    storage.unlocks().await.expect("they can be listed")
}

/// The kinds and labels of a store's unlocks.
async fn labels(storage: &SecureStorage) -> Vec<(UnlockKind, String)> {
    listed(storage).await.into_iter().map(|unlock| (unlock.kind, unlock.label)).collect()
}

/// The id of a store's first unlock.
async fn first(storage: &SecureStorage) -> String {
    listed(storage).await.swap_remove(0).id
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
    let kinds: Vec<_> = listed(storage).await.into_iter().map(|unlock| unlock.kind).collect();
    let weak = [UnlockKind::Device, UnlockKind::Passphrase].into_iter().find(|weak| kinds.contains(weak));
    assert_eq!(storage.protection(), weak.unwrap_or(by.kind()).as_str());
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
        let [own] = &handle.unlocks().await.expect("no unlock is needed to ask")[..] else { panic!("there is one") };
        assert_eq!(kind(handle.rotate(&Rotate::all(), silently).await), ErrorKind::Locked);
        assert_eq!(kind(handle.rotate(&Rotate::keep([backend.unlock()]), silently).await), ErrorKind::Locked);
        assert_eq!(kind(handle.add_unlock(&another(), "", silently).await), ErrorKind::Locked);
        assert_eq!(kind(handle.change_unlock(&own.id, &another(), None, silently).await), ErrorKind::Locked);
        assert_eq!(kind(handle.remove_unlock(&own.id, silently).await), ErrorKind::Locked);
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
    let unlocks = listed(&backend.open().await).await;
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
    storage.add_unlock(&another(), "clé 🔑", silently).await.expect("it can be added");
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
            refused(storage.rotate(&Rotate::all(), silently).await),
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
        let added = storage.add_unlock(&another(), "", silently).await.expect("it can be added");
        // Each kind once.
        let both = [own.kind(), UnlockKind::AppKey];
        told(if own.kind() == UnlockKind::AppKey { &both[1..] } else { &both }).await;
        let failure = refused(storage.unlock(&wrong()).await);
        assert_eq!((failure.kind(), failure.needs()), (ErrorKind::WrongKey, &[][..]), "it is of the right kind");
        unlock(&storage, &own).await;
        storage.remove_unlock(&added, silently).await.expect("it can be removed");
        told(&[own.kind()]).await;
        unlock(&storage, &own).await;
    }
    let id = storage.unlocks().await.expect("they can be listed").remove(0).id;
    storage.change_unlock(&id, &another(), None, silently).await.expect("it can be changed");
    told(&[UnlockKind::AppKey]).await;
}

pub(crate) async fn new_keys_open_the_same_entries(backend: &Backend) {
    let storage = filled(backend).await;
    let (clone, with) = (storage.clone(), storage.with(CallOptions::new().fresh(true)).await.expect("it opens"));
    let before = listed(&storage).await;
    rotate(&storage, Rotate::all()).await;
    for handle in [&storage, &clone, &with] {
        assert_eq!(handle.protection(), backend.guard.word());
        assert_eq!(get(handle, "token").await.as_deref(), Some("value"));
    }
    opens_by(&storage, &backend.unlock(), &[wrong()]).await;
    assert_eq!(listed(&storage).await, before);
    clone.set("token", "changed").await.expect("it can be written");
    assert_eq!(get(&with, "token").await.as_deref(), Some("changed"));
}

pub(crate) async fn rotation_tells_how_far_it_is(backend: &Backend) {
    let storage = backend.open().await;
    storage.set_all((0..130).map(|at| (at.to_string(), "value"))).await.expect("they can be written");
    let mut told = Vec::new();
    storage.rotate(&Rotate::all(), |done, of| told.push((done, of))).await.expect("it can be rotated");
    assert!(told.len() > 1 && told.is_sorted_by(|one, next| one.0 < next.0), "{told:?}");
    assert!(told.iter().all(|(_, of)| *of == 130) && told.last() == Some(&(130, 130)), "{told:?}");
    assert_eq!(storage.get_all().await.expect("they can be read").len(), 130);
}

pub(crate) async fn rotation_needs_no_secret_and_keeps_every_unlock(backend: &Backend) {
    let storage = filled(backend).await;
    let own = backend.unlock();
    add(&storage, &another()).await;
    let before = listed(&storage).await;
    rotate(&storage, Rotate::all()).await;
    rotate(&storage, Rotate::all()).await;
    assert_eq!(listed(&storage).await, before);
    opens_by(&storage, &another(), &[wrong()]).await;
    rotate(&storage, Rotate::all()).await;
    opens_by(&storage, &own, &[wrong()]).await;
}

pub(crate) async fn rotation_leaves_out_what_is_not_kept(backend: &Backend) {
    let storage = filled(backend).await;
    let own = backend.unlock();
    let id = add(&storage, &another()).await;
    add(&storage, &third()).await;
    let mut all = listed(&storage).await;
    rotate(&storage, Rotate::keep([Keep::from(own.clone()), Keep::from(&*id)])).await;
    all.truncate(2);
    assert_eq!(listed(&storage).await, all);
    opens_by(&storage, &own, &[third()]).await;
    opens_by(&storage, &another(), &[third()]).await;
    rotate(&storage, Rotate::keep([another()])).await;
    assert_eq!(listed(&storage).await, all[1..]);
    opens_by(&storage, &another(), &[own, third()]).await;
    rotate(&storage, Rotate::keep([id])).await;
    opens_by(&storage, &another(), &[third()]).await;
}

pub(crate) async fn rotation_keeps_only_what_the_store_has(backend: &Backend) {
    let storage = filled(backend).await;
    let own = backend.unlock();
    let refuses = async |keep: Rotate| refused(storage.rotate(&keep, silently).await);
    for none in [Rotate::keep::<Unlock>([]), Rotate::keep([""]), Rotate::keep(["00000000000000000000000000000000"])] {
        assert_eq!(refuses(none).await.argument(), Some("keep"));
    }
    assert_eq!(refuses(Rotate::keep([Unlock::app_key([1; 31])])).await.argument(), Some("appKey"));
    assert_eq!(refuses(Rotate::keep([own.clone(), Unlock::passphrase("")])).await.argument(), Some("passphrase"));
    assert_eq!(refuses(Rotate::keep([wrong()])).await.kind(), refusal(backend, &wrong()));
    assert_eq!(refuses(Rotate::keep([own.clone(), wrong()])).await.kind(), refusal(backend, &wrong()));
    if backend.guard.is_slot() {
        assert_eq!(refuses(Rotate::keep(["device"])).await.argument(), Some("keep"));
        assert_eq!(refuses(Rotate::keep([own.clone(), Unlock::device()])).await.kind(), ErrorKind::Locked);
    }
    assert_eq!(get(&storage, "token").await.as_deref(), Some("value"));
    opens_by(&storage, &own, &[]).await;
}

pub(crate) async fn rotation_is_no_change_of_entries(backend: &Backend) {
    let storage = filled(backend).await;
    let other = backend.another(&storage).await;
    let (mut watch, mut of_other) = (storage.watch(), other.watch());
    rotate(&storage, Rotate::all()).await;
    assert_eq!((told(&mut watch), told(&mut of_other)), (vec![], vec![]));
    storage.set("token", "changed").await.expect("it can be written");
    assert_eq!((told(&mut watch), told(&mut of_other)), (vec![set("token")], vec![set("token")]));
}

pub(crate) async fn the_unlock_is_changed_and_changed_back(backend: &Backend) {
    let storage = filled(backend).await;
    let own = backend.unlock();
    let before = first(&storage).await;
    let mut told = Vec::new();
    let progress = |done, of| told.push((done, of));
    let id = storage.change_unlock(&before, &another(), Some("another"), progress).await.expect("it can be changed");
    assert_eq!(told, [(2, 2)]);
    // A device's place is taken by a slot with an id of its own.
    assert_eq!(id == before, backend.guard.is_slot());
    assert_eq!(first(&storage).await, id);
    assert_eq!(storage.protection(), "app-key");
    assert_eq!(get(&storage, "token").await.as_deref(), Some("value"));
    assert_eq!(labels(&storage).await, [(UnlockKind::AppKey, "another".to_owned())]);
    opens_by(&storage, &another(), &[own.clone(), wrong()]).await;
    let id = storage.change_unlock(&id, &own, None, silently).await.expect("it can be changed back");
    assert_eq!((&id, &first(&storage).await), (&before, &before));
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
    let id = first(&storage).await;
    let change = async |id: &str, to: &Unlock, label: Option<&str>| {
        argument(storage.change_unlock(id, to, label, silently).await)
    };
    for id in ["", "00000000000000000000000000000000", "Device"] {
        assert_eq!(change(id, &another(), None).await, Some("id"));
    }
    assert_eq!(change(&id, &another(), Some(&"x".repeat(65))).await, Some("label"));
    assert_eq!(change(&id, &Unlock::app_key([1; 31]), None).await, Some("appKey"));
    assert_eq!(change(&id, &Unlock::passphrase(""), None).await, Some("passphrase"));
    opens_by(&storage, &backend.unlock(), &[another()]).await;
}

pub(crate) async fn unlocks_are_added_and_removed(backend: &Backend) {
    let storage = filled(backend).await;
    let (own, own_id) = (backend.unlock(), first(&storage).await);
    let longest = "é".repeat(32);
    let mut told = Vec::new();
    let progress = |done, of| told.push((done, of));
    let id = storage.add_unlock(&another(), &longest, progress).await.expect("it can be added");
    assert_eq!(told, [(2, 2)]);
    let unlocks = listed(&storage).await;
    let [one, added] = &unlocks[..] else { panic!("there are two") };
    assert_eq!((one.kind, &*one.label, &one.id), (own.kind(), "", &own_id));
    assert_eq!((added.kind, &added.label, &added.id), (UnlockKind::AppKey, &longest, &id));
    assert_eq!(get(&storage, "token").await.as_deref(), Some("value"));
    opens_by(&storage, &another(), &[wrong()]).await;
    opens_by(&storage, &own, &[wrong()]).await;
    remove(&storage, &id).await;
    assert_eq!(listed(&storage).await, std::slice::from_ref(one));
    opens_by(&storage, &own, &[another()]).await;
    // No longer there, the last one, and never there.
    for id in [&*id, &own_id, "", "00000000000000000000000000000000"] {
        assert_eq!(argument(storage.remove_unlock(id, silently).await), Some("id"));
    }
    opens_by(&storage, &own, &[another()]).await;
    // What opened the handle can be removed too.
    add(&storage, &another()).await;
    remove(&storage, &own_id).await;
    assert_eq!(get(&storage, "token").await.as_deref(), Some("value"));
    opens_by(&storage, &another(), &[own]).await;
}

pub(crate) async fn an_unlock_that_cannot_be_added_changes_nothing(backend: &Backend) {
    let storage = filled(backend).await;
    let add = async |added: &Unlock, label: &str| storage.add_unlock(added, label, silently).await;
    assert_eq!(argument(add(&another(), &"é".repeat(33)).await), Some("label"));
    assert_eq!(argument(add(&Unlock::app_key([1; 33]), "").await), Some("appKey"));
    assert_eq!(argument(add(&Unlock::passphrase(""), "").await), Some("passphrase"));
    if backend.guard == Guard::Device {
        assert_eq!(argument(add(&Unlock::device(), "").await), Some("added"));
    }
    assert_eq!(listed(&storage).await.len(), 1);
    let slots = 8 - u8::from(backend.guard.is_slot());
    for at in 1..=slots {
        add(&Unlock::app_key([at; 32]), &at.to_string()).await.expect("it can be added");
    }
    assert_eq!(kind(add(&wrong(), "").await), ErrorKind::TooLarge);
    let labels: Vec<_> = labels(&storage).await.into_iter().map(|(_, label)| label).collect();
    assert_eq!(labels[1..], (1..=slots).map(|at| at.to_string()).collect::<Vec<_>>());
    opens_by(&storage, &Unlock::app_key([slots; 32]), &[wrong()]).await;
}

pub(crate) async fn a_store_has_one_passphrase(backend: &Backend) {
    let storage = filled(backend).await;
    let (passphrase, other) = (Unlock::passphrase("of the user"), Unlock::passphrase("of another"));
    let id = if backend.guard == Guard::Passphrase { first(&storage).await } else { add(&storage, &passphrase).await };
    assert_eq!(argument(storage.add_unlock(&other, "", silently).await), Some("added"));
    let key = add(&storage, &another()).await;
    assert_eq!(argument(storage.change_unlock(&key, &other, None, silently).await), Some("to"));
    assert_eq!(storage.change_unlock(&id, &other, None, silently).await.expect("it can be changed"), id);
    opens_by(&storage, &other, &[passphrase]).await;
}

pub(crate) async fn one_unlock_of_several_is_changed(backend: &Backend) {
    let storage = filled(backend).await;
    let own = backend.unlock();
    let id = storage.add_unlock(&another(), "another", silently).await.expect("it can be added");
    let before = listed(&storage).await;
    // In its place, with its label and id.
    assert_eq!(storage.change_unlock(&id, &third(), None, silently).await.expect("it can be changed"), id);
    assert_eq!(listed(&storage).await, before);
    opens_by(&storage, &third(), &[another()]).await;
    opens_by(&storage, &own, &[another()]).await;
}

pub(crate) async fn this_device_is_remembered_and_forgotten(backend: &Backend) {
    let storage = filled(backend).await;
    let own = backend.unlock();
    let before = listed(&storage).await;
    assert_eq!(kind(storage.unlock(&Unlock::device()).await), ErrorKind::Locked);
    assert_eq!(add(&storage, &Unlock::device()).await, "device");
    assert_eq!(argument(storage.add_unlock(&Unlock::device(), "", silently).await), Some("added"));
    let remembered = listed(&storage).await;
    assert_eq!((&*remembered[0].id, remembered[0].kind, &remembered[1..]), ("device", UnlockKind::Device, &before[..]));
    opens_by(&storage, &Unlock::device(), &[wrong()]).await;
    opens_by(&storage, &own, &[wrong()]).await;
    rotate(&storage, Rotate::all()).await;
    assert_eq!(listed(&storage).await, remembered);
    opens_by(&storage, &Unlock::device(), &[wrong()]).await;
    remove(&storage, "device").await;
    assert_eq!(listed(&storage).await, before);
    assert_eq!(get(&storage, "token").await.as_deref(), Some("value"));
    assert_eq!(kind(storage.unlock(&Unlock::device()).await), ErrorKind::Locked);
    opens_by(&storage, &own, &[Unlock::device()]).await;
}

pub(crate) async fn protection_is_the_weakest_unlock(backend: &Backend) {
    let storage = filled(backend).await;
    let (own, passphrase) = (backend.unlock(), Unlock::passphrase("of the user"));
    let id = add(&storage, &passphrase).await;
    if backend.guard != Guard::Device {
        assert_eq!(storage.protection(), "passphrase");
        add(&storage, &Unlock::device()).await;
    }
    assert_eq!(storage.protection(), "device");
    for by in [own, passphrase] {
        lock(&storage);
        unlock(&storage, &by).await;
        assert_eq!(storage.protection(), "device");
    }
    remove(&storage, "device").await;
    assert_eq!(storage.protection(), "passphrase");
    add(&storage, &another()).await;
    lock(&storage);
    unlock(&storage, &another()).await;
    assert_eq!(storage.protection(), "passphrase");
    remove(&storage, &id).await;
    assert_eq!(storage.protection(), "app-key");
}

pub(crate) async fn a_passphrase_is_prepared(backend: &Backend) {
    let storage = backend.open().await;
    let composed = Unlock::passphrase("caf\u{e9}\u{3000}au lait ");
    storage.change_unlock("device", &composed, None, silently).await.expect("it can be changed");
    lock(&storage);
    assert_eq!(kind(storage.unlock(&Unlock::passphrase("caf\u{e9} au lait")).await), ErrorKind::WrongKey);
    unlock(&storage, &Unlock::passphrase("cafe\u{301} au lait ")).await;
}
