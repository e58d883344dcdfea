//! Options of desktop and mobile systems.

use std::{path::PathBuf, time::Duration};

/// How long one call to the system's keychain may take by default: long enough to answer a prompt.
const KEYCHAIN_TIMEOUT: Duration = Duration::from_secs(60);

/// Options outside browsers: where vaults are kept, and how long the keychain may take. In a browser they have no
/// effect.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct NativeOptions {
    pub(crate) directory: Option<PathBuf>,
    pub(crate) keychain_timeout: Option<Duration>,
}

impl NativeOptions {
    /// The defaults.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The directory of the vault files. The first store creates it, for this user only (mode 0700 on Unix).
    ///
    /// Default: `keyfold` in the user's local data directory, as the crate `directories` finds it: on Linux
    /// `$XDG_DATA_HOME` or `~/.local/share`, on Windows `%LOCALAPPDATA%`, on macOS `~/Library/Application Support`.
    #[must_use]
    pub fn directory(mut self, directory: impl Into<PathBuf>) -> Self {
        self.directory = Some(directory.into());
        self
    }

    /// How long one call to the system's keychain may take, including the user's answer to a prompt. After that the
    /// call fails with [`Unavailable`](crate::ErrorKind::Unavailable). Default: 60 seconds.
    #[must_use]
    pub fn keychain_timeout(mut self, timeout: Duration) -> Self {
        self.keychain_timeout = Some(timeout);
        self
    }

    pub(crate) fn timeout(&self) -> Duration {
        self.keychain_timeout.unwrap_or(KEYCHAIN_TIMEOUT)
    }
}
