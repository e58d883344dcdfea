//! What a process notices of another one's writes.

use futures_util::{FutureExt as _, StreamExt as _};
use keyfold::ChangeKind;
use pollster::block_on;

use super::{child, open};

/// docs/limits.md says so. Nothing tells one process of what another has written to a vault.
#[test]
fn reads_see_what_another_process_wrote_and_watchers_are_not_told() {
    let home = tempfile::tempdir().unwrap();
    let directory = home.path().join("data");
    let storage = open(&directory).unwrap();
    let mut changes = storage.watch();
    child::start(child::command("others::writes", &directory, "other")).end();

    assert_eq!(block_on(storage.get("other")).unwrap().as_deref(), Some("1"));
    block_on(open(&directory).unwrap().set("own", "1")).unwrap();
    let told = std::iter::from_fn(|| changes.next().now_or_never().flatten());
    let told: Vec<_> = told.map(|change| (change.kind, change.remote)).collect();
    assert_eq!(told, [(ChangeKind::Set("own".to_owned()), false)]);
}

#[test]
#[ignore = "what a child does"]
fn writes() {
    block_on(open(&child::directory()).unwrap().set(&child::name(), "1")).unwrap();
}
