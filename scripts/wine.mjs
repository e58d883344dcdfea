// Runs the crate's native tests as a Windows has them, under Wine: files, locks and the Credential Manager. The Windows
// is in target/, so nobody's own is touched and `cargo clean` removes it.

import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { wine, WINDOWS } from "./setup.mjs";
import { at, newest, outputOf, run } from "./tools.mjs";

/** How often the writer of tests/vault/kills.rs is killed, of which each takes a quarter of a second here. */
const KILLS = "100";

const FOLDER = at("target/wine");
const PREFIX = join(FOLDER, "prefix");

/** What Wine is told: where its Windows is, that it is to be silent, and that neither menus nor browsers are wanted. */
const ENV = { WINEPREFIX: PREFIX, WINEDEBUG: "-all", WINEDLLOVERRIDES: "winemenubuilder.exe,mscoree,mshtml=d" };

/**
 * `cargo test` for Windows, of all but the documentation. `what` says of which package and with which features.
 * @param {string[]} what
 */
export async function testUnderWine(what) {
  const tools = await wine();
  await makeWindows(tools);
  const env = {
    ...ENV,
    CARGO_TARGET_X86_64_PC_WINDOWS_GNU_RUNNER: tools.wine,
    // Nobody debugs there, and most of the time that it takes to link goes into it.
    CARGO_PROFILE_DEV_DEBUG: "0",
    KEYFOLD_KILLS: process.env.KEYFOLD_KILLS ?? KILLS,
  };
  const cargo = (/** @type {string} */ command, /** @type {string[]} */ ...args) => run("cargo", [command, "--target", WINDOWS, ...what, ...args], { env });
  const tests = ["--lib", "--tests", "--no-fail-fast"];
  // Where no server runs, ending it fails.
  const endServer = () => run(tools.wineserver, ["-k"], { env }).catch(() => {});
  await cargo("test", ...tests, "--no-run");
  console.log(`${env.KEYFOLD_KILLS} kills`);
  await endServer();
  try {
    // Stays for a minute (60 s) without a program: Debian's ends with the last one, while the next one may be starting.
    await run(tools.wineserver, ["-p60"], { env });
    await cargo("test", ...tests);
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
  // Last, so that what was cut off is done again.
  writeFileSync(stamp, version ?? "");
}
