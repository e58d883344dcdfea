//! The key entry under an open handle: changed, taken away, or not this handle's.

use std::sync::Mutex;

use futures_util::FutureExt;

use super::{tabs::Patient, *};
use crate::{flutter::area::Listing, watch::Hub};

#[test]
fn a_key_entry_that_another_handle_changed_is_noticed() {
    let area = Memory::default();
    let (ours, theirs) = (open(&area, "app"), open(&area, "app"));
    set(&ours, "token", "old");
    assert_eq!(get(&theirs, "token").as_deref(), Some("old"));
    now(theirs.destroy()).expect("it can be destroyed");
    set(&theirs, "token", "new");
    assert_eq!(get(&ours, "token").as_deref(), Some("new"));
    set(&ours, "other", "ours");
    assert_eq!(get(&open(&area, "app"), "other").as_deref(), Some("ours"));
}

#[test]
fn a_key_entry_that_this_handle_cannot_open_keeps_it_from_writing() {
    let area = Memory::default();
    let (clear, wrapped) = (open(&area, "app"), try_open(area.clone(), "app", wrap(7)).expect("nothing is there"));
    set(&wrapped, "token", "wrapped");
    let before = everything(&area);
    assert_eq!(kind(now(clear.get("token"))).0, ErrorKind::Locked);
    assert_eq!(kind(now(clear.set("token", b"clear"))).0, ErrorKind::Locked);
    assert_eq!(kind(now(clear.get_all(OnUnreadable::Skip))).0, ErrorKind::Locked);
    let others = try_open(Memory::default(), "app", wrap(8)).expect("nothing is there");
    let others = FlutterStore { area: area.clone(), ..others };
    assert_eq!(kind(now(others.set("token", b"others"))).0, ErrorKind::WrongKey);
    assert_eq!(everything(&area), before);
    assert_eq!(get(&wrapped, "token").as_deref(), Some("wrapped"));
}

#[test]
fn a_damaged_key_entry_keeps_everyone_from_writing() {
    let area = Memory::default();
    let store = open(&area, "app");
    set(&store, "token", "value");
    area.set("app", "damaged").expect("there is room");
    let before = everything(&area);
    assert_eq!(kind(now(store.get("token"))), (ErrorKind::Corrupt, None));
    assert_eq!(kind(now(store.set("token", b"new"))), (ErrorKind::Corrupt, None));
    assert_eq!(kind(try_open(area.clone(), "app", None)), (ErrorKind::Corrupt, None));
    assert_eq!(everything(&area), before);
    // What needs no key still works, so there is a way out.
    assert_eq!(now(store.keys()).expect("it can be listed"), ["token"]);
    now(store.destroy()).expect("it can be destroyed");
    set(&store, "token", "new");
}

#[test]
fn entries_without_their_key_are_neither_read_nor_written_over() {
    let area = Memory::default();
    let store = open(&area, "app");
    set(&store, "token", "value");
    let key_entry = area.get("app").expect("it can be read").expect("it is there");
    area.remove("app").expect("it can be removed");
    let before = everything(&area);
    assert_eq!(kind(now(store.get("token"))).0, ErrorKind::KeyMissing);
    assert_eq!(kind(now(store.set("token", b"new"))).0, ErrorKind::KeyMissing);
    assert_eq!(kind(now(store.set("other", b"new"))).0, ErrorKind::KeyMissing);
    assert_eq!(get(&store, "absent"), None);
    assert_eq!(everything(&area), before);
    // Put back from a copy, everything is as it was.
    area.set("app", &key_entry).expect("there is room");
    assert_eq!(get(&store, "token").as_deref(), Some("value"));
}

#[test]
fn a_store_that_must_exist_is_not_made() {
    let area = Memory::default();
    let must_exist = || now(FlutterStore::<_, SoftwareCipher>::over(area.clone(), "app", Engine::Auto, None, true));
    assert_eq!(kind(must_exist()).0, ErrorKind::KeyMissing);
    area.set("app.token", "left without its key").expect("there is room");
    assert_eq!(kind(must_exist()).0, ErrorKind::KeyMissing);
    area.remove("app.token").expect("it can be removed");
    let store = open(&area, "app");
    set(&store, "token", "value");
    now(store.clear()).expect("it can be cleared");
    assert!(must_exist().is_ok(), "an empty store is there all the same");
    now(store.destroy()).expect("it can be destroyed");
    assert_eq!(kind(must_exist()).0, ErrorKind::KeyMissing);
}

/// When another tab comes in between, as seen from a read or a write of `app.token`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Moment {
    BeforeGet,
    AfterGet,
    BeforeSet,
    AfterSet,
}

type Meddle = Box<dyn FnMut(&Memory) + Send>;

/// An area in which another tab does something at a certain moment.
#[derive(Clone, Default)]
struct Meddled {
    area: Memory,
    meddle: Arc<Mutex<Option<(Moment, Meddle)>>>,
}

impl Meddled {
    /// A store with one entry, `token`.
    fn new() -> Self {
        let meddled = Meddled::default();
        set(&open(&meddled.area, "app"), "token", "old");
        meddled
    }

    /// From now on, another tab does this at every such moment.
    fn always(&self, moment: Moment, meddle: impl FnMut(&Memory) + Send + 'static) {
        *self.meddle.lock().expect("no panic under the lock") = Some((moment, Box::new(meddle)));
    }

    /// From now on, another tab does this at the next such moment.
    fn once(&self, moment: Moment, meddle: impl FnOnce(&Memory) + Send + 'static) {
        let mut meddle = Some(meddle);
        self.always(moment, move |area| {
            if let Some(meddle) = meddle.take() {
                meddle(area);
            }
        });
    }

    fn arrive(&self, name: &str, moment: Moment) {
        if let Some((when, meddle)) = &mut *self.meddle.lock().expect("no panic under the lock")
            && (name, moment) == ("app.token", *when)
        {
            meddle(&self.area);
        }
    }
}

impl Area for Meddled {
    type Text = str;

    fn get(&self, name: &str) -> Result<Option<String>> {
        self.arrive(name, Moment::BeforeGet);
        let text = self.area.get(name);
        self.arrive(name, Moment::AfterGet);
        text
    }

    fn set(&self, name: &str, text: &str) -> Result<()> {
        self.arrive(name, Moment::BeforeSet);
        self.area.set(name, text)?;
        self.arrive(name, Moment::AfterSet);
        Ok(())
    }

    fn remove(&self, name: &str) -> Result<bool> {
        self.area.remove(name)
    }

    fn list(&self, prefix: &str) -> Result<Listing<str>> {
        self.area.list(prefix)
    }

    fn add(&self, name: &str, text: &str) -> Result<String> {
        self.area.add(name, text)
    }

    fn hub(&self, namespace: &str) -> Arc<Hub> {
        self.area.hub(namespace)
    }
}

/// Another tab destroys the namespace and creates it again.
fn make_again(area: &Memory) {
    now(destroy(area, "app")).expect("it can be destroyed");
    set(&open(area, "app"), "theirs", "made again");
}

#[test]
fn a_write_during_which_another_tab_made_the_store_again_is_sealed_again() {
    // Before the write looks at what it replaces is after the sealing, which other tabs need not wait for.
    for moment in [Moment::BeforeGet, Moment::BeforeSet, Moment::AfterSet] {
        let area = Meddled::new();
        area.once(moment, make_again);
        set(&open(&area, "app"), "token", "new");
        let reader = open(&area.area, "app");
        assert_eq!(get(&reader, "token").as_deref(), Some("new"), "{moment:?}");
        assert_eq!(get(&reader, "theirs").as_deref(), Some("made again"), "{moment:?}");
    }
}

#[test]
fn a_write_during_which_another_tab_destroyed_makes_a_key() {
    for moment in [Moment::BeforeGet, Moment::AfterSet] {
        let area = Meddled::new();
        area.once(moment, |area| now(destroy(area, "app")).expect("it can be destroyed"));
        // What was written under the key that is gone must not keep the new one from being made.
        set(&open(&area, "app"), "token", "new");
        assert_eq!(get(&open(&area.area, "app"), "token").as_deref(), Some("new"), "{moment:?}");
    }
}

#[test]
fn a_namespace_that_never_stands_still_is_unavailable_and_no_damage_is_left() {
    let area = Meddled::new();
    area.always(Moment::BeforeGet, make_again);
    assert_eq!(kind(now(open(&area, "app").set("token", b"new"))).0, ErrorKind::Unavailable);
    let report = now(open(&area.area, "app").verify()).expect("it can be verified");
    assert_eq!(report.unreadable, [], "what was sealed under a key that is gone is left");
}

#[test]
fn a_read_during_which_another_tab_made_the_store_again_is_done_again() {
    let area = Meddled::new();
    area.once(Moment::AfterGet, |area| {
        make_again(area);
        set(&open(area, "app"), "token", "new");
    });
    assert_eq!(get(&open(&area, "app"), "token").as_deref(), Some("new"));
}

#[test]
fn a_read_during_which_another_tab_removed_the_entry_finds_none() {
    let area = Meddled::new();
    area.once(Moment::AfterGet, make_again);
    assert_eq!(get(&open(&area, "app"), "token"), None);
}

#[test]
fn a_key_that_goes_while_all_is_read_is_missing_and_not_left_out() {
    let area = Meddled::new();
    area.area.set("app.token", "oKGio6Slpqeoqaqr.XGmWJa9Lk6D4IgoqYRnF0A==").expect("there is room");
    area.once(Moment::BeforeGet, |area| assert!(area.remove("app").expect("it can be removed")));
    assert_eq!(kind(now(open(&area, "app").get_all(OnUnreadable::Skip))).0, ErrorKind::KeyMissing);
}

#[test]
fn what_another_tab_wrote_while_a_value_was_sealed_is_not_lost_to_a_text_that_nothing_opens() {
    let area = Memory::default();
    set(&open(&area, "app"), "token", "old");
    let store =
        now(FlutterStore::<_, Patient>::over(area.clone(), "app", Engine::Auto, None, false)).expect("it opens");
    let mut write = Box::pin(store.set("token", b"new"));
    assert!(write.as_mut().now_or_never().is_none(), "it waits for the cipher");
    now(destroy(&area, "app")).expect("it can be destroyed");
    set(&open(&area, "app"), "token", "theirs");
    // Room for one write: the value that is sealed again must not need a second.
    area.fill_after(1);
    now(write).expect("it can be written");
    assert_eq!(get(&open(&area, "app"), "token").as_deref(), Some("new"));
}
