// Damages one byte of a sealed record so that a person can see what happens, and undoes it.

/** @import { RawRecord } from "./raw-sealed.js" */
import { plainHex, putRecord } from "./raw-sealed.js";

/** @typedef {{ before: RawRecord, after: string, at: number }} Damage */

const FIRST_SEALED_BYTE = 29;

/** What was damaged in one store. */
export class SealedDamages {
  /** @type {Map<string, Damage>} */
  #byName = new Map();
  #database;
  #namespace;

  /**
   * @param {string} database
   * @param {string} namespace
   */
  constructor(database, namespace) {
    this.#database = database;
    this.#namespace = namespace;
  }

  /** @param {RawRecord} record */
  async add(record) {
    const at = FIRST_SEALED_BYTE + Math.floor((record.bytes.length - FIRST_SEALED_BYTE) / 3);
    const bytes = record.bytes.slice();
    bytes[at] = (bytes[at] ?? 0) ^ 0xff;
    await putRecord(this.#database, this.#namespace, { name: record.name, bytes });
    this.#byName.set(record.name, { before: record, after: plainHex(bytes), at });
  }

  /**
   * Puts the bytes back as they were, unless something else has been written since.
   *
   * @param {RawRecord} record
   */
  async undo(record) {
    const damage = this.#byName.get(record.name);
    this.#byName.delete(record.name);
    if (damage?.after === plainHex(record.bytes)) await putRecord(this.#database, this.#namespace, damage.before);
  }

  /**
   * Which byte of this record is damaged; undefined when none is, or it is another record by now.
   *
   * @param {RawRecord} record
   */
  at({ name, bytes }) {
    const damage = this.#byName.get(name);
    return damage?.after === plainHex(bytes) ? damage.at : undefined;
  }
}
