// Builds the npm package's generated part, `pkg/wasm/`: the WebAssembly module, its glue, and a copy of it as text.

import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { npm, rust } from "./setup.mjs";
import { at, program, newest, root, run, timed } from "./tools.mjs";

const OUT = at("pkg/wasm");
const LICENCES = ["LICENSE-MIT", "LICENSE-APACHE"];
const FILES = ["keyfold.js", "keyfold.d.ts", "keyfold_bg.wasm", "keyfold_bg.wasm.d.ts", "inline-wasm.js"];

/** Builds everything anew; cargo leaves alone what has not changed. */
export async function build() {
  const target = process.env.CARGO_TARGET_DIR ?? at("target");
  mkdirSync(target, { recursive: true });
  // Of its own, so that two builds at once do not work on each other's files.
  const work = mkdtempSync(join(target, "npm-"));

  // Panic messages name source files: without this the published module would hold the paths of the builder's machine.
  const cargoHome = process.env.CARGO_HOME ?? join(homedir(), ".cargo");
  const flags = [process.env.CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS, `--remap-path-prefix=${cargoHome}=cargo`, `--remap-path-prefix=${root}=keyfold`];
  await timed("cargo build", () =>
    run("cargo", ["build", "--release", "--target", "wasm32-unknown-unknown", "--package", "keyfold", "--features", "npm", "--lib"], {
      env: { CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS: flags.filter(Boolean).join(" ") },
    }),
  );

  const compiled = join(target, "wasm32-unknown-unknown/release/keyfold.wasm");
  await timed("wasm-bindgen", () =>
    run("cargo", [
      "xtask", "bindgen", compiled, "--out-dir", work, "--out-name", "keyfold", "--target", "web",
      // The loader says where the module lies; a default would make every bundler copy it, the inline entry's users' too.
      "--omit-default-module-path",
      "--remove-name-section", "--remove-producers-section",
    ]),
  );

  // No feature flags: the module itself tells wasm-opt what it may use, and with all of them browsers refuse the result.
  const glued = join(work, "keyfold_bg.wasm");
  const small = join(work, "small.wasm");
  await timed("wasm-opt", () => run(process.execPath, [at("node_modules/binaryen/bin/wasm-opt"), glued, "-Oz", "-o", small]));
  const sizes = [compiled, glued, small].map((path) => kilobytes(statSync(path).size));
  renameSync(small, glued);

  nameShortly(["keyfold.js", "keyfold_bg.wasm"].map((file) => join(work, file)));

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

/**
 * Puts running numbers in place of the hashes in the names that the glue and the module know each other by: they do not
 * compress, and make up a fiftieth of what is downloaded. The length stays, so the module's sections stay as they are.
 * @param {string[]} files
 */
function nameShortly(files) {
  /** @type {Map<string, string>} */
  const numbers = new Map();
  for (const file of files) {
    const named = readFileSync(file, "latin1").replace(/(?<=_)[0-9a-f]{16}(?![0-9a-f])/g, (hash) => {
      if (!numbers.has(hash)) numbers.set(hash, String(numbers.size).padStart(hash.length, "0"));
      return /** @type {string} */ (numbers.get(hash));
    });
    writeFileSync(file, named, "latin1");
  }
}

/** Builds only when something that the module is made from is newer than it. */
export async function buildIfStale() {
  const sources = ["src", "Cargo.toml", "Cargo.lock", "rust-toolchain.toml", "xtask", "scripts/build.mjs", ...LICENCES].map((path) => at(path));
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
  await timed("build", build);
});
