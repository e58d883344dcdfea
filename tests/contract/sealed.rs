//! The cases of the sealed layout alone, apart from unlocks.

use keyfold::{CallOptions, ChangeKind, Engine, ErrorKind, OnConflict, SecureStorage, WebOptions};

use crate::{
    backend::{Area, Backend, Guard},
    cases::{argument, get, keys, kind, refused, set, store_all, told},
};

pub(crate) async fn names_and_namespaces_have_bounds(backend: &Backend) {
    let longest = format!("{:-<1024}", backend.namespace());
    let storage = backend.builder(&longest).open().await.expect("it opens");
    for longer in [format!("{longest}-"), "é".repeat(513)] {
        assert_eq!(argument(backend.builder(&longer).open().await), Some("namespace"));
        assert_eq!(argument(backend.builder(&longer).destroy().await), Some("namespace"));
    }
    let (longest, longer) = ("é".repeat(32_768), "x".repeat(65_537));
    storage.set(&longest, "value").await.expect("it can be written");
    assert_eq!(get(&storage, &longest).await.as_deref(), Some("value"));
    let error = refused(storage.set(&longer, "value").await);
    assert_eq!((error.kind(), error.key()), (ErrorKind::TooLarge, Some(&*longer)));
    assert_eq!(kind(storage.set_all([("a", "value"), (&*longer, "value")]).await), ErrorKind::TooLarge);
    assert_eq!(get(&storage, &longer).await, None);
    assert!(!storage.contains_key(&longer).await.expect("it can be looked for"));
    assert!(!storage.remove(&longer).await.expect("nothing is there to fail"));
    assert_eq!(keys(&storage).await, [longest]);
    storage.destroy().await.expect("it can be destroyed");
}

pub(crate) async fn the_flutter_layout_s_options_are_refused(backend: &Backend) {
    let namespace = backend.namespace();
    let options = [
        ("wrapKey", WebOptions::new().wrap_key([9; 32])),
        ("wrapKeyIv", WebOptions::new().wrap_key_iv([9; 12])),
        ("useSessionStorage", WebOptions::new().use_session_storage(false)),
        ("engine", WebOptions::new().engine(Engine::Auto)),
    ];
    let storage = backend.open().await;
    for (name, options) in options {
        let builder = || backend.builder(&namespace).web(options.clone());
        assert_eq!(argument(builder().open().await), Some(name));
        assert_eq!(argument(builder().destroy().await), Some(name));
        let reason = SecureStorage::availability(&builder()).await.reason;
        assert_eq!(reason.and_then(|reason| reason.argument()), Some(name));
        assert_eq!(argument(storage.with(CallOptions::new().web(options)).await), Some(name));
    }
}

pub(crate) async fn a_handle_keeps_its_database(backend: &Backend) {
    let storage = backend.open().await;
    let options = CallOptions::new().web(WebOptions::new().db_name("another"));
    assert_eq!(argument(storage.with(options).await), Some("dbName"));
}

pub(crate) async fn the_claims_database_is_refused(backend: &Backend) {
    let builder = || backend.builder("app").web(WebOptions::new().db_name("keyfold-claims"));
    assert_eq!(argument(builder().open().await), Some("dbName"));
    assert_eq!(argument(builder().destroy().await), Some("dbName"));
    assert!(!SecureStorage::availability(&builder()).await.usable());
}

pub(crate) async fn a_fresh_handle_sees_and_is_seen(backend: &Backend) {
    let storage = backend.open().await;
    let other = backend.another(&storage).await;
    let fresh = storage.with(CallOptions::new().fresh(true)).await.expect("it opens");
    for value in ["1", "2"] {
        other.set("token", value).await.expect("it can be written");
        assert_eq!(get(&fresh, "token").await.as_deref(), Some(value));
        assert_eq!(fresh.get_many(&["token"]).await.expect("it can be read"), [Some(value.to_owned())]);
        assert_eq!(fresh.get_all().await.expect("it can be read")["token"], value);
    }
    fresh.set("of the fresh one", "3").await.expect("it can be written");
    for handle in [&storage, &other, &fresh] {
        assert_eq!(get(handle, "of the fresh one").await.as_deref(), Some("3"));
        assert_eq!(keys(handle).await, ["of the fresh one", "token"]);
    }
    assert!(other.remove("token").await.expect("it can be removed"));
    assert!(!fresh.contains_key("token").await.expect("it can be looked for"));
}

pub(crate) async fn import_goes_from_layout_to_layout(backend: &Backend) {
    let memory = Backend::flutter(Area::Memory, Engine::Auto, Guard::WrapKey);
    let (flutter, sealed, back) = (memory.open().await, backend.open().await, memory.open().await);
    store_all(&flutter, &[("", "of no name"), ("a.b", "héllo 🔐"), ("both", "of flutter")]).await;
    flutter.set_bytes("bytes", &[0xff]).await.expect("it can be written");
    sealed.set("both", "of sealed").await.expect("it can be written");
    let report = sealed.import_from(&flutter, OnConflict::Skip).await.expect("it can be imported");
    assert_eq!((report.imported, report.skipped), (strings(&["", "a.b", "bytes"]), strings(&["both"])));
    let report = back.import_from(&sealed, OnConflict::Fail).await.expect("it can be imported");
    assert_eq!((report.imported, report.skipped), (strings(&["", "a.b", "both", "bytes"]), strings(&[])));
    let mut expected = flutter.get_all_bytes().await.expect("they can be read");
    expected.insert("both".to_owned(), b"of sealed".to_vec());
    assert_eq!(back.get_all_bytes().await.expect("they can be read"), expected);
}

pub(crate) fn strings(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|&text| text.to_owned()).collect()
}

pub(crate) async fn import_from_a_locked_store_writes_nothing(backend: &Backend) {
    let (source, target) = (backend.open().await, backend.open().await);
    source.set("token", "value").await.expect("it can be written");
    source.lock().expect("it can be locked");
    assert_eq!(kind(target.import_from(&source, OnConflict::Skip).await), ErrorKind::Locked);
    assert_eq!(keys(&target).await, [""; 0]);
}

/// Whether it is reported again when somebody looks at what others have changed.
pub(crate) async fn watch_tells_of_a_change_once(backend: &Backend) {
    let storage = backend.open().await;
    let other = backend.another(&storage).await;
    let mut watch = storage.watch();
    store_all(&other, &[("a", "1"), ("b", "2")]).await;
    storage.remove("a").await.expect("it can be removed");
    assert_eq!(told(&mut watch), [set("a"), set("b"), ChangeKind::Remove("a".to_owned())]);
    look(&storage, &other).await;
    assert_eq!(told(&mut watch), []);
    if backend.guard == Guard::Device {
        storage.destroy().await.expect("it can be destroyed");
        other.set("c", "3").await.expect("it can be written");
        assert_eq!(told(&mut watch), [ChangeKind::Clear, set("c")]);
        look(&storage, &other).await;
        assert_eq!(told(&mut watch), []);
    }
}

/// Makes somebody look at what others have changed, as whoever begins to watch does.
async fn look(storage: &SecureStorage, other: &SecureStorage) {
    let _watch = storage.watch();
    let _other = other.watch();
    let fresh = storage.with(CallOptions::new().fresh(true)).await.expect("it opens");
    for _ in 0..5 {
        drop(fresh.verify().await.expect("it can be verified"));
    }
}
