// A sealed store as stored in IndexedDB: the ring and the records, read without the package, as anyone with a copy of the
// browser's profile could. FORMAT.md has the bytes.

/** @typedef {{ name: string, bytes: Uint8Array<ArrayBuffer> }} RawRecord `name` in hex: what hides the entry's name */
/** @typedef {{ generation: bigint, keyId: string, kinds: string[] }} RingFacts `kinds` of unlocks, the device first */

/**
 * @typedef {object} RawStore
 * @property {Uint8Array<ArrayBuffer>} ring
 * @property {CryptoKey} [deviceKey]
 * @property {RawRecord[]} records
 * @property {number} total how many records there are
 */

/** @typedef {{ namespace: string, kind: string, entries: number, database: string }} FoundSealed */

/** The package's own database, for apps that name none. */
export const DATABASE = "keyfold";

/** The parts of a record: version, data key id, nonce. */
export const RECORD_PARTS = /** @type {const} */ ([["version", 1], ["key-id", 16], ["nonce", 12]]);

const GENERATION_AT = 9;
const KEY_ID_AT = 17;
const WAYS_AT = 33;
const SLOT_KINDS = ["unknown", "passphrase", "app-key", "passkey"];
const STORES = ["rings", "records", "revisions"];

/**
 * @param {string} database
 * @param {string} namespace
 * @param {number} [limit] how many records are read; without it all
 * @returns {Promise<RawStore | undefined>} undefined where there is no such store
 */
export function rawStore(database, namespace, limit) {
  return transact(database, "readonly", async (stores) => {
    const [ring, names, records, total] = await Promise.all([
      result(stores.rings.get(namespace)),
      result(stores.records.getAllKeys(recordsOf(namespace), limit)),
      result(stores.records.getAll(recordsOf(namespace), limit)),
      result(stores.records.count(recordsOf(namespace))),
    ]);
    if (ring === undefined && records.length === 0) return undefined;
    return {
      ring: new Uint8Array(ring?.ring ?? new ArrayBuffer(0)),
      deviceKey: ring?.deviceKey,
      records: names.map((name, index) => ({ name: plainHex(new Uint8Array(/** @type {any} */ (name)[1])), bytes: new Uint8Array(records[index]) })),
      total,
    };
  });
}

/**
 * Every store of a database.
 *
 * @param {string} database
 * @returns {Promise<FoundSealed[]>}
 */
export async function sealedStores(database) {
  const found = await transact(database, "readonly", async (stores) => {
    const [names, rings] = await Promise.all([result(stores.rings.getAllKeys()), result(stores.rings.getAll())]);
    return Promise.all(
      names.map(async (name, index) => {
        const namespace = String(name);
        const kind = ringFacts(new Uint8Array(rings[index].ring)).kinds[0] ?? "unknown";
        return { namespace, kind, entries: await result(stores.records.count(recordsOf(namespace))), database };
      }),
    );
  });
  return found ?? [];
}

/**
 * Replaces a record behind the package's back, as any script of the origin can. The revision and the message on the
 * channel make open stores look again.
 *
 * @param {string} database
 * @param {string} namespace
 * @param {RawRecord} record
 */
export async function putRecord(database, namespace, { name, bytes }) {
  await transact(database, "readwrite", async (stores) => {
    const revision = await result(stores.revisions.get(namespace));
    await Promise.all([
      result(stores.records.put(bytes.buffer, [namespace, bytesOf(name).buffer])),
      result(stores.revisions.put(revision + 1, namespace)),
    ]);
  });
  const channel = new BroadcastChannel(channelName(database, namespace));
  channel.postMessage(null);
  channel.close();
}

/**
 * Tells when any context of the origin has written to the store: a rotation elsewhere changes no entry, but every
 * record.
 *
 * @param {string} database
 * @param {string} namespace
 * @param {() => void} listener
 * @returns {() => void} ends it
 */
export function onWritten(database, namespace, listener) {
  const channel = new BroadcastChannel(channelName(database, namespace));
  channel.onmessage = listener;
  return () => channel.close();
}

/**
 * What a ring shows without a key.
 *
 * @param {Uint8Array<ArrayBuffer>} ring
 * @returns {RingFacts}
 */
export function ringFacts(ring) {
  const view = new DataView(ring.buffer);
  try {
    let at = WAYS_AT;
    const next = () => view.getUint8(at++);
    const skip = () => void (at += 4 + view.getUint32(at));
    /** @type {string[]} */
    const kinds = [];
    for (let ways = next(); ways > 0; ways -= 1) {
      next();
      skip();
      kinds[0] = "device";
    }
    for (let slots = next(); slots > 0; slots -= 1) {
      kinds.push(SLOT_KINDS[view.getUint8(at + 4)] ?? "unknown");
      skip();
    }
    return { generation: view.getBigUint64(GENERATION_AT), keyId: plainHex(ring.slice(KEY_ID_AT, WAYS_AT)), kinds };
  } catch {
    // It is cut off, or not there.
    return { generation: 0n, keyId: "", kinds: [] };
  }
}

const BYTES = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/** @param {Uint8Array} bytes */
export function plainHex(bytes) {
  let hex = "";
  for (const byte of bytes) hex += BYTES[byte];
  return hex;
}

/** @param {string} hex  @returns {Uint8Array<ArrayBuffer>} */
function bytesOf(hex) {
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

/**
 * @param {string} database
 * @param {string} namespace
 */
function channelName(database, namespace) {
  return `keyfold:${database}:${namespace}`;
}

/** @param {string} namespace */
function recordsOf(namespace) {
  return IDBKeyRange.bound([namespace], [namespace, []]);
}

/**
 * @template T
 * @param {string} database
 * @param {IDBTransactionMode} mode
 * @param {(stores: { rings: IDBObjectStore, records: IDBObjectStore, revisions: IDBObjectStore }) => Promise<T>} action
 * @returns {Promise<T | undefined>} undefined where there is no such database of keyfold's
 */
async function transact(database, mode, action) {
  const connection = await connect(database);
  if (connection === undefined) return undefined;
  try {
    if (!STORES.every((name) => connection.objectStoreNames.contains(name))) return undefined;
    const transaction = connection.transaction(STORES, mode);
    const [rings, records, revisions] = STORES.map((name) => transaction.objectStore(name));
    const done = new Promise((resolve, reject) => {
      transaction.oncomplete = resolve;
      transaction.onabort = () => reject(transaction.error);
    });
    const [answer] = await Promise.all([action(/** @type {any} */ ({ rings, records, revisions })), done]);
    return answer;
  } finally {
    connection.close();
  }
}

/**
 * Opens a database that is there, and makes none.
 *
 * @param {string} database
 * @returns {Promise<IDBDatabase | undefined>}
 */
function connect(database) {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(database);
    let missing = false;
    request.onupgradeneeded = () => {
      missing = true;
      request.transaction?.abort();
    };
    request.onsuccess = () => {
      // Nobody who removes the database has to wait for this page.
      request.result.onversionchange = () => request.result.close();
      resolve(request.result);
    };
    request.onerror = (event) => {
      event.preventDefault();
      if (missing) resolve(undefined);
      else reject(request.error);
    };
  });
}

/**
 * @template T
 * @param {IDBRequest<T>} request
 * @returns {Promise<T>}
 */
function result(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
