//! Calls that fail or end anywhere: the old state is whole, or the new one.

use super::*;

/// A call on a store that other handles have too.
type Call = fn(Arc<Store>) -> Pin<Box<dyn Future<Output = Result<()>>>>;

/// Every verb that writes, on a store that has the entries `a` and `b`: with the unlock of that store.
fn calls() -> Vec<(&'static str, Unlock, Call)> {
    vec![
        ("set", device(), |store| Box::pin(async move { set_soon(&store, "c", "3").await })),
        ("set", pass("one"), |store| Box::pin(async move { set_soon(&store, "a", "new").await })),
        ("set all", device(), |store| {
            Box::pin(async move { store.put_all(vec![put("c", "3"), put("a", "new")]).await })
        }),
        ("remove", device(), |store| Box::pin(async move { store.remove("a").await.map(drop) })),
        ("clear", pass("one"), |store| Box::pin(async move { store.clear().await })),
        ("destroy", device(), |store| Box::pin(async move { store.destroy().await })),
        ("rotate", device(), |store| Box::pin(async move { rotate_soon(&store).await })),
        ("rotate", pass("one"), |store| Box::pin(async move { rotate_soon(&store).await })),
        ("add", pass("one"), |store| {
            Box::pin(async move {
                store.rekey(Rekey::Add { added: &app_key(2), label: "second" }, |_, _| {}).await.map(drop)
            })
        }),
        ("remember the device", pass("one"), |store| {
            Box::pin(async move { store.rekey(Rekey::Add { added: &device(), label: "" }, |_, _| {}).await.map(drop) })
        }),
        ("device to passphrase", device(), |store| change_to(store, pass("two"))),
        ("passphrase to device", pass("one"), |store| change_to(store, device())),
        ("passphrase to passphrase", pass("one"), |store| change_to(store, pass("two"))),
    ]
}

fn change_to(store: Arc<Store>, to: Unlock) -> Pin<Box<dyn Future<Output = Result<()>>>> {
    Box::pin(async move { change_soon(&store, &to).await })
}

/// Entries, and labels of unlocks.
type Seen = (BTreeMap<String, String>, Vec<String>);

/// What new handles see of an area: with each unlock the entries or why there are none; and the labels of the unlocks.
fn view(area: &Process) -> Vec<Result<Seen, ErrorKind>> {
    let with = |unlock: &Unlock| {
        let store = now(open_soon(area.copy(), "app", unlock, true))?;
        let labels = now(store.unlocks())?.into_iter().map(|unlock| unlock.label).collect();
        Ok((try_entries(&store)?, labels))
    };
    [device(), pass("one"), pass("two"), app_key(2)]
        .iter()
        .map(|unlock| with(unlock).map_err(|error: Error| error.kind()))
        .collect()
}

fn store_of(unlock: &Unlock) -> (Process, Arc<Store>) {
    let area = Process::default();
    let store = open(&area, unlock);
    now(store.put_all(vec![put("a", "1"), put("b", "2")])).expect("it can be written");
    (area, Arc::new(store))
}

#[test]
fn a_write_that_fails_leaves_the_old_state_and_can_be_made_later() {
    for (name, unlock, call) in calls() {
        let (area, store) = store_of(&unlock);
        let (bare, old) = (area.bare(), view(&area));
        let failed = area.fill_after(0);
        assert_eq!(kind(now(call(Arc::clone(&store)))), ErrorKind::QuotaExceeded, "{name}");
        assert_eq!(failed.load(Relaxed), 1, "{name} is one write");
        assert_eq!(area.bare(), bare, "{name}");
        assert!(!store.is_locked(), "{name}");
        assert_eq!(entries(&store), ["a=1", "b=2"], "{name}");
        area.fill_after(1);
        now(call(Arc::clone(&store))).unwrap_or_else(|error| panic!("{name}: {error:?}"));
        let is_rotation = name == "rotate";
        assert_eq!(view(&area) == old, is_rotation, "{name} did nothing");
        assert_ne!(area.bare(), bare, "{name}");
    }
}

#[test]
fn a_store_that_cannot_be_made_again_whole_can_be_made_later() {
    for room in [0, 1] {
        let (area, store) = new_device();
        set(&store, "a", "1");
        now(store.destroy()).expect("it can be destroyed");
        area.fill_after(room);
        assert_eq!(kind(try_set(&store, "b", "2")), ErrorKind::QuotaExceeded);
        assert_eq!(entries(&store), [""; 0], "room for {room}");
        area.fill_after(usize::MAX);
        set(&store, "b", "2");
        assert_eq!(entries(&open(&area.other(), &device())), ["b=2"]);
    }
}

#[test]
fn a_call_that_is_cut_off_anywhere_leaves_the_old_state_or_the_new_one() {
    IS_PATIENT.set(true);
    for (name, unlock, call) in calls() {
        let (area, store) = store_of(&unlock);
        let old = view(&area);
        now(call(store)).unwrap_or_else(|error| panic!("{name}: {error:?}"));
        let new = view(&area);
        for turns in 0.. {
            let (area, store) = store_of(&unlock);
            let mut cut_off = call(Arc::clone(&store));
            let has_ended = run_for(cut_off.as_mut(), turns).is_some();
            drop(cut_off);
            let after = view(&area);
            assert!(after == old || after == new, "{name}, cut off after {turns} turns: {after:?}");
            // What was cut off can be done again, or its own handle goes on with what is there.
            assert!(try_entries(&store).is_ok() || after == new, "{name}, after {turns} turns");
            if has_ended {
                assert!(turns > 0 && after == new, "{name}");
                break;
            }
        }
    }
}
