//! The data key of a namespace: found, opened, agreed on with other tabs, and made if there is none.

use std::{
    borrow::Borrow,
    sync::{
        Arc, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use zeroize::Zeroizing;

use super::{ATTEMPTS, FlutterStore, contended};
use crate::{
    base64,
    crypto::{KEY_BYTES, random},
    error::{Error, ErrorKind, Result, quoted},
    flutter::{area::Area, cipher::Cipher, format::KeyEntry, text::Pairs},
    text::{Owned, Text},
    tries::Tries,
};

/// An opened data key and the text of the key entry that it came from.
pub(super) struct DataKey<C: Cipher> {
    pub(super) text: Owned<C::Text>,
    pub(super) cipher: C,
    /// Whether the claim already follows it.
    followed: AtomicBool,
}

impl<A: Area, C: Cipher<Text = A::Text>> FlutterStore<A, C> {
    /// The data key that the area holds now. It is opened again only when the key entry has changed, which is how a
    /// change by another tab is noticed.
    pub(super) async fn current_key(&self) -> Result<Option<Arc<DataKey<C>>>> {
        let Some(text) = self.area.get(self.names.key_entry())? else {
            *self.opened.lock().unwrap_or_else(PoisonError::into_inner) = None;
            return Ok(None);
        };
        if let Some(opened) = &*self.opened.lock().unwrap_or_else(PoisonError::into_inner)
            && opened.text.borrow() == text.borrow()
        {
            return Ok(Some(Arc::clone(opened)));
        }
        let opened = Arc::new(self.open_key(text).await?);
        *self.opened.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&opened));
        Ok(Some(opened))
    }

    /// The data key, for entries that are there. A read never makes one. If the key entry is gone but the claim is
    /// still there, the claim's key is as good.
    pub(super) async fn key_for_reading(&self) -> Result<Arc<DataKey<C>>> {
        if let Some(key) = self.current_key().await? {
            return Ok(key);
        }
        match self.claimed().await? {
            Some(claimed) => Ok(Arc::new(self.open_key(claimed).await?)),
            None => Err(self.key_missing()),
        }
    }

    /// The data key that everyone's next write is sealed under. The first write makes it.
    pub(super) async fn key_for_writing(&self) -> Result<Arc<DataKey<C>>> {
        let mut tries = Tries::new(ATTEMPTS, contended);
        loop {
            tries.begin()?;
            if let Some(key) = self.current_key().await? {
                if !key.followed.swap(true, Ordering::Relaxed) {
                    self.area.follow(self.names.key_entry()).await;
                }
                return Ok(key);
            }
            let claimed = self.claimed().await?;
            // Another tab's first write may have arrived in the meantime.
            if self.area.get(self.names.key_entry())?.is_none() {
                let claimed = claimed.as_ref().map(Borrow::borrow);
                let text = self.first_key(claimed).await?;
                self.area.establish(self.names.namespace(), claimed, text.borrow()).await?;
            }
        }
    }

    /// What to propose as the key entry where there is none. It is the claim if that opens the entries that are left.
    /// Otherwise it is a new key, but only if no entry loses its own key by it.
    async fn first_key(&self, claimed: Option<&A::Text>) -> Result<Owned<A::Text>> {
        let entries = self.entries()?;
        match claimed {
            Some(claimed) => match self.open_key(claimed.to_owned()).await {
                Ok(key) if entries.is_empty() || opens_any(&key, &entries).await? => Ok(key.text),
                Ok(_) => Err(self.key_missing()),
                Err(_) if entries.is_empty() => self.make_key().await,
                Err(error) => Err(error),
            },
            None if entries.is_empty() => self.make_key().await,
            None => Err(self.key_missing()),
        }
    }

    /// The text of a key entry for a new data key, wrapped if this store has a wrap key.
    async fn make_key(&self) -> Result<Owned<A::Text>> {
        let mut data_key = Zeroizing::new([0; KEY_BYTES]);
        random(&mut *data_key)?;
        let text = match &self.wrap {
            Some(wrap) => base64::encode(&C::wrap(wrap, &*data_key).await?),
            None => base64::encode(&*data_key),
        };
        Ok(A::Text::of(&text).into_owned())
    }

    /// Opens the data key that a key entry or a claim holds.
    async fn open_key(&self, text: Owned<A::Text>) -> Result<DataKey<C>> {
        let entry = KeyEntry::parse(&text.borrow().to_str()).map_err(|malformed| self.damaged_key(malformed.0))?;
        let cipher = match (&self.wrap, entry) {
            (None, KeyEntry::Clear16(key) | KeyEntry::Clear32OrWrapped16(key)) => C::import(self.engine, &key).await?,
            (None, KeyEntry::Wrapped32(_)) => {
                return Err(self.locked("is wrapped, but no wrap key was given: give wrapKey and wrapKeyIv"));
            }
            (Some(_), KeyEntry::Clear16(_)) => {
                return Err(self.locked("is not wrapped, but a wrap key was given: leave wrapKey out"));
            }
            (Some(wrap), KeyEntry::Wrapped32(wrapped)) => {
                C::unwrap(self.engine, wrap, &wrapped).await?.map_err(|_| self.wrong_key())?
            }
            // 32 bytes are a wrapped AES-128 key, which no known app makes, or more likely a key that is not wrapped.
            (Some(wrap), KeyEntry::Clear32OrWrapped16(wrapped)) => C::unwrap(self.engine, wrap, &wrapped)
                .await?
                .map_err(|_| self.locked("is not wrapped, but a wrap key was given: leave wrapKey out"))?,
        };
        Ok(DataKey { text, cipher, followed: AtomicBool::new(false) })
    }

    fn quoted_namespace(&self) -> String {
        quoted(&self.names.namespace().to_str())
    }

    pub(super) fn key_missing(&self) -> Error {
        let namespace = self.quoted_namespace();
        let message = format!(
            "{namespace} has entries, but their data key is gone: put the item {namespace} back from a copy, or \
             call destroy to give the entries up"
        );
        Error::new(ErrorKind::KeyMissing, message)
    }

    fn wrong_key(&self) -> Error {
        let namespace = self.quoted_namespace();
        let message = format!(
            "wrapKey and wrapKeyIv do not open the data key of {namespace}: give those that it was wrapped with. \
             Nothing was changed"
        );
        Error::new(ErrorKind::WrongKey, message)
    }

    fn locked(&self, state: &str) -> Error {
        Error::new(ErrorKind::Locked, format!("the data key of {} {state}", self.quoted_namespace()))
    }

    fn damaged_key(&self, what: &str) -> Error {
        let namespace = self.quoted_namespace();
        let message = format!("the key entry {namespace} is damaged: {what}. Put it back from a copy");
        Error::new(ErrorKind::Corrupt, message)
    }
}

/// Whether a key opens at least one of the entries, and so is theirs.
async fn opens_any<C: Cipher>(key: &DataKey<C>, entries: &Pairs<C::Text>) -> Result<bool> {
    for (_, text) in entries {
        if key.cipher.open(text.borrow()).await?.is_ok() {
            return Ok(true);
        }
    }
    Ok(false)
}
