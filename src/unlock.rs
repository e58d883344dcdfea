//! What opens a sealed store.

use std::fmt;

use zeroize::Zeroizing;

use crate::{
    error::{Error, Result},
    key_material::KeyMaterial,
    secret::Secret,
};

/// What protects the data key of a sealed store, and opens it.
///
/// `Debug` shows no secret, and comparing takes the same time wherever two of them differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unlock(pub(crate) Credential);

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Credential {
    #[default]
    Device,
    Passphrase(Secret),
    AppKey(KeyMaterial),
}

impl Unlock {
    pub(crate) const DEVICE: &Unlock = &Unlock(Credential::Device);

    /// This device: on the web a key that the browser keeps and does not give out; on Linux and Windows one in the
    /// system's keychain (Secret Service, Credential Manager), which may ask its user to be unlocked.
    ///
    /// # Security
    /// The key's bytes are in a copy of the browser's profile, and a script of the page can use it. On Linux and Windows
    /// any program of the same user can ask the keychain for it.
    #[must_use]
    pub fn device() -> Self {
        Unlock(Credential::Device)
    }

    /// A passphrase of the user's, through Argon2id (64 MiB, 3 passes). Composed and decomposed characters count as
    /// the same, and so do all spaces; nothing is trimmed.
    ///
    /// # Security
    /// Whoever has a copy of the store can try passphrases, each at that cost. A forgotten one cannot be recovered.
    #[must_use]
    pub fn passphrase(passphrase: impl Into<String>) -> Self {
        Unlock(Credential::Passphrase(Secret::new(passphrase.into())))
    }

    /// A key of the app's own: 32 random bytes, or their base64.
    ///
    /// # Security
    /// The store is as safe as where the app keeps it.
    #[must_use]
    pub fn app_key(key: impl Into<KeyMaterial>) -> Self {
        Unlock(Credential::AppKey(key.into()))
    }

    /// Of which kind it is.
    #[must_use]
    pub fn kind(&self) -> UnlockKind {
        self.0.kind()
    }

    /// Refuses what opens no store, whatever the unlocks of this one are.
    pub(crate) fn check(&self) -> Result<()> {
        match &self.0 {
            Credential::Device => Ok(()),
            Credential::Passphrase(text) if text.expose().is_empty() => Err(empty_passphrase()),
            Credential::Passphrase(_) => Ok(()),
            Credential::AppKey(key) => app_key(key).map(drop),
        }
    }
}

impl Credential {
    pub(crate) fn kind(&self) -> UnlockKind {
        match self {
            Credential::Device => UnlockKind::Device,
            Credential::Passphrase(_) => UnlockKind::Passphrase,
            Credential::AppKey(_) => UnlockKind::AppKey,
        }
    }
}

pub(crate) fn empty_passphrase() -> Error {
    Error::invalid("passphrase", "the passphrase is empty: it would protect nothing")
}

/// The bytes of an app key.
pub(crate) fn app_key(material: &KeyMaterial) -> Result<Zeroizing<[u8; 32]>> {
    let key = <[u8; 32]>::try_from(material.decode("appKey")?.expose());
    key.map(Zeroizing::new).map_err(|_| Error::invalid("appKey", "an app key has 32 bytes: make them at random"))
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
    /// One that a newer version made.
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
            UnlockKind::Unknown => "unlock of a newer version",
        }
    }
}

impl fmt::Display for UnlockKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// One of the unlocks that a store has.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct UnlockInfo {
    /// What [`remove_unlock`](crate::SecureStorage::remove_unlock) takes: 32 hexadecimal digits, or `device`.
    pub id: String,
    /// Of which kind it is.
    pub kind: UnlockKind,
    /// The name that the app gave it. It can be read without any key.
    pub label: String,
}
