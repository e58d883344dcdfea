//! The system's keychain as sealed stores use it: keys as base64 texts, and no call without a deadline.

use std::{sync::Arc, thread, time::Duration};

use base64ct::{Base64, Encoding};
use blocking::unblock;
use zeroize::Zeroizing;

use super::{
    Os,
    items::{Items, Place},
};
use crate::{
    crypto::Key,
    error::{Error, ErrorKind, Result},
    platform::native::deadline::within,
    sealed::{
        format::{Id, hex},
        kdf::sha256,
        keychain::Keychain,
    },
};

/// The part of the system's keychain that belongs to one namespace.
pub(crate) struct SystemKeychain {
    place: Arc<Place>,
    timeout: Duration,
}

/// How long a service is given to write what it was given. KWallet takes some 5 seconds. Time in which the machine sleeps
/// does not count.
const WRITTEN: Duration = Duration::from_secs(10);

/// The length of a key's base64 text.
const TEXT: usize = 44;

impl SystemKeychain {
    pub(crate) fn new(namespace: &str, timeout: Duration) -> Self {
        let service = format!("keyfold {}", hex(&sha256(namespace.as_bytes())));
        let label = format!("keyfold: the key of {namespace}");
        SystemKeychain { place: Arc::new(Place { service, label }), timeout }
    }

    /// Makes a call for an item. If it finishes when nobody waits for it any more, `undo` runs after it.
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
    async fn ready(&self) -> Result<()> {
        within(self.timeout, Os::ready, || {}).await
    }

    async fn add(&self, item: &Id, key: &Key) -> Result<()> {
        let mut text = Zeroizing::new([0; TEXT]);
        let encoded = Base64::encode(&key[..], &mut *text).map(str::len);
        debug_assert_eq!(encoded, Ok(TEXT));
        let undo = |place: &Place, user: &str| drop(Os::remove(place, user));
        self.call(item, move |place, user| Os::add(place, user, &text[..]), undo).await
    }

    async fn find(&self, item: &Id) -> Result<Option<Key>> {
        let text = self.call(item, Os::find, |_, _| {}).await?;
        text.map(|text| key(&text)).transpose()
    }

    async fn wait_for_disk(&self) {
        unblock(|| thread::sleep(WRITTEN)).await;
    }

    async fn remove(&self, item: &Id) -> Result<()> {
        self.call(item, Os::remove, |_, _| {}).await
    }
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

#[cfg(test)]
mod tests;
