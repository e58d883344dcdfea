//! Text as an area holds it: Rust's, or in a browser JavaScript's, which stays outside WebAssembly until somebody
//! looks into it.

use std::borrow::Cow;

/// A text that can be joined and compared without looking into it.
pub(crate) trait Text: ToOwned + PartialEq {
    /// Rust's text in this form.
    fn of(text: &str) -> Cow<'_, Self>;

    /// Rust's text: a copy, where this is JavaScript's.
    fn to_str(&self) -> Cow<'_, str>;

    /// The same, of a text that is no longer needed.
    fn into_rust(text: Self::Owned) -> String;
}

/// A text that is owned.
pub(crate) type Owned<T> = <T as ToOwned>::Owned;

impl Text for str {
    fn of(text: &str) -> Cow<'_, str> {
        text.into()
    }

    fn to_str(&self) -> Cow<'_, str> {
        self.into()
    }

    fn into_rust(text: String) -> String {
        text
    }
}
