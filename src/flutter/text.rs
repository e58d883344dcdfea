//! Text as an area holds it. Names are joined from a namespace and a key, and taken apart again, where they are.

use crate::text::{Owned, Text};

/// A text that can be joined and compared without looking into it.
pub(crate) trait AreaText: Text {
    /// Length in the units of its encoding. For ASCII these are characters.
    fn units(&self) -> usize;

    /// This text followed by `end`.
    fn followed_by(&self, end: &Self) -> Self::Owned;

    /// What follows `start`, if the text starts with it.
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
