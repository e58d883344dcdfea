// The page of the benchmark: measures keyfold beside what it is compared with, in whatever browser opens it.
//
// All sides work on the same entries of one namespace, in turns (turns.js). It posts its blocks back to the server that it
// came from (see scripts/bench.mjs). `?quick` measures 100-byte values only.

import { SecureStorage } from "/keyfold/index.js";
import * as hand from "./hand.js";
import * as original from "./original.js";
import * as rustApp from "./rust-app.js";
import { inTurns, loop, makeEntries, report, text } from "./turns.js";

/**
 * What every side can do.
 * @typedef {object} Store
 * @property {(name: string) => Promise<string | undefined>} get
 * @property {(name: string, value: string) => Promise<void>} set
 * @property {() => Promise<Map<string, string>>} getAll
 * @property {(names: string[]) => Promise<Map<string, string>>} getMany
 * @property {(entries: [string, string][]) => Promise<void>} setAll
 * @property {(operation: Operation, entries: [string, string][]) => import("./turns.js").Loop} [loop] calls one after
 *   another, where that is not for this page to do
 *
 * @typedef {"get" | "set" | "getAll" | "getMany" | "setAll"} Operation
 *
 * @typedef {"keyfold" | "webcrypto" | "rust" | "hand" | "original"} Side
 *
 * One operation on values of one size: for each side the microseconds per value in each round.
 * @typedef {object} Cell
 * @property {Operation} operation
 * @property {number} bytes
 * @property {boolean} wrapped
 * @property {Record<Side, number[]>} rounds
 */

const QUICK = new URLSearchParams(location.search).has("quick");
const SIZES = QUICK ? [100] : [16, 100, 1000, 16_000, 256_000];

/** What localStorage holds is some more; a part is left free, for a write may need old and new together. */
const ROOM_CHARACTERS = 4_000_000;

const WRAP = { wrapKey: "QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaW1xdXl8=", wrapKeyIv: "EBESExQVFhcYGRob" };

/**
 * How many entries lie in the store, how many of them one call is about, and the call. The loops of `get` and `set` go
 * round the entries.
 * @type {Record<Operation, { entries: number, values: number, writes?: true, call: (store: Store, entries: [string, string][], n: number) => Promise<unknown> }>}
 */
const OPERATIONS = {
  get: { entries: 8, values: 1, call: (store, entries, n) => store.get(at(entries, n)[0]) },
  set: { entries: 8, values: 1, writes: true, call: (store, entries, n) => store.set(...at(entries, n)) },
  getAll: { entries: 1000, values: 1000, call: (store) => store.getAll() },
  getMany: { entries: 100, values: 100, call: (store, entries) => store.getMany(entries.map(([name]) => name)) },
  setAll: { entries: 100, values: 100, writes: true, call: (store, entries) => store.setAll(entries) },
};

const names = /** @type {Operation[]} */ (Object.keys(OPERATIONS));

const at = (/** @type {[string, string][]} */ entries, /** @type {number} */ n) => /** @type {[string, string]} */ (entries[n % entries.length]);

/** Every side, on the same namespace; keyfold makes its key. */
async function openAll(/** @type {string} */ namespace, /** @type {typeof WRAP | undefined} */ wrap) {
  const keyfold = await SecureStorage.open(namespace, { layout: "flutter", ...wrap });
  await keyfold.set("first", "makes the key");
  /** @type {Record<Side, Store>} */
  const stores = {
    keyfold,
    webcrypto: await SecureStorage.open(namespace, { layout: "flutter", engine: "webcrypto", ...wrap }),
    rust: await rustApp.open(namespace, wrap),
    hand: await hand.open(namespace, wrap),
    original: original.open(namespace, wrap),
  };
  return stores;
}

function removeEntries(/** @type {string} */ namespace) {
  for (const name of Object.keys(localStorage)) if (name.startsWith(`${namespace}.`)) localStorage.removeItem(name);
}

/**
 * Throws unless what one side writes reads the same through every side.
 * @param {string} namespace
 * @param {Record<Side, Store>} stores
 * @param {(typeof OPERATIONS)[Operation]} operation
 * @param {[string, string][]} entries
 */
async function check(namespace, stores, operation, entries) {
  const writers = Object.entries(stores).filter(([side]) => operation.writes || side === "hand");
  for (const [writer, store] of writers) {
    removeEntries(namespace);
    if (operation.values > 1) await store.setAll(entries);
    else for (const [name, value] of entries) await store.set(name, value);
    for (const [reader, other] of Object.entries(stores)) {
      const some = entries.slice(0, 8);
      const one = await Promise.all(some.map(async ([name]) => [name, await other.get(name)]));
      const many = await other.getMany(some.map(([name]) => name));
      const same = text(await other.getAll()) === text(entries) && text(many) === text(some) && text(one) === text(some);
      if (!same) throw new Error(`${reader} does not read what ${writer} wrote`);
    }
  }
}

/**
 * @param {Record<Side, Store>} stores
 * @param {Operation} name
 * @param {[string, string][]} entries
 * @returns {Promise<Cell["rounds"]>}
 */
async function measure(stores, name, entries) {
  const operation = OPERATIONS[name];
  const loops = /** @type {Record<Side, import("./turns.js").Loop>} */ ({});
  for (const [side, store] of /** @type {[Side, Store][]} */ (Object.entries(stores))) {
    loops[side] = store.loop?.(name, entries) ?? loop((n) => operation.call(store, entries, n));
  }
  const rounds = await inTurns(loops);
  for (const side of Object.values(rounds)) side.forEach((time, round) => (side[round] = time / operation.values));
  return rounds;
}

/** Once, unmeasured: engines compile in steps, and whatever came first would be measured at its slowest. */
async function warmUp(/** @type {Record<Side, Store>} */ stores) {
  for (const name of names.toReversed()) {
    const entries = makeEntries(Math.min(100, OPERATIONS[name].entries), 100);
    await stores.hand.setAll(entries);
    await measure(stores, name, entries);
  }
}

/** @returns {Promise<Cell[]>} */
async function run(/** @type {(text: string) => void} */ show) {
  /** @type {Cell[]} */
  const cells = [];
  for (const wrap of [WRAP, undefined]) {
    localStorage.clear();
    const namespace = wrap ? "bench-wrapped" : "bench-plain";
    const stores = await openAll(namespace, wrap);
    if (cells.length === 0) await warmUp(stores);
    for (const name of names) {
      const operation = OPERATIONS[name];
      for (const bytes of SIZES) {
        if ((operation.entries * bytes * 4) / 3 > ROOM_CHARACTERS) continue;
        const entries = makeEntries(operation.entries, bytes);
        show(`${name}, ${bytes} bytes, ${wrap ? "with" : "without"} wrap key`);
        await check(namespace, stores, operation, entries);
        cells.push({ operation: name, bytes, wrapped: wrap !== undefined, rounds: await measure(stores, name, entries) });
      }
    }
  }
  return cells;
}

await report((show) => run(show).finally(() => localStorage.clear()));
