//! Base64 by the browser, if it has that.

use js_sys::{JsString, SetFromResult, Uint8Array};
use wasm_bindgen::{JsValue, prelude::wasm_bindgen};

use crate::{base64, flutter::text::AreaText, platform::web::env};

#[wasm_bindgen]
extern "C" {
    // https://tc39.es/proposal-arraybuffer-base64/: Chromium 140, Firefox 133, Safari 18.2.
    #[wasm_bindgen(catch, js_namespace = ["Uint8Array", "prototype", "setFromBase64"], js_name = call)]
    fn set_from_base64(bytes: &mut [u8], text: &JsString, how: &JsValue) -> Result<SetFromResult, JsValue>;
    #[wasm_bindgen(catch, js_namespace = Uint8Array, js_name = fromBase64)]
    fn from_base64(text: &JsString, how: &JsValue) -> Result<Uint8Array, JsValue>;
    #[wasm_bindgen(js_namespace = ["Uint8Array", "prototype", "toBase64"], js_name = call)]
    fn slice_to_base64(bytes: &[u8]) -> JsString;
}

thread_local! {
    static HAS_BASE64: bool = !env::get(&env::get(&js_sys::global(), "Uint8Array"), "fromBase64").is_undefined();
    // Padding is required and no bits may be left over, as in Dart. White space is ignored all the same.
    static STRICT: JsValue = env::dictionary(&[("lastChunkHandling", "strict".into())]);
}

/// Decodes base64 into WebAssembly. `None` leaves it to the crate's own code: in browsers without base64, for the other
/// forms that Dart takes, and to say what is wrong.
pub(super) fn decode(text: &JsString) -> Option<Vec<u8>> {
    if !HAS_BASE64.with(|has| *has) {
        return None;
    }
    let mut bytes = vec![0; text.units() / 4 * 3];
    let result = STRICT.with(|strict| set_from_base64(&mut bytes, text, strict)).ok()?;
    bytes.truncate(result.written() as usize);
    is_all(text, bytes.len()).then_some(bytes)
}

/// The same for bytes that stay outside WebAssembly.
pub(super) fn decode_outside(text: &JsString) -> Option<Uint8Array> {
    if !HAS_BASE64.with(|has| *has) {
        return None;
    }
    let bytes = STRICT.with(|strict| from_base64(text, strict)).ok()?;
    is_all(text, bytes.length() as usize).then_some(bytes)
}

/// Whether this many bytes take up the whole text, so that there was no white space in it.
fn is_all(base64: &JsString, bytes: usize) -> bool {
    base64.units() == bytes.div_ceil(3) * 4
}

/// Encodes as base64.
pub(super) fn encode(bytes: &[u8]) -> JsString {
    if HAS_BASE64.with(|has| *has) { slice_to_base64(bytes) } else { base64::encode(bytes).into() }
}

/// The same for bytes outside WebAssembly.
pub(super) fn encode_outside(bytes: &Uint8Array) -> JsString {
    if HAS_BASE64.with(|has| *has) { bytes.to_base64() } else { base64::encode(&bytes.to_vec()).into() }
}
