//! JavaScript's text as names and stored texts. The browser joins, compares and encodes it, so that it seldom has to be
//! copied into WebAssembly.

use js_sys::{JsString, Uint8Array};
use wasm_bindgen::{JsCast, prelude::wasm_bindgen};

use crate::flutter::text::AreaText;

#[wasm_bindgen]
extern "C" {
    /// `String` with its own texts as arguments, where js-sys takes Rust's.
    #[wasm_bindgen(js_name = String)]
    type Raw;
    #[wasm_bindgen(method, js_name = startsWith)]
    fn starts_with(this: &Raw, start: &JsString) -> bool;

    /// <https://encoding.spec.whatwg.org/#interface-textencoder>, with texts that stay outside WebAssembly.
    type TextEncoder;
    #[wasm_bindgen(constructor)]
    fn new() -> TextEncoder;
    #[wasm_bindgen(method)]
    fn encode(this: &TextEncoder, text: &JsString) -> Uint8Array;
}

impl AreaText for JsString {
    fn units(&self) -> usize {
        self.length() as usize
    }

    fn followed_by(&self, end: &JsString) -> JsString {
        self.concat(end)
    }

    fn after(&self, start: &JsString) -> Option<JsString> {
        starts_with(self, start).then(|| self.slice(start.length(), self.length()))
    }
}

/// Whether a text starts with another.
pub(super) fn starts_with(text: &JsString, start: &JsString) -> bool {
    text.unchecked_ref::<Raw>().starts_with(start)
}

thread_local! {
    static ENCODER: TextEncoder = TextEncoder::new();
}

/// A well-formed text as UTF-8, outside WebAssembly.
pub(super) fn to_utf8(text: &JsString) -> Uint8Array {
    ENCODER.with(|encoder| encoder.encode(text))
}
