//! The flutter layout over an area and a cipher: how the key entry comes and goes, and every verb.
//!
//! FORMAT.md specifies the bytes. `docs/decisions/` says why the first key is arbitrated in this way.

pub(crate) mod area;
pub(crate) mod cipher;
pub(crate) mod format;
mod key;
pub(crate) mod memory;
#[cfg(feature = "software")]
#[allow(dead_code, reason = "in a browser WebCrypto has the keys")]
pub(crate) mod software;
pub(crate) mod text;

use std::{
    borrow::{Borrow, Cow},
    future::ready,
    sync::{Arc, Mutex},
};

use crate::{
    error::{Error, ErrorKind, Result, quoted},
    flutter::{
        area::Area,
        cipher::{Cipher, NotOpened},
        format::{Names, is_key_entry},
        text::Pairs,
    },
    options::Engine,
    report::{OnUnreadable, Report, Unreadable},
    text::{Owned, Text},
    tries::Tries,
    verbs::{Over, Verbs},
    watch::{ChangeKind, Hub, Watch},
};
use key::DataKey;

/// How often a write is repeated because the namespace's key changed meanwhile. Each time takes another tab's `destroy`
/// at just that moment.
const ATTEMPTS: usize = 8;

/// How often an entry's change is made again because somebody else has changed the entry meanwhile.
const UPDATES: usize = 64;

/// One namespace of the flutter layout.
pub(crate) struct FlutterStore<A: Area, C: Cipher> {
    area: A,
    names: Names<A::Text>,
    engine: Engine,
    wrap: Option<Arc<C::Wrap>>,
    /// The data key that was opened last, with the key entry that it came from.
    opened: Mutex<Option<Arc<DataKey<C>>>>,
    hub: Arc<Hub>,
}

impl<A: Area, C: Cipher<Text = A::Text>> FlutterStore<A, C> {
    /// Opens a namespace. A key entry that is there must open. Nothing is written.
    pub(crate) async fn over(
        area: A,
        namespace: &str,
        engine: Engine,
        wrap: Option<Arc<C::Wrap>>,
        must_exist: bool,
    ) -> Result<Self> {
        let names = Names::new(namespace);
        let hub = area.hub(names.namespace());
        let store = FlutterStore { area, names, engine, wrap, opened: Mutex::default(), hub };
        if store.current_key().await?.is_none() && must_exist && store.claimed().await?.is_none() {
            let message = format!("there is no store {}: leave mustExist out to create one", quoted(namespace));
            return Err(Error::new(ErrorKind::KeyMissing, message));
        }
        Ok(store)
    }

    pub(crate) fn namespace(&self) -> Cow<'_, str> {
        self.names.namespace().to_str()
    }

    pub(crate) fn area(&self) -> &A {
        &self.area
    }

    pub(crate) fn wrap(&self) -> Option<&Arc<C::Wrap>> {
        self.wrap.as_ref()
    }

    pub(crate) fn engine(&self) -> Engine {
        self.engine
    }

    /// The stored text of an entry.
    fn text(&self, key: &A::Text) -> Result<Option<Owned<A::Text>>> {
        self.area.get(self.names.entry(key).borrow())
    }

    /// Opens what was stored under `key`. If it does not open because the key has changed meanwhile, it is read again.
    async fn open_value(
        &self,
        mut data_key: Arc<DataKey<C>>,
        key: &A::Text,
        mut text: Owned<A::Text>,
    ) -> Result<Option<C::Value>> {
        for _ in 0..ATTEMPTS {
            match data_key.cipher.open(text.borrow()).await? {
                Ok(value) => return Ok(Some(value)),
                Err(NotOpened::Malformed(what)) => return Err(corrupt(key, what)),
                Err(NotOpened::Refused) => {}
            }
            let current = self.key_for_reading().await?;
            match self.text(key)? {
                Some(now) if now.borrow() == text.borrow() && current.text.borrow() == data_key.text.borrow() => break,
                Some(now) => (data_key, text) = (current, now),
                None => return Ok(None),
            }
        }
        // What is not opened by a claim that is still there was sealed under a key entry that is gone.
        if self.area.get(self.names.key_entry())?.is_none() {
            return Err(self.key_missing());
        }
        Err(corrupt(key, "the namespace's data key does not open it"))
    }

    /// The names and texts of sealed values, all sealed at once.
    async fn seal_all(&self, data_key: &DataKey<C>, entries: &[(&A::Text, &C::Input)]) -> Result<Pairs<A::Text>> {
        let begun: Vec<_> = entries.iter().map(|(_, value)| data_key.cipher.seal(value)).collect();
        let mut sealed = Vec::with_capacity(begun.len());
        for ((key, _), sealing) in entries.iter().zip(begun) {
            sealed.push((self.names.entry(key), sealing.await?));
        }
        Ok(sealed)
    }

    /// Whether the key entry is still `text`.
    fn holds(&self, text: &Owned<A::Text>) -> Result<bool> {
        Ok(self.area.get(self.names.key_entry())?.is_some_and(|current| current.borrow() == text.borrow()))
    }

    /// Stores all of `entries`, or none of them: that too where something else stands than what is `expected`, and then
    /// it gives the places of those. Looks at the key entry again afterwards, and seals again if another tab has destroyed
    /// the namespace in the meantime.
    async fn put_over(
        &self,
        entries: &[(&A::Text, &C::Input)],
        expected: Option<Option<&A::Text>>,
    ) -> Result<Vec<usize>> {
        if entries.is_empty() {
            return Ok(Vec::new());
        }
        let mut tries = Tries::new(ATTEMPTS, contended);
        loop {
            tries.begin()?;
            let data_key = self.key_for_writing().await?;
            let sealed = self.seal_all(&data_key, entries).await?;
            if !self.holds(&data_key.text)? {
                continue;
            }
            // Nothing of this tab comes between this look and the writes.
            let unmet = self.unmet(&sealed, expected)?;
            if !unmet.is_empty() {
                return Ok(unmet);
            }
            self.write_all(&sealed)?;
            if self.holds(&data_key.text)? {
                entries.iter().for_each(|(key, _)| self.hub.tell(|| ChangeKind::Set(to_string(*key)), false));
                return Ok(unmet);
            }
            self.take_back(&sealed)?;
        }
    }

    /// The places of those under whose names something else stands than what is expected.
    fn unmet(&self, sealed: &Pairs<A::Text>, expected: Option<Option<&A::Text>>) -> Result<Vec<usize>> {
        let mut unmet = Vec::new();
        let Some(expected) = expected else { return Ok(unmet) };
        for (place, (name, _)) in sealed.iter().enumerate() {
            if self.area.get(name.borrow())?.as_ref().map(Borrow::borrow) != expected {
                unmet.push(place);
            }
        }
        Ok(unmet)
    }

    /// Writes texts. If one cannot be written, restores what was there.
    fn write_all(&self, texts: &Pairs<A::Text>) -> Result<()> {
        let mut before = Vec::with_capacity(texts.len());
        for (name, _) in texts {
            before.push((name, self.entry_text(name.borrow())?));
        }
        for (written, (name, text)) in texts.iter().enumerate() {
            if let Err(mut error) = self.area.set(name.borrow(), text.borrow()) {
                // Back through the earlier states, which all had room.
                before.truncate(written);
                before.into_iter().rev().try_for_each(|(name, text)| match text {
                    Some(text) => self.area.set(name.borrow(), text.borrow()),
                    None => self.area.remove(name.borrow()).map(drop),
                })?;
                if error.kind() == ErrorKind::QuotaExceeded
                    && let Some(key) = self.names.key_of(name.borrow())
                {
                    error = error.with_key(&key.borrow().to_str());
                }
                return Err(error);
            }
        }
        Ok(())
    }

    /// Removes texts that were written just after their key was removed: nothing opens them.
    fn take_back(&self, texts: &Pairs<A::Text>) -> Result<()> {
        for (name, text) in texts {
            if self.area.get(name.borrow())?.is_some_and(|current| current.borrow() == text.borrow()) {
                self.area.remove(name.borrow())?;
            }
        }
        Ok(())
    }

    /// The text under an entry's name, before it is changed. Refuses the data key of a longer namespace: without it all
    /// entries of `app.x` would be lost.
    fn entry_text(&self, name: &A::Text) -> Result<Option<Owned<A::Text>>> {
        let text = self.area.get(name)?;
        if !text.as_ref().is_some_and(|text| is_key_entry::<A::Text>(text.borrow())) {
            return Ok(text);
        }
        let message =
            format!("{} is where another namespace keeps its data key: use another key", quoted(&name.to_str()));
        let key = self.names.key_of(name).as_ref().map(|key| to_string::<A::Text>(key.borrow()));
        Err(Error::invalid("key", message).with_key(&key.unwrap_or_default()))
    }

    /// Opens the texts of keys, all at once.
    async fn open_all(&self, entries: Pairs<A::Text>) -> Result<Vec<(Owned<A::Text>, Result<Option<C::Value>>)>> {
        if entries.is_empty() {
            return Ok(Vec::new());
        }
        let data_key = self.key_for_reading().await?;
        let begun: Vec<_> = entries.iter().map(|(_, text)| data_key.cipher.open(text.borrow())).collect();
        let mut values = Vec::with_capacity(entries.len());
        for opening in begun {
            values.push(opening.await?);
        }
        let mut opened = Vec::with_capacity(entries.len());
        for ((key, text), value) in entries.into_iter().zip(values) {
            let value = match value {
                Ok(value) => Ok(Some(value)),
                // Once more, by itself: either the key has changed, or this says what is wrong.
                Err(_) => self.open_value(Arc::clone(&data_key), key.borrow(), text).await,
            };
            opened.push((key, value));
        }
        Ok(opened)
    }

    /// Removes an entry; `false` if there was none.
    fn remove_now(&self, key: &A::Text) -> Result<bool> {
        let name = self.names.entry(key);
        let removed = self.entry_text(name.borrow())?.is_some() && self.area.remove(name.borrow())?;
        if removed {
            self.hub.tell(|| ChangeKind::Remove(to_string(key)), false);
        }
        Ok(removed)
    }

    /// Keys and texts of this namespace's own entries, in the order of keys.
    fn entries(&self) -> Result<Pairs<A::Text>> {
        own_entries(&self.area, &self.names)
    }

    /// The key entry that was agreed on with other processes.
    async fn claimed(&self) -> Result<Option<Owned<A::Text>>> {
        self.area.claimed(self.names.namespace()).await
    }
}

impl<A: Area, C: Cipher<Text = A::Text>> Verbs for FlutterStore<A, C> {
    type Name = A::Text;
    type Input = C::Input;
    type Value = C::Value;

    async fn put_all(&self, entries: &[(&A::Text, &C::Input)], over: Over) -> Result<Vec<usize>> {
        self.put_over(entries, if over == Over::Nothing { Some(None) } else { None }).await
    }

    async fn update<I: AsRef<C::Input>>(
        &self,
        key: &A::Text,
        mut change: impl FnMut(Option<C::Value>) -> Result<Option<I>>,
    ) -> Result<bool> {
        let mut tries = Tries::new(UPDATES, overtaken);
        loop {
            tries.begin()?;
            let before = self.text(key)?;
            let value = match &before {
                Some(text) => {
                    let text: &A::Text = text.borrow();
                    self.open_value(self.key_for_reading().await?, key, text.to_owned()).await?
                }
                None => None,
            };
            let Some(new) = change(value)? else { return Ok(false) };
            let before = before.as_ref().map(Borrow::borrow);
            if self.put_over(&[(key, new.as_ref())], Some(before)).await?.is_empty() {
                return Ok(true);
            }
        }
    }

    async fn get_many(&self, keys: &[&A::Text]) -> Result<Vec<Option<C::Value>>> {
        let mut there = Vec::with_capacity(keys.len());
        let mut entries = Vec::with_capacity(keys.len());
        for key in keys {
            let text = self.text(key)?;
            there.push(text.is_some());
            entries.extend(text.map(|text| ((*key).to_owned(), text)));
        }
        let mut values = self.open_all(entries).await?.into_iter();
        let next = |there| if there { values.next().map_or(Ok(None), |(_, value)| value) } else { Ok(None) };
        there.into_iter().map(next).collect()
    }

    async fn get(&self, key: &A::Text) -> Result<Option<C::Value>> {
        match self.text(key)? {
            Some(text) => {
                let data_key = self.key_for_reading().await?;
                self.open_value(data_key, key, text).await
            }
            None => Ok(None),
        }
    }

    /// Opens every entry. Entries that are themselves damaged can be skipped. A data key that is missing or does not
    /// open is always an error.
    async fn get_all(&self, on_unreadable: OnUnreadable) -> Result<Vec<(Owned<A::Text>, C::Value)>> {
        let opened = self.open_all(self.entries()?).await?;
        let mut values = Vec::with_capacity(opened.len());
        for (key, value) in opened {
            match value {
                Ok(value) => values.extend(value.map(|value| (key, value))),
                Err(error) if on_unreadable == OnUnreadable::Skip && is_of_entry(&error) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(values)
    }

    fn contains_key(&self, key: &A::Text) -> impl Future<Output = Result<bool>> {
        ready(self.text(key).map(|text| text.is_some()))
    }

    fn keys(&self) -> impl Future<Output = Result<Vec<Owned<A::Text>>>> {
        ready(self.entries().map(|entries| entries.into_iter().map(|(key, _)| key).collect()))
    }

    fn remove(&self, key: &A::Text) -> impl Future<Output = Result<bool>> {
        ready(self.remove_now(key))
    }

    /// Removes every entry and keeps the data key, since a new one would be wrapped under the same IV.
    fn clear(&self) -> impl Future<Output = Result<()>> {
        let removed = remove_entries(&self.area, &self.names);
        ready(removed.map(|()| self.hub.tell(|| ChangeKind::Clear, false)))
    }

    async fn destroy(&self) -> Result<()> {
        destroy(&self.area, &self.names.namespace().to_str()).await
    }

    async fn verify(&self) -> Result<Report> {
        let listing = self.area.list(self.names.prefix())?;
        let (own, foreign) = self.names.split_foreign(listing.entries);
        let passed_over = foreign.into_iter().chain(listing.ill_formed).collect();
        let mut report = Report { passed_over, ..Report::default() };
        for (name, _) in own {
            let Some(key) = self.names.key_of(name.borrow()) else { continue };
            let opened = self.get(key.borrow()).await;
            let key = to_string::<A::Text>(key.borrow());
            match opened {
                Ok(Some(_)) => report.readable.push(key),
                Ok(None) => {}
                Err(error) => report.unreadable.push(Unreadable::new(Some(key), &error)),
            }
        }
        Ok(report)
    }

    fn watch(&self) -> Watch {
        // A storage that can no longer be read reports no changes either.
        let _ = self.area.before_watch(&self.names);
        self.hub.watch()
    }

    fn protection(&self) -> &'static str {
        if self.wrap.is_some() { "wrap-key" } else { "none" }
    }
}

/// Removes a whole namespace without opening it: first the entries, then the key, then the claim. An interruption
/// anywhere leaves entries readable or gone. What another process still wrote under that key is removed last, unless
/// somebody has made a new key: a key always arrives before its entries.
pub(crate) async fn destroy<A: Area>(area: &A, namespace: &str) -> Result<()> {
    let names = &Names::new(namespace);
    remove_entries(area, names)?;
    area.remove(names.key_entry())?;
    area.disclaim(names.namespace()).await?;
    area.settle().await;
    if area.get(names.key_entry())?.is_none() {
        remove_entries(area, names)?;
    }
    area.hub(names.namespace()).tell(|| ChangeKind::Clear, false);
    Ok(())
}

/// Whether a namespace has a key entry.
pub(crate) fn is_found<A: Area>(area: &A, namespace: &str) -> Result<bool> {
    Ok(area.get(Names::<A::Text>::new(namespace).key_entry())?.is_some())
}

fn remove_entries<A: Area>(area: &A, names: &Names<A::Text>) -> Result<()> {
    let (own, _) = names.split_foreign(area.list(names.prefix())?.entries);
    own.iter().try_for_each(|(name, _)| area.remove(name.borrow()).map(drop))
}

fn own_entries<A: Area>(area: &A, names: &Names<A::Text>) -> Result<Pairs<A::Text>> {
    let (own, _) = names.split_foreign(area.list(names.prefix())?.entries);
    Ok(own.into_iter().filter_map(|(name, text)| Some((names.key_of(name.borrow())?, text))).collect())
}

fn to_string<T: Text + ?Sized>(text: &T) -> String {
    text.to_str().into_owned()
}

/// Whether an error is about one entry, and not about the key that opens them all.
fn is_of_entry(error: &Error) -> bool {
    error.kind() == ErrorKind::Corrupt && error.key().is_some()
}

fn overtaken() -> Error {
    Error::new(ErrorKind::Unavailable, "others keep changing this entry: try again later")
}

fn contended() -> Error {
    Error::new(ErrorKind::Unavailable, "another tab keeps destroying this namespace: try again later")
}

fn corrupt<T: Text + ?Sized>(key: &T, what: &str) -> Error {
    let key = &key.to_str();
    let message = format!(
        "the entry {} cannot be opened: {what}. It was damaged or sealed under another key, and is left as it is",
        quoted(key)
    );
    Error::new(ErrorKind::Corrupt, message).with_key(key)
}

#[cfg(test)]
mod tests;
