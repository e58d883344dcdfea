//! The table of targets: which module keeps a store's bytes where. Target cfg stands nowhere else in `src`.
//!
//! Each module exports the same two names: `Backend`, what a handle calls, and `availability`.

#[cfg(all(target_family = "wasm", target_os = "unknown"))]
mod web;
#[cfg(all(target_family = "wasm", target_os = "unknown", feature = "npm"))]
pub(crate) use web::BrowserError;
#[cfg(all(target_family = "wasm", target_os = "unknown"))]
pub(crate) use web::{Backend, availability};

#[cfg(any(unix, windows))]
mod native;
#[cfg(any(unix, windows))]
pub(crate) use native::{Backend, availability};

#[cfg(not(any(unix, windows, all(target_family = "wasm", target_os = "unknown"))))]
compile_error!("keyfold has no backend for this target: PLATFORMS of README.md lists those that it has");
