//! Text as an area holds it: names are put together from a namespace and a key, and taken apart again, where they are.

use crate::text::{Owned, Text};

/// A text that can be put together and compared without a look into it.
pub(crate) trait AreaText: Text {
    /// Length in the units of its encoding, which for ASCII are characters.
    fn units(&self) -> usize;

    /// It and then `end`.
    fn followed_by(&self, end: &Self) -> Self::Owned;

    /// What follows `start`, if it starts with that.
    fn after(&self, start: &Self) -> Option<Self::Owned>;
}

/// Texts with their names, or with their keys.
pub(crate) type Pairs<T> = Vec<(Owned<T>, Owned<T>)>;

impl AreaText for str {
    fn units(&self) -> usize {
        self.len()
    }

    fn followed_by(&self, end: &str) -> String {
        [self, end].concat()
    }

    fn after(&self, start: &str) -> Option<String> {
        self.strip_prefix(start).map(str::to_owned)
    }
}
