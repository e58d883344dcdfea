// How the benchmark's report writes numbers and tables.

export function median(/** @type {number[]} */ numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  const half = Math.floor(sorted.length / 2);
  return sorted.length % 2 ? Number(sorted[half]) : (Number(sorted[half - 1]) + Number(sorted[half])) / 2;
}

/** Two figures, for the second is the last that the next run would give again. */
export const figures = (/** @type {number} */ number) => (number >= 100 ? String(Math.round(number)) : String(Number(number.toPrecision(2))));
export const size = (/** @type {number} */ bytes) => (bytes < 1000 ? `${bytes} B` : `${bytes / 1000} kB`);

/** A Markdown table; all columns but the first to the right. */
export const table = (/** @type {string[]} */ head, /** @type {string[][]} */ rows) =>
  [head, head.map((_, n) => (n === 0 ? "---" : "---:")), ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n");
