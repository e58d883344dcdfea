//! Waiting for promises.
//!
//! wasm-bindgen's `JsFuture` makes two closures for each promise, and a call that waits for one is polled three times:
//! some 10 µs. So the package's calls hand the first promise that they wait for to JavaScript, which returns with the
//! outcome.

use std::{
    cell::RefCell,
    pin::Pin,
    task::{Context, Poll},
};

use js_sys::Promise;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;

/// The outcome of a promise.
pub(crate) type Outcome = Result<JsValue, JsValue>;

/// What a call that is being polled does with promises.
#[derive(Default)]
#[cfg_attr(not(feature = "npm"), allow(dead_code, reason = "a Rust app waits by itself"))]
pub(crate) enum Turn {
    /// It waits by itself.
    #[default]
    Alone,
    /// It may hand one over.
    Open,
    /// It has handed one over. Then it must wait for nothing else.
    HandedOver(Promise),
    /// It receives the outcome of the promise that it handed over.
    Settled(Outcome),
}

thread_local! {
    static TURN: RefCell<Turn> = const { RefCell::new(Turn::Alone) };
}

/// Polls a call. Returns the promise that it hands over, if it does. Polls may be nested: a call may call one of the
/// app's listeners, which may call the package.
#[cfg(feature = "npm")]
pub(crate) fn in_turn<T>(turn: Turn, poll: impl FnOnce() -> T) -> (T, Option<Promise>) {
    let outer = TURN.replace(turn);
    let polled = poll();
    let handed_over = if let Turn::HandedOver(promise) = TURN.replace(outer) { Some(promise) } else { None };
    (polled, handed_over)
}

/// Waits for a promise. Await it where you call it: the outcome of a promise that is handed over is kept for the next
/// poll only.
pub(super) fn settled(promise: Promise) -> Settling {
    TURN.with_borrow_mut(|turn| match turn {
        Turn::Open => {
            *turn = Turn::HandedOver(promise);
            Settling(None)
        }
        _ => Settling(Some(promise.into())),
    })
}

/// A promise that is waited for, or `None` if it is handed over.
pub(super) struct Settling(Option<JsFuture>);

impl Future for Settling {
    type Output = Outcome;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Outcome> {
        if let Some(waiting) = &mut self.0 {
            return Pin::new(waiting).poll(context);
        }
        match TURN.take() {
            Turn::Settled(outcome) => Poll::Ready(outcome),
            turn => {
                TURN.set(turn);
                Poll::Pending
            }
        }
    }
}
