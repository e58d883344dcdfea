// What the project's scripts share: where things lie, running a program, and the word for "cannot be done here".

import { spawn } from "node:child_process";
import { accessSync, constants, existsSync, readdirSync, realpathSync, statSync } from "node:fs";
import { basename, delimiter, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

/** The root of the project, as a path. */
export const root = fileURLToPath(new URL("..", import.meta.url)).replace(/[\\/]$/, "");

/** A path inside the project. */
export const at = (/** @type {string[]} */ ...parts) => join(root, ...parts);

/** Something that this machine lacks and that the script may not, or could not, install. The message holds the command that a person can run. */
export class Missing extends Error {
  /** @param {string} message @param {{ tried?: boolean }} [options] `tried`: installing it was allowed and failed */
  constructor(message, { tried = false } = {}) {
    super(message);
    this.tried = tried;
  }
}

/** A program that was run and failed; its own output says why. */
export class Failed extends Error {}

/**
 * Runs a program in the project's root, its output going to ours; rejects when it fails.
 * @param {string} program
 * @param {string[]} args
 * @param {{ env?: Record<string, string | undefined>, cwd?: string }} [options]
 * @returns {Promise<void>}
 */
export function run(program, args, { env = {}, cwd = root } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, env: { ...process.env, ...env }, stdio: ["ignore", "inherit", "inherit"] });
    child.on("error", reject);
    child.on("close", (code, signal) => {
      if (code === 0) resolve();
      else reject(new Failed(`${shortly(program, args)} ended with ${signal ?? `code ${code}`}`));
    });
  });
}

/** A command for a message: without the places of files, and shortened. */
function shortly(/** @type {string} */ program, /** @type {string[]} */ args) {
  const words = [basename(program), ...args.map((arg) => (arg.startsWith(root) ? relative(root, arg) : arg))].join(" ");
  return words.length > 100 ? `${words.slice(0, 100)}…` : words;
}

/**
 * What a program prints on its standard output; undefined if it is not installed or fails.
 * @param {string} program
 * @param {string[]} args
 * @param {{ errors?: "ignore" | "inherit" }} [options] where its error output goes
 * @returns {Promise<string | undefined>}
 */
export function outputOf(program, args, { errors = "ignore" } = {}) {
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd: root, stdio: ["ignore", "pipe", errors] });
    let text = "";
    child.stdout.on("data", (chunk) => (text += chunk));
    child.on("error", () => resolve(undefined));
    child.on("close", (code) => resolve(code === 0 ? text : undefined));
  });
}

/**
 * The first of these programs that is in PATH, as a full path.
 * @param {string[]} names
 * @returns {string | undefined}
 */
export function findProgram(...names) {
  for (const name of names) {
    for (const folder of (process.env.PATH ?? "").split(delimiter)) {
      const path = join(folder, name);
      try {
        accessSync(path, constants.X_OK);
        if (statSync(path).isFile()) return path;
      } catch {
        // Not in this folder.
      }
    }
  }
  return undefined;
}

/**
 * The time of the latest change of these files, and of everything in these folders; 0 if none exists.
 * @param {string[]} paths
 * @param {(path: string) => boolean} [skip]
 * @returns {number}
 */
export function newest(paths, skip = () => false) {
  let latest = 0;
  for (const path of paths) {
    if (skip(path) || !existsSync(path)) continue;
    const stats = statSync(path);
    const time = stats.isDirectory() ? newest(readdirSync(path).map((name) => join(path, name)), skip) : stats.mtimeMs;
    latest = Math.max(latest, time);
  }
  return latest;
}

/**
 * Runs a step and prints its name and seconds.
 * @template T
 * @param {string} name
 * @param {() => Promise<T>} step
 * @returns {Promise<T>}
 */
export async function timed(name, step) {
  const start = performance.now();
  try {
    return await step();
  } finally {
    console.log(`${name}: ${seconds(start)}`);
  }
}

/** The seconds since a `performance.now()`, as text. */
export const seconds = (/** @type {number} */ start) => `${((performance.now() - start) / 1000).toFixed(1)} s`;

/**
 * Runs the body if this module was started as a program, and not if another one imports it. A failure, or something
 * missing, is printed as one message, not as a stack.
 * @param {ImportMeta} meta
 * @param {() => Promise<void>} body
 */
export async function program(meta, body) {
  const started = process.argv[1];
  if (!started || !existsSync(started) || realpathSync(started) !== fileURLToPath(meta.url)) return;
  try {
    await body();
  } catch (error) {
    if (!(error instanceof Missing || error instanceof Failed)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}

/** Whether a person is not there to read: on a build server. */
export const inCi = ["1", "true"].includes(process.env.CI ?? "");

/** Whether what is tried only now and then is tried too: `npm run test:thorough`. */
export const isThorough = process.env.KEYFOLD_THOROUGH === "1";
