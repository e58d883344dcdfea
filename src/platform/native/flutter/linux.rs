//! What Flutter stores on Linux: for each app one item of the Secret Service, whose secret is a JSON object.
//!
//! It is found only by its attribute `account`. In most versions its schema is one stray byte, which differs by
//! compiler and may not even be UTF-8. So neither the schema nor other attributes are searched for.

use std::cmp::Reverse;

use secret_service::{
    EncryptionType, Error as Failure,
    blocking::{Item, SecretService},
};
use zeroize::Zeroizing;

use super::stored::{Found, parse_json};
use crate::{
    crypto::Plaintext,
    error::{Error, ErrorKind, Result, quoted},
    options::FlutterApp,
    platform::native::keyring_service,
    report::Importable,
};

pub(in crate::platform::native) fn values(app: &FlutterApp) -> Result<Importable> {
    let id = app.application_id.as_deref().filter(|id| !id.is_empty()).ok_or_else(no_id)?;
    keyring_service::ready()?;
    let secrets = secrets(&format!("{id}.secureStorage")).map_err(explain)?;
    if secrets.is_empty() {
        return Err(not_found(id));
    }
    Ok(merged(&format!("what Flutter has stored of {} in the keyring", quoted(id)), secrets)?.importable())
}

/// Flutter has made a second item wherever another compiler's byte was the schema. The newest has what was written
/// last.
fn merged(source: &str, mut secrets: Vec<Secret>) -> Result<Found> {
    secrets.sort_by_key(|secret| Reverse(secret.modified));
    let mut found = Found::default();
    for secret in secrets {
        parse_json(source, &secret.json)?.into_iter().for_each(|(name, value)| found.add_older(name, value));
    }
    Ok(found)
}

struct Secret {
    /// In seconds.
    modified: u64,
    json: Plaintext,
}

/// The secrets of an account, in every collection.
fn secrets(account: &str) -> Result<Vec<Secret>, Failure> {
    let service = SecretService::connect(EncryptionType::Dh)?;
    let items = service.search_items([("account", account)].into())?;
    for item in &items.locked {
        unlock(item)?;
    }
    items.unlocked.iter().chain(&items.locked).map(secret).collect()
}

/// One by one: when the second item of a collection is reached, the collection is open already, and nobody is asked
/// again.
fn unlock(item: &Item<'_>) -> Result<(), Failure> {
    item.unlock()?;
    item.ensure_unlocked()
}

fn secret(item: &Item<'_>) -> Result<Secret, Failure> {
    Ok(Secret { modified: item.get_modified()?, json: Zeroizing::new(item.get_secret()?) })
}

fn explain(failure: Failure) -> Error {
    keyring_service::explain(Box::new(failure))
}

fn no_id() -> Error {
    let message = "APPLICATION_ID in the app's linux/CMakeLists.txt is needed to find what Flutter has stored: \
                   give it with FlutterApp::application_id";
    Error::invalid("applicationId", message)
}

fn not_found(id: &str) -> Error {
    let message = format!(
        "the keyring has no item with the attribute account = {}: look up APPLICATION_ID in the app's \
         linux/CMakeLists.txt. An app that is a Flatpak or Snap may keep its values where no other program reads them",
        quoted(&format!("{id}.secureStorage"))
    );
    Error::new(ErrorKind::KeyMissing, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_later_modified_counts_whatever_the_order() {
        let secret = |modified, json: &str| Secret { modified, json: Zeroizing::new(json.into()) };
        let new = || secret(2, r#"{"a":"new","b":"new"}"#);
        let old = || secret(1, r#"{"a":"old","c":"old"}"#);
        for secrets in [vec![new(), old()], vec![old(), new()]] {
            let Ok(found) = merged("the test's item", secrets) else { panic!("both are JSON") };
            let values: Vec<_> = found.importable().values.into_iter().map(|(_, value)| value.to_vec()).collect();
            assert_eq!(values, [b"new", b"new", b"old"]);
        }
    }
}
