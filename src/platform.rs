//! The table of targets. Target cfg stands here, in `platform/native.rs`, and in one line of `lib.rs`.
//!
//! Each module exports the same names:
//!
//! - `Name`, `Input`, `Value`: the types of names, of values to seal and of opened values. `input` makes a value from
//!   bytes, and `output` makes bytes from a value;
//! - of the flutter layout `FlutterArea` and `FlutterCipher`, and `flutter_area`, which opens the area of a place;
//! - of the sealed layout `Sealed`, which is its [`Platform`](crate::sealed::Platform), and `sealed_namespace`, which
//!   makes the namespace that settings ask for;
//! - `durability` of a place, `persist`, and `flutter_values`, what a Flutter app has stored outside a browser;
//! - with the feature `serde` `to_json` and `from_json`.

#[cfg(any(unix, windows))]
mod native;
#[cfg(any(feature = "sealed", target_family = "wasm"))]
mod registry;
#[cfg(all(target_family = "wasm", target_os = "unknown"))]
mod web;

#[cfg(any(unix, windows))]
pub(crate) use native::*;
#[cfg(all(target_family = "wasm", target_os = "unknown"))]
pub(crate) use web::*;

#[cfg(all(any(unix, windows), not(feature = "software")))]
compile_error!("outside a browser keyfold has no other engine: leave its feature `software` on");

#[cfg(not(any(unix, windows, all(target_family = "wasm", target_os = "unknown"))))]
compile_error!("keyfold has no backend for this target: the section Platforms of README.md lists those that it has");

#[cfg(not(any(feature = "flutter", feature = "sealed")))]
compile_error!("keyfold is without a layout: turn on its feature `sealed`, `flutter`, or both");
