//! Watching: changes by this process are reported when they are made, and changes by others are found by looking.

use std::{
    pin::Pin,
    sync::{Arc, Weak},
};

use super::{
    Platform,
    area::{Age, RecordArea},
    peers::{Follower, Peers},
    session::Session,
};
use crate::{error::Result, watch::Watch};

impl<P: Platform> Session<P> {
    pub(super) fn watch(self: &Arc<Self>) -> Watch {
        let news = self.namespace.area.news();
        if !news.hub.is_watched() {
            // Nobody was told what has changed since the last one.
            news.forget();
        }
        let watch = news.hub.watch();
        let follower: Weak<Self> = Arc::downgrade(self);
        self.namespace.area.follow(follower);
        watch
    }

    /// Looks at what others have changed, and tells the watchers.
    pub(super) async fn look(&self) -> Result<()> {
        let area = &self.namespace.area;
        let news = area.news();
        loop {
            let destroyed = news.times_destroyed();
            let Some((keys, locks)) = self.keys().await? else {
                news.looked_at_nothing();
                return Ok(());
            };
            if let Ok(all) = area.all(&keys.ring, Age::Known).await? {
                let unknown = news.unknown(&keys.data_key_id, &all);
                let opened = keys.open_all(&unknown).await;
                self.check(locks)?;
                if news.times_destroyed() != destroyed {
                    continue;
                }
                let named = unknown.iter().zip(opened).filter_map(|((at, _), entry)| Some((*at, entry.ok()?.name)));
                news.looked(&keys.data_key_id, keys.generation, &all, &named.collect::<Vec<_>>());
                return Ok(());
            }
            self.again(Some(&keys), locks).await?;
        }
    }
}

impl<P: Platform> Follower for Session<P> {
    fn catch_up(self: Arc<Self>) -> Option<Pin<Box<dyn Future<Output = ()>>>> {
        if self.is_locked() {
            return None;
        }
        // What cannot be read now is found by the next look.
        Some(Box::pin(async move { drop(self.look().await) }))
    }
}
