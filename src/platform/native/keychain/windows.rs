//! The Credential Manager of Windows.

use std::{collections::HashMap, error::Error as StdError, sync::Arc};

use windows_native_keyring_store::Store;

use super::{items::Place, keyring::Service};
use crate::error::{Error, ErrorKind, Result};

/// The Credential Manager. It is there in every session of a user, and is never locked.
pub(super) struct Os;

impl Service for Os {
    type Store = Store;

    fn ready() -> Result<()> {
        Ok(())
    }

    fn is_open() -> Result<()> {
        Ok(())
    }

    fn store() -> Result<Arc<Store>> {
        Store::new().map_err(|_| Error::new(ErrorKind::Platform, "the Credential Manager cannot be used"))
    }

    /// `CRED_PERSIST_LOCAL_MACHINE`: a credential must not roam to where its vault is not.
    fn modifiers(_place: &Place) -> HashMap<&'static str, &str> {
        [("persistence", "Local")].into()
    }

    fn explain(source: Box<dyn StdError + Send + Sync>) -> Error {
        let message = format!(
            "the Credential Manager failed: {source}. A service or a network logon has none: log in, or open the store \
             with Unlock::passphrase or Unlock::app_key"
        );
        Error::new(ErrorKind::Unavailable, message)
    }
}
