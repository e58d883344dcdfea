//! The exports that the npm package is built from: shims that convert and call.

mod convert;
mod js;
#[cfg(feature = "sealed")]
mod sealed;

use talc::wasm::{WasmDynamicTalc, new_wasm_dynamic_allocator};

/// Smaller than the standard library's. The package's own: a crate that is a library has no say in this.
#[global_allocator]
static ALLOCATOR: WasmDynamicTalc = new_wasm_dynamic_allocator();
