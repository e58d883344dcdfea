// Builds the npm package's generated part, `pkg/wasm/`: the WebAssembly module, its glue, and a copy of it as text.
//
// Its arguments go to cargo: with `--no-default-features` the package has no software engine.

import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { npm, rust } from "./setup.mjs";
import { shorten, shortenTypes } from "./short-names.mjs";
import { at, Failed, newest, outputOf, program, root, run, timed } from "./tools.mjs";

const OUT = at("pkg/wasm");
const TARGET = resolve(root, process.env.CARGO_TARGET_DIR ?? "target");
const LICENCES = ["LICENSE-MIT", "LICENSE-APACHE"];
const FILES = ["keyfold.js", "keyfold.d.ts", "keyfold_bg.wasm", "keyfold_bg.wasm.d.ts", "inline-wasm.js"];

/**
 * Builds everything anew; cargo leaves alone what has not changed.
 * @param {string[]} [features] cargo's flags for them
 */
export async function build(features = []) {
  mkdirSync(TARGET, { recursive: true });
  // Of its own, so that two builds at once do not work on each other's files.
  const work = mkdtempSync(join(TARGET, "npm-"));
  const xtask = await timed("xtask", buildXtask);

  const release = join(TARGET, "wasm32-unknown-unknown/release");
  const linked = join(release, "deps/keyfold.wasm");
  // Cargo does not ask whether its linker is newer.
  if (newest([xtask]) > newest([linked])) rmSync(linked, { force: true });
  await timed("cargo rustc", () => compile(xtask, features));

  const compiled = join(release, "keyfold.wasm");
  await timed("wasm-bindgen", () =>
    run(xtask, [
      "bindgen", compiled, "--out-dir", work, "--out-name", "keyfold", "--target", "web",
      // The loader says where the module lies; a default would make every bundler copy it, the inline entry's users' too.
      "--omit-default-module-path",
      "--remove-producers-section",
      // Every browser that runs the module has it.
      "--encode-into", "always",
    ]),
  );

  const glued = join(work, "keyfold_bg.wasm");
  const small = join(work, "small.wasm");
  const names = await timed("wasm-opt", () => optimize(glued, small));
  const sizes = [compiled, glued, small].map((path) => kilobytes(statSync(path).size));
  renameSync(small, glued);
  for (const [file, shortened] of /** @type {const} */ ([["keyfold.js", shorten], ["keyfold_bg.wasm.d.ts", shortenTypes]])) {
    const path = join(work, file);
    writeFileSync(path, shortened(readFileSync(path, "utf8"), names));
  }

  const base64 = readFileSync(glued).toString("base64");
  writeFileSync(join(work, "inline-wasm.js"), `// keyfold_bg.wasm in base64, for places that cannot fetch it.\nexport default "${base64}";\n`);

  // Last, so that a build that fails leaves the old one whole.
  mkdirSync(OUT, { recursive: true });
  for (const file of FILES) copyFileSync(join(work, file), join(OUT, file));
  rmSync(work, { recursive: true });
  // A package carries its own.
  for (const file of LICENCES) copyFileSync(at(file), at("pkg", file));
  console.log(`keyfold_bg.wasm: ${sizes[0]} from cargo, ${sizes[1]} from wasm-bindgen, ${sizes[2]} from wasm-opt`);
}

/** Builds the project's tools that are Rust. @returns {Promise<string>} the path of the program */
export async function buildXtask() {
  await run("cargo", ["build", "--quiet", "--profile", "tools", "--package", "xtask"]);
  return join(TARGET, "tools", process.platform === "win32" ? "xtask.exe" : "xtask");
}

/** Compiles and links the crate. `xtask` is the linker, which takes panics' messages out (xtask/src/panics.rs). */
function compile(/** @type {string} */ xtask, /** @type {string[]} */ features) {
  // Panics name source files, and some stay: without this the published module would hold the paths of the builder's machine.
  const cargoHome = process.env.CARGO_HOME ?? join(homedir(), ".cargo");
  const flags = [process.env.CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS, `--remap-path-prefix=${cargoHome}=cargo`, `--remap-path-prefix=${root}=keyfold`];
  // Of one crate type: for several at once cargo leaves out the profile's LTO, which makes the module a sixth smaller.
  const crate = ["--package", "keyfold", "--features", "npm", ...features, "--lib", "--crate-type", "cdylib"];
  // Not to load early what a branch may need: in the state machines of asynchronous code that takes 1.5 kB (brotli).
  const llvm = ["-C", "llvm-args=-enable-load-pre=false"];
  return run("cargo", ["rustc", "--release", "--target", "wasm32-unknown-unknown", ...crate, "--", ...llvm], {
    env: {
      CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS: flags.filter(Boolean).join(" "),
      CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER: xtask,
    },
  });
}

/**
 * Makes a module small: what wasm-opt is asked for beside `-Oz` makes it a fiftieth smaller.
 * @returns {Promise<import("./short-names.mjs").Names>} what its imports and exports are called now
 */
async function optimize(/** @type {string} */ module, /** @type {string} */ out) {
  const words = [
    // The linker puts the stack there (`--stack-first`), and no address is computed by wrapping around to it.
    "--low-memory-unused",
    // No feature flags: the module itself tells wasm-opt what it may use, and with all of them browsers refuse the result.
    "--flatten", "--rereloop", "-Oz", "-Oz",
    // What has like names is alike, and compresses better side by side.
    "--reorder-functions-by-name",
    "--minify-imports-and-exports-and-modules", "--strip-target-features",
  ];
  const printed = await outputOf(process.execPath, [at("node_modules/binaryen/bin/wasm-opt"), module, ...words, "-o", out], { errors: "inherit" });
  if (printed === undefined) throw new Failed("wasm-opt failed");
  return JSON.parse(printed);
}

/** Builds only when something that the module is made from is newer than it. */
export async function buildIfStale() {
  const sources = ["src", "Cargo.toml", "Cargo.lock", "rust-toolchain.toml", "xtask", "scripts/build.mjs", "scripts/short-names.mjs", ...LICENCES].map((path) => at(path));
  const built = [...FILES.map((file) => join(OUT, file)), ...LICENCES.map((file) => at("pkg", file))];
  const oldest = built.every((path) => existsSync(path)) ? Math.min(...built.map((path) => statSync(path).mtimeMs)) : 0;
  if (oldest > newest(sources)) return;
  await rust();
  await npm();
  await build();
}

const kilobytes = (/** @type {number} */ bytes) => `${(bytes / 1000).toFixed(1)} kB`;

await program(import.meta, async () => {
  await rust();
  await npm();
  await timed("build", () => build(process.argv.slice(2)));
});
