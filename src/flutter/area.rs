//! Where the flutter layout's texts lie: the trait.

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

/// A map of names to texts that a page shares with other apps' entries, and that is synchronous, as the
/// Web Storage API is (<https://html.spec.whatwg.org/multipage/webstorage.html>): between two calls
/// without an `await` no other code of this process comes in between.
///
/// The asynchronous methods arbitrate the first key between processes whose views of an area differ for
/// a while. An area that has one view only takes their default bodies.
pub(crate) trait Area {
    /// What names and texts are made of.
    type Text: AreaText + ?Sized;

    /// What stands under `name`.
    fn get(&self, name: &Self::Text) -> Result<Option<Owned<Self::Text>>>;

    /// Puts `text` under `name`. When it fails, what stood there still does.
    fn set(&self, name: &Self::Text, text: &Self::Text) -> Result<()>;

    /// Removes `name`; false where there was none.
    fn remove(&self, name: &Self::Text) -> Result<bool>;

    /// Everything whose name starts with `prefix`.
    fn list(&self, prefix: &Self::Text) -> Result<Listing<Self::Text>>;

    /// Puts `text` under `name` unless something is there; gives what stands there now.
    fn add(&self, name: &Self::Text, text: &Self::Text) -> Result<Owned<Self::Text>>;

    /// The key entry that was agreed on for `name`, whether or not it stands in the area.
    async fn claimed(&self, _name: &Self::Text) -> Result<Option<Owned<Self::Text>>> {
        Ok(None)
    }

    /// Makes `text` the key entry `name`, unless the area has one already or `claimed` is no longer what
    /// was claimed; gives the key entry that holds for everyone, which now stands in the area.
    async fn establish(
        &self,
        name: &Self::Text,
        _claimed: Option<&Self::Text>,
        text: &Self::Text,
    ) -> Result<Owned<Self::Text>> {
        self.add(name, text)
    }

    /// Makes what is claimed follow the key entry `name` that stands in the area. Best effort.
    async fn follow(&self, _name: &Self::Text) {}

    /// Gives up what is claimed for `name`.
    async fn disclaim(&self, _name: &Self::Text) -> Result<()> {
        Ok(())
    }

    /// Waits until what other processes wrote before has most likely arrived.
    async fn settle(&self) {}

    /// Who watches `namespace` here.
    fn hub(&self, namespace: &Self::Text) -> Arc<Hub>;

    /// Called before somebody begins to watch, so that other processes' changes are listened to.
    fn before_watch(&self, _names: &Names<Self::Text>) -> Result<()> {
        Ok(())
    }
}

/// What lies in an area under names with a common start.
pub(crate) struct Listing<T: AreaText + ?Sized> {
    /// Names and texts, in the order of names: by UTF-16 code units in a browser, by UTF-8 elsewhere.
    pub(crate) entries: Pairs<T>,
    /// Names that are not well-formed text, with U+FFFD in place of lone surrogates. Only another app can
    /// have written them.
    pub(crate) ill_formed: Vec<String>,
}
