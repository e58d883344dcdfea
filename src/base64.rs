//! Base64 as Dart reads and writes it: what Flutter's apps store, and what keys are written in.

use base64ct::{Base64, Encoding};
use zeroize::Zeroizing;

/// Decodes as Dart's `base64.decode` does. It takes either alphabet, needs the padding, and reads `%3D` as `=`. White
/// space and leftover bits are refused. `None` for any other text.
pub(crate) fn decode(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let decoded = if text.bytes().any(|byte| matches!(byte, b'-' | b'_' | b'%')) {
        Base64::decode_vec(&normalized(text))
    } else {
        Base64::decode_vec(text)
    };
    decoded.ok().map(Zeroizing::new)
}

/// The same base64 in the standard alphabet, with `=` at its end.
fn normalized(text: &str) -> Zeroizing<String> {
    let (mut digits, mut padding) = (text, 0);
    while let Some(rest) = ["=", "%3D", "%3d"].iter().find_map(|pad| digits.strip_suffix(pad)) {
        (digits, padding) = (rest, padding + 1);
    }
    let mut normalized = Zeroizing::new(String::with_capacity(text.len()));
    for character in digits.chars() {
        normalized.push(match character {
            '-' => '+',
            '_' => '/',
            other => other,
        });
    }
    (0..padding).for_each(|_| normalized.push('='));
    normalized
}

/// Encodes as Dart's `base64.encode` does: standard alphabet, padded.
#[cfg(feature = "flutter")]
pub(crate) fn encode(bytes: &[u8]) -> String {
    Base64::encode_string(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(text: &str) -> Option<Vec<u8>> {
        decode(text).map(|bytes| bytes.to_vec())
    }

    #[test]
    fn base64_is_read_as_dart_reads_it() {
        assert_eq!(decoded("++//"), Some(vec![0xfb, 0xef, 0xff]));
        assert_eq!(decoded("-+_/"), decoded("++//"));
        assert_eq!(decoded("AA%3D%3d"), Some(vec![0]));
        assert_eq!(decoded("AA=%3D"), Some(vec![0]));
        assert_eq!(decoded(""), Some(vec![]));
        for refused in ["AA", "A=", "AA=", "AAA=A", "AB==", "AAB=", "AA==\n", " AA==", "AA %3D", "AA%3", "é===", "=AAA"]
        {
            assert_eq!(decoded(refused), None, "{refused:?}");
        }
    }
}
