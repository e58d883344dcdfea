// How long storage calls take inside the real Flet client: measured, and as a section of the benchmark's report.

import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { figures, median, size, table } from "./bench-table.mjs";
import { chromium, python } from "./setup.mjs";
import { at, Failed, Missing, root } from "./tools.mjs";

/**
 * @typedef {{ calls: string[], times: number[] }} Measured what was called of Web Storage and WebCrypto, and microseconds per value
 * @typedef {{ operation: string, bytes: number, wrapped: boolean, client: Measured, original: Measured }} FletCell as measure.py prints it
 * @typedef {{ build: string, cells: FletCell[] }} FletRun
 */

/** The two forms that Flet's compiled client comes in. */
export const BUILDS = ["dart2js", "dart2wasm"];

/** The client's operations, and what stands for each in the tables above. @type {Record<string, { label: string, above: string }>} */
const OPERATIONS = {
  get: { label: "get", above: "get" },
  set: { label: "set", above: "set" },
  get_all: { label: "get_all(100)", above: "getAll" },
};

const EXPLAINED = [
  "Flet's web client in Chromium, watched through hooks on the calls of Web Storage and WebCrypto. A time runs from the beginning of an operation's first call to the end of its last. It leaves out Flet's websocket, and what the client does before and after, such as decoding the last text. Flet's server isolates its pages, so the clock has steps of 5 µs. Medians, in microseconds per value.",
  "[original.js](../benches/browser/original.js) runs beside it, in the same page, through the same hooks, in turn with the client. Each `get` and `set` is alone, milliseconds after the one before, and finds caches and threads cold. In `get_all` values follow one another, as everywhere in the tables above. The last column repeats the original from those tables, `getAll(1000)` for `get_all(100)`.",
].join("\n\n");

/** Runs one build of the client. @returns {Promise<FletRun>} */
export async function measureFlet(/** @type {string} */ build) {
  const env = { ...process.env, CHROME: await chromium(), PYTHONPATH: at("tests/interop") };
  const interpreter = await python().catch((error) => {
    // Flet itself comes from pip, which has said why on its own output.
    throw error instanceof Failed ? new Missing(`Flet could not be installed: ${error.message}`, { tried: true }) : error;
  });
  const { stdout } = await promisify(execFile)(interpreter, ["-B", at("benches/flet/measure.py"), build], { cwd: root, env });
  const { cells, missing } = JSON.parse(stdout);
  if (missing) throw new Missing(missing);
  return { build, cells };
}

/** The section of these runs. @param {FletRun[]} runs @param {import("./bench.mjs").Cell[]} above Chromium's in the same benchmark */
export const fletSection = (runs, above) =>
  ["## In the real Flet client", EXPLAINED, ...runs.flatMap(({ build, cells }) => [`### ${build}`, timeTable(cells, above)]), sequences(runs)].join("\n\n");

/** Microseconds per value: with wrap key on the left, without on the right. */
function timeTable(/** @type {FletCell[]} */ cells, /** @type {import("./bench.mjs").Cell[]} */ above) {
  const columns = (/** @type {FletCell | undefined} */ cell) => {
    if (!cell) return ["", "", ""];
    const { operation, bytes, wrapped, client, original } = cell;
    const other = above.find((one) => one.operation === OPERATIONS[operation]?.above && one.bytes === bytes && one.wrapped === wrapped);
    return [client.times, original.times, other?.rounds.original].map((times) => (times ? figures(median(times)) : ""));
  };
  const rows = cells.filter(({ wrapped }) => wrapped).map((cell) => {
    const without = cells.find((one) => one.operation === cell.operation && one.bytes === cell.bytes && !one.wrapped);
    return [`\`${OPERATIONS[cell.operation]?.label}\`, ${size(cell.bytes)}`, ...columns(cell), ...columns(without)];
  });
  return table(["", "wrapped: Flet", "original beside it", "original above", "not wrapped: Flet", "original beside it", "original above"], rows);
}

/** What `get` and `set` call, and whether the original calls anything else. */
function sequences(/** @type {FletRun[]} */ runs) {
  const cells = runs.flatMap((run) => run.cells);
  const of = (/** @type {string} */ operation, /** @type {boolean} */ wrapped) =>
    `\`${operation}\` calls ${cells.find((cell) => cell.operation === operation && cell.wrapped === wrapped)?.client.calls.join(", ")}`;
  const others = cells.filter(({ client, original }) => client.calls.join() !== original.calls.join());
  return [
    `With wrap key ${of("get", true)}; ${of("set", true)}. Without it ${of("get", false)}; ${of("set", false)}.`,
    others.length === 0
      ? "original.js makes the same calls in the same order."
      : `**original.js makes other calls** in ${[...new Set(others.map(({ operation }) => `\`${operation}\``))].join(", ")}.`,
  ].join(" ");
}
