// Builds the npm package's generated part, `pkg/wasm/`: a WebAssembly module for each layout with its glue, Argon2id's
// module, which needs no glue, and copies of them as text. Beside it lie the package as one CommonJS script and the licences.
//
// With `--without-software` WebCrypto is the flutter layout's only engine.

import { createHash } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { basename, join, resolve } from "node:path";
import { merge, rename } from "./one-glue.mjs";
import { LOADS, perInstance, perInstanceTypes } from "./per-instance.mjs";
import { npm, rust } from "./setup.mjs";
import { at, Failed, newest, outputOf, program, root, run, timed } from "./tools.mjs";

const OUT = at("pkg/wasm");
const TARGET = resolve(root, process.env.CARGO_TARGET_DIR ?? "target");
/** SHA-256 in a loop. Unrolled it is 2 kB larger, and few bytes are hashed: rings and names. */
const SMALL_SHA256 = '--cfg sha2_backend_soft="compact"';
const LICENCES = ["LICENSE-MIT", "LICENSE-APACHE"];
/**
 * Each layout has its own module, because an app needs only one of them, and the sealed layout has two: one with what reads
 * and writes device stores, and one with everything (docs/decisions/0030). For each the crate's features, its `cfg`, and
 * what LLVM is told because it makes this module smaller.
 * @type {Record<string, { features: string[], cfg?: string, llvm: string }>}
 */
const LAYOUTS = {
  flutter: { features: ["flutter", "software"], llvm: "-enable-gvn-sink" },
  sealed: { features: ["sealed"], cfg: "keyfold_first", llvm: "-inline-threshold=0" },
  sealed_whole: { features: ["sealed"], llvm: "-inline-threshold=0" },
};
const FILES = [
  ...Object.keys(LAYOUTS).flatMap((layout) => [`${layout}_bg.wasm`, `${layout}_bg.wasm.d.ts`, `inline-${layout}.js`]),
  "glue.js",
  "glue.d.ts",
  "argon2id.wasm",
  "inline-argon2id.js",
  "hashes.js",
];

const COMMON_JS = /** @type {const} */ ([at("pkg/index.cjs"), at("pkg/index.d.cts")]);

/**
 * Builds everything; cargo skips what has not changed.
 * @param {string[]} [without] features to leave out
 */
export async function build(without = []) {
  mkdirSync(TARGET, { recursive: true });
  // A separate folder, so that two builds at once do not work on each other's files.
  const work = mkdtempSync(join(TARGET, "npm-"));
  const xtask = await timed("xtask", buildXtask);

  for (const [layout, { features, ...flags }] of Object.entries(LAYOUTS)) {
    const wanted = ["npm", ...features.filter((feature) => !without.includes(feature))].join();
    await timed(layout, () => buildLayout(xtask, layout, { features: wanted, ...flags }, work));
  }

  writeGlue(work);

  const argon2id = join(work, "argon2id.wasm");
  await timed("argon2id", async () => optimize(await compile(xtask, "keyfold-argon2id"), argon2id));

  writeFileSync(join(work, "inline-argon2id.js"), asText(argon2id));
  const modules = { ...Object.fromEntries(Object.keys(LAYOUTS).map((layout) => [layout, join(work, `${layout}_bg.wasm`)])), argon2id };
  writeFileSync(join(work, "hashes.js"), hashes(modules));

  // Last, so that a build that fails leaves the old one whole.
  mkdirSync(OUT, { recursive: true });
  for (const file of FILES) copyFileSync(join(work, file), join(OUT, file));
  rmSync(work, { recursive: true });
  // Each package carries its own licences.
  for (const file of LICENCES) copyFileSync(at(file), at("pkg", file));
}

/** The package for programs that `require` it: its scripts as one, and its declarations, whose name says which kind they are of. */
async function buildCommonJs() {
  // Only now: before `npm ci` it is not there.
  const { build } = await import("esbuild");
  await build({ entryPoints: [at("pkg/commonjs.js")], outfile: COMMON_JS[0], bundle: true, format: "cjs", platform: "node", target: "node20", logLevel: "warning" });
  copyFileSync(at("pkg/index.d.ts"), COMMON_JS[1]);
}

/** The module of one layout, with its own glue. */
async function buildLayout(/** @type {string} */ xtask, /** @type {string} */ layout, /** @type {{ features: string, cfg?: string, llvm: string }} */ { features, cfg, llvm }, /** @type {string} */ work) {
  // Do not load early what a branch may need: in the state machines of asynchronous code that costs 1.5 kB (brotli).
  const args = ["-C", `llvm-args=-enable-load-pre=false ${llvm}`, ...(cfg ? ["--cfg", cfg] : [])];
  const compiled = await compile(xtask, "keyfold", ["--no-default-features", "--features", features], args);
  await run(xtask, [
    "bindgen", compiled, "--out-dir", work, "--out-name", layout, "--target", "web",
    // The loader says where the module is. A default would make every bundler copy it, even for the inline entry.
    "--omit-default-module-path",
    "--remove-producers-section",
    // Every browser that runs the module has this.
    "--encode-into", "always",
  ]);

  const glued = join(work, `${layout}_bg.wasm`);
  await run(xtask, ["group-names", glued]);
  const fromBindgen = statSync(glued).size;
  const small = join(work, "small.wasm");
  await optimize(glued, small);
  renameSync(small, glued);
  console.log(`${layout}: ${kilobytes(statSync(compiled).size)} from cargo, ${kilobytes(fromBindgen)} from wasm-bindgen, ${kilobytes(statSync(glued).size)} from wasm-opt`);
}

/** The one glue of all layouts, and what follows from its names: the modules, their declarations and their copies as text. */
function writeGlue(/** @type {string} */ work) {
  const read = (/** @type {string} */ file) => readFileSync(join(work, file), "utf8");
  const layouts = Object.keys(LAYOUTS);
  const glues = layouts.map((layout) => read(`${layout}.js`).split(LOADS));
  const exported = layouts.map((layout) => WebAssembly.Module.exports(new WebAssembly.Module(readFileSync(join(work, `${layout}_bg.wasm`)))).map(({ name }) => name));
  const byLayout = (/** @type {any[]} */ values) => Object.fromEntries(values.map((value, n) => [layouts[n], value]));
  const { glue, shorten, names } = merge(byLayout(glues.map(([body]) => body)), byLayout(exported));
  writeFileSync(join(work, "glue.js"), shorten(perInstance([glue, ...(glues[0]?.slice(1) ?? [])].join(`\n${LOADS}`))));
  writeFileSync(join(work, "glue.d.ts"), perInstanceTypes(read(`${layouts.at(-1)}.d.ts`)));
  for (const [layout, own] of Object.entries(names)) {
    const module = join(work, `${layout}_bg.wasm`);
    writeFileSync(module, rename(readFileSync(module), own));
    const types = read(`${layout}_bg.wasm.d.ts`);
    writeFileSync(join(work, `${layout}_bg.wasm.d.ts`), types.replace(/(?<=^export const )[\w$]+/gm, own.exports));
    writeFileSync(join(work, `inline-${layout}.js`), asText(module));
  }
}

/** A script that contains a module. */
const asText = (/** @type {string} */ module) =>
  `// ${basename(module)} in base64, for places that cannot fetch it.\nexport default "${readFileSync(module).toString("base64")}";\n`;

/** A script that names the hash of each module, with which what is fetched is compared. */
const hashes = (/** @type {Record<string, string>} */ modules) =>
  ["// SHA-256 of each module, in base64.", ...Object.entries(modules).map(([name, path]) => `export const ${name} = "${createHash("sha256").update(readFileSync(path)).digest("base64")}";`), ""].join("\n");

/** Builds the project's Rust tools. @returns {Promise<string>} the path of the program */
export async function buildXtask() {
  await run("cargo", ["build", "--quiet", "--profile", "tools", "--package", "xtask"]);
  return join(TARGET, "tools", process.platform === "win32" ? "xtask.exe" : "xtask");
}

/**
 * Compiles and links a crate. `xtask` is the linker; it removes the messages of panics (xtask/src/panics.rs).
 * @param {string} xtask
 * @param {string} crate
 * @param {string[]} [features] cargo's flags for features
 * @param {string[]} [flags] rustc's, for this crate only
 * @returns {Promise<string>} the path of the module
 */
async function compile(xtask, crate, features = [], flags = []) {
  const release = join(TARGET, "wasm32-unknown-unknown/release");
  const file = `${crate.replaceAll("-", "_")}.wasm`;
  const linked = join(release, "deps", file);
  // Cargo does not check whether its linker is newer.
  if (newest([xtask]) > newest([linked])) rmSync(linked, { force: true });

  // Panics name source files, and some stay: without this the published module would contain paths of the builder's machine.
  const cargoHome = process.env.CARGO_HOME ?? join(homedir(), ".cargo");
  const always = [process.env.CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS, SMALL_SHA256, `--remap-path-prefix=${cargoHome}=cargo`, `--remap-path-prefix=${root}=keyfold`];
  // One crate type: for several at once cargo leaves out the profile's LTO, which makes the module a sixth smaller.
  const library = ["--package", crate, ...features, "--lib", "--crate-type", "cdylib"];
  await run("cargo", ["rustc", "--release", "--target", "wasm32-unknown-unknown", ...library, "--", ...flags], {
    env: {
      CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS: always.filter(Boolean).join(" "),
      CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER: xtask,
    },
  });
  return join(release, file);
}

/**
 * Makes a module small. The flags beside `-Oz` make it a fiftieth smaller.
 * @param {string} module
 * @param {string} out
 * @param {string[]} more
 * @returns {Promise<string>} what it prints: with `--minify-…` what imports and exports are called now, in JSON
 */
async function optimize(module, out, ...more) {
  const words = [
    // The linker puts the stack there (`--stack-first`), and no address wraps around to it.
    "--low-memory-unused",
    // No feature flags: the module itself tells wasm-opt what it may use, and with all of them browsers refuse the result.
    "--flatten", "--rereloop", "-Oz", "-Oz",
    // Functions with similar names are similar, and compress better side by side.
    "--reorder-functions-by-name",
    ...more, "--strip-target-features",
  ];
  const printed = await outputOf(process.execPath, [at("node_modules/binaryen/bin/wasm-opt"), module, ...words, "-o", out], { errors: "inherit" });
  if (printed === undefined) throw new Failed("wasm-opt failed");
  return printed;
}

/** Builds only when something that the module is made from is newer than it. */
export async function buildIfStale() {
  const sources = ["src", "argon2id", "Cargo.toml", "Cargo.lock", "package-lock.json", "rust-toolchain.toml", "xtask", "scripts/build.mjs", "scripts/one-glue.mjs", "scripts/per-instance.mjs", ...LICENCES].map((path) => at(path));
  const built = [...FILES.map((file) => join(OUT, file)), ...LICENCES.map((file) => at("pkg", file))];
  if (isStale(built, sources)) {
    await rust();
    await npm();
    await build();
  }
  const scripts = readdirSync(at("pkg")).filter((name) => /\.(?:js|d\.ts)$/.test(name)).map((name) => at("pkg", name));
  if (isStale(COMMON_JS, [...scripts, OUT, at("scripts/build.mjs")])) await buildCommonJs();
}

/** Whether one of these files is missing, or older than one of its sources. */
function isStale(/** @type {readonly string[]} */ built, /** @type {string[]} */ sources) {
  return built.some((path) => !existsSync(path)) || Math.min(...built.map((path) => statSync(path).mtimeMs)) <= newest(sources);
}

const kilobytes = (/** @type {number} */ bytes) => `${(bytes / 1000).toFixed(1)} kB`;

await program(import.meta, async () => {
  await rust();
  await npm();
  await timed("build", () => build(process.argv.slice(2).map((flag) => flag.replace(/^--without-/, ""))));
  await buildCommonJs();
});
