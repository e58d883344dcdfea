//! The project's tools that have to be Rust: wasm-bindgen and its test runner, at the version that Cargo.lock pins, and
//! the linker of the npm package.
//!
//! `cargo xtask bindgen ARGS…` is `wasm-bindgen ARGS…`; `cargo xtask test-runner FILE ARGS…` is
//! `wasm-bindgen-test-runner FILE ARGS…`, which `.cargo/config.toml` names as the runner of the wasm target. rustc itself
//! calls the linker, which scripts/build.mjs names to cargo.

mod link;
mod names;
mod panics;

use std::{env, ffi::OsString, fs};

use anyhow::{Context, Result, bail};

fn main() -> Result<()> {
    let mut args = env::args_os().skip(1);
    let Some(tool) = args.next() else {
        bail!("usage: cargo xtask <bindgen | group-names | test-runner> [ARGS…]");
    };
    // rustc calls a linker for WebAssembly this way.
    if tool == "-flavor" {
        return link::run(&env::args_os().skip(1).collect::<Vec<_>>());
    }
    // Both tools read a whole argument list, with the program's name first.
    let args = std::iter::once(tool.clone()).chain(args);
    match tool.to_str() {
        Some("bindgen") => wasm_bindgen_cli::wasm_bindgen::run_cli_with_args(args),
        Some("group-names") => group_names(args.skip(1)),
        Some("test-runner") => wasm_bindgen_cli::wasm_bindgen_test_runner::run_cli_with_args(args),
        _ => bail!("there is no tool {tool:?}: use bindgen, group-names or test-runner"),
    }
}

/// Groups the names of one module's functions, in place.
fn group_names(mut args: impl Iterator<Item = OsString>) -> Result<()> {
    let path = args.next().context("usage: cargo xtask group-names FILE")?;
    fs::write(&path, names::group(&fs::read(&path)?)?)?;
    Ok(())
}
