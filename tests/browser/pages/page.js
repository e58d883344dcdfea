// What the tests find on a page, as globals (their types are in ../page.d.ts).

import * as keyfold from "/keyfold/index.js";
import * as original from "./original.js";

const now = () => performance.timeOrigin + performance.now();

/** Every name of a storage area with its text. Not by its properties: a name may be `length`. */
const texts = (/** @type {Storage} */ area) =>
  Array.from({ length: area.length }, (_, n) => area.key(n) ?? "").sort().map((name) => [name, area.getItem(name) ?? ""]);

async function claims() {
  // Opening it would create it.
  if (!(await indexedDB.databases()).some(({ name }) => name === "keyfold-claims")) return [];
  const answer = (/** @type {IDBRequest} */ request) =>
    new Promise((resolve, reject) => Object.assign(request, { onsuccess: () => resolve(request.result), onerror: () => reject(request.error) }));
  const database = await answer(indexedDB.open("keyfold-claims"));
  const store = database.transaction("claims").objectStore("claims");
  const [names, entries] = await Promise.all([answer(store.getAllKeys()), answer(store.getAll())]);
  database.close();
  return names.map((/** @type {string[]} */ name, /** @type {number} */ n) => [name.join(" "), entries[n]]);
}

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
  const instants = proposed[round];
  while (instants.length < places) await new Promise((resolve) => (arrived = () => resolve(undefined)));
  return Math.max(...instants);
}

/** All names and texts of both storages as one text; empty where they are blocked. */
function lying() {
  try {
    return JSON.stringify([texts(localStorage), texts(sessionStorage)]);
  } catch {
    return "[]";
  }
}

/** The secrets that an error holds: parts of the tests' own, and of the texts that lie in the storages. */
function spilt(/** @type {Error} */ error) {
  const { message: because } = /** @type {Error} */ (error.cause ?? {});
  const told = [String(error), JSON.stringify(error), error.stack, because].join("\n");
  const parts = lying().split(/[".]/).filter((text) => text.length >= 16);
  return ["s3cret", "QEFCQ0RF", "EBESExQV", "YGFiY2Rl", "ICEiIyQl", ...parts].filter((secret) => told.includes(secret));
}

/** @type {Map<string, Promise<keyfold.SecureStorage>>} */
const stores = new Map();

Object.assign(globalThis, {
  keyfold,
  original,
  now,
  told: [],

  /** @type {typeof describe} */
  describe: ({ kind, key, remote }) => `${kind} ${key}, ${remote ? "remote" : "own"}`,

  /** @type {typeof openStore} */
  openStore: (namespace, options) => keyfold.SecureStorage.open(namespace, { layout: "flutter", ...options }),

  /** @type {typeof storeOf} */
  storeOf(namespace, options) {
    if (!stores.has(namespace)) stores.set(namespace, openStore(namespace, options));
    return /** @type {Promise<keyfold.SecureStorage>} */ (stores.get(namespace));
  },

  /** @type {typeof failure} */
  failure: async (call) => {
    const before = lying();
    try {
      await (typeof call === "function" ? call() : call);
    } catch (thrown) {
      const error = /** @type {import("../../../pkg/index.js").StorageError} */ (thrown);
      const { code, key, argument, message, cause } = error;
      return { code, key, argument, message, cause: cause && /** @type {Error} */ (cause).name, ours: thrown instanceof keyfold.StorageError, spilt: spilt(error), changed: lying() !== before };
    }
    return undefined;
  },

  /** @type {typeof stored} */
  stored: async () => ({ local: texts(localStorage), session: texts(sessionStorage), claims: await claims() }),

  /** @type {typeof inRounds} */
  async inRounds({ places, rounds }, act) {
    const results = [];
    for (let round = 0; round < rounds; round += 1) {
      const instant = await agree(round, places);
      // A timer may be late by milliseconds; the last of them are spun away.
      await new Promise((resolve) => setTimeout(resolve, instant - now() - 3));
      while (now() < instant);
      results.push(await act(round));
    }
    return results;
  },
});
