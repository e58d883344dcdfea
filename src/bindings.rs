//! The exports that the npm package is built from: shims that convert and call.

mod convert;
mod js;
#[cfg(all(feature = "sealed", not(keyfold_first)))]
mod sealed;
mod verb;

use talc::wasm::{WasmDynamicTalc, new_wasm_dynamic_allocator};

/// Smaller than the standard library's. Only the npm package sets it: a library must not choose for its users.
#[global_allocator]
static ALLOCATOR: WasmDynamicTalc = new_wasm_dynamic_allocator();
