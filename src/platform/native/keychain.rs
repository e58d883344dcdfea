//! The system's keychain: each call on a thread of its own and with a deadline, so that a keychain that hangs or asks
//! stops no executor.

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

use base64ct::{Base64, Encoding};
use futures_channel::oneshot;
use zeroize::Zeroizing;

use super::{super::os, vault::hex};
use crate::{
    crypto::kdf::{Key, sha256},
    error::{Error, ErrorKind, Result},
    format::sealed::Id,
};

/// A keychain: a key for each item. No item is ever overwritten.
pub(crate) trait Keychain: Send + Sync {
    /// Adds a key under an item that nothing else has, and reads it back.
    async fn add(&self, item: &Id, key: &Key) -> Result<()>;

    /// The key of an item; `None` only if the keychain was asked and has none.
    async fn find(&self, item: &Id) -> Result<Option<Key>>;

    /// Removes an item; no error if there is none.
    async fn remove(&self, item: &Id) -> Result<()>;
}

/// The part of the system's keychain that is one namespace's.
pub(crate) struct SystemKeychain {
    place: Arc<Place>,
    timeout: Duration,
}

/// Where a namespace's items lie.
#[allow(dead_code, reason = "not every system has a keychain, or shows labels")]
pub(crate) struct Place {
    /// With a hash, and in hexadecimal: to Windows names that differ in case alone are one.
    pub(crate) service: String,
    /// For the user's eyes.
    pub(crate) label: String,
}

/// How long the base64 text of a key is.
const TEXT: usize = 44;

impl SystemKeychain {
    pub(crate) fn new(namespace: &str, timeout: Duration) -> Self {
        let service = format!("keyfold {}", hex(&sha256(namespace.as_bytes())));
        let label = format!("keyfold: the key of {namespace}");
        SystemKeychain { place: Arc::new(Place { service, label }), timeout }
    }

    /// Makes a call of an item; `undo` follows one that was done when nobody waited for it any more.
    async fn call<T: Send + 'static>(
        &self,
        item: &Id,
        call: impl FnOnce(&Place, &str) -> Result<T> + Send + 'static,
        undo: impl FnOnce(&Place, &str) + Send + 'static,
    ) -> Result<T> {
        let (user, place) = (hex(item), Arc::clone(&self.place));
        let (user_again, place_again) = (user.clone(), Arc::clone(&place));
        within(self.timeout, move || call(&place, &user), move || undo(&place_again, &user_again)).await
    }
}

impl Keychain for SystemKeychain {
    async fn add(&self, item: &Id, key: &Key) -> Result<()> {
        let mut text = Zeroizing::new([0; TEXT]);
        let encoded = Base64::encode(&key[..], &mut *text).map(str::len);
        debug_assert_eq!(encoded, Ok(TEXT));
        let undo = |place: &Place, user: &str| drop(os::remove(place, user));
        self.call(item, move |place, user| os::add(place, user, &text[..]), undo).await
    }

    async fn find(&self, item: &Id) -> Result<Option<Key>> {
        let text = self.call(item, os::find, |_, _| {}).await?;
        text.map(|text| key(&text)).transpose()
    }

    async fn remove(&self, item: &Id) -> Result<()> {
        self.call(item, os::remove, |_, _| {}).await
    }
}

/// Whether the system's keychain can be asked.
pub(crate) async fn availability(timeout: Duration) -> Result<()> {
    within(timeout, os::ready, || {}).await
}

fn key(text: &[u8]) -> Result<Key> {
    let mut key = Key::default();
    if Base64::decode(text, &mut key[..]).map(<[u8]>::len) == Ok(32) {
        return Ok(key);
    }
    let message = "the item of this store in the system's keychain holds no key: another program has changed it. It was \
                   left as it is; put it back from a copy, or destroy the store";
    Err(Error::new(ErrorKind::Corrupt, message))
}

/// Runs `call` on a thread of its own, and gives it up after `timeout`. It cannot be ended: where it is done later, or
/// nobody waits for it any more, `undo` follows it.
pub(super) async fn within<T: Send + 'static>(
    timeout: Duration,
    call: impl FnOnce() -> Result<T> + Send + 'static,
    undo: impl FnOnce() + Send + 'static,
) -> Result<T> {
    let (answer, answered) = oneshot::channel();
    // Whoever takes it answers: the call or its deadline.
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
    let broke_off = |_| Err(Error::new(ErrorKind::Platform, "a call of the system's keychain broke off: try again"));
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
        "the system's keychain has not answered within {timeout:?}: it may hang, or wait for an answer of the user. \
         Answer it and try again, or give it more time by NativeOptions::keychain_timeout"
    );
    Error::new(ErrorKind::Unavailable, message)
}

#[cfg(test)]
mod tests;
