//! What the sealed layout is made of here: a vault or memory, RustCrypto's AES-GCM, and the system's keychain.

use std::{cmp::Ordering, path::PathBuf};

use directories::BaseDirs;
use unicode_normalization::UnicodeNormalization;

use super::{disk::Files, key::NativeKey, keychain::SystemKeychain, vault::Vault};
use crate::{
    crypto::{
        Key, KeyPair, Plaintext, Point,
        argon2id::{self, Cost},
        p256,
    },
    error::{Error, ErrorKind, Result},
    options::{Place, Settings},
    sealed::{Namespace, Platform, memory::RecordMemory, places::places},
};

/// The sealed layout natively.
pub(crate) enum Sealed {}

places! {
    /// Where its records are kept.
    pub(crate) enum NativeRecords of NativeKey, held by NativeHold {
        Memory(RecordMemory<NativeKey>),
        Vault(Vault<Files>),
    }
}

impl Platform for Sealed {
    type Name = str;
    type Input = [u8];
    type Value = Plaintext;
    type Area = NativeRecords;
    type Key = NativeKey;
    type Device = Option<SystemKeychain>;

    fn bytes(input: &[u8]) -> Plaintext {
        Plaintext::new(input.to_vec())
    }

    fn value(bytes: Plaintext) -> Plaintext {
        bytes
    }

    fn order(one: &str, other: &str) -> Ordering {
        one.cmp(other)
    }

    async fn argon2id(passphrase: &[u8], cost: &Cost) -> Result<Key> {
        argon2id::derive(passphrase, cost)
    }

    async fn generate() -> Result<KeyPair> {
        p256::generate()
    }

    async fn agree(own: &KeyPair, with: &Point) -> Result<Option<Key>> {
        Ok(p256::agree(&own.private, with))
    }

    fn nfc(text: &str) -> Vec<u8> {
        // NFC makes a text three times as long at most (https://www.unicode.org/faq/normalization.html).
        let mut normalized = String::with_capacity(3 * text.len());
        normalized.extend(text.nfc());
        normalized.into_bytes()
    }

    async fn can_be_made(area: &NativeRecords) -> Result<()> {
        match area {
            NativeRecords::Memory(_) => Ok(()),
            NativeRecords::Vault(vault) => vault.can_be_made().await,
        }
    }
}

/// The namespace that settings ask for. A store in memory keeps its device key there too.
pub(crate) fn sealed_namespace(settings: &Settings<'_>) -> Result<Namespace<Sealed>> {
    let name = settings.namespace;
    match settings.place {
        Place::Memory => Ok(Namespace::new(name, NativeRecords::Memory(RecordMemory::default()), None)),
        Place::Default | Place::Session => {
            let vault = Vault::new(&directory(settings)?, name, settings.native.allow_shared_directory)?;
            let keychain = SystemKeychain::new(name, settings.native.timeout());
            Ok(Namespace::new(name, NativeRecords::Vault(vault), Some(keychain)))
        }
    }
}

/// Where vaults are kept. The directory must not roam, since the keychain's items do not.
fn directory(settings: &Settings<'_>) -> Result<PathBuf> {
    let default = || BaseDirs::new().map(|dirs| dirs.data_local_dir().join("keyfold"));
    settings.native.directory.clone().or_else(default).ok_or_else(|| {
        let message = "this user has no home directory: name a directory for the vault in NativeOptions";
        Error::new(ErrorKind::Unavailable, message)
    })
}
