//! JavaScript's values to the crate's and back. What cannot be used is refused by its name.

use std::cell::RefCell;

use js_sys::{Array, Function, JsString, Map, Object, Reflect, Symbol, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::DomException;
use zeroize::Zeroizing;

use crate::{
    Builder, CallOptions, Engine, Error, KeyMaterial, Layout, OnConflict, SecureStorage, Unreadable, WebOptions,
    error::quoted, flutter::OnUnreadable, platform::BrowserError,
};

thread_local! {
    static MAKE_ERROR: RefCell<Option<Function>> = const { RefCell::new(None) };
}

pub(super) fn set_make_error(make_error: Function) {
    MAKE_ERROR.set(Some(make_error));
}

/// A `StorageError` of the package.
pub(super) fn error(error: Error) -> JsValue {
    let make_error = MAKE_ERROR.with_borrow(Clone::clone);
    let arguments = [
        JsValue::from(error.code()),
        error.to_string().into(),
        error.key().into(),
        error.argument().into(),
        cause(&error),
    ];
    let made = make_error.and_then(|make| make.apply(&JsValue::UNDEFINED, &arguments.iter().collect::<Array>()).ok());
    made.unwrap_or_else(|| js_sys::Error::new(&error.to_string()).into())
}

fn cause(error: &Error) -> JsValue {
    let Some(source) = std::error::Error::source(error) else { return JsValue::UNDEFINED };
    match source.downcast_ref::<BrowserError>() {
        Some(BrowserError { name, message }) => {
            DomException::new_with_message_and_name(message, name).map_or(JsValue::UNDEFINED, Into::into)
        }
        None => js_sys::Error::new(&source.to_string()).into(),
    }
}

/// A string that UTF-8 can hold.
pub(super) fn text(value: &JsValue, argument: &'static str) -> Result<String, JsValue> {
    let Some(text) = value.dyn_ref::<JsString>() else {
        return Err(wrong_type(argument, "a string", value));
    };
    if !text.is_well_formed() {
        let message = format!("{argument} has a lone surrogate, which UTF-8 cannot hold: pass well-formed text");
        return Err(error(Error::invalid(argument, message)));
    }
    Ok(text.into())
}

pub(super) fn key(value: &JsValue) -> Result<String, JsValue> {
    text(value, "key")
}

pub(super) fn keys(value: &JsValue) -> Result<Vec<String>, JsValue> {
    list(value, "keys")?.iter().map(|item| key(&item)).collect()
}

/// A value to seal, wiped when dropped.
pub(super) struct Value(Zeroizing<Vec<u8>>);

impl Value {
    pub(super) fn new(value: &JsValue) -> Result<Self, JsValue> {
        match value.dyn_ref::<Uint8Array>() {
            Some(bytes) => Ok(Value(Zeroizing::new(bytes.to_vec()))),
            None if value.is_string() => Ok(Value(Zeroizing::new(text(value, "value")?.into_bytes()))),
            None => Err(wrong_type("value", "a string or a Uint8Array", value)),
        }
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

/// Entries from a Map or another iterable of pairs, or from a plain object.
pub(super) fn entries(value: &JsValue) -> Result<Vec<(String, Value)>, JsValue> {
    if !value.is_object() {
        return Err(wrong_type("entries", "a Map, an iterable of pairs or an object", value));
    }
    let is_iterable = Reflect::has(value, &Symbol::iterator()).unwrap_or(false);
    let pairs = if is_iterable { list(value, "entries")? } else { Object::entries(value.unchecked_ref()) };
    let pair = |pair: JsValue| {
        let pair = pair.dyn_ref::<Array>().filter(|pair| pair.length() == 2);
        let pair = pair.ok_or_else(|| error(Error::invalid("entries", "an entry is not a pair of key and value")))?;
        Ok((key(&pair.get(0))?, Value::new(&pair.get(1))?))
    };
    pairs.iter().map(pair).collect()
}

/// What `open`'s arguments say.
pub(super) fn builder(namespace: &str, options: &JsValue) -> Result<Builder, JsValue> {
    const KNOWN: &[&str] =
        &["layout", "area", "mustExist", "dbName", "unlock", "wrapKey", "wrapKeyIv", "useSessionStorage", "engine"];
    let options = Options::new(options, KNOWN)?;
    let layout = options.choice("layout", &[("flutter", Layout::Flutter), ("sealed", Layout::Sealed)])?;
    let layout = layout.unwrap_or_default();
    if layout == Layout::Flutter && options.get("unlock").is_some() {
        let message = "unlock belongs to the sealed layout: give wrapKey and wrapKeyIv in this one";
        return Err(error(Error::invalid("unlock", message)));
    }
    if let Some(name) = options.get("dbName") {
        text(&name, "dbName")?;
    }
    let start = if layout == Layout::Flutter { WebOptions::flutter() } else { WebOptions::new() };
    let mut builder = SecureStorage::builder(namespace).web(web_options(&options, start)?);
    if options.choice("area", &[("memory", ())])?.is_some() {
        builder = builder.in_memory();
    }
    if let Some(yes) = options.boolean("mustExist")? {
        builder = builder.must_exist(yes);
    }
    Ok(builder)
}

/// What `with`'s argument says.
pub(super) fn call_options(options: &JsValue) -> Result<CallOptions, JsValue> {
    let options = Options::new(options, &["wrapKey", "wrapKeyIv", "useSessionStorage", "engine"])?;
    Ok(CallOptions::new().web(web_options(&options, WebOptions::new())?))
}

fn web_options(options: &Options, mut web: WebOptions) -> Result<WebOptions, JsValue> {
    if let Some(key) = options.key_material("wrapKey")? {
        web = web.wrap_key(key);
    }
    if let Some(iv) = options.key_material("wrapKeyIv")? {
        web = web.wrap_key_iv(iv);
    }
    if let Some(yes) = options.boolean("useSessionStorage")? {
        web = web.use_session_storage(yes);
    }
    if let Some(engine) = options.choice("engine", &[("auto", Engine::Auto), ("webcrypto", Engine::WebCrypto)])? {
        web = web.engine(engine);
    }
    Ok(web)
}

pub(super) fn on_unreadable(options: &JsValue) -> Result<OnUnreadable, JsValue> {
    let skip = Options::new(options, &["skipUnreadable"])?.boolean("skipUnreadable")?;
    Ok(if skip == Some(true) { OnUnreadable::Skip } else { OnUnreadable::Fail })
}

pub(super) fn on_conflict(options: &JsValue) -> Result<OnConflict, JsValue> {
    let choices = [("skip", OnConflict::Skip), ("overwrite", OnConflict::Overwrite), ("fail", OnConflict::Fail)];
    Ok(Options::new(options, &["onConflict"])?.choice("onConflict", &choices)?.unwrap_or_default())
}

/// An object of options. A name that is not known is refused: a wrap key that is misspelt would
/// otherwise leave the data key in the clear.
struct Options<'a>(&'a JsValue);

impl<'a> Options<'a> {
    fn new(options: &'a JsValue, known: &[&str]) -> Result<Self, JsValue> {
        if options.is_undefined() {
            return Ok(Options(options));
        }
        let Some(object) = options.dyn_ref::<Object>() else {
            return Err(wrong_type("options", "an object", options));
        };
        for name in Object::keys(object).iter().filter_map(|name| name.as_string()) {
            if !known.contains(&name.as_str()) {
                let message = format!("there is no option {} here: use {}", quoted(&name), known.join(", "));
                return Err(error(Error::invalid("options", message)));
            }
        }
        Ok(Options(options))
    }

    fn get(&self, name: &str) -> Option<JsValue> {
        Reflect::get(self.0, &name.into()).ok().filter(|value| !value.is_undefined())
    }

    fn boolean(&self, name: &'static str) -> Result<Option<bool>, JsValue> {
        let boolean = |value: JsValue| value.as_bool().ok_or_else(|| wrong_type(name, "true or false", &value));
        self.get(name).map(boolean).transpose()
    }

    fn choice<T: Copy>(&self, name: &'static str, choices: &[(&str, T)]) -> Result<Option<T>, JsValue> {
        let Some(value) = self.get(name) else { return Ok(None) };
        let value = value.as_string();
        if let Some((_, choice)) = choices.iter().find(|(word, _)| Some(*word) == value.as_deref()) {
            return Ok(Some(*choice));
        }
        let words: Vec<_> = choices.iter().map(|(word, _)| quoted(word)).collect();
        Err(error(Error::invalid(name, format!("{name} must be {}", words.join(" or ")))))
    }

    fn key_material(&self, name: &'static str) -> Result<Option<KeyMaterial>, JsValue> {
        let Some(value) = self.get(name) else { return Ok(None) };
        match value.dyn_ref::<Uint8Array>() {
            Some(bytes) => Ok(Some(bytes.to_vec().into())),
            None if value.is_string() => Ok(Some(text(&value, name)?.into())),
            None => Err(wrong_type(name, "base64 text or a Uint8Array", &value)),
        }
    }
}

fn wrong_type(argument: &'static str, wanted: &str, given: &JsValue) -> JsValue {
    let given = if given.is_null() { "null".to_owned() } else { given.js_typeof().as_string().unwrap_or_default() };
    error(Error::invalid(argument, format!("{argument} must be {wanted}, not {given}")))
}

fn list(value: &JsValue, argument: &'static str) -> Result<Array, JsValue> {
    match js_sys::try_iter(value) {
        Ok(Some(items)) if !value.is_string() => items.collect(),
        _ => Err(wrong_type(argument, "an iterable", value)),
    }
}

pub(super) fn object<const N: usize>(properties: [(&str, JsValue); N]) -> JsValue {
    let object = Object::new().into();
    properties.iter().for_each(|(name, value)| set(&object, name, value));
    object
}

pub(super) fn set(object: &JsValue, name: &str, value: &JsValue) {
    // Cannot fail: these are plain objects of ours.
    let _ = Reflect::set(object, &name.into(), value);
}

pub(super) fn array(items: Vec<String>) -> JsValue {
    items.into_iter().map(JsValue::from).collect::<Array>().into()
}

pub(super) fn map<K: AsRef<str>>(entries: impl Iterator<Item = (K, JsValue)>) -> JsValue {
    let map = Map::new();
    entries.for_each(|(key, value)| drop(map.set(&key.as_ref().into(), &value)));
    map.into()
}

pub(super) fn unreadable(entries: Vec<Unreadable>) -> JsValue {
    let item = |entry: Unreadable| {
        object([("key", entry.key.into()), ("code", entry.kind.code().into()), ("message", entry.message.into())])
    };
    entries.into_iter().map(item).collect::<Array>().into()
}
