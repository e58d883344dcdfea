// Reads a sealed store from both sides: what an app gets, and what lies in IndexedDB. The two cannot be matched:
// which record is which entry is what the hidden names hide.

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
  // Where the keys were changed elsewhere, the handle finds itself locked by being asked.
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
    // It was there for one of the two reads only.
    return { entries: entries.filter(({ value, fault }) => value !== undefined || fault !== undefined), unreadable };
  } catch (error) {
    return { entries: [], unreadable: [], trouble: partsOf(error) };
  }
}
