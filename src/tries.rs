//! Calls that somebody else may overtake are made again, so many times and no more.

use crate::error::{Error, Result};

/// Counts the tries of a call.
pub(crate) struct Tries {
    left: usize,
    exhausted: fn() -> Error,
}

impl Tries {
    /// At most `tries`; after them the error is `exhausted`.
    pub(crate) fn new(tries: usize, exhausted: fn() -> Error) -> Self {
        Tries { left: tries, exhausted }
    }

    /// Begins the next one.
    pub(crate) fn begin(&mut self) -> Result<()> {
        self.left = self.left.checked_sub(1).ok_or_else(self.exhausted)?;
        Ok(())
    }
}
