//! In the place of `unlocks` in the package's first module, which opens device stores only: no slot opens, and none is made.

use super::{
    Platform, errors,
    format::{
        Id,
        ring::{RingHead, Slot},
    },
};
use crate::{
    crypto::{Key, Point},
    error::{Error, ErrorKind, Result},
    unlock::Credential,
};

pub(super) struct Opened {
    pub(super) at: usize,
    pub(super) data_key: Key,
    pub(super) public: Point,
}

pub(super) async fn open_any<P: Platform>(namespace: &str, head: &RingHead, with: &Credential) -> Result<Opened> {
    Err(errors::refused(namespace, head, with.kind()))
}

/// There is none.
pub(super) enum NextSlot {}

impl NextSlot {
    pub(super) async fn new<P: Platform>(_namespace: &str, _id: Id, _label: &str, _with: &Credential) -> Result<Self> {
        Err(Error::new(ErrorKind::Platform, "this module makes no slots: this is a defect of keyfold"))
    }

    pub(super) fn public(&self) -> &Point {
        match *self {}
    }

    pub(super) async fn seal<P: Platform>(self, _namespace: &str, _data_key_id: &Id, _data_key: &Key) -> Result<Slot> {
        match self {}
    }
}
