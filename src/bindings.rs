//! The exports that the npm package is built from: shims that convert and call.

mod convert;
mod js;
