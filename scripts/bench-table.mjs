// How the benchmarks' reports write numbers and tables, and where the reports go.

import { readFileSync, writeFileSync } from "node:fs";
import { cpus, type } from "node:os";
import { at } from "./tools.mjs";

const DOCUMENT = at("docs/benchmarks.md");

export function median(/** @type {number[]} */ numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  const half = Math.floor(sorted.length / 2);
  return sorted.length % 2 ? Number(sorted[half]) : (Number(sorted[half - 1]) + Number(sorted[half])) / 2;
}

/** Two figures: the second is the last that another run would repeat. */
export const figures = (/** @type {number} */ number) => (number >= 100 ? String(Math.round(number)) : String(Number(number.toPrecision(2))));
export const size = (/** @type {number} */ bytes) => (bytes < 1000 ? `${bytes} B` : `${bytes / 1000} kB`);

/** A Markdown table; all columns except the first are aligned right. */
export const table = (/** @type {string[]} */ head, /** @type {string[][]} */ rows) =>
  [head, head.map((_, n) => (n === 0 ? "---" : "---:")), ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n");

/** The same tables with columns that line up, for a terminal. */
export function aligned(/** @type {string} */ markdown) {
  return markdown.replace(/(?:^\|.*\|$\n?)+/gm, (text) => {
    const rows = text.trim().split("\n").filter((line) => !line.startsWith("| ---")).map((line) => line.slice(2, -2).split(" | ").map((word) => word.replace(/[`*]/g, "")));
    const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length)));
    return `${rows.map((row) => row.map((word, n) => (n === 0 ? word.padEnd(widths[n] ?? 0) : word.padStart(widths[n] ?? 0))).join("  ").trimEnd()).join("\n")}\n`;
  });
}

/** Which machine measured, and when. */
export function machine(/** @type {number} */ load) {
  const model = cpus()[0]?.model.trim() || "unknown processor";
  return [
    `${new Date().toISOString().slice(0, 10)}: ${model}, ${cpus().length} cores, ${type()}; load average at the start: ${load.toFixed(1)}.`,
    ...(load > cpus().length / 2 ? ["It was also busy with other things: the times are too high, and the ratios less certain."] : []),
  ].join(" ");
}

/** Puts a report between its marks in docs/benchmarks.md and leaves the rest of it. */
export function intoDocument(/** @type {string} */ mark, /** @type {string} */ text) {
  const [begin, end] = [`<!-- ${mark}: begin -->`, `<!-- ${mark}: end -->`];
  const old = readFileSync(DOCUMENT, "utf8");
  const [from, to] = [old.indexOf(begin), old.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`docs/benchmarks.md has lost its marks: ${begin} … ${end}`);
  writeFileSync(DOCUMENT, `${old.slice(0, from + begin.length)}\n\n${text}\n\n${old.slice(to)}`);
}
