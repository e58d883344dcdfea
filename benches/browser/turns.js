// How both pages measure: all sides take turns block by block, so that what else the machine does falls on all of them.

const ROUNDS = 7;

/** Long against a clock that some browsers stop for a millisecond. */
const BLOCK_MS = 30;

/** So many calls, one after another. @typedef {(count: number) => Promise<void>} Loop */

/** Calls one after another. @returns {Loop} */
export const loop = (/** @type {(n: number) => Promise<unknown>} */ call) => async (count) => {
  for (let n = 0; n < count; n += 1) await call(n);
};

/** Milliseconds of so many calls. */
async function block(/** @type {Loop} */ loop, /** @type {number} */ count) {
  // What the block before has left to do is not this one's.
  await new Promise((resolve) => setTimeout(resolve));
  const start = performance.now();
  await loop(count);
  return performance.now() - start;
}

/** The number of calls that fill a block; finding it warms up what is measured. */
async function callsPerBlock(/** @type {Loop} */ loop) {
  for (let count = 1; ; count *= 2) {
    // The shorter of two, for one that something disturbed would make all blocks too short.
    const time = Math.min(await block(loop, count), await block(loop, count));
    if (time >= BLOCK_MS / 2) return Math.max(1, Math.round((count * BLOCK_MS) / time));
  }
}

/**
 * For each side the microseconds of one call in each round.
 * @template {string} Side
 * @param {Record<Side, Loop>} loops
 * @returns {Promise<Record<Side, number[]>>}
 */
export async function inTurns(loops) {
  const sides = [];
  for (const [side, loop] of /** @type {[Side, Loop][]} */ (Object.entries(loops))) sides.push({ side, loop, count: await callsPerBlock(loop) });
  const rounds = /** @type {Record<Side, number[]>} */ (/** @type {unknown} */ (Object.fromEntries(sides.map(({ side }) => [side, []]))));
  for (let round = 0; round < ROUNDS; round += 1) {
    // Nobody always comes first, or always after the same one.
    const turned = [...sides.slice(round % sides.length), ...sides.slice(0, round % sides.length)];
    for (const { side, loop, count } of round % 2 ? turned.reverse() : turned) {
      rounds[side].push(((await block(loop, count)) * 1000) / count);
    }
  }
  return rounds;
}

/** Different text in each entry, one byte for each character. */
export const makeEntries = (/** @type {number} */ count, /** @type {number} */ bytes) =>
  Array.from({ length: count }, (_, n) => /** @type {[string, string]} */ ([`entry ${n}`, `${n} the quick brown fox jumps `.repeat(Math.ceil(bytes / 20)).slice(0, bytes)]));

/** Pairs as a text to compare, in whatever order they came. */
export const text = (/** @type {Iterable<unknown>} */ pairs) => JSON.stringify([...pairs].sort());

/** Shows what `run` does and posts what it gives, or how it failed. @template T @param {(show: (text: string) => void) => Promise<T[]>} run */
export async function report(run) {
  const show = (/** @type {string} */ text) => void (/** @type {HTMLElement} */ (document.getElementById("out")).textContent = text);
  /** @type {{ cells: T[], error?: string }} */
  const result = await run(show).then((cells) => ({ cells }), (error) => ({ cells: [], error: `${error}\n${error?.stack ?? ""}` }));
  show(result.error ?? "done");
  await fetch("report", { method: "POST", body: JSON.stringify(result) });
}
