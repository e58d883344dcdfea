//! Nonces, made many at a time: a call of the browser's generator costs more than the rest of sealing a small value.
//!
//! A copy of the page's memory that is resumed twice would use them twice. The sealed layout makes each when it seals.

use std::cell::RefCell;

use crate::{
    crypto::{NONCE_BYTES, random},
    error::Result,
};

/// How many nonces are made at a time.
const NONCES: usize = 128;

thread_local! {
    static POOL: RefCell<NoncePool> =
        const { RefCell::new(NoncePool { bytes: [0; NONCE_BYTES * NONCES], used: NONCE_BYTES * NONCES }) };
}

/// Random bytes for nonces, many at a time.
struct NoncePool {
    bytes: [u8; NONCE_BYTES * NONCES],
    used: usize,
}

impl NoncePool {
    /// The next nonce. It is wiped in the pool before it is used.
    fn take(&mut self) -> Result<[u8; NONCE_BYTES]> {
        if self.used == self.bytes.len() {
            random(&mut self.bytes)?;
            self.used = 0;
        }
        let mut nonce = [0; NONCE_BYTES];
        nonce.swap_with_slice(&mut self.bytes[self.used..self.used + NONCE_BYTES]);
        self.used += NONCE_BYTES;
        Ok(nonce)
    }
}

/// A random nonce.
pub(super) fn next_nonce() -> Result<[u8; NONCE_BYTES]> {
    POOL.with_borrow_mut(NoncePool::take)
}
