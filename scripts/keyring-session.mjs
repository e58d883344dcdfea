// `node scripts/keyring-session.mjs cargo bench …` runs a command in a separate desktop session: a D-Bus bus, and
// gnome-keyring with an open collection, in a home that is removed afterwards. The user's own keyring is not touched.

import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { keyring } from "./setup.mjs";
import { Failed, program, root } from "./tools.mjs";

/** The newline ends the collection's password, which is empty. Without the newline no collection is made. */
const SCRIPT = `printf '\\n' | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1; exec "$@"`;

/**
 * Runs a command in the session, with its output going to ours; rejects if it fails. The session always ends.
 * @param {string} command
 * @param {string[]} args
 * @returns {Promise<void>}
 */
export async function inKeyringSession(command, args) {
  await keyring();
  // Not in the project: a socket's path has to be short.
  const home = mkdtempSync(join(tmpdir(), "keyfold-session-"));
  const folder = (/** @type {string} */ name) => (mkdirSync(join(home, name), { mode: 0o700 }), join(home, name));
  const env = {
    ...process.env,
    // Rust's homes stay the user's.
    CARGO_HOME: process.env.CARGO_HOME ?? join(homedir(), ".cargo"),
    RUSTUP_HOME: process.env.RUSTUP_HOME ?? join(homedir(), ".rustup"),
    HOME: home,
    XDG_DATA_HOME: folder("data"),
    XDG_CONFIG_HOME: folder("config"),
    XDG_CACHE_HOME: folder("cache"),
    XDG_RUNTIME_DIR: folder("run"),
    // A question would appear on the user's display.
    DISPLAY: undefined,
    WAYLAND_DISPLAY: undefined,
    GNOME_KEYRING_CONTROL: undefined,
  };
  // A process group, because dbus-run-session leaves its bus behind when it is ended. gnome-keyring ends with its bus.
  const child = spawn("dbus-run-session", ["--", "sh", "-c", SCRIPT, "sh", command, ...args], { cwd: root, env, detached: true, stdio: ["ignore", "inherit", "inherit"] });
  const end = () => {
    try {
      if (child.pid) process.kill(-child.pid);
    } catch {
      // All of it has ended.
    }
  };
  const signals = /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"]);
  for (const signal of signals) process.on(signal, end);
  try {
    await new Promise((resolve, reject) => {
      child.on("error", reject);
      child.on("close", (code, signal) => (code === 0 ? resolve(undefined) : reject(new Failed(`${command} in a separate session ended with ${signal ?? `code ${code}`}`))));
    });
  } finally {
    for (const signal of signals) process.off(signal, end);
    end();
    rmSync(home, { recursive: true, force: true, maxRetries: 5 });
  }
}

await program(import.meta, async () => {
  const [command, ...args] = process.argv.slice(2);
  if (!command) throw new Failed("name a command: node scripts/keyring-session.mjs cargo bench");
  await inKeyringSession(command, args);
});
