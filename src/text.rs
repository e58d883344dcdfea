//! Text as an area holds it: Rust's, or in a browser JavaScript's, which stays outside WebAssembly until somebody
//! looks into it.

use std::borrow::Cow;

/// A text that can be put together and compared without a look into it.
pub(crate) trait Text: ToOwned + PartialEq {
    /// This text of Rust's.
    fn of(text: &str) -> Cow<'_, Self>;

    /// Rust's copy of it, where it is not Rust's own.
    fn to_str(&self) -> Cow<'_, str>;

    /// Rust's copy of one that is no longer needed.
    fn into_rust(text: Self::Owned) -> String;
}

/// A text by itself.
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
