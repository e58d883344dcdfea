// `npm test`: everything that the project checks, in parts. `node scripts/test.mjs unit contract` runs only those.
// `npm run test:thorough` also runs what seldom breaks and takes its time, and is for releases.
//
// Two lanes run at the same time, what cargo tests beside the package and its browsers; a part's output is printed whole
// when it has ended. One that fails stops no other, except those that need what it was to make. A part that cannot run on this
// machine is skipped with the reason.

import { fork } from "node:child_process";
import { parseArgs } from "node:util";
import { PARTS } from "./parts.mjs";
import { at, Failed, Missing, program } from "./tools.mjs";

/** @typedef {import("./parts.mjs").Part} Part */
/** @typedef {import("./parts.mjs").Result & { name: string, seconds: number, budget: number }} Row */

/** What those that run now have printed, where it is not printed at once. @type {Map<string, string>} */
const unprinted = new Map();

/** @type {Set<import("node:child_process").ChildProcess>} */
const running = new Set();

/**
 * Runs a script in a process of its own. Its answer is what it sends; one that ends without any has failed.
 * @param {string} name
 * @param {[script: string, ...args: string[]]} command
 * @param {boolean} live whether its output goes to ours at once
 * @returns {Promise<import("./parts.mjs").Result>}
 */
function inProcess(name, [script, ...args], live) {
  const output = live ? "inherit" : "pipe";
  const child = fork(at(script), args, { cwd: at(), stdio: ["ignore", output, output, "ipc"] });
  running.add(child);
  if (live) console.log(`\n=== ${name} ===`);
  else unprinted.set(name, "");
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding("utf8").on("data", (text) => unprinted.set(name, unprinted.get(name) + text));
  return new Promise((resolve) => {
    /** @type {import("./parts.mjs").Result | undefined} */
    let told;
    child.on("message", (message) => (told = /** @type {import("./parts.mjs").Result} */ (message)));
    child.on("error", (error) => resolve({ outcome: "FAILED", why: String(error) }));
    child.on("close", (code, signal) => {
      running.delete(child);
      print(name);
      resolve(told ?? { outcome: "FAILED", why: `it ended with ${signal ?? `code ${code}`} and did not say what came of it` });
    });
  });
}

/** Prints what a part has said, if that is not done yet. */
function print(/** @type {string} */ name) {
  const text = unprinted.get(name);
  unprinted.delete(name);
  if (text !== undefined) console.log(`\n=== ${name} ===\n${text.trimEnd()}`);
}

/** What is asked for, and what that needs, in the order of the table. */
function chosen(/** @type {string[]} */ wanted) {
  const unknown = wanted.filter((name) => !(name in PARTS));
  if (unknown.length > 0) throw new Missing(`there is no part "${unknown.join('", "')}": ${Object.keys(PARTS).join(", ")}`);
  const names = Object.keys(PARTS).filter((name) => wanted.length === 0 || wanted.includes(name));
  const needed = new Set(["set-up", ...(names.some((name) => PARTS[name]?.package) ? ["build"] : []), ...names]);
  return Object.entries(PARTS).filter(([name]) => needed.has(name));
}

await program(import.meta, async () => {
  const { values, positionals } = parseArgs({ options: { thorough: { type: "boolean" } }, allowPositionals: true });
  if (values.thorough) process.env.KEYFOLD_THOROUGH = "1";
  const parts = chosen(positionals);
  const lanes = [1, 2].map((lane) => parts.filter(([, part]) => part.lane === lane)).filter((lane) => lane.length > 0);
  // Where only one thing runs at a time, one can watch it.
  const live = lanes.length < 2;

  /** @type {Row[]} */
  const rows = [];
  const failed = (/** @type {string} */ name) => rows.some((row) => row.name === name && row.outcome === "FAILED");

  async function runPart(/** @type {string} */ name, /** @type {Part} */ part, /** @type {Promise<unknown>} */ tools) {
    if (part.uses) await tools;
    const start = performance.now();
    if (!live) console.log(`… ${name}`);
    const needless = part.package && failed("build");
    const result = needless ? /** @type {const} */ ({ outcome: "FAILED", why: "the package could not be built" }) : await inProcess(name, ["scripts/parts.mjs", name], live);
    const row = { name, seconds: (performance.now() - start) / 1000, budget: part.budget, ...result };
    rows.push(row);
    console.log(`--- ${name}: ${row.outcome}, ${row.seconds.toFixed(1)} s`);
  }

  for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"])) {
    process.on(signal, () => {
      for (const name of [...unprinted.keys()]) print(name);
      for (const child of running) child.kill();
      process.exit(1);
    });
  }

  for (const [name, part] of parts.filter(([, { lane }]) => lane === 0)) await runPart(name, part, Promise.resolve());
  // Without its tools nothing else can run.
  if (!failed("set-up")) {
    // All at once, because two at the same time would be in each other's way. What is lacking is said by the part that needs it.
    const uses = [...new Set(parts.flatMap(([, part]) => part.uses ?? []))];
    const tools = uses.length > 0 ? inProcess("tools", ["scripts/setup.mjs", ...uses], live) : Promise.resolve();
    if (live) await tools;
    await Promise.all(lanes.map(async (lane) => {
      for (const [name, part] of lane) await runPart(name, part, tools);
    }));
    if (rows.length !== parts.length) throw new Failed(`only ${rows.length} of ${parts.length} parts were run`);
  }
  const order = parts.map(([name]) => name);
  summarize(rows.sort((one, other) => order.indexOf(one.name) - order.indexOf(other.name)));
});

/** Prints what came of each part, and of all. */
function summarize(/** @type {Row[]} */ rows) {
  console.log("\n=== summary ===");
  for (const { name, outcome, seconds, budget, why } of rows) {
    const time = `${seconds.toFixed(0)} s of ${budget} s${seconds > budget ? " !" : ""}`;
    console.log(`${name.padEnd(10)}${outcome.padEnd(9)}${time.padStart(15)}${why ? `   ${why.split("\n").join(" / ")}` : ""}`);
  }
  console.log(`all       ${`${(performance.now() / 1000).toFixed(0)} s`.padStart(16)}`);
  if (rows.some(({ seconds, budget }) => seconds > budget)) console.log("\n! took longer than its budget, which scripts/parts.mjs holds");
  const count = (/** @type {string} */ outcome) => rows.filter((row) => row.outcome === outcome).length;
  console.log(`\n${count("passed")} passed, ${count("FAILED")} failed, ${count("SKIPPED")} skipped`);
  if (count("FAILED") > 0) process.exitCode = 1;
}
