// What traps in WebAssembly, as where memory is lacking, ends an instance of it and nothing else: calls that wait fail, and
// what is opened next runs in another instance.

import assert from "node:assert/strict";
import { before, beforeEach, describe, test } from "node:test";
import { packageInChromium } from "./helpers/suite.mjs";
import { refused } from "./helpers/refused.mjs";

// 100 MiB: enough for Argon2id, and soon used up.
const suite = packageInChromium({ flags: ["--js-flags=--wasm-max-mem-pages=1600"] });
/** @type {import("playwright-core").BrowserContext} */
let profile;
/** @type {import("playwright-core").Page} */
let tab;
/** @type {string[]} */
let problems;
before(async () => {
  profile = await suite.profile();
  tab = await suite.tab(profile);
  tab.on("pageerror", (error) => problems.push(String(error)));
});
beforeEach(async () => {
  problems = [];
  await tab.evaluate(() => raw.remove());
});

const STOPPED = { code: "platform", says: /has stopped, probably for lack of memory: open the store again/, cause: "RuntimeError" };

/** More than there is room for. */
const trap = (/** @type {"sealed" | "flutter"} */ layout) =>
  tab.evaluate(async (layout) => {
    const storage = await keyfold.SecureStorage.open("large", { layout, area: "memory" });
    return failure(() => storage.setAll({ a: new Uint8Array(60 << 20), b: new Uint8Array(60 << 20) }));
  }, layout);

describe("after a trap", { timeout: 60_000 }, () => {
  test("a passphrase opens again, and what was acknowledged is there", async () => {
    const unlock = { passphrase: "s3cret" };
    const storage = await tab.evaluateHandle(async (unlock) => {
      const storage = await keyfold.SecureStorage.open("app", { unlock });
      await storage.set("a", "1");
      return storage;
    }, unlock);
    refused(await trap("sealed"), STOPPED);
    const failures = await storage.evaluate((storage) =>
      Promise.all([() => storage.get("a"), () => storage.set("a", "2"), () => storage.unlock(), () => storage.with({}), async () => storage.namespace, async () => storage.lock()].map((call) => failure(call))),
    );
    for (const failure of failures) refused(failure, STOPPED);
    const values = await storage.evaluate(async (storage, unlock) => {
      storage.close();
      const again = await keyfold.SecureStorage.open("app", { unlock });
      await again.set("b", "2");
      return [...(await again.getAll())];
    }, unlock);
    assert.deepEqual(values, [["a", "1"], ["b", "2"]]);
  });

  test("calls that wait have failed, and nothing of the instance is in the way", async () => {
    const failures = await tab.evaluate(async () => {
      const storage = await keyfold.SecureStorage.open("app");
      await storage.setAll(Object.fromEntries(Array.from({ length: 300 }, (_, n) => [`k${n}`, "v"])));
      storage.watch(() => {});
      const waiting = [storage.rotate(), keyfold.SecureStorage.open("other", { unlock: { passphrase: "s3cret" } })].map((call) => failure(call));
      const large = await keyfold.SecureStorage.open("large", { area: "memory" });
      await large.setAll({ a: new Uint8Array(60 << 20), b: new Uint8Array(60 << 20) }).catch(() => {});
      return Promise.all(waiting);
    });
    // Either was quick enough to be done before.
    for (const failure of failures.filter(Boolean)) refused({ .../** @type {Failure} */ (failure), changed: false }, STOPPED);
    assert.ok(failures.some(Boolean), "nothing waited");
    // Another tab writes, and the instance that has ended hears nothing of it.
    const other = await suite.tab(profile);
    await other.evaluate(async () => (await keyfold.SecureStorage.open("app")).set("k0", "other"));
    await other.close();
    const values = await tab.evaluate(async () => [...(await (await keyfold.SecureStorage.open("app")).getAll()).values()]);
    assert.deepEqual(values.sort(), ["other", ...Array(299).fill("v")]);
    assert.deepEqual(problems, []);
    // A connection that nobody closes would keep this waiting.
    await tab.evaluate(async () => (await keyfold.SecureStorage.open("app")).destroy());
  });

  test("the flutter layout opens again", async () => {
    await tab.evaluate(async () => (await openStore("app")).set("a", "1"));
    refused(await trap("flutter"), STOPPED);
    assert.equal(await tab.evaluate(async () => (await openStore("app")).get("a")), "1");
  });
});

test("what ends a call between two requests of a transaction undoes the transaction", { timeout: 60_000 }, async () => {
  const { ended, values } = await tab.evaluate(async () => {
    const storage = await keyfold.SecureStorage.open("app");
    await storage.setAll(Object.fromEntries(Array.from({ length: 10 }, (_, n) => [`k${n}`, "v"])));
    // A rotation removes all records and puts others: there is no memory for the fourth.
    const { put } = IDBObjectStore.prototype;
    const buffer = /** @type {PropertyDescriptor} */ (Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), "buffer"));
    let puts = 0;
    IDBObjectStore.prototype.put = function (...args) {
      puts += 1;
      if (puts === 3) {
        Object.defineProperty(Object.getPrototypeOf(Uint8Array.prototype), "buffer", { ...buffer, get() { throw new RangeError("Array buffer allocation failed"); } });
      }
      return Reflect.apply(put, this, args);
    };
    const ended = await failure(() => storage.rotate()).finally(() => {
      Object.defineProperty(Object.getPrototypeOf(Uint8Array.prototype), "buffer", buffer);
      IDBObjectStore.prototype.put = put;
    });
    const values = await (await keyfold.SecureStorage.open("app")).getAll();
    return { ended, values: [...values.values()] };
  });
  refused(ended, { ...STOPPED, cause: "RangeError" });
  assert.deepEqual(values, Array(10).fill("v"));
});

test("an instance that ends while it holds a namespace's lock gives it back: other tabs write at once", { timeout: 60_000 }, async () => {
  const other = await suite.tab(profile);
  const write = (/** @type {string} */ value) =>
    other.evaluate(async (value) => {
      const storage = await sealedStoreOf("app");
      const begun = performance.now();
      await storage.set("a", value);
      return performance.now() - begun;
    }, value);
  const locks = () => tab.evaluate(async () => {
    const { held, pending } = await navigator.locks.query();
    return [held, pending].map((those) => those?.filter(({ name }) => name?.startsWith("keyfold")).length);
  });
  await write("1");
  const rotation = await tab.evaluateHandle(async () => {
    const storage = await keyfold.SecureStorage.open("app");
    const { encrypt } = SubtleCrypto.prototype;
    /** @type {(() => void)[]} */
    const waiting = [];
    SubtleCrypto.prototype.encrypt = async function (...details) {
      const sealed = await encrypt.apply(this, details);
      await new Promise((resolve) => waiting.push(() => resolve(undefined)));
      return sealed;
    };
    // What is sealed after this is not held up.
    const restore = () => (SubtleCrypto.prototype.encrypt = encrypt);
    return { waiting, restore, failed: failure(() => storage.rotate()) };
  });
  // A write comes before each of its seals, until it has been overtaken and makes others wait while it seals once more.
  for (;;) {
    const isSealing = await rotation.evaluate(({ waiting }) => waiting.length > 0);
    const [held] = await locks();
    if (isSealing && held) break;
    if (!isSealing) continue;
    await write("2");
    await rotation.evaluate(({ waiting }) => waiting.shift()?.());
  }
  await rotation.evaluate(({ restore }) => restore());
  refused(await trap("sealed"), STOPPED);
  refused({ .../** @type {Failure} */ (await rotation.evaluate(({ failed }) => failed)), changed: false }, STOPPED);
  assert.deepEqual(await locks(), [0, 0]);
  const waited = await write("3");
  // The deadline is 10 seconds.
  assert.ok(waited < 5000, `it waited ${waited} ms`);
  await other.close();
});
