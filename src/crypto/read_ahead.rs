//! AES-256 that computes counter blocks ahead, for small values in WebAssembly.
//!
//! RustCrypto's software AES always computes four blocks at once. Counter mode asks for the first block of a value and
//! for its last few one by one: five times four blocks for 100 bytes. Here each block that is asked for brings along
//! its three successors, so that two times are enough. What is returned for a block is always AES of just that block.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aes_gcm::{
    aead::{
        array::Array,
        consts::{U1, U16},
    },
    aes::{
        Aes256,
        cipher::{
            Block, BlockCipherEncBackend, BlockCipherEncClosure, BlockCipherEncrypt, BlockSizeUser, InOut,
            ParBlocksSizeUser,
        },
    },
};
use zeroize::Zeroize;

/// How many blocks are computed at once.
const BLOCKS: usize = 4;

/// Counter blocks and what AES makes of them. That is secret, and must be wiped when a value is done.
#[derive(Default)]
pub(crate) struct Ahead {
    is_filled: bool,
    counters: [[u8; 16]; BLOCKS],
    encrypted: [[u8; 16]; BLOCKS],
}

impl Ahead {
    fn of(&mut self, counter: [u8; 16], aes: &Aes256) -> [u8; 16] {
        let known = self.counters.iter().position(|known| self.is_filled && *known == counter);
        if let Some(block) = known.and_then(|at| self.encrypted.get(at)) {
            return *block;
        }
        self.wipe();
        self.counters = successors(counter);
        let mut blocks = self.counters.map(Array);
        aes.encrypt_blocks(&mut blocks);
        self.encrypted = blocks.map(|block| block.0);
        self.is_filled = true;
        self.encrypted[0]
    }

    pub(crate) fn wipe(&mut self) {
        self.is_filled = false;
        self.encrypted.zeroize();
    }
}

/// A counter block and the next ones: GCM counts in the last 32 bits (NIST SP 800-38D, 6.2).
fn successors(counter: [u8; 16]) -> [[u8; 16]; BLOCKS] {
    let mut counters = [counter; BLOCKS];
    for next in 1..BLOCKS {
        counters[next] = counters[next - 1];
        if let Some(count) = counters[next].last_chunk_mut() {
            *count = u32::from_be_bytes(*count).wrapping_add(1).to_be_bytes();
        }
    }
    counters
}

/// The cipher. Whoever holds the other end of `ahead` wipes it.
pub(crate) struct ReadAhead {
    pub(crate) aes: Aes256,
    pub(crate) ahead: Arc<Mutex<Ahead>>,
}

/// What is computed ahead, to be used or wiped.
pub(crate) fn lock(ahead: &Mutex<Ahead>) -> MutexGuard<'_, Ahead> {
    // A panic elsewhere leaves pairs that belong together, or none.
    ahead.lock().unwrap_or_else(PoisonError::into_inner)
}

impl BlockSizeUser for ReadAhead {
    type BlockSize = U16;
}

impl BlockCipherEncrypt for ReadAhead {
    fn encrypt_with_backend(&self, f: impl BlockCipherEncClosure<BlockSize = U16>) {
        f.call(self);
    }
}

impl ParBlocksSizeUser for ReadAhead {
    type ParBlocksSize = U1;
}

impl BlockCipherEncBackend for ReadAhead {
    fn encrypt_block(&self, mut block: InOut<'_, '_, Block<Self>>) {
        let counter = block.get_in().0;
        *block.get_out() = Array(lock(&self.ahead).of(counter, &self.aes));
    }
}

#[cfg(test)]
mod tests {
    use aes_gcm::KeyInit;

    use super::*;

    fn counter(count: u32) -> [u8; 16] {
        let mut counter = [7; 16];
        counter[12..].copy_from_slice(&count.to_be_bytes());
        counter
    }

    #[test]
    fn every_block_is_that_of_aes() {
        let aes = Aes256::new(&[3; 32].into());
        let ahead = ReadAhead { aes: aes.clone(), ahead: Arc::default() };
        let mut other = [9; 16];
        other[15] = 1;
        // Nothing is known in the beginning, not even of zeros; then in order, again, backwards, around the last
        // count, and of other nonces.
        let counts = [0, 1, 2, 3, 4, 5, 5, 2, 1, u32::MAX - 1, u32::MAX, 0, 1].map(counter);
        for block in [[0; 16]].into_iter().chain(counts).chain([other, counter(1), [0; 16]]) {
            let (mut ours, mut theirs) = (Array(block), Array(block));
            BlockCipherEncrypt::encrypt_block(&ahead, &mut ours);
            aes.encrypt_block(&mut theirs);
            assert_eq!(ours, theirs, "{block:?}");
        }
    }

    #[test]
    fn what_is_wiped_is_not_given_out() {
        let ahead = ReadAhead { aes: Aes256::new(&[3; 32].into()), ahead: Arc::default() };
        let mut block = Array(counter(1));
        BlockCipherEncrypt::encrypt_block(&ahead, &mut block);
        lock(&ahead.ahead).wipe();
        assert_eq!(lock(&ahead.ahead).encrypted, [[0; 16]; BLOCKS]);
        let mut again = Array(counter(1));
        BlockCipherEncrypt::encrypt_block(&ahead, &mut again);
        assert_eq!(block, again);
    }
}
