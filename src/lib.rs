#![doc = include_str!("../README.md")]

mod area;
mod builder;
mod crypto;
mod error;
mod flutter;
mod format;
mod options;
mod platform;
mod report;
mod secret;
mod storage;
mod text;
mod watch;

#[cfg(all(feature = "npm", target_family = "wasm"))]
mod bindings;

#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;

pub use builder::Builder;
pub use error::{Error, ErrorKind, Result};
pub use format::flutter::{FLET_NAMESPACE, FLUTTER_NAMESPACE};
pub use options::{CallOptions, Engine, KeyMaterial, Layout, WebOptions};
pub use report::{Availability, Durability, ImportReport, OnConflict, Report, Unreadable};
pub use storage::SecureStorage;
pub use watch::{Change, ChangeKind, Watch};
