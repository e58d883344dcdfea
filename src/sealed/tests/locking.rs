//! Locked handles, and calls that are in progress when their handle is locked.

use super::*;

type Call = fn(Arc<Store>) -> Pin<Box<dyn Future<Output = Result<()>>>>;

/// Every verb that needs keys, on a store with the passphrase `one` and the entry `a`.
const CALLS: [(&str, Call); 12] = [
    ("get", |store| Box::pin(async move { store.get("a").await.map(drop) })),
    ("get many", |store| Box::pin(async move { store.get_many(&["a", "b"]).await.map(drop) })),
    ("get all", |store| Box::pin(async move { store.get_all(OnUnreadable::Skip).await.map(drop) })),
    ("names", |store| Box::pin(async move { store.keys().await.map(drop) })),
    ("contains", |store| Box::pin(async move { store.contains_key("a").await.map(drop) })),
    ("verify", |store| Box::pin(async move { store.verify().await.map(drop) })),
    ("set", |store| Box::pin(async move { set_soon(&store, "a", "new").await })),
    ("remove", |store| Box::pin(async move { store.remove("a").await.map(drop) })),
    ("clear", |store| Box::pin(async move { store.clear().await })),
    ("rotate", |store| Box::pin(async move { rotate_soon(&store).await })),
    ("add", |store| {
        Box::pin(async move { store.rekey(Rekey::Add { added: &app_key(2), label: "" }, |_, _| {}).await.map(drop) })
    }),
    ("change", |store| Box::pin(async move { change_soon(&store, &pass("two")).await })),
];

fn new_store() -> (Process, Arc<Store>) {
    let (area, store) = new_slots();
    set(&store, "a", "1");
    (area, Arc::new(store))
}

#[test]
fn a_locked_handle_refuses_every_verb_and_has_no_keys() {
    for (name, call) in CALLS {
        let (area, store) = new_store();
        let before = area.bare();
        store.session.lock();
        assert!(store.is_locked());
        assert_eq!(kind(now(call(Arc::clone(&store)))), ErrorKind::Locked, "{name}");
        assert!(store.session.has_no_keys(), "{name}");
        assert_eq!(area.bare(), before, "{name}");
        now(store.unlock(&pass("one"))).expect("it can be unlocked");
        now(call(store)).unwrap_or_else(|error| panic!("{name}: {error:?}"));
    }
}

#[test]
fn a_call_that_is_under_way_when_its_handle_is_locked_fails_unless_it_was_written() {
    IS_PATIENT.set(true);
    for (name, call) in CALLS {
        for turns in 0.. {
            let (area, store) = new_store();
            let before = area.bare();
            let mut under_way = call(Arc::clone(&store));
            if run_for(under_way.as_mut(), turns).is_some() {
                assert!(turns > 0, "{name}");
                break;
            }
            store.session.lock();
            let at_once = run_for(under_way.as_mut(), 0);
            let is_last = at_once.is_some();
            match at_once.unwrap_or_else(|| now(under_way)) {
                Err(error) => {
                    assert_eq!(error.kind(), ErrorKind::Locked, "{name}, after {turns} turns");
                    assert_eq!(area.bare(), before, "{name}, after {turns} turns: it was written");
                }
                // A transaction in progress cannot be called back.
                Ok(()) => assert!(is_last && area.bare() != before, "{name}, after {turns} turns: it went on"),
            }
            assert!(store.is_locked() && store.session.has_no_keys(), "{name}, after {turns} turns");
        }
    }
}

#[test]
fn an_unlock_that_is_under_way_when_its_handle_is_locked_does_not_open_it() {
    IS_PATIENT.set(true);
    for turns in 0.. {
        let (_, store) = new_store();
        store.session.lock();
        let mut unlocking = pin!(async { store.unlock(&pass("one")).await });
        if run_for(unlocking.as_mut(), turns).is_some() {
            break;
        }
        store.session.lock();
        assert_eq!(kind(now(unlocking)), ErrorKind::Locked, "after {turns} turns");
        assert!(store.is_locked() && store.session.has_no_keys(), "after {turns} turns");
    }
}

#[test]
fn a_handle_that_is_locked_while_it_makes_its_store_again_writes_nothing_later() {
    IS_PATIENT.set(true);
    for turns in 0.. {
        let (area, store) = new_device();
        now(store.destroy()).expect("it can be destroyed");
        let mut writing = pin!(set_soon(&store, "a", "1"));
        if run_for(writing.as_mut(), turns).is_some() {
            break;
        }
        store.session.lock();
        let ended = now(writing).map_err(|error| error.kind());
        assert!(ended == Ok(()) || ended == Err(ErrorKind::Locked), "after {turns} turns: {ended:?}");
        assert_eq!(area.records().len(), usize::from(ended.is_ok()), "after {turns} turns");
        assert!(store.session.has_no_keys(), "after {turns} turns");
    }
}

#[test]
fn a_handle_is_locked_with_those_that_were_made_of_it_and_no_other() {
    let (area, store) = new_store();
    let fresh = store.with(&CallOptions::new().fresh(true));
    let other = open(&area, &pass("one"));
    fresh.session.lock();
    assert!(store.is_locked());
    assert_eq!(kind(try_get(&store, "a")), ErrorKind::Locked);
    assert_eq!(get(&other, "a").as_deref(), Some("1"));
    now(store.unlock(&pass("one"))).expect("it can be unlocked");
    assert_eq!(get(&fresh, "a").as_deref(), Some("1"));
}

#[test]
fn an_unlock_that_does_not_open_it_leaves_the_handle_locked() {
    let (area, store) = new_store();
    store.session.lock();
    assert_eq!(kind(now(store.unlock(&pass("two")))), ErrorKind::WrongKey);
    assert_eq!(kind(now(store.unlock(&device()))), ErrorKind::Locked);
    assert!(store.is_locked());
    now(open(&area.other(), &pass("one")).destroy()).expect("it can be destroyed");
    assert_eq!(kind(now(store.unlock(&pass("one")))), ErrorKind::KeyMissing, "it makes no store");
    assert_eq!(area.bare(), (None, 0, Vec::new()));
}

#[test]
fn a_device_store_can_be_locked_and_unlocked() {
    let (_, store) = new_device();
    set(&store, "a", "1");
    store.session.lock();
    assert_eq!(kind(try_get(&store, "a")), ErrorKind::Locked);
    now(store.unlock(&device())).expect("it can be unlocked");
    assert_eq!(get(&store, "a").as_deref(), Some("1"));
}

#[test]
fn what_a_locked_store_has_for_unlocks_can_be_asked() {
    let (_, store) = new_store();
    store.session.lock();
    assert_eq!(now(store.unlocks()).expect("no key is needed").len(), 1);
}

#[test]
fn what_a_locked_store_needs_is_what_is_stored_and_not_what_could_not_be() {
    let (area, store) = new_store();
    area.fill_after(0);
    assert_eq!(kind(try_change(&store, &app_key(2))), ErrorKind::QuotaExceeded);
    store.session.lock();
    assert_eq!(error(try_get(&store, "a")).needs(), [UnlockKind::Passphrase]);
    // What another handle made of it, once it is seen.
    area.fill_after(9);
    let other = open(&area.other(), &pass("one"));
    change(&other, &app_key(2));
    assert_eq!(error(now(store.unlock(&pass("one")))).needs(), [UnlockKind::AppKey]);
    assert_eq!(error(try_get(&store, "a")).needs(), [UnlockKind::AppKey]);
}

#[test]
fn a_read_that_looks_for_its_lost_store_when_its_handle_is_locked_fails() {
    IS_PATIENT.set(true);
    let (_, store) = new_device();
    now(store.destroy()).expect("it can be destroyed");
    let mut reading = pin!(store.get("a"));
    assert!(run_for(reading.as_mut(), 0).is_none());
    store.session.lock();
    assert_eq!(kind(now(reading)), ErrorKind::Locked);
}

#[test]
fn a_rotation_that_begins_again_when_its_handle_is_locked_fails() {
    IS_PATIENT.set(true);
    for turns in 0.. {
        let (area, store) = new_store();
        let other = open(&area.other(), &pass("one"));
        let mut rotating = pin!(rotate_soon(&store));
        if run_for(rotating.as_mut(), turns).is_some() {
            break;
        }
        rotate(&other);
        store.session.lock();
        assert_eq!(kind(now(rotating)), ErrorKind::Locked, "after {turns} turns");
        assert_eq!(area.parsed().head.generation, 2, "after {turns} turns");
    }
}
