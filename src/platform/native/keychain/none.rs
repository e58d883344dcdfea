//! Systems where no keychain can be asked: macOS, iOS and Android for now, and any without the feature `keychain`.

use zeroize::Zeroizing;

use super::items::{Items, Place};
use crate::error::{Error, ErrorKind, Result};

/// No keychain.
pub(super) struct Os;

impl Items for Os {
    fn ready() -> Result<()> {
        let reason = if cfg!(feature = "keychain") {
            "keyfold does not use this system's keychain yet"
        } else {
            "this app was built without keyfold's feature `keychain`"
        };
        let message = format!("{reason}: open the store with Unlock::passphrase or Unlock::app_key");
        Err(Error::new(ErrorKind::Unsupported, message))
    }

    fn add(_place: &Place, _user: &str, _text: &[u8]) -> Result<()> {
        Self::ready()
    }

    fn find(_place: &Place, _user: &str) -> Result<Option<Zeroizing<Vec<u8>>>> {
        Self::ready().map(|()| None)
    }

    fn remove(_place: &Place, _user: &str) -> Result<()> {
        Self::ready()
    }
}
