//! JavaScript's text, which stays outside WebAssembly until somebody looks into it.

use std::borrow::Cow;

use js_sys::JsString;

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
