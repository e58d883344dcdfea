// What every call of the package comes to where a global, or a part of one, is not as it should be. Also run in Node.

/** @import { OpenOptions, SecureStorage as Store } from "../../../pkg/index.js" */

/**
 * @param {typeof import("../../../pkg/index.js")} keyfold
 * @param {string} path the global, or `global.part`
 * @param {string} how `none`: it is undefined; `throws`: its getter throws
 * @param {boolean} memoryOnly whether no other store is tried
 * @returns {Promise<string[] | undefined>} what was no StorageError; undefined if the global cannot be taken away
 */
export async function without({ SecureStorage, StorageError }, path, how, memoryOnly = false) {
  // What is needed here is taken first.
  const [wait, stop, Late, denied] = [setTimeout, clearTimeout, Error, new DOMException("denied", "SecurityError")];
  const names = path.split(".");
  const last = names.pop() ?? "";
  const object = names.reduce((object, name) => object?.[name], /** @type {any} */ (globalThis));
  try {
    Object.defineProperty(object, last, { configurable: true, ...(how === "none" ? { value: undefined } : { get: () => { throw denied; } }) });
  } catch {
    return undefined;
  }

  /** @type {string[]} */
  const wrong = [];
  const outcome = async (/** @type {string} */ name, /** @type {() => unknown} */ call) => {
    /** @type {any} */
    let timer;
    try {
      const late = new Promise((_, reject) => (timer = wait(() => reject(new Late("it waits for ever")), 30_000)));
      return await Promise.race([call(), late]);
    } catch (thrown) {
      const error = /** @type {import("../../../pkg/index.js").StorageError} */ (thrown);
      if (!(error instanceof StorageError) || typeof error.code !== "string" || error.message === "") wrong.push(`${path}: ${name}: ${error}`);
      return undefined;
    } finally {
      stop(timer);
    }
  };

  const appKey = { appKey: new Uint8Array(32) };
  /** @type {Record<string, OpenOptions>} */
  const kinds = {
    sealed: {}, "sealed, in memory": { area: "memory", unlock: appKey },
    flutter: { layout: "flutter" }, "flutter, in memory": { layout: "flutter", area: "memory" },
  };
  for (const [kind, options] of Object.entries(kinds)) {
    if (memoryOnly && options.area !== "memory" && kind !== "sealed") continue;
    const call = (/** @type {string} */ name, /** @type {() => unknown} */ act) => outcome(`${kind}: ${name}`, act);
    const available = /** @type {any} */ (await call("availability", () => SecureStorage.availability({ ...options, namespace: "app" })));
    if (available && !available.usable && !(available.reason instanceof StorageError)) wrong.push(`${path}: ${kind}: availability tells ${available.reason}`);
    const storage = /** @type {Store | undefined} */ (await call("open", () => SecureStorage.open("app", options)));
    const other = /** @type {Store | undefined} */ (await call("open another", () => SecureStorage.open("other", options)));
    for (const [name, act] of Object.entries(storage && other ? calls(storage, other, options) : {})) await call(name, act);
    await call("static unlocks", () => SecureStorage.unlocks("app", /** @type {any} */ (options)));
    await call("static destroy", () => SecureStorage.destroy("app", options));
  }
  await outcome("persist", () => SecureStorage.persist());
  return wrong;
}

/**
 * One of each method.
 * @param {Store} storage
 * @param {Store} other
 * @param {OpenOptions} options
 * @returns {Record<string, () => unknown>}
 */
function calls(storage, other, { unlock = "device" }) {
  const added = { appKey: new Uint8Array(32).fill(1) };
  return {
    set: () => storage.set("a", "1"), setAll: () => storage.setAll({ b: "é", large: "x".repeat(10_000) }),
    setIfAbsent: () => storage.setIfAbsent("a", "2"), update: () => storage.update("a", () => "3"),
    get: () => storage.get("a"), getBytes: () => storage.getBytes("a"), getMany: () => storage.getMany(["a"]),
    getAll: () => storage.getAll(), getAllBytes: () => storage.getAllBytes(), containsKey: () => storage.containsKey("a"),
    keys: () => storage.keys(), verify: () => storage.verify(), with: () => storage.with({ fresh: true }),
    importFrom: () => other.importFrom(storage), watch: () => storage.watch(() => {})(),
    namespace: () => storage.namespace, layout: () => storage.layout, protection: () => storage.protection, locked: () => storage.locked,
    "many answers": async () => { for (let n = 0; n < 64; n += 1) await storage.get("a"); },
    lock: () => storage.lock(), unlock: () => storage.unlock(unlock), unlocks: () => storage.unlocks(),
    addUnlock: () => storage.addUnlock(added),
    changeUnlock: () => storage.changeUnlock("00", added), removeUnlock: () => storage.removeUnlock("00"),
    rotate: () => storage.rotate({ keep: [added] }), removeUnreadable: () => storage.removeUnreadable(),
    remove: () => storage.remove("a"), clear: () => storage.clear(), destroy: () => storage.destroy(),
    close: () => storage.close(), dispose: () => other[Symbol.asyncDispose](),
  };
}
