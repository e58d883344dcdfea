//! What seals and opens values: the trait, RustCrypto's implementation of it, and the app's wrap key.

pub(crate) mod cipher;
pub(crate) mod software;
pub(crate) mod wrap;
