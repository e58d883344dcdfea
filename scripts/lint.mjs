// Checks that need no run of the code: formatting, lints, docs, layers, dependencies, types of the JavaScript, the
// package's manifest.
//
// `node scripts/lint.mjs clippy layers` runs only those steps. Goes on after a failure and names all at the end.

import { buildIfStale } from "./build.mjs";
import { npm, rust, targets } from "./setup.mjs";
import { at, outputOf, program, run, timed } from "./tools.mjs";

const WASM_TARGET = "wasm32-unknown-unknown";
const WASM = ["--package", "keyfold", "--target", WASM_TARGET, "--features", "npm,serde"];
const NATIVE = ["--workspace", "--exclude", "xtask", "--features", "keyfold/serde"];

const node = (/** @type {string} */ script, /** @type {string[]} */ ...args) => run(process.execPath, [at(script), ...args]);
const tsc = (/** @type {string} */ project) => node("node_modules/typescript/bin/tsc", "--project", at(project));

/** @type {Record<string, () => Promise<void>>} */
export const steps = {
  rustfmt: () => run("cargo", ["fmt", "--all", "--check"]),
  "clippy-native": () => run("cargo", ["clippy", ...NATIVE, "--all-targets", "--", "-D", "warnings"]),
  // Apart, because a hundred crates that nothing else here needs are checked for its three files.
  "clippy-xtask": () => run("cargo", ["clippy", "--package", "xtask", "--all-targets", "--", "-D", "warnings"]),
  "clippy-wasm": async () => {
    await run("cargo", ["clippy", ...WASM, "--all-targets", "--", "-D", "warnings"]);
    // The package's first module (docs/decisions/0030).
    await run("cargo", ["rustc", "--quiet", "--profile", "dev", "--package", "keyfold", "--lib", "--target", WASM_TARGET, "--no-default-features", "--features", "npm,sealed", "--", "--cfg", "keyfold_first", "-D", "warnings"]);
    // With the features of the crate above, which is not compiled again then.
    await run("cargo", ["clippy", "--package", "keyfold-benches", "--lib", "--target", WASM_TARGET, "--features", "keyfold/npm,keyfold/serde", "--", "-D", "warnings"]);
  },
  doc,
  fuzz: async () => {
    // Without libFuzzer, which is C++ and of use to the nightly toolchain only.
    const fuzz = ["--manifest-path", at("fuzz/Cargo.toml")];
    await run("cargo", ["fmt", ...fuzz, "--check"]);
    // In the folder of the other lints, where most of what they depend on has been checked.
    await run("cargo", ["clippy", ...fuzz, "--target-dir", at("target"), "--locked", "--no-default-features", "--", "-D", "warnings"]);
  },
  layers: () => node("scripts/check-layers.mjs"),
  documents: () => node("scripts/check-documents.mjs"),
  dependencies: () => node("scripts/check-dependencies.mjs"),
  javascript: async () => {
    await buildIfStale(); // The loader imports the glue.
    for (const project of ["tsconfig.json", "pkg/tsconfig.json", "www/tsconfig.json"]) await tsc(project);
  },
  types: () => tsc("tests/types/tsconfig.json"),
  publint: async () => (await buildIfStale(), await node("node_modules/publint/src/cli.js", at("pkg"), "--strict")),
};

/** Builds the documentation as docs.rs does it: for the targets and with the features that Cargo.toml names for that. */
async function doc() {
  await targets();
  const metadata = JSON.parse((await outputOf("cargo", ["metadata", "--format-version", "1", "--no-deps"])) ?? "{}");
  const { features, targets: others } = metadata.packages.find((/** @type {{ name: string }} */ { name }) => name === "keyfold").metadata.docs.rs;
  const env = { RUSTDOCFLAGS: "--cfg docsrs -D warnings" };
  // Its default target is this machine's, or differs little: what is compiled for the other steps is used again.
  for (const target of [[], ...others.map((/** @type {string} */ name) => ["--target", name])]) {
    await run("cargo", ["doc", "--no-deps", "--package", "keyfold", "--features", features.join(), ...target], { env });
  }
}

await program(import.meta, async () => {
  await rust();
  await npm();
  const wanted = process.argv.slice(2);
  // "clippy" means both of its steps.
  const names = Object.keys(steps).filter((name) => wanted.length === 0 || wanted.some((word) => name === word || name.startsWith(`${word}-`)));
  if (names.length === 0) throw new Error(`there is no such step: ${Object.keys(steps).join(", ")}`);
  const failed = [];
  for (const name of names) {
    try {
      await timed(name, /** @type {() => Promise<void>} */ (steps[name]));
    } catch (error) {
      console.error(error instanceof Error ? error.message : error);
      failed.push(name);
    }
  }
  console.log(failed.length > 0 ? `failed: ${failed.join(", ")}` : "lint: all clean");
  if (failed.length > 0) process.exitCode = 1;
});
