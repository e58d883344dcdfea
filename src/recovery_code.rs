//! Recovery codes: 160 random bits and a checksum, in digits that are easy to copy by hand.

use std::fmt;

use base32ct::{Base32UpperUnpadded, Encoding};
use ctutils::{CtEq, CtSelect};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

#[cfg(feature = "sealed")]
use crate::error::{Error, Result};
use crate::secret::Secret;

/// The 160 bits of a code.
pub(crate) type Bits = Zeroizing<[u8; 20]>;

/// How many digits a code has: 32 of the bits, and 4 of the checksum.
const DIGITS: usize = 36;

/// What is hashed before the bits for their checksum.
const PREFIX: &[u8] = b"keyfold/v1/recovery-code";

/// Crockford's digits, and the letters that are read as some of them.
const CROCKFORD: &[u8; 35] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZOIL";

/// The same digits as RFC 4648 writes them, which is the alphabet of the library.
const RFC4648: &[u8; 35] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567ABB";

/// A new recovery code, which [`SecureStorage::recovery_code`](crate::SecureStorage::recovery_code) makes. It opens
/// nothing until it is added to a store.
///
/// `Debug` does not show it, and it is wiped when dropped.
#[derive(Clone)]
pub struct RecoveryCode(Secret);

impl RecoveryCode {
    pub(crate) fn of(bits: &Bits) -> Self {
        // At its final size: a buffer that grows would leave a copy behind.
        let mut text = Vec::with_capacity(DIGITS + DIGITS / 4 - 1);
        for (place, digit) in digits(bits).iter().enumerate() {
            if place > 0 && place % 4 == 0 {
                text.push(b'-');
            }
            text.push(translated(*digit, &RFC4648[..32], &CROCKFORD[..32]));
        }
        RecoveryCode(Secret::new(text))
    }

    /// The code for its user to write down: 9 groups of 4 digits and capital letters, with hyphens between them.
    #[must_use]
    pub fn text(&self) -> &str {
        // It was made of ASCII.
        str::from_utf8(self.0.expose()).unwrap_or_default()
    }
}

impl fmt::Debug for RecoveryCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecoveryCode([redacted])")
    }
}

/// The bits of a code as somebody has typed it.
#[cfg(feature = "sealed")]
pub(crate) fn parse(typed: &[u8]) -> Result<Bits> {
    let mut code = Zeroizing::new([0; DIGITS]);
    let mut places = code.iter_mut();
    for byte in typed.iter().filter(|byte| !matches!(byte, b'-' | b' ' | b'\t' | b'\r' | b'\n')) {
        // What is no digit becomes 0, which no digit is.
        *places.next().ok_or_else(mistyped)? = translated(byte.to_ascii_uppercase(), CROCKFORD, RFC4648);
    }
    let mut bits = Bits::default();
    Base32UpperUnpadded::decode(&code[..32], &mut bits[..]).map_err(|_| mistyped())?;
    if bool::from(digits(&bits).ct_eq(&*code)) { Ok(bits) } else { Err(mistyped()) }
}

#[cfg(feature = "sealed")]
fn mistyped() -> Error {
    let message =
        "the recovery code has a typing error: it has 9 groups of 4 digits and letters, and never the letter U";
    Error::invalid("recoveryCode", message)
}

/// The bits and the first 20 bits of their checksum in base32, in the library's alphabet.
fn digits(bits: &Bits) -> Zeroizing<[u8; DIGITS]> {
    let mut bytes = Zeroizing::new([0; 23]);
    let checksum = Sha256::new().chain_update(PREFIX).chain_update(&bits[..]).finalize();
    bytes[..20].copy_from_slice(&bits[..]);
    bytes[20..].copy_from_slice(&checksum[..3]);
    // The last of the 37 has only what the checksum has more than 20 bits.
    let mut all = Zeroizing::new([0; DIGITS + 1]);
    let mut digits = Zeroizing::new([0; DIGITS]);
    if Base32UpperUnpadded::encode(&bytes[..], &mut all[..]).is_ok() {
        digits.copy_from_slice(&all[..DIGITS]);
    }
    digits
}

/// The digit in another alphabet; 0 for what is none. It takes the same time whatever the digit.
fn translated(digit: u8, from: &[u8], to: &[u8]) -> u8 {
    from.iter().zip(to).fold(0, |found, (from, to)| found.ct_select(to, from.ct_eq(&digit)))
}

#[cfg(test)]
mod tests {
    use proptest::{prelude::*, test_runner::Config};

    use super::*;

    fn code(bits: [u8; 20]) -> String {
        RecoveryCode::of(&Bits::new(bits)).text().to_owned()
    }

    fn read(typed: &str) -> Option<[u8; 20]> {
        parse(typed.as_bytes()).map(|bits| *bits).ok()
    }

    #[test]
    fn it_is_shown_in_nine_groups_of_four() {
        let text = code([0xff; 20]);
        let groups: Vec<_> = text.split('-').collect();
        assert_eq!((groups.len(), groups[0], groups[7]), (9, "ZZZZ", "ZZZZ"));
        assert!(groups.iter().all(|group| group.len() == 4), "{text}");
        assert!(code([0; 20]).starts_with("0000-0000-"));
    }

    #[test]
    fn neither_it_nor_an_error_shows_a_code() {
        let made = RecoveryCode::of(&Bits::new([7; 20]));
        assert_eq!(format!("{made:?}"), "RecoveryCode([redacted])");
        let error = parse(b"0000-1234").expect_err("it is short");
        assert!(!format!("{error} {error:?}").contains("1234"));
        assert_eq!(error.argument(), Some("recoveryCode"));
    }

    #[test]
    fn letters_that_look_like_digits_are_read_as_those() {
        let bits = [0; 20];
        let text = code(bits);
        assert_eq!(read(&text.replace('0', "O")), Some(bits));
        assert_eq!(read(&text.replace('0', "o")), Some(bits));
        let ones = [0x08, 0x42, 0x10, 0x84, 0x21].repeat(4).try_into().expect("20 bytes");
        let text = code(ones);
        assert!(text.starts_with("1111-1111-"), "{text}");
        for one in ["I", "i", "L", "l"] {
            assert_eq!(read(&text.replace('1', one)), Some(ones));
        }
    }

    proptest! {
        #![proptest_config(Config { failure_persistence: None, ..Config::default() })]

        #[test]
        fn what_is_shown_is_read_however_it_is_spaced(
            bits in any::<[u8; 20]>(),
            spaces in proptest::collection::vec(0..6_usize, 45),
            is_lower in any::<bool>(),
        ) {
            let text = code(bits);
            prop_assert_eq!(read(&text), Some(bits));
            let spaced: String = text.replace('-', "").chars().zip(&spaces)
                .flat_map(|(digit, space)| [digit.to_string(), ["", "", " ", "-", "\r\n", "\t"][*space].to_owned()])
                .collect();
            prop_assert_eq!(read(&if is_lower { spaced.to_lowercase() } else { spaced }), Some(bits));
        }

        #[test]
        fn one_wrong_digit_is_mostly_noticed_and_is_never_the_same_code(
            bits in any::<[u8; 20]>(),
            place in 0..36_usize,
            other in 0..32_usize,
        ) {
            let mut digits = code(bits).replace('-', "").into_bytes();
            let before = std::mem::replace(&mut digits[place], CROCKFORD[other]);
            let read = parse(&digits).ok().map(|bits| *bits);
            prop_assert_eq!(read == Some(bits), before == CROCKFORD[other]);
            if place >= 32 {
                prop_assert_eq!(read.is_some(), before == CROCKFORD[other]);
            }
        }

        #[test]
        fn digits_that_are_missing_or_too_many_are_a_typing_error(bits in any::<[u8; 20]>(), length in 0..36_usize) {
            let digits = code(bits).replace('-', "");
            prop_assert_eq!(read(&digits[..length]), None);
            prop_assert_eq!(read(&format!("{digits}{}", &digits[..=length])), None);
        }

        #[test]
        fn any_text_is_read_or_refused(typed in any::<String>()) {
            if let Ok(bits) = parse(typed.as_bytes()) {
                prop_assert_eq!(read(&code(*bits)), Some(*bits));
            }
        }
    }

    #[test]
    fn characters_of_no_digit_are_a_typing_error() {
        let digits = code([9; 20]).replace('-', "");
        for other in ["U", "u", "_", ".", "\0", "é", "\u{2013}", "\u{a0}", "O\u{308}", "*"] {
            for place in [0, 17, 35] {
                let typed = format!("{}{other}{}", &digits[..place], &digits[place + 1..]);
                assert_eq!(read(&typed), None, "{typed:?}");
            }
        }
    }
}
