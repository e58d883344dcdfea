//! This device: a data key that lies beside the ring and is not given out or, where the system has a keychain, one that
//! is wrapped by a key in it.

use crate::{
    crypto::{Key, random_array, random_key},
    error::Result,
    sealed::{
        Namespace, Platform,
        aead::{Aead, open_key, seal_key},
        errors,
        format::{
            Id,
            ring::{Protection, RingHead},
        },
        keychain::Keychain,
        namespace::Current,
    },
    unlock::UnlockKind,
};

/// What a new ring of a device has.
pub(in crate::sealed) struct Made<K> {
    pub(in crate::sealed) protection: Protection,
    pub(in crate::sealed) data_key: K,
    /// What lies beside the ring.
    pub(in crate::sealed) device_key: Option<K>,
    /// What lies in the keychain.
    pub(in crate::sealed) item: Option<(Id, Key)>,
}

/// The data key of a ring.
pub(in crate::sealed) async fn open<P: Platform>(
    namespace: &Namespace<P>,
    current: &Current<P::Key>,
) -> Result<P::Key> {
    let (name, head) = (&namespace.name, &current.ring.head);
    match (&head.protection, &namespace.keychain) {
        (Protection::Device, _) => {
            let key = current.stored.device_key.clone();
            key.ok_or_else(|| errors::key_missing(name, "the device's key is gone"))
        }
        (Protection::Keychain { item, data_key }, Some(keychain)) => {
            let gone = || errors::key_missing(name, "its key is not in the system's keychain any more");
            let key = keychain.find(item).await?.ok_or_else(gone)?;
            let aad = RingHead::keychain_aad(name, &head.data_key_id, item);
            let data_key = open_key(&P::Key::import(&key).await?, &aad, data_key).await?;
            P::Key::import(&data_key.ok_or_else(|| errors::others_key(name))?).await
        }
        (protection @ (Protection::Keychain { .. } | Protection::Slots(_)), _) => {
            Err(errors::needs_other(name, protection, UnlockKind::Device))
        }
    }
}

/// A new data key.
pub(in crate::sealed) async fn make<P: Platform>(namespace: &Namespace<P>, data_key_id: &Id) -> Result<Made<P::Key>> {
    if namespace.keychain.is_none() {
        let key = P::Key::generate().await?;
        return Ok(Made { protection: Protection::Device, data_key: key.clone(), device_key: Some(key), item: None });
    }
    let (key, wrapping_key, item) = (random_key()?, random_key()?, random_array()?);
    let aad = RingHead::keychain_aad(&namespace.name, data_key_id, &item);
    let data_key = seal_key(&P::Key::import(&wrapping_key).await?, &aad, &key).await?;
    Ok(Made {
        protection: Protection::Keychain { item, data_key },
        data_key: P::Key::import(&key).await?,
        device_key: None,
        item: Some((item, wrapping_key)),
    })
}
