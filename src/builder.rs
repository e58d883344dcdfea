//! How a store is opened: a namespace and options, then `open`.

use crate::{
    error::{Error, Result},
    options::{Layout, NativeOptions, Place, Settings, WebOptions},
    platform,
    report::{Availability, Looked, Presence},
    storage::SecureStorage,
    store::Store,
    unlock::{Unlock, UnlockInfo, UnlockKind},
};

/// The longest namespace of a sealed store, in bytes of UTF-8. Its names in keychains and files are hashes of it.
#[cfg(feature = "sealed")]
const MAX_NAMESPACE_BYTES: usize = 1024;

/// Says how to open a namespace. [`SecureStorage::builder`] makes one.
#[derive(Clone, Debug)]
#[must_use = "a store is opened by `open`"]
pub struct Builder {
    namespace: String,
    web: WebOptions,
    native: NativeOptions,
    in_memory: bool,
    must_exist: bool,
    unlock: Option<Unlock>,
}

impl Builder {
    pub(crate) fn new(namespace: &str) -> Self {
        Builder {
            namespace: namespace.to_owned(),
            web: WebOptions::default(),
            native: NativeOptions::default(),
            in_memory: false,
            must_exist: false,
            unlock: None,
        }
    }

    /// Options of the web.
    pub fn web(mut self, options: WebOptions) -> Self {
        self.web = options;
        self
    }

    /// Options of desktop and mobile systems.
    pub fn native(mut self, options: NativeOptions) -> Self {
        self.native = options;
        self
    }

    /// What opens the store. Sealed layout only. Default: [`Unlock::device`].
    pub fn unlock(mut self, unlock: Unlock) -> Self {
        self.unlock = Some(unlock);
        self
    }

    /// Keeps the entries in this process's memory, for tests and server-side rendering. Every `open` starts empty.
    ///
    /// It works on every target, in the layout that [`web`](Self::web) names.
    pub fn in_memory(mut self) -> Self {
        self.in_memory = true;
        self
    }

    /// Whether the store must exist already. Default: `false`, and it is created if there is none: at once in the
    /// sealed layout, and by the first `set` in the flutter layout.
    pub fn must_exist(mut self, yes: bool) -> Self {
        self.must_exist = yes;
        self
    }

    /// Opens the namespace.
    ///
    /// # Errors
    /// - [`InvalidArgument`](crate::ErrorKind::InvalidArgument): an option cannot be used.
    /// - [`WrongKey`](crate::ErrorKind::WrongKey): the unlock or the wrap key does not open the stored data key.
    /// - [`Locked`](crate::ErrorKind::Locked): the store needs another kind of unlock, which
    ///   [`Error::needs`] lists, or it has a wrap key and none was given, or the reverse.
    /// - [`Corrupt`](crate::ErrorKind::Corrupt): the key ring or the key entry is damaged.
    /// - [`KeyMissing`](crate::ErrorKind::KeyMissing): there are entries, but what leads to their key is gone. With
    ///   [`must_exist`](Self::must_exist), also if there is no store.
    /// - [`NewerFormat`](crate::ErrorKind::NewerFormat): a newer version wrote the store.
    /// - [`QuotaExceeded`](crate::ErrorKind::QuotaExceeded): the storage is full.
    /// - [`Unavailable`](crate::ErrorKind::Unavailable): the storage or WebCrypto is blocked, there is no access to the
    ///   vault, or the keychain is missing, locked, or silent for too long.
    /// - [`Cancelled`](crate::ErrorKind::Cancelled): the prompt for the keychain's password was dismissed.
    /// - [`Unsupported`](crate::ErrorKind::Unsupported): outside browsers for the flutter layout that is not
    ///   [`in_memory`](Self::in_memory), and for [`Unlock::device`] on systems whose keychain keyfold does not use.
    pub async fn open(self) -> Result<SecureStorage> {
        let store = Store::open(&self.check()?).await?;
        let keychain_timeout = self.native.timeout();
        Ok(SecureStorage::new(self.namespace, keychain_timeout, store))
    }

    /// Goes on with a device store of the sealed layout that another instance of the package has opened, and whose ring
    /// had this generation.
    #[cfg(all(feature = "npm", feature = "sealed"))]
    pub(crate) fn taken_over(self, generation: u64) -> Result<SecureStorage> {
        let store = Store::taken_over(&self.check()?, generation)?;
        let keychain_timeout = self.native.timeout();
        Ok(SecureStorage::new(self.namespace, keychain_timeout, store))
    }

    /// Removes the whole namespace without opening it: entries, keys and claim.
    ///
    /// This is the way out when what opens it is lost. It never happens by itself.
    ///
    /// # Errors
    /// [`InvalidArgument`](crate::ErrorKind::InvalidArgument), [`Unavailable`](crate::ErrorKind::Unavailable) and
    /// [`Unsupported`](crate::ErrorKind::Unsupported) as [`open`](Self::open).
    pub async fn destroy(self) -> Result<()> {
        Store::destroy_unopened(&self.check()?).await
    }

    /// Lists the unlocks of the store that is stored, without opening it; none if there is no store.
    ///
    /// So an app knows which question to ask its user. Nothing is changed or created. [`unlock`](Self::unlock) and
    /// [`must_exist`](Self::must_exist) make no difference. Sealed layout only.
    ///
    /// # Errors
    /// - [`InvalidArgument`](crate::ErrorKind::InvalidArgument), [`Unavailable`](crate::ErrorKind::Unavailable): as
    ///   [`open`](Self::open).
    /// - [`Corrupt`](crate::ErrorKind::Corrupt), [`NewerFormat`](crate::ErrorKind::NewerFormat): what is stored cannot
    ///   be read, or only by a newer version.
    /// - [`KeyMissing`](crate::ErrorKind::KeyMissing): there are entries, but their key ring is gone.
    /// - [`Unsupported`](crate::ErrorKind::Unsupported): in the flutter layout, which has no unlocks.
    ///
    /// # Security
    /// No key authenticates what is listed before the store is opened. Whoever can write to the storage can put another
    /// list and other labels there. So decide nothing by it except what to ask, and show a label as text that may be
    /// anybody's.
    pub async fn unlocks(&self) -> Result<Vec<UnlockInfo>> {
        Store::unlocks_unopened(&self.check()?).await
    }

    /// Whether a store with these options can be used.
    pub(crate) async fn availability(&self) -> Availability {
        let Looked { is_found, unlocks, reason } = match self.check() {
            Ok(settings) => Store::look_for(&settings).await,
            Err(unusable) => Looked::unusable(unusable),
        };
        Availability {
            reason,
            durability: platform::durability(self.place().unwrap_or(Place::Memory)).await,
            recoverable: self.is_recoverable(),
            found: if is_found { Presence::Present } else { Presence::Unknown },
            unlocks,
        }
    }

    /// Whether a copy of what is stored opens elsewhere, with what the app or its user has. All but device stores do.
    fn is_recoverable(&self) -> bool {
        self.layout() == Layout::Flutter || self.the_unlock().kind() != UnlockKind::Device
    }

    fn layout(&self) -> Layout {
        self.web.layout.unwrap_or_default()
    }

    fn the_unlock(&self) -> &Unlock {
        self.unlock.as_ref().unwrap_or(Unlock::DEVICE)
    }

    fn place(&self) -> Result<Place> {
        let place = if self.in_memory { Place::Memory } else { Place::Default };
        place.with(self.web.use_session_storage)
    }

    /// Refuses options that cannot be used, or not together. Nothing else checks them.
    fn check(&self) -> Result<Settings<'_>> {
        if self.namespace.is_empty() {
            return Err(Error::invalid("namespace", "the namespace is empty: give the app's own name"));
        }
        match self.layout() {
            #[cfg(feature = "sealed")]
            Layout::Sealed => self.check_sealed()?,
            #[cfg(feature = "flutter")]
            Layout::Flutter => self.check_flutter()?,
            #[cfg(not(all(feature = "flutter", feature = "sealed")))]
            left_out => return Err(left_out.is_left_out()),
        }
        Ok(Settings {
            namespace: &self.namespace,
            layout: self.layout(),
            place: self.place()?,
            must_exist: self.must_exist,
            unlock: self.the_unlock(),
            #[cfg(feature = "flutter")]
            wrap: self.web.wrap()?,
            web: &self.web,
            native: &self.native,
        })
    }

    #[cfg(feature = "sealed")]
    fn check_sealed(&self) -> Result<()> {
        if self.namespace.len() > MAX_NAMESPACE_BYTES {
            return Err(Error::invalid("namespace", "the namespace is longer than 1024 bytes of UTF-8"));
        }
        #[cfg(not(keyfold_first))]
        self.unlock.iter().try_for_each(Unlock::check)?;
        if let Some(argument) = self.web.set_of_flutter() {
            let message = match argument {
                "wrapKey" | "wrapKeyIv" => format!(
                    "{argument} belongs to the flutter layout: name that layout too, or give unlock: {{ appKey }} \
                     (Unlock::app_key) in this one"
                ),
                _ => format!("{argument} belongs to the flutter layout: name that layout too"),
            };
            return Err(Error::invalid(argument, message));
        }
        if self.web.db_name.as_deref() == Some("keyfold-claims") {
            return Err(Error::invalid(
                "dbName",
                "keyfold-claims is the flutter layout's own database: choose another",
            ));
        }
        Ok(())
    }

    #[cfg(feature = "flutter")]
    fn check_flutter(&self) -> Result<()> {
        if self.unlock.is_some() {
            let message = "unlock belongs to the sealed layout: give wrapKey and wrapKeyIv in this one";
            return Err(Error::invalid("unlock", message));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(builder: Builder) -> Option<&'static str> {
        builder.check().err().map(|error| error.argument().expect("it names the argument"))
    }

    #[test]
    fn a_namespace_has_1_to_1024_bytes() {
        let refused = |length| refused(Builder::new(&"n".repeat(length)));
        assert_eq!([0, 1, 1024, 1025].map(refused), [Some("namespace"), None, None, Some("namespace")]);
        assert_eq!(self::refused(Builder::new(&"\u{e9}".repeat(513))), Some("namespace"));
    }

    #[test]
    fn what_open_refuses_availability_does_not_call_usable() {
        let flutter = || Builder::new("app").in_memory();
        let builders = [
            flutter().web(WebOptions::flutter().wrap_key([0; 24]).wrap_key_iv([0; 12])),
            flutter().web(WebOptions::flutter().wrap_key([0; 32]).wrap_key_iv([0; 13])),
            flutter().web(WebOptions::flutter().use_session_storage(true)),
            flutter().unlock(Unlock::app_key([0; 31])),
        ];
        for builder in builders {
            let opened = pollster::block_on(builder.clone().open()).expect_err("it cannot be used");
            let reason = pollster::block_on(builder.availability()).reason.expect("it is not usable");
            assert_eq!((reason.code(), reason.argument()), (opened.code(), opened.argument()));
        }
    }
}
