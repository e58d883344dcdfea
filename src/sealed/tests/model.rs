//! Random schedules of several handles, compared with a map.

use super::*;

/// A handle, and what opens its store.
struct Handle {
    store: Store,
    is_locked: bool,
}

fn key(schedule: &mut fastrand::Rng) -> String {
    ["", "a", "b", "c", "\u{e9}"][schedule.usize(..5)].to_owned()
}

/// One schedule: what each handle reads is what the last write of any of them has left.
fn follow_schedule(seed: u64) {
    let mut schedule = fastrand::Rng::with_seed(seed);
    let mut unlock = if schedule.bool() { device() } else { pass("0") };
    let area = Process::default();
    let processes = [area.clone(), area.other()];
    let handle = |area: &Process, unlock: &Unlock| Handle { store: open(area, unlock), is_locked: false };
    let mut handles: Vec<_> = (0..4).map(|at| handle(&processes[at % 2], &unlock)).collect();
    let mut oracle = BTreeMap::<String, String>::new();
    let mut generation = 1;
    for step in 0..60 {
        let at = schedule.usize(..handles.len());
        let title = format!("seed {seed}, step {step}");
        let Handle { store, is_locked } = &mut handles[at];
        assert_eq!(store.is_locked(), *is_locked && store.is_locked(), "{title}: only rotations lock");
        match schedule.usize(..16) {
            0 => {
                store.session.lock();
                *is_locked = true;
            }
            1 | 2 => {
                now(store.unlock(&unlock)).unwrap_or_else(|error| panic!("{title}: {error:?}"));
                *is_locked = false;
            }
            3 => handles[at] = handle(&processes[at % 2], &unlock),
            4 if !*is_locked => {
                rotate(store);
                (generation, _) = (generation + 1, others_may_be_locked(&mut handles, at, &unlock));
            }
            5 if !*is_locked => {
                let to = match schedule.usize(..3) {
                    0 => device(),
                    number => pass(&number.to_string()),
                };
                change(store, &to);
                // A device handle reads no ring of slots, and the other way round.
                unlock = if unlock == device() && to == device() { unlock } else { to };
                (generation, _) = (generation + 1, others_may_be_locked(&mut handles, at, &pass("")));
            }
            6 => {
                let result = now(store.clear());
                if ended(result, is_locked, &title).is_some() {
                    oracle.clear();
                }
            }
            7..10 => {
                let name = key(&mut schedule);
                let result = now(store.remove(&name));
                if let Some(existed) = ended(result, is_locked, &title) {
                    assert_eq!(existed, oracle.remove(&name).is_some(), "{title}");
                }
            }
            10..13 => {
                let batch: Vec<_> = (0..schedule.usize(1..4)).map(|_| (key(&mut schedule), step.to_string())).collect();
                let result = now(store.put_all(batch.iter().map(|(name, value)| put(name, value)).collect()));
                if ended(result, is_locked, &title).is_some() {
                    oracle.extend(batch);
                }
            }
            13 => {
                let result = try_entries(store);
                if let Some(all) = ended(result, is_locked, &title) {
                    assert_eq!(all, oracle, "{title}");
                }
            }
            _ => {
                let name = key(&mut schedule);
                let result = try_get(store, &name);
                if let Some(value) = ended(result, is_locked, &title) {
                    assert_eq!(value.as_ref(), oracle.get(&name), "{title}");
                }
            }
        }
        assert_eq!(area.parsed().head.generation, generation, "{title}");
        assert_eq!(area.records().len(), oracle.len(), "{title}");
    }
    assert_eq!(try_entries(&open(&area.other(), &unlock)).expect("it opens"), oracle, "seed {seed}");
}

/// What a call gave, or that its handle is locked; nothing else may become of it.
fn ended<T>(result: Result<T>, may_be_locked: &mut bool, title: &str) -> Option<T> {
    match result {
        Ok(value) => Some(value),
        Err(error) => {
            assert!(error.kind() == ErrorKind::Locked && *may_be_locked, "{title}: {error:?}");
            None
        }
    }
}

/// After a change of keys, other handles than `at` that have a secret do not find the new ones.
fn others_may_be_locked(handles: &mut [Handle], at: usize, unlock: &Unlock) {
    if *unlock == device() {
        return;
    }
    let others = handles.iter_mut().enumerate().filter(|(other, _)| *other != at);
    others.for_each(|(_, handle)| handle.is_locked = true);
}

#[test]
fn several_handles_read_what_the_last_write_has_left() {
    (0..300).for_each(follow_schedule);
}

/// Several handles at once, each with its own entries, while all of them change the keys.
fn run_at_once(seed: u64, unlock: &Unlock) {
    let area = Process::default();
    drop(open(&area, unlock));
    let tasks = (0..3).map(|at| {
        let (area, unlock) = (area.other(), unlock.clone());
        let task = async move {
            let mut schedule = fastrand::Rng::with_seed(seed * 3 + at);
            let store = open_soon(area, "app", &unlock, true).await.expect("it opens");
            let mut oracle = BTreeMap::new();
            let mut steps = 0;
            while steps < 8 {
                let name = format!("{at} {}", schedule.usize(..2));
                let result = match schedule.usize(..6) {
                    0 => rotate_soon(&store).await,
                    1 => store.remove(&name).await.map(|existed| {
                        assert_eq!(existed, oracle.remove(&name).is_some(), "seed {seed}");
                    }),
                    2 => store.get(&name).await.map(|value| {
                        let value = value.map(|value| value.to_vec());
                        assert_eq!(value.as_ref(), oracle.get(&name), "seed {seed}");
                    }),
                    _ => {
                        let value = steps.to_string();
                        let result = set_soon(&store, &name, &value).await;
                        result.map(|()| drop(oracle.insert(name, value.into_bytes())))
                    }
                };
                match result {
                    Ok(()) => steps += 1,
                    Err(error) => {
                        assert_eq!(error.kind(), ErrorKind::Locked, "seed {seed}: {error:?}");
                        assert!(unlock != device(), "seed {seed}: {error:?}");
                        store.unlock(&unlock).await.expect("it can be unlocked");
                    }
                }
            }
            for (name, value) in oracle {
                // The same storage, whatever keys are there now.
                let store = loop {
                    match store.get(&name).await {
                        Err(error) if error.kind() == ErrorKind::Locked => {
                            store.unlock(&unlock).await.expect("it can be unlocked");
                        }
                        read => break read,
                    }
                };
                assert_eq!(store.expect("it can be read").expect("it is there").to_vec(), value, "seed {seed}");
            }
        };
        Box::pin(task) as Task
    });
    run(&mut fastrand::Rng::with_seed(seed), tasks.collect());
    assert!(try_entries(&open(&area.other(), unlock)).is_ok());
}

#[test]
fn handles_that_write_and_rotate_at_once_lose_nothing() {
    IS_PATIENT.set(true);
    for seed in 0..150 {
        run_at_once(seed, &device());
        run_at_once(seed, &pass("one"));
    }
}
