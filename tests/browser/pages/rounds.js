// How the tabs and workers of a test act at the same instants.

/** A clock that all tabs share. */
export const now = () => performance.timeOrigin + performance.now();

const channel = new BroadcastChannel("rounds");
/** When each place would begin which round. @type {number[][]} */
const proposed = [];
let arrived = () => {};
channel.onmessage = ({ data: [round, instant] }) => {
  (proposed[round] ??= []).push(instant);
  arrived();
};

/**
 * The instant at which all places begin a round: the latest that one of them proposes.
 * @param {number} round
 * @param {number} places
 */
async function agree(round, places) {
  const instant = now() + 5;
  (proposed[round] ??= []).push(instant);
  channel.postMessage([round, instant]);
  const instants = /** @type {number[]} */ (proposed[round]);
  while (instants.length < places) await new Promise((resolve) => (arrived = () => resolve(undefined)));
  return Math.max(...instants);
}

/**
 * Acts once in each round, at the same instants in every place that takes part. One race for each page or worker.
 * @template T
 * @param {{ places: number, rounds: number }} race
 * @param {(round: number) => Promise<T>} act
 */
export async function inRounds({ places, rounds }, act) {
  const results = /** @type {T[]} */ ([]);
  for (let round = 0; round < rounds; round += 1) {
    const instant = await agree(round, places);
    // A timer may be late by milliseconds; the last of them are spun away.
    await new Promise((resolve) => setTimeout(resolve, instant - now() - 3));
    while (now() < instant);
    results.push(await act(round));
  }
  return results;
}
