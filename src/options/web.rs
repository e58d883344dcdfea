//! Options of the web: which layout, in which area, under which wrap key.

use crate::{error::Error, format::flutter::decode_base64, secret::Secret};

/// How entries lie in the storage.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Layout {
    /// keyfold's own layout. Not in this version.
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
}

/// What seals values in a browser. On native there is one engine, RustCrypto's `aes-gcm`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Engine {
    /// Small values in WebAssembly, which is faster, and large ones with WebCrypto. The data key's bytes
    /// are then in WebAssembly memory.
    #[default]
    Auto,
    /// WebCrypto only, with the data key as a non-extractable `CryptoKey`.
    WebCrypto,
}

/// A wrap key or its IV as the app has it: raw bytes, or base64 in either alphabet with its padding.
///
/// Made with `into()` from `&str` and `String` (base64) or from byte arrays, slices and vectors (raw
/// bytes). It is wiped when dropped, and checked when the store is opened.
#[derive(Clone, Debug, PartialEq)]
pub struct KeyMaterial(Material);

#[derive(Clone, Debug, PartialEq)]
enum Material {
    Base64(Secret),
    Bytes(Secret),
}

impl KeyMaterial {
    /// The raw bytes.
    pub(crate) fn decode(&self, argument: &'static str) -> Result<Secret, Error> {
        match &self.0 {
            Material::Bytes(bytes) => Ok(bytes.clone()),
            Material::Base64(text) => {
                let text = str::from_utf8(text.expose()).unwrap_or_default();
                let bytes = decode_base64(text).map_err(|_| {
                    let message = format!("{argument} is not base64: give padded base64 of raw bytes, or the bytes");
                    Error::invalid(argument, message)
                })?;
                Ok(Secret::new(bytes.as_slice()))
            }
        }
    }
}

impl From<&str> for KeyMaterial {
    fn from(base64: &str) -> Self {
        KeyMaterial(Material::Base64(Secret::new(base64)))
    }
}

impl From<String> for KeyMaterial {
    fn from(base64: String) -> Self {
        KeyMaterial(Material::Base64(Secret::new(base64)))
    }
}

impl From<&[u8]> for KeyMaterial {
    fn from(bytes: &[u8]) -> Self {
        KeyMaterial(Material::Bytes(Secret::new(bytes)))
    }
}

impl From<Vec<u8>> for KeyMaterial {
    fn from(bytes: Vec<u8>) -> Self {
        KeyMaterial(Material::Bytes(Secret::new(bytes)))
    }
}

impl<const N: usize> From<[u8; N]> for KeyMaterial {
    fn from(bytes: [u8; N]) -> Self {
        KeyMaterial(Material::Bytes(Secret::new(bytes)))
    }
}

/// Options of the web. What is not set keeps its default, or in [`CallOptions`](crate::CallOptions) what
/// the store was opened with.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct WebOptions {
    pub(crate) layout: Option<Layout>,
    pub(crate) wrap_key: Option<KeyMaterial>,
    pub(crate) wrap_key_iv: Option<KeyMaterial>,
    pub(crate) use_session_storage: Option<bool>,
    pub(crate) engine: Option<Engine>,
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

    /// The app's own AES key, 16 or 32 bytes, that wraps the data key. Goes with [`wrap_key_iv`](Self::wrap_key_iv).
    ///
    /// # Security
    /// Without it the data key lies in the clear beside the data, as in the original.
    #[must_use]
    pub fn wrap_key(mut self, key: impl Into<KeyMaterial>) -> Self {
        self.wrap_key = Some(key.into());
        self
    }

    /// The nonce of that wrap: any length but 0 on the web, 12 or 16 bytes in memory on native.
    ///
    /// # Security
    /// It is the same at every wrap, so one pair of wrap key and IV should guard one namespace only.
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

    /// What seals the values. Default: [`Engine::Auto`].
    #[must_use]
    pub fn engine(mut self, engine: Engine) -> Self {
        self.engine = Some(engine);
        self
    }

    /// The wrap key and IV in raw bytes, of legal sizes; both or neither.
    pub(crate) fn decode_wrap(&self) -> Result<Option<(Secret, Secret)>, Error> {
        let (key, iv) = match (&self.wrap_key, &self.wrap_key_iv) {
            (None, None) => return Ok(None),
            (Some(key), Some(iv)) => (key.decode("wrapKey")?, iv.decode("wrapKeyIv")?),
            (Some(_), None) => {
                return Err(Error::invalid("wrapKeyIv", "wrapKey is given without wrapKeyIv: give both"));
            }
            (None, Some(_)) => return Err(Error::invalid("wrapKey", "wrapKeyIv is given without wrapKey: give both")),
        };
        let (key_bytes, iv_bytes) = (key.expose().len(), iv.expose().len());
        if !matches!(key_bytes, 16 | 32) {
            let message = format!("wrapKey has {key_bytes} bytes: an AES key has 16 or 32");
            return Err(Error::invalid("wrapKey", message));
        }
        if iv_bytes == 0 {
            return Err(Error::invalid("wrapKeyIv", "wrapKeyIv is empty: give at least 1 byte, best 12"));
        }
        Ok(Some((key, iv)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(key: impl Into<KeyMaterial>, iv: impl Into<KeyMaterial>) -> &'static str {
        let error = WebOptions::flutter().wrap_key(key).wrap_key_iv(iv).decode_wrap().expect_err("it is not legal");
        error.argument().expect("it names the argument")
    }

    #[test]
    fn wrap_keys_and_ivs_of_every_legal_size_and_alphabet_are_taken() {
        for key in [&[7; 16][..], &[7; 32]] {
            for iv in [1, 12, 16, 128, 1000] {
                assert!(WebOptions::flutter().wrap_key(key).wrap_key_iv(vec![7; iv]).decode_wrap().is_ok());
            }
        }
        let standard = WebOptions::flutter().wrap_key([0xff; 16]).wrap_key_iv("++//").decode_wrap().expect("legal");
        let url_safe = WebOptions::flutter().wrap_key([0xff; 16]).wrap_key_iv("-+_/").decode_wrap().expect("legal");
        assert_eq!(standard, url_safe);
    }

    #[test]
    fn the_argument_that_cannot_be_used_is_named() {
        assert_eq!(refused("my secret key", [0; 12]), "wrapKey");
        assert_eq!(refused("", [0; 12]), "wrapKey");
        assert_eq!(refused([0; 24], [0; 12]), "wrapKey");
        assert_eq!(refused([0; 32], "AAA"), "wrapKeyIv");
        assert_eq!(refused([0; 32], []), "wrapKeyIv");
        let lone_key = WebOptions::flutter().wrap_key([0; 32]).decode_wrap().expect_err("an IV is missing");
        assert_eq!(lone_key.argument(), Some("wrapKeyIv"));
        let lone_iv = WebOptions::flutter().wrap_key_iv([0; 12]).decode_wrap().expect_err("a key is missing");
        assert_eq!(lone_iv.argument(), Some("wrapKey"));
    }

    #[test]
    fn debug_shows_no_key() {
        let shown = format!("{:?}", WebOptions::flutter().wrap_key("c2VjcmV0").wrap_key_iv([1; 12]));
        assert!(!shown.contains("c2Vj") && !shown.contains("99, 50") && shown.contains("[redacted]"), "{shown}");
    }
}
