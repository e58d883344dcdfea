// Reads a sealed store from both sides: what an app reads, and what lies in IndexedDB. The two cannot be matched,
// because names are hidden.

/** @import { SecureStorage, Unreadable } from "/keyfold/index.js" */
/** @import { Outcome, Wanted } from "./flutter-reading.js" */
/** @import { Fault } from "./row-parts.js" */
/** @import { FoundSealed, RawStore } from "./raw-sealed.js" */
import { partsOf } from "./errors.js";
import { openEach, pick } from "./flutter-reading.js";
import { rawStore, sealedStores } from "./raw-sealed.js";

/**
 * @typedef {object} SealedReading
 * @property {boolean} locked
 * @property {(Outcome & { key: string })[]} entries those that are to be shown, in the order of their keys
 * @property {number} matching how many the filter lets through
 * @property {number} total how many there are
 * @property {readonly Unreadable[]} unreadable records that do not open: their names are inside
 * @property {RawStore | undefined} raw
 * @property {FoundSealed[]} others of the same database
 * @property {Fault} [trouble] why no entry at all can be opened
 */

/** @typedef {Pick<SealedReading, "entries" | "matching" | "total" | "unreadable" | "trouble">} Opened */

/** @type {Opened} */
const NOTHING = { entries: [], matching: 0, total: 0, unreadable: [], trouble: undefined };

/**
 * @param {SecureStorage} storage
 * @param {string} database
 * @param {Wanted & { records: number }} wanted `records`: at most so many
 * @returns {Promise<SealedReading>}
 */
export async function readSealed(storage, database, { records, ...wanted }) {
  const opened = storage.locked ? NOTHING : await openWanted(storage, wanted);
  const [raw, stores] = await Promise.all([rawStore(database, storage.namespace, records), sealedStores(database)]);
  const others = stores.filter(({ namespace }) => namespace !== storage.namespace);
  // If the keys were changed elsewhere, this call makes the handle notice that it is locked.
  return { locked: storage.locked, raw, others, ...(storage.locked ? NOTHING : opened) };
}

/**
 * @param {SecureStorage} storage
 * @param {Wanted} wanted
 * @returns {Promise<Opened>}
 */
async function openWanted(storage, wanted) {
  try {
    const { readable, unreadable } = await storage.verify();
    const { shown, matching } = pick(readable, wanted);
    const entries = await openEach(storage, shown);
    // Not those that were removed between the two reads.
    return { entries: entries.filter(({ value, fault }) => value !== undefined || fault !== undefined), matching, total: readable.length, unreadable };
  } catch (error) {
    return { ...NOTHING, trouble: partsOf(error) };
  }
}
