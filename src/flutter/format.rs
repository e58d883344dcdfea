//! The text of Flutter's web layout, as FORMAT.md specifies it: names, key entries, sealed values.

use std::borrow::Borrow;

use zeroize::Zeroizing;

use crate::{
    base64,
    crypto::{NONCE_BYTES, TAG_BYTES},
    flutter::text::{AreaText, Pairs},
    text::Owned,
};

/// The namespace of Flutter apps that name none (`WebOptions.publicKey`).
pub const FLUTTER_NAMESPACE: &str = "FlutterSecureStorage";

/// The namespace of Flet apps that name none (`WebOptions.public_key`).
pub const FLET_NAMESPACE: &str = "FletSecureStorage";

/// Text that does not have its form, and what is wrong with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Malformed(pub(crate) &'static str);

fn decode_base64(text: &str) -> Result<Zeroizing<Vec<u8>>, Malformed> {
    base64::decode(text).ok_or(Malformed("not base64"))
}

/// A value as it is stored: `base64(nonce) "." base64(ciphertext ‖ tag)`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SealedValue {
    pub(crate) nonce: [u8; NONCE_BYTES],
    /// The ciphertext with its tag behind it.
    pub(crate) ciphertext: Vec<u8>,
}

impl SealedValue {
    /// Reads what is stored. As in the original, what follows a second dot is ignored.
    pub(crate) fn parse(text: &str) -> Result<Self, Malformed> {
        let mut parts = text.split('.');
        let (Some(nonce), Some(ciphertext)) = (parts.next(), parts.next()) else {
            return Err(Malformed("there is no dot in it"));
        };
        let nonce = decode_base64(nonce)?.as_slice().try_into().map_err(|_| Malformed("its nonce is not 12 bytes"))?;
        let ciphertext = std::mem::take(&mut *decode_base64(ciphertext)?);
        if ciphertext.len() < TAG_BYTES {
            return Err(Malformed("it is cut off"));
        }
        Ok(SealedValue { nonce, ciphertext })
    }
}

/// Length of the longest key entry: 48 bytes in base64, or 32 with `%3D` as padding.
const MAX_KEY_ENTRY_BYTES: usize = 64;

/// What a key entry holds.
#[derive(Debug)]
pub(crate) enum KeyEntry {
    /// 16 bytes: an AES-128 key, not wrapped.
    Clear16(Zeroizing<Vec<u8>>),
    /// 32 bytes: an AES-256 key, not wrapped, or a wrapped AES-128 key.
    Clear32OrWrapped16(Zeroizing<Vec<u8>>),
    /// 48 bytes: a wrapped AES-256 key.
    Wrapped32(Zeroizing<Vec<u8>>),
}

impl KeyEntry {
    /// Reads a key entry.
    pub(crate) fn parse(text: &str) -> Result<Self, Malformed> {
        let bytes = decode_base64(text)?;
        match bytes.len() {
            16 => Ok(KeyEntry::Clear16(bytes)),
            32 => Ok(KeyEntry::Clear32OrWrapped16(bytes)),
            48 => Ok(KeyEntry::Wrapped32(bytes)),
            _ => Err(Malformed("it is not 16, 32 or 48 bytes")),
        }
    }
}

/// Whether a stored text is some namespace's key entry. No sealed value is one, since those have a dot.
pub(crate) fn is_key_entry<T: AreaText + ?Sized>(text: &T) -> bool {
    // Its length is checked first: most texts are values, and decoding each of them would take long.
    text.units() <= MAX_KEY_ENTRY_BYTES && KeyEntry::parse(&text.to_str()).is_ok()
}

/// The names of one namespace's entries, in an area that it shares with others.
pub(crate) struct Names<T: AreaText + ?Sized> {
    namespace: Owned<T>,
    prefix: Owned<T>,
}

impl<T: AreaText + ?Sized> Names<T> {
    pub(crate) fn new(namespace: &str) -> Self {
        let namespace = T::of(namespace);
        Names { prefix: namespace.followed_by(&T::of(".")), namespace: namespace.into_owned() }
    }

    pub(crate) fn namespace(&self) -> &T {
        self.namespace.borrow()
    }

    /// The name of the key entry.
    pub(crate) fn key_entry(&self) -> &T {
        self.namespace.borrow()
    }

    /// What every entry's name starts with.
    pub(crate) fn prefix(&self) -> &T {
        self.prefix.borrow()
    }

    /// The name of the entry `key`.
    pub(crate) fn entry(&self, key: &T) -> Owned<T> {
        self.prefix().followed_by(key)
    }

    /// The key of the entry that is stored under `name`.
    pub(crate) fn key_of(&self, name: &T) -> Option<Owned<T>> {
        name.after(self.prefix())
    }

    /// Splits off what belongs to a longer namespace (`app.x` beside `app`). An entry is foreign exactly when its name,
    /// or a dotted prefix of it that is longer than this namespace, holds a key entry.
    pub(crate) fn split_foreign(&self, mut entries: Pairs<T>) -> (Pairs<T>, Vec<String>) {
        let to_string = |text: &Owned<T>| text.borrow().to_str().into_owned();
        let holds_key = |(_, text): &&(Owned<T>, Owned<T>)| is_key_entry::<T>(text.borrow());
        let others: Vec<String> = entries.iter().filter(holds_key).map(|(name, _)| to_string(name)).collect();
        let mut foreign = Vec::new();
        if !others.is_empty() {
            entries.retain(|(name, _)| {
                let name = to_string(name);
                let is_own = !self.is_foreign(&name, |prefix| others.iter().any(|other| other == prefix));
                if !is_own {
                    foreign.push(name);
                }
                is_own
            });
        }
        (entries, foreign)
    }

    /// Whether `name` is in a longer namespace, given which names hold a key entry.
    pub(crate) fn is_foreign(&self, name: &str, holds_key: impl Fn(&str) -> bool) -> bool {
        let own = self.namespace().to_str().len();
        let dots = name.match_indices('.').map(|(at, _)| at);
        dots.filter(|&at| at > own).chain([name.len()]).any(|at| name.get(..at).is_some_and(&holds_key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_read_and_written() {
        let text = "oKGio6Slpqeoqaqr.XGmWJa9Lk6D4IgoqYRnF0A==";
        let value = SealedValue::parse(text).expect("the vector of the empty value");
        assert_eq!(value.nonce.to_vec(), (0xa0..=0xab).collect::<Vec<u8>>());
        assert_eq!(value.ciphertext.len(), TAG_BYTES);
        assert_eq!(value.to_text(), text);
        assert_eq!(SealedValue::parse(&format!("{text}.more")), Ok(value));
    }

    #[test]
    fn values_that_are_not_are_refused() {
        for text in
            ["", "AAAA", ".", "oKGio6Slpqeoqaqr.", "oKGio6Slpqeoqaqr.AAAA", "AAAA.XGmWJa9Lk6D4IgoqYRnF0A==", "é.é"]
        {
            assert!(SealedValue::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn entries_of_a_longer_namespace_are_foreign() {
        let key = base64::encode(&[1; 32]);
        let names = Names::<str>::new("app");
        let entries =
            [("app.a", "x.y"), ("app.x", key.as_str()), ("app.x.token", "x.y"), ("app.xy", "x.y"), ("app.y.z", "x.y")];
        let entries = entries.map(|(name, text)| (name.to_owned(), text.to_owned())).to_vec();
        let (own, foreign) = names.split_foreign(entries);
        assert_eq!(own.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["app.a", "app.xy", "app.y.z"]);
        assert_eq!(foreign, ["app.x", "app.x.token"]);
    }

    #[test]
    fn a_dotted_namespace_is_not_foreign_to_itself() {
        let names = Names::<str>::new("com.example.notes");
        let entries = vec![("com.example.notes.a".to_owned(), "x.y".to_owned())];
        assert_eq!(names.split_foreign(entries.clone()), (entries, vec![]));
        assert!(!names.is_foreign("com.example.notes.a", |prefix| prefix == "com.example.notes" || prefix == "com"));
    }
}
