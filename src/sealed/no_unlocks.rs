//! In the place of `unlocks` in the package's first module, which opens device stores only: no slot opens, and none is made.

use super::{
    Platform, errors,
    format::{Id, ring::Slot},
};
use crate::{
    crypto::Key,
    error::{Error, ErrorKind, Result},
    unlock::Credential,
};

pub(super) async fn open_any<P: Platform>(
    namespace: &str,
    _data_key_id: &Id,
    slots: &[Slot],
    with: &Credential,
) -> Result<Key> {
    Err(errors::refused(namespace, slots, with.kind()))
}

pub(super) struct NewSlot<'a> {
    pub(super) credential: &'a Credential,
}

impl NewSlot<'_> {
    pub(super) fn new(_label: &str, _credential: &Credential) -> Result<Self> {
        Err(Error::new(ErrorKind::Platform, "this module makes no slots: this is a defect of keyfold"))
    }

    pub(super) async fn wrap<P: Platform>(self, _namespace: &str, _data_key_id: &Id, _data_key: &Key) -> Result<Slot> {
        let NewSlot { credential } = self;
        Err(errors::refused("", &[], credential.kind()))
    }
}
