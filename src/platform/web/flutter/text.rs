//! JavaScript's text as names and stored texts. The browser joins and compares it, so that it seldom has to be copied into
//! WebAssembly.

use js_sys::JsString;
use wasm_bindgen::{JsCast, prelude::wasm_bindgen};

use crate::flutter::text::AreaText;

#[wasm_bindgen]
extern "C" {
    /// `String` with its own texts as arguments, where js-sys takes Rust's.
    #[wasm_bindgen(js_name = String)]
    type Raw;
    #[wasm_bindgen(method, js_name = startsWith)]
    fn starts_with(this: &Raw, start: &JsString) -> bool;
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
