//! Changes of entries, as a stream from any handle of a store.

use std::{
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
};

use futures_channel::mpsc::{self, UnboundedReceiver, UnboundedSender};
use futures_core::Stream;

/// One change of a namespace's entries. It carries no value: read the entry if you need it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Change {
    /// What happened to which entry.
    pub kind: ChangeKind,
    /// Whether another tab, frame or worker made the change. Outside browsers, where changes of other processes are not
    /// told, it is false.
    pub remote: bool,
}

/// What happened to which entry.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ChangeKind {
    /// The entry of this name was written.
    Set(String),
    /// The entry of this name was removed.
    Remove(String),
    /// All entries were removed at once.
    Clear,
}

/// The changes since [`SecureStorage::watch`](crate::SecureStorage::watch) was called. Dropping it ends the watch.
#[derive(Debug)]
#[must_use = "changes come only while it is kept"]
pub struct Watch {
    changes: UnboundedReceiver<Change>,
    // A watch outlives the handle that made it, and what feeds it must too.
    _hub: Arc<Hub>,
}

impl Stream for Watch {
    type Item = Change;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Change>> {
        Pin::new(&mut self.changes).poll_next(cx)
    }
}

/// Everyone who watches one store.
#[derive(Debug, Default)]
pub(crate) struct Hub(Mutex<Vec<UnboundedSender<Change>>>);

impl Hub {
    fn watchers(&self) -> MutexGuard<'_, Vec<UnboundedSender<Change>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn watch(self: &Arc<Self>) -> Watch {
        let (sender, changes) = mpsc::unbounded();
        self.watchers().push(sender);
        Watch { changes, _hub: Arc::clone(self) }
    }

    /// Whether there is any watcher.
    #[cfg(feature = "sealed")]
    pub(crate) fn is_watched(&self) -> bool {
        self.watchers().iter().any(|watcher| !watcher.is_closed())
    }

    /// Tells every watcher, and drops those that are gone. `kind` is called only if there are any.
    pub(crate) fn tell(&self, kind: impl FnOnce() -> ChangeKind, remote: bool) {
        let told = {
            let mut watchers = self.watchers();
            watchers.retain(|watcher| !watcher.is_closed());
            watchers.clone()
        };
        if told.is_empty() {
            return;
        }
        let kind = kind();
        // Outside of the lock: this wakes the app's tasks, and how they are woken is the app's.
        told.iter().for_each(|watcher| drop(watcher.unbounded_send(Change { kind: kind.clone(), remote })));
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::mpsc::channel,
        task::{Wake, Waker},
        thread,
        time::Duration,
    };

    use futures_util::{FutureExt, StreamExt};

    use super::*;

    #[test]
    fn a_dropped_watch_is_forgotten() {
        let hub = Arc::new(Hub::default());
        let mut kept = hub.watch();
        drop(hub.watch());
        hub.tell(|| ChangeKind::Set("a".into()), false);
        assert_eq!(hub.0.lock().expect("no panic under the lock").len(), 1);
        let change = kept.next().now_or_never().flatten();
        assert_eq!(change, Some(Change { kind: ChangeKind::Set("a".into()), remote: false }));
    }

    /// An app's way to run tasks, which asks the store when it is woken.
    struct Asking(Arc<Hub>);

    impl Wake for Asking {
        fn wake(self: Arc<Self>) {
            drop(self.0.watch());
        }
    }

    #[test]
    fn whoever_is_woken_may_ask_the_store() {
        let (told, is_told) = channel();
        thread::spawn(move || {
            let hub = Arc::new(Hub::default());
            let mut watch = hub.watch();
            let waker = Waker::from(Arc::new(Asking(Arc::clone(&hub))));
            assert!(Pin::new(&mut watch).poll_next(&mut Context::from_waker(&waker)).is_pending());
            hub.tell(|| ChangeKind::Clear, false);
            told.send(watch.next().now_or_never().flatten())
        });
        // A lock that is taken twice would keep it for good.
        let change = is_told.recv_timeout(Duration::from_secs(30)).expect("it is told");
        assert_eq!(change, Some(Change { kind: ChangeKind::Clear, remote: false }));
    }
}
