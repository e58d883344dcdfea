//! The flutter layout's cipher by RustCrypto: the engine on native.

use aes_gcm::{
    Nonce,
    aead::consts::{U12, U16},
};

use super::{
    cipher::{Cipher, NotOpened},
    format::{Malformed, SealedValue},
};
use crate::{
    base64,
    crypto::{
        NONCE_BYTES, Plaintext,
        gcm::{Gcm, Gcm96, Refused},
        random,
    },
    error::{Error, ErrorKind, Result},
    options::Engine,
    secret::Secret,
};

/// A data key with its key schedule.
pub(crate) type SoftwareCipher = Gcm96;

/// A wrap key with its IV. `aes-gcm` has the IV's length in its type, so there is one variant for each length that apps
/// use.
pub(crate) enum SoftwareWrap {
    Iv12(Gcm<U12>, Nonce<U12>),
    Iv16(Gcm<U16>, Nonce<U16>),
}

impl SealedValue {
    /// The text to store.
    pub(crate) fn to_text(&self) -> String {
        let mut text = base64::encode(&self.nonce);
        text.push('.');
        text.push_str(&base64::encode(&self.ciphertext));
        text
    }
}

impl From<Refused> for NotOpened {
    fn from(Refused: Refused) -> Self {
        NotOpened::Refused
    }
}

impl Cipher for SoftwareCipher {
    type Text = str;
    type Input = [u8];
    type Value = Plaintext;
    type Wrap = SoftwareWrap;

    async fn import_wrap(key: &Secret, iv: &Secret) -> Result<SoftwareWrap> {
        let (key, iv) = (key.expose(), iv.expose());
        if let Ok(iv) = Nonce::try_from(iv) {
            Ok(SoftwareWrap::Iv12(Gcm::new(key)?, iv))
        } else if let Ok(iv) = Nonce::try_from(iv) {
            Ok(SoftwareWrap::Iv16(Gcm::new(key)?, iv))
        } else {
            let message = "outside a browser wrapKeyIv must have 12 or 16 bytes; other lengths work in browsers";
            Err(Error::new(ErrorKind::Unsupported, message))
        }
    }

    async fn wrap(wrap: &SoftwareWrap, data_key: &[u8]) -> Result<Vec<u8>> {
        match wrap {
            SoftwareWrap::Iv12(key, iv) => key.seal_now(iv, &[], data_key),
            SoftwareWrap::Iv16(key, iv) => key.seal_now(iv, &[], data_key),
        }
    }

    async fn import(_engine: Engine, data_key: &[u8]) -> Result<Self> {
        Gcm::new(data_key)
    }

    async fn unwrap(_engine: Engine, wrap: &SoftwareWrap, wrapped: &[u8]) -> Result<Result<Self, NotOpened>> {
        let data_key = match wrap {
            SoftwareWrap::Iv12(key, iv) => key.open_now(iv, &[], wrapped.to_vec()),
            SoftwareWrap::Iv16(key, iv) => key.open_now(iv, &[], wrapped.to_vec()),
        };
        match data_key {
            Ok(data_key) => Gcm::new(&data_key).map(Ok),
            Err(refused) => Ok(Err(refused.into())),
        }
    }

    async fn seal(&self, value: &[u8]) -> Result<String> {
        let mut nonce = [0; NONCE_BYTES];
        random(&mut nonce)?;
        Ok(SealedValue { nonce, ciphertext: self.seal_now(&nonce.into(), &[], value)? }.to_text())
    }

    async fn open(&self, sealed: &str) -> Result<Result<Plaintext, NotOpened>> {
        Ok(match SealedValue::parse(sealed) {
            Ok(SealedValue { nonce, ciphertext }) => self.open_now(&nonce.into(), &[], ciphertext).map_err(Into::into),
            Err(Malformed(what)) => Err(NotOpened::Malformed(what)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrap_iv_of_another_length_is_unsupported_here() {
        let key = Secret::new([7; 32]);
        for size in [1, 7, 8, 11, 13, 15, 17, 32, 128] {
            let iv = Secret::new(vec![7; size]);
            let refused = pollster::block_on(SoftwareCipher::import_wrap(&key, &iv)).err().map(|error| error.kind());
            assert_eq!(refused, Some(ErrorKind::Unsupported), "{size} bytes");
        }
    }
}
