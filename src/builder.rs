//! How a store is opened: a namespace and options, then `open`.

use crate::{
    error::{Error, ErrorKind, Result},
    options::{Layout, Settings, WebOptions},
    platform::Backend,
    storage::SecureStorage,
};

/// Says how to open a namespace. Made by [`SecureStorage::builder`].
#[derive(Clone, Debug)]
#[must_use = "a store is opened by `open`"]
pub struct Builder {
    settings: Settings,
}

impl Builder {
    pub(crate) fn new(namespace: &str) -> Self {
        let settings = Settings {
            namespace: namespace.to_owned(),
            web: WebOptions::default(),
            in_memory: false,
            must_exist: false,
        };
        Builder { settings }
    }

    /// Options of the web.
    pub fn web(mut self, options: WebOptions) -> Self {
        self.settings.web = options;
        self
    }

    /// Keeps the entries in this process's memory, in the layout that [`web`](Self::web) names, on every
    /// target: for tests and server-side rendering. Every `open` starts empty.
    pub fn in_memory(mut self) -> Self {
        self.settings.in_memory = true;
        self
    }

    /// Whether the store must be there already. Default: false, and the first `set` makes it.
    pub fn must_exist(mut self, yes: bool) -> Self {
        self.settings.must_exist = yes;
        self
    }

    /// Opens the namespace. Nothing is written before the first `set`.
    ///
    /// # Errors
    /// [`InvalidArgument`](ErrorKind::InvalidArgument) for options that cannot be used ·
    /// [`WrongKey`](ErrorKind::WrongKey) when the wrap key does not open the stored data key ·
    /// [`Locked`](ErrorKind::Locked) when the data key is wrapped and no wrap key was given, or the reverse ·
    /// [`Corrupt`](ErrorKind::Corrupt) when the key entry is damaged · [`KeyMissing`](ErrorKind::KeyMissing)
    /// with [`must_exist`](Self::must_exist) · [`Unavailable`](ErrorKind::Unavailable) where the storage or
    /// WebCrypto is blocked · [`Unsupported`](ErrorKind::Unsupported) for the sealed layout, and outside
    /// browsers for all but [`in_memory`](Self::in_memory).
    pub async fn open(self) -> Result<SecureStorage> {
        self.check()?;
        let backend = Backend::open(&self.settings).await?;
        Ok(SecureStorage::new(self.settings.namespace, backend))
    }

    /// Removes the namespace whole, without opening it: entries, key and claim. The way out when its wrap
    /// key is lost, and never done on its own.
    ///
    /// # Errors
    /// [`InvalidArgument`](ErrorKind::InvalidArgument), [`Unavailable`](ErrorKind::Unavailable) and
    /// [`Unsupported`](ErrorKind::Unsupported) as [`open`](Self::open).
    pub async fn destroy(self) -> Result<()> {
        self.check()?;
        Backend::destroy_unopened(&self.settings).await
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Refuses options that do not go together, or that this version does not have.
    pub(crate) fn check(&self) -> Result<()> {
        if self.settings.namespace.is_empty() {
            return Err(Error::invalid("namespace", "the namespace is empty: give the app's own name"));
        }
        let web = &self.settings.web;
        if web.layout.unwrap_or_default() != Layout::Flutter {
            for (argument, given) in [
                ("wrapKey", web.wrap_key.is_some()),
                ("wrapKeyIv", web.wrap_key_iv.is_some()),
                ("useSessionStorage", web.use_session_storage.is_some()),
                ("engine", web.engine.is_some()),
            ] {
                if given {
                    let message = format!("{argument} belongs to the flutter layout: name that layout too");
                    return Err(Error::invalid(argument, message));
                }
            }
            let message =
                "the sealed layout is not in this version: open with layout \"flutter\" (WebOptions::flutter())";
            return Err(Error::new(ErrorKind::Unsupported, message));
        }
        if self.settings.in_memory && web.use_session_storage == Some(true) {
            return Err(Error::invalid("useSessionStorage", "a store in memory has no sessionStorage: choose one"));
        }
        Ok(())
    }
}
