//! Watching: what this process changes is told as it is done, what others change is found by looking.

use std::{
    pin::Pin,
    sync::{Arc, Weak},
};

use super::{SealedStore, Shared};
use crate::{
    area::records::{Age, Follower, RecordArea},
    crypto::aead::Aead,
    error::Result,
    watch::Watch,
};

impl<A: RecordArea<DeviceKey = K> + 'static, K: Aead + 'static> SealedStore<A, K> {
    pub(crate) fn watch(&self) -> Watch {
        let news = self.shared.area.news();
        if !news.hub.is_watched() {
            // Nobody was told of what has changed since the last one.
            news.forget();
        }
        let watch = news.hub.watch();
        let shared: Weak<Shared<A, K>> = Arc::downgrade(&self.shared);
        self.shared.area.follow(shared);
        watch
    }
}

impl<A: RecordArea<DeviceKey = K>, K: Aead> SealedStore<A, K> {
    /// Looks what others have changed, and tells who watches.
    pub(super) async fn look(&self) -> Result<()> {
        let news = self.shared.area.news();
        loop {
            let destroyed = news.times_destroyed();
            let Some((keys, locks)) = self.keys().await? else {
                news.looked_at_nothing();
                return Ok(());
            };
            if let Ok(all) = self.shared.area.all(&keys.ring, Age::Known).await? {
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

impl<A: RecordArea<DeviceKey = K> + 'static, K: Aead + 'static> Follower for Shared<A, K> {
    fn catch_up(self: Arc<Self>) -> Option<Pin<Box<dyn Future<Output = ()>>>> {
        if self.state().is_locked {
            return None;
        }
        let store = SealedStore { shared: self, age: Age::Known };
        // What cannot be read now is found by the next look.
        Some(Box::pin(async move { drop(store.look().await) }))
    }
}
