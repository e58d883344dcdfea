//! Entries as records: sealed and opened under a store's keys, and compared with the place where they are stored.

use super::keys::Keys;
use crate::{
    crypto::Plaintext,
    error::{Error, ErrorKind, Result, quoted},
    sealed::{
        aead::Aead,
        area::Bytes,
        format::{
            NotRead, StoredName,
            record::{self, Record},
        },
    },
};

/// An opened entry.
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) value: Plaintext,
}

impl<K: Aead> Keys<K> {
    /// Seals entries. Returns each record and the name that it is stored under.
    pub(super) async fn seal_all(&self, entries: &[(&str, &[u8])]) -> Result<Vec<(StoredName, Bytes)>> {
        self.count(entries.len())?;
        let (mut begun, mut calls) = (Vec::new(), Vec::new());
        for &(name, value) in entries {
            let plaintext = record::plaintext(name, value)
                .map_err(|too_large| Error::new(ErrorKind::TooLarge, too_large).with_key(name))?;
            let stored_name = self.stored_name(name);
            let (nonce, call) = self.data_key.seal(&self.record_aad(&stored_name), &plaintext)?;
            begun.push((stored_name, nonce));
            calls.push(call);
        }
        let mut ciphertexts = K::finish(calls).await.into_iter();
        let mut sealed = Vec::new();
        for (stored_name, nonce) in begun {
            let refused = || Error::new(ErrorKind::Platform, "the platform refused to seal an entry");
            let ciphertext = ciphertexts.next().unwrap_or(Ok(None))?.ok_or_else(refused)?;
            let record = Record { data_key_id: self.data_key_id, nonce, ciphertext: &ciphertext };
            sealed.push((stored_name, record.encode().into()));
        }
        Ok(sealed)
    }

    /// Opens records, each under its stored name, and returns what was sealed in each.
    pub(super) async fn open_each(&self, records: &[(StoredName, Bytes)]) -> Vec<Result<Plaintext, NotOpened>> {
        let (mut opened, mut calls) = (Vec::new(), Vec::new());
        for (stored_name, record) in records {
            let begun = self.begin_open(stored_name, record).map(|call| calls.push(call));
            // The plaintext comes later. Without it nothing is an entry.
            opened.push(begun.map(|()| Plaintext::default()));
        }
        let begun = opened.iter_mut().filter(|opened| opened.is_ok());
        for (opened, outcome) in begun.zip(K::finish(calls).await) {
            *opened = match outcome {
                Ok(plaintext) => plaintext.ok_or(NotOpened::Malformed("its keys do not open it")),
                Err(error) => Err(NotOpened::Failed(error)),
            };
        }
        opened
    }

    fn begin_open(&self, stored_name: &StoredName, record: &[u8]) -> Result<K::Call, NotOpened> {
        let record = Record::parse(record)?;
        if record.data_key_id != self.data_key_id {
            return Err(NotOpened::OtherKey);
        }
        let aad = self.record_aad(stored_name);
        Ok(self.data_key.open(&aad, &record.nonce, record.ciphertext))
    }

    fn record_aad(&self, stored_name: &StoredName) -> Vec<u8> {
        record::record_aad(&self.namespace, stored_name, &self.data_key_id)
    }

    /// Opens all of these records. Each must be the entry that belongs in its place.
    pub(super) async fn open_all(&self, records: &[(StoredName, Bytes)]) -> Vec<Result<Entry, NotOpened>> {
        let opened = self.open_each(records).await;
        let entry = |(opened, (stored_name, _)): (Result<_, _>, &(StoredName, _))| {
            let entry = split(opened?)?;
            if self.stored_name(&entry.name) == *stored_name { Ok(entry) } else { Err(NotOpened::OtherPlace) }
        };
        opened.into_iter().zip(records).map(entry).collect()
    }
}

/// Takes name and value apart.
fn split(mut plaintext: Plaintext) -> Result<Entry, NotOpened> {
    let (name, value) = record::name_and_value(&plaintext)?;
    let (name, value_at) = (name.to_owned(), plaintext.len() - value.len());
    plaintext.drain(..value_at);
    Ok(Entry { name, value: plaintext })
}

/// The value of an entry, which must have the name that was asked for.
pub(super) fn value_of(opened: Result<Plaintext, NotOpened>, name: &str) -> Result<Plaintext> {
    match opened.and_then(split) {
        Ok(entry) if entry.name == name => Ok(entry.value),
        Ok(_) => Err(NotOpened::OtherPlace.error(Some(name))),
        Err(not_opened) => Err(not_opened.error(Some(name))),
    }
}

/// Why a record does not give its entry.
#[derive(Debug)]
pub(super) enum NotOpened {
    Malformed(&'static str),
    Newer,
    /// It is sealed under a data key that is not the ring's.
    OtherKey,
    /// It is the entry of another name.
    OtherPlace,
    /// The platform failed.
    Failed(Error),
}

impl From<NotRead> for NotOpened {
    fn from(not_read: NotRead) -> Self {
        match not_read {
            NotRead::Malformed(what) => NotOpened::Malformed(what),
            NotRead::Newer => NotOpened::Newer,
        }
    }
}

impl NotOpened {
    /// Whether no other version and no other try would open it.
    pub(super) fn is_for_good(&self) -> bool {
        matches!(self, NotOpened::Malformed(_) | NotOpened::OtherKey | NotOpened::OtherPlace)
    }

    /// The error of a record, with the name of its entry if that is known.
    pub(super) fn error(self, name: Option<&str>) -> Error {
        let (kind, what) = match self {
            NotOpened::Failed(error) => return error,
            NotOpened::Malformed(what) => (ErrorKind::Corrupt, what),
            NotOpened::OtherPlace => (ErrorKind::Corrupt, "it is the entry of another name"),
            NotOpened::OtherKey => (ErrorKind::KeyMissing, "it was sealed under a key that is gone"),
            NotOpened::Newer => (ErrorKind::NewerFormat, "a newer version of keyfold has written it"),
        };
        let entry = name.map_or_else(
            || "an entry whose name is sealed with it".to_owned(),
            |name| format!("the entry {}", quoted(name)),
        );
        let error = Error::new(kind, format!("{entry} cannot be opened: {what}. It is left as it is"));
        match name {
            Some(name) => error.with_key(name),
            None => error,
        }
    }
}
