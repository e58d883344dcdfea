//! The Secret Service on Linux and similar systems: gnome-keyring, KWallet, KeePassXC.

use std::{collections::HashMap, error::Error as StdError, sync::Arc};

use zbus_secret_service_keyring_store::Store;

use super::{items::Place, keyring::Service};
use crate::{
    error::{Error, ErrorKind, Result},
    platform::native::keyring_service,
};

/// The Secret Service.
pub(super) struct Os;

impl Service for Os {
    type Store = Store;

    fn ready() -> Result<()> {
        keyring_service::ready().map_err(or_without)
    }

    fn is_open() -> Result<()> {
        keyring_service::is_open().map_err(or_without)
    }

    fn store() -> Result<Arc<Store>> {
        Self::ready()?;
        Store::new().map_err(|failure| match failure {
            keyring::Error::PlatformFailure(source) => Self::explain(source),
            _ => keyring_service::unavailable(),
        })
    }

    /// What the keyring's own program shows of the item.
    fn modifiers(place: &Place) -> HashMap<&'static str, &str> {
        [("label", &*place.label)].into()
    }

    fn explain(source: Box<dyn StdError + Send + Sync>) -> Error {
        or_without(keyring_service::explain(source))
    }
}

/// Adds what opens a store without a keyring.
fn or_without(error: Error) -> Error {
    match error.kind() {
        ErrorKind::Unavailable => error.with_advice(", or open the store with Unlock::passphrase or Unlock::app_key"),
        _ => error,
    }
}
