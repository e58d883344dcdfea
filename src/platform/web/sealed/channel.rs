//! What the tabs, frames and workers of an origin tell each other about a namespace: which revision it has reached,
//! through BroadcastChannel
//! (<https://html.spec.whatwg.org/multipage/web-messaging.html#broadcasting-to-other-browsing-contexts>).
//!
//! Chromium 54, Firefox 38, Safari 15.4. Any script of the origin can forge a message, and it can arrive late. So a
//! message only makes somebody look, and is never taken for true. Without BroadcastChannel every read looks.

use std::{
    cell::{Cell, OnceCell, RefCell},
    rc::{Rc, Weak},
    sync::{self, Arc},
};

use js_sys::Date;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::spawn_local;
use web_sys::{BroadcastChannel, EventTarget};

use super::super::env::{get, global, with_method};
use crate::{
    platform::registry,
    sealed::{news::News, peers::Follower},
};

thread_local! {
    static CHANNELS: RefCell<Vec<Weak<Channel>>> = const { RefCell::new(Vec::new()) };
    /// This thread's one listener. It stays as long as the thread does.
    static RETURN: OnceCell<Closure<dyn FnMut()>> = const { OnceCell::new() };
}

/// For how long marks are passed over.
const HEEDLESS_MS: f64 = 60_000.0;

/// What this thread knows about a namespace's revision, shared by all handles.
pub(super) struct Channel {
    database: String,
    namespace: String,
    news: Arc<News>,
    followers: RefCell<Vec<sync::Weak<dyn Follower>>>,
    /// Whether somebody looks now, and whether there was news since that look began.
    looking: Cell<bool>,
    asked: Cell<bool>,
    /// The latest revision, as far as it can be known; `None` after a message about a change elsewhere.
    latest: Cell<Option<u64>>,
    /// How often it became `None`.
    doubts: Cell<u32>,
    /// Until when marks are passed over: somebody has left one and kept the lock for too long.
    heedless_until: Cell<f64>,
    /// `None` where there is no BroadcastChannel.
    broadcast: Option<Broadcast>,
}

struct Broadcast {
    channel: BroadcastChannel,
    _listener: Closure<dyn FnMut(JsValue)>,
}

impl Drop for Broadcast {
    fn drop(&mut self) {
        self.channel.set_onmessage(None);
        self.channel.close();
    }
}

impl Channel {
    /// The channel that all of a namespace's handles in this thread share.
    pub(super) fn of(database: &str, namespace: &str) -> Rc<Self> {
        listen_for_return();
        let is_it = |channel: &Weak<Self>| {
            channel.upgrade().is_some_and(|channel| channel.database == database && channel.namespace == namespace)
        };
        let make = || {
            let channel = Self::open(database, namespace);
            (Rc::downgrade(&channel), channel)
        };
        CHANNELS.with_borrow_mut(|all| registry::shared(all, Weak::upgrade, is_it, make))
    }

    fn open(database: &str, namespace: &str) -> Rc<Self> {
        Rc::new_cyclic(|channel| Channel {
            database: database.to_owned(),
            namespace: namespace.to_owned(),
            news: Arc::default(),
            followers: RefCell::default(),
            looking: Cell::default(),
            asked: Cell::default(),
            latest: Cell::default(),
            doubts: Cell::default(),
            heedless_until: Cell::default(),
            broadcast: Broadcast::open(&["keyfold:", database, ":", namespace].concat(), channel.clone()),
        })
    }

    /// A second channel for a namespace that has one, as another tab would have.
    #[cfg(test)]
    pub(super) fn elsewhere(database: &str, namespace: &str) -> Rc<Self> {
        Self::open(database, namespace)
    }

    pub(super) fn news(&self) -> &Arc<News> {
        &self.news
    }

    pub(super) fn follow(self: &Rc<Self>, follower: sync::Weak<dyn Follower>) {
        let mut followers = self.followers.borrow_mut();
        followers.retain(|other| other.strong_count() > 0 && !other.ptr_eq(&follower));
        followers.push(follower);
        drop(followers);
        self.catch_up();
    }

    pub(super) fn latest(&self) -> Option<u64> {
        self.latest.get()
    }

    /// Read this when a transaction begins, and pass it on with what the transaction found or made.
    pub(super) fn doubts(&self) -> u32 {
        self.doubts.get()
    }

    /// A transaction has found this revision.
    pub(super) fn found(&self, revision: u64, doubts: u32) {
        // A change that was announced since then may have come after the transaction.
        if self.broadcast.is_some() && self.doubts.get() == doubts {
            self.latest.set(self.latest.get().max(Some(revision)));
        }
    }

    /// A transaction of this thread has made this revision.
    pub(super) fn made(&self, revision: u64, doubts: u32) {
        self.found(revision, doubts);
        self.post(&number_of(revision));
    }

    /// A transaction of this thread has removed everything. The revisions of the next ring start over.
    pub(super) fn destroyed(&self) {
        self.doubt();
        self.post(&JsValue::NULL);
    }

    fn post(&self, message: &JsValue) {
        if let Some(broadcast) = &self.broadcast {
            // The channel takes numbers and null, and is not closed.
            let _ = broadcast.channel.post_message(message);
        }
    }

    /// Whether a marked revision makes this thread wait.
    pub(super) fn heeds_marks(&self) -> bool {
        self.heedless_until.get() < Date::now()
    }

    /// Somebody has left a mark and kept the lock for too long.
    pub(super) fn pass_marks_over(&self) {
        self.heedless_until.set(Date::now() + HEEDLESS_MS);
    }

    pub(super) fn heard(self: &Rc<Self>, message: &JsValue) {
        // A revision that a read has already seen is no news. Any other may be forged, or older than that.
        if self.latest.get().is_none_or(|latest| revision_of(message) != Some(latest)) {
            self.doubt();
        }
        self.catch_up();
    }

    fn doubt(&self) {
        self.latest.set(None);
        self.doubts.set(self.doubts.get().wrapping_add(1));
    }

    /// Makes one handle look at what others have changed, and tell the watchers. However much news comes meanwhile, it
    /// looks once more.
    fn catch_up(self: &Rc<Self>) {
        self.asked.set(self.news.hub.is_watched());
        if !self.asked.get() || self.looking.replace(true) {
            return;
        }
        let channel = Rc::clone(self);
        spawn_local(async move {
            while channel.asked.replace(false) {
                let followers: Vec<_> = channel.followers.borrow().iter().filter_map(sync::Weak::upgrade).collect();
                if let Some(look) = followers.into_iter().find_map(Follower::catch_up) {
                    look.await;
                }
            }
            channel.looking.set(false);
        });
    }
}

impl Broadcast {
    fn open(name: &str, channel: Weak<Channel>) -> Option<Self> {
        let listener = Closure::new(move |event: JsValue| {
            if let Some(channel) = channel.upgrade() {
                channel.heard(&get(&event, "data"));
            }
        });
        let channel = BroadcastChannel::new(name).ok()?;
        channel.set_onmessage(Some(listener.as_ref().unchecked_ref()));
        Some(Broadcast { channel, _listener: listener })
    }
}

/// A revision as JavaScript stores and sends it.
#[expect(clippy::cast_precision_loss, reason = "it was a number of JavaScript's, plus 1")]
pub(super) fn number_of(revision: u64) -> JsValue {
    JsValue::from_f64(revision as f64)
}

/// A revision that JavaScript stores or sends; `None` for what is not a whole number from 0 to 2⁵³ - 1.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "only whole numbers in range get there")]
pub(super) fn revision_of(value: &JsValue) -> Option<u64> {
    let is_revision = |number: &f64| (0.0..=js_sys::Number::MAX_SAFE_INTEGER).contains(number) && number.fract() == 0.0;
    value.as_f64().filter(is_revision).map(|number| number as u64)
}

/// The connection to a database is lost, so what it held may be gone.
pub(super) fn lost(database: &str) {
    look_again(|channel| channel.database == database);
}

/// A page that returns after it was frozen or kept in the back/forward cache may have missed messages.
fn listen_for_return() {
    RETURN.with(|listener| {
        listener.get_or_init(|| {
            let listener = Closure::new(|| look_again(|_| true));
            // Workers have no document, and receive none of these events.
            let document = global("document").unwrap_or_default();
            for (target, event) in
                [(js_sys::global().into(), "pageshow"), (document.clone(), "resume"), (document, "visibilitychange")]
            {
                if let Some(target) = with_method::<EventTarget>(target, "addEventListener") {
                    // Without the listener, old news is believed until the next message.
                    let _ = target.add_event_listener_with_callback(event, listener.as_ref().unchecked_ref());
                }
            }
            listener
        });
    });
}

fn look_again(whose: impl Fn(&Channel) -> bool) {
    let channels: Vec<_> = CHANNELS.with_borrow(|all| all.iter().filter_map(Weak::upgrade).collect());
    let asked = channels.iter().filter(|channel| whose(channel));
    asked.for_each(|channel| channel.heard(&JsValue::NULL));
}
