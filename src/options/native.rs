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
    pub(crate) allow_shared_directory: bool,
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

    /// Allows a directory that others may write to, or that belongs to neither the user nor root. Default: false. Such a
    /// directory is then [`Unavailable`](crate::ErrorKind::Unavailable).
    ///
    /// # Security
    /// Whoever may write to the directory can replace a vault with an older copy, or remove it. They cannot read values.
    /// The check is made on Unix, and only of the directory itself. On Windows there is no check: leave the directory
    /// inside the user's profile.
    #[must_use]
    pub fn allow_shared_directory(mut self, yes: bool) -> Self {
        self.allow_shared_directory = yes;
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
