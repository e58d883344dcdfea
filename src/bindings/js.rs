//! What the npm package calls: verbs on JavaScript's own texts and bytes.
//!
//! Each call is polled once where it stands. What WebCrypto is not needed for is then done, and its answer
//! goes back as it is; only the rest becomes a promise.

#![expect(unreachable_pub, reason = "wasm-bindgen exports what is `pub`")]

use std::{
    cell::RefCell,
    future::{Future, poll_fn},
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, Waker},
};

use futures_core::Stream;
use js_sys::{Array, Function, JsString};
use wasm_bindgen::{JsCast, JsValue, closure::Closure, prelude::wasm_bindgen};
use wasm_bindgen_futures::{future_to_promise, spawn_local};

use super::convert::{self, Options, array, error, input, map, object, unreadable};
use crate::{
    Builder, CallOptions, Change, ChangeKind, Error, OnConflict, SecureStorage, Watch, WebOptions,
    flutter::OnUnreadable, platform, storage::not_text,
};

/// Takes in the function that makes a `StorageError`. Called once, before anything else.
#[wasm_bindgen]
pub fn start(make_error: Function) {
    convert::set_make_error(make_error);
}

/// `SecureStorage.open`.
#[wasm_bindgen]
pub fn open(namespace: String, options: Array) -> Result<JsValue, JsValue> {
    let builder = builder(&namespace, options);
    settle(Box::pin(async move { Ok(Handle { storage: builder.open().await? }.into()) }))
}

/// `SecureStorage.destroy`.
#[wasm_bindgen]
pub fn destroy(namespace: String, options: Array) -> Result<JsValue, JsValue> {
    let builder = builder(&namespace, options);
    settle(Box::pin(async move { builder.destroy().await.map(undefined) }))
}

/// `SecureStorage.availability`.
#[wasm_bindgen]
pub fn availability(options: Array) -> Result<JsValue, JsValue> {
    let builder = builder("keyfold", options);
    settle(Box::pin(async move {
        let availability = SecureStorage::availability(&builder).await;
        let answer = object([
            ("usable", availability.usable().into()),
            ("durability", availability.durability.as_str().into()),
            ("recoverable", availability.recoverable.into()),
        ]);
        if let Some(reason) = availability.reason {
            platform::set_property(&answer, "reason", &error(reason));
        }
        Ok(answer)
    }))
}

/// From the options of the web, whether the layout is flutter, whether the area is memory, and `mustExist`.
fn builder(namespace: &str, options: Array) -> Builder {
    let options = Options(options);
    let web = options.web(if options.is_true(4) { WebOptions::flutter() } else { WebOptions::new() });
    let builder = SecureStorage::builder(namespace).web(web).must_exist(options.is_true(6));
    if options.is_true(5) { builder.in_memory() } else { builder }
}

/// What a `SecureStorage` of the package holds.
#[wasm_bindgen]
pub struct Handle {
    storage: SecureStorage,
}

/// What a handle can be asked for, with up to two arguments.
#[wasm_bindgen]
pub enum Verb {
    /// A key and its value.
    Set,
    /// Keys, and their values.
    SetAll,
    Get,
    GetBytes,
    /// Keys.
    GetMany,
    /// Whether unreadable entries are skipped.
    GetAll,
    /// As `GetAll`.
    GetAllBytes,
    ContainsKey,
    Remove,
    Keys,
    Clear,
    Destroy,
    Verify,
    /// Options.
    With,
}

#[wasm_bindgen]
impl Handle {
    #[wasm_bindgen(getter)]
    pub fn namespace(&self) -> String {
        self.storage.namespace().to_owned()
    }

    #[wasm_bindgen(getter)]
    pub fn layout(&self) -> String {
        self.storage.layout().as_str().to_owned()
    }

    #[wasm_bindgen(getter)]
    pub fn protection(&self) -> String {
        self.storage.protection().to_owned()
    }

    /// Does what the verb says, on a clone of the store, so that this handle may be freed meanwhile.
    pub fn call(&self, verb: Verb, first: JsValue, second: JsValue) -> Result<JsValue, JsValue> {
        settle(Box::pin(answer(self.storage.clone(), verb, first, second)))
    }

    #[wasm_bindgen(js_name = importFrom)]
    pub fn import_from(&self, source: &Handle, on_conflict: JsValue) -> Result<JsValue, JsValue> {
        let (storage, source) = (self.storage.clone(), source.storage.clone());
        let on_conflict = match on_conflict.as_string().as_deref() {
            Some("overwrite") => OnConflict::Overwrite,
            Some("fail") => OnConflict::Fail,
            _ => OnConflict::Skip,
        };
        settle(Box::pin(async move {
            let report = storage.import_from(&source, on_conflict).await?;
            Ok(object([
                ("imported", array(report.imported)),
                ("skipped", array(report.skipped)),
                ("unreadable", unreadable(report.unreadable)),
            ]))
        }))
    }

    /// Calls `listener(kind, remote, key)` for every change; gives the function that ends it.
    pub fn watch(&self, listener: Function) -> JsValue {
        let watch = Rc::new(RefCell::new(Some(self.storage.watch())));
        spawn_local(tell(Rc::clone(&watch), listener));
        // Dropping the watch drops the waker of the task that reads it, and so the task.
        Closure::once_into_js(move || drop(watch.borrow_mut().take()))
    }
}

async fn answer(storage: SecureStorage, verb: Verb, first: JsValue, second: JsValue) -> Result<JsValue, Error> {
    let store = storage.backend();
    // A key, where the verb takes one.
    let key = first.unchecked_ref::<JsString>();
    Ok(match verb {
        Verb::Set => undefined(store.set(key, &input(second)).await?),
        Verb::SetAll => {
            let keys = list(&first);
            let values: Vec<_> = second.unchecked_ref::<Array>().iter().map(input).collect();
            undefined(store.set_all(&keys.iter().zip(&values).collect::<Vec<_>>()).await?)
        }
        Verb::Get => match store.get(key).await? {
            Some(value) => value.to_text().ok_or_else(|| not_text(&String::from(key)))?.into(),
            None => JsValue::UNDEFINED,
        },
        Verb::GetBytes => store.get(key).await?.map_or(JsValue::UNDEFINED, |value| value.to_bytes().into()),
        Verb::GetMany => {
            let keys = list(&first);
            let mut texts = Vec::new();
            for (key, value) in keys.iter().zip(store.get_many(&keys.iter().collect::<Vec<_>>()).await?) {
                if let Some(value) = value {
                    texts.push((key.clone(), value.to_text().ok_or_else(|| not_text(&String::from(key)))?.into()));
                }
            }
            map(texts.into_iter())
        }
        Verb::GetAll => {
            let skip = first.is_truthy();
            let mut texts = Vec::new();
            for (key, value) in store.get_all(on_unreadable(skip)).await? {
                match value.to_text() {
                    Some(text) => texts.push((key, text.into())),
                    None if skip => {}
                    None => return Err(not_text(&String::from(key))),
                }
            }
            map(texts.into_iter())
        }
        Verb::GetAllBytes => {
            let values = store.get_all(on_unreadable(first.is_truthy())).await?;
            map(values.into_iter().map(|(key, value)| (key, value.to_bytes().into())))
        }
        Verb::ContainsKey => store.contains_key(key)?.into(),
        Verb::Remove => store.remove(key)?.into(),
        Verb::Keys => array(store.keys()?),
        Verb::Clear => undefined(store.clear()?),
        Verb::Destroy => undefined(store.destroy().await?),
        Verb::Verify => {
            let report = store.verify().await?;
            object([
                ("readable", array(report.readable)),
                ("unreadable", unreadable(report.unreadable)),
                ("passedOver", array(report.passed_over)),
            ])
        }
        Verb::With => {
            let options = CallOptions::new().web(Options(first.unchecked_into()).web(WebOptions::new()));
            Handle { storage: storage.with(options).await? }.into()
        }
    })
}

/// Items of an array of texts.
fn list(array: &JsValue) -> Vec<JsString> {
    array.unchecked_ref::<Array>().iter().map(JsCast::unchecked_into).collect()
}

fn on_unreadable(skip: bool) -> OnUnreadable {
    if skip { OnUnreadable::Skip } else { OnUnreadable::Fail }
}

async fn tell(watch: Rc<RefCell<Option<Watch>>>, listener: Function) {
    let next = || {
        let watch = Rc::clone(&watch);
        poll_fn(move |cx| match watch.borrow_mut().as_mut() {
            Some(watch) => Pin::new(watch).poll_next(cx),
            None => Poll::Ready(None),
        })
    };
    while let Some(Change { kind, remote, .. }) = next().await {
        let (kind, key) = match kind {
            ChangeKind::Set(key) => ("set", JsValue::from(key)),
            ChangeKind::Remove(key) => ("remove", JsValue::from(key)),
            ChangeKind::Clear => ("clear", JsValue::UNDEFINED),
        };
        // The package's listener catches and reports what the app's throws.
        let _ = listener.call3(&JsValue::UNDEFINED, &kind.into(), &remote.into(), &key);
    }
}

/// A call's answer if it has one at once, else a promise for it. The call is boxed, so that the machinery of
/// promises is in the module once and not once for each verb.
fn settle(mut call: Pin<Box<dyn Future<Output = Result<JsValue, Error>>>>) -> Result<JsValue, JsValue> {
    match call.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(answer) => answer.map_err(error),
        Poll::Pending => Ok(future_to_promise(async move { call.await.map_err(error) }).into()),
    }
}

fn undefined((): ()) -> JsValue {
    JsValue::UNDEFINED
}
