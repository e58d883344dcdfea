//! The Credential Manager of Windows.

use std::{error::Error as StdError, sync::Arc};

use windows_native_keyring_store::Store;

pub(crate) use super::item::{add, find, remove};
use super::native::keychain::Place;
use crate::error::{Error, ErrorKind, Result};

/// It is there in every session of a user.
pub(crate) fn ready() -> Result<()> {
    Ok(())
}

/// Nothing of it is ever locked.
pub(crate) fn is_open() -> Result<()> {
    Ok(())
}

pub(crate) fn store() -> Result<Arc<Store>> {
    Store::new().map_err(|_| Error::new(ErrorKind::Platform, "the Credential Manager cannot be used"))
}

/// `CRED_PERSIST_LOCAL_MACHINE`: a credential must not roam to where its vault is not.
pub(crate) fn modifiers(_place: &Place) -> [(&'static str, &'static str); 1] {
    [("persistence", "Local")]
}

/// What a failure means for who reads of it.
pub(crate) fn explain(source: Box<dyn StdError + Send + Sync>) -> Error {
    let message = format!(
        "the Credential Manager failed: {source}. A service or a network logon has none: log in, or open the store with \
         Unlock::passphrase or Unlock::app_key"
    );
    Error::new(ErrorKind::Unavailable, message)
}
