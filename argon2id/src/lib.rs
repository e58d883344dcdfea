//! Argon2id for the npm package: a separate WebAssembly module, which a page loads when it first needs it.
//!
//! `pkg/argon2id.js` makes an instance for each key. It asks for `room`, writes salt and passphrase there, calls `derive`,
//! and reads the key from there. The exports are plain functions, so wasm-bindgen's glue is not needed.

use std::{cell::RefCell, ptr};

use argon2::{Algorithm, Argon2, Params, Version};

const KEY_BYTES: usize = 32;
const SALT_BYTES: usize = 16;

thread_local! {
    /// The key, the salt and the passphrase, one after the other.
    static ROOM: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// The address of room for a key, a salt and a passphrase of this length; null if there is no memory for it.
#[expect(unsafe_code, reason = "naming an export counts as unsafe; nothing else here is")]
#[unsafe(no_mangle)]
pub extern "C" fn room(passphrase_bytes: usize) -> *mut u8 {
    let bytes = KEY_BYTES + SALT_BYTES + passphrase_bytes;
    ROOM.with_borrow_mut(|room| {
        if room.try_reserve_exact(bytes).is_err() {
            return ptr::null_mut();
        }
        room.resize(bytes, 0);
        room.as_mut_ptr()
    })
}

/// Derives the key (RFC 9106, version 0x13, one lane); false if there is no memory for it.
///
/// # Panics
///
/// Without room, or for a cost that Argon2id does not allow. The format's bounds are narrower.
#[expect(unsafe_code, reason = "as above")]
#[unsafe(no_mangle)]
pub extern "C" fn derive(memory_kib: u32, passes: u32) -> bool {
    let params = Params::new(memory_kib, passes, 1, Some(KEY_BYTES)).expect("a cost within bounds");
    ROOM.with_borrow_mut(|room| {
        let (key, input) = room.split_at_mut(KEY_BYTES);
        let (salt, passphrase) = input.split_at(SALT_BYTES);
        // All lengths are legal: only memory can be missing.
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params).hash_password_into(passphrase, salt, key).is_ok()
    })
}
