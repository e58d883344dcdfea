//! Calls that may hang or ask their user. Each runs on its own thread and has a deadline, so that none stops an
//! executor.

use std::{
    convert::Infallible,
    io,
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{self, RecvTimeoutError},
    },
    thread,
    time::Duration,
};

use futures_channel::oneshot;

use crate::error::{Error, ErrorKind, Result};

/// Runs `call` on its own thread, and gives up after `timeout`. The call cannot be stopped. If it finishes later, or
/// nobody waits for it any more, `undo` runs after it.
pub(super) async fn within<T: Send + 'static>(
    timeout: Duration,
    call: impl FnOnce() -> Result<T> + Send + 'static,
    undo: impl FnOnce() + Send + 'static,
) -> Result<T> {
    let (answer, answered) = oneshot::channel();
    // Whoever takes this answers: the call or its deadline.
    let answer = Arc::new(Mutex::new(Some(answer)));
    let take = |answer: &Mutex<Option<_>>| answer.lock().unwrap_or_else(PoisonError::into_inner).take();
    let at_deadline = Arc::clone(&answer);
    let (running, is_running) = mpsc::channel::<Infallible>();

    start(move || {
        if is_running.recv_timeout(timeout) == Err(RecvTimeoutError::Timeout)
            && let Some(answer) = take(&at_deadline)
        {
            drop(answer.send(Err(too_late(timeout))));
        }
    })?;
    start(move || {
        let done = call();
        let is_heard = take(&answer).is_some_and(|answer| answer.send(done).is_ok());
        drop(running);
        if !is_heard {
            undo();
        }
    })?;
    let broke_off = |_| Err(Error::new(ErrorKind::Platform, "a call to the system's keychain broke off: try again"));
    answered.await.unwrap_or_else(broke_off)
}

fn start(run: impl FnOnce() + Send + 'static) -> Result<()> {
    let no_thread = |error: io::Error| {
        let message = format!("no thread can be started to ask the system's keychain: {error}");
        Error::new(ErrorKind::Platform, message).with_source(error)
    };
    thread::Builder::new().name("keyfold keychain".into()).spawn(run).map(drop).map_err(no_thread)
}

fn too_late(timeout: Duration) -> Error {
    let message = format!(
        "the system's keychain has not answered within {timeout:?}: it may hang, or wait for the user's answer. \
         Answer it and try again, or give it more time with NativeOptions::keychain_timeout"
    );
    Error::new(ErrorKind::Unavailable, message)
}

#[cfg(test)]
mod tests;
