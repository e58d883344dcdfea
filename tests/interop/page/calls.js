// Calls keyfold for Python, which can receive neither a Map nor undefined nor an Error as they are.

import { SecureStorage, StorageError } from "/keyfold/index.js";

const handles = [];
const changes = [];

/** Opens a namespace and gives the number of its handle. */
export const open = (namespace, options) => reply(async () => handles.push(await SecureStorage.open(namespace, options)) - 1);

/** Calls a method of a handle. */
export const call = (handle, method, args) => reply(() => handles[handle][method](...args));

/** Copies one handle's entries into another. */
export const importFrom = (handle, source) => reply(() => handles[handle].importFrom(handles[source]));

/** Notes what a handle's watch reports, from now on. */
export const watch = (handle) => reply(() => void handles[handle].watch((change) => changes.push(change)));

/** What the watches have reported. */
export const watched = () => reply(() => changes);

/** Empties what the origin and this tab have stored, keyfold's claims with it. */
export async function reset() {
  for (const handle of handles.splice(0)) handle.close();
  changes.length = 0;
  localStorage.clear();
  sessionStorage.clear();
  for (const { name } of await indexedDB.databases()) await emptyDatabase(name);
}

/** Stores are emptied rather than deleted: deletion would wait for every open connection. */
function emptyDatabase(name) {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(name);
    request.onerror = () => reject(request.error);
    request.onsuccess = () => {
      const database = request.result;
      const stores = [...database.objectStoreNames];
      if (stores.length === 0) return resolve(database.close());
      const transaction = database.transaction(stores, "readwrite");
      for (const store of stores) transaction.objectStore(store).clear();
      transaction.oncomplete = () => resolve(database.close());
      transaction.onabort = () => reject(transaction.error);
    };
  });
}

const PATIENCE_MS = 20_000;

/** Without it a call that never settles would hold up the whole run. */
function silence() {
  return new Promise((_, reject) => setTimeout(() => reject(new Error(`no answer within ${PATIENCE_MS} ms`)), PATIENCE_MS));
}

async function reply(operation) {
  try {
    const result = await Promise.race([operation(), silence()]);
    return { result: result instanceof Map ? { map: [...result] } : (result ?? null) };
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
    const { code, message, key = null, argument = null } = error;
    return { error: { code, message, key, argument } };
  }
}
