//! How a store is opened: a namespace and options, then `open`.

use crate::{
    error::{Error, Result},
    format::sealed::is_namespace,
    options::{Layout, NativeOptions, Settings, WebOptions},
    platform,
    storage::SecureStorage,
    unlock::Unlock,
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
            native: NativeOptions::default(),
            in_memory: false,
            must_exist: false,
            unlock: None,
        };
        Builder { settings }
    }

    /// Options of the web.
    pub fn web(mut self, options: WebOptions) -> Self {
        self.settings.web = options;
        self
    }

    /// Options of desktop and mobile systems.
    pub fn native(mut self, options: NativeOptions) -> Self {
        self.settings.native = options;
        self
    }

    /// What opens the store, sealed layout only. Default: [`Unlock::device`].
    pub fn unlock(mut self, unlock: Unlock) -> Self {
        self.settings.unlock = Some(unlock);
        self
    }

    /// Keeps the entries in this process's memory, in the layout that [`web`](Self::web) names, on every
    /// target: for tests and server-side rendering. Every `open` starts empty.
    pub fn in_memory(mut self) -> Self {
        self.settings.in_memory = true;
        self
    }

    /// Whether the store must be there already. Default: false, and it is made: in the sealed layout at once, in the
    /// flutter layout by the first `set`.
    pub fn must_exist(mut self, yes: bool) -> Self {
        self.settings.must_exist = yes;
        self
    }

    /// Opens the namespace.
    ///
    /// # Errors
    /// [`InvalidArgument`](crate::ErrorKind::InvalidArgument) for options that cannot be used ·
    /// [`WrongKey`](crate::ErrorKind::WrongKey) when the unlock or the wrap key does not open the stored data key ·
    /// [`Locked`](crate::ErrorKind::Locked) when the store needs another kind of unlock than the one given, or a wrap
    /// key and there is none, or the reverse · [`Corrupt`](crate::ErrorKind::Corrupt) when the key ring or key entry
    /// is damaged · [`KeyMissing`](crate::ErrorKind::KeyMissing) when entries are there without what leads to their
    /// key, and with [`must_exist`](Self::must_exist) ·
    /// [`NewerFormat`](crate::ErrorKind::NewerFormat) · [`QuotaExceeded`](crate::ErrorKind::QuotaExceeded) ·
    /// [`Unavailable`](crate::ErrorKind::Unavailable) where the storage or WebCrypto is blocked, the vault may not be
    /// read or written, or a device store's keychain is not there, locked, or silent for too long ·
    /// [`Cancelled`](crate::ErrorKind::Cancelled) when the question for the keychain's password is dismissed ·
    /// [`Unsupported`](crate::ErrorKind::Unsupported) outside browsers for the flutter layout elsewhere than
    /// [`in_memory`](Self::in_memory), and for [`Unlock::device`] where there is no backend for the keychain.
    pub async fn open(self) -> Result<SecureStorage> {
        self.check()?;
        let backend = platform::open(&self.settings).await?;
        Ok(SecureStorage::new(self.settings.namespace, self.settings.native.timeout(), backend))
    }

    /// Removes the namespace whole, without opening it: entries, keys and claim. The way out when what opens it
    /// is lost, and never done on its own.
    ///
    /// # Errors
    /// [`InvalidArgument`](crate::ErrorKind::InvalidArgument), [`Unavailable`](crate::ErrorKind::Unavailable) and
    /// [`Unsupported`](crate::ErrorKind::Unsupported) as [`open`](Self::open).
    pub async fn destroy(self) -> Result<()> {
        self.check()?;
        platform::destroy(&self.settings).await
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Refuses options that do not go together.
    pub(crate) fn check(&self) -> Result<()> {
        if self.settings.namespace.is_empty() {
            return Err(Error::invalid("namespace", "the namespace is empty: give the app's own name"));
        }
        match self.settings.web.layout.unwrap_or_default() {
            Layout::Sealed => self.check_sealed(),
            Layout::Flutter => self.check_flutter(),
        }
    }

    fn check_sealed(&self) -> Result<()> {
        if !is_namespace(&self.settings.namespace) {
            return Err(Error::invalid("namespace", "the namespace is longer than 1024 bytes of UTF-8"));
        }
        self.settings.unlock.iter().try_for_each(Unlock::check)?;
        let web = &self.settings.web;
        if let Some(argument) = web.set_of_flutter() {
            let message = match argument {
                "wrapKey" | "wrapKeyIv" => format!(
                    "{argument} belongs to the flutter layout: name that layout too, or give unlock: {{ appKey }} \
                     (Unlock::app_key) in this one"
                ),
                _ => format!("{argument} belongs to the flutter layout: name that layout too"),
            };
            return Err(Error::invalid(argument, message));
        }
        if web.db_name.as_deref() == Some("keyfold-claims") {
            return Err(Error::invalid(
                "dbName",
                "keyfold-claims is the flutter layout's own database: choose another",
            ));
        }
        Ok(())
    }

    fn check_flutter(&self) -> Result<()> {
        if self.settings.unlock.is_some() {
            let message = "unlock belongs to the sealed layout: give wrapKey and wrapKeyIv in this one";
            return Err(Error::invalid("unlock", message));
        }
        if self.settings.in_memory && self.settings.web.use_session_storage == Some(true) {
            return Err(Error::invalid("useSessionStorage", "a store in memory has no sessionStorage: choose one"));
        }
        Ok(())
    }
}
