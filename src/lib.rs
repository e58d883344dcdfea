#![doc = include_str!("../README.md")]
// What a build without one of the layouts does not use is not compiled into it.
#![cfg_attr(not(all(feature = "flutter", feature = "sealed")), allow(dead_code, unused_imports))]

mod area;
mod builder;
mod crypto;
mod error;
mod flutter;
mod format;
mod options;
mod platform;
mod report;
mod sealed;
mod secret;
mod storage;
mod store;
mod text;
mod unlock;
mod watch;

#[cfg(all(feature = "npm", target_family = "wasm"))]
mod bindings;

#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;

pub use builder::Builder;
pub use error::{Error, ErrorKind, Result};
pub use format::flutter::{FLET_NAMESPACE, FLUTTER_NAMESPACE};
pub use options::{CallOptions, Engine, FlutterApp, KeyMaterial, Layout, NativeOptions, WebOptions};
pub use report::{Availability, Durability, ImportReport, OnConflict, Presence, Report, Unreadable};
pub use storage::SecureStorage;
pub use unlock::{Unlock, UnlockInfo, UnlockKind};
pub use watch::{Change, ChangeKind, Watch};
