//! The handle of a store, and its verbs.

use std::{
    collections::BTreeMap,
    fmt, mem,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use zeroize::{Zeroize, Zeroizing};

use crate::{
    builder::Builder,
    crypto::{Plaintext, random},
    error::{Error, ErrorKind, Result, quoted},
    options::{CallOptions, FlutterApp, Layout},
    platform::{self, Name, Value},
    recovery_code::{self, RecoveryCode},
    report::{Availability, ImportReport, Importable, OnConflict, OnUnreadable, Report},
    store::Store,
    text::Text,
    unlock::{Rotate, Unlock, UnlockInfo},
    verbs::{Over, Rekey, Verbs},
    watch::Watch,
};

/// How many handles made by [`SecureStorage::with`] are kept.
const DERIVED_HANDLES: usize = 8;

/// A handle of one namespace of secure storage. It is cheap to clone, and can be used from many places at once.
#[derive(Clone)]
pub struct SecureStorage {
    inner: Arc<Inner>,
}

struct Inner {
    namespace: String,
    /// How long one call to the system's keychain may take.
    keychain_timeout: Duration,
    store: Store,
    derived: Mutex<Vec<(CallOptions, SecureStorage)>>,
}

impl SecureStorage {
    /// Opens a namespace of the sealed layout with this device's key, and creates it if there is none.
    ///
    /// # Errors
    /// As [`Builder::open`].
    pub async fn open(namespace: &str) -> Result<Self> {
        Self::builder(namespace).open().await
    }

    /// Returns a builder that says how to open a namespace. Flutter calls the namespace `publicKey`.
    pub fn builder(namespace: &str) -> Builder {
        Builder::new(namespace)
    }

    /// Tells whether a store with these options can be used here, how long what is written stays, whether there is a
    /// store, and what opens it.
    ///
    /// Nothing is opened, changed or created. Whether the builder's unlock is one of the store's is not tried:
    /// [`unlocks`](Availability::unlocks) has their kinds.
    pub async fn availability(builder: &Builder) -> Availability {
        builder.availability().await
    }

    /// Makes a recovery code of 160 random bits. Show it to the user once, and add it to a store as
    /// [`Unlock::recovery_code`].
    ///
    /// ```no_run
    /// # async fn run(diary: keyfold::SecureStorage) -> keyfold::Result<()> {
    /// let code = keyfold::SecureStorage::recovery_code()?;
    /// diary.add_unlock(&keyfold::Unlock::recovery_code(code.text()), "paper", |_, _| {}).await?;
    /// println!("Write this down: {}", code.text());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Platform`](ErrorKind::Platform): the platform gives no random bytes.
    pub fn recovery_code() -> Result<RecoveryCode> {
        let mut bits = recovery_code::Bits::default();
        random(&mut bits[..])?;
        Ok(RecoveryCode::of(&bits))
    }

    #[allow(clippy::arc_with_non_send_sync, reason = "on native it is both; browsers' objects belong to one thread")]
    pub(crate) fn new(namespace: String, keychain_timeout: Duration, store: Store) -> Self {
        SecureStorage { inner: Arc::new(Inner { namespace, keychain_timeout, store, derived: Mutex::default() }) }
    }

    /// The namespace that this handle was opened with.
    #[must_use]
    pub fn namespace(&self) -> &str {
        &self.inner.namespace
    }

    /// How this store's entries are stored.
    #[must_use]
    pub fn layout(&self) -> Layout {
        self.inner.store.layout()
    }

    /// What guards the data key.
    ///
    /// In the sealed layout it is the kind of the store's weakest unlock: `"device"` where it is one of them, otherwise
    /// `"passphrase"`, otherwise what opened this handle (`"app-key"` or `"recovery-code"`). In the flutter layout it is
    /// `"wrap-key"`, or `"none"` when the key is stored unencrypted beside the data.
    #[must_use]
    pub fn protection(&self) -> &'static str {
        self.inner.store.protection()
    }

    /// Whether the keys were dropped, by [`lock`](Self::lock) or because somebody else changed them.
    #[must_use]
    pub fn is_locked(&self) -> bool {
        self.inner.store.is_locked()
    }

    /// Seals a text and stores it. In the flutter layout the first write creates the data key.
    ///
    /// # Errors
    /// - [`QuotaExceeded`](ErrorKind::QuotaExceeded): the storage is full. The old value stays.
    /// - [`KeyMissing`](ErrorKind::KeyMissing): there are entries, but their key is gone.
    /// - [`InvalidArgument`](ErrorKind::InvalidArgument): another namespace keeps its data key there, as `app.x` does
    ///   in the entry `x` of `app`.
    /// - [`TooLarge`](ErrorKind::TooLarge): the name or the value is longer than the layout allows.
    /// - [`WrongKey`](ErrorKind::WrongKey), [`Locked`](ErrorKind::Locked), [`Corrupt`](ErrorKind::Corrupt): another tab
    ///   stored a key that this handle cannot open. `Locked` also after [`lock`](Self::lock).
    /// - [`Unavailable`](ErrorKind::Unavailable): the storage is blocked.
    pub async fn set(&self, key: &str, value: &str) -> Result<()> {
        self.set_bytes(key, value.as_bytes()).await
    }

    /// Seals bytes and stores them, as [`set`](Self::set) does with a text.
    ///
    /// # Errors
    /// As [`set`](Self::set).
    pub async fn set_bytes(&self, key: &str, value: &[u8]) -> Result<()> {
        self.inner.store.set(&Name::of(key), &platform::input(value)).await
    }

    /// Stores a value as JSON text, which `JSON.parse` reads too.
    ///
    /// # Errors
    /// As [`set`](Self::set), and [`InvalidArgument`](ErrorKind::InvalidArgument) for a value that JSON cannot hold. In
    /// a browser these include integers beyond 2⁵³, which JavaScript's numbers cannot hold.
    #[cfg(feature = "serde")]
    pub async fn set_json<T: serde::Serialize + ?Sized>(&self, key: &str, value: &T) -> Result<()> {
        let text = platform::to_json(value).map(Zeroizing::new).map_err(|()| {
            let message = format!(
                "the value for {} cannot be written as JSON: names must be text and, in a browser, integers at most \
                 2^53",
                quoted(key)
            );
            Error::invalid("value", message).with_key(key)
        })?;
        self.set(key, &text).await
    }

    /// Opens a value that was stored as JSON text.
    ///
    /// # Errors
    /// As [`get`](Self::get), and [`Corrupt`](ErrorKind::Corrupt) when it is not the JSON of a `T`.
    #[cfg(feature = "serde")]
    pub async fn get_json<T: serde::de::DeserializeOwned>(&self, key: &str) -> Result<Option<T>> {
        let Some(text) = self.read_text(key).await? else { return Ok(None) };
        platform::from_json(&text).map(Some).map_err(|()| {
            let message = format!("the value of {} is not JSON of the type asked for: read it as text", quoted(key));
            Error::new(ErrorKind::Corrupt, message).with_key(key)
        })
    }

    /// Stores several values, texts or bytes: all of them, or none if one cannot be stored.
    ///
    /// # Errors
    /// As [`set`](Self::set).
    pub async fn set_all<K: AsRef<str>, V: AsRef<[u8]>>(
        &self,
        entries: impl IntoIterator<Item = (K, V)>,
    ) -> Result<()> {
        let entries: Vec<_> = entries.into_iter().collect();
        let keys: Vec<_> = entries.iter().map(|(key, _)| Name::of(key.as_ref())).collect();
        let values: Vec<_> = entries.iter().map(|(_, value)| platform::input(value.as_ref())).collect();
        let entries: Vec<_> = keys.iter().map(AsRef::as_ref).zip(values.iter().map(|value| &**value)).collect();
        self.inner.store.set_all(&entries).await
    }

    /// Stores a text or bytes unless there is such an entry already, readable or not; whether it has.
    ///
    /// In the sealed layout the look and the write are one transaction: of several tabs, workers or processes that call
    /// this at once, exactly one gets `true`. In the flutter layout that holds within one tab or process only, because
    /// the browser's storage has no transactions.
    ///
    /// # Errors
    /// As [`set`](Self::set).
    pub async fn set_if_absent(&self, key: &str, value: impl AsRef<[u8]>) -> Result<bool> {
        let (key, value) = (Name::of(key), platform::input(value.as_ref()));
        Ok(self.inner.store.put_all(&[(&key, &value)], Over::Nothing).await?.is_empty())
    }

    /// Stores what `change` makes of a text, which is `None` where there is no such entry; false if `change` gives
    /// `None`, which writes nothing.
    ///
    /// Nothing that others write meanwhile is lost: if the entry was changed, or the keys were, `change` is called again
    /// with the new value. So it should only compute. How far that goes,
    /// [`set_if_absent`](Self::set_if_absent) says.
    ///
    /// ```no_run
    /// # async fn run(storage: keyfold::SecureStorage) -> keyfold::Result<()> {
    /// storage.update("visits", |old| Some(format!("{}", old.map_or(0, |old| old.parse().unwrap_or(0)) + 1))).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`get`](Self::get) and [`set`](Self::set); [`Unavailable`](ErrorKind::Unavailable) when others keep changing
    /// the entry.
    pub async fn update<V: AsRef<[u8]>>(
        &self,
        key: &str,
        mut change: impl FnMut(Option<&str>) -> Option<V>,
    ) -> Result<bool> {
        let change = |old: Option<Plaintext>| match old.as_deref().map(|old| str::from_utf8(old)).transpose() {
            Ok(old) => Ok(change(old)),
            Err(_) => Err(not_text(key)),
        };
        self.change(key, change).await
    }

    /// Stores what `change` makes of bytes, as [`update`](Self::update) does of a text.
    ///
    /// # Errors
    /// As [`update`](Self::update), without [`NotText`](ErrorKind::NotText).
    pub async fn update_bytes<V: AsRef<[u8]>>(
        &self,
        key: &str,
        mut change: impl FnMut(Option<&[u8]>) -> Option<V>,
    ) -> Result<bool> {
        self.change(key, |old| Ok(change(old.as_ref().map(|old| &old[..])))).await
    }

    async fn change<V: AsRef<[u8]>>(
        &self,
        key: &str,
        mut change: impl FnMut(Option<Plaintext>) -> Result<Option<V>>,
    ) -> Result<bool> {
        let own = |new: V| platform::owned_input(Plaintext::new(new.as_ref().to_vec()));
        let change = |old: Option<Value>| Ok(change(old.map(platform::output))?.map(own));
        self.inner.store.update(&Name::of(key), change).await
    }

    /// Opens a text; `None` if there is no such entry. An entry that cannot be read is an error, never `None`.
    ///
    /// # Errors
    /// - [`Corrupt`](ErrorKind::Corrupt): the entry or its key is damaged, or was sealed under another key.
    /// - [`NotText`](ErrorKind::NotText): the value is not UTF-8.
    /// - [`KeyMissing`](ErrorKind::KeyMissing): the key that the entry was sealed under is gone.
    /// - [`WrongKey`](ErrorKind::WrongKey), [`Locked`](ErrorKind::Locked): this handle cannot open the key that is
    ///   stored now. `Locked` also after [`lock`](Self::lock).
    /// - [`NewerFormat`](ErrorKind::NewerFormat): a newer version wrote the entry.
    /// - [`Unavailable`](ErrorKind::Unavailable): the storage is blocked.
    pub async fn get(&self, key: &str) -> Result<Option<String>> {
        Ok(self.read_text(key).await?.map(given))
    }

    /// Opens a value as bytes; `None` if there is no such entry.
    ///
    /// # Errors
    /// As [`get`](Self::get), without [`NotText`](ErrorKind::NotText).
    pub async fn get_bytes(&self, key: &str) -> Result<Option<Vec<u8>>> {
        Ok(self.read(key).await?.map(into_bytes))
    }

    /// Opens several texts, in the order of `keys`.
    ///
    /// # Errors
    /// As [`get`](Self::get), for the first entry that cannot be read.
    pub async fn get_many<K: AsRef<str>>(&self, keys: &[K]) -> Result<Vec<Option<String>>> {
        let names: Vec<_> = keys.iter().map(|key| Name::of(key.as_ref())).collect();
        let names: Vec<_> = names.iter().map(AsRef::as_ref).collect();
        let values = self.inner.store.get_many(&names).await?.into_iter();
        let text = |(key, value): (&K, Option<_>)| match value {
            Some(value) => into_text(key.as_ref(), platform::output(value)).map(Some),
            None => Ok(None),
        };
        let texts = keys.iter().zip(values).map(text).collect::<Result<Vec<_>>>()?;
        Ok(texts.into_iter().map(|text| text.map(given)).collect())
    }

    /// Opens every entry as text.
    ///
    /// # Errors
    /// As [`get`](Self::get), for the first entry that cannot be read.
    pub async fn get_all(&self) -> Result<BTreeMap<String, String>> {
        self.read_all_text(OnUnreadable::Fail).await
    }

    /// Opens every entry as text, except those that are damaged or not text. [`verify`](Self::verify) names the damaged
    /// ones.
    ///
    /// # Errors
    /// As [`get`](Self::get) when the data key is missing or does not open.
    pub async fn get_all_readable(&self) -> Result<BTreeMap<String, String>> {
        self.read_all_text(OnUnreadable::Skip).await
    }

    /// Opens every entry as bytes.
    ///
    /// # Errors
    /// As [`get_bytes`](Self::get_bytes), for the first entry that cannot be read.
    pub async fn get_all_bytes(&self) -> Result<BTreeMap<String, Vec<u8>>> {
        let values = self.read_all(OnUnreadable::Fail).await?;
        Ok(values.into_iter().map(|(key, value)| (key, into_bytes(value))).collect())
    }

    /// Opens every entry as bytes, except those that are damaged.
    ///
    /// # Errors
    /// As [`get_bytes`](Self::get_bytes) when the data key is missing or does not open.
    pub async fn get_all_readable_bytes(&self) -> Result<BTreeMap<String, Vec<u8>>> {
        let values = self.read_all(OnUnreadable::Skip).await?;
        Ok(values.into_iter().map(|(key, value)| (key, into_bytes(value))).collect())
    }

    /// What the bindings call, with JavaScript's own texts and bytes.
    #[cfg(feature = "npm")]
    pub(crate) fn store(&self) -> &Store {
        &self.inner.store
    }

    pub(crate) async fn read(&self, key: &str) -> Result<Option<Plaintext>> {
        Ok(self.inner.store.get(&Name::of(key)).await?.map(platform::output))
    }

    async fn read_text(&self, key: &str) -> Result<Option<Zeroizing<String>>> {
        self.read(key).await?.map(|value| into_text(key, value)).transpose()
    }

    /// Every entry in the order of names. It is not a map: the code of a tree would be a tenth of the WebAssembly
    /// module.
    pub(crate) async fn read_all(&self, on_unreadable: OnUnreadable) -> Result<Vec<(String, Plaintext)>> {
        let all = self.inner.store.get_all(on_unreadable).await?;
        Ok(all.into_iter().map(|(key, value)| (Name::into_rust(key), platform::output(value))).collect())
    }

    pub(crate) async fn read_all_text(&self, on_unreadable: OnUnreadable) -> Result<BTreeMap<String, String>> {
        let mut texts = Vec::new();
        for (key, value) in self.read_all(on_unreadable).await? {
            match into_text(&key, value) {
                Ok(text) => texts.push((key, text)),
                Err(_) if on_unreadable == OnUnreadable::Skip => {}
                Err(error) => return Err(error),
            }
        }
        Ok(texts.into_iter().map(|(key, text)| (key, given(text))).collect())
    }

    /// Whether there is such an entry, readable or not. No value is opened.
    ///
    /// # Errors
    /// [`Unavailable`](ErrorKind::Unavailable) when the storage is blocked, [`Locked`](ErrorKind::Locked) after
    /// [`lock`](Self::lock).
    pub async fn contains_key(&self, key: &str) -> Result<bool> {
        self.inner.store.contains_key(&Name::of(key)).await
    }

    /// Names of all entries, sorted: in a browser by UTF-16 code units, as JavaScript does, and elsewhere by UTF-8.
    ///
    /// The flutter layout opens nothing, so names of unreadable entries are included. In the sealed layout names are
    /// sealed, so all entries are opened.
    ///
    /// # Errors
    /// [`Unavailable`](ErrorKind::Unavailable) when the storage is blocked. In the sealed layout as
    /// [`get_all`](Self::get_all).
    pub async fn keys(&self) -> Result<Vec<String>> {
        Ok(self.inner.store.keys().await?.into_iter().map(Name::into_rust).collect())
    }

    /// Removes an entry; `false` if there was none.
    ///
    /// # Errors
    /// - [`InvalidArgument`](ErrorKind::InvalidArgument): another namespace keeps its data key there, as `app.x` does
    ///   in the entry `x` of `app`.
    /// - [`Unavailable`](ErrorKind::Unavailable): the storage is blocked.
    /// - [`Locked`](ErrorKind::Locked): after [`lock`](Self::lock).
    pub async fn remove(&self, key: &str) -> Result<bool> {
        self.inner.store.remove(&Name::of(key)).await
    }

    /// Removes every entry and keeps the data key. Entries of other namespaces are left alone, even those of `app.x`
    /// beside `app`.
    ///
    /// # Errors
    /// [`Unavailable`](ErrorKind::Unavailable) when the storage is blocked, [`Locked`](ErrorKind::Locked) after
    /// [`lock`](Self::lock).
    pub async fn clear(&self) -> Result<()> {
        self.inner.store.clear().await
    }

    /// Removes entries, data key and claim.
    ///
    /// To change the wrap key of the flutter layout: read all entries, destroy the store, open it with the new key, and
    /// write them.
    ///
    /// # Errors
    /// [`Unavailable`](ErrorKind::Unavailable) when the storage is blocked.
    pub async fn destroy(&self) -> Result<()> {
        self.inner.store.destroy().await
    }

    /// Opens every entry and reports which cannot be read, and why. Changes nothing.
    ///
    /// # Errors
    /// [`Unavailable`](ErrorKind::Unavailable) when the storage is blocked. Entries that cannot be read are in the
    /// report.
    pub async fn verify(&self) -> Result<Report> {
        self.inner.store.verify().await
    }

    /// Removes entries that [`verify`](Self::verify) finds unreadable and that no other version or unlock would read.
    /// Returns how many.
    ///
    /// In the sealed layout such entries have no name that [`remove`](Self::remove) could take.
    ///
    /// # Errors
    /// - [`Locked`](ErrorKind::Locked): after [`lock`](Self::lock).
    /// - [`Unavailable`](ErrorKind::Unavailable): the storage is blocked.
    /// - [`Unsupported`](ErrorKind::Unsupported): in the flutter layout, where `verify` names the entries and `remove`
    ///   takes the names.
    pub async fn remove_unreadable(&self) -> Result<usize> {
        self.inner.store.remove_unreadable().await
    }

    /// The same store with some options changed, for a call or two. It is cheap to call again with the same options.
    ///
    /// # Errors
    /// As [`Builder::open`], and [`InvalidArgument`](ErrorKind::InvalidArgument) for another layout.
    pub async fn with(&self, options: CallOptions) -> Result<Self> {
        options.check(self.layout())?;
        let derived = || self.inner.derived.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, handle)) = derived().iter().find(|(known, _)| *known == options) {
            return Ok(handle.clone());
        }
        let store = self.inner.store.with(&options).await?;
        let handle = Self::new(self.inner.namespace.clone(), self.inner.keychain_timeout, store);
        let mut derived = derived();
        if derived.len() == DERIVED_HANDLES {
            derived.remove(0);
        }
        derived.push((options, handle.clone()));
        Ok(handle)
    }

    /// Asks the browser not to evict what this origin stores (`navigator.storage.persist()`). Returns whether it
    /// agreed.
    ///
    /// Chromium 55, Firefox 57, Safari 15.2, in windows and not in workers.
    ///
    /// # Errors
    /// - [`Unsupported`](ErrorKind::Unsupported): outside browsers and in workers.
    /// - [`Unavailable`](ErrorKind::Unavailable): where nothing is kept, without a secure context or in a sandboxed frame.
    pub async fn persist() -> Result<bool> {
        platform::persist().await
    }

    /// Drops the keys of this handle, of its clones, and of handles that [`with`](Self::with) made. Calls in progress
    /// fail with [`Locked`](ErrorKind::Locked), and so do later ones until [`unlock`](Self::unlock) is called.
    ///
    /// # Errors
    /// [`Unsupported`](ErrorKind::Unsupported) in the flutter layout.
    ///
    /// # Security
    /// A device store is unlocked without a secret, so locking it only ends the use of this handle.
    pub fn lock(&self) -> Result<()> {
        self.inner.store.lock()
    }

    /// Opens the store again with any of its unlocks.
    ///
    /// # Errors
    /// As [`Builder::open`] with [`must_exist`](Builder::must_exist); the store then stays as it was, locked or open.
    /// [`Unsupported`](ErrorKind::Unsupported) in the flutter layout.
    pub async fn unlock(&self, unlock: &Unlock) -> Result<()> {
        self.inner.store.unlock(unlock).await
    }

    /// The store's unlocks. No unlock is needed to ask.
    ///
    /// # Errors
    /// - [`Unsupported`](ErrorKind::Unsupported): in the flutter layout.
    /// - [`Unavailable`](ErrorKind::Unavailable): the storage is blocked.
    /// - [`KeyMissing`](ErrorKind::KeyMissing), [`Corrupt`](ErrorKind::Corrupt),
    ///   [`NewerFormat`](ErrorKind::NewerFormat): the key ring is gone, damaged, or from a newer version.
    pub async fn unlocks(&self) -> Result<Vec<UnlockInfo>> {
        self.inner.store.unlocks().await
    }

    /// Adds an unlock under a label of up to 64 bytes, which anybody can read. Returns its id.
    ///
    /// This makes new keys and seals every entry again, since no open store keeps the bytes of its data key. `progress`
    /// is called with how many entries are done, and how many there are. Other handles that were opened with a secret
    /// must be unlocked again; those that were opened by the device go on by themselves.
    ///
    /// [`Unlock::device`] beside others remembers this device: from then on the store opens here without a secret.
    /// [`remove_unlock`](Self::remove_unlock)`("device")` forgets it.
    ///
    /// # Errors
    /// As [`rotate`](Self::rotate), and:
    /// - [`InvalidArgument`](ErrorKind::InvalidArgument): the label or a key cannot be used, or it is a second passphrase
    ///   or a second device. [`change_unlock`](Self::change_unlock) replaces the one that there is.
    /// - [`TooLarge`](ErrorKind::TooLarge): the store has 8 unlocks beside the device already.
    ///
    /// # Security
    /// A store with a device is as safe against copies of the device's files as the device alone:
    /// [`protection`](Self::protection) then says `device`.
    pub async fn add_unlock(&self, added: &Unlock, label: &str, progress: impl FnMut(usize, usize)) -> Result<String> {
        self.inner.store.rekey(Rekey::Add { added, label }, progress).await.map(Option::unwrap_or_default)
    }

    /// Removes an unlock. Makes new keys and seals every entry again, so that the removed one opens nothing later.
    ///
    /// # Errors
    /// As [`rotate`](Self::rotate), and [`InvalidArgument`](ErrorKind::InvalidArgument) for an unknown id and for the
    /// last unlock. If the keychain does not remove the item of the device, its failure: the unlock is removed all the
    /// same.
    ///
    /// # Security
    /// Whoever knew the removed secret still opens older copies of the store.
    pub async fn remove_unlock(&self, id: &str, progress: impl FnMut(usize, usize)) -> Result<()> {
        self.inner.store.rekey(Rekey::Remove(id), progress).await.map(drop)
    }

    /// Replaces an unlock with another. Makes new keys, as [`remove_unlock`](Self::remove_unlock) does. Returns the id of
    /// the new one: the same, unless one of the two is the device.
    ///
    /// Without a `label` the old label stays.
    ///
    /// On a desktop a change to the device alone takes 10 seconds longer: the old unlock stays until the keychain has had
    /// time to write its item to the disk.
    ///
    /// # Errors
    /// As [`remove_unlock`](Self::remove_unlock) and [`add_unlock`](Self::add_unlock).
    pub async fn change_unlock(
        &self,
        id: &str,
        to: &Unlock,
        label: Option<&str>,
        progress: impl FnMut(usize, usize),
    ) -> Result<String> {
        self.inner.store.rekey(Rekey::Change { id, to, label }, progress).await.map(Option::unwrap_or_default)
    }

    /// Makes a new data key and name key, and seals every entry again. An open store is enough for it: the new data key
    /// is sealed to the public keys of the unlocks that stay.
    ///
    /// Old and new state are swapped in one transaction: after an interruption one of them is whole. `progress` is
    /// called with how many entries are done, and how many there are. It starts again when somebody else writes in
    /// between. Others that write at every chance are made to wait in the end. Meanwhile `progress` is not called, so it
    /// may write here itself and wait for that. Other handles that were opened with a secret must be unlocked again.
    ///
    /// # Errors
    /// - [`InvalidArgument`](ErrorKind::InvalidArgument): what is to be kept is no unlock of the store, or nothing is.
    /// - [`WrongKey`](ErrorKind::WrongKey): an unlock that is to be kept opens nothing here.
    /// - [`Locked`](ErrorKind::Locked): after [`lock`](Self::lock), or the keys were changed elsewhere.
    /// - [`Corrupt`](ErrorKind::Corrupt), [`KeyMissing`](ErrorKind::KeyMissing),
    ///   [`NewerFormat`](ErrorKind::NewerFormat): an entry cannot be read. It is not given up, so nothing is changed.
    /// - [`QuotaExceeded`](ErrorKind::QuotaExceeded): the storage is full.
    /// - [`Unavailable`](ErrorKind::Unavailable): the storage is blocked, or a device's keychain cannot be used.
    /// - [`Unsupported`](ErrorKind::Unsupported): in the flutter layout.
    ///
    /// # Security
    /// Whoever had the store open once, a script of the page for example, knows the public keys and may have put a key of
    /// their own in a slot's place. After such a break-in keep only unlocks that you can give
    /// ([`Rotate::keep`]), change their secrets, and add the others again.
    pub async fn rotate(&self, rotate: &Rotate, progress: impl FnMut(usize, usize)) -> Result<()> {
        self.inner.store.rekey(Rekey::Rotate(rotate.0.as_deref()), progress).await.map(drop)
    }

    /// A stream of later changes of this namespace's entries, made by this handle, another handle of the process, or, in
    /// a browser, another tab, frame or worker. Outside browsers nothing tells what other processes write. Reads see
    /// it. The stream buffers what is not read yet.
    #[must_use = "changes are told to a stream that is read"]
    pub fn watch(&self) -> Watch {
        self.inner.store.watch()
    }

    /// Copies the entries of another store into this one. Everything is read before anything is written, and the source
    /// stays as it is.
    ///
    /// # Errors
    /// - [`InvalidArgument`](ErrorKind::InvalidArgument): with [`OnConflict::Fail`], a name exists here already.
    ///   Nothing is written.
    /// - Those of [`verify`](Self::verify) for the source, and of [`set_all`](Self::set_all) for this store.
    pub async fn import_from(&self, source: &SecureStorage, on_conflict: OnConflict) -> Result<ImportReport> {
        let values = source.read_all(OnUnreadable::Skip).await?;
        self.import(Importable { values, unreadable: source.verify().await?.unreadable }, on_conflict).await
    }

    /// Copies what a Flutter or Flet app has stored with `flutter_secure_storage` on Linux or Windows into this store.
    /// Everything is read before anything is written, and the source stays as it is. The keychain may take as long as
    /// this store's options allow.
    ///
    /// In a browser, open the app's namespace in the flutter layout and call [`import_from`](Self::import_from).
    ///
    /// # Errors
    /// - [`KeyMissing`](ErrorKind::KeyMissing): nothing was found. The message has what was looked for.
    /// - [`InvalidArgument`](ErrorKind::InvalidArgument): `app` lacks what this platform needs, or, with
    ///   [`OnConflict::Fail`], a name exists here already. Nothing is written.
    /// - [`Corrupt`](ErrorKind::Corrupt): the source as a whole is damaged, or is another user's. Single values that
    ///   cannot be read are in the report.
    /// - [`Unavailable`](ErrorKind::Unavailable), [`Cancelled`](ErrorKind::Cancelled): the keychain or a file cannot be
    ///   read.
    /// - [`Unsupported`](ErrorKind::Unsupported): on other platforms, and on Linux without the feature `keychain`.
    /// - Those of [`set_all`](Self::set_all).
    pub async fn import_flutter(&self, app: &FlutterApp, on_conflict: OnConflict) -> Result<ImportReport> {
        let found = platform::flutter_values(app, self.inner.keychain_timeout).await?;
        self.import(found, on_conflict).await
    }

    /// Writes what a source holds.
    async fn import(&self, source: Importable, on_conflict: OnConflict) -> Result<ImportReport> {
        let Importable { mut values, unreadable } = source;
        let mut report = ImportReport { unreadable, ..ImportReport::default() };
        loop {
            let there = self.import_all(&values, on_conflict).await?;
            let Some(&first) = there.first() else { break };
            if on_conflict == OnConflict::Fail {
                let key = &values[first].0;
                let message = format!("the entry {} is here already, so nothing was imported", quoted(key));
                return Err(Error::invalid("onConflict", message).with_key(key));
            }
            let all = values.into_iter().enumerate();
            let (skipped, rest): (Vec<_>, Vec<_>) = all.partition(|(place, _)| there.binary_search(place).is_ok());
            report.skipped.extend(skipped.into_iter().map(|(_, (key, _))| key));
            values = rest.into_iter().map(|(_, entry)| entry).collect();
        }
        report.skipped.sort_unstable();
        report.imported = values.into_iter().map(|(key, _)| key).collect();
        Ok(report)
    }

    /// Writes all of `values`, or none and gives the places of those that must not be replaced.
    async fn import_all(&self, values: &[(String, Plaintext)], on_conflict: OnConflict) -> Result<Vec<usize>> {
        let keys: Vec<_> = values.iter().map(|(key, _)| Name::of(key)).collect();
        let values: Vec<_> = values.iter().map(|(_, value)| platform::input(value)).collect();
        let entries: Vec<_> = keys.iter().map(AsRef::as_ref).zip(values.iter().map(|value| &**value)).collect();
        let over = if on_conflict == OnConflict::Overwrite { Over::Anything } else { Over::Nothing };
        self.inner.store.put_all(&entries, over).await
    }
}

impl fmt::Debug for SecureStorage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecureStorage")
            .field("namespace", &self.inner.namespace)
            .field("layout", &self.layout())
            .finish_non_exhaustive()
    }
}

fn into_bytes(mut value: Plaintext) -> Vec<u8> {
    mem::take(&mut value)
}

fn into_text(key: &str, value: Plaintext) -> Result<Zeroizing<String>> {
    String::from_utf8(into_bytes(value)).map(Zeroizing::new).map_err(|error| {
        error.into_bytes().zeroize();
        not_text(key)
    })
}

/// A text that the app is given. Until then it is wiped when dropped, as where a call fails halfway.
fn given(mut text: Zeroizing<String>) -> String {
    mem::take(&mut text)
}

pub(crate) fn not_text(key: &str) -> Error {
    let message = format!("the value of {} is not UTF-8 text: read it as bytes", quoted(key));
    Error::new(ErrorKind::NotText, message).with_key(key)
}
