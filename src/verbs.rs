//! What a handle can be asked for, as a trait that every layout implements.

use crate::{
    error::{Error, ErrorKind, Result},
    report::{OnUnreadable, Report},
    text::{Owned, Text},
    unlock::{Keep, Unlock, UnlockInfo},
    watch::Watch,
};

/// The verbs of one namespace. A verb that a layout does not have gives [`Unsupported`](ErrorKind::Unsupported).
pub(crate) trait Verbs {
    /// What names of entries are made of.
    type Name: Text + ?Sized;

    /// A value to seal.
    type Input: ?Sized;

    /// An opened value.
    type Value;

    /// Stores all of `entries`, or none of them: that too where one would take the place of what it must not. Gives the
    /// places of those.
    async fn put_all(&self, entries: &[(&Self::Name, &Self::Input)], over: Over) -> Result<Vec<usize>>;

    /// Stores all of `entries`, or none of them.
    async fn set_all(&self, entries: &[(&Self::Name, &Self::Input)]) -> Result<()> {
        self.put_all(entries, Over::Anything).await.map(drop)
    }

    /// Stores an entry.
    async fn set(&self, key: &Self::Name, value: &Self::Input) -> Result<()> {
        self.set_all(&[(key, value)]).await
    }

    /// Stores what `change` makes of an entry, or `None` where there is none; whether it has made something. Where
    /// somebody else has changed the entry meanwhile it is called again.
    async fn update<I: AsRef<Self::Input>>(
        &self,
        key: &Self::Name,
        change: impl FnMut(Option<Self::Value>) -> Result<Option<I>>,
    ) -> Result<bool>;

    /// Opens several entries, in the order of `keys`.
    async fn get_many(&self, keys: &[&Self::Name]) -> Result<Vec<Option<Self::Value>>>;

    /// Opens an entry.
    async fn get(&self, key: &Self::Name) -> Result<Option<Self::Value>>;

    /// Opens every entry, in the order of names. Entries that are themselves damaged can be skipped. A key that is
    /// missing or does not open is always an error.
    async fn get_all(&self, on_unreadable: OnUnreadable) -> Result<Vec<(Owned<Self::Name>, Self::Value)>>;

    /// Whether there is such an entry, readable or not.
    async fn contains_key(&self, key: &Self::Name) -> Result<bool>;

    /// The names of all entries, in order.
    async fn keys(&self) -> Result<Vec<Owned<Self::Name>>>;

    /// Removes an entry; `false` if there was none.
    async fn remove(&self, key: &Self::Name) -> Result<bool>;

    /// Removes every entry and keeps the keys.
    async fn clear(&self) -> Result<()>;

    /// Removes the whole namespace.
    async fn destroy(&self) -> Result<()>;

    /// Opens every entry and reports which cannot be read.
    async fn verify(&self) -> Result<Report>;

    /// Every later change.
    fn watch(&self) -> Watch;

    /// What guards the data key.
    fn protection(&self) -> &'static str;

    /// Whether the keys were dropped.
    fn is_locked(&self) -> bool {
        false
    }

    /// Drops the keys.
    fn lock(&self) -> Result<()> {
        Err(without_unlocks())
    }

    /// Opens the store again.
    async fn unlock(&self, _unlock: &Unlock) -> Result<()> {
        Err(without_unlocks())
    }

    /// The store's unlocks.
    async fn unlocks(&self) -> Result<Vec<UnlockInfo>> {
        Err(without_unlocks())
    }

    /// Makes new keys for the unlocks that `rekey` says. Returns the id of the one that is new, if one is.
    async fn rekey(&self, _rekey: Rekey<'_>, _progress: impl FnMut(usize, usize)) -> Result<Option<String>> {
        Err(without_unlocks())
    }

    /// Removes what `verify` finds unreadable for good. Returns how many.
    async fn remove_unreadable(&self) -> Result<usize> {
        let message = "names are in the clear in the flutter layout: `verify` lists the unreadable entries, and `remove` removes each";
        Err(Error::new(ErrorKind::Unsupported, message))
    }
}

/// What a new entry may take the place of.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Over {
    Anything,
    /// Not of an entry, readable or not.
    Nothing,
}

/// Which unlocks a store has after a change of its keys.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Rekey<'a> {
    /// The same, or only these.
    Rotate(Option<&'a [Keep]>),
    /// The same, and one more.
    Add { added: &'a Unlock, label: &'a str },
    /// The same, except the one with this id.
    Remove(&'a str),
    /// The one with this id replaced by another, which keeps the label if there is no new one.
    Change { id: &'a str, to: &'a Unlock, label: Option<&'a str> },
}

pub(crate) fn without_unlocks() -> Error {
    let message = "the flutter layout has one fixed key and no unlocks: open the sealed layout for this";
    Error::new(ErrorKind::Unsupported, message)
}
