//! How a store is opened, as plain data that compiles on every target; each platform reads its own.

mod flutter_app;
mod native;
mod web;

use crate::{
    error::{Error, Result},
    unlock::{Unlock, UnlockKind},
};
pub use flutter_app::FlutterApp;
pub use native::NativeOptions;
pub(crate) use web::Material;
pub use web::{Engine, KeyMaterial, Layout, WebOptions};

/// Options that [`SecureStorage::with`](crate::SecureStorage::with) changes; what is not set stays as it was opened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CallOptions {
    pub(crate) web: WebOptions,
    pub(crate) fresh: Option<bool>,
}

impl CallOptions {
    /// Options that change nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Changes the options of the web that are set in `options`.
    #[must_use]
    pub fn web(mut self, options: WebOptions) -> Self {
        self.web = options;
        self
    }

    /// Whether reads ask the storage, instead of this handle's copies of sealed records, which may be older by as long
    /// as word of another tab's change takes. Sealed layout only: the other one always reads the storage.
    #[must_use]
    pub fn fresh(mut self, yes: bool) -> Self {
        self.fresh = Some(yes);
        self
    }
}

impl CallOptions {
    /// Refuses what the flutter layout has not.
    pub(crate) fn check_flutter(&self) -> Result<()> {
        match self.fresh {
            Some(_) => {
                Err(Error::invalid("fresh", "fresh belongs to the sealed layout: this one is always read fresh"))
            }
            None => Ok(()),
        }
    }
}

/// Everything that a builder was told.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) namespace: String,
    pub(crate) web: WebOptions,
    pub(crate) native: NativeOptions,
    pub(crate) in_memory: bool,
    pub(crate) must_exist: bool,
    /// What opens a sealed store.
    pub(crate) unlock: Option<Unlock>,
}

impl Settings {
    /// Whether a copy of what is stored, with what the app or its user has, opens elsewhere: all but a device store.
    pub(crate) fn is_recoverable(&self) -> bool {
        let is_device = self.unlock.as_ref().is_none_or(|unlock| unlock.kind() == UnlockKind::Device);
        self.web.layout.unwrap_or_default() == Layout::Flutter || !is_device
    }
}
