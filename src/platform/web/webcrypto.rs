//! Calls of WebCrypto.
//!
//! <https://w3c.github.io/webcrypto/>: Chromium 37, Firefox 34, Safari 11, only in secure contexts.

use js_sys::{Array, Promise, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{CryptoKey, SubtleCrypto};

use super::{
    env::{dictionary, failed, is_named},
    promise,
    value::Outside,
};
use crate::{
    crypto::TAG_BYTES,
    error::{Error, ErrorKind, Result},
};

/// What a data key is used for.
pub(super) const USAGES: [&str; 2] = ["encrypt", "decrypt"];

/// How AES-GCM is called, as `AesGcmParams`, where the IV and the associated data are still to be set. The tag's length is
/// always given: WebCrypto takes tags down to 32 bits.
pub(super) fn gcm_params<T: JsCast>() -> T {
    #[expect(clippy::cast_possible_truncation, reason = "it is small")]
    const TAG_BITS: u32 = TAG_BYTES as u32 * 8;
    dictionary(&[("name", "AES-GCM".into()), ("tagLength", TAG_BITS.into())]).unchecked_into()
}

/// A call that has begun, and how many bytes it has to give: the tag's more than it was given, or fewer. What an engine
/// gives that takes other tags is not taken.
pub(crate) struct Call {
    pub(super) promise: Promise,
    pub(super) bytes: usize,
}

impl Call {
    /// What it gave, if it is that long.
    pub(super) fn bytes_of(&self, buffer: &JsValue) -> Option<Uint8Array> {
        Some(Uint8Array::new(buffer)).filter(|bytes| bytes.length() as usize == self.bytes)
    }
}

/// Imports a raw key that cannot be exported.
pub(super) async fn import(subtle: &SubtleCrypto, key: &[u8], usages: &[&str]) -> Result<CryptoKey> {
    let key = Outside(Uint8Array::from(key));
    // WebCrypto makes its own copy at once.
    let imported = subtle.import_key_with_str("raw", &key.0, "AES-GCM", false, &strings(usages));
    Ok(settled(imported).await.map_err(refused)?.unchecked_into())
}

pub(super) async fn settled(call: Result<Promise, JsValue>) -> Result<JsValue, JsValue> {
    promise::settled(call?).await
}

/// The result of decrypting; `None` if the tag does not match, which is an `OperationError`. Every other error is a
/// failure of the platform.
pub(super) fn not_opened(result: Result<JsValue, JsValue>) -> Result<Option<JsValue>> {
    match result {
        Ok(opened) => Ok(Some(opened)),
        Err(thrown) if is_named(&thrown, "OperationError") => Ok(None),
        Err(thrown) => Err(refused(thrown)),
    }
}

/// The result of a call with a key that WebCrypto may not take; `None` if it does not, which is a `DataError`, or an
/// `OperationError` or an `InvalidAccessError` later.
#[cfg(feature = "sealed")]
pub(super) fn not_for_this_key(result: Result<JsValue, JsValue>) -> Result<Option<JsValue>> {
    match result {
        Err(thrown) if is_named(&thrown, "DataError") || is_named(&thrown, "InvalidAccessError") => Ok(None),
        result => not_opened(result),
    }
}

pub(super) fn refused(thrown: JsValue) -> Error {
    failed(ErrorKind::Platform, "WebCrypto refused the call")(thrown)
}

pub(super) fn strings(items: &[&str]) -> Array {
    items.iter().map(|item| JsValue::from_str(item)).collect()
}
