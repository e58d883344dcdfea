// The parts of `npm test`: what each of them runs and needs, and how long it may take. scripts/test.mjs runs them, each
// as a process of its own: `node scripts/parts.mjs unit`.

import { readdirSync } from "node:fs";
import { buildIfStale } from "./build.mjs";
import { inKeyringSession } from "./keyring-session.mjs";
import { steps as lintSteps } from "./lint.mjs";
import { chromedriver, chromium, firefox, keyring, npm, python, rust, targets, TARGETS, toolchains, webkit } from "./setup.mjs";
import { at, Failed, inCi, isThorough, Missing, outputOf, program, run } from "./tools.mjs";
import { testUnderWine } from "./wine.mjs";

/**
 * @typedef {object} Part
 * @property {0 | 1 | 2} lane those of one lane run one after the other: 0 before all others, 1 and 2 at the same time
 * @property {number} budget the seconds that it may take on two idle cores, beside the other lane, with nothing built
 *   before; those of a lane add up to less than 15 minutes
 * @property {(keyof typeof import("./setup.mjs").steps)[]} [uses] the steps of the set-up that it needs, beside Rust and npm
 * @property {boolean} [package] whether it needs the built package
 * @property {() => Promise<void>} run
 */

const node = (/** @type {string[]} */ ...args) => run(process.execPath, args);

/** The `*.test.mjs` files of a folder: the versions of Node differ in how they would look for them. */
function nodeTests(/** @type {string} */ folder) {
  const files = readdirSync(at(folder)).filter((name) => name.endsWith(".test.mjs")).sort();
  if (files.length === 0) throw new Failed(`${folder} holds no test`);
  return node("--test", "--test-reporter=spec", ...files.map((name) => at(folder, name)));
}

/** The same for all parts that run on this machine itself, so that it is compiled once. xtask and the benchmarks have no tests. */
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

/** The steps of scripts/lint.mjs that need the package, or only Node; the others compile Rust. */
const OF_JAVASCRIPT = ["javascript", "types", "publint"];
const OF_RUST = Object.keys(lintSteps).filter((step) => !OF_JAVASCRIPT.includes(step) && (isThorough || step !== "clippy-xtask"));

/** `cargo test` in Chromium: the whole of it in a window, and in each kind of worker what differs there. */
async function contract() {
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
  await run("cargo", [...test, "--lib", "--test", "contract", "--", "--skip", "worker::"], { env: { ...env, WASM_BINDGEN_USE_BROWSER: "1" } });
  // The module is the same, and so compiled once; where it runs is told by a variable's being there. A sealed store in
  // memory is the same there; one of the flutter layout can be nowhere else in a worker.
  for (const kind of ["DEDICATED", "SHARED", "SERVICE"]) {
    console.log(`\n${kind.toLowerCase()} worker`);
    await run("cargo", [...test, "--test", "contract", "--", "--skip", "window::", "--skip", "memory::sealed"], { env: { ...env, [`WASM_BINDGEN_USE_${kind}_WORKER`]: "1" } });
  }
}

/** @type {Record<string, Part>} */
export const PARTS = {
  "set-up": { lane: 0, budget: 60, run: async () => (await rust(), await npm()) },

  lint: { lane: 1, budget: 200, run: () => node("scripts/lint.mjs", ...OF_RUST) },
  unit: { lane: 1, budget: 150, run: () => run("cargo", NATIVE) },
  // The contract suite's tests use the session, the others make their own; what their children do is in modules `inside`.
  keyring: {
    lane: 1,
    budget: 60,
    uses: ["keyring"],
    run: async () => {
      await keyring();
      await inKeyringSession("cargo", [...NATIVE, "--lib", "--tests", "keyring::", "--", "--ignored", "--skip", "::inside::"]);
    },
  },
  windows: { lane: 1, budget: 150, uses: ["wine"], run: () => testUnderWine(["--package", "keyfold", "--package", "keyfold-cli", "--features", "keyfold/serde"]) },
  contract: { lane: 1, budget: 200, uses: ["chromedriver"], run: contract },
  examples: { lane: 1, budget: 40, uses: ["chromium"], run: async () => (await chromium(), await nodeTests("tests/examples")) },

  build: { lane: 2, budget: 250, run: buildIfStale },
  types: { lane: 2, budget: 30, package: true, run: () => node("scripts/lint.mjs", ...OF_JAVASCRIPT) },
  scripts: { lane: 2, budget: 20, run: () => nodeTests("tests/scripts") },
  size: { lane: 2, budget: 10, package: true, run: () => node("scripts/size.mjs") },
  package: { lane: 2, budget: 110, uses: ["chromium", "toolchains"], package: true, run: async () => (await chromium(), await toolchains(), await nodeTests("tests/package")) },
  browser: { lane: 2, budget: 220, uses: ["chromium"], package: true, run: async () => (await chromium(), await nodeTests("tests/browser")) },
  firefox: { lane: 2, budget: 30, uses: ["firefox"], package: true, run: async () => (await firefox(), await node("tests/browser/smoke.mjs", "firefox")) },
  webkit: { lane: 2, budget: 30, uses: ["webkit"], package: true, run: async () => (await webkit(), await node("tests/browser/smoke.mjs", "webkit")) },
  interop: {
    lane: 2,
    budget: 90,
    uses: ["chromium", "python"],
    package: true,
    run: async () => {
      const env = { CHROME: await chromium() };
      const inPython = await python();
      // The vectors are what another implementation makes.
      for (const script of ["make.py", "make_sealed.py"]) await run(inPython, [at("tests/vectors", script), "--check"], { env: { PYTHONDONTWRITEBYTECODE: "1" } });
      await run(inPython, ["tests/interop/run.py"], { env });
    },
  },
  // Here because this lane would end earlier.
  targets: {
    lane: 2,
    budget: 90,
    uses: ["targets"],
    run: async () => {
      await targets();
      const clippy = (/** @type {string[]} */ ...args) => run("cargo", ["clippy", ...args, "--", "-D", "warnings"]);
      await clippy("--package", "keyfold", "--features", "serde", ...TARGETS.flatMap((target) => ["--target", target]));
      await clippy(...WITHOUT_KEYCHAIN);
      // A build with one layout contains nothing that it does not use.
      for (const layout of ["flutter", "sealed"]) {
        const alone = ["--package", "keyfold", "--no-default-features", "--features", `${layout},software,serde`];
        await clippy(...alone, "--lib");
        await clippy(...alone, "--lib", "--target", "wasm32-unknown-unknown");
        // In browsers WebCrypto is enough.
        await clippy("--package", "keyfold", "--no-default-features", "--features", layout, "--lib", "--target", "wasm32-unknown-unknown");
      }
      await checkForKeychains();
    },
  },
};

/** @typedef {{ outcome: "passed" | "FAILED" | "SKIPPED", why?: string }} Result */

/** Runs a part. One that cannot run on this machine is skipped; on a build server only where nothing could be tried. @returns {Promise<Result>} */
async function result(/** @type {string} */ name) {
  try {
    await /** @type {Part} */ (PARTS[name]).run();
    return { outcome: "passed" };
  } catch (error) {
    const isTold = error instanceof Missing || error instanceof Failed;
    console.log(isTold ? error.message : error);
    const isSkipped = error instanceof Missing && !(inCi && error.tried) && name !== "set-up";
    return { outcome: isSkipped ? "SKIPPED" : "FAILED", why: isTold ? error.message : String(error) };
  }
}

await program(import.meta, async () => {
  const [name = ""] = process.argv.slice(2);
  if (!(name in PARTS)) throw new Failed(`there is no part "${name}": ${Object.keys(PARTS).join(", ")}`);
  const told = await result(name);
  if (told.outcome === "FAILED") process.exitCode = 1;
  // To scripts/test.mjs, where it was started by that.
  process.send?.(told);
  process.disconnect?.();
});
