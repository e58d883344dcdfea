//! Stored bytes and text, encoded and decoded: pure functions without I/O, clock, randomness or cfg.

pub(crate) mod flutter;
#[cfg_attr(not(test), expect(dead_code, reason = "nothing stores the sealed layout yet"))]
pub(crate) mod sealed;
