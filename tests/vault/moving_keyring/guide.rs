use std::{collections::HashMap, sync::Arc};

use keyfold::SecureStorage;
use keyring_core::{CredentialStore, Entry, Error};
use zbus_secret_service_keyring_store::Store;

type Secrets = Vec<(String, Vec<u8>)>;

/// What keytar has stored for an app: accounts and their passwords.
fn of_keytar(service: &str) -> keyring_core::Result<Secrets> {
    let store: Arc<CredentialStore> = Store::new()?;
    let mut found = Vec::new();
    for item in Entry::search_in_store(&store, &HashMap::from([("service", service)]))? {
        if let Some(account) = item.get_attributes()?.remove("account") {
            found.push((account, item.get_secret()?));
        }
    }
    Ok(found)
}

/// What the crate `keyring` has stored for an app, which knows its users.
fn of_keyring(service: &str, users: &[&str]) -> keyring_core::Result<Secrets> {
    let mut found = Vec::new();
    for user in users {
        match keyring::Entry::new(service, user)?.get_secret() {
            Ok(secret) => found.push((user.to_string(), secret)),
            Err(Error::NoEntry) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(found)
}

/// Copies them. What is in the store already stays as it is, so it can be done at every start.
async fn move_in(storage: &SecureStorage, found: &Secrets) -> keyfold::Result<()> {
    for (name, secret) in found {
        storage.set_if_absent(name, secret).await?;
    }
    Ok(())
}
