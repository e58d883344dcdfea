//! The backends that the suite runs on, and how a store is opened on each.

use std::{
    path::PathBuf,
    sync::atomic::{AtomicUsize, Ordering},
};

use keyfold::{Builder, CallOptions, Engine, Layout, NativeOptions, SecureStorage, Unlock, WebOptions};

/// Where entries are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Area {
    Memory,
    LocalStorage,
    SessionStorage,
    /// A sealed store's own place: a database in browsers, a vault elsewhere.
    Stored,
}

/// What guards the data key: the first two in the flutter layout, the others in the sealed one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Guard {
    Nothing,
    WrapKey,
    Device,
    AppKey,
    Passphrase,
}

impl Guard {
    /// Whether it is one unlock of several that there may be.
    pub(crate) fn is_slot(self) -> bool {
        matches!(self, Guard::AppKey | Guard::Passphrase)
    }

    /// What `protection` says of it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Guard::Nothing => "none",
            Guard::WrapKey => "wrap-key",
            Guard::Device => "device",
            Guard::AppKey => "app-key",
            Guard::Passphrase => "passphrase",
        }
    }
}

#[derive(Debug)]
pub(crate) struct Backend {
    pub(crate) area: Area,
    pub(crate) guard: Guard,
    /// `None` in the sealed layout.
    engine: Option<Engine>,
}

// The suite's secrets; they must not be seen anywhere.

pub(crate) const WRAP_KEY: &str = "QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaW1xdXl8=";
pub(crate) const APP_KEY: &str = "YGFiY2RlZmdoaWprbG1ub3BxcnN0dXZ3eHl6e3x9fn8=";
pub(crate) const PASSPHRASE: &str = "correct horse battery";

/// The directory of this run's vaults, where `cargo clean` finds it. A browser has neither directories nor processes.
pub(crate) fn vaults() -> PathBuf {
    if cfg!(target_family = "wasm") {
        return PathBuf::new();
    }
    let run = format!("contract-{}", std::process::id());
    [option_env!("CARGO_TARGET_TMPDIR").unwrap_or_default(), &run].iter().collect()
}

impl Backend {
    pub(crate) const fn flutter(area: Area, engine: Engine, guard: Guard) -> Self {
        Backend { area, guard, engine: Some(engine) }
    }

    pub(crate) const fn sealed(area: Area, guard: Guard) -> Self {
        Backend { area, guard, engine: None }
    }

    pub(crate) fn layout(&self) -> Layout {
        if self.engine.is_some() { Layout::Flutter } else { Layout::Sealed }
    }

    pub(crate) fn builder(&self, namespace: &str) -> Builder {
        let builder = SecureStorage::builder(namespace);
        let builder = match self.area {
            Area::Memory => builder.in_memory(),
            _ => builder.native(NativeOptions::new().directory(vaults())),
        };
        let Some(engine) = self.engine else { return builder.unlock(self.unlock()) };
        let mut web = WebOptions::flutter().engine(engine);
        if self.guard == Guard::WrapKey {
            web = web.wrap_key(WRAP_KEY).wrap_key_iv("EBESExQVFhcYGRob");
        }
        if self.area == Area::SessionStorage {
            web = web.use_session_storage(true);
        }
        builder.web(web)
    }

    /// What opens a sealed store.
    pub(crate) fn unlock(&self) -> Unlock {
        match self.guard {
            Guard::AppKey => Unlock::app_key(APP_KEY),
            Guard::Passphrase => Unlock::passphrase(PASSPHRASE),
            _ => Unlock::device(),
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
