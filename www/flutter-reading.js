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
 * @property {Entry[]} entries
 * @property {{ name: string, passedOver: boolean }[]} others names of the area that are not this store's
 * @property {Fault} [trouble] why no entry at all can be opened
 */

/**
 * @param {SecureStorage} storage
 * @param {Storage} area
 * @returns {Promise<Reading>}
 */
export async function readFlutter(storage, area) {
  const keys = await storage.keys();
  const opened = await openEach(storage, keys);
  const entries = keys.map((key) => {
    const name = `${storage.namespace}.${key}`;
    return { key, name, text: area.getItem(name) ?? "", ...opened.outcome(key) };
  });
  const own = new Set([storage.namespace, ...entries.map(({ name }) => name)]);
  const others = rawEntries(area)
    .filter(({ name }) => !own.has(name))
    .map(({ name }) => ({ name, passedOver: opened.passedOver.has(name) }));
  return { keyText: area.getItem(storage.namespace), entries, others, trouble: opened.trouble };
}

/** @typedef {Pick<Entry, "value" | "bytes" | "fault">} Outcome what opening an entry gave */

/**
 * @typedef {object} Opened
 * @property {(key: string) => Outcome} outcome
 * @property {Set<string>} passedOver
 * @property {Fault} [trouble]
 */

/**
 * @param {SecureStorage} storage
 * @param {string[]} keys
 * @returns {Promise<Opened>}
 */
async function openEach(storage, keys) {
  try {
    const [values, { passedOver }] = await Promise.all([storage.getAll({ skipUnreadable: true }), storage.verify()]);
    const skipped = new Map();
    for (const key of keys) if (!values.has(key)) skipped.set(key, await openOne(storage, key));
    const outcome = (/** @type {string} */ key) => skipped.get(key) ?? { value: values.get(key) };
    return { outcome, passedOver: new Set(passedOver) };
  } catch (error) {
    const trouble = partsOf(error);
    return { outcome: () => ({ fault: trouble }), passedOver: new Set(), trouble };
  }
}

/**
 * Why an entry was skipped; its bytes, where it is only not text.
 *
 * @param {SecureStorage} storage
 * @param {string} key
 * @returns {Promise<Outcome>}
 */
export async function openOne(storage, key) {
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
