//! What seals and opens values: the trait, RustCrypto's implementation of it, and the app's wrap key.

pub(crate) mod cipher;
#[cfg(test)]
pub(crate) mod kdf;
#[cfg(feature = "software")]
#[allow(dead_code, reason = "only in browsers values are small enough for it")]
pub(crate) mod read_ahead;
#[cfg(test)]
mod sealed_vectors;
#[cfg(feature = "software")]
#[allow(dead_code, reason = "in a browser WebCrypto does the wraps and AES-128, and only the functions are used")]
pub(crate) mod software;
pub(crate) mod wrap;
