//! What Flutter stores on Windows. Since version 9 it is one file, sealed by DPAPI. Before that it was a `.secure` file
//! for each value, under a key in the Credential Manager, and before that a credential for each value.
//!
//! This calls `windows-sys`, which is among the crate's dependencies in any case. `windows-dpapi` lets Windows ask the
//! user. The keychain's store only finds credentials by names and users that it made itself.

#![allow(unsafe_code, reason = "DPAPI and the Credential Manager are C; each block says why it is sound")]

use std::{
    fs, io,
    os::windows::ffi::OsStrExt,
    path::{Path, PathBuf},
    ptr, slice,
};

use directories::BaseDirs;
use windows_sys::Win32::{
    Foundation::{ERROR_INVALID_DATA, ERROR_NOT_FOUND, LocalFree},
    Security::{
        Credentials::{CRED_TYPE_GENERIC, CREDENTIALW, CredEnumerateW, CredFree},
        Cryptography::{CRYPT_INTEGER_BLOB, CRYPTPROTECT_UI_FORBIDDEN, CryptUnprotectData},
    },
};
use zeroize::{Zeroize, Zeroizing};

use super::{
    older::{
        component, credential_value, key_of_file, old_component, open_secure, prefix, secure_cipher, secure_key_target,
    },
    stored::{Found, parse_json},
};
use crate::{
    crypto::Plaintext,
    error::{Error, ErrorKind, Result, quoted},
    options::FlutterApp,
    platform::native::sharing,
    report::Importable,
};

const DATA_FILE: &str = "flutter_secure_storage.dat";

pub(in crate::platform::native) fn values(app: &FlutterApp) -> Result<Importable> {
    let directories = directories_of(app)?;
    let prefix = app.binary_name.as_deref().filter(|name| !name.is_empty()).map(prefix);
    let data = read(&directories[0].join(DATA_FILE))?;
    let (files, credentials) = match &prefix {
        Some(prefix) => (secure_files(&directories, prefix)?, credentials(prefix)?),
        None => Default::default(),
    };
    if data.is_none() && files.is_empty() && credentials.is_empty() {
        return Err(not_found(&directories, prefix.as_deref()));
    }

    let mut found = Found::default();
    if let Some(sealed) = data {
        add_data(&mut found, &directories[0].join(DATA_FILE), &sealed)?;
    }
    if let Some(prefix) = &prefix {
        add_files(&mut found, files, prefix)?;
        credentials.into_iter().for_each(|credential| add_credential(&mut found, credential, prefix));
    }
    Ok(found.importable())
}

/// Where an app's files are. The first directory is the newest.
fn directories_of(app: &FlutterApp) -> Result<Vec<PathBuf>> {
    if let Some(directory) = &app.support_directory {
        return Ok(vec![directory.clone()]);
    }
    let product = app.product_name.as_deref().ok_or_else(no_product)?;
    let base = BaseDirs::new().ok_or_else(no_profile)?;
    let mut directory = base.data_dir().to_owned();
    directory.extend(app.company_name.as_deref().and_then(component));
    directory.push(component(product).ok_or_else(no_product)?);
    let mut old = base.data_dir().to_owned();
    old.push(&*old_component(app.company_name.as_deref(), "placeholder_company"));
    old.push(&*old_component(Some(product), "placeholder_product"));
    let mut directories = vec![directory, old];
    directories.dedup();
    Ok(directories)
}

/// A file; `None` where there is none.
fn read(path: &Path) -> Result<Option<Vec<u8>>> {
    match sharing::retry(|| fs::read(path)) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(unreadable(path, error)),
    }
}

fn add_data(found: &mut Found, path: &Path, sealed: &[u8]) -> Result<()> {
    let json = unprotect(sealed).map_err(|error| not_opened(path, error))?;
    let values = parse_json(&format!("what is in {}", path.display()), &json)?;
    values.into_iter().for_each(|(name, value)| found.add_older(name, value));
    Ok(())
}

/// A `.secure` file, and the app's key in its name.
struct SecureFile {
    path: PathBuf,
    key: Vec<u8>,
}

fn secure_files(directories: &[PathBuf], prefix: &str) -> Result<Vec<SecureFile>> {
    let mut files = Vec::new();
    for directory in directories {
        let entries = match fs::read_dir(directory) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(unreadable(directory, error)),
        };
        for entry in entries {
            let path = entry.map_err(|error| unreadable(directory, error))?.path();
            let name: Vec<u16> = path.file_name().unwrap_or_default().encode_wide().collect();
            files.extend(key_of_file(&name, prefix).map(|key| SecureFile { path, key }));
        }
    }
    Ok(files)
}

fn add_files(found: &mut Found, files: Vec<SecureFile>, prefix: &str) -> Result<()> {
    if files.is_empty() {
        return Ok(());
    }
    let target = secure_key_target(prefix);
    let key = credentials(&target)?.into_iter().find(|credential| credential.target == target);
    let key = key.as_ref().map(|key| &key.blob[..]);
    for file in files {
        match String::from_utf8(file.key) {
            Ok(name) => {
                let value = secure_value(key, &target, &name, &file.path);
                found.add_older(name, value);
            }
            Err(_) => found.add_nameless(nameless(&file.path.display().to_string())),
        }
    }
    Ok(())
}

fn secure_value(key: Option<&[u8]>, target: &str, name: &str, path: &Path) -> Result<Plaintext> {
    let no_key = || {
        let message = format!("the credential {} with the key of {} is gone", quoted(target), path.display());
        Error::new(ErrorKind::KeyMissing, message).with_key(name)
    };
    let cipher = secure_cipher(key.ok_or_else(no_key)?)?;
    let gone = || unreadable(path, io::ErrorKind::NotFound.into());
    open_secure(&cipher, name, &read(path)?.ok_or_else(gone)?)
}

fn add_credential(found: &mut Found, credential: Credential, prefix: &str) {
    let Some(name) = credential.target.strip_prefix(prefix) else { return };
    // Any other name was converted to the code page that the system had then, and that is not known now.
    if name.is_ascii() {
        found.add_older(name.to_owned(), credential_value(name, &credential.blob));
    } else {
        found.add_nameless(nameless(&quoted(&credential.target)));
    }
}

/// Opens what DPAPI has sealed for this user.
fn unprotect(sealed: &[u8]) -> io::Result<Plaintext> {
    let length = u32::try_from(sealed.len()).map_err(|_| io::Error::from(io::ErrorKind::FileTooLarge))?;
    let sealed = CRYPT_INTEGER_BLOB { cbData: length, pbData: sealed.as_ptr().cast_mut() };
    let mut opened = CRYPT_INTEGER_BLOB { cbData: 0, pbData: ptr::null_mut() };
    // SAFETY: both structures live through the call. The first is not written to, and its length is that of the slice.
    // All other arguments may be null.
    let done = unsafe {
        CryptUnprotectData(
            &raw const sealed,
            ptr::null_mut(),
            ptr::null(),
            ptr::null(),
            ptr::null(),
            CRYPTPROTECT_UI_FORBIDDEN,
            &raw mut opened,
        )
    };
    if done == 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the call has returned this memory, and nobody else has it.
    let plaintext = unsafe { take(opened.pbData, opened.cbData) };
    // SAFETY: it was allocated by `LocalAlloc`, as the call's documentation says, and is not used from here on.
    unsafe { LocalFree(opened.pbData.cast()) };
    Ok(plaintext)
}

/// A generic credential.
struct Credential {
    target: String,
    blob: Plaintext,
}

/// The generic credentials whose target starts with `beginning`.
fn credentials(beginning: &str) -> Result<Vec<Credential>> {
    let filter: Vec<u16> = beginning.encode_utf16().chain([u16::from(b'*'), 0]).collect();
    let (mut count, mut list) = (0, ptr::null_mut());
    // SAFETY: the filter ends with a NUL, and all three live through the call.
    let done = unsafe { CredEnumerateW(filter.as_ptr(), 0, &raw mut count, &raw mut list) };
    if done == 0 {
        let error = io::Error::last_os_error();
        let is_none = error.raw_os_error() == i32::try_from(ERROR_NOT_FOUND).ok();
        return if is_none { Ok(Vec::new()) } else { Err(no_credentials(error)) };
    }
    let count = usize::try_from(count).unwrap_or_default();
    // SAFETY: the call has returned a list of that many pointers, each to a credential, and nobody else has them.
    let credentials = (0..count).filter_map(|at| unsafe { credential(list.add(at).read_unaligned()) }).collect();
    // SAFETY: the call has returned the list with everything that it points to. Nothing of it is used from here on.
    unsafe { CredFree(list.cast()) };
    Ok(credentials)
}

/// Copies a credential, if it is a generic one, and wipes its blob. Wine aligns none of it.
///
/// # Safety
/// It must be as the Credential Manager returns it: its target ends with a NUL, and its blob has the length that it
/// says.
unsafe fn credential(credential: *const CREDENTIALW) -> Option<Credential> {
    // SAFETY: the caller's promise.
    let CREDENTIALW { Type, TargetName, CredentialBlob, CredentialBlobSize, .. } =
        unsafe { credential.read_unaligned() };
    // SAFETY: the caller's promise.
    let blob = unsafe { take(CredentialBlob, CredentialBlobSize) };
    if Type != CRED_TYPE_GENERIC || TargetName.is_null() {
        return None;
    }
    // SAFETY: the caller's promise: every unit up to the NUL can be read.
    let unit = |at| unsafe { TargetName.add(at).read_unaligned() };
    let target: Vec<u16> = (0..).map(unit).take_while(|unit| *unit != 0).collect();
    Some(Credential { target: String::from_utf16_lossy(&target), blob })
}

/// Copies memory and wipes it.
///
/// # Safety
/// It must be null, or that many bytes that nobody else reads or writes meanwhile.
unsafe fn take(memory: *mut u8, length: u32) -> Plaintext {
    let length = usize::try_from(length).unwrap_or_default();
    if memory.is_null() || length == 0 {
        return Plaintext::default();
    }
    // SAFETY: the caller's promise.
    let memory = unsafe { slice::from_raw_parts_mut(memory, length) };
    let copy = Zeroizing::new(memory.to_vec());
    memory.zeroize();
    copy
}

fn no_product() -> Error {
    let message = "ProductName in the app's windows/runner/Runner.rc is needed to find what Flutter has stored: \
                   give it with FlutterApp::product_name, or the directory with FlutterApp::support_directory";
    Error::invalid("productName", message)
}

fn no_profile() -> Error {
    let message = "this user has no profile: give the directory of the app's files with FlutterApp::support_directory";
    Error::new(ErrorKind::Unavailable, message)
}

fn unreadable(path: &Path, error: io::Error) -> Error {
    let message = format!("{} cannot be read: {error}. Close the app that uses it, and try again", path.display());
    Error::new(ErrorKind::Unavailable, message).with_source(error)
}

fn not_opened(path: &Path, error: io::Error) -> Error {
    let is_damaged = error.raw_os_error() == i32::try_from(ERROR_INVALID_DATA).ok();
    let kind = if is_damaged { ErrorKind::Corrupt } else { ErrorKind::Unavailable };
    let message = format!(
        "Windows does not open {}: {error} Unless it is damaged, it opens for the user who wrote it, on the same \
         computer. It was left as it is",
        path.display()
    );
    Error::new(kind, message).with_source(error)
}

fn no_credentials(error: io::Error) -> Error {
    let message = format!(
        "the Credential Manager failed: {error} A service or a network logon has none: log in, or leave out \
         FlutterApp::binary_name, and only what version 9 or newer has stored is read"
    );
    Error::new(ErrorKind::Unavailable, message).with_source(error)
}

/// `what` has a value, under a name that cannot be known.
fn nameless(what: &str) -> Error {
    let message = format!("the name of {what} does not tell which key of the app it has: read it with that app");
    Error::new(ErrorKind::Corrupt, message)
}

fn not_found(directories: &[PathBuf], prefix: Option<&str>) -> Error {
    let places: Vec<_> = directories.iter().map(|directory| directory.display().to_string()).collect();
    let older = match prefix {
        Some(prefix) => format!("no files or credentials that begin with {prefix}"),
        None => "older values were not looked for, which needs FlutterApp::binary_name".to_owned(),
    };
    let message = format!(
        "there is no {DATA_FILE} in {}, and {older}: look up CompanyName and ProductName in the app's \
         windows/runner/Runner.rc",
        places.join(" or ")
    );
    Error::new(ErrorKind::KeyMissing, message)
}

#[cfg(test)]
mod tests;
