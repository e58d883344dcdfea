// Draws the bar chart of the benchmark as an SVG that reads well on light and dark pages.

/**
 * @typedef {{ side: "original" | "hand" | "keyfold", value: number, label: string }} Bar
 * @typedef {{ title: string, groups: { name: string, bars: Bar[] }[] }} Panel
 */

const WIDTH = 760;
const MARGIN = 16;
const LABELS = 92;
const BAR = 16;
const BETWEEN_BARS = 3;
const BETWEEN_GROUPS = 14;
const TITLE = 34;
const LEGEND = 30;
/** The space that the longest bar leaves for the number after it. */
const NUMBER = 70;

const STYLE = `
  text { font: 13px system-ui, -apple-system, "Segoe UI", sans-serif; fill: #424a53; }
  .title { font-weight: 600; font-size: 14px; }
  .number { font-variant-numeric: tabular-nums; font-size: 12px; }
  .axis { stroke: #8c959f; }
  .original { fill: #b0b7bf; }
  .hand { fill: #6d8fb8; }
  .keyfold { fill: #c2551a; }
  @media (prefers-color-scheme: dark) {
    text { fill: #c4ccd4; }
    .original { fill: #68717b; }
    .keyfold { fill: #e8803f; }
  }`;

const escape = (/** @type {string} */ text) => text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/"/g, "&quot;");

/** @param {number} x @param {number} y @param {string} text @param {string} [attributes] */
const write = (x, y, text, attributes = "") => `<text x="${x}" y="${y}"${attributes}>${escape(text)}</text>`;

/** One panel from `top` down; its bars share a scale. */
function draw(/** @type {Panel} */ { title, groups }, /** @type {number} */ top) {
  const left = MARGIN + LABELS;
  const longest = Math.max(...groups.flatMap(({ bars }) => bars.map(({ value }) => value)));
  const scale = (WIDTH - MARGIN - NUMBER - left) / longest;
  const parts = [write(MARGIN, top + 18, title, ' class="title"')];
  let y = top + TITLE;
  for (const { name, bars } of groups) {
    parts.push(write(left - 10, y + (bars.length * (BAR + BETWEEN_BARS)) / 2 + 3, name, ' text-anchor="end"'));
    for (const { side, value, label } of bars) {
      const length = Math.max(1, value * scale);
      parts.push(`<rect class="${side}" x="${left}" y="${y}" width="${length.toFixed(1)}" height="${BAR}" rx="2"><title>${escape(`${name}, ${side}: ${label}`)}</title></rect>`);
      parts.push(write(Math.round(left + length + 6), y + 12, label, ' class="number"'));
      y += BAR + BETWEEN_BARS;
    }
    y += BETWEEN_GROUPS;
  }
  parts.push(`<line class="axis" x1="${left}" x2="${left}" y1="${top + TITLE - 4}" y2="${y - BETWEEN_GROUPS}"/>`);
  return { parts, bottom: y };
}

/** The chart of these panels, one below the other. @param {Panel[]} panels */
export function chart(panels) {
  const parts = [];
  let x = MARGIN + LABELS;
  for (const side of ["original", "hand", "keyfold"]) {
    const words = { original: "original", hand: "hand-written JavaScript", keyfold: "keyfold" }[side] ?? side;
    parts.push(`<rect class="${side}" x="${x}" y="${MARGIN}" width="12" height="12" rx="2"/>`, write(x + 18, MARGIN + 11, words));
    x += 44 + words.length * 7;
  }
  parts.push(write(WIDTH - MARGIN, MARGIN + 11, "shorter is faster", ' text-anchor="end"'));
  let top = MARGIN + LEGEND;
  for (const panel of panels) {
    const drawn = draw(panel, top);
    parts.push(...drawn.parts);
    top = drawn.bottom;
  }
  const height = top;
  const summary = panels.map(({ title, groups }) => `${title}: ${groups.map(({ name, bars }) => `${name} ${bars.map(({ side, label }) => `${side} ${label}`).join(", ")}`).join("; ")}`).join(". ");
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="${escape(summary)}">`,
    `<style>${STYLE}\n</style>`,
    ...parts,
    "</svg>\n",
  ].join("\n");
}
