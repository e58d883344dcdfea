// What the tests of the sealed layout do in a page or in a worker of any kind: acts, which take and give plain data.

import { SecureStorage } from "/keyfold/index.js";
import { inRounds, now } from "./rounds.js";

/** @typedef {import("../../../pkg/index.js").SecureStorage} Storage */
/** @typedef {import("../../../pkg/index.js").Change} Change */
/** @typedef {import("../../../pkg/index.js").Unlock} Unlock */
/** @typedef {{ namespace: string, options?: object }} Store */

const open = (/** @type {string} */ namespace, /** @type {object} */ options = {}) => SecureStorage.open(namespace, options);

/** @type {Map<string, Promise<Storage>>} */
const stores = new Map();

/** One handle for each namespace and place. One that does not open is tried again by the next call. */
export function sealedStoreOf(/** @type {string} */ namespace, /** @type {object} */ options = {}) {
  const there = stores.get(namespace) ?? open(namespace, options);
  stores.set(namespace, there);
  there.catch(() => stores.delete(namespace));
  return there;
}

/** What a call fails with, or what it gives. */
const outcome = (/** @type {Promise<unknown>} */ call) => call.then((value) => value ?? "done", ({ code }) => String(code));

/** The answer of a request of IndexedDB. @returns {Promise<any>} */
const answer = (/** @type {IDBRequest} */ request) =>
  new Promise((resolve, reject) => Object.assign(request, { onsuccess: () => resolve(request.result), onerror: () => reject(request.error) }));

const hex = (/** @type {Uint8Array} */ bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

/** Waits until something holds, or some seconds. */
async function until(/** @type {() => boolean | Promise<boolean>} */ holds, patience = 5000) {
  for (const deadline = now() + patience; !(await holds()); ) {
    if (now() > deadline) return false;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return true;
}

/** Numbers from 0 to 1 that are the same for the same seed (mulberry32). */
function randomFrom(/** @type {number} */ seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), seed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** What watchers of this place were told. @type {Map<string, string[]>} */
const told = new Map();

const describe = (/** @type {Change} */ { kind, key, remote }) => `${kind} ${key}, ${remote ? "remote" : "own"}`;

const sorted = (/** @type {Map<string, unknown>} */ entries) => JSON.stringify([...entries].sort());

export const acts = {
  /** Answers once a place has started. */
  ready: () => true,

  /** What opening gives: the kind of protection, or a code. */
  open: (/** @type {Store} */ { namespace, options }) => outcome(sealedStoreOf(namespace, options).then(({ protection }) => protection)),

  /** @param {Store & { verb: string, arguments?: unknown[] }} call */
  call: async ({ namespace, options, verb, arguments: given = [] }) => {
    const storage = /** @type {any} */ (await sealedStoreOf(namespace, options));
    return outcome((async () => storage[verb](...given))());
  },

  set: async (/** @type {Store & { key: string, value: string }} */ { namespace, options, key, value }) => (await sealedStoreOf(namespace, options)).set(key, value),

  /** Every entry, as the copies of this place or as the database has it. */
  async entries(/** @type {Store & { fresh?: boolean }} */ { namespace, options, fresh = false }) {
    const storage = await sealedStoreOf(namespace, options);
    return Object.fromEntries(await (await storage.with({ fresh })).getAll());
  },

  /** Waits until a place's own copies show these entries; gives what they show. */
  async entriesOnce(/** @type {Store & { expected: Record<string, string> }} */ { namespace, options, expected }) {
    const storage = await sealedStoreOf(namespace, options);
    const wanted = sorted(new Map(Object.entries(expected)));
    await until(async () => sorted(await storage.getAll()) === wanted);
    return Object.fromEntries(await storage.getAll());
  },

  /** What lies in the database: the ring's generation and data key id, the revision, and the data key ids of records. */
  async stored(/** @type {Store} */ { namespace }) {
    const database = await answer(indexedDB.open("keyfold"));
    const transaction = database.transaction(["rings", "revisions", "records"]);
    const range = IDBKeyRange.bound([namespace], [namespace, []]);
    const [ring, revision, records] = await Promise.all([
      answer(transaction.objectStore("rings").get(namespace)),
      answer(transaction.objectStore("revisions").get(namespace)),
      answer(transaction.objectStore("records").getAll(range)),
    ]);
    database.close();
    const bytes = ring && new Uint8Array(ring.ring);
    return {
      generation: ring ? Number(new DataView(ring.ring).getBigUint64(9)) : 0,
      key: ring ? hex(bytes.slice(17, 33)) : "",
      revision: /** @type {number | undefined} */ (revision),
      keysOfRecords: /** @type {ArrayBuffer[]} */ (records).map((record) => hex(new Uint8Array(record, 1, 16))),
      records: /** @type {ArrayBuffer[]} */ (records).map((record) => hex(new Uint8Array(record))),
    };
  },

  /** Notes what a watcher is told. */
  async watch(/** @type {Store} */ { namespace, options }) {
    const lines = told.get(namespace) ?? [];
    told.set(namespace, lines);
    (await sealedStoreOf(namespace, options)).watch((change) => lines.push(describe(change)));
  },

  /** What was told until it was told of this last change; after some seconds, so far. */
  async toldUntil(/** @type {{ namespace: string, last: string, patience?: number }} */ { namespace, last, patience }) {
    const lines = told.get(namespace) ?? [];
    await until(() => lines.includes(last), patience);
    return lines.splice(0);
  },

  /**
   * First writes at once, one namespace a round, each of some calls.
   * @param {{ race: { places: number, rounds: number }, name: string, me: string, calls: number }} plan
   */
  firstWrites: ({ race, name, me, calls }) =>
    inRounds(race, (round) =>
      Promise.all(
        Array.from({ length: calls }, async (_, call) => {
          const [namespace, key, begun] = [`${name}${round}`, `${me}.${call}`, now()];
          // Every other call through a handle of its own.
          const storage = await (call % 2 === 0 ? sealedStoreOf : open)(namespace);
          await storage.set(key, `${namespace} ${key}`);
          return { namespace, key, begun, acknowledged: now() };
        }),
      ),
    ).then((written) => written.flat()),

  /**
   * What of this cannot be read. A place may hear of another's writes late, so it is asked again for a while.
   * @param {{ namespace: string, key: string }[]} written
   */
  async unreadable(written) {
    const isUnreadable = async (/** @type {{ namespace: string, key: string }} */ { namespace, key }) => {
      const value = await outcome(sealedStoreOf(namespace).then((storage) => storage.get(key)));
      return value !== `${namespace} ${key}` && `${namespace} ${key}: ${value}`;
    };
    let bad = /** @type {unknown[]} */ ([]);
    await until(async () => (bad = (await Promise.all(written.map(isUnreadable))).filter(Boolean)).length === 0);
    return bad;
  },

  /**
   * Opens at once, one namespace a round, with a passphrase of one's own; gives what came of it.
   * @param {{ race: { places: number, rounds: number }, name: string, unlock: Unlock }} plan
   */
  firstOpens: ({ race, name, unlock }) => inRounds(race, (round) => outcome(open(`${name}${round}`, { unlock }).then(({ protection }) => protection))),

  /**
   * Makes changes at random for some time, through two handles and one that reads afresh, each one call after the
   * other, and looks whether what it has written itself is what it reads.
   * @param {Churn} plan
   */
  churn: (plan) => churn(plan),

  /**
   * Writes numbers without end, three entries at once, and changes the keys now and then. The page's `note` has heard
   * what is begun before it is, and hears what is done.
   * @param {Store & { from: number }} plan
   */
  async writeOn({ namespace, from }) {
    const { note } = /** @type {{ note: (namespace: string, what: string, n: number) => Promise<void> }} */ (/** @type {unknown} */ (globalThis));
    const storage = await sealedStoreOf(namespace);
    // The module that changes keys is loaded before: no writer lives long.
    await storage.unlocks();
    for (let n = from + 1, rotations = 0; ; n += 1) {
      await note(namespace, "begun", n);
      await storage.setAll({ one: `${n}`, other: `${n}`, [`of ${n % 5}`]: `${n}` });
      note(namespace, "acknowledged", n);
      if (n % 4 !== 0) continue;
      await note(namespace, "rotating", (rotations += 1));
      await storage.rotate();
      note(namespace, "rotated", rotations);
    }
  },

  /** What a place says when all is quiet: its own reads, what its watcher was told, and the replay of that. */
  async settled(/** @type {{ namespace: string, truth: Record<string, string> }} */ { namespace, truth }) {
    const storage = await sealedStoreOf(namespace);
    const { replay, changes } = /** @type {Watcher} */ (watchers.get(namespace));
    const wanted = sorted(new Map(Object.entries(truth)));
    await until(async () => sorted(await storage.getAll()) === wanted && sorted(replay) === wanted);
    return { known: Object.fromEntries(await storage.getAll()), fresh: Object.fromEntries(await (await storage.with({ fresh: true })).getAll()), replay: Object.fromEntries(replay), changes };
  },
};

/**
 * @typedef {object} Churn
 * @property {{ places: number, rounds: number }} race how many begin at once, when all of them watch
 * @property {string} namespace
 * @property {string} me what this place's keys begin with
 * @property {number} seed
 * @property {number} milliseconds how long
 * @property {boolean} [clears] whether entries of all are removed at once, by any place
 * @property {boolean} [rotates] whether keys are changed, by any place
 */

/**
 * @typedef {object} Watcher
 * @property {Map<string, string>} replay what the entries are by what was told
 * @property {Change[]} changes
 */

/** @type {Map<string, Watcher>} */
const watchers = new Map();

/** Follows a namespace by what is told: what was set is read. */
async function follow(/** @type {string} */ namespace) {
  const [storage, reader] = await Promise.all([sealedStoreOf(namespace), open(namespace)]);
  /** @type {Watcher} */
  const watcher = { replay: new Map(), changes: [] };
  watchers.set(namespace, watcher);
  let last = Promise.resolve();
  const note = async (/** @type {Change} */ { kind, key = "" }) => {
    const value = kind === "set" ? await reader.get(key) : undefined;
    if (kind === "clear") watcher.replay.clear();
    else if (value === undefined) watcher.replay.delete(key);
    else watcher.replay.set(key, value);
  };
  storage.watch((change) => {
    watcher.changes.push(change);
    last = last.then(() => note(change));
  });
  for (const [key, value] of await reader.getAll()) watcher.replay.set(key, value);
  return watcher;
}

/** @param {Churn} plan */
async function churn({ race, namespace, me, seed, milliseconds, clears = false, rotates = false }) {
  const random = randomFrom(seed);
  const below = (/** @type {number} */ bound) => Math.floor(random() * bound);
  const keys = Array.from({ length: 8 }, (_, n) => `${me}.${n}`);
  const storage = await sealedStoreOf(namespace);
  const handles = [storage, await open(namespace), await storage.with({ fresh: true })];
  const handle = () => /** @type {Storage} */ (handles[below(handles.length)]);
  const key = () => /** @type {string} */ (keys[below(keys.length)]);
  await follow(namespace);
  /** What this place has written, and not removed. @type {Map<string, string>} */
  const mine = new Map();
  const wrong = /** @type {string[]} */ ([]);
  const count = { calls: 0, set: 0, remove: 0, clear: 0, rotate: 0 };

  const look = (/** @type {string} */ at, /** @type {string | undefined} */ value, /** @type {string} */ verb) => {
    if (value === mine.get(at) || (clears && value === undefined)) return;
    wrong.push(`${me}, call ${count.calls}: ${verb} of ${at} gave ${value}, not ${mine.get(at)}`);
  };
  const steps = {
    async set() {
      const [at, value] = [key(), `${me} ${count.calls}`];
      await handle().set(at, value);
      mine.set(at, value);
      count.set += 1;
    },
    async setAll() {
      const entries = keys.filter(() => random() < 0.4).map((at) => /** @type {const} */ ([at, `${me} ${count.calls}`]));
      await handle().setAll(entries);
      for (const [at, value] of entries) mine.set(at, value);
      count.set += entries.length;
    },
    async remove() {
      const at = key();
      const removed = await handle().remove(at);
      if (removed !== mine.has(at) && !clears) wrong.push(`${me}, call ${count.calls}: remove of ${at} gave ${removed}`);
      if (removed) count.remove += 1;
      mine.delete(at);
    },
    async get() {
      const at = key();
      look(at, await handle().get(at), "get");
    },
    async getAll() {
      const all = await handle().getAll();
      for (const at of keys) look(at, all.get(at), "getAll");
    },
    async clear() {
      await handle().clear();
      mine.clear();
      count.clear += 1;
    },
    async rotate() {
      const given = await outcome(handle().rotate());
      // Others may keep writing for as long as it tries.
      if (given === "done") count.rotate += 1;
      else if (given !== "unavailable") wrong.push(`${me}, call ${count.calls}: rotate gave ${given}`);
    },
  };
  const choose = () => {
    const chance = random();
    if (clears && chance < 0.01) return steps.clear;
    if (rotates && chance < 0.015) return steps.rotate;
    if (chance < 0.25) return steps.set;
    if (chance < 0.32) return steps.setAll;
    if (chance < 0.42) return steps.remove;
    return chance < 0.9 ? steps.get : steps.getAll;
  };
  await inRounds(race, async () => {});
  for (const end = now() + milliseconds; now() < end; ) {
    count.calls += 1;
    await choose()().catch((error) => wrong.push(`${me}, call ${count.calls}: ${error.code} ${error.message}`));
    // Bursts, and pauses in which news arrive.
    if (random() < 0.1) await new Promise((resolve) => setTimeout(resolve, below(20)));
  }
  return { me, count, wrong };
}
