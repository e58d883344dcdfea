//! What watchers are told: each change once, and whose it was.

use futures_util::{FutureExt, StreamExt};

use super::*;
use crate::{sealed::peers::Follower, watch::Watch};

/// Two processes with a store each on one storage. In the first, somebody watches and has looked.
struct Two {
    own: Store,
    other: Store,
    watch: Watch,
}

fn two_with(unlock: &Unlock, there: &[(&str, &str)]) -> (Process, Two) {
    let area = Process::default();
    let own = open(&area, unlock);
    now(own.put_all(there.iter().map(|(name, value)| put(name, value)).collect())).expect("it can be written");
    let other = open(&area.other(), unlock);
    let watch = own.watch();
    look(&own);
    (area, Two { own, other, watch })
}

fn two(there: &[(&str, &str)]) -> (Process, Two) {
    two_with(&device(), there)
}

/// Does what an area does when a message about another process's change arrives.
fn look(store: &Store) {
    if let Some(look) = Arc::clone(&store.session).catch_up() {
        now(look);
    }
}

/// What was told since it was asked last: `=` and the name of what was set, `-` of what was removed, `0` for all; in
/// brackets, what others did.
fn told(watch: &mut Watch) -> Vec<String> {
    let mut told = Vec::new();
    while let Some(Some(change)) = watch.next().now_or_never() {
        let text = match change.kind {
            ChangeKind::Set(name) => format!("={name}"),
            ChangeKind::Remove(name) => format!("-{name}"),
            ChangeKind::Clear => "0".to_owned(),
        };
        told.push(if change.remote { format!("[{text}]") } else { text });
    }
    told.sort();
    told
}

impl Two {
    /// What a look reports, and that it is not reported again.
    fn told(&mut self) -> Vec<String> {
        look(&self.own);
        let told = told(&mut self.watch);
        look(&self.own);
        assert_eq!(self::told(&mut self.watch), [""; 0], "it was told once more");
        told
    }
}

#[test]
fn own_changes_are_told_once() {
    let (area, mut two) = two(&[("a", "1")]);
    set(&two.own, "b", "2");
    assert_eq!(two.told(), ["=b"]);
    set(&two.own, "b", "3");
    assert_eq!(two.told(), ["=b"]);
    drop(now(two.own.remove("a")));
    drop(now(two.own.remove("a")));
    assert_eq!(two.told(), ["-a"], "there was nothing to remove the second time");
    set(&open(&area, &device()), "c", "of another handle");
    assert_eq!(two.told(), ["=c"]);
    now(two.own.clear()).expect("it can be cleared");
    assert_eq!(two.told(), ["0"]);
}

#[test]
fn a_batch_is_told_entry_by_entry() {
    let (_, mut two) = two(&[]);
    now(two.own.put_all(vec![put("a", "1"), put("b", "2")])).expect("it can be written");
    assert_eq!(two.told(), ["=a", "=b"]);
}

#[test]
fn a_call_that_fails_is_not_told() {
    let (area, mut two) = two(&[("a", "1")]);
    area.fill_after(0);
    drop((try_set(&two.own, "b", "2"), now(two.own.remove("a")), now(two.own.clear()), now(two.own.destroy())));
    assert_eq!(two.told(), [""; 0]);
}

#[test]
fn what_others_change_is_told_once_as_theirs() {
    let (_, mut two) = two(&[("a", "1"), ("b", "2")]);
    set(&two.other, "a", "new");
    set(&two.other, "c", "3");
    assert_eq!(two.told(), ["[=a]", "[=c]"]);
    set(&two.other, "a", "newer");
    set(&two.other, "a", "newest");
    assert_eq!(two.told(), ["[=a]"], "of several writes only the last is there to be found");
    drop(now(two.other.remove("b")));
    assert_eq!(two.told(), ["[-b]"]);
    now(two.other.clear()).expect("it can be cleared");
    assert_eq!(two.told(), ["[-a]", "[-c]"]);
}

#[test]
fn a_value_that_is_written_again_is_told_too() {
    let (_, mut two) = two(&[("a", "1")]);
    set(&two.other, "a", "1");
    assert_eq!(two.told(), ["[=a]"]);
}

#[test]
fn own_changes_and_others_are_told_apart() {
    let (_, mut two) = two(&[("a", "1"), ("b", "2")]);
    set(&two.other, "a", "theirs");
    set(&two.own, "b", "ours");
    set(&two.other, "c", "theirs");
    drop(now(two.own.remove("missing")));
    set(&two.own, "d", "ours");
    drop(now(two.own.remove("d")));
    assert_eq!(two.told(), ["-d", "=b", "=d", "[=a]", "[=c]"]);
}

#[test]
fn what_others_write_over_an_own_change_is_told() {
    let (_, mut two) = two(&[("a", "1"), ("b", "1")]);
    set(&two.own, "a", "ours");
    set(&two.other, "a", "theirs");
    drop(now(two.own.remove("b")));
    set(&two.other, "b", "theirs");
    assert_eq!(two.told(), ["-b", "=a", "[=a]", "[=b]"]);
}

#[test]
fn the_first_look_tells_nothing() {
    let (area, store) = new_device();
    set(&store, "a", "1");
    let mut watch = store.watch();
    set(&open(&area.other(), &device()), "b", "2");
    look(&store);
    assert_eq!(told(&mut watch), [""; 0]);
    drop(watch);
    set(&open(&area.other(), &device()), "c", "3");
    let mut watch = store.watch();
    look(&store);
    assert_eq!(told(&mut watch), [""; 0], "what came while nobody watched is not told later");
}

#[test]
fn all_who_watch_are_told() {
    let (area, mut two) = two(&[]);
    let mut second = open(&area, &device()).watch();
    set(&two.other, "a", "1");
    assert_eq!(two.told(), ["[=a]"]);
    assert_eq!(told(&mut second), ["[=a]"]);
}

#[test]
fn a_rotation_tells_nothing() {
    for unlock in [device(), pass("one")] {
        let (_, mut two) = two_with(&unlock, &[("a", "1"), ("b", "2")]);
        rotate(&two.own);
        assert_eq!(two.told(), [""; 0], "of its own");
        set(&two.own, "c", "3");
        rotate(&two.own);
        assert_eq!(two.told(), ["=c"]);
        rotate(&two.own);
        set(&two.own, "d", "4");
        assert_eq!(two.told(), ["=d"], "nor does it with a write behind it");
        if unlock == device() {
            rotate(&two.other);
            assert_eq!(two.told(), [""; 0], "of others");
        }
    }
}

#[test]
fn an_unlock_that_is_added_and_a_rotation_after_it_tell_nothing() {
    let (_, mut two) = two_with(&pass("one"), &[("a", "1")]);
    add(&two.own, &app_key(2), "");
    assert_eq!(two.told(), [""; 0]);
    add(&two.own, &app_key(3), "");
    rotate(&two.own);
    assert_eq!(two.told(), [""; 0]);
}

#[test]
fn what_others_change_beside_a_rotation_is_told() {
    let (_, mut two) = two(&[("a", "1"), ("b", "2")]);
    rotate(&two.other);
    set(&two.other, "c", "3");
    drop(now(two.other.remove("a")));
    let told = two.told();
    assert!(told.contains(&"[=c]".to_owned()) && told.contains(&"[-a]".to_owned()), "{told:?}");
}

#[test]
fn an_own_write_after_another_s_rotation_is_not_told_twice() {
    let (_, mut two) = two(&[("a", "1")]);
    rotate(&two.other);
    set(&two.own, "b", "2");
    assert_eq!(two.told(), ["=b"]);
    rotate(&two.other);
    assert_eq!(get(&two.own, "a").as_deref(), Some("1"));
    set(&two.own, "c", "3");
    assert_eq!(two.told(), ["=c"]);
}

#[test]
fn a_store_that_others_destroy_is_told_entry_by_entry() {
    let (_, mut two) = two(&[("a", "1"), ("b", "2")]);
    now(two.other.destroy()).expect("it can be destroyed");
    assert_eq!(two.told(), ["[-a]", "[-b]"]);
    set(&two.other, "b", "new");
    assert_eq!(two.told(), ["[=b]"]);
}

#[test]
fn a_store_that_others_destroy_and_make_again_is_told_whole() {
    for writes in 1..5 {
        let (_, mut two) = two(&[("a", "1"), ("b", "2")]);
        now(two.other.destroy()).expect("it can be destroyed");
        (0..writes).for_each(|at| set(&two.other, "c", &at.to_string()));
        assert_eq!(two.told(), ["[-a]", "[-b]", "[=c]"], "{writes} writes");
    }
}

#[test]
fn an_own_write_into_a_store_that_others_destroyed_is_not_told_twice() {
    let (_, mut two) = two(&[("a", "1")]);
    now(two.other.destroy()).expect("it can be destroyed");
    set(&two.own, "b", "2");
    assert_eq!(two.told(), ["=b", "[-a]"]);
}

#[test]
fn a_store_that_is_destroyed_here_is_told_once() {
    let (area, mut two) = two(&[("a", "1")]);
    let second = open(&area, &device());
    now(second.destroy()).expect("it can be destroyed");
    assert_eq!(two.told(), ["0"]);
    set(&second, "b", "2");
    assert_eq!(two.told(), ["=b"]);
    look(&second);
    assert_eq!(two.told(), [""; 0]);
}

#[test]
fn what_others_write_into_a_store_that_was_destroyed_here_is_told() {
    let (_, mut two) = two(&[("a", "1")]);
    now(two.own.destroy()).expect("it can be destroyed");
    assert_eq!(two.told(), ["0"]);
    set(&two.other, "b", "2");
    assert_eq!(two.told(), ["[=b]"]);
}

#[test]
fn a_locked_handle_does_not_look() {
    let (_, two) = two(&[("a", "1")]);
    two.own.session.lock();
    assert!(Arc::clone(&two.own.session).catch_up().is_none());
    now(two.own.unlock(&device())).expect("it can be unlocked");
    assert!(Arc::clone(&two.own.session).catch_up().is_some());
}

#[test]
fn a_record_that_does_not_open_is_not_told_and_hides_no_other() {
    let (area, mut two) = two(&[("a", "1")]);
    set(&two.other, "b", "2");
    let mut records = area.records();
    records.push(([0; 32], vec![1; 60].into()));
    area.put_records(records);
    assert_eq!(two.told(), ["[=b]"]);
}

#[test]
fn a_watch_that_is_dropped_is_not_looked_for() {
    let (_, two) = two(&[]);
    drop(two.watch);
    assert!(!two.own.session.namespace.area.news().hub.is_watched());
}

/// Writes and looks in every order of their steps.
fn at_once(is_first_look: bool) {
    IS_PATIENT.set(true);
    for seed in 0..200 {
        let area = Process::default();
        let (own, other) = (Arc::new(open(&area, &device())), open(&area.other(), &device()));
        now(own.put_all(vec![put("a", "1"), put("b", "2")])).expect("it can be written");
        let mut watch = own.watch();
        if !is_first_look {
            look(&own);
        }
        let (writer, looker) = (Arc::clone(&own), Arc::clone(&own));
        let write = async move {
            set_soon(&writer, "own", "1").await.expect("it can be written");
            assert!(writer.remove("a").await.expect("it can be removed"));
        };
        let looks = async move {
            for _ in 0..2 {
                Arc::clone(&looker.session).catch_up().expect("it has keys").await;
            }
        };
        let others = async move { set_soon(&other, "theirs", "1").await.expect("it can be written") };
        let tasks: Vec<Task> = vec![Box::pin(write), Box::pin(looks), Box::pin(others)];
        run(&mut fastrand::Rng::with_seed(seed), tasks);
        look(&own);
        let told = told(&mut watch);
        let own_alone = told.iter().filter(|told| *told != "[=theirs]").collect::<Vec<_>>();
        assert_eq!(own_alone, ["-a", "=own"], "seed {seed}");
        assert!(is_first_look || told.len() == 3, "seed {seed}: {told:?}");
    }
}

#[test]
fn own_writes_during_a_look_are_not_told_twice() {
    at_once(false);
}

#[test]
fn own_writes_during_the_first_look_are_not_told_twice() {
    at_once(true);
}

#[test]
fn an_own_removal_of_what_others_wrote_during_a_look_is_not_told_twice() {
    IS_PATIENT.set(true);
    let removals: [fn(Arc<Store>) -> Task; 2] = [
        |store| Box::pin(async move { assert!(store.remove("theirs").await.expect("it can be removed")) }),
        |store| Box::pin(async move { store.clear().await.expect("it can be cleared") }),
    ];
    for remove in removals {
        for turns in 0..6 {
            let area = Process::default();
            let (own, other) = (Arc::new(open(&area, &device())), open(&area.other(), &device()));
            let mut watch = own.watch();
            look(&own);
            set(&other, "theirs", "1");
            let mut looking = Arc::clone(&own.session).catch_up().expect("it has keys");
            let has_ended = run_for(looking.as_mut(), turns).is_some();
            now(remove(Arc::clone(&own)));
            if !has_ended {
                now(looking);
            }
            look(&own);
            let told = told(&mut watch);
            assert!(!told.contains(&"[-theirs]".to_owned()), "after {turns} turns: {told:?}");
        }
    }
}

#[test]
fn what_others_clear_after_an_own_write_under_keys_that_are_just_looked_at_is_told() {
    IS_PATIENT.set(true);
    for turns in 0..10 {
        let (_, two) = two(&[("a", "1")]);
        let Two { own, other, mut watch } = two;
        rotate(&other);
        let mut looking = Arc::clone(&own.session).catch_up().expect("it has keys");
        let has_ended = run_for(looking.as_mut(), turns).is_some();
        set(&own, "b", "2");
        now(other.clear()).expect("it can be cleared");
        if !has_ended {
            now(looking);
        }
        look(&own);
        assert_eq!(told(&mut watch), ["=b", "[-a]", "[-b]"], "after {turns} turns");
    }
}

#[test]
fn a_look_that_a_destroyed_store_has_overtaken_tells_nothing() {
    IS_PATIENT.set(true);
    for turns in 0..8 {
        let (area, two) = two(&[("a", "1")]);
        let Two { own, other, mut watch } = two;
        set(&other, "b", "2");
        let mut looking = Arc::clone(&own.session).catch_up().expect("it has keys");
        let has_ended = run_for(looking.as_mut(), turns).is_some();
        now(open(&area, &device()).destroy()).expect("it can be destroyed");
        if !has_ended {
            now(looking);
        }
        look(&own);
        let told = told(&mut watch);
        let expected: &[&str] = if has_ended { &["0", "[=b]"] } else { &["0"] };
        assert_eq!(told, expected, "after {turns} turns");
    }
}
