//! A builder's options, checked and complete.

#[cfg(feature = "flutter")]
use super::WrapKey;
use super::{NativeOptions, WebOptions, web::Layout};
use crate::{
    error::{Error, Result},
    unlock::Unlock,
};

/// What a store is opened with. [`Builder`](crate::Builder) makes it, and has checked all of it.
#[derive(Debug, PartialEq)]
pub(crate) struct Settings<'a> {
    pub(crate) namespace: &'a str,
    pub(crate) layout: Layout,
    pub(crate) place: Place,
    pub(crate) must_exist: bool,
    /// What opens a sealed store.
    pub(crate) unlock: &'a Unlock,
    /// What wraps the flutter layout's data key.
    #[cfg(feature = "flutter")]
    pub(crate) wrap: Option<WrapKey>,
    pub(crate) web: &'a WebOptions,
    pub(crate) native: &'a NativeOptions,
}

/// Where a store's bytes are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// The platform's own place for this layout.
    Default,
    /// In this process's memory.
    Memory,
    /// In this tab's sessionStorage.
    Session,
}

impl Place {
    /// The place of a handle that asks for sessionStorage or localStorage, or for neither.
    pub(crate) fn with(self, use_session_storage: Option<bool>) -> Result<Self> {
        match (self, use_session_storage) {
            (Place::Memory, Some(true)) => {
                Err(Error::invalid("useSessionStorage", "a store in memory has no sessionStorage: choose one"))
            }
            (Place::Memory, _) | (_, None) => Ok(self),
            (_, Some(true)) => Ok(Place::Session),
            (_, Some(false)) => Ok(Place::Default),
        }
    }
}
