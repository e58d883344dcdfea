//! Keys in the form that the app has them: raw bytes or base64.

use crate::{
    base64,
    error::{Error, Result},
    secret::Secret,
};

/// A wrap key, its IV, or an app key: raw bytes, or base64 in either alphabet with padding.
///
/// Use `into()` on `&str` and `String` (base64), or on byte arrays, slices and vectors (raw bytes). It is checked when
/// the store is opened, and wiped when dropped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyMaterial(Material);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Material {
    /// Text, still to be decoded.
    Base64(Secret),
    Bytes(Secret),
}

impl KeyMaterial {
    /// From base64 in UTF-8.
    pub(crate) fn base64(text: impl Into<Vec<u8>>) -> Self {
        KeyMaterial(Material::Base64(Secret::new(text)))
    }

    /// Its raw bytes. An error names `argument`.
    pub(crate) fn decode(&self, argument: &'static str) -> Result<Secret> {
        let text = match &self.0 {
            Material::Bytes(bytes) => return Ok(bytes.clone()),
            Material::Base64(text) => text,
        };
        // It was given as text.
        let text = str::from_utf8(text.expose()).unwrap_or_default();
        let bytes = base64::decode(text).ok_or_else(|| {
            let message = format!("{argument} is not base64: give padded base64 of raw bytes, or the bytes");
            Error::invalid(argument, message)
        })?;
        Ok(Secret::new(bytes.as_slice()))
    }
}

impl From<&str> for KeyMaterial {
    fn from(base64: &str) -> Self {
        Self::base64(base64)
    }
}

impl From<String> for KeyMaterial {
    fn from(base64: String) -> Self {
        Self::base64(base64)
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

impl<const N: usize> From<&[u8; N]> for KeyMaterial {
    fn from(bytes: &[u8; N]) -> Self {
        bytes.as_slice().into()
    }
}

impl<const N: usize> From<[u8; N]> for KeyMaterial {
    fn from(bytes: [u8; N]) -> Self {
        KeyMaterial(Material::Bytes(Secret::new(bytes)))
    }
}
