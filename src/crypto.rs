//! What seals and opens values: the trait, RustCrypto's implementation of it, and the app's wrap key.

pub(crate) mod aead;
#[cfg_attr(feature = "npm", allow(dead_code, reason = "the npm package has it as a module of its own"))]
pub(crate) mod argon2id;
pub(crate) mod cipher;
pub(crate) mod kdf;
#[cfg(feature = "software")]
#[allow(dead_code, reason = "only in browsers values are small enough for it")]
pub(crate) mod read_ahead;
#[cfg(test)]
pub(crate) mod sealed_vectors;
#[cfg(feature = "software")]
#[allow(dead_code, reason = "in a browser WebCrypto does the wraps and AES-128, and only the functions are used")]
pub(crate) mod software;
pub(crate) mod wrap;
