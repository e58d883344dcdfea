// What the tests find on a page, as globals (their types are in ../helpers/page.d.ts).

import * as keyfold from "/keyfold/index.js";
import * as original from "./original.js";
import * as raw from "./raw.js";
import * as reader from "./reader.js";
import { inRounds, now } from "./rounds.js";
import { acts, sealedStoreOf } from "./sealed.js";

/** Every name of a storage area with its text. Not by its properties: a name may be `length`. */
const texts = (/** @type {Storage} */ area) =>
  Array.from({ length: area.length }, (_, n) => area.key(n) ?? "").sort().map((name) => [name, area.getItem(name) ?? ""]);

async function claims() {
  // Opening it would create it.
  if (!(await indexedDB.databases()).some(({ name }) => name === "keyfold-claims")) return [];
  const answer = (/** @type {IDBRequest} */ request) =>
    new Promise((resolve, reject) => Object.assign(request, { onsuccess: () => resolve(request.result), onerror: () => reject(request.error) }));
  const database = await answer(indexedDB.open("keyfold-claims"));
  const store = database.transaction("claims").objectStore("claims");
  const [names, entries] = await Promise.all([answer(store.getAllKeys()), answer(store.getAll())]);
  database.close();
  return names.map((/** @type {string[]} */ name, /** @type {number} */ n) => [name.join(" "), entries[n]]);
}

/** What is no secret, though it lies there. */
const NAMES = ["keyfold-claims"];

/** All names and texts of both storages as one text; empty where they are blocked. */
function lying() {
  try {
    return JSON.stringify([texts(localStorage), texts(sessionStorage)]);
  } catch {
    return "[]";
  }
}

/** The secrets that an error holds: parts of the tests' own, and of what lies in the storages and in IndexedDB. */
function spilt(/** @type {Error} */ error, /** @type {string} */ there) {
  const { message: because } = /** @type {Error} */ (error.cause ?? {});
  const told = [String(error), JSON.stringify(error), error.stack, because].join("\n");
  const parts = there.split(/[".]/).filter((text) => text.length >= 16 && !NAMES.includes(text));
  // Of bytes, which are hex there, some are enough.
  const bytes = parts.filter((text) => /^[0-9a-f]+$/.test(text)).map((text) => text.slice(-24));
  return ["s3cret", "QEFCQ0RF", "EBESExQV", "YGFiY2Rl", "ICEiIyQl", ...parts, ...bytes].filter((secret) => told.includes(secret));
}

/** @type {Map<string, Promise<keyfold.SecureStorage>>} */
const stores = new Map();

/** @type {Map<string, Promise<{ postMessage: (message: unknown, ports: Transferable[]) => void }>>} */
const workers = new Map();

/** The worker of a kind that serves this page, or a script of its own: `dedicated /other.js`. */
function workerOf(/** @type {string} */ name) {
  const [kind, script = "/sealed-worker.js"] = name.split(" ");
  const start = async () => {
    const options = /** @type {const} */ ({ type: "module" });
    if (kind === "dedicated") return new Worker(script, options);
    if (kind === "shared") return new SharedWorker(script, options).port;
    const scope = script === "/sealed-worker.js" ? "/" : script;
    const { installing, waiting, active } = await navigator.serviceWorker.register(script, { ...options, scope });
    const worker = /** @type {ServiceWorker} */ (installing ?? waiting ?? active);
    // Those that do not start never say so by a state of their own.
    while (worker.state === "installing" || worker.state === "installed") await new Promise((resolve) => worker.addEventListener("statechange", resolve, { once: true }));
    return worker;
  };
  if (!workers.has(name)) workers.set(name, start());
  return /** @type {ReturnType<typeof start>} */ (workers.get(name));
}

Object.assign(globalThis, {
  keyfold,
  original,
  raw,
  reader,
  now,
  told: [],

  /** @type {typeof describe} */
  describe: ({ kind, key, remote }) => `${kind} ${key}, ${remote ? "remote" : "own"}`,

  /** @type {typeof openStore} */
  openStore: (namespace, options) => keyfold.SecureStorage.open(namespace, { layout: "flutter", ...options }),

  /** @type {typeof storeOf} */
  storeOf(namespace, options) {
    if (!stores.has(namespace)) stores.set(namespace, openStore(namespace, options));
    return /** @type {Promise<keyfold.SecureStorage>} */ (stores.get(namespace));
  },

  /** @type {typeof failure} */
  failure: async (call) => {
    // What is under way already is listened to, whatever is looked at first.
    if (typeof call !== "function") call.catch(() => {});
    const before = lying() + (await raw.text());
    try {
      await (typeof call === "function" ? call() : call);
    } catch (thrown) {
      const error = /** @type {import("../../../pkg/index.js").StorageError} */ (thrown);
      const { code, key, argument, needs, message, cause } = error;
      const after = lying() + (await raw.text());
      return { code, key, argument, needs: needs && [...needs], message, cause: cause && /** @type {Error} */ (cause).name, ours: thrown instanceof keyfold.StorageError, spilt: spilt(error, after), changed: after !== before };
    }
    return undefined;
  },

  /** @type {typeof stored} */
  stored: async () => ({ local: texts(localStorage), session: texts(sessionStorage), claims: await claims() }),

  inRounds,
  acts,
  sealedStoreOf,

  /** @type {typeof ask} */
  ask: (kind, ...message) =>
    new Promise((resolve, reject) => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = ({ data: { result, error } }) => (error === undefined ? resolve(result) : reject(new Error(`in a ${kind} worker: ${error}`)));
      workerOf(kind).then((worker) => worker.postMessage(message.length === 1 ? message[0] : message, [port2]), reject);
    }),
});
