// Runs the crate's native tests for Windows under Wine: files, locks and the Credential Manager. This Windows is in
// target/, so nobody's own is touched, and `cargo clean` removes it.

import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { wine, WINDOWS } from "./setup.mjs";
import { at, newest, outputOf, run } from "./tools.mjs";

/** How often the writer of tests/vault/kills.rs is killed. Each kill takes a quarter of a second here. */
const KILLS = "100";

const FOLDER = at("target/wine");
const PREFIX = join(FOLDER, "prefix");

/** Wine's settings: where its Windows is, no output, no menus, no browsers. */
const ENV = { WINEPREFIX: PREFIX, WINEDEBUG: "-all", WINEDLLOVERRIDES: "winemenubuilder.exe,mscoree,mshtml=d" };

/**
 * `cargo test` for Windows, of what a system makes different. `what` names the package and the features.
 * @param {string[]} what
 */
export async function testUnderWine(what) {
  const tools = await wine();
  await makeWindows(tools);
  const env = {
    ...ENV,
    CARGO_TARGET_X86_64_PC_WINDOWS_GNU_RUNNER: tools.wine,
    // Nobody debugs there, and it takes most of the linking time.
    CARGO_PROFILE_DEV_DEBUG: "0",
    KEYFOLD_KILLS: process.env.KEYFOLD_KILLS ?? KILLS,
  };
  const cargo = (/** @type {string} */ command, /** @type {string[]} */ ...args) => run("cargo", [command, "--target", WINDOWS, ...what, ...args], { env });
  // Ending the server fails if none runs.
  const endServer = () => run(tools.wineserver, ["-k"], { env }).catch(() => {});
  await cargo("test", "--lib", "--tests", "--no-run");
  console.log(`${env.KEYFOLD_KILLS} kills`);
  await endServer();
  try {
    // Stays for a minute (60 s) without a program. Debian's ends with the last one, while the next one may be starting.
    await run(tools.wineserver, ["-p60"], { env });
    // Only what differs here: what is computed, or kept in memory, is the same as where this machine's own tests run.
    await cargo("test", "--lib", "--no-fail-fast", "platform::");
    await cargo("test", "--test", "*", "--no-fail-fast", "--", "--skip", "memory::");
  } finally {
    await endServer();
  }
}

/** Makes a Windows, once for each version of Wine. */
async function makeWindows(/** @type {{ wine: string, wineserver: string, gcc: string }} */ tools) {
  const source = at("tests/wine/bcryptprimitives.c");
  const stamp = join(FOLDER, "version");
  const version = await outputOf(tools.wine, ["--version"]);
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === version && newest([stamp]) >= newest([source])) return;
  rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(FOLDER, { recursive: true });
  await run(tools.wine, ["wineboot", "-i"], { env: ENV });
  const library = join(PREFIX, "drive_c/windows/system32/bcryptprimitives.dll");
  if (!existsSync(library)) await run(tools.gcc, ["-shared", "-o", library, source, "-ladvapi32"]);
  // Last, so that an interrupted setup is repeated.
  writeFileSync(stamp, version ?? "");
}
