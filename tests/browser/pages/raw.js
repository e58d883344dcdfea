// What lies in IndexedDB, without the package: how a test looks at it, keeps a copy of it, and changes what keyfold wrote.

/**
 * A namespace of the sealed layout as it is stored.
 * @typedef {object} Stored
 * @property {Uint8Array<ArrayBuffer>} [ring]
 * @property {CryptoKey} [deviceKey]
 * @property {number} [revision]
 * @property {[storedName: Uint8Array<ArrayBuffer>, record: Uint8Array<ArrayBuffer>][]} records
 */

const STORES = ["rings", "revisions", "records"];

/** @template T @param {IDBRequest<T>} request @returns {Promise<T>} */
export const answer = (request) =>
  new Promise((resolve, reject) => Object.assign(request, { onsuccess: () => resolve(request.result), onerror: () => reject(request.error) }));

/** Whether there is such a database: opening it would make it. */
const isThere = async (/** @type {string} */ name) => (await indexedDB.databases()).some((database) => database.name === name);

/**
 * Acts on a database that is there, and is in nobody's way meanwhile.
 * @template T
 * @param {string} name
 * @param {(database: IDBDatabase) => Promise<T>} act
 */
async function within(name, act) {
  const database = await answer(indexedDB.open(name));
  database.onversionchange = () => database.close();
  try {
    return await act(database);
  } finally {
    database.close();
  }
}

/**
 * Deletes a database. Never ends if somebody is in the way.
 * @param {string} name
 */
export const remove = (name = "keyfold") => answer(indexedDB.deleteDatabase(name));

const rangeOf = (/** @type {string} */ namespace) => IDBKeyRange.bound([namespace], [namespace, []]);

const bytesOf = (/** @type {unknown} */ value) => new Uint8Array(value instanceof ArrayBuffer ? value.slice(0) : []);

/**
 * What is stored of a namespace. It can be changed and given to {@link write}.
 * @param {string} namespace
 * @returns {Promise<Stored>}
 */
export const read = (namespace, name = "keyfold") =>
  within(name, async (database) => {
    const [rings, revisions, records] = STORES.map((store) => database.transaction(STORES).objectStore(store));
    if (!rings || !revisions || !records) throw new Error("no stores");
    const [stored, revision, keys, values] = await Promise.all([
      answer(rings.get(namespace)), answer(revisions.get(namespace)), answer(records.getAllKeys(rangeOf(namespace))), answer(records.getAll(rangeOf(namespace))),
    ]);
    return {
      ...(stored && { ring: bytesOf(stored.ring), deviceKey: stored.deviceKey }),
      ...(revision !== undefined && { revision }),
      records: values.map((value, n) => [bytesOf(/** @type {any} */ (keys[n])[1]), bytesOf(value)]),
    };
  });

/**
 * Puts this in the place of what is stored of a namespace, and makes the database where there is none.
 * @param {string} namespace
 * @param {Stored} stored
 */
export async function write(namespace, { ring, deviceKey, revision, records }, name = "keyfold") {
  await make(name);
  await change(name, (stores) => {
    stores.rings.delete(namespace);
    stores.revisions.delete(namespace);
    stores.records.delete(rangeOf(namespace));
    if (ring) stores.rings.put({ ring: new Uint8Array(ring).buffer, ...(deviceKey && { deviceKey }) }, namespace);
    if (revision !== undefined) stores.revisions.put(revision, namespace);
    for (const [storedName, record] of records) stores.records.put(new Uint8Array(record).buffer, [namespace, new Uint8Array(storedName).buffer]);
  });
}

/**
 * Puts any value into one of the object stores.
 * @param {"rings" | "revisions" | "records"} store
 * @param {IDBValidKey} key
 * @param {unknown} value
 */
export const put = (store, key, value, name = "keyfold") => change(name, (stores) => void stores[store].put(value, key));

/**
 * @param {string} name
 * @param {(stores: Record<"rings" | "revisions" | "records", IDBObjectStore>) => void} act
 */
const change = (name, act) =>
  within(name, (database) => {
    const transaction = database.transaction(STORES, "readwrite");
    const done = new Promise((resolve, reject) => Object.assign(transaction, { oncomplete: resolve, onabort: () => reject(transaction.error) }));
    act(/** @type {any} */ (Object.fromEntries(STORES.map((store) => [store, transaction.objectStore(store)]))));
    return done;
  });

/** Makes the database as FORMAT.md says, unless it is there. */
async function make(/** @type {string} */ name) {
  if (await isThere(name)) return;
  const request = indexedDB.open(name, 1);
  request.onupgradeneeded = () => STORES.forEach((store) => request.result.createObjectStore(store));
  (await answer(request)).close();
}

/**
 * Opens a database as a newer version does, and closes it. Never ends if somebody is in the way.
 * @param {string} name
 */
export async function upgrade(name = "keyfold", version = 2) {
  (await answer(indexedDB.open(name, version))).close();
}

/**
 * A ring with the checksum that fits its other bytes.
 * @param {Uint8Array<ArrayBuffer>} ring
 */
export async function withChecksum(ring) {
  const body = ring.slice(0, -32);
  return new Uint8Array([...body, ...new Uint8Array(await crypto.subtle.digest("SHA-256", body))]);
}

export const hex = (/** @type {Uint8Array} */ bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

export const fromHex = (/** @type {string} */ hex) => Uint8Array.from(hex.match(/../g) ?? [], (byte) => parseInt(byte, 16));

/** Everything that lies in IndexedDB, as one text; empty where that is blocked. Keys are told by what can be seen of them. */
export async function text() {
  try {
    const databases = (await indexedDB.databases()).sort((a, b) => ((a.name ?? "") < (b.name ?? "") ? -1 : 1));
    const all = await Promise.all(databases.map(async ({ name = "", version }) => /** @type {const} */ ([name, version, await contents(name)])));
    // A read of the flutter layout makes the database of claims and leaves it empty, which is as if it were not there.
    return JSON.stringify(all.filter(([name, , stores]) => name !== "keyfold-claims" || stores.some(([, entries]) => entries.length > 0)));
  } catch {
    return "[]";
  }
}

const contents = (/** @type {string} */ name) =>
  within(name, (database) =>
    Promise.all(
      [...database.objectStoreNames].map(async (name) => {
        const store = database.transaction(name).objectStore(name);
        const [keys, values] = await Promise.all([answer(store.getAllKeys()), answer(store.getAll())]);
        return /** @type {const} */ ([name, keys.map((key, n) => [plain(key), plain(values[n])])]);
      }),
    ),
  );

/** @returns {unknown} */
function plain(/** @type {any} */ value) {
  if (value instanceof ArrayBuffer) return hex(new Uint8Array(value));
  if (ArrayBuffer.isView(value)) return { view: hex(new Uint8Array(value.buffer)) };
  if (value instanceof CryptoKey) return { algorithm: value.algorithm.name, extractable: value.extractable, usages: value.usages };
  if (Array.isArray(value)) return value.map(plain);
  return typeof value === "object" && value !== null ? Object.fromEntries(Object.entries(value).map(([name, value]) => [name, plain(value)])) : value;
}
