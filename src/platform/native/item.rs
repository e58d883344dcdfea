//! One item of the keychain, by `keyring`'s stores: written, read and removed, with errors that say what to do.

use keyring::Error as Failure;
use keyring_core::{Entry, api::CredentialStoreApi};
use zeroize::Zeroizing;

use super::{native::keychain::Place, os};
use crate::error::{Error, ErrorKind, Result};

/// The item, by a store of its own: `keyring` would share one between all calls, and with it a call that hangs.
fn entry(place: &Place, user: &str) -> Result<Entry> {
    let modifiers = os::modifiers(place).into();
    os::store()?.build(&place.service, user, Some(&modifiers)).map_err(explain)
}

/// Writes an item, and reads it back.
pub(crate) fn add(place: &Place, user: &str, text: &[u8]) -> Result<()> {
    let entry = entry(place, user)?;
    entry.set_secret(text).map_err(explain)?;
    let read = Zeroizing::new(entry.get_secret().map_err(explain)?);
    if bool::from(ctutils::CtEq::ct_eq(&read[..], text)) {
        return Ok(());
    }
    drop(entry.delete_credential());
    Err(Error::new(ErrorKind::Platform, "the system's keychain gives back another secret than it was given"))
}

/// What an item holds; `None` only if an open keychain was asked and has none.
pub(crate) fn find(place: &Place, user: &str) -> Result<Option<Zeroizing<Vec<u8>>>> {
    match entry(place, user)?.get_secret() {
        Ok(text) => Ok(Some(Zeroizing::new(text))),
        Err(Failure::NoEntry) => os::is_open().map(|()| None),
        Err(failure) => Err(explain(failure)),
    }
}

/// Removes an item; no error if there is none.
pub(crate) fn remove(place: &Place, user: &str) -> Result<()> {
    match entry(place, user)?.delete_credential() {
        Err(Failure::NoEntry) => os::is_open(),
        done => done.map_err(explain),
    }
}

/// What a failure means for who reads of it. Some failures hold the secret, so none is passed on whole.
fn explain(failure: Failure) -> Error {
    match failure {
        Failure::PlatformFailure(source) | Failure::NoStorageAccess(source) => os::explain(source),
        Failure::Ambiguous(items) => {
            let message = format!(
                "the system's keychain has {} items of one name: remove all but one with the system's own program",
                items.len()
            );
            Error::new(ErrorKind::Platform, message)
        }
        Failure::TooLong(what, most) => {
            let message = format!("the system's keychain allows no {what} of more than {most} bytes");
            Error::new(ErrorKind::TooLarge, message)
        }
        _ => Error::new(ErrorKind::Platform, "the system's keychain answers in a way that is not understood"),
    }
}
