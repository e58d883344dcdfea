//! The linker of the npm package: `rust-lld`, after panics in its object files became plain traps.

use std::{ffi::OsString, fs, path::Path, process::Command};

use anyhow::{Context, Result, bail, ensure};

use crate::panics;

/// Links as rustc asks, after cutting the panics out of its object file.
///
/// # Errors
///
/// If there is not exactly one object file, panics cannot be cut out of it, or linking fails.
pub(crate) fn run(args: &[OsString]) -> Result<()> {
    let args_read = read_args(args)?;
    let mut objects = args_read.iter().map(Path::new).filter(|path| path.extension().is_some_and(|end| end == "o"));
    let (Some(path), None) = (objects.next(), objects.next()) else {
        bail!("not one object file: with lto = \"fat\" rustc makes one");
    };
    // Overwrites it: it is rustc's own temporary file.
    let object = fs::read(path).with_context(|| format!("reading {}", path.display()))?;
    fs::write(path, panics::cut(&object).with_context(|| format!("cutting panics out of {}", path.display()))?)?;

    // rustc has put it into PATH.
    let status = Command::new("rust-lld").args(args).status().context("starting rust-lld")?;
    ensure!(status.success(), "rust-lld: {status}");
    Ok(())
}

/// If there are too many for a command line, as always on Windows, rustc names a file that contains them.
fn read_args(args: &[OsString]) -> Result<Vec<OsString>> {
    let Some(file) = args.last().and_then(|arg| arg.to_str()).and_then(|arg| arg.strip_prefix('@')) else {
        return Ok(args.to_vec());
    };
    let text = fs::read_to_string(file).with_context(|| format!("reading {file}"))?;
    Ok(text.lines().map(|line| line.trim_matches('"').into()).collect())
}
