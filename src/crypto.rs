//! What seals and opens values: the trait, and RustCrypto's implementation of it.

pub(crate) mod cipher;
pub(crate) mod software;
