//! Known forms, and what holds for any bytes.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use proptest::{collection::vec, prelude::*};

use std::collections::BTreeMap;

use zeroize::Zeroizing;

use super::{older::*, stored::*};
use crate::{
    error::{Error, ErrorKind, Result},
    report::Importable,
};

fn importable(json: &[u8]) -> Result<Importable> {
    let mut found = Found::default();
    parse_json("the test's JSON", json)?.into_iter().for_each(|(name, value)| found.add_older(name, value));
    Ok(found.importable())
}

fn values(importable: &Importable) -> Vec<(&str, &str)> {
    importable.values.iter().map(|(name, value)| (&**name, str::from_utf8(value).unwrap())).collect()
}

fn units(text: &str) -> Vec<u16> {
    text.encode_utf16().collect()
}

/// As the plugin names a file, where `char` has a sign or not.
fn widened(bytes: &[u8], has_sign: bool) -> Vec<u16> {
    let widen = |byte: u8| if has_sign && byte >= 0x80 { 0xff00 | u16::from(byte) } else { byte.into() };
    bytes.iter().copied().map(widen).collect()
}

/// `.secure` bytes as the plugin writes them.
fn secure(key: &[u8], nonce: [u8; 12], plaintext: &[u8]) -> Vec<u8> {
    let sealed = secure_cipher(key).unwrap().seal_now(&nonce.into(), &[], plaintext).unwrap();
    let (ciphertext, tag) = sealed.split_last_chunk::<16>().unwrap();
    [&nonce[..], tag, ciphertext].concat()
}

#[test]
fn json_with_nothing_in_it() {
    for json in ["", "null", "{}", " \n\t\r", " null\n", "{\n}\n"] {
        let found = importable(json.as_bytes()).unwrap();
        assert!(found.values.is_empty() && found.unreadable.is_empty(), "{json:?}");
    }
}

#[test]
fn json_with_newlines_and_escapes() {
    let json = "{\n  \"a\": \"1\",\r\n\t\"\": \"\",\n  \"h\\u00e9\": \"\\ud83d\\udd10\\n\\u0000\" }\n";
    let found = importable(json.as_bytes()).unwrap();
    assert_eq!(values(&found), [("", ""), ("a", "1"), ("h\u{e9}", "\u{1f510}\n\0")]);
    assert!(found.unreadable.is_empty());
}

#[test]
fn json_values_that_are_no_text_are_named() {
    let json = br#"{"a":"1","b":2,"c":true,"d":null,"e":["s3cret"],"f":{"g":"s3cret"},"h":1e300}"#;
    let found = importable(json).unwrap();
    assert_eq!(values(&found), [("a", "1")]);
    let names: Vec<_> = found.unreadable.iter().filter_map(|entry| entry.key.as_deref()).collect();
    assert_eq!(names, ["b", "c", "d", "e", "f", "h"]);
    for entry in &found.unreadable {
        assert_eq!(entry.kind, ErrorKind::NotText);
        assert!(!entry.message.contains("s3cret"), "{}", entry.message);
    }
}

#[test]
fn json_that_is_damaged_is_not_shown() {
    let nested = "[".repeat(100_000);
    let damaged: [&[u8]; 10] = [
        b"{\"a\":\"s3cret\"",
        b"{\"a\":\"s3cret\"} x",
        b"\"s3cret\"",
        b"[\"s3cret\"]",
        b"{\"a\":\"s3cret\xff\"}",
        b"\xff",
        b"{\"a\":\"\\ud800\"}",
        b"\xef\xbb\xbf{}",
        b"The meaning of life",
        nested.as_bytes(),
    ];
    for json in damaged {
        let Err(error) = importable(json) else { panic!("{}", String::from_utf8_lossy(json)) };
        assert_eq!(error.kind(), ErrorKind::Corrupt);
        assert!(error.to_string().starts_with("the test's JSON is damaged"), "{error}");
        assert!(!format!("{error:?}").contains("s3cret"), "{error:?}");
    }
}

#[test]
fn of_one_name_the_newest_counts() {
    let mut found = Found::default();
    found.add_older("a".into(), Ok(Zeroizing::new(b"new".to_vec())));
    found.add_older("a".into(), Ok(Zeroizing::new(b"old".to_vec())));
    found.add_older("b".into(), Err(Error::new(ErrorKind::NotText, "new")));
    found.add_older("b".into(), Ok(Zeroizing::new(b"old".to_vec())));
    found.add_nameless(Error::new(ErrorKind::Corrupt, "no name"));
    let found = found.importable();
    assert_eq!(values(&found), [("a", "new")]);
    let unreadable: Vec<_> = found.unreadable.iter().map(|entry| (entry.key.as_deref(), &*entry.message)).collect();
    assert_eq!(unreadable, [(None, "no name"), (Some("b"), "new")]);
}

/// Made with Python's `cryptography`, as the plugin does.
#[test]
fn a_secure_file_of_another_program() {
    let key: Vec<u8> = (0..16).collect();
    let nonce = [0xa0, 0xa1, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6, 0xa7, 0xa8, 0xa9, 0xaa, 0xab];
    let tag = [0x64, 0x17, 0x83, 0xec, 0x3b, 0xb5, 0x02, 0x35, 0x02, 0xb4, 0x86, 0xaf, 0xa1, 0x3f, 0xf9, 0x10];
    let ciphertext = [0xc2, 0x45, 0x91, 0xd7, 0x12, 0xe6, 0x33];
    let file = [&nonce[..], &tag, &ciphertext].concat();
    assert_eq!(*open_secure(&secure_cipher(&key).unwrap(), "k", &file).unwrap(), "h\u{e9}llo".as_bytes());
}

#[test]
fn secure_files_that_do_not_open() {
    let cipher = secure_cipher(&[7; 16]).unwrap();
    let file = |plaintext| secure(&[7; 16], [1; 12], plaintext);
    let kind = |file: &[u8]| open_secure(&cipher, "k", file).map(drop).map_err(|error| error.kind());
    assert_eq!(kind(&file(b"s3cret\0")), Ok(()));
    assert_eq!(kind(&file(b"\0")), Ok(()), "an empty text");
    let file = file(b"s3cret\0");
    for length in 0..file.len() {
        assert_eq!(kind(&file[..length]), Err(ErrorKind::Corrupt), "{length}");
    }
    for at in 0..file.len() {
        let mut changed = file.clone();
        changed[at] ^= 1;
        assert_eq!(kind(&changed), Err(ErrorKind::Corrupt), "{at}");
    }
    assert_eq!(kind(&secure(&[8; 16], [1; 12], b"s3cret\0")), Err(ErrorKind::Corrupt));
    assert_eq!(kind(&secure(&[7; 16], [1; 12], b"s3cret")), Err(ErrorKind::Corrupt), "no NUL");
    assert_eq!(kind(&secure(&[7; 16], [1; 12], b"")), Err(ErrorKind::Corrupt), "nothing");
    assert_eq!(kind(&secure(&[7; 16], [1; 12], b"\xff\0")), Err(ErrorKind::NotText));
    for length in [0, 15, 17, 32] {
        assert_eq!(secure_cipher(&vec![7; length]).map(drop).unwrap_err().kind(), ErrorKind::Corrupt);
    }
}

#[test]
fn a_credential_ends_at_its_nul() {
    for (blob, value) in [(&b"value\0"[..], "value"), (b"value", "value"), (b"", ""), (b"\0rest", "")] {
        assert_eq!(*credential_value("k", blob).unwrap(), value.as_bytes());
    }
    assert_eq!(credential_value("k", b"\xff").unwrap_err().kind(), ErrorKind::NotText);
}

#[test]
fn names_of_files() {
    let prefix = prefix("notes");
    assert_eq!(prefix, "notes_VGhpcyBpcyB0aGUgcHJlZml4IGZv_");
    assert_eq!(secure_key_target(&prefix), "key_notes_VGhpcyBpcyB0aGUgcHJlZml4IGZv_");
    let key = |name: &[u16]| key_of_file(name, &prefix).map(|key| String::from_utf8(key).unwrap());
    assert_eq!(key(&units(&format!("{prefix}token.secure"))).as_deref(), Some("token"));
    assert_eq!(key(&units(&format!("{prefix}.secure"))).as_deref(), Some(""));
    for other in
        ["token.secure", "flutter_secure_storage.dat", &format!("{prefix}token"), &format!("x{prefix}t.secure")]
    {
        assert_eq!(key(&units(other)), None, "{other}");
    }
    let unlike = format!("{prefix}\u{20ac}.secure");
    assert_eq!(key(&units(&unlike)), None, "no byte was widened to that");
}

#[test]
fn parts_of_paths() {
    let cases = [
        ("Example", Some("Example")),
        ("com.example", Some("com.example")),
        ("a<b>c:d\"e/f\\g|h?i*j", Some("a_b_c_d_e_f_g_h_i_j")),
        ("Example Inc. ", Some("Example Inc")),
        ("Example ..", Some("Example ")),
        ("..", None),
        ("  ", None),
        ("", None),
    ];
    for (name, part) in cases {
        assert_eq!(component(name).as_deref(), part, "{name:?}");
    }
    assert_eq!(component(&"x".repeat(300)).unwrap().len(), 255);
    assert_eq!(component(&"\u{1f511}".repeat(200)).unwrap().encode_utf16().count(), 254, "no half of a character");
    assert_eq!(old_component(Some("Example* Inc. "), "placeholder_company"), "Example* Inc.");
    assert_eq!(old_component(Some("a\\b/c:d?e\"f<g>h|i"), ""), "a_b_c_d_e_f_g_h_i");
    assert_eq!(old_component(None, "placeholder_company"), "placeholder_company");
}

proptest! {
    #[test]
    fn any_map_of_texts_is_read(map: BTreeMap<String, String>) {
        for json in [serde_json::to_vec(&map).unwrap(), serde_json::to_vec_pretty(&map).unwrap()] {
            let found = importable(&json).unwrap();
            prop_assert!(found.unreadable.is_empty());
            let read: BTreeMap<_, _> = values(&found).into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
            prop_assert_eq!(&read, &map);
        }
    }

    #[test]
    fn any_bytes_are_a_value_or_an_error(bytes in vec(any::<u8>(), 0..100), name: Vec<u16>, text: String) {
        let _ = importable(&bytes);
        let _ = open_secure(&secure_cipher(&[7; 16]).unwrap(), &text, &bytes);
        let _ = credential_value(&text, &bytes);
        let _ = key_of_file(&name, &text);
        let part = component(&text).unwrap_or_default();
        prop_assert!(part.encode_utf16().count() <= 255 && !part.ends_with('.') && !part.contains(['\\', '/', ':']));
    }

    #[test]
    fn any_secure_file_is_read(key: [u8; 16], nonce: [u8; 12], text: String) {
        let file = secure(&key, nonce, &[text.as_bytes(), &[0]].concat());
        let opened = open_secure(&secure_cipher(&key).unwrap(), "k", &file).unwrap();
        prop_assert_eq!(&*opened, text.as_bytes());
    }

    #[test]
    fn any_name_is_narrowed_again(key: String, has_sign: bool) {
        let prefix = prefix("notes");
        let name = widened(format!("{prefix}{key}.secure").as_bytes(), has_sign);
        prop_assert_eq!(key_of_file(&name, &prefix), Some(key.into_bytes()));
    }
}
