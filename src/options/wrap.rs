//! The app's own wrap key and its IV: decoded, with lengths that AES-GCM takes.

use super::WebOptions;
use crate::{
    error::{Error, Result},
    secret::Secret,
};

/// A wrap key of 16 or 32 bytes, and an IV that is not empty.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct WrapKey {
    pub(crate) key: Secret,
    pub(crate) iv: Secret,
}

impl WebOptions {
    /// The wrap key and its IV; both or neither.
    pub(crate) fn wrap(&self) -> Result<Option<WrapKey>> {
        let (key, iv) = match (&self.wrap_key, &self.wrap_key_iv) {
            (None, None) => return Ok(None),
            (Some(key), Some(iv)) => (key.decode("wrapKey")?, iv.decode("wrapKeyIv")?),
            (Some(_), None) => {
                return Err(Error::invalid("wrapKeyIv", "wrapKey is given without wrapKeyIv: give both"));
            }
            (None, Some(_)) => return Err(Error::invalid("wrapKey", "wrapKeyIv is given without wrapKey: give both")),
        };
        let key_bytes = key.expose().len();
        if !matches!(key_bytes, 16 | 32) {
            return Err(Error::invalid("wrapKey", "wrapKey is not 16 or 32 bytes long, as an AES key is"));
        }
        if iv.expose().is_empty() {
            return Err(Error::invalid("wrapKeyIv", "wrapKeyIv is empty: give at least 1 byte, best 12"));
        }
        Ok(Some(WrapKey { key, iv }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key_material::KeyMaterial;

    fn decode(options: WebOptions) -> Result<Option<WrapKey>> {
        options.wrap()
    }

    fn refused(key: impl Into<KeyMaterial>, iv: impl Into<KeyMaterial>) -> &'static str {
        let error = decode(WebOptions::flutter().wrap_key(key).wrap_key_iv(iv)).expect_err("it is not legal");
        error.argument().expect("it names the argument")
    }

    #[test]
    fn wrap_keys_and_ivs_of_every_legal_size_and_alphabet_are_taken() {
        for key in [&[7; 16][..], &[7; 32]] {
            for iv in [1, 12, 16, 128, 1000] {
                assert!(decode(WebOptions::flutter().wrap_key(key).wrap_key_iv(vec![7; iv])).is_ok());
            }
        }
        let standard = decode(WebOptions::flutter().wrap_key([0xff; 16]).wrap_key_iv("++//")).expect("legal");
        let url_safe = decode(WebOptions::flutter().wrap_key([0xff; 16]).wrap_key_iv("-+_/")).expect("legal");
        assert_eq!(standard, url_safe);
    }

    #[test]
    fn the_argument_that_cannot_be_used_is_named() {
        assert_eq!(refused("my secret key", [0; 12]), "wrapKey");
        assert_eq!(refused("", [0; 12]), "wrapKey");
        assert_eq!(refused([0; 24], [0; 12]), "wrapKey");
        assert_eq!(refused([0; 32], "AAA"), "wrapKeyIv");
        assert_eq!(refused([0; 32], []), "wrapKeyIv");
        let lone_key = decode(WebOptions::flutter().wrap_key([0; 32])).expect_err("an IV is missing");
        assert_eq!(lone_key.argument(), Some("wrapKeyIv"));
        let lone_iv = decode(WebOptions::flutter().wrap_key_iv([0; 12])).expect_err("a key is missing");
        assert_eq!(lone_iv.argument(), Some("wrapKey"));
    }
}
