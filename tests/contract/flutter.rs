//! The cases of the flutter layout alone.

use keyfold::{CallOptions, Engine, ErrorKind, OnConflict, Rotate, SecureStorage, Unlock, WebOptions};

use crate::{
    backend::{Area, Backend, Guard},
    cases::{argument, get, keys, kind},
};

pub(crate) async fn with_another_wrap_key_is_refused(backend: &Backend) {
    let storage = backend.open().await;
    storage.set("token", "value").await.expect("it can be written");
    let options = CallOptions::new().web(WebOptions::new().wrap_key([9; 32]).wrap_key_iv([9; 12]));
    let error = storage.with(options).await.expect_err("it does not open the data key");
    assert_eq!(error.kind(), if backend.guard == Guard::WrapKey { ErrorKind::WrongKey } else { ErrorKind::Locked });
    let half = CallOptions::new().web(WebOptions::new().wrap_key([9; 32]));
    assert_eq!(storage.with(half).await.expect_err("its IV is missing").argument(), Some("wrapKeyIv"));
    assert_eq!(get(&storage, "token").await.as_deref(), Some("value"));
}

pub(crate) async fn import_of_nothing_makes_nothing(backend: &Backend) {
    let (source, target) = (backend.open().await, backend.open().await);
    let report = target.import_from(&source, OnConflict::default()).await.expect("nothing is there to fail");
    assert_eq!(report, Default::default());
    assert_eq!(keys(&target).await, [""; 0]);
    // Not even a data key. In memory, another handle cannot require that the store exists.
    if backend.area != Area::Memory {
        let made = backend.builder(target.namespace()).must_exist(true).open().await;
        assert_eq!(made.expect_err("nothing was made").kind(), ErrorKind::KeyMissing);
    }
}

pub(crate) async fn with_changes_options_and_keeps_the_rest(backend: &Backend) {
    let storage = backend.open().await;
    storage.set("token", "value").await.expect("it can be written");
    for engine in [Engine::Auto, Engine::WebCrypto] {
        let options = CallOptions::new().web(WebOptions::new().engine(engine));
        let handle = storage.with(options).await.expect("it opens");
        assert_eq!(get(&handle, "token").await.as_deref(), Some("value"));
        assert_eq!((handle.namespace(), handle.protection()), (storage.namespace(), storage.protection()));
        handle.set("token", "value").await.expect("it can be written");
    }
    assert_eq!(get(&storage, "token").await.as_deref(), Some("value"));
    if backend.area != Area::Memory {
        let elsewhere = WebOptions::new().use_session_storage(backend.area == Area::LocalStorage);
        let elsewhere = storage.with(CallOptions::new().web(elsewhere)).await.expect("it opens");
        assert_eq!(get(&elsewhere, "token").await, None);
        elsewhere.set("token", "elsewhere").await.expect("it can be written");
        assert_eq!(get(&storage, "token").await.as_deref(), Some("value"));
    }
}

pub(crate) async fn what_only_sealed_stores_have_is_unsupported(backend: &Backend) {
    let storage = backend.open().await;
    storage.set("token", "value").await.expect("it can be written");
    let (device, key) = (Unlock::device(), Unlock::app_key([7; 32]));
    assert_eq!(kind(storage.lock()), ErrorKind::Unsupported);
    assert_eq!(kind(storage.unlock(&device).await), ErrorKind::Unsupported);
    assert_eq!(kind(storage.unlocks().await), ErrorKind::Unsupported);
    let builder = backend.builder(storage.namespace());
    assert_eq!(kind(builder.unlocks().await), ErrorKind::Unsupported);
    assert_eq!(SecureStorage::availability(&builder).await.unlocks, []);
    assert_eq!(kind(storage.add_unlock(&key, "", |_, _| ()).await), ErrorKind::Unsupported);
    assert_eq!(kind(storage.remove_unlock("device", |_, _| ()).await), ErrorKind::Unsupported);
    assert_eq!(kind(storage.change_unlock("device", &key, None, |_, _| ()).await), ErrorKind::Unsupported);
    assert_eq!(kind(storage.rotate(&Rotate::all(), |_, _| ()).await), ErrorKind::Unsupported);
    assert!(!storage.is_locked());
    assert_eq!(get(&storage, "token").await.as_deref(), Some("value"));
    assert!(!storage.verify().await.expect("it can be verified").rotation_advised);
}

pub(crate) async fn the_sealed_layout_s_options_are_refused_or_without_effect(backend: &Backend) {
    let namespace = backend.namespace();
    let with_unlock = || backend.builder(&namespace).unlock(Unlock::device());
    assert_eq!(argument(with_unlock().open().await), Some("unlock"));
    assert_eq!(argument(with_unlock().destroy().await), Some("unlock"));
    let reason = SecureStorage::availability(&with_unlock()).await.reason;
    assert_eq!(reason.and_then(|reason| reason.argument()), Some("unlock"));
    // As in the original, which never reads it.
    let named = WebOptions::flutter().db_name("keyfold-claims");
    let storage = SecureStorage::builder(&namespace).web(named).in_memory().open().await.expect("it opens");
    let named = CallOptions::new().web(WebOptions::new().db_name("another"));
    storage.set("token", "value").await.expect("it can be written");
    assert_eq!(get(&storage.with(named).await.expect("it opens"), "token").await.as_deref(), Some("value"));
}
