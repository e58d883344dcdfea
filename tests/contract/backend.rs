//! The backends that the suite runs on, and how a store is opened on each.

use std::sync::atomic::{AtomicUsize, Ordering};

use keyfold::{Builder, CallOptions, Engine, SecureStorage, WebOptions};

/// Where entries lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Area {
    Memory,
    LocalStorage,
    SessionStorage,
}

#[derive(Debug)]
pub(crate) struct Backend {
    pub(crate) area: Area,
    pub(crate) engine: Engine,
    pub(crate) wrapped: bool,
}

/// The wrap key of the suite; it must not be seen anywhere.
pub(crate) const WRAP_KEY: &str = "QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaW1xdXl8=";

impl Backend {
    pub(crate) fn builder(&self, namespace: &str) -> Builder {
        let mut web = WebOptions::flutter().engine(self.engine);
        if self.wrapped {
            web = web.wrap_key(WRAP_KEY).wrap_key_iv("EBESExQVFhcYGRob");
        }
        match self.area {
            Area::Memory => SecureStorage::builder(namespace).web(web).in_memory(),
            Area::LocalStorage => SecureStorage::builder(namespace).web(web),
            Area::SessionStorage => SecureStorage::builder(namespace).web(web.use_session_storage(true)),
        }
    }

    /// A namespace that nobody has used.
    pub(crate) fn namespace(&self) -> String {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        format!("contract {}", COUNT.fetch_add(1, Ordering::Relaxed))
    }

    /// A store that nobody has used.
    pub(crate) async fn open(&self) -> SecureStorage {
        self.builder(&self.namespace()).open().await.expect("it opens")
    }

    /// Another handle of the same store.
    pub(crate) async fn another(&self, storage: &SecureStorage) -> SecureStorage {
        match self.area {
            // Every `open` in memory starts empty.
            Area::Memory => storage.with(CallOptions::new()).await.expect("it opens"),
            _ => self.builder(storage.namespace()).open().await.expect("it opens"),
        }
    }
}
