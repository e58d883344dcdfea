//! Where secrets come from: hidden prompts, pipes, files and the environment. They are wiped where Rust allows it.

use std::{
    env,
    fs::File,
    io::{self, BufRead, BufReader, IsTerminal, Read},
    path::Path,
};

use keyfold::{KeyMaterial, Unlock, UnlockKind};
use zeroize::Zeroizing;

use crate::{
    arguments::{NewUnlock, StoreOptions},
    failure::Failure,
    shown,
};

const PASSPHRASE: &str = "KEYFOLD_PASSPHRASE";

/// No key is this long. A longer file is the wrong one.
const LONGEST_KEY_FILE_BYTES: u64 = 256;

/// The kind of unlock that the options name.
pub(crate) fn kind(options: &StoreOptions) -> Result<UnlockKind, Failure> {
    let ways = [
        (options.passphrase, UnlockKind::Passphrase),
        (options.passphrase_file.is_some(), UnlockKind::Passphrase),
        (options.app_key_file.is_some(), UnlockKind::AppKey),
        (options.recovery_code, UnlockKind::RecoveryCode),
        (options.recovery_code_file.is_some(), UnlockKind::RecoveryCode),
    ];
    let mut given = ways.iter().filter(|(is_given, _)| *is_given);
    match (given.next(), given.next()) {
        (None, _) if env::var_os(PASSPHRASE).is_none() => Ok(UnlockKind::Device),
        (None, _) => Ok(UnlockKind::Passphrase),
        (Some((_, kind)), None) => Ok(*kind),
        (Some(_), Some(_)) => Err(Failure::usage(
            "use only one of --passphrase, --passphrase-file, --app-key-file, --recovery-code and --recovery-code-file",
        )),
    }
}

/// What opens the store. Asks twice for a passphrase that will create one.
pub(crate) fn unlock(options: &StoreOptions, there: bool) -> Result<Unlock, Failure> {
    let StoreOptions { passphrase_file, app_key_file, recovery_code_file, .. } = options;
    match (kind(options)?, app_key_file, passphrase_file, recovery_code_file) {
        (UnlockKind::Device, ..) => Ok(Unlock::device()),
        (UnlockKind::AppKey, Some(file), ..) => app_key(file),
        (UnlockKind::RecoveryCode, _, _, Some(file)) => {
            Ok(Unlock::recovery_code(line_of(file, "recovery code")?.as_str()))
        }
        (UnlockKind::RecoveryCode, ..) => {
            let question = format!("Recovery code of {} (hidden): ", shown(&options.namespace));
            Ok(Unlock::recovery_code(hidden(&question)?.as_str()))
        }
        (_, _, Some(file), _) => passphrase(&line_of(file, "passphrase")?, "the first line of the passphrase file"),
        _ if options.passphrase => typed_passphrase(&options.namespace, there),
        _ => match env::var(PASSPHRASE) {
            Ok(text) => passphrase(&Zeroizing::new(text), PASSPHRASE),
            Err(_) => Err(Failure::usage(format!("{PASSPHRASE} is not UTF-8 text"))),
        },
    }
}

/// What will open the store, once it is open.
pub(crate) fn new_unlock(options: &StoreOptions, new: &NewUnlock) -> Result<Unlock, Failure> {
    match (&new.new_passphrase_file, &new.new_app_key_file) {
        (Some(file), _) => passphrase(&line_of(file, "passphrase")?, "the first line of the new passphrase's file"),
        (_, Some(file)) => app_key(file),
        _ if new.new_passphrase => typed_passphrase(&options.namespace, false),
        _ => Ok(Unlock::device()),
    }
}

fn typed_passphrase(namespace: &str, there: bool) -> Result<Unlock, Failure> {
    let namespace = shown(namespace);
    if there {
        return passphrase(&hidden(&format!("Passphrase of {namespace} (hidden): "))?, "the passphrase");
    }
    let first = hidden(&format!("New passphrase of {namespace} (hidden): "))?;
    let unlock = passphrase(&first, "the passphrase")?;
    if hidden("Type it again: ")? == first {
        Ok(unlock)
    } else {
        Err(Failure::usage("the passphrases are not the same"))
    }
}

/// `given` says where it came from, for the one who has to look there.
fn passphrase(text: &str, given: &str) -> Result<Unlock, Failure> {
    if text.is_empty() {
        Err(Failure::usage(format!("{given} is empty: a passphrase has at least one character")))
    } else {
        Ok(Unlock::passphrase(text))
    }
}

/// The first line of a file or of standard input, which is a `what`. The rest of standard input stays unread.
fn line_of(file: &Path, what: &str) -> Result<Zeroizing<String>, Failure> {
    let mut line = Zeroizing::new(Vec::new());
    let read = if file == Path::new("-") {
        io::stdin().lock().read_until(b'\n', &mut line)
    } else {
        File::open(file).and_then(|file| BufReader::new(file).read_until(b'\n', &mut line))
    };
    read.map_err(|error| Failure::file(&format!("the {what} file {}", named(file)), &error))?;
    drop_newline(&mut line);
    let text = str::from_utf8(&line).map_err(|_| Failure::usage(format!("the {what} is not UTF-8 text")))?;
    Ok(Zeroizing::new(text.to_owned()))
}

fn app_key(file: &Path) -> Result<Unlock, Failure> {
    let mut bytes = Zeroizing::new(Vec::new());
    let read = File::open(file).and_then(|file| file.take(LONGEST_KEY_FILE_BYTES).read_to_end(&mut bytes));
    read.map_err(|error| Failure::file(&format!("the app key file {}", named(file)), &error))?;
    let key = match str::from_utf8(&bytes) {
        // Bytes may be text by chance.
        Ok(base64) if bytes.len() != 32 => KeyMaterial::from(base64.trim_end()),
        _ => KeyMaterial::from(bytes.as_slice()),
    };
    Ok(Unlock::app_key(key))
}

fn named(file: &Path) -> String {
    format!("\"{}\"", shown(&file.to_string_lossy()))
}

/// The value of an entry, typed or from a pipe.
pub(crate) fn value(name: &str, raw: bool) -> Result<Zeroizing<Vec<u8>>, Failure> {
    if io::stdin().is_terminal() && !raw {
        let typed = hidden(&format!("Value of {} (hidden): ", shown(name)))?;
        if typed.is_empty() {
            return Err(Failure::usage(
                "nothing was typed, so nothing was stored: give \"\" as the value to store an empty one",
            ));
        }
        return Ok(Zeroizing::new(typed.as_bytes().to_vec()));
    }
    let mut value = Zeroizing::new(Vec::new());
    io::stdin().lock().read_to_end(&mut value).map_err(|error| Failure::file("the value", &error))?;
    if value.is_empty() {
        // What a command in front of a pipe leaves when it has failed.
        return Err(Failure::usage(
            "nothing came by standard input, so nothing was stored: give \"\" as the value to store an empty one",
        ));
    }
    if !raw {
        if str::from_utf8(&value).is_err() {
            return Err(Failure::usage("the value is not UTF-8 text: use --raw to store bytes as they are"));
        }
        drop_newline(&mut value);
    }
    Ok(value)
}

/// Asks on the terminal, even if standard input is a pipe.
fn hidden(prompt: &str) -> Result<Zeroizing<String>, Failure> {
    let typed = rpassword::prompt_password(prompt).map_err(|error| {
        let advice = "use --passphrase-file or KEYFOLD_PASSPHRASE for a passphrase, --recovery-code-file for a recovery code, and a \
                      pipe for a value";
        Failure::usage(format!("there is no terminal to ask on ({error}): {advice}"))
    });
    typed.map(Zeroizing::new)
}

/// The newline that `echo` and editors put at the end.
fn drop_newline(bytes: &mut Vec<u8>) {
    if bytes.last() == Some(&b'\n') {
        bytes.pop();
        if bytes.last() == Some(&b'\r') {
            bytes.pop();
        }
    }
}
