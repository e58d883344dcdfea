//! The keychain's items: the one that the stored ring names is there, whatever fails, and others only where they could
//! not be removed.

use super::{
    crashes::{Step, Store, entries, make, open, vault},
    doubles::{Disk, Items, Syncs, Waits},
    *,
};
use crate::{
    unlock::Unlock,
    verbs::{Rekey, Verbs},
};

struct Device {
    disk: Disk,
    items: Items,
    store: Store,
}

/// A device store with an entry.
fn device() -> Device {
    let (disk, items) = (Disk::new(Syncs::All), Items::default());
    let store = open(&disk, &items, &Unlock::device()).unwrap();
    make(&store, Step::Set("a", b"1")).unwrap();
    Device { disk, items, store }
}

impl Device {
    fn make(&self, step: Step) -> Result<()> {
        make(&self.store, step)
    }

    /// The value of the entry, as somebody else reads it.
    fn value(&self) -> Result<Vec<u8>> {
        entries(&self.disk, &self.items, &Unlock::device()).map(|entries| entries.unwrap()["a"].clone())
    }
}

#[test]
fn a_store_has_one_item_and_a_rotation_keeps_it() {
    let device = device();
    let first = device.items.ids();
    assert_eq!(first.len(), 1);
    device.make(Step::Rotate).unwrap();
    assert_eq!(device.items.ids(), first);
    assert_eq!(device.value().unwrap(), b"1");
    device.make(Step::Destroy).unwrap();
    assert_eq!(device.items.ids().len(), 0);
}

#[test]
fn a_power_failure_right_after_a_rotation_loses_nothing() {
    let device = device();
    device.items.write();
    device.make(Step::Rotate).unwrap();
    let items = device.items.after_power_failure();
    assert_eq!(entries(&device.disk, &items, &Unlock::device()).unwrap().unwrap()["a"], b"1");
}

fn app_key() -> Unlock {
    Unlock::app_key([3; 32])
}

/// A store with an app key, and an entry.
fn with_app_key() -> Device {
    let (disk, items) = (Disk::new(Syncs::All), Items::default());
    let store = open(&disk, &items, &app_key()).unwrap();
    make(&store, Step::Set("a", b"1")).unwrap();
    Device { disk, items, store }
}

/// Changes the first unlock.
fn change(store: &Store, to: &Unlock) -> Result<()> {
    let id = &block_on(store.unlocks())?[0].id;
    block_on(store.rekey(Rekey::Change { id, to, label: None }, |_, _| {})).map(drop)
}

fn remember(store: &Store) -> Result<()> {
    block_on(store.rekey(Rekey::Add { added: &Unlock::device(), label: "" }, |_, _| {})).map(drop)
}

/// Changes an app key to the device, and cuts the power after each step; whether one of the two always opens the store.
fn opens_after_any_power_failure(waits: Waits) -> bool {
    let mut random = fastrand::Rng::with_seed(5);
    let opens = |disk: &Disk, items: &Items, unlock: &Unlock| {
        entries(disk, items, unlock).is_ok_and(|entries| entries.is_some_and(|entries| entries["a"] == b"1"))
    };
    (0..100).all(|steps| {
        let Device { disk, items, store } = with_app_key();
        items.waits(waits);
        disk.stop_after(steps);
        drop(change(&store, &Unlock::device()));
        (0..10).all(|_| {
            let (disk, items) = (disk.after_power_failure(&mut random), items.after_power_failure());
            opens(&disk, &items, &app_key()) || opens(&disk, &items, &Unlock::device())
        })
    })
}

#[test]
fn a_power_failure_during_a_change_to_the_device_leaves_a_way_in() {
    assert!(opens_after_any_power_failure(Waits::Written));
    assert!(!opens_after_any_power_failure(Waits::NotAtAll), "this test sees it if nobody waits");
}

#[test]
fn a_device_that_is_remembered_is_one_more_way_in_whatever_happens() {
    let mut random = fastrand::Rng::with_seed(7);
    for steps in 0..100 {
        let Device { disk, items, store } = with_app_key();
        items.waits(Waits::NotAtAll);
        disk.stop_after(steps);
        drop(remember(&store));
        for _ in 0..10 {
            let (disk, items) = (disk.after_power_failure(&mut random), items.after_power_failure());
            assert_eq!(entries(&disk, &items, &app_key()).unwrap().unwrap()["a"], b"1", "after {steps} steps");
            // An item that the power cut has taken is no damage: the other unlock is asked for.
            let by_device = entries(&disk, &items, &Unlock::device()).map_err(|error| error.kind());
            assert!(matches!(by_device, Ok(_) | Err(ErrorKind::Locked)), "after {steps} steps: {by_device:?}");
        }
    }
}

#[test]
fn a_device_that_is_forgotten_leaves_no_item() {
    let Device { disk, items, store } = with_app_key();
    remember(&store).unwrap();
    assert_eq!(items.ids().len(), 1);
    assert_eq!(entries(&disk, &items, &Unlock::device()).unwrap().unwrap()["a"], b"1");
    make(&store, Step::Rotate).unwrap();
    let before = items.ids();
    assert_eq!(entries(&disk, &items, &Unlock::device()).unwrap().unwrap()["a"], b"1");
    assert_eq!(items.ids(), before, "a rotation keeps it");
    block_on(store.rekey(Rekey::Remove("device"), |_, _| {})).unwrap();
    assert_eq!(items.ids().len(), 0);
    assert_eq!(entries(&disk, &items, &Unlock::device()).unwrap_err().kind(), ErrorKind::Locked);
    assert_eq!(entries(&disk, &items, &app_key()).unwrap().unwrap()["a"], b"1");
}

#[test]
fn a_keychain_that_loses_the_new_item_changes_nothing() {
    let Device { disk, items, store } = with_app_key();
    items.waits(Waits::Dies);
    let error = change(&store, &Unlock::device()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
    assert_eq!(entries(&disk, &items, &app_key()).unwrap().unwrap()["a"], b"1");
    make(&store, Step::Set("a", b"2")).unwrap();

    items.waits(Waits::Written);
    change(&store, &Unlock::device()).unwrap();
    assert_eq!((items.ids().len(), entries(&disk, &items, &Unlock::device()).unwrap().unwrap()["a"][0]), (1, b'2'));
}

#[test]
fn an_item_that_no_ring_came_to_name_is_removed() {
    let Device { disk, items, store } = with_app_key();
    disk.fail(Some(Io::StorageFull));
    let error = change(&store, &Unlock::device()).unwrap_err();
    assert_eq!((error.kind(), items.ids().len()), (ErrorKind::QuotaExceeded, 0));
}

#[test]
fn a_change_of_the_device_to_itself_makes_a_new_item() {
    let device = device();
    let first = device.items.ids();
    change(&device.store, &Unlock::device()).unwrap();
    assert_eq!(device.items.ids().len(), 1);
    assert_ne!(device.items.ids(), first);
    assert_eq!(device.value().unwrap(), b"1");
}

#[test]
fn an_old_item_that_cannot_be_removed_is_told_and_the_change_is_made() {
    let device = device();
    // An open store does not need it, and it answers no more.
    device.items.stop_after(Some(0));
    let error = change(&device.store, &app_key()).unwrap_err();
    device.items.stop_after(None);
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.to_string().contains("The unlock is changed all the same"), "{error}");
    assert_eq!(device.items.ids().len(), 1);
    make(&device.store, Step::Set("a", b"2")).unwrap();
    assert_eq!(entries(&device.disk, &device.items, &app_key()).unwrap().unwrap()["a"], b"2");
}

#[test]
fn without_its_item_a_store_is_left_as_it_is() {
    let device = device();
    let before = block_on(vault(&device.disk).some());
    device.items.forget();
    assert_eq!(device.value().unwrap_err().kind(), ErrorKind::KeyMissing);
    let error = open(&device.disk, &device.items, &Unlock::device()).err().unwrap();
    assert_eq!(error.kind(), ErrorKind::KeyMissing, "{error}");
    assert_eq!(device.items.ids().len(), 0, "no other is made");
    let after = block_on(vault(&device.disk).some());
    assert_eq!(after.unwrap(), before.unwrap());
}

#[test]
fn no_vault_is_made_where_the_keychain_does_not_answer() {
    let (disk, items) = (Disk::new(Syncs::All), Items::default());
    items.stop_after(Some(0));
    let error = open(&disk, &items, &Unlock::device()).err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    items.stop_after(None);
    assert_eq!(entries(&disk, &items, &Unlock::device()).unwrap(), None);
}

#[test]
fn a_keychain_that_stops_answering_loses_nothing() {
    for step in [Step::Rotate, Step::Set("a", b"1"), Step::Destroy] {
        for steps in 0..4 {
            let device = device();
            device.items.stop_after(Some(steps));
            let made = device.make(step);
            device.items.stop_after(None);
            let there = entries(&device.disk, &device.items, &Unlock::device()).unwrap();
            match step {
                // The files are gone, whether the item could be removed or not.
                Step::Destroy => assert!(there.is_none() && made.is_ok() == (steps > 0)),
                _ => assert_eq!(there.unwrap()["a"], b"1", "{step:?} after {steps} calls: {made:?}"),
            }
        }
    }
}

#[test]
fn a_rotation_that_is_not_written_leaves_the_item_that_was() {
    let kinds = [
        (Io::StorageFull, ErrorKind::QuotaExceeded),
        (Io::FileTooLarge, ErrorKind::QuotaExceeded),
        (Io::PermissionDenied, ErrorKind::Unavailable),
        (Io::ReadOnlyFilesystem, ErrorKind::Unavailable),
        (Io::Interrupted, ErrorKind::Platform),
    ];
    for (io, kind) in kinds {
        let device = device();
        let items = device.items.ids();
        device.disk.fail(Some(io));
        let error = device.make(Step::Rotate).unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.to_string().contains("What was stored still is"), "{error}");
        assert_eq!(device.items.ids(), items);
        device.disk.fail(None);
        assert_eq!(device.value().unwrap(), b"1");
        device.make(Step::Rotate).unwrap();
    }
}

#[test]
fn of_two_that_make_a_store_at_once_one_item_is_left() {
    for _ in 0..20 {
        let (disk, items) = (Disk::new(Syncs::All), Items::default());
        thread::scope(|scope| {
            for name in ["a", "b", "c"] {
                let (disk, items) = (disk.clone(), items.clone());
                scope.spawn(move || {
                    let store = open(&disk, &items, &Unlock::device()).unwrap();
                    make(&store, Step::Set(name, b"1")).unwrap();
                });
            }
        });
        assert_eq!(items.ids().len(), 1);
        assert_eq!(entries(&disk, &items, &Unlock::device()).unwrap().unwrap().len(), 3);
    }
}

#[test]
fn a_damaged_store_that_is_destroyed_takes_its_item_along() {
    let directory = Path::new("/srv/data");
    for from_end in [1, 40] {
        let device = device();
        device.disk.damage(directory, from_end);
        assert_eq!(device.value().unwrap_err().kind(), ErrorKind::Corrupt);
        device.make(Step::Destroy).unwrap();
        assert_eq!(device.items.ids().len(), 0, "byte {from_end} from the end");
        assert_eq!(entries(&device.disk, &device.items, &Unlock::device()).unwrap(), None);
    }
}
