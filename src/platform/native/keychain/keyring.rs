//! Items of a keychain, through the stores of `keyring`: written, read and removed, with errors that say what to do.

use std::{collections::HashMap, error::Error as StdError, sync::Arc};

use keyring::Error as Failure;
use keyring_core::{Entry, api::CredentialStoreApi};
use zeroize::Zeroizing;

use super::items::{Items, Place};
use crate::error::{Error, ErrorKind, Result};

/// A system's store for `keyring`, and what is special about it.
pub(super) trait Service {
    type Store: CredentialStoreApi;

    /// Whether the keychain can be asked.
    fn ready() -> Result<()>;

    /// Whether the keychain is open, so that an item that is not found is really not there.
    fn is_open() -> Result<()>;

    /// A new connection. `keyring` would share one between all calls, and with it a call that hangs.
    fn store() -> Result<Arc<Self::Store>>;

    /// What an item is made with besides its name.
    fn modifiers(place: &Place) -> HashMap<&'static str, &str>;

    /// What a failure means for the reader of the error.
    fn explain(source: Box<dyn StdError + Send + Sync>) -> Error;
}

fn entry<S: Service>(place: &Place, user: &str) -> Result<Entry> {
    S::store()?.build(&place.service, user, Some(&S::modifiers(place))).map_err(explain::<S>)
}

impl<S: Service> Items for S {
    fn ready() -> Result<()> {
        <S as Service>::ready()
    }

    fn add(place: &Place, user: &str, text: &[u8]) -> Result<()> {
        let entry = entry::<S>(place, user)?;
        entry.set_secret(text).map_err(explain::<S>)?;
        let read = Zeroizing::new(entry.get_secret().map_err(explain::<S>)?);
        if bool::from(ctutils::CtEq::ct_eq(&read[..], text)) {
            return Ok(());
        }
        drop(entry.delete_credential());
        Err(Error::new(ErrorKind::Platform, "the system's keychain returned another secret than it was given"))
    }

    fn find(place: &Place, user: &str) -> Result<Option<Zeroizing<Vec<u8>>>> {
        match entry::<S>(place, user)?.get_secret() {
            Ok(text) => Ok(Some(Zeroizing::new(text))),
            Err(Failure::NoEntry) => S::is_open().map(|()| None),
            Err(failure) => Err(explain::<S>(failure)),
        }
    }

    fn remove(place: &Place, user: &str) -> Result<()> {
        match entry::<S>(place, user)?.delete_credential() {
            Err(Failure::NoEntry) => S::is_open(),
            done => done.map_err(explain::<S>),
        }
    }
}

/// What a failure means for the reader of the error. Some failures contain the secret, so none is passed on whole.
fn explain<S: Service>(failure: Failure) -> Error {
    match failure {
        Failure::PlatformFailure(source) | Failure::NoStorageAccess(source) => S::explain(source),
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
