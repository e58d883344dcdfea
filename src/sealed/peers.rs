//! What an area knows about the other handles of its namespace, in this process and elsewhere.

use std::{
    pin::Pin,
    sync::{Arc, Weak},
};

use super::news::News;

/// Who else uses a namespace. Beside its storage, this is what a [`RecordArea`](super::area::RecordArea) offers to
/// watchers.
pub(crate) trait Peers {
    /// Who watches the namespace in this process, and what they know.
    fn news(&self) -> &Arc<News>;

    /// Drops what is known of the records: copies that are kept for speed, and how far they had come.
    fn forget(&self) {}

    /// Calls `follower` now, and whenever another process may have changed something.
    fn follow(&self, _follower: Weak<dyn Follower>) {}
}

/// Somebody who looks at what others have changed.
pub(crate) trait Follower {
    #[allow(dead_code, reason = "outside a browser nobody says when to look")]
    /// Looks, and tells the watchers; `None` if it cannot look now.
    fn catch_up(self: Arc<Self>) -> Option<Pin<Box<dyn Future<Output = ()>>>>;
}
