//! What is found in an item that is no key.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use super::*;

#[test]
fn what_is_no_key_is_corrupt_and_not_shown() {
    let texts: [&[u8]; 5] = [b"", b"s3cret", &[0xff; TEXT], &[b'A'; TEXT], &[b'A'; 400]];
    for text in texts {
        let error = key(text).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Corrupt);
        assert!(!format!("{error:?}").contains("s3cret"));
    }
    let text = Base64::encode_string(&[7; 32]);
    assert_eq!(*key(text.as_bytes()).unwrap(), [7; 32]);
}
