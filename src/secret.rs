//! Bytes that are wiped when they are dropped, compared in constant time, and never printed.

use std::fmt;

use ctutils::CtEq;
use zeroize::Zeroizing;

/// Key bytes, or text that a key is written in.
#[derive(Clone)]
pub(crate) struct Secret(Zeroizing<Vec<u8>>);

impl Secret {
    pub(crate) fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Secret(Zeroizing::new(bytes.into()))
    }

    pub(crate) fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.expose().ct_eq(other.expose()).into()
    }
}

impl Eq for Secret {}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_nothing_of_it() {
        assert_eq!(format!("{:?}", Secret::new(*b"hunter2")), "[redacted]");
    }

    #[test]
    fn equality_is_of_bytes_and_length() {
        assert_eq!(Secret::new(*b"same"), Secret::new(*b"same"));
        assert_ne!(Secret::new(*b"same"), Secret::new(*b"sama"));
        assert_ne!(Secret::new(*b"same"), Secret::new(*b"same but longer"));
    }
}
