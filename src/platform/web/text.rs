//! JavaScript's text, which stays outside WebAssembly until somebody looks into it.

use std::borrow::Cow;

use js_sys::{JsString, Uint8Array};
use wasm_bindgen::prelude::wasm_bindgen;

use super::value::Outside;
use crate::text::Text;

impl Text for JsString {
    fn of(text: &str) -> Cow<'_, JsString> {
        Cow::Owned(text.into())
    }

    fn to_str(&self) -> Cow<'_, str> {
        Cow::Owned(self.into())
    }

    fn into_rust(text: JsString) -> String {
        text.into()
    }
}

#[wasm_bindgen]
extern "C" {
    /// <https://encoding.spec.whatwg.org/#interface-textencoder>, with texts that stay outside WebAssembly.
    type TextEncoder;
    #[wasm_bindgen(constructor)]
    fn new() -> TextEncoder;
    #[wasm_bindgen(method)]
    fn encode(this: &TextEncoder, text: &JsString) -> Uint8Array;
}

thread_local! {
    static ENCODER: TextEncoder = TextEncoder::new();
}

/// A well-formed text as UTF-8, outside WebAssembly.
pub(super) fn to_utf8(text: &JsString) -> Outside {
    Outside(ENCODER.with(|encoder| encoder.encode(text)))
}

/// A secret text as UTF-8, inside. Its buffer has its final size from the start: wasm-bindgen's own conversion lets one
/// grow, which leaves parts of the text behind.
pub(crate) fn secret_bytes(text: &JsString) -> Vec<u8> {
    to_utf8(text).0.to_vec()
}
