//! Takes the place of `small.rs` without the feature `software`: no value is small.

use std::convert::Infallible;

use crate::{
    crypto::{NONCE_BYTES, Plaintext},
    error::Result,
    flutter::{cipher::NotOpened, format::SealedValue},
    options::Engine,
};

pub(super) fn is_used_by(_engine: Engine) -> bool {
    false
}

/// Never exists.
pub(super) struct SmallCipher(Infallible);

impl SmallCipher {
    pub(super) fn new(_data_key: &[u8]) -> Option<Self> {
        None
    }

    pub(super) fn takes(&self, _bytes: usize) -> bool {
        match self.0 {}
    }

    pub(super) fn seal(&self, _nonce: [u8; NONCE_BYTES], _plaintext: &[u8]) -> Result<Vec<u8>> {
        match self.0 {}
    }

    pub(super) fn open(&self, _sealed: SealedValue) -> Result<Plaintext, NotOpened> {
        match self.0 {}
    }
}
