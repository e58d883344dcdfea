//! Bytes as JavaScript's text, converted by the browser.

use js_sys::{JsString, Uint8Array};
use wasm_bindgen::{JsValue, prelude::wasm_bindgen};

use super::env::dictionary;

#[wasm_bindgen]
extern "C" {
    /// <https://encoding.spec.whatwg.org/#interface-textdecoder>, with texts that stay outside.
    type TextDecoder;
    #[wasm_bindgen(constructor)]
    fn new(label: &str, how: &JsValue) -> TextDecoder;
    #[wasm_bindgen(method, catch)]
    fn decode(this: &TextDecoder, bytes: &Uint8Array) -> Result<JsString, JsValue>;
    #[wasm_bindgen(method, catch, js_name = decode)]
    fn decode_slice(this: &TextDecoder, bytes: &[u8]) -> Result<JsString, JsValue>;
}

thread_local! {
    static DECODER: TextDecoder = {
        // A text may start with U+FEFF, and what is not UTF-8 must not become U+FFFD.
        TextDecoder::new("utf-8", &dictionary(&[("ignoreBOM", true.into()), ("fatal", true.into())]))
    };
}

/// The text of these bytes, if they are UTF-8.
pub(super) fn text_of(bytes: &[u8]) -> Option<JsString> {
    DECODER.with(|decoder| decoder.decode_slice(bytes)).ok()
}

/// The same for bytes outside WebAssembly.
#[cfg(feature = "flutter")]
pub(super) fn text_of_outside(bytes: &Uint8Array) -> Option<JsString> {
    DECODER.with(|decoder| decoder.decode(bytes)).ok()
}
