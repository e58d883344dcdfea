//! How a store is opened, as plain data that compiles on every target; each platform reads its own.

mod web;

pub(crate) use web::Material;
pub use web::{Engine, KeyMaterial, Layout, WebOptions};

/// Options that [`SecureStorage::with`](crate::SecureStorage::with) changes; what is not set stays as it was opened.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct CallOptions {
    pub(crate) web: WebOptions,
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
}

/// Everything that a builder was told.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) namespace: String,
    pub(crate) web: WebOptions,
    pub(crate) in_memory: bool,
    pub(crate) must_exist: bool,
}
