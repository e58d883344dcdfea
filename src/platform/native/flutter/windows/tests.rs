//! Each form as Flutter's plugin writes it, by the same calls of Windows.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::process;

use tempfile::TempDir;
use windows_sys::Win32::Security::{
    Credentials::{CRED_PERSIST_LOCAL_MACHINE, CredDeleteW, CredWriteW},
    Cryptography::CryptProtectData,
};

use super::*;

/// An app whose files and credentials are gone when it is dropped.
struct App {
    directory: TempDir,
    binary_name: String,
    targets: Vec<String>,
}

impl App {
    fn new(test: &str) -> Self {
        App {
            directory: tempfile::tempdir().unwrap(),
            binary_name: format!("kf{}{test}", process::id()),
            targets: Vec::new(),
        }
    }

    fn app(&self) -> FlutterApp {
        FlutterApp::new().support_directory(self.directory.path()).binary_name(&self.binary_name)
    }

    fn prefix(&self) -> String {
        prefix(&self.binary_name)
    }

    fn write_data(&self, json: &[u8]) {
        fs::write(self.directory.path().join(DATA_FILE), protect(json)).unwrap();
    }

    fn write_secure(&self, key: &str, secure: &[u8]) {
        let name: String = [&self.prefix(), key, ".secure"].concat().bytes().map(char::from).collect();
        fs::write(self.directory.path().join(name), secure).unwrap();
    }

    fn write_credential(&mut self, target: String, blob: &[u8]) {
        let mut wide: Vec<u16> = target.encode_utf16().chain([0]).collect();
        let credential = CREDENTIALW {
            Type: CRED_TYPE_GENERIC,
            TargetName: wide.as_mut_ptr(),
            CredentialBlobSize: u32::try_from(blob.len()).unwrap(),
            CredentialBlob: blob.as_ptr().cast_mut(),
            Persist: CRED_PERSIST_LOCAL_MACHINE,
            ..CREDENTIALW::default()
        };
        // SAFETY: all that it points to lives through the call, which writes to nothing of it.
        assert_ne!(unsafe { CredWriteW(&raw const credential, 0) }, 0, "{}", io::Error::last_os_error());
        self.targets.push(target);
    }

    fn write_key(&mut self, key: &[u8]) {
        self.write_credential(secure_key_target(&self.prefix()), key);
    }

    /// What there is, for comparison.
    fn files(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let paths = fs::read_dir(self.directory.path()).unwrap().map(|entry| entry.unwrap().path());
        let mut files: Vec<_> = paths.map(|path| (path.clone(), fs::read(path).unwrap())).collect();
        files.sort();
        files
    }
}

impl Drop for App {
    fn drop(&mut self) {
        for target in &self.targets {
            let wide: Vec<u16> = target.encode_utf16().chain([0]).collect();
            // SAFETY: the target ends with a NUL and lives through the call.
            unsafe { CredDeleteW(wide.as_ptr(), CRED_TYPE_GENERIC, 0) };
        }
    }
}

/// As Dart's part of the plugin does it: for this user, with nothing else.
fn protect(plaintext: &[u8]) -> Vec<u8> {
    let plaintext =
        CRYPT_INTEGER_BLOB { cbData: u32::try_from(plaintext.len()).unwrap(), pbData: plaintext.as_ptr().cast_mut() };
    let mut sealed = CRYPT_INTEGER_BLOB { cbData: 0, pbData: ptr::null_mut() };
    let (no_text, none) = (ptr::null(), ptr::null());
    // SAFETY: as in `unprotect`.
    let done =
        unsafe { CryptProtectData(&raw const plaintext, no_text, none, ptr::null(), ptr::null(), 0, &raw mut sealed) };
    assert_ne!(done, 0, "{}", io::Error::last_os_error());
    // SAFETY: as in `unprotect`.
    unsafe {
        let copy = take(sealed.pbData, sealed.cbData).to_vec();
        LocalFree(sealed.pbData.cast());
        copy
    }
}

fn secure(key: &[u8], text: &str) -> Vec<u8> {
    let nonce = [9; 12];
    let plaintext = [text.as_bytes(), &[0]].concat();
    let sealed = secure_cipher(key).unwrap().seal_now(&nonce.into(), &[], &plaintext).unwrap();
    let (ciphertext, tag) = sealed.split_last_chunk::<16>().unwrap();
    [&nonce[..], tag, ciphertext].concat()
}

fn texts(found: &Importable) -> Vec<(&str, &str)> {
    found.values.iter().map(|(name, value)| (&**name, str::from_utf8(value).unwrap())).collect()
}

fn unreadable(found: &Importable) -> Vec<(Option<&str>, ErrorKind)> {
    found.unreadable.iter().map(|entry| (entry.key.as_deref(), entry.kind)).collect()
}

fn kind(app: &FlutterApp) -> ErrorKind {
    values(app).map(drop).unwrap_err().kind()
}

#[test]
fn the_data_file() {
    let app = App::new("data");
    app.write_data("{\"a\":\"1\",\"h\u{e9}\":\"\",\"n\":3}".as_bytes());
    let before = app.files();
    for described in [app.app(), FlutterApp::new().support_directory(app.directory.path())] {
        let found = values(&described).unwrap();
        assert_eq!(texts(&found), [("a", "1"), ("h\u{e9}", "")]);
        assert_eq!(unreadable(&found), [(Some("n"), ErrorKind::NotText)]);
    }
    assert_eq!(app.files(), before);
}

#[test]
fn a_data_file_that_is_damaged_is_left() {
    let app = App::new("damaged");
    let path = app.directory.path().join(DATA_FILE);
    let mut changed = protect(b"{}");
    *changed.last_mut().unwrap() ^= 1;
    for sealed in [b"".to_vec(), b"{}".to_vec(), changed] {
        fs::write(&path, &sealed).unwrap();
        assert!(matches!(kind(&app.app()), ErrorKind::Corrupt | ErrorKind::Unavailable));
        assert_eq!(fs::read(&path).unwrap(), sealed);
    }
    for json in [&b"{\"a\":\"s3cret"[..], b"[]", b"{\"a\":\"\xff\"}"] {
        app.write_data(json);
        assert_eq!(kind(&app.app()), ErrorKind::Corrupt);
    }
}

#[test]
fn the_newer_form_counts() {
    let mut app = App::new("newer");
    let key = [5; 16];
    app.write_key(&key);
    app.write_data(br#"{"a":"newest"}"#);
    app.write_secure("a", &secure(&key, "newer"));
    app.write_secure("b", &secure(&key, "newer"));
    app.write_secure("h\u{e9}", &secure(&key, "\u{1f511}"));
    app.write_secure("broken", b"broken");
    for (name, blob) in [("a", "oldest\0"), ("b", "oldest\0"), ("c", "oldest\0"), ("h\u{e9}", "?\0")] {
        app.write_credential(app.prefix() + name, blob.as_bytes());
    }
    let before = app.files();
    let found = values(&app.app()).unwrap();
    assert_eq!(texts(&found), [("a", "newest"), ("b", "newer"), ("c", "oldest"), ("h\u{e9}", "\u{1f511}")]);
    assert_eq!(unreadable(&found), [(None, ErrorKind::Corrupt), (Some("broken"), ErrorKind::Corrupt)]);
    assert_eq!(app.files(), before);
    assert_eq!(credentials(&app.prefix()).unwrap().len(), 4);
}

#[test]
fn secure_files_without_their_key() {
    let mut app = App::new("keyless");
    app.write_secure("a", &secure(&[5; 16], "1"));
    assert_eq!(unreadable(&values(&app.app()).unwrap()), [(Some("a"), ErrorKind::KeyMissing)]);
    app.write_key(&[5; 15]);
    assert_eq!(unreadable(&values(&app.app()).unwrap()), [(Some("a"), ErrorKind::Corrupt)]);
}

#[test]
fn nothing_there() {
    let app = App::new("nothing");
    assert_eq!(kind(&app.app()), ErrorKind::KeyMissing);
    let other = App::new("other");
    other.write_secure("a", b"");
    assert_eq!(kind(&app.app().support_directory(other.directory.path())), ErrorKind::KeyMissing, "another app's");
    assert_eq!(kind(&app.app().support_directory(app.directory.path().join("none"))), ErrorKind::KeyMissing);
    let error = values(&FlutterApp::new().company_name("Example")).map(drop).unwrap_err();
    assert_eq!((error.kind(), error.argument()), (ErrorKind::InvalidArgument, Some("productName")));
}

#[test]
fn directories_by_the_names_of_the_program() {
    let base = BaseDirs::new().unwrap().data_dir().to_owned();
    let directories = |app| directories_of(&app).unwrap();
    let notes = FlutterApp::new().product_name("Notes: all");
    assert_eq!(directories(notes.clone()), [base.join("Notes_ all"), base.join("placeholder_company\\Notes_ all")]);
    assert_eq!(directories(notes.clone().company_name("Example")), [base.join("Example\\Notes_ all")]);
    let dotted = notes.company_name("Example Inc.");
    assert_eq!(directories(dotted), [base.join("Example Inc\\Notes_ all"), base.join("Example Inc.\\Notes_ all")]);
}
