// The sealed layout's page of the benchmark: keyfold beside hand-written JavaScript on the same records in the same
// IndexedDB, in turns (turns.js). `?quick` measures 100-byte values only.

import { SecureStorage } from "/keyfold/index.js";
import * as hand from "./hand-sealed.js";
import { inTurns, loop, makeEntries, report, text } from "./turns.js";

/**
 * @typedef {"get" | "getAll" | "set" | "setAll" | "open"} Operation
 * @typedef {"keyfold" | "hand"} Side
 *
 * One operation on values of one size, or of none: for each side the microseconds per value in each round.
 * @typedef {{ operation: Operation, bytes?: number, rounds: Record<Side, number[]> }} Cell
 *
 * @typedef {{ get(name: string): Promise<string | undefined>, getAll(): Promise<Map<string, string>>, set(name: string, value: string): Promise<void>, setAll(entries: [string, string][]): Promise<void> }} Store
 */

const QUICK = new URLSearchParams(location.search).has("quick");
const NAMESPACE = "bench-sealed";
const DATABASE = "bench-sealed";

const at = (/** @type {[string, string][]} */ entries, /** @type {number} */ n) => /** @type {[string, string]} */ (entries[n % entries.length]);

/** @type {Record<Exclude<Operation, "open">, { entries: number, values: number, sizes: number[], call: (store: Store, entries: [string, string][], n: number) => Promise<unknown> }>} */
const OPERATIONS = {
  get: { entries: 8, values: 1, sizes: [16, 100, 1000, 16_000, 256_000], call: (store, entries, n) => store.get(at(entries, n)[0]) },
  getAll: { entries: 1000, values: 1000, sizes: [16, 100, 1000], call: (store) => store.getAll() },
  set: { entries: 8, values: 1, sizes: [16, 100, 1000, 16_000, 256_000], call: (store, entries, n) => store.set(...at(entries, n)) },
  setAll: { entries: 1000, values: 1000, sizes: [16, 100, 1000], call: (store, entries) => store.setAll(entries) },
};

const open = () => SecureStorage.open(NAMESPACE, { dbName: DATABASE });

async function measureOpen() {
  const first = await open();
  await first.clear();
  first.close();
  return inTurns({
    keyfold: loop(async () => (await open()).close()),
    hand: loop(async () => (await hand.open(NAMESPACE, DATABASE)).close()),
  });
}

/** Throws unless each side reads what the other wrote. Ends with keyfold's records in the database. */
async function check(/** @type {SecureStorage} */ keyfold, /** @type {Awaited<ReturnType<typeof hand.open>>} */ byHand, /** @type {[string, string][]} */ entries) {
  const fresh = await keyfold.with({ fresh: true });
  await keyfold.clear();
  for (const [writer, store] of /** @type {[Side, Store][]} */ ([["hand", byHand], ["keyfold", keyfold]])) {
    if (entries.length > 100) await store.setAll(entries);
    else for (const [name, value] of entries) await store.set(name, value);
    await byHand.reload();
    for (const [reader, other] of /** @type {[Side, Store][]} */ ([["hand", byHand], ["keyfold", fresh]])) {
      const some = entries.slice(0, 8);
      const one = await Promise.all(some.map(async ([name]) => [name, await other.get(name)]));
      if (text(await other.getAll()) !== text(entries) || text(one) !== text(some)) throw new Error(`${reader} does not read what ${writer} wrote`);
    }
  }
}

/** @returns {Promise<Cell[]>} */
async function run(/** @type {(text: string) => void} */ show) {
  /** @type {Cell[]} */
  const cells = [];
  show("open");
  cells.push({ operation: "open", rounds: await measureOpen() });
  const keyfold = await open();
  const byHand = await hand.open(NAMESPACE, DATABASE);
  /** @type {Record<Side, Store>} */
  const stores = { keyfold, hand: byHand };
  const measure = async (/** @type {Exclude<Operation, "open">} */ operation, /** @type {number} */ bytes) => {
    const { entries: count, values, call } = OPERATIONS[operation];
    const entries = makeEntries(count, bytes);
    show(`${operation}, ${bytes} bytes`);
    await check(keyfold, byHand, entries);
    const rounds = await inTurns({ keyfold: loop((n) => call(stores.keyfold, entries, n)), hand: loop((n) => call(stores.hand, entries, n)) });
    for (const side of Object.values(rounds)) side.forEach((time, round) => (side[round] = time / values));
    return { operation, bytes, rounds };
  };
  const all = /** @type {Exclude<Operation, "open">[]} */ (Object.keys(OPERATIONS));
  // Once, unmeasured: engines compile in steps, and whatever came first would be measured at its slowest.
  for (const operation of all) await measure(operation, 100);
  for (const operation of all) {
    for (const bytes of OPERATIONS[operation].sizes) if (!QUICK || bytes === 100) cells.push(await measure(operation, bytes));
  }
  await keyfold.destroy();
  return cells;
}

await report(run);
