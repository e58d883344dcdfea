// `npm test`: everything that the project checks, in parts. `node scripts/test.mjs unit contract` runs only those.
//
// Each part prints its output and its seconds, and one that fails stops no other. A part that cannot run on this
// machine is skipped with the reason; on a build server (CI=true) only where nothing could be tried.

import { readdirSync } from "node:fs";
import { buildIfStale } from "./build.mjs";
import { inKeyringSession } from "./keyring-session.mjs";
import { chromedriver, chromium, firefox, keyring, npm, python, rust, targets, TARGETS, webkit } from "./setup.mjs";
import { at, Failed, inCi, Missing, outputOf, program, run, seconds } from "./tools.mjs";
import { testUnderWine } from "./wine.mjs";

const node = (/** @type {string[]} */ ...args) => run(process.execPath, args);

/** The `*.test.mjs` files of a folder: the versions of Node differ in how they would look for them. */
function nodeTests(/** @type {string} */ folder) {
  const files = readdirSync(at(folder)).filter((name) => name.endsWith(".test.mjs")).sort();
  if (files.length === 0) throw new Failed(`${folder} holds no test`);
  return node("--test", "--test-reporter=spec", ...files.map((name) => at(folder, name)));
}

/** One for all parts that run on this machine itself, or it would be compiled anew for each. xtask and the benchmarks have no tests: with them wasm-bindgen's tools would be compiled a second time, and criterion for nothing. */
const WORKSPACE = ["--workspace", "--exclude", "xtask", "--exclude", "keyfold-benches", "--features", "keyfold/serde"];
const NATIVE = ["test", ...WORKSPACE, "--no-fail-fast"];

/** Everything but the keychain. */
const WITHOUT_KEYCHAIN = ["--package", "keyfold", "--no-default-features", "--features", "flutter,sealed,software,serde"];

/** Fails where a build without the feature `keychain` would have D-Bus or a keychain's crates in it. */
async function checkForKeychains() {
  const tree = await outputOf("cargo", ["tree", ...WITHOUT_KEYCHAIN, "--edges", "normal,build", "--target", "all", "--prefix", "none"], { errors: "inherit" });
  if (!tree?.startsWith("keyfold ")) throw new Failed("cargo tree does not list what the crate is built of");
  const found = tree.split("\n").filter((line) => /dbus|zbus|keyring|secret-service/.test(line));
  if (found.length > 0) throw new Failed(`without the feature keychain it is built of ${[...new Set(found)].join(", ")}`);
}

/** @type {Record<string, () => Promise<void>>} */
const PARTS = {
  "set-up": async () => (await rust(), await npm()),
  build: () => node("scripts/build.mjs"),
  lint: () => node("scripts/lint.mjs"),
  scripts: () => nodeTests("tests/scripts"),
  unit: () => run("cargo", NATIVE),
  // The contract suite's tests use the session, the others make their own; what their children do is in modules `inside`.
  keyring: async () => {
    await keyring();
    await inKeyringSession("cargo", [...NATIVE, "--lib", "--tests", "keyring::", "--", "--ignored", "--skip", "::inside::"]);
  },
  windows: () => testUnderWine(["--package", "keyfold", "--package", "keyfold-cli", "--features", "keyfold/serde"]),
  targets: async () => {
    await targets();
    const clippy = (/** @type {string[]} */ ...args) => run("cargo", ["clippy", ...args, "--", "-D", "warnings"]);
    await clippy("--package", "keyfold", "--features", "serde", ...TARGETS.flatMap((target) => ["--target", target]));
    await clippy(...WITHOUT_KEYCHAIN);
    await checkForKeychains();
  },
  types: () => node("scripts/lint.mjs", "types"),
  size: () => node("scripts/size.mjs"),
  package: async () => (await buildIfStale(), await chromium(), await nodeTests("tests/package")),
  contract: async () => {
    const env = {
      // Named, or a geckodriver in PATH would be taken instead.
      CHROMEDRIVER: await chromedriver(),
      GECKODRIVER: undefined,
      SAFARIDRIVER: undefined,
      // Seconds; the defaults are for a machine that does nothing else.
      WASM_BINDGEN_TEST_TIMEOUT: "300",
      WASM_BINDGEN_TEST_DRIVER_TIMEOUT: "60",
    };
    const test = ["test", "--package", "keyfold", "--target", "wasm32-unknown-unknown", "--features", "serde", "--no-fail-fast"];
    await run("cargo", [...test, "--lib", "--tests", "--", "--skip", "worker::"], { env: { ...env, WASM_BINDGEN_USE_BROWSER: "1" } });
    // The module is the same, and so compiled once; where it runs is told by a variable's being there.
    for (const kind of ["DEDICATED", "SHARED", "SERVICE"]) {
      console.log(`\n${kind.toLowerCase()} worker`);
      await run("cargo", [...test, "--test", "contract", "--", "--skip", "window::"], { env: { ...env, [`WASM_BINDGEN_USE_${kind}_WORKER`]: "1" } });
    }
  },
  browser: async () => (await buildIfStale(), await chromium(), await nodeTests("tests/browser")),
  firefox: async () => (await buildIfStale(), await firefox(), await node("tests/browser/smoke.mjs", "firefox")),
  webkit: async () => (await buildIfStale(), await webkit(), await node("tests/browser/smoke.mjs", "webkit")),
  interop: async () => {
    await buildIfStale();
    const env = { CHROME: await chromium() };
    await run(await python(), ["tests/interop/run.py"], { env });
  },
};

/** These make what the others need, so they come first whatever is asked for. */
const ALWAYS = ["set-up"];

await program(import.meta, async () => {
  const wanted = process.argv.slice(2);
  const unknown = wanted.filter((name) => !(name in PARTS));
  if (unknown.length > 0) throw new Missing(`there is no part "${unknown.join('", "')}": ${Object.keys(PARTS).join(", ")}`);
  const names = Object.keys(PARTS).filter((name) => wanted.length === 0 || wanted.includes(name) || ALWAYS.includes(name));

  /** @type {{ name: string, outcome: "passed" | "FAILED" | "SKIPPED", time: string, why?: string }[]} */
  const rows = [];
  for (const name of names) {
    console.log(`\n=== ${name} ===`);
    const start = performance.now();
    /** @type {Omit<(typeof rows)[number], "name" | "time">} */
    let result;
    try {
      await /** @type {() => Promise<void>} */ (PARTS[name])();
      result = { outcome: "passed" };
    } catch (error) {
      const skip = error instanceof Missing && !(inCi && error.tried) && name !== "set-up";
      result = { outcome: skip ? "SKIPPED" : "FAILED", why: error instanceof Missing || error instanceof Failed ? error.message : String(error) };
      console.log(error instanceof Missing || error instanceof Failed ? error.message : error);
    }
    rows.push({ name, time: seconds(start), ...result });
    console.log(`--- ${name}: ${result.outcome}, ${rows.at(-1)?.time}`);
    // Without its tools nothing else can run.
    if (name === "set-up" && result.outcome === "FAILED") break;
  }

  console.log("\n=== summary ===");
  for (const { name, outcome, time, why } of rows) console.log(`${name.padEnd(10)}${outcome.padEnd(9)}${time.padStart(9)}${why ? `   ${why.split("\n").join(" / ")}` : ""}`);
  const count = (/** @type {string} */ outcome) => rows.filter((row) => row.outcome === outcome).length;
  console.log(`\n${count("passed")} passed, ${count("FAILED")} failed, ${count("SKIPPED")} skipped`);
  if (count("FAILED") > 0) process.exitCode = 1;
});
