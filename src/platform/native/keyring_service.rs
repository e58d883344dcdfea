//! The Secret Service on Linux and similar systems (gnome-keyring, KWallet, KeePassXC): whether it can be asked, and
//! what its failures mean.

use std::{env, error::Error as StdError};

use secret_service::Error as Failure;
use zbus::{
    blocking::{Connection, Proxy, fdo::DBusProxy},
    names::BusName,
    zvariant::OwnedObjectPath,
};

use crate::error::{Error, ErrorKind, Result};

const SERVICE: &str = "org.freedesktop.secrets";
const PROMPTER: &str = "org.gnome.keyring.SystemPrompter";

/// Whether there is a keyring to ask. This does not start it, and asks nobody for anything.
pub(super) fn ready() -> Result<()> {
    let bus = Connection::session().map_err(no_bus)?;
    if is_running(&bus, SERVICE).map_err(failed_call)? {
        return default_collection(&bus).map(drop);
    }
    if can_be_started(&bus).map_err(failed_call)? { Ok(()) } else { Err(no_service()) }
}

/// Whether the keyring is open, so that an item that is not found is really not there. KeePassXC shows no items while
/// it is locked, and a service may have been locked, or have ended, since it was asked.
#[cfg(feature = "sealed")]
pub(super) fn is_open() -> Result<()> {
    let bus = Connection::session().map_err(no_bus)?;
    let path = default_collection(&bus)?;
    let is_locked = || -> zbus::Result<bool> {
        Proxy::new(&bus, SERVICE, path, "org.freedesktop.Secret.Collection")?.get_property("Locked")
    };
    if is_locked().map_err(failed_call)? { Err(locked()) } else { Ok(()) }
}

fn is_running(bus: &Connection, service: &str) -> zbus::Result<bool> {
    Ok(DBusProxy::new(bus)?.name_has_owner(BusName::try_from(service)?)?)
}

fn can_be_started(bus: &Connection) -> zbus::Result<bool> {
    Ok(DBusProxy::new(bus)?.list_activatable_names()?.iter().any(|name| name.as_str() == SERVICE))
}

/// Whether somebody has asked for the keyring's password just now. gnome-keyring leaves that to GNOME Shell, or to gcr's
/// program, which stays for some seconds; the others ask themselves.
fn has_asked() -> zbus::Result<bool> {
    let bus = Connection::session()?;
    Ok(!is_running(&bus, "org.gnome.keyring")? || is_running(&bus, PROMPTER)?)
}

/// Without one a search finds nothing, which does not mean that the item is gone.
fn default_collection(bus: &Connection) -> Result<OwnedObjectPath> {
    let alias = || -> zbus::Result<OwnedObjectPath> {
        Proxy::new(bus, SERVICE, "/org/freedesktop/secrets", "org.freedesktop.Secret.Service")?
            .call("ReadAlias", &("default",))
    };
    let path = alias().map_err(failed_call)?;
    if path.as_str() == "/" { Err(no_collection()) } else { Ok(path) }
}

/// What a failure of the service means for the reader of the error.
pub(super) fn explain(source: Box<dyn StdError + Send + Sync>) -> Error {
    match source.downcast::<Failure>().map(|failure| *failure) {
        Ok(Failure::NoResult) => no_collection(),
        Ok(Failure::Locked | Failure::Prompt | Failure::PromptDisconnected) => locked(),
        Ok(Failure::Unavailable) => no_service(),
        Ok(failure) => failed(failure),
        Err(_) => Error::new(ErrorKind::Platform, "the keyring failed in a way that is not known"),
    }
}

/// The error if no service answers.
#[cfg(feature = "sealed")]
pub(super) fn unavailable() -> Error {
    failed(Failure::Unavailable)
}

fn no_bus(error: zbus::Error) -> Error {
    let message = "there is no D-Bus session, and so no keyring: run in a desktop session or under `dbus-run-session`";
    Error::new(ErrorKind::Unavailable, message).with_source(error)
}

/// It is also what a sandbox shows if it keeps the app from the keyring.
fn no_service() -> Error {
    let reason = sandbox()
        .unwrap_or_else(|| "no keyring runs in this session: install gnome-keyring, KWallet or KeePassXC".to_owned());
    Error::new(ErrorKind::Unavailable, reason)
}

/// How an app that runs in a sandbox can reach the keyring.
fn sandbox() -> Option<String> {
    let is_set = |name| env::var_os(name).is_some();
    if is_set("FLATPAK_ID") {
        let advice = "this Flatpak may not speak to a keyring: build it with --talk-name=org.freedesktop.secrets";
        return Some(advice.to_owned());
    }
    is_set("SNAP").then(|| {
        let name = env::var("SNAP_NAME").unwrap_or_else(|_| "NAME".to_owned());
        format!("this snap may not speak to a keyring: run `snap connect {name}:password-manager-service`")
    })
}

/// One that runs takes no password, not even with `--replace`. A new one opens its keyring, or makes it.
const RESTART: &str = "end gnome-keyring-daemon and start it again with `gnome-keyring-daemon --unlock`, which reads the \
                       password from its standard input";

fn no_collection() -> Error {
    let message = "the keyring has no default collection in which a key could be kept: create one with Seahorse or \
                   KWalletManager, or expose a group in KeePassXC; without a display, ";
    Error::new(ErrorKind::Unavailable, [message, RESTART].concat())
}

/// A service does not tell a prompt that could not be shown from one that was dismissed.
fn locked() -> Error {
    let has_display = ["DISPLAY", "WAYLAND_DISPLAY"].iter().any(|name| env::var_os(name).is_some());
    if !has_display {
        let message =
            ["the keyring is locked, and there is no display on which its password could be asked for: ", RESTART];
        return Error::new(ErrorKind::Unavailable, message.concat());
    }
    if has_asked().unwrap_or(true) {
        let message = "the keyring asked its user, and the question was dismissed: try again and answer it";
        return Error::new(ErrorKind::Cancelled, message);
    }
    let message = "the keyring is locked, and no program could ask for its password: install gcr, or if its gcr-prompter \
                   did not find the display, run `dbus-update-activation-environment --all` there";
    Error::new(ErrorKind::Unavailable, message)
}

fn failed_call(error: zbus::Error) -> Error {
    match &error {
        // What AppArmor answers for a snap.
        zbus::Error::MethodError(name, ..) if name.as_str() == "org.freedesktop.DBus.Error.AccessDenied" => {
            no_service().with_source(error)
        }
        _ => failed(error),
    }
}

fn failed(error: impl StdError + Send + Sync + 'static) -> Error {
    Error::new(ErrorKind::Platform, format!("the keyring failed: {error}")).with_source(error)
}
