//! Stored bytes and text, encoded and decoded: pure functions without I/O, clock, randomness or cfg.

pub(crate) mod flutter;
pub(crate) mod sealed;
