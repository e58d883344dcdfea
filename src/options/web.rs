//! Options of the web: which layout, in which area, under which wrap key.

use std::fmt;

#[cfg(not(all(feature = "flutter", feature = "sealed")))]
use crate::error::{Error, ErrorKind};
use crate::key_material::KeyMaterial;

/// How entries are stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Layout {
    /// keyfold's own layout.
    #[default]
    Sealed,
    /// The layout of Flutter's `flutter_secure_storage`, byte for byte.
    Flutter,
}

impl Layout {
    /// The word that JavaScript sees, for example `"flutter"`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Layout::Sealed => "sealed",
            Layout::Flutter => "flutter",
        }
    }

    /// The error of a build without this layout.
    #[cfg(not(all(feature = "flutter", feature = "sealed")))]
    pub(crate) fn is_left_out(self) -> Error {
        let message = format!("this build has no {0} layout: turn on keyfold's feature {0}", self.as_str());
        Error::new(ErrorKind::Unsupported, message)
    }
}

impl fmt::Display for Layout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// What seals values in a browser. Elsewhere the only engine is RustCrypto's `aes-gcm`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Engine {
    /// Small values in WebAssembly, which is faster, and large ones with WebCrypto. The data key's bytes are then in
    /// WebAssembly memory.
    #[default]
    Auto,
    /// Only WebCrypto, with the data key as a `CryptoKey` that cannot be exported.
    WebCrypto,
}

impl Engine {
    /// The word that JavaScript sees, for example `"auto"`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Engine::Auto => "auto",
            Engine::WebCrypto => "webcrypto",
        }
    }
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Options of the web. What is not set keeps its default, or in [`CallOptions`](crate::CallOptions) what the store was
/// opened with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct WebOptions {
    pub(crate) layout: Option<Layout>,
    pub(crate) wrap_key: Option<KeyMaterial>,
    pub(crate) wrap_key_iv: Option<KeyMaterial>,
    pub(crate) use_session_storage: Option<bool>,
    pub(crate) engine: Option<Engine>,
    pub(crate) db_name: Option<String>,
}

impl WebOptions {
    /// Options with nothing set.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Options of the layout of Flutter's `flutter_secure_storage`: localStorage, no wrap key.
    #[must_use]
    pub fn flutter() -> Self {
        WebOptions { layout: Some(Layout::Flutter), ..Self::default() }
    }

    /// The first option that only the flutter layout has, if one is set.
    #[cfg(feature = "sealed")]
    pub(crate) fn set_of_flutter(&self) -> Option<&'static str> {
        let options = [
            ("wrapKey", self.wrap_key.is_some()),
            ("wrapKeyIv", self.wrap_key_iv.is_some()),
            ("useSessionStorage", self.use_session_storage.is_some()),
            ("engine", self.engine.is_some()),
        ];
        options.into_iter().find(|(_, is_set)| *is_set).map(|(name, _)| name)
    }

    /// The app's own AES key of 16 or 32 bytes, which wraps the data key. It needs [`wrap_key_iv`](Self::wrap_key_iv).
    ///
    /// # Security
    /// Without it the data key is stored unencrypted beside the data, as in the original.
    #[must_use]
    pub fn wrap_key(mut self, key: impl Into<KeyMaterial>) -> Self {
        self.wrap_key = Some(key.into());
        self
    }

    /// The nonce for [`wrap_key`](Self::wrap_key), best 12 bytes.
    ///
    /// On the web any length except 0 works, although some browsers refuse fewer than 8 bytes. In memory outside
    /// browsers it has 12 or 16 bytes.
    ///
    /// # Security
    /// Every wrap uses the same nonce, so use one pair of wrap key and IV for one namespace only.
    #[must_use]
    pub fn wrap_key_iv(mut self, iv: impl Into<KeyMaterial>) -> Self {
        self.wrap_key_iv = Some(iv.into());
        self
    }

    /// Uses this tab's sessionStorage instead of localStorage. Default: false.
    #[must_use]
    pub fn use_session_storage(mut self, yes: bool) -> Self {
        self.use_session_storage = Some(yes);
        self
    }

    /// The IndexedDB database of the sealed layout. Default: `keyfold`. The flutter layout has none and ignores this
    /// option, as the original does.
    #[must_use]
    pub fn db_name(mut self, name: impl Into<String>) -> Self {
        self.db_name = Some(name.into());
        self
    }

    /// What seals values in the flutter layout. The sealed layout always uses WebCrypto. Default: [`Engine::Auto`].
    #[must_use]
    pub fn engine(mut self, engine: Engine) -> Self {
        self.engine = Some(engine);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_key() {
        let shown = format!("{:?}", WebOptions::flutter().wrap_key("c2VjcmV0").wrap_key_iv([1; 12]));
        assert!(!shown.contains("c2Vj") && !shown.contains("99, 50") && shown.contains("[redacted]"), "{shown}");
    }
}
