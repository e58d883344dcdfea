// Reads a sealed store from both sides: what an app reads, and what lies in IndexedDB. The two cannot be matched,
// because names are hidden.

/** @import { SecureStorage, Unreadable } from "/keyfold/index.js" */
/** @import { Outcome } from "./flutter-reading.js" */
/** @import { Fault } from "./row-parts.js" */
/** @import { FoundSealed, RawStore } from "./raw-sealed.js" */
import { partsOf } from "./errors.js";
import { openOne } from "./flutter-reading.js";
import { rawStore, sealedStores } from "./raw-sealed.js";

/**
 * @typedef {object} SealedReading
 * @property {boolean} locked
 * @property {(Outcome & { key: string })[]} entries
 * @property {readonly Unreadable[]} unreadable records that do not open: their names are inside
 * @property {RawStore | undefined} raw
 * @property {FoundSealed[]} others of the same database
 * @property {Fault} [trouble] why no entry at all can be opened
 */

/**
 * @param {SecureStorage} storage
 * @param {string} database
 * @returns {Promise<SealedReading>}
 */
export async function readSealed(storage, database) {
  const opened = storage.locked ? { entries: [], unreadable: [] } : await openAll(storage);
  const [raw, stores] = await Promise.all([rawStore(database, storage.namespace), sealedStores(database)]);
  const others = stores.filter(({ namespace }) => namespace !== storage.namespace);
  // If the keys were changed elsewhere, this call makes the handle notice that it is locked.
  return { locked: storage.locked, raw, others, ...opened, ...(storage.locked && { entries: [], unreadable: [], trouble: undefined }) };
}

/**
 * @param {SecureStorage} storage
 * @returns {Promise<Pick<SealedReading, "entries" | "unreadable" | "trouble">>}
 */
async function openAll(storage) {
  try {
    const [values, { readable, unreadable }] = await Promise.all([storage.getAll({ skipUnreadable: true }), storage.verify()]);
    const keys = [...new Set([...values.keys(), ...readable])].sort();
    const entries = [];
    for (const key of keys) {
      const value = values.get(key);
      entries.push({ key, ...(value === undefined ? await openOne(storage, key) : { value }) });
    }
    // Only one of the two reads found it.
    return { entries: entries.filter(({ value, fault }) => value !== undefined || fault !== undefined), unreadable };
  } catch (error) {
    return { entries: [], unreadable: [], trouble: partsOf(error) };
  }
}
