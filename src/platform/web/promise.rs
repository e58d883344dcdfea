//! Waiting for promises.
//!
//! wasm-bindgen's `JsFuture` makes two closures for each, and a call that waits for one is polled three times: some 10 µs.
//! So the package's calls hand the first promise that they wait for to JavaScript, which comes back with its outcome.

use std::{
    cell::RefCell,
    pin::Pin,
    task::{Context, Poll},
};

use js_sys::Promise;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;

/// What becomes of a promise.
pub(crate) type Outcome = Result<JsValue, JsValue>;

/// What the call that is being polled does with promises.
#[derive(Default)]
#[cfg_attr(not(feature = "npm"), allow(dead_code, reason = "a Rust app waits by itself"))]
pub(crate) enum Turn {
    /// It waits by itself.
    #[default]
    Alone,
    /// It may hand one over.
    Open,
    /// It has. Then it must wait for nothing else.
    HandedOver(Promise),
    /// It gets what has become of the one that it has handed over.
    Settled(Outcome),
}

thread_local! {
    static TURN: RefCell<Turn> = const { RefCell::new(Turn::Alone) };
}

/// Polls a call; gives the promise that it hands over, if it does. Polls may be nested: a call may call a listener of the
/// app's, and that the package.
#[cfg(feature = "npm")]
pub(crate) fn in_turn<T>(turn: Turn, poll: impl FnOnce() -> T) -> (T, Option<Promise>) {
    let outer = TURN.replace(turn);
    let polled = poll();
    let handed_over = if let Turn::HandedOver(promise) = TURN.replace(outer) { Some(promise) } else { None };
    (polled, handed_over)
}

/// Waits for a promise. To be awaited where it is called: a promise that is handed over has its outcome kept for the next
/// poll and for nobody else.
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
