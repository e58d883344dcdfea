// Builds the benchmark's Rust app for browsers as an app's author would: from the crate, not from the npm package.

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { rust } from "./setup.mjs";
import { at, run } from "./tools.mjs";

/** Builds it and gives its folder. */
export async function buildRustApp() {
  await rust();
  const target = process.env.CARGO_TARGET_DIR ?? at("target");
  const out = join(target, "rust-app");
  mkdirSync(out, { recursive: true });
  await run("cargo", ["build", "--release", "--target", "wasm32-unknown-unknown", "--package", "keyfold-benches", "--lib"]);
  const compiled = join(target, "wasm32-unknown-unknown/release/rust_app.wasm");
  await run("cargo", ["xtask", "bindgen", compiled, "--out-dir", out, "--target", "web", "--omit-default-module-path"]);
  const wasm = join(out, "rust_app_bg.wasm");
  await run(process.execPath, [at("node_modules/binaryen/bin/wasm-opt"), wasm, "-Oz", "-o", wasm]);
  return out;
}
