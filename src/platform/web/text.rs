//! JavaScript's text: put together, compared and coded by the browser, so that it seldom has to be copied into
//! WebAssembly.

use std::borrow::Cow;

use js_sys::{JsString, Object, SetFromResult, Uint8Array};
use wasm_bindgen::{JsCast, JsValue, prelude::wasm_bindgen};

use super::env;
use crate::{format::flutter, text::Text};

#[wasm_bindgen]
extern "C" {
    /// `String` with arguments that are its own texts, where js-sys takes Rust's.
    #[wasm_bindgen(js_name = String)]
    type Raw;
    #[wasm_bindgen(method, js_name = startsWith)]
    fn starts_with(this: &Raw, start: &JsString) -> bool;

    // https://tc39.es/proposal-arraybuffer-base64/: Chromium 140, Firefox 133, Safari 18.2.
    #[wasm_bindgen(catch, js_namespace = ["Uint8Array", "prototype", "setFromBase64"], js_name = call)]
    fn set_from_base64(bytes: &mut [u8], text: &JsString, how: &JsValue) -> Result<SetFromResult, JsValue>;
    #[wasm_bindgen(catch, js_namespace = Uint8Array, js_name = fromBase64)]
    fn from_base64(text: &JsString, how: &JsValue) -> Result<Uint8Array, JsValue>;
    #[wasm_bindgen(js_namespace = ["Uint8Array", "prototype", "toBase64"], js_name = call)]
    fn slice_to_base64(bytes: &[u8]) -> JsString;

    /// <https://encoding.spec.whatwg.org/#interface-textencoder>, with texts that stay outside.
    type TextEncoder;
    #[wasm_bindgen(constructor)]
    fn new() -> TextEncoder;
    #[wasm_bindgen(method)]
    fn encode(this: &TextEncoder, text: &JsString) -> Uint8Array;

    type TextDecoder;
    #[wasm_bindgen(constructor)]
    fn new(label: &str, how: &JsValue) -> TextDecoder;
    #[wasm_bindgen(method, catch)]
    fn decode(this: &TextDecoder, bytes: &Uint8Array) -> Result<JsString, JsValue>;
    #[wasm_bindgen(method, catch, js_name = decode)]
    fn decode_slice(this: &TextDecoder, bytes: &[u8]) -> Result<JsString, JsValue>;
}

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
    static HAS_BASE64: bool = !env::get(&env::get(&js_sys::global(), "Uint8Array"), "fromBase64").is_undefined();
    // Padding is required and no bits may be left over, as Dart has it. White space is passed over all the same.
    static STRICT: JsValue = options(&[("lastChunkHandling", "strict".into())]);
    static ENCODER: TextEncoder = TextEncoder::new();
    // A text may begin with U+FEFF, and what is not UTF-8 is not to become U+FFFD.
    static DECODER: TextDecoder =
        TextDecoder::new("utf-8", &options(&[("ignoreBOM", true.into()), ("fatal", true.into())]));
}

fn options(options: &[(&str, JsValue)]) -> JsValue {
    let object = Object::new().into();
    options.iter().for_each(|(name, value)| env::set_property(&object, name, value));
    object
}

/// Decodes base64 into WebAssembly. `None` leaves it to the crate's own: for browsers without, for the other forms
/// that Dart takes, and to say what is wrong.
pub(super) fn decode_base64(text: &JsString) -> Option<Vec<u8>> {
    if !HAS_BASE64.with(|has| *has) {
        return None;
    }
    let mut bytes = vec![0; text.units() / 4 * 3];
    let result = STRICT.with(|strict| set_from_base64(&mut bytes, text, strict)).ok()?;
    bytes.truncate(result.written() as usize);
    is_all(text, bytes.len()).then_some(bytes)
}

/// The same for bytes that stay outside.
pub(super) fn decode_base64_outside(text: &JsString) -> Option<Uint8Array> {
    if !HAS_BASE64.with(|has| *has) {
        return None;
    }
    let bytes = STRICT.with(|strict| from_base64(text, strict)).ok()?;
    is_all(text, bytes.length() as usize).then_some(bytes)
}

/// Whether so many bytes take up a text whole, so that there was no white space in it.
fn is_all(base64: &JsString, bytes: usize) -> bool {
    base64.units() == bytes.div_ceil(3) * 4
}

/// Encodes as base64.
pub(super) fn encode_base64(bytes: &[u8]) -> JsString {
    if HAS_BASE64.with(|has| *has) { slice_to_base64(bytes) } else { flutter::encode_base64(bytes).into() }
}

/// The same for bytes outside.
pub(super) fn encode_base64_outside(bytes: &Uint8Array) -> JsString {
    if HAS_BASE64.with(|has| *has) { bytes.to_base64() } else { flutter::encode_base64(&bytes.to_vec()).into() }
}

/// A well-formed text as UTF-8, outside.
pub(super) fn to_utf8(text: &JsString) -> Uint8Array {
    ENCODER.with(|encoder| encoder.encode(text))
}

/// The text that bytes are the UTF-8 of, if they are.
#[cfg(feature = "npm")]
pub(super) fn from_utf8(bytes: &[u8]) -> Option<JsString> {
    DECODER.with(|decoder| decoder.decode_slice(bytes)).ok()
}

/// The same for bytes outside.
#[cfg(feature = "npm")]
pub(super) fn from_utf8_outside(bytes: &Uint8Array) -> Option<JsString> {
    DECODER.with(|decoder| decoder.decode(bytes)).ok()
}
