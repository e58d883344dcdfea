//! A process that is killed in the middle of writes and changes of keys: what it was told is stored is there, and
//! nothing is torn.

use std::{collections::BTreeMap, env, thread, time::Duration};

use pollster::block_on;

use super::{all, child, open};

/// How often the writer is killed, unless `KEYFOLD_KILLS` says otherwise.
const KILLS: &str = if cfg!(windows) { "50" } else { "1000" };

/// How long it lives at most after its first word, in microseconds: a few changes. Under Wine they take longer.
const LIFE: u64 = if cfg!(windows) { 120_000 } else { 12_000 };

/// What a writer does next, from a number.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Deed {
    Set(u64),
    /// Two entries, of one value.
    SetBoth(u64),
    Remove(u64),
    Clear,
    Rotate,
}

impl Deed {
    fn of(number: u64) -> Self {
        // Spread, so that each run of a few numbers has all kinds.
        match fastrand::Rng::with_seed(number).u64(..100) {
            0..45 => Deed::Set(number),
            45..65 => Deed::SetBoth(number),
            65..80 => Deed::Remove(number),
            80..82 => Deed::Clear,
            _ => Deed::Rotate,
        }
    }

    fn apply(self, entries: &mut BTreeMap<String, String>) {
        match self {
            Deed::Set(number) => drop(entries.insert(name(number), number.to_string())),
            Deed::SetBoth(number) => entries.extend(["one", "two"].map(|name| (name.to_owned(), number.to_string()))),
            Deed::Remove(number) => drop(entries.remove(&name(number))),
            Deed::Clear => entries.clear(),
            Deed::Rotate => {}
        }
    }
}

fn name(number: u64) -> String {
    (number % 5).to_string()
}

#[test]
fn what_was_acknowledged_outlives_a_kill() {
    let home = tempfile::tempdir().unwrap();
    let directory = home.path().join("data");
    let kills = env::var("KEYFOLD_KILLS").unwrap_or_else(|_| KILLS.to_owned()).parse().unwrap();
    let (mut entries, mut first, mut random) = (BTreeMap::new(), 0, fastrand::Rng::new());
    let (mut acknowledged, mut cut_off, mut done_after_all) = (0, 0, 0);
    for kill in 0..kills {
        let mut writer = child::start(child::command("kills::writer", &directory, &first.to_string()));
        let begun = writer.next();
        thread::sleep(Duration::from_micros(random.u64(..LIFE)));
        let told: Vec<String> = begun.into_iter().chain(writer.kill()).collect();

        let number = |line: &String, word: &str| line.strip_prefix(word).map(|number| number.parse::<u64>().unwrap());
        let done: Vec<u64> = told.iter().filter_map(|line| number(line, "done ")).collect();
        done.iter().for_each(|number| Deed::of(*number).apply(&mut entries));
        acknowledged += done.len();
        let last = told.iter().rev().find_map(|line| number(line, "begin "));
        let under_way = last.filter(|number| !done.contains(number));
        let mut or = entries.clone();
        if let Some(number) = under_way {
            Deed::of(number).apply(&mut or);
            cut_off += 1;
        }
        let found = all(&directory);
        assert!(
            found == entries || found == or,
            "kill {kill}, {under_way:?}: {found:?}, and not {entries:?} or {or:?}"
        );
        if found != entries {
            done_after_all += 1;
        }
        entries = found;
        first = last.map_or(first, |number| number + 1);
    }
    println!("{kills} kills, {acknowledged} changes acknowledged, {cut_off} cut off, of these {done_after_all} stored");
    assert!(cut_off > kills / 4 && acknowledged > kills / 4, "too few for this to show anything");
}

#[test]
#[ignore = "what a child does"]
fn writer() {
    let storage = open(&child::directory()).unwrap();
    for number in child::name().parse().unwrap().. {
        child::tell(&format!("begin {number}"));
        let deed = Deed::of(number);
        let value = number.to_string();
        match deed {
            Deed::Set(number) => block_on(storage.set(&name(number), &value)),
            Deed::SetBoth(_) => block_on(storage.set_all([("one", &*value), ("two", &*value)])),
            Deed::Remove(number) => block_on(storage.remove(&name(number))).map(drop),
            Deed::Clear => block_on(storage.clear()),
            Deed::Rotate => block_on(storage.rotate(&keyfold::Rotate::all(), |_, _| {})),
        }
        .unwrap();
        child::tell(&format!("done {number}"));
    }
}
