// Puts everything in place that the other scripts need, and does nothing if it is there already.
//
// Project folders are filled freely (`node_modules/`, `.venv/`). System packages are installed only if that needs no
// password; otherwise the command to run is printed. A part that needs a browser asks for that browser only.

import { createHash } from "node:crypto";
import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { at, findProgram, program, Missing, newest, outputOf, run, timed } from "./tools.mjs";

/** The wasm target, and the rustfmt and clippy of the toolchain that rust-toolchain.toml names. */
export async function rust() {
  const rustup = findProgram("rustup");
  if (!rustup) {
    if (findProgram("cargo")) return; // A toolchain of another kind: cargo will say what it lacks.
    throw new Missing("Rust is not installed. Install it with rustup: https://rustup.rs");
  }
  await addTargets("wasm32-unknown-unknown");
  const parts = (await outputOf(rustup, ["component", "list", "--installed"])) ?? "";
  const lacking = ["clippy", "rustfmt"].filter((name) => !new RegExp(`^${name}\\b`, "m").test(parts));
  if (lacking.length > 0) await run(rustup, ["component", "add", ...lacking]);
}

/** Windows with MinGW, which Wine runs. */
export const WINDOWS = "x86_64-pc-windows-gnu";

/** Systems for which the crate is compiled, as far as that needs none of their linkers. */
export const TARGETS = ["aarch64-apple-darwin", "aarch64-apple-ios", "aarch64-linux-android", WINDOWS];

/** Rust's standard library for them. */
export const targets = () => addTargets(...TARGETS);

/** @param {string[]} names of Rust's targets */
async function addTargets(...names) {
  const rustup = findProgram("rustup");
  if (!rustup) throw new Missing(`the standard library for ${names.join(", ")} is added with rustup, which is not installed: https://rustup.rs`);
  const have = ((await outputOf(rustup, ["target", "list", "--installed"])) ?? "").split("\n");
  const lacking = names.filter((name) => !have.includes(name));
  if (lacking.length > 0) await run(rustup, ["target", "add", ...lacking]);
}

/** The npm packages of package-lock.json. */
export const npm = () => installPackages(".");

/** What apps are built and tested with: half a gigabyte that only the package's tests need. */
export const toolchains = () => installPackages("tests/package/toolchains");

/** Installs what a folder's lock file names. Runs no scripts of the packages'. */
async function installPackages(/** @type {string} */ folder) {
  // npm writes this file last, so an interrupted install is repeated.
  if (newest([at(folder, "node_modules/.package-lock.json")]) >= newest([at(folder, "package-lock.json")])) return;
  await run("npm", ["ci", "--no-audit", "--no-fund", "--ignore-scripts"], { cwd: at(folder) });
}

/** @returns {Promise<string>} the path of a Chromium or Chrome */
export async function chromium() {
  const find = () => process.env.CHROME ?? findProgram("chromium", "chromium-browser", "google-chrome");
  return find() ?? (await install(["chromium"], "Chromium", find, "or name a Chromium or Chrome in CHROME"));
}

/** @returns {Promise<string>} the path of the driver of that Chromium, which the Rust tests run through */
export async function chromedriver() {
  await chromium();
  const find = () => process.env.CHROMEDRIVER ?? findProgram("chromedriver");
  return find() ?? (await install(["chromium-driver"], "chromedriver", find, "or name it in CHROMEDRIVER"));
}

/** @returns {Promise<string>} the path of a Firefox */
export async function firefox() {
  const find = () => process.env.FIREFOX ?? findProgram("firefox-esr", "firefox");
  return find() ?? (await install(["firefox-esr"], "Firefox", find, "or name a Firefox in FIREFOX"));
}

/** @returns {Promise<{ miniBrowser: string, xvfb: string }>} WebKitGTK's small browser, and a display that it can draw on */
export async function webkit() {
  const miniBrowser = () => process.env.MINIBROWSER ?? findMiniBrowser();
  const find = () => (miniBrowser() && findProgram("Xvfb") ? miniBrowser() : undefined);
  const found = find() ?? (await install(["webkit2gtk-driver", "xvfb"], "WebKitGTK's MiniBrowser", find));
  return { miniBrowser: found, xvfb: /** @type {string} */ (findProgram("Xvfb")) };
}

/** It lies in the multiarch folder of its library, which no PATH names. */
function findMiniBrowser() {
  for (const lib of ["/usr/lib", "/usr/libexec"]) {
    if (!existsSync(lib)) continue;
    for (const folder of ["", ...readdirSync(lib).filter((name) => name.endsWith("-linux-gnu"))]) {
      for (const version of ["webkit2gtk-4.1", "webkit2gtk-4.0"]) {
        const path = join(lib, folder, version, "MiniBrowser");
        if (existsSync(path)) return path;
      }
    }
  }
  return undefined;
}

/** gnome-keyring, and the D-Bus programs that make a separate session. */
export async function keyring() {
  if (process.platform !== "linux") throw new Missing("gnome-keyring is a keychain of Linux");
  const names = ["gnome-keyring-daemon", "dbus-daemon", "dbus-run-session"];
  const find = () => (names.every((name) => findProgram(name)) ? names[0] : undefined);
  if (!find()) await install(["gnome-keyring", "dbus"], "gnome-keyring or D-Bus", find);
}

/** @returns {Promise<{ wine: string, wineserver: string, gcc: string }>} Wine, and the compiler whose linker Rust uses for Windows */
export async function wine() {
  if (process.platform !== "linux" || process.arch !== "x64") throw new Missing("the tests for Windows run under Wine on Linux on x86-64, and this is another machine");
  await addTargets(WINDOWS);
  // Debian's wine64 alone puts nothing into PATH.
  const program = (/** @type {string[]} */ ...names) => findProgram(...names) ?? names.map((name) => join("/usr/lib/wine", name)).find((path) => existsSync(path));
  const gcc = () => findProgram("x86_64-w64-mingw32-gcc");
  const find = () => (gcc() && program("wineserver") ? program("wine64", "wine") : undefined);
  const found = find() ?? (await install(["wine64", "gcc-mingw-w64-x86-64"], "64-bit Wine or MinGW's gcc", find));
  return { wine: found, wineserver: /** @type {string} */ (program("wineserver")), gcc: /** @type {string} */ (gcc()) };
}

/** @returns {Promise<string>} the Python of `.venv`, with what tests/interop/requirements.txt names */
export async function python() {
  const requirements = at("tests/interop/requirements.txt");
  const stamp = at(".venv/requirements.sha256");
  const inside = at(process.platform === "win32" ? ".venv/Scripts/python.exe" : ".venv/bin/python");
  const want = createHash("sha256").update(readFileSync(requirements)).digest("hex");
  if (existsSync(inside) && existsSync(stamp) && readFileSync(stamp, "utf8") === want) return inside;

  const find = () => findProgram("python3", "python");
  const system = find() ?? (await install(["python3", "python3-venv"], "Python 3", find));
  // Debian packages the module that makes a venv separately from Python.
  const withVenv = async () => ((await outputOf(system, ["-c", "import ensurepip"])) === undefined ? undefined : system);
  if (!(await withVenv())) await install(["python3-venv"], "Python's venv module", withVenv);
  await run(system, ["-m", "venv", at(".venv")]);
  await run(inside, ["-m", "pip", "install", "--quiet", "-r", requirements]);
  writeFileSync(stamp, want);
  return inside;
}

/** Whether apt-get knows the newest packages: once for all that one run installs. */
let isUpdated = false;

/**
 * Installs Debian or Ubuntu packages if that needs no password, and looks again.
 * @param {string[]} packages
 * @param {string} what
 * @param {() => string | undefined | Promise<string | undefined>} find
 * @param {string} [otherwise] another way out, for the message
 * @returns {Promise<string>}
 */
async function install(packages, what, find, otherwise) {
  const command = `apt-get update && apt-get install -y --no-install-recommends ${packages.join(" ")}`;
  const advice = [`${what} is not there. Run (as root): ${command}`, ...(otherwise ? [otherwise] : [])].join("\n");
  const apt = findProgram("apt-get");
  if (!apt) throw new Missing([`${what} was not found, and this system has no apt-get: install it with the system's package manager`, ...(otherwise ? [otherwise] : [])].join(", "));
  const rootly = await asRoot();
  if (!rootly) throw new Missing(advice);

  console.log(`installing ${what}: ${packages.join(" ")}`);
  const aptGet = (/** @type {string[]} */ ...args) => {
    const [first = apt, ...rest] = [...rootly, "env", "DEBIAN_FRONTEND=noninteractive", apt, "-qq", "-o", "Dpkg::Use-Pty=0", ...args];
    return run(first, rest);
  };
  try {
    if (!isUpdated) await aptGet("update");
    isUpdated = true;
    await aptGet("install", "-y", "--no-install-recommends", ...packages);
  } catch (error) {
    throw new Missing(`${advice}\nInstalling it failed: ${error instanceof Error ? error.message : error}`, { tried: true });
  }
  const found = await find();
  if (!found) throw new Missing(`${packages.join(", ")}: installed, but ${what} is still not found`, { tried: true });
  return found;
}

/** The words that run a command as root without asking for a password; undefined if there are none. */
async function asRoot() {
  if (process.getuid?.() === 0) return [];
  return (await outputOf("sudo", ["-n", "true"])) === undefined ? undefined : ["sudo", "-n"];
}

/** Every step, by its name on the command line. */
export const steps = { rust, npm, chromium, chromedriver, firefox, webkit, python, keyring, wine, targets, toolchains };

await program(import.meta, async () => {
  const names = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(steps);
  let lacking = 0;
  for (const name of names) {
    const step = /** @type {Record<string, () => Promise<unknown>>} */ (steps)[name];
    if (!step) {
      console.error(`there is no step "${name}": ${Object.keys(steps).join(", ")}`);
      process.exit(2);
    }
    try {
      await timed(name, step);
    } catch (error) {
      if (!(error instanceof Missing)) throw error;
      console.error(error.message);
      lacking += 1;
    }
  }
  if (lacking > 0) process.exitCode = 1;
});
