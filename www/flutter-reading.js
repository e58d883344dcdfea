// Reads a store of the flutter layout from both sides: what an app reads, and what lies in the storage area.

/** @import { SecureStorage } from "/keyfold/index.js" */
/** @import { Fault } from "./row-parts.js" */
import { partsOf } from "./errors.js";
import { rawEntries } from "./raw-flutter.js";

/**
 * One entry: its `value`, or the `fault` that kept it from being read, with its `bytes` where it is only
 * not text.
 *
 * @typedef {object} Entry
 * @property {string} key
 * @property {string} name its name in the storage area
 * @property {string} text what lies there
 * @property {string} [value]
 * @property {Uint8Array} [bytes]
 * @property {Fault} [fault]
 */

/**
 * @typedef {object} Reading
 * @property {string | null} keyText the data key's entry
 * @property {Entry[]} entries those that are to be shown, in the order of their keys
 * @property {number} matching how many the filter lets through
 * @property {number} total how many there are
 * @property {{ name: string, passedOver: boolean }[]} others names of the area that are not this store's
 * @property {Fault} [trouble] why no entry at all can be opened
 */

/** @typedef {{ filter: string, limit: number }} Wanted which entries are to be shown: a part of their keys, and how many */

/**
 * @param {SecureStorage} storage
 * @param {Storage} area
 * @param {Wanted} wanted
 * @returns {Promise<Reading>}
 */
export async function readFlutter(storage, area, wanted) {
  const keys = await storage.keys();
  const { namespace } = storage;
  const { entries, matching, passedOver, trouble } = await openWanted(storage, keys, wanted);
  const own = new Set([namespace, ...keys.map((key) => `${namespace}.${key}`)]);
  const others = rawEntries(area)
    .filter(({ name }) => !own.has(name))
    .map(({ name }) => ({ name, passedOver: passedOver.has(name) }));
  const stored = entries.map((entry) => {
    const name = `${namespace}.${entry.key}`;
    return { ...entry, name, text: area.getItem(name) ?? "" };
  });
  return { keyText: area.getItem(namespace), entries: stored, matching, total: keys.length, others, trouble };
}

/** @typedef {Pick<Entry, "value" | "bytes" | "fault">} Outcome what opening an entry gave */

/**
 * The keys to show, and how many the filter lets through.
 *
 * @param {readonly string[]} keys
 * @param {Wanted} wanted
 */
export function pick(keys, { filter, limit }) {
  const matching = keys.filter((key) => key.includes(filter)).sort();
  return { shown: matching.slice(0, limit), matching: matching.length };
}

/**
 * @param {SecureStorage} storage
 * @param {string[]} keys
 * @param {Wanted} wanted
 * @returns {Promise<{ entries: (Outcome & { key: string })[], matching: number, passedOver: Set<string>, trouble?: Fault }>}
 */
async function openWanted(storage, keys, wanted) {
  const { shown, matching } = pick(keys, wanted);
  try {
    const [entries, { passedOver }] = await Promise.all([openEach(storage, shown), storage.verify()]);
    return { entries, matching, passedOver: new Set(passedOver) };
  } catch (error) {
    const fault = partsOf(error);
    return { entries: shown.map((key) => ({ key, fault })), matching, passedOver: new Set(), trouble: fault };
  }
}

/**
 * @param {SecureStorage} storage
 * @param {string[]} keys
 */
export function openEach(storage, keys) {
  return Promise.all(keys.map(async (key) => ({ key, ...(await openOne(storage, key)) })));
}

/**
 * An entry's value, or why it cannot be read; its bytes, where it is only not text.
 *
 * @param {SecureStorage} storage
 * @param {string} key
 * @returns {Promise<Outcome>}
 */
async function openOne(storage, key) {
  try {
    return { value: await storage.get(key) };
  } catch (error) {
    const fault = partsOf(error);
    return { fault, bytes: fault.code === "not-text" ? await storage.getBytes(key) : undefined };
  }
}

/** @param {Uint8Array} bytes */
export function hex(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(" ");
}
