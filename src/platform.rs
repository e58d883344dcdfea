//! The table of targets: which module keeps a store's bytes where. Target cfg stands nowhere else in `src`.
//!
//! Each module exports the same names: `Backend`, what a handle calls; `open`, `with` and `destroy`, which take options;
//! `AreaText`, what names are made of; `input` and `output`, which make values of bytes and back; `availability` and
//! `persist`; `flutter_values`, what a Flutter app has stored outside a browser; and with the feature `serde` `to_json` and `from_json`.

#[cfg(all(target_family = "wasm", target_os = "unknown"))]
mod web;
#[cfg(all(target_family = "wasm", target_os = "unknown"))]
pub(crate) use web::{AreaText, Backend, availability, destroy, flutter_values, input, open, output, persist, with};
#[cfg(all(target_family = "wasm", target_os = "unknown", feature = "npm"))]
pub(crate) use web::{BrowserError, Input, Outside, Turn, in_turn, set_argon2id, set_property};
#[cfg(all(target_family = "wasm", target_os = "unknown", feature = "serde"))]
pub(crate) use web::{from_json, to_json};

#[cfg(unix)]
#[path = "platform/native/files_unix.rs"]
mod files;
#[cfg(windows)]
#[path = "platform/native/files_windows.rs"]
mod files;
#[cfg(all(feature = "keychain", unix, not(any(target_vendor = "apple", target_os = "android"))))]
#[path = "platform/native/flutter_linux.rs"]
mod flutter_os;
#[cfg(windows)]
#[path = "platform/native/flutter_windows.rs"]
mod flutter_os;
#[cfg(all(unix, any(not(feature = "keychain"), target_vendor = "apple", target_os = "android")))]
#[path = "platform/native/flutter_elsewhere.rs"]
mod flutter_os;
#[cfg(all(feature = "keychain", any(windows, all(unix, not(any(target_vendor = "apple", target_os = "android"))))))]
#[path = "platform/native/item.rs"]
mod item;
#[cfg(any(unix, windows))]
mod native;
#[cfg(all(feature = "keychain", unix, not(any(target_vendor = "apple", target_os = "android"))))]
#[path = "platform/native/linux.rs"]
mod os;
#[cfg(all(feature = "keychain", windows))]
#[path = "platform/native/windows.rs"]
mod os;
#[cfg(any(
    all(windows, not(feature = "keychain")),
    all(unix, any(not(feature = "keychain"), target_vendor = "apple", target_os = "android"))
))]
#[path = "platform/native/elsewhere.rs"]
mod os;
#[cfg(any(unix, windows))]
pub(crate) use native::{AreaText, Backend, availability, destroy, flutter_values, input, open, output, persist, with};
#[cfg(all(any(unix, windows), feature = "serde"))]
pub(crate) use native::{from_json, to_json};

#[cfg(all(any(unix, windows), not(feature = "software")))]
compile_error!("outside a browser keyfold has no other engine: leave its feature `software` on");

#[cfg(not(any(unix, windows, all(target_family = "wasm", target_os = "unknown"))))]
compile_error!("keyfold has no backend for this target: the section Platforms of README.md lists those that it has");
