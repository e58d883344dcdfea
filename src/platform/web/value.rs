//! Values on their way to and from a browser's cipher, inside WebAssembly or outside.

use js_sys::{JsString, Uint8Array};
use zeroize::Zeroizing;

use super::text::secret_bytes;
#[cfg(feature = "npm")]
use super::utf8;
use crate::crypto::Plaintext;

/// A value to seal, wiped when dropped. Only a text is not, since JavaScript cannot wipe it.
pub(crate) enum Input {
    Inside(Plaintext),
    #[cfg_attr(not(feature = "npm"), allow(dead_code, reason = "a Rust app's values are inside"))]
    Outside(Outside),
    #[cfg_attr(not(feature = "npm"), allow(dead_code, reason = "a Rust app's values are inside"))]
    /// Text that UTF-8 can represent.
    Text(JsString),
}

/// A Rust app's value to seal.
pub(crate) fn input(bytes: &[u8]) -> Box<Input> {
    owned_input(Zeroizing::new(bytes.to_vec()))
}

/// A value to seal that was made for that.
pub(crate) fn owned_input(bytes: Plaintext) -> Box<Input> {
    Box::new(Input::Inside(bytes))
}

impl Input {
    /// A copy inside.
    pub(super) fn inside(&self) -> Plaintext {
        Zeroizing::new(match self {
            Input::Inside(bytes) => bytes.to_vec(),
            Input::Outside(bytes) => bytes.0.to_vec(),
            Input::Text(text) => secret_bytes(text),
        })
    }
}

/// Bytes outside WebAssembly that belong to this program, wiped when dropped.
pub(crate) struct Outside(pub(crate) Uint8Array);

impl Drop for Outside {
    fn drop(&mut self) {
        // To the end: asking for the length would be one more call.
        self.0.fill(0, 0, u32::MAX);
    }
}

/// An opened value.
pub(crate) enum WebValue {
    Inside(Plaintext),
    #[cfg(feature = "flutter")]
    Outside(Outside),
}

/// An opened value for a Rust app.
pub(crate) fn output(value: WebValue) -> Plaintext {
    match value {
        WebValue::Inside(bytes) => bytes,
        #[cfg(feature = "flutter")]
        WebValue::Outside(bytes) => Zeroizing::new(bytes.0.to_vec()),
    }
}

#[cfg(feature = "npm")]
impl WebValue {
    /// Its text, if it is UTF-8.
    pub(crate) fn to_text(&self) -> Option<JsString> {
        match self {
            WebValue::Inside(bytes) => utf8::text_of(bytes),
            #[cfg(feature = "flutter")]
            WebValue::Outside(bytes) => utf8::text_of_outside(&bytes.0),
        }
    }

    /// A copy for JavaScript.
    pub(crate) fn to_bytes(&self) -> Uint8Array {
        match self {
            WebValue::Inside(bytes) => Uint8Array::from(bytes.as_slice()),
            #[cfg(feature = "flutter")]
            WebValue::Outside(bytes) => Uint8Array::new(&bytes.0),
        }
    }
}
