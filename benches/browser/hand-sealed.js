// The sealed layout (FORMAT.md) in JavaScript as one would write it by hand for speed: all records lie in a Map, ready for
// WebCrypto, and nothing is checked: not whether another tab wrote, and not whose entry a record is.

import { fromUtf8, toUtf8 } from "./text.js";

const { subtle } = crypto;

const MAGIC = toUtf8("keyfold\0");
const VERSION = Uint8Array.of(1);
const NONCE_BYTES = 12;
const HEAD_BYTES = 1 + 16 + NONCE_BYTES;
const CHECKSUM_BYTES = 32;

/** What WebCrypto needs to open a record, and where its value starts in what that gives. @typedef {{ how: { name: string, iv: Uint8Array<ArrayBuffer>, additionalData: Uint8Array<ArrayBuffer> }, ciphertext: Uint8Array<ArrayBuffer>, value: number }} Sealed */

/**
 * @param {string} namespace
 * @param {string} name of the database
 */
export async function open(namespace, name) {
  const database = await answer(indexedDB.open(name));
  const stores = ["rings", "records"];
  const transaction = database.transaction(stores);
  const { ring: bytes, deviceKey: key } = await answer(transaction.objectStore("rings").get(namespace));
  const ring = new Uint8Array(bytes);
  const body = ring.subarray(0, -CHECKSUM_BYTES);
  const head = body.subarray(0, -60);
  const id = head.subarray(17, 33);
  const [iv, sealedNameKey] = [body.subarray(-60, -48), body.subarray(-48)];
  const aad = (/** @type {string} */ kind, /** @type {Uint8Array[]} */ ...parts) => joined(...[MAGIC, VERSION, toUtf8(kind), toUtf8(namespace), ...parts].flatMap(prefixed));
  const nameKey = await subtle.decrypt({ name: "AES-GCM", iv, additionalData: aad("name-key", head) }, key, sealedNameKey);
  const hmac = await subtle.importKey("raw", nameKey, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);

  /** @type {Map<string, Sealed>} */
  const records = new Map();
  /** @type {Map<string, Uint8Array<ArrayBuffer>>} */
  const storedNames = new Map();

  async function storedName(/** @type {string} */ name) {
    const known = storedNames.get(name);
    if (known) return known;
    const made = new Uint8Array(await subtle.sign("HMAC", hmac, joined(...prefixed(toUtf8(namespace)), toUtf8(name))));
    storedNames.set(name, made);
    return made;
  }

  const openText = async (/** @type {Sealed} */ { how, ciphertext, value }) =>
    fromUtf8(new Uint8Array(await subtle.decrypt(how, key, ciphertext), value));

  const store = {
    async get(/** @type {string} */ name) {
      const record = records.get(name);
      return record && openText(record);
    },

    async getAll() {
      const values = await Promise.all(Array.from(records.values(), openText));
      return new Map(Array.from(records.keys(), (name, n) => [name, /** @type {string} */ (values[n])]));
    },

    set: (/** @type {string} */ name, /** @type {string} */ value) => store.setAll([[name, value]]),

    async setAll(/** @type {[string, string][]} */ entries) {
      const sealed = await Promise.all(entries.map(async ([name, value]) => {
        const [at, nameBytes] = [await storedName(name), toUtf8(name)];
        const how = { name: "AES-GCM", iv: crypto.getRandomValues(new Uint8Array(NONCE_BYTES)), additionalData: aad("record", at, id) };
        const ciphertext = new Uint8Array(await subtle.encrypt(how, key, joined(...prefixed(nameBytes), toUtf8(value))));
        return { name, at, how, ciphertext, value: 4 + nameBytes.length };
      }));
      const transaction = database.transaction("records", "readwrite");
      const table = transaction.objectStore("records");
      for (const { at, how, ciphertext } of sealed) table.put(joined(VERSION, id, how.iv, ciphertext).buffer, [namespace, at.buffer]);
      const done = new Promise((resolve, reject) => {
        transaction.oncomplete = resolve;
        transaction.onabort = reject;
      });
      transaction.commit();
      await done;
      for (const { name, how, ciphertext, value } of sealed) records.set(name, { how, ciphertext, value });
    },

    /** Reads what others wrote. */
    async reload() {
      const range = IDBKeyRange.bound([namespace], [namespace, []]);
      const table = database.transaction("records").objectStore("records");
      const [keys, values] = await Promise.all([answer(table.getAllKeys(range)), answer(table.getAll(range))]);
      records.clear();
      await Promise.all(keys.map(async (/** @type {any} */ key_, /** @type {number} */ n) => {
        const record = new Uint8Array(values[n]);
        const how = { name: "AES-GCM", iv: record.subarray(HEAD_BYTES - NONCE_BYTES, HEAD_BYTES), additionalData: aad("record", new Uint8Array(key_[1]), id) };
        const ciphertext = record.subarray(HEAD_BYTES);
        const plaintext = await subtle.decrypt(how, key, ciphertext);
        const value = 4 + new DataView(plaintext).getUint32(0);
        records.set(fromUtf8(plaintext.slice(4, value)), { how, ciphertext, value });
      }));
    },

    close: () => database.close(),
  };
  return store;
}

/** @returns {Promise<any>} */
const answer = (/** @type {IDBRequest} */ request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

function prefixed(/** @type {Uint8Array} */ bytes) {
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, bytes.length);
  return [length, bytes];
}

function joined(/** @type {Uint8Array[]} */ ...parts) {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
