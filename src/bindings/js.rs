//! What the npm package calls: verbs on JavaScript's own texts and bytes.
//!
//! Each call is polled once while its caller waits. What needs no WebCrypto is then done, and its answer is returned as
//! it is. Only the rest becomes a promise.

#![expect(unreachable_pub, reason = "wasm-bindgen exports what is `pub`")]

use std::{
    cell::RefCell,
    future::{Future, poll_fn},
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, Waker},
};

use futures_core::Stream;
use js_sys::{Array, Function, JsString, Promise};
use wasm_bindgen::{JsCast, JsValue, closure::Closure, prelude::wasm_bindgen};
use wasm_bindgen_futures::{future_to_promise, spawn_local};

use super::convert::{self, Given, array, error, input, map, object, undefined, unreadable};
use super::verb::Verb;
use crate::{
    Builder, CallOptions, Change, ChangeKind, Error, Layout, SecureStorage, Watch, WebOptions,
    platform::{self, Turn},
    report::OnUnreadable,
    storage::not_text,
    verbs::{Over, Verbs},
};

/// Takes the functions that make a `StorageError`, that derive keys by Argon2id, and that follow a promise. With a number
/// that one calls [`resume`] with the number and the outcome. Without a number it gives the promise back, and that then
/// fails if this instance ends first. Called once, before anything else.
#[wasm_bindgen]
pub fn start(make_error: Function, argon2id: Function, follow: Function) {
    convert::set_make_error(make_error);
    #[cfg(all(feature = "sealed", not(keyfold_first)))]
    platform::set_argon2id(argon2id);
    #[cfg(not(all(feature = "sealed", not(keyfold_first))))]
    drop(argon2id);
    WAITING.with_borrow_mut(|waiting| waiting.follow = Some(follow));
}

/// `SecureStorage.open`.
#[wasm_bindgen]
pub fn open(namespace: String, options: Given) -> Result<JsValue, JsValue> {
    let builder = builder(&namespace, &options).map_err(error)?;
    settle(Box::pin(async move { Ok(Handle { storage: builder.open().await? }.into()) }))
}

/// `SecureStorage.destroy`.
#[cfg(not(keyfold_first))]
#[wasm_bindgen]
pub fn destroy(namespace: String, options: Given) -> Result<JsValue, JsValue> {
    let builder = builder(&namespace, &options).map_err(error)?;
    settle(Box::pin(async move { builder.destroy().await.map(undefined) }))
}

/// `SecureStorage.availability`.
#[wasm_bindgen]
pub fn availability(namespace: Option<String>, options: Given) -> Result<JsValue, JsValue> {
    let builder = builder(namespace.as_deref().unwrap_or(UNNAMED), &options).map_err(error)?;
    settle(Box::pin(async move {
        let availability = SecureStorage::availability(&builder).await;
        let answer = object([
            ("usable", availability.usable().into()),
            ("durability", availability.durability.as_str().into()),
            ("recoverable", availability.recoverable.into()),
            ("found", availability.found.as_str().into()),
        ]);
        #[cfg(feature = "sealed")]
        platform::set_property(&answer, "unlocks", &super::convert::unlock_infos(availability.unlocks));
        if let Some(reason) = availability.reason {
            platform::set_property(&answer, "reason", &error(reason));
        }
        Ok(answer)
    }))
}

/// The namespace that `availability` asks about if none is named: one that no app has.
const UNNAMED: &str = "keyfold\0unnamed";

/// From the options that `pkg/arguments.js` has checked.
fn builder(namespace: &str, options: &Given) -> Result<Builder, Error> {
    let is_flutter = options.text("layout").as_deref() == Some(Layout::Flutter.as_str());
    let mut web = options.web(if is_flutter { WebOptions::flutter() } else { WebOptions::new() });
    if let Some(name) = options.text("dbName") {
        web = web.db_name(name);
    }
    let mut builder = SecureStorage::builder(namespace).web(web).must_exist(options.get("mustExist").is_truthy());
    if options.get("inMemory").is_truthy() {
        builder = builder.in_memory();
    }
    #[cfg(all(feature = "sealed", not(keyfold_first)))]
    if !options.get("unlock").is_undefined() {
        builder = builder.unlock(super::sealed::unlock(&options.get("unlock"))?);
    }
    Ok(builder)
}

/// Goes on with a device store that the layout's first module has opened.
#[cfg(all(feature = "sealed", not(keyfold_first)))]
#[wasm_bindgen]
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it counts changes of keys")]
pub fn take_over(namespace: String, options: Given, generation: f64) -> Result<Handle, JsValue> {
    let builder = builder(&namespace, &options).map_err(error)?;
    Ok(Handle { storage: builder.taken_over(generation as u64).map_err(error)? })
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

    #[wasm_bindgen(getter)]
    pub fn locked(&self) -> bool {
        self.storage.is_locked()
    }

    /// What [`take_over`] needs to know.
    #[wasm_bindgen(getter)]
    #[expect(clippy::cast_precision_loss, reason = "it counts changes of keys")]
    pub fn generation(&self) -> f64 {
        self.storage.store().generation() as f64
    }

    pub fn lock(&self) -> Result<(), JsValue> {
        self.storage.lock().map_err(error)
    }

    /// Does what the verb says, on a clone of the store, so that this handle may be freed meanwhile.
    pub fn call(&self, verb: Verb, first: JsValue, second: JsValue) -> Result<JsValue, JsValue> {
        settle(Box::pin(answer(self.storage.clone(), verb, first, second)))
    }

    /// Calls `listener(kind, remote, key)` for every change. Returns the function that ends it.
    pub fn watch(&self, listener: Function) -> JsValue {
        let watch = Rc::new(RefCell::new(Some(self.storage.watch())));
        spawn_local(tell(Rc::clone(&watch), listener));
        // Dropping the watch drops the waker of the task that reads it, and so the task.
        Closure::once_into_js(move || drop(watch.borrow_mut().take()))
    }
}

async fn answer(storage: SecureStorage, verb: Verb, first: JsValue, second: JsValue) -> Result<JsValue, Error> {
    let store = storage.store();
    // A key, where the verb takes one.
    let key = first.unchecked_ref::<JsString>();
    Ok(match verb {
        Verb::Set => array(store.put_all(&[(key, &input(second))], Over::Anything).await?),
        Verb::SetAll | Verb::AddAll => {
            let keys = list(&first);
            let values: Vec<_> = second.unchecked_ref::<Array>().iter().map(input).collect();
            let over = if let Verb::AddAll = verb { Over::Nothing } else { Over::Anything };
            array(store.put_all(&keys.iter().zip(&values).collect::<Vec<_>>(), over).await?)
        }
        Verb::Update => {
            let change = |old| {
                // The package's function catches what the app's throws.
                let new = second.unchecked_ref::<Function>().call1(&JsValue::UNDEFINED, &text(key, old)?);
                let new = new.unwrap_or_default();
                Ok((!new.is_undefined()).then(|| Box::new(input(new))))
            };
            store.update(key, change).await?.into()
        }
        Verb::Get => text(key, store.get(key).await?)?,
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
        Verb::ContainsKey => store.contains_key(key).await?.into(),
        Verb::Remove => store.remove(key).await?.into(),
        Verb::Keys => array(store.keys().await?),
        Verb::Clear => undefined(store.clear().await?),
        Verb::Look => undefined(store.look().await?),
        #[cfg(not(keyfold_first))]
        Verb::Destroy => undefined(store.destroy().await?),
        #[cfg(not(keyfold_first))]
        Verb::Verify => {
            let report = store.verify().await?;
            object([
                ("readable", array(report.readable)),
                ("unreadable", unreadable(report.unreadable)),
                ("passedOver", array(report.passed_over)),
                ("rotationAdvised", report.rotation_advised.into()),
            ])
        }
        #[cfg(not(keyfold_first))]
        Verb::With => {
            let given = first.unchecked_into::<Given>();
            let mut options = CallOptions::new().web(given.web(WebOptions::new()));
            if let Some(fresh) = given.get("fresh").as_bool() {
                options = options.fresh(fresh);
            }
            Handle { storage: storage.with(options).await? }.into()
        }
        #[cfg(not(keyfold_first))]
        Verb::RemoveUnreadable => storage.remove_unreadable().await?.into(),
        #[cfg(keyfold_first)]
        _ => return Err(convert::defect()),
        #[cfg(all(feature = "sealed", not(keyfold_first)))]
        _ => super::sealed::answer(storage, verb, first, second).await?,
        #[cfg(not(any(feature = "sealed", keyfold_first)))]
        // Says that this layout has none of them.
        _ => undefined(storage.lock()?),
    })
}

/// The text of an entry, undefined where there is none.
fn text(key: &JsString, value: Option<platform::Value>) -> Result<JsValue, Error> {
    match value {
        Some(value) => Ok(value.to_text().ok_or_else(|| not_text(&String::from(key)))?.into()),
        None => Ok(JsValue::UNDEFINED),
    }
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

/// Boxed, so that the module has the code for promises once, and not once for each verb.
type Call = Pin<Box<dyn Future<Output = Result<JsValue, Error>>>>;

thread_local! {
    static WAITING: RefCell<Waiting> = RefCell::default();
}

/// Calls that have handed over the promise that they wait for.
#[derive(Default)]
struct Waiting {
    follow: Option<Function>,
    /// Each at the index that JavaScript knows it by.
    calls: Vec<Option<Call>>,
    free: Vec<u32>,
}

/// A call's answer if there is one at once, otherwise a promise of it.
fn settle(call: Call) -> Result<JsValue, JsValue> {
    go_on(call, Turn::Open)
}

/// Goes on with a call whose promise is fulfilled, or rejected.
#[wasm_bindgen]
pub fn resume(place: u32, is_fulfilled: bool, outcome: JsValue) -> Result<JsValue, JsValue> {
    let call = WAITING.with_borrow_mut(|waiting| waiting.take(place)).expect("it is resumed once");
    go_on(call, Turn::Settled(if is_fulfilled { Ok(outcome) } else { Err(outcome) }))
}

fn go_on(mut call: Call, turn: Turn) -> Result<JsValue, JsValue> {
    let poll = || call.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    match platform::in_turn(turn, poll) {
        (Poll::Ready(answer), _) => answer.map_err(error),
        (Poll::Pending, Some(promise)) => {
            let place = WAITING.with_borrow_mut(|waiting| waiting.put(call));
            follow(&promise, place.into())
        }
        (Poll::Pending, None) => {
            follow(&future_to_promise(async move { call.await.map_err(error) }), JsValue::UNDEFINED)
        }
    }
}

fn follow(promise: &Promise, place: JsValue) -> Result<JsValue, JsValue> {
    let follow = WAITING.with_borrow(|waiting| waiting.follow.clone());
    follow.expect("start is called first").call2(&JsValue::UNDEFINED, promise, &place)
}

impl Waiting {
    fn put(&mut self, call: Call) -> u32 {
        if let Some(place) = self.free.pop() {
            self.calls[place as usize] = Some(call);
            return place;
        }
        self.calls.push(Some(call));
        // Calls that are enough to overflow do not fit into the memory.
        u32::try_from(self.calls.len() - 1).unwrap_or_default()
    }

    fn take(&mut self, place: u32) -> Option<Call> {
        let call = self.calls.get_mut(place as usize)?.take()?;
        self.free.push(place);
        Some(call)
    }
}
