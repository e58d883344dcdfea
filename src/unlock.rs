//! What opens a sealed store.

use std::fmt;

#[cfg(feature = "sealed")]
use zeroize::Zeroizing;

#[cfg(feature = "sealed")]
use crate::{
    error::{Error, Result},
    recovery_code,
};
use crate::{key_material::KeyMaterial, secret::Secret};

/// What protects the data key of a sealed store, and opens it.
///
/// `Debug` shows no secret. Comparing takes the same time wherever two of them differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unlock(pub(crate) Credential);

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Credential {
    #[default]
    Device,
    Passphrase(Secret),
    AppKey(KeyMaterial),
    RecoveryCode(Secret),
}

impl Unlock {
    pub(crate) const DEVICE: &Unlock = &Unlock(Credential::Device);

    /// This device's own key.
    ///
    /// On the web the browser keeps it and does not give it out. On Linux and Windows the system's keychain keeps it
    /// (Secret Service, Credential Manager), which may ask the user to unlock it.
    ///
    /// # Security
    /// A copy of the browser's profile has the key's bytes, and a script of the page can use the key. On Linux and
    /// Windows any program of the same user can ask the keychain for it.
    #[must_use]
    pub fn device() -> Self {
        Unlock(Credential::Device)
    }

    /// The user's passphrase, through Argon2id (RFC 9106; 64 MiB, 3 passes).
    ///
    /// Composed and decomposed characters count as the same, and so do all spaces (RFC 8265). Nothing is trimmed.
    ///
    /// # Security
    /// Whoever has a copy of the store can try passphrases, each at that cost. A forgotten passphrase cannot be
    /// recovered.
    #[must_use]
    pub fn passphrase(passphrase: impl Into<String>) -> Self {
        Unlock(Credential::Passphrase(Secret::new(passphrase.into())))
    }

    /// The app's own key: 32 random bytes, or their base64.
    ///
    /// # Security
    /// The store is only as safe as the place where the app keeps the key.
    #[must_use]
    pub fn app_key(key: impl Into<KeyMaterial>) -> Self {
        Unlock(Credential::AppKey(key.into()))
    }

    /// A code that [`SecureStorage::recovery_code`](crate::SecureStorage::recovery_code) has made, as its user types it.
    ///
    /// Case, spaces and hyphens do not count. The letter O is read as the digit 0, I and L as 1. A typing error is found
    /// when the code is used, and is [`InvalidArgument`](crate::ErrorKind::InvalidArgument).
    ///
    /// # Security
    /// The code has 160 random bits, which nobody can guess. Whoever finds it written down, and has the store, opens it.
    #[must_use]
    pub fn recovery_code(code: impl Into<String>) -> Self {
        Unlock(Credential::RecoveryCode(Secret::new(code.into())))
    }

    /// The unlock's kind.
    #[must_use]
    pub fn kind(&self) -> UnlockKind {
        self.0.kind()
    }

    /// Refuses what could open no store at all.
    #[cfg(feature = "sealed")]
    pub(crate) fn check(&self) -> Result<()> {
        match &self.0 {
            Credential::Device => Ok(()),
            Credential::Passphrase(text) if text.expose().is_empty() => Err(empty_passphrase()),
            Credential::Passphrase(_) => Ok(()),
            Credential::AppKey(key) => app_key(key).map(drop),
            Credential::RecoveryCode(code) => recovery_code::parse(code.expose()).map(drop),
        }
    }
}

/// Which unlocks a rotation keeps: [`SecureStorage::rotate`](crate::SecureStorage::rotate).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rotate(pub(crate) Option<Vec<Keep>>);

impl Rotate {
    /// Keeps all of the store's unlocks.
    #[must_use]
    pub fn all() -> Self {
        Rotate(None)
    }

    /// Keeps only these: ids, as [`SecureStorage::unlocks`](crate::SecureStorage::unlocks) lists them, or the unlocks
    /// themselves.
    ///
    /// # Security
    /// For an unlock that is given, its public key is taken from under its own secret, where nobody else can have changed
    /// it; for an id, from what everybody who has opened the store could have changed.
    #[must_use]
    pub fn keep<K: Into<Keep>>(kept: impl IntoIterator<Item = K>) -> Self {
        Rotate(Some(kept.into_iter().map(Into::into).collect()))
    }
}

/// An unlock that a rotation keeps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Keep {
    /// The one with this id.
    Id(String),
    /// The one that this opens.
    Unlock(Unlock),
}

impl From<&str> for Keep {
    fn from(id: &str) -> Self {
        Keep::Id(id.to_owned())
    }
}

impl From<String> for Keep {
    fn from(id: String) -> Self {
        Keep::Id(id)
    }
}

impl From<Unlock> for Keep {
    fn from(unlock: Unlock) -> Self {
        Keep::Unlock(unlock)
    }
}

impl Credential {
    pub(crate) fn kind(&self) -> UnlockKind {
        match self {
            Credential::Device => UnlockKind::Device,
            Credential::Passphrase(_) => UnlockKind::Passphrase,
            Credential::AppKey(_) => UnlockKind::AppKey,
            Credential::RecoveryCode(_) => UnlockKind::RecoveryCode,
        }
    }
}

#[cfg(feature = "sealed")]
pub(crate) fn empty_passphrase() -> Error {
    Error::invalid("passphrase", "the passphrase is empty: it would protect nothing")
}

/// The bytes of an app key.
#[cfg(feature = "sealed")]
pub(crate) fn app_key(material: &KeyMaterial) -> Result<Zeroizing<[u8; 32]>> {
    let key = <[u8; 32]>::try_from(material.decode("appKey")?.expose());
    key.map(Zeroizing::new)
        .map_err(|_| Error::invalid("appKey", "appKey is not 32 bytes: give 32 random bytes, or their padded base64"))
}

impl Default for Unlock {
    fn default() -> Self {
        Self::device()
    }
}

/// The kinds of unlocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum UnlockKind {
    /// [`Unlock::device`].
    Device,
    /// [`Unlock::passphrase`].
    Passphrase,
    /// [`Unlock::app_key`].
    AppKey,
    /// A passkey, which this version does not open.
    Passkey,
    /// [`Unlock::recovery_code`].
    RecoveryCode,
    /// An unlock that a newer version made.
    Unknown,
}

impl UnlockKind {
    /// The word that JavaScript sees, for example `"app-key"`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            UnlockKind::Device => "device",
            UnlockKind::Passphrase => "passphrase",
            UnlockKind::AppKey => "app-key",
            UnlockKind::Passkey => "passkey",
            UnlockKind::RecoveryCode => "recovery-code",
            UnlockKind::Unknown => "unknown",
        }
    }

    /// The kind in a sentence.
    #[cfg(feature = "sealed")]
    pub(crate) fn name(self) -> &'static str {
        match self {
            UnlockKind::Device => "device",
            UnlockKind::Passphrase => "passphrase",
            UnlockKind::AppKey => "app key",
            UnlockKind::Passkey => "passkey",
            UnlockKind::RecoveryCode => "recovery code",
            UnlockKind::Unknown => "unlock of a newer version",
        }
    }
}

impl fmt::Display for UnlockKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// One of a store's unlocks. No key authenticates it before the store is opened.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct UnlockInfo {
    /// What [`remove_unlock`](crate::SecureStorage::remove_unlock) takes: 32 hexadecimal digits, or `device`.
    pub id: String,
    /// Its kind.
    pub kind: UnlockKind,
    /// The label that the app gave it. Anybody can read it, without a key.
    pub label: String,
}
