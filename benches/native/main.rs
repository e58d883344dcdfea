//! A vault beside a bare AES-GCM call, and beside one item of the system's keyring for every value: `npm run bench:native`,
//! which gives it a keyring of its own. Under `cargo bench --bench native` it is the session's, if there is one.

#[cfg(not(target_family = "wasm"))]
mod vaults;

#[cfg(not(target_family = "wasm"))]
criterion::criterion_main!(vaults::benches);

/// A browser has no vaults.
#[cfg(target_family = "wasm")]
fn main() {}
