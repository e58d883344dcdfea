//! Where the flutter layout's texts are kept: the trait.

use std::sync::Arc;

use crate::{
    error::Result,
    flutter::{
        format::Names,
        text::{AreaText, Pairs},
    },
    text::Owned,
    watch::Hub,
};

/// A map from names to texts, which a page shares with other apps' entries. It is synchronous, as the Web Storage API
/// is (<https://html.spec.whatwg.org/multipage/webstorage.html>): between two calls without an `await`, no other code
/// of this process runs.
///
/// The asynchronous methods arbitrate the first key between processes whose views of an area differ for a while. An
/// area that has only one view uses their default bodies.
pub(crate) trait Area {
    /// What names and texts are made of.
    type Text: AreaText + ?Sized;

    /// The text under `name`.
    fn get(&self, name: &Self::Text) -> Result<Option<Owned<Self::Text>>>;

    /// Puts `text` under `name`. If that fails, what was there stays.
    fn set(&self, name: &Self::Text, text: &Self::Text) -> Result<()>;

    /// Removes `name`; `false` if there was none.
    fn remove(&self, name: &Self::Text) -> Result<bool>;

    /// Everything whose name starts with `prefix`.
    fn list(&self, prefix: &Self::Text) -> Result<Listing<Self::Text>>;

    /// Puts `text` under `name` unless something is there. Returns what is there now.
    fn add(&self, name: &Self::Text, text: &Self::Text) -> Result<Owned<Self::Text>>;

    /// The key entry that was agreed on for `name`, whether or not it is in the area.
    async fn claimed(&self, _name: &Self::Text) -> Result<Option<Owned<Self::Text>>> {
        Ok(None)
    }

    /// Makes `text` the key entry `name`, unless the area has one already or something other than `claimed` is claimed
    /// now. Returns the key entry that holds for everyone, which is now in the area.
    async fn establish(
        &self,
        name: &Self::Text,
        _claimed: Option<&Self::Text>,
        text: &Self::Text,
    ) -> Result<Owned<Self::Text>> {
        self.add(name, text)
    }

    /// Makes the claim follow the key entry `name` in the area, as far as that is possible.
    async fn follow(&self, _name: &Self::Text) {}

    /// Gives up what is claimed for `name`.
    async fn disclaim(&self, _name: &Self::Text) -> Result<()> {
        Ok(())
    }

    /// Waits until what other processes wrote earlier has most likely arrived.
    async fn settle(&self) {}

    /// The watchers of `namespace` here.
    fn hub(&self, namespace: &Self::Text) -> Arc<Hub>;

    /// Called before somebody begins to watch, so that changes by other processes are noticed.
    fn before_watch(&self, _names: &Names<Self::Text>) -> Result<()> {
        Ok(())
    }
}

/// What an area holds under names with a common start.
pub(crate) struct Listing<T: AreaText + ?Sized> {
    /// Names and texts, in the order of names: by UTF-16 code units in a browser, by UTF-8 elsewhere.
    pub(crate) entries: Pairs<T>,
    /// Names that are not well-formed text, with U+FFFD for lone surrogates. Only another app can have written them.
    pub(crate) ill_formed: Vec<String>,
}
