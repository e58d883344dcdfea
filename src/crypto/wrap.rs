//! The app's own wrap key and its IV: taken from the options, decoded, and of sizes that AES-GCM has.

use crate::{
    error::{Error, Result},
    format::flutter::decode_base64,
    options::{KeyMaterial, Material, WebOptions},
    secret::Secret,
};

/// The wrap key and IV of `options` in raw bytes; both or neither.
pub(crate) fn decode(options: &WebOptions) -> Result<Option<(Secret, Secret)>> {
    let (key, iv) = match (&options.wrap_key, &options.wrap_key_iv) {
        (None, None) => return Ok(None),
        (Some(key), Some(iv)) => (bytes(key, "wrapKey")?, bytes(iv, "wrapKeyIv")?),
        (Some(_), None) => return Err(Error::invalid("wrapKeyIv", "wrapKey is given without wrapKeyIv: give both")),
        (None, Some(_)) => return Err(Error::invalid("wrapKey", "wrapKeyIv is given without wrapKey: give both")),
    };
    let key_bytes = key.expose().len();
    if !matches!(key_bytes, 16 | 32) {
        let message = format!("wrapKey has {key_bytes} bytes: an AES key has 16 or 32");
        return Err(Error::invalid("wrapKey", message));
    }
    if iv.expose().is_empty() {
        return Err(Error::invalid("wrapKeyIv", "wrapKeyIv is empty: give at least 1 byte, best 12"));
    }
    Ok(Some((key, iv)))
}

/// Key material in raw bytes.
pub(crate) fn bytes(material: &KeyMaterial, argument: &'static str) -> Result<Secret> {
    let text = match &material.0 {
        Material::Bytes(bytes) => return Ok(bytes.clone()),
        Material::Base64(text) => text,
    };
    // It was text when it was given.
    let text = str::from_utf8(text.expose()).unwrap_or_default();
    let bytes = decode_base64(text).map_err(|_| {
        let message = format!("{argument} is not base64: give padded base64 of raw bytes, or the bytes");
        Error::invalid(argument, message)
    })?;
    Ok(Secret::new(bytes.as_slice()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(key: impl Into<KeyMaterial>, iv: impl Into<KeyMaterial>) -> &'static str {
        let error = decode(&WebOptions::flutter().wrap_key(key).wrap_key_iv(iv)).expect_err("it is not legal");
        error.argument().expect("it names the argument")
    }

    #[test]
    fn wrap_keys_and_ivs_of_every_legal_size_and_alphabet_are_taken() {
        for key in [&[7; 16][..], &[7; 32]] {
            for iv in [1, 12, 16, 128, 1000] {
                assert!(decode(&WebOptions::flutter().wrap_key(key).wrap_key_iv(vec![7; iv])).is_ok());
            }
        }
        let standard = decode(&WebOptions::flutter().wrap_key([0xff; 16]).wrap_key_iv("++//")).expect("legal");
        let url_safe = decode(&WebOptions::flutter().wrap_key([0xff; 16]).wrap_key_iv("-+_/")).expect("legal");
        assert_eq!(standard, url_safe);
    }

    #[test]
    fn the_argument_that_cannot_be_used_is_named() {
        assert_eq!(refused("my secret key", [0; 12]), "wrapKey");
        assert_eq!(refused("", [0; 12]), "wrapKey");
        assert_eq!(refused([0; 24], [0; 12]), "wrapKey");
        assert_eq!(refused([0; 32], "AAA"), "wrapKeyIv");
        assert_eq!(refused([0; 32], []), "wrapKeyIv");
        let lone_key = decode(&WebOptions::flutter().wrap_key([0; 32])).expect_err("an IV is missing");
        assert_eq!(lone_key.argument(), Some("wrapKeyIv"));
        let lone_iv = decode(&WebOptions::flutter().wrap_key_iv([0; 12])).expect_err("a key is missing");
        assert_eq!(lone_iv.argument(), Some("wrapKey"));
    }
}
