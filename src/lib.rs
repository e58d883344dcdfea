#![doc = include_str!("../README.md")]
#![cfg_attr(
    keyfold_first,
    allow(dead_code, unused_imports, reason = "the package's first module has a part of the crate")
)]
mod base64;
mod builder;
mod crypto;
mod error;
#[cfg(feature = "flutter")]
mod flutter;
mod key_material;
mod options;
mod platform;
mod recovery_code;
mod report;
#[cfg(feature = "sealed")]
mod sealed;
mod secret;
#[cfg(feature = "sealed")]
mod sort;
mod storage;
mod store;
mod text;
mod tries;
mod unlock;
mod verbs;
mod watch;

#[cfg(all(feature = "npm", target_family = "wasm"))]
mod bindings;

#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;

pub use builder::Builder;
pub use error::{Error, ErrorKind, Result};
#[cfg(feature = "flutter")]
pub use flutter::format::{FLET_NAMESPACE, FLUTTER_NAMESPACE};
pub use key_material::KeyMaterial;
pub use options::{CallOptions, Engine, FlutterApp, Layout, NativeOptions, WebOptions};
pub use recovery_code::RecoveryCode;
pub use report::{Availability, Durability, ImportReport, OnConflict, Presence, Report, Unreadable};
pub use storage::SecureStorage;
pub use unlock::{Keep, Rotate, Unlock, UnlockInfo, UnlockKind};
pub use watch::{Change, ChangeKind, Watch};

/// The guides' examples are tested with the crate's own.
#[cfg(doctest)]
mod guides {
    #[doc = include_str!("../docs/flutter.md")]
    mod flutter {}
    #[doc = include_str!("../docs/rust.md")]
    mod rust {}
    #[doc = include_str!("../docs/unlocks.md")]
    mod unlocks {}
}
