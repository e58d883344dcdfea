//! Web Locks, by which tabs and workers wait for each other (<https://w3c.github.io/web-locks/>). Chromium 69, Firefox 96,
//! Safari 15.4. They help on and decide nothing: a holder may show a dialog for longer than the deadline, and older
//! browsers have no locks.

use js_sys::{Array, Function, JsString, Promise};
use wasm_bindgen::{JsCast, JsValue, closure::Closure, prelude::wasm_bindgen};
use wasm_bindgen_futures::JsFuture;

use super::{
    database::DEADLINE_MS,
    env::{dictionary, get, global, set_property, timer, with_method},
};

#[wasm_bindgen]
extern "C" {
    /// `LockManager`, which web-sys still counts as unstable.
    type Locks;
    #[wasm_bindgen(method, catch)]
    fn request(this: &Locks, name: &JsString, options: &JsValue, holder: &Function) -> Result<Promise, JsValue>;

    /// <https://dom.spec.whatwg.org/#interface-abortcontroller>: Chromium 66, Firefox 57, Safari 12.1.
    type AbortController;
    #[wasm_bindgen(constructor, catch)]
    fn new() -> Result<AbortController, JsValue>;
    #[wasm_bindgen(method)]
    fn abort(this: &AbortController);
}

/// A lock, or the request of one, until it is dropped. What ends it is a controller, by which the package finds it when
/// this instance of WebAssembly has ended (`pkg/instance.js`).
pub(crate) struct Held(AbortController);

impl Drop for Held {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// How a lock is taken.
#[derive(Clone, Copy)]
pub(super) enum With {
    /// Together with others that do so too.
    #[cfg(feature = "sealed")]
    Others,
    Nobody,
}

/// Takes a lock. `None` if that is not possible here, or not within 10 seconds.
pub(super) async fn lock(name: &JsString, with: With) -> Option<Held> {
    let locks: Locks = with_method(get(&global("navigator").ok()?, "locks"), "request")?;
    // What is not returned is dropped, so a request that waits for too long is withdrawn.
    let held = Held(AbortController::new().ok()?);
    let signal = get(&held.0, "signal");
    let released = Promise::new(&mut |release, _| set_property(&signal, "onabort", &release));
    let mut holder = None;
    let granted = Promise::new(&mut |resolve, _| {
        let released = released.clone();
        holder = Some(Closure::once_into_js(move |_lock: JsValue| {
            // A resolve function does not throw.
            let _ = resolve.call1(&JsValue::UNDEFINED, &JsValue::TRUE);
            released
        }));
    });
    let mode = match with {
        #[cfg(feature = "sealed")]
        With::Others => "shared",
        With::Nobody => "exclusive",
    };
    let options = dictionary(&[("mode", mode.into()), ("signal", signal)]);
    let refused = locks.request(name, &options, holder?.unchecked_ref()).ok()?;
    let first = Promise::race(&Array::of3(&granted, &refused, &timer(DEADLINE_MS)));
    JsFuture::from(first).await.is_ok_and(|granted| granted.is_truthy()).then_some(held)
}
