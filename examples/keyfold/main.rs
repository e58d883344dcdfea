//! Secrets on the command line: `cargo run --example keyfold -- set token`, and `-- --help` for the rest.
//!
//! `cli.rs` has the commands, `cli/arguments.rs` what can be said and the help, `cli/input.rs` where secrets come from,
//! `cli/output.rs` how answers are printed, and `cli/failure.rs` errors and exit codes.

#[cfg(not(target_family = "wasm"))]
mod cli;

#[cfg(not(target_family = "wasm"))]
fn main() -> std::process::ExitCode {
    cli::main()
}

/// A browser has no command line.
#[cfg(target_family = "wasm")]
fn main() {}
