// What each engine lets WebCrypto do: with "webcrypto" every value is opened by it under a key that cannot be exported,
// with "auto" only the large ones are. And the package hands nobody the memory in which "auto" holds its key.

import assert from "node:assert/strict";
import { before, test } from "node:test";
import { packageInChromium, WRAP } from "./helpers/suite.mjs";

const suite = packageInChromium();
/** @type {import("playwright-core").BrowserContext} */
let profile;

before(async () => {
  profile = await suite.profile();
  await profile.addInitScript(noteCalls);
});

/** Runs in each page before its scripts: notes the calls of WebCrypto, and whether a key that comes out can be exported. */
function noteCalls() {
  const calls = /** @type {string[]} */ ([]);
  Object.assign(globalThis, { takeCalls: () => calls.splice(0) });
  const prototype = /** @type {any} */ (SubtleCrypto.prototype);
  for (const name of ["importKey", "unwrapKey", "generateKey", "deriveKey", "exportKey", "wrapKey", "encrypt", "decrypt"]) {
    const real = prototype[name];
    prototype[name] = async function (/** @type {unknown[]} */ ...args) {
      calls.push(name);
      const result = await real.apply(this, args);
      if (result instanceof CryptoKey && result.extractable) calls.push(`${name} gave an extractable key`);
      return result;
    };
  }
}

/** Runs in the page: the calls of WebCrypto that each step of an app's life takes. */
async function callsOfEachStep(/** @type {object} */ options) {
  const { takeCalls } = /** @type {{ takeCalls: () => string[] }} */ (/** @type {unknown} */ (globalThis));
  const count = (/** @type {string[]} */ calls) => Object.fromEntries([...new Set(calls)].sort().map((name) => [name, calls.filter((call) => call === name).length]));
  /** @type {Record<string, Record<string, number>>} */
  const steps = {};
  /** @param {string} step @param {() => Promise<unknown>} act */
  const note = async (step, act) => {
    takeCalls();
    await act();
    steps[step] = count(takeCalls());
  };
  await keyfold.SecureStorage.destroy("app", { layout: "flutter" });
  const keys = Array.from({ length: 20 }, (_, n) => `key ${n}`);
  const first = await openStore("app", options);
  await note("first write", () => first.set("key 0", "small"));
  await note("20 small writes", () => first.setAll(keys.map((key) => /** @type {const} */ ([key, "small"]))));
  /** @type {SecureStorage} */
  let storage = first;
  await note("open", async () => (storage = await openStore("app", options)));
  await note("20 small reads", async () => {
    for (const key of keys) if ((await storage.get(key)) !== "small") throw new Error(key);
  });
  await note("all of them", () => storage.getAll());
  await note("large write", () => storage.set("large", "0123456789".repeat(1000)));
  await note("large read", () => storage.get("large"));
  return steps;
}

test("engine webcrypto: WebCrypto opens each value, under keys that cannot be exported", async () => {
  const tab = await suite.tab(profile);
  const values = { "20 small writes": { encrypt: 20 }, "20 small reads": { decrypt: 20 }, "all of them": { decrypt: 20 }, "large write": { encrypt: 1 }, "large read": { decrypt: 1 } };
  assert.deepEqual(await tab.evaluate(callsOfEachStep, { engine: "webcrypto" }), {
    "first write": { encrypt: 1, importKey: 1 },
    open: { importKey: 1 },
    ...values,
  });
  assert.deepEqual(await tab.evaluate(callsOfEachStep, { ...WRAP, engine: "webcrypto" }), {
    "first write": { encrypt: 2, unwrapKey: 1 },
    // The wrap key goes in, and the data key's bytes never come out.
    open: { importKey: 1, unwrapKey: 1 },
    ...values,
  });
});

for (const [name, options] of Object.entries({ "named": { engine: "auto" }, "by default": {}, "with a wrap key": WRAP })) {
  test(`engine auto, ${name}: small values are opened without a call, large ones by WebCrypto`, async () => {
    const steps = await (await suite.tab(profile)).evaluate(callsOfEachStep, options);
    assert.deepEqual([steps["20 small writes"], steps["20 small reads"], steps["all of them"]], [{}, {}, {}]);
    assert.deepEqual([steps["large write"], steps["large read"]], [{ encrypt: 1 }, { decrypt: 1 }]);
    assert.deepEqual(Object.values(steps).flatMap(Object.keys).filter((call) => call.includes("extractable")), []);
  });
}

test("`with` another engine is another engine", async () => {
  const calls = await (await suite.tab(profile)).evaluate(async () => {
    const { takeCalls } = /** @type {{ takeCalls: () => string[] }} */ (/** @type {unknown} */ (globalThis));
    const storage = await openStore("app with");
    await storage.set("a", "small");
    const other = await storage.with({ engine: "webcrypto" });
    takeCalls();
    await other.get("a");
    await storage.get("a");
    return takeCalls();
  });
  assert.deepEqual(calls, ["decrypt"]);
});

test("nothing that the package gives leads to the memory of its WebAssembly module", async () => {
  const { exported, found, looked } = await (await suite.tab(profile)).evaluate(async () => {
    const storage = await openStore("app memory");
    await storage.set("a", "1");
    const error = await openStore("").catch((error) => error);
    const looked = new Set();
    /** @type {string[]} */
    const found = [];
    /** @param {unknown} value @param {string} path */
    const look = (value, path) => {
      if ((typeof value !== "object" && typeof value !== "function") || value === null || looked.has(value)) return;
      looked.add(value);
      if (value instanceof WebAssembly.Memory || value instanceof WebAssembly.Instance || value instanceof ArrayBuffer) found.push(path);
      for (const [name, { value: part }] of Object.entries(Object.getOwnPropertyDescriptors(value))) look(part, `${path}.${name}`);
      look(Object.getPrototypeOf(value), `${path}.__proto__`);
    };
    look(keyfold, "keyfold");
    look(storage, "storage");
    look(error, "error");
    look(storage.watch(() => {}), "watch");
    return { exported: Object.keys(keyfold), found, looked: looked.size };
  });
  assert.deepEqual(exported.sort(), ["FLET_NAMESPACE", "FLUTTER_NAMESPACE", "SecureStorage", "StorageError"]);
  assert.deepEqual(found, []);
  assert.ok(looked > 20, "it looked");
});
