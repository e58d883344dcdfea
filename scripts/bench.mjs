// `npm run bench`: how fast keyfold is in each browser beside hand-written JavaScript and the original. Measures on this
// machine, prints the result and puts it into docs/benchmarks.md and docs/benchmarks.svg.
//
// `--quick` measures 100-byte values in Chromium only and writes no file. No test asserts on times.

import { writeFileSync } from "node:fs";
import { loadavg } from "node:os";
import { visit } from "../tests/browser/smoke.mjs";
import { chart } from "./bench-chart.mjs";
import { buildRustApp } from "./bench-rust-app.mjs";
import { aligned, figures, intoDocument, machine, median, size, table } from "./bench-table.mjs";
import { buildIfStale } from "./build.mjs";
import { PLAYGROUND } from "./serve.mjs";
import { chromium, firefox, npm, webkit } from "./setup.mjs";
import { at, Missing, outputOf, program, seconds } from "./tools.mjs";

/**
 * @typedef {"keyfold" | "webcrypto" | "rust" | "hand" | "original"} Side as in benches/browser/bench.js
 * @typedef {{ operation: string, bytes: number, wrapped: boolean, rounds: Record<Side, number[]> }} Cell
 * @typedef {{ operation: string, bytes?: number, rounds: Record<"keyfold" | "hand", number[]> }} SealedCell as in benches/browser/sealed.js
 * @typedef {{ browser: string, name: string, version: string, cells: Cell[], sealed: SealedCell[] }} Run
 */

const LIMIT_MS = 300_000;
const CHART = at("docs/benchmarks.svg");
const MARK = "measured by npm run bench";

/** Each browser's name, and what prints its version. MiniBrowser prints it only on a display, so the package is asked. */
const BROWSERS = {
  chromium: { name: "Chromium", version: async () => outputOf(await chromium(), ["--version"]) },
  firefox: { name: "Firefox", version: async () => outputOf(await firefox(), ["--version"]) },
  webkit: { name: "WebKitGTK", version: async () => (await webkit(), outputOf("dpkg-query", ["--show", "--showformat=${Version}", "libwebkit2gtk-4.1-0"])) },
};

/** The columns' titles; keyfold's are its engines. @type {Record<Side, string>} */
const SIDES = { keyfold: "`auto`", webcrypto: "`webcrypto`", rust: "Rust", hand: "hand", original: "original" };

/** The goals for 100 B with a wrap key: at least this many times as fast as the original, and as hand. */
const GOALS = {
  get: { chromium: [6, 1], firefox: [15, 5], webkit: [15, 5] },
  set: { chromium: [2.5, 1], firefox: [12, 4], webkit: [10, 4] },
  getAll: { chromium: [8, 1.4], firefox: [25, 2], webkit: [20, 1.1] },
};

/** The goals for 100 B in the sealed layout: at most this many times the time of hand. @type {Record<string, number>} */
const SEALED_GOALS = { get: 1.3, getAll: 1.5 };

/** @type {Record<string, string>} */
const OPERATIONS = { get: "get", set: "set", getAll: "getAll(1000)", getMany: "getMany(100)", setAll: "setAll(100)" };

/** @type {Record<string, string>} */
const SEALED_OPERATIONS = { get: "get", getAll: "getAll(1000)", set: "set", setAll: "setAll(1000)", open: "open" };

/** Runs both pages in one browser. @returns {Promise<Run>} */
export async function measure(/** @type {keyof typeof BROWSERS} */ browser, /** @type {string} */ rustApp, quick = false) {
  const { name, ...asked } = BROWSERS[browser];
  const version = (await asked.version())?.match(/[\d.]+\d\w*/)?.[0] ?? "of unknown version";
  const roots = { ...PLAYGROUND, "/bench/": at("benches/browser"), "/rust-app/": rustApp };
  const page = async (/** @type {string} */ page) => {
    const { cells, error } = await visit(browser, `/bench/${page}${quick ? "?quick" : ""}`, { roots }, LIMIT_MS);
    if (error) throw new Error(`${name}, ${page}: ${error}`);
    return cells;
  };
  return { browser, name, version, cells: await page("bench.html"), sealed: await page("sealed.html") };
}

/** Microseconds per value. */
const time = (/** @type {Cell} */ cell, /** @type {Side} */ side) => median(cell.rounds[side]);

/** How many times as fast as the other side keyfold is, within each round: what disturbs one side then disturbs both. */
const ratio = (/** @type {Cell} */ cell, /** @type {Side} */ other) =>
  median(cell.rounds[other].map((theirs, round) => theirs / /** @type {number} */ (cell.rounds.keyfold[round])));

const times = (/** @type {number} */ number) => `${figures(number)} ×`;

/** The goals beside what was measured. */
function goalTable(/** @type {Run[]} */ runs) {
  const rows = [];
  for (const [operation, goals] of Object.entries(GOALS)) {
    for (const { browser, name, cells } of runs) {
      const cell = cells.find((one) => one.operation === operation && one.bytes === 100 && one.wrapped);
      if (!cell) continue;
      const [original = 1, hand = 1] = goals[/** @type {keyof typeof goals} */ (browser)];
      const judged = /** @type {const} */ ([["original", original], ["hand", hand]]).flatMap(([side, goal]) => {
        const measured = ratio(cell, side);
        const met = goal === 1 ? measured > 1 : measured >= goal;
        // One figure more than elsewhere, to show by how much.
        return [`${Number(measured.toPrecision(3))} ×`, goal === 1 ? "faster" : `≥ ${goal} ×`, met ? "met" : "**missed**"];
      });
      rows.push([`\`${OPERATIONS[operation]}\` in ${name}`, ...judged]);
    }
  }
  return table(["100 B, with wrap key", "against original", "goal", "", "against hand", "goal", ""], rows);
}

/** The rows that a table has for each operation and size; each browser's run has the same cells. */
const eachCell = (/** @type {Run[]} */ runs, /** @type {boolean} */ wrapped) =>
  (runs[0]?.cells ?? []).filter((cell) => cell.wrapped === wrapped).map(({ operation, bytes }) => ({
    label: `\`${OPERATIONS[operation]}\`, ${size(bytes)}`,
    find: (/** @type {Run} */ { cells }) => /** @type {Cell} */ (cells.find((cell) => cell.operation === operation && cell.bytes === bytes && cell.wrapped === wrapped)),
  }));

/** Ratios of everything, two columns for each browser. */
const ratioTable = (/** @type {Run[]} */ runs, /** @type {boolean} */ wrapped) =>
  table(
    ["", ...runs.flatMap(({ name }) => [`${name}: against original`, "against hand"])],
    eachCell(runs, wrapped).map(({ label, find }) => [label, ...runs.flatMap((run) => [times(ratio(find(run), "original")), times(ratio(find(run), "hand"))])]),
  );

/** Microseconds per value of one browser: with wrap key on the left, without on the right. */
function timeTable(/** @type {Run} */ run) {
  const sides = /** @type {Side[]} */ (Object.keys(SIDES));
  const without = eachCell([run], false);
  const rows = eachCell([run], true).map(({ label, find }, n) => {
    const cells = [find(run), without[n]?.find(run)];
    return [label, ...cells.flatMap((cell) => sides.map((side) => (cell ? figures(time(cell, side)) : "")))];
  });
  const titles = sides.map((side) => SIDES[side]);
  return table(["", ...titles.map((title, n) => (n === 0 ? `wrapped: ${title}` : title)), ...titles.map((title, n) => (n === 0 ? `not wrapped: ${title}` : title))], rows);
}

/** How many times hand's time the sealed layout takes. */
const sealedRatio = (/** @type {SealedCell} */ { rounds }) => median(rounds.keyfold.map((time, round) => time / /** @type {number} */ (rounds.hand[round])));

const sealedLabel = (/** @type {SealedCell} */ { operation, bytes }) => `\`${SEALED_OPERATIONS[operation]}\`${bytes === undefined ? "" : `, ${size(bytes)}`}`;

/** The sealed layout's goals beside what was measured. */
const sealedGoals = (/** @type {Pick<Run, "name" | "sealed">[]} */ runs) =>
  table(
    ["100 B", "time of hand", "goal", ""],
    Object.entries(SEALED_GOALS).flatMap(([operation, goal]) =>
      runs.flatMap(({ name, sealed }) => {
        const cell = sealed.find((one) => one.operation === operation && one.bytes === 100);
        if (!cell) return [];
        const measured = sealedRatio(cell);
        return [[`\`${SEALED_OPERATIONS[operation]}\` in ${name}`, `${Number(measured.toPrecision(3))} ×`, `≤ ${goal} ×`, measured <= goal ? "met" : "**missed**"]];
      }),
    ),
  );

/** Everything of the sealed layout: the ratio and the microseconds of both sides, three columns for each browser. */
const sealedTable = (/** @type {Pick<Run, "name" | "sealed">[]} */ runs) =>
  table(
    ["", ...runs.flatMap(({ name }) => [`${name}: keyfold`, "hand", ""])],
    (runs[0]?.sealed ?? []).map((cell, n) => [
      sealedLabel(cell),
      ...runs.flatMap((run) => {
        const own = /** @type {SealedCell} */ (run.sealed[n]);
        return [figures(median(own.rounds.keyfold)), figures(median(own.rounds.hand)), times(sealedRatio(own))];
      }),
    ]),
  );

/** @param {Pick<Run, "name" | "sealed">[]} runs */
export const sealedSection = (runs) =>
  ["## The sealed layout", sealedGoals(runs), "Microseconds per value, and the ratio to hand's time:", sealedTable(runs)].join("\n\n");

/** Who measured, in one paragraph. */
function measured(/** @type {Run[]} */ runs, /** @type {number} */ load) {
  const browsers = runs.map(({ name, version }) => `${name} ${version}`).join(", ");
  return `${browsers}, headless. ${machine(load)}`;
}

/** Everything between the marks. */
const report = (/** @type {Run[]} */ runs, /** @type {string[]} */ skipped, /** @type {number} */ load) =>
  [
    "## Against the goals",
    goalTable(runs),
    "## How many times as fast as original and hand",
    "Below 1, keyfold is slower. With wrap key:",
    ratioTable(runs, true),
    "Without:",
    ratioTable(runs, false),
    "## Microseconds per value",
    ...runs.flatMap((run) => [`### ${run.name} ${run.version}`, timeTable(run)]),
    sealedSection(runs),
    "## The machine",
    measured(runs, load),
    ...(skipped.length > 0 ? [`Not measured, because it was not found: ${skipped.join(", ")}.`] : []),
  ].join("\n\n");

/** What the chart shows of the runs: `get` and `set` of 100 B with wrap key. */
const chartOf = (/** @type {Run[]} */ runs) =>
  chart(
    ["get", "set"].map((operation) => ({
      title: `${operation}, 100 bytes, wrapped key`,
      groups: runs.map(({ name, cells }) => {
        const cell = /** @type {Cell} */ (cells.find((one) => one.operation === operation && one.bytes === 100 && one.wrapped));
        return { name, bars: /** @type {const} */ (["original", "hand", "keyfold"]).map((side) => ({ side, value: time(cell, side), label: `${figures(time(cell, side))} µs` })) };
      }),
    })),
  );

/** Writes both files. */
export function write(/** @type {Run[]} */ runs, /** @type {string[]} */ skipped, /** @type {number} */ load) {
  intoDocument(MARK, report(runs, skipped, load));
  writeFileSync(CHART, chartOf(runs));
}

await program(import.meta, async () => {
  const quick = process.argv.includes("--quick");
  await npm();
  await buildIfStale();
  const rustApp = await buildRustApp();
  // Before our own browsers add to it.
  const load = Number(loadavg()[0]);
  /** @type {string[]} */
  const skipped = [];
  /** @template T @param {string} name @param {() => Promise<T>} step @returns {Promise<T[]>} empty if it cannot be done */
  const attempt = async (name, step) => {
    const begun = performance.now();
    try {
      const result = await step();
      console.log(`${name}: measured in ${seconds(begun)}`);
      return [result];
    } catch (error) {
      if (!(error instanceof Missing)) throw error;
      console.log(`${name}: SKIPPED, ${error.message}`);
      skipped.push(name);
      return [];
    }
  };
  const runs = [];
  for (const browser of /** @type {(keyof typeof BROWSERS)[]} */ (quick ? ["chromium"] : Object.keys(BROWSERS))) {
    runs.push(...(await attempt(BROWSERS[browser].name, () => measure(browser, rustApp, quick))));
  }
  if (runs.length === 0) throw new Missing("no browser was found to measure in");
  console.log(`\n${aligned(report(runs, skipped, load))}`);
  if (quick) return;
  write(runs, skipped, load);
  console.log("written: docs/benchmarks.md, docs/benchmarks.svg");
});
