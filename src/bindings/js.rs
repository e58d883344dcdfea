//! wasm-bindgen shims: they take JavaScript's values apart, call the crate, and put answers together.
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
use js_sys::{Function, Uint8Array};
use wasm_bindgen::{JsValue, closure::Closure, prelude::wasm_bindgen};
use wasm_bindgen_futures::{future_to_promise, spawn_local};
use zeroize::Zeroize;

use super::convert::{self, Value, array, error, key, keys, map, object, text, unreadable};
use crate::{Change, ChangeKind, Error, SecureStorage, Watch};

/// Takes in the function that makes a `StorageError`. Called once, before anything else.
#[wasm_bindgen]
pub fn start(make_error: Function) {
    convert::set_make_error(make_error);
}

/// `SecureStorage.open`.
#[wasm_bindgen]
pub fn open(namespace: JsValue, options: JsValue) -> Result<JsValue, JsValue> {
    let builder = convert::builder(&text(&namespace, "namespace")?, &options)?;
    settle(Box::pin(async move { Ok(Handle { storage: builder.open().await? }.into()) }))
}

/// `SecureStorage.destroy`.
#[wasm_bindgen]
pub fn destroy(namespace: JsValue, options: JsValue) -> Result<JsValue, JsValue> {
    let builder = convert::builder(&text(&namespace, "namespace")?, &options)?;
    settle(Box::pin(async move { builder.destroy().await.map(undefined) }))
}

/// `SecureStorage.availability`.
#[wasm_bindgen]
pub fn availability(options: JsValue) -> Result<JsValue, JsValue> {
    let builder = convert::builder("keyfold", &options)?;
    settle(Box::pin(async move {
        let availability = SecureStorage::availability(&builder).await;
        let answer = object([
            ("usable", availability.usable().into()),
            ("durability", availability.durability.as_str().into()),
            ("recoverable", availability.recoverable.into()),
        ]);
        if let Some(reason) = availability.reason {
            convert::set(&answer, "reason", &error(reason));
        }
        Ok(answer)
    }))
}

/// What a `SecureStorage` of the package holds.
#[wasm_bindgen]
pub struct Handle {
    storage: SecureStorage,
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

    pub fn set(&self, name: JsValue, value: JsValue) -> Result<JsValue, JsValue> {
        let (key, value) = (key(&name)?, Value::new(&value)?);
        self.call(async move |storage| storage.set_bytes(&key, value.bytes()).await.map(undefined))
    }

    #[wasm_bindgen(js_name = setAll)]
    pub fn set_all(&self, entries: JsValue) -> Result<JsValue, JsValue> {
        let entries = convert::entries(&entries)?;
        self.call(async move |storage| {
            let entries = entries.iter().map(|(key, value)| (key, value.bytes()));
            storage.set_all(entries).await.map(undefined)
        })
    }

    pub fn get(&self, name: JsValue) -> Result<JsValue, JsValue> {
        let key = key(&name)?;
        self.call(async move |storage| Ok(storage.get(&key).await?.map_or(JsValue::UNDEFINED, text_out)))
    }

    #[wasm_bindgen(js_name = getBytes)]
    pub fn get_bytes(&self, name: JsValue) -> Result<JsValue, JsValue> {
        let key = key(&name)?;
        self.call(async move |storage| {
            Ok(storage.read(&key).await?.map_or(JsValue::UNDEFINED, |value| bytes_out(&value)))
        })
    }

    #[wasm_bindgen(js_name = getMany)]
    pub fn get_many(&self, names: JsValue) -> Result<JsValue, JsValue> {
        let keys = keys(&names)?;
        self.call(async move |storage| {
            let values = storage.get_many(&keys).await?;
            Ok(map(keys.iter().zip(values).filter_map(|(key, value)| Some((key, text_out(value?))))))
        })
    }

    #[wasm_bindgen(js_name = getAll)]
    pub fn get_all(&self, options: JsValue) -> Result<JsValue, JsValue> {
        let skip = convert::on_unreadable(&options)?;
        self.call(async move |storage| {
            let values = storage.read_all_text(skip).await?;
            Ok(map(values.into_iter().map(|(key, value)| (key, text_out(value)))))
        })
    }

    #[wasm_bindgen(js_name = getAllBytes)]
    pub fn get_all_bytes(&self, options: JsValue) -> Result<JsValue, JsValue> {
        let skip = convert::on_unreadable(&options)?;
        self.call(async move |storage| {
            let values = storage.read_all(skip).await?;
            Ok(map(values.into_iter().map(|(key, value)| (key, bytes_out(&value)))))
        })
    }

    #[wasm_bindgen(js_name = containsKey)]
    pub fn contains_key(&self, name: JsValue) -> Result<JsValue, JsValue> {
        let key = key(&name)?;
        self.call(async move |storage| storage.contains_key(&key).await.map(Into::into))
    }

    pub fn remove(&self, name: JsValue) -> Result<JsValue, JsValue> {
        let key = key(&name)?;
        self.call(async move |storage| storage.remove(&key).await.map(Into::into))
    }

    pub fn keys(&self) -> Result<JsValue, JsValue> {
        self.call(async |storage| Ok(array(storage.keys().await?)))
    }

    pub fn clear(&self) -> Result<JsValue, JsValue> {
        self.call(async |storage| storage.clear().await.map(undefined))
    }

    pub fn destroy(&self) -> Result<JsValue, JsValue> {
        self.call(async |storage| storage.destroy().await.map(undefined))
    }

    pub fn verify(&self) -> Result<JsValue, JsValue> {
        self.call(async |storage| {
            let report = storage.verify().await?;
            Ok(object([
                ("readable", array(report.readable)),
                ("unreadable", unreadable(report.unreadable)),
                ("passedOver", array(report.passed_over)),
            ]))
        })
    }

    pub fn with(&self, options: JsValue) -> Result<JsValue, JsValue> {
        let options = convert::call_options(&options)?;
        self.call(async move |storage| Ok(Handle { storage: storage.with(options).await? }.into()))
    }

    #[wasm_bindgen(js_name = importFrom)]
    pub fn import_from(&self, source: &Handle, options: JsValue) -> Result<JsValue, JsValue> {
        let on_conflict = convert::on_conflict(&options)?;
        let source = source.storage.clone();
        self.call(async move |storage| {
            let report = storage.import_from(&source, on_conflict).await?;
            Ok(object([
                ("imported", array(report.imported)),
                ("skipped", array(report.skipped)),
                ("unreadable", unreadable(report.unreadable)),
            ]))
        })
    }

    /// Calls `listener(kind, remote, key)` for every change; gives the function that ends it.
    pub fn watch(&self, listener: Function) -> JsValue {
        let watch = Rc::new(RefCell::new(Some(self.storage.watch())));
        spawn_local(tell(Rc::clone(&watch), listener));
        // Dropping the watch drops the waker of the task that reads it, and so the task.
        Closure::once_into_js(move || drop(watch.borrow_mut().take()))
    }
}

impl Handle {
    /// Settles a call on a clone of the store, so that this handle may be freed meanwhile.
    fn call(
        &self,
        call: impl AsyncFnOnce(SecureStorage) -> Result<JsValue, Error> + 'static,
    ) -> Result<JsValue, JsValue> {
        let storage = self.storage.clone();
        settle(Box::pin(async move { call(storage).await }))
    }
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

/// A text for JavaScript; the copy here is wiped.
fn text_out(mut text: String) -> JsValue {
    let out = JsValue::from_str(&text);
    text.zeroize();
    out
}

fn bytes_out(bytes: &[u8]) -> JsValue {
    Uint8Array::from(bytes).into()
}
