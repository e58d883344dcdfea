// The sealed layout has two modules: a page that only reads and writes fetches the first, and a handle goes on in the whole
// one when it has to, with all that it is in the middle of.

import assert from "node:assert/strict";
import { test } from "node:test";
import { packageInChromium } from "./helpers/suite.mjs";
import { refused } from "./helpers/refused.mjs";

/** @typedef {import("playwright-core").Page} Page */

const suite = packageInChromium();
/** @type {import("playwright-core").BrowserContext} */
let profile;
/** @type {Page} */
let page;
/** @type {string[]} */
let fetched;

suite.eachInNewProfile(async (empty) => {
  profile = empty;
  page = await suite.tab(profile);
  fetched = [];
  page.on("request", (request) => {
    const [name] = /\w+\.wasm$/.exec(request.url()) ?? [];
    if (name) fetched.push(name);
  });
});

const WHOLE = "sealed_whole_bg.wasm";

test("a page that reads and writes fetches the first module only", async () => {
  const read = await page.evaluate(async () => {
    const { SecureStorage } = keyfold;
    await SecureStorage.availability();
    const storage = await SecureStorage.open("app");
    await storage.setAll({ a: "1", b: "2" });
    await storage.setIfAbsent("c", "3");
    await storage.update("c", (old) => `${old}!`);
    storage.watch(() => {})();
    const read = [await storage.get("a"), await storage.getBytes("b"), [...(await storage.getAll()).keys()], await storage.keys(), await storage.containsKey("c"), await storage.remove("a")];
    await storage.clear();
    storage.lock();
    return [...read, storage.locked, storage.protection];
  });
  assert.deepEqual(read.slice(2), [["a", "b", "c"], ["a", "b", "c"], true, true, true, "device"]);
  assert.deepEqual(fetched, ["sealed_bg.wasm"]);
});

test("what the first module does not open is opened by the whole one alone", async () => {
  const appKey = Buffer.alloc(32, 7).toString("base64");
  await page.evaluate((appKey) => keyfold.SecureStorage.open("app", { unlock: { appKey } }), appKey);
  await page.evaluate(() => keyfold.SecureStorage.open("memory", { area: "memory" }));
  assert.deepEqual(fetched, [WHOLE]);
});

test("a rotation fetches the whole module, once for all handles, which go on in it", async () => {
  const result = await page.evaluate(async () => {
    const { SecureStorage } = keyfold;
    const [storage, other, third] = [await SecureStorage.open("app"), await SecureStorage.open("app"), await SecureStorage.open("app")];
    await storage.set("a", "1");
    /** @type {string[]} */
    const told = [];
    other.watch(({ key, kind, remote }) => told.push(`${kind} ${key}, ${remote ? "remote" : "own"}`));
    // All at once: what is asked meanwhile is done, before or after.
    const [, , , before] = await Promise.all([storage.rotate(), storage.set("b", "2"), other.rotate(), storage.get("a"), storage.unlocks()]);
    await storage.set("c", "3");
    await third.set("d", "4");
    const { readable } = await other.verify();
    for (let n = 0; n < 200 && told.length < 3; n += 1) await new Promise((resolve) => setTimeout(resolve, 10));
    return { before, readable, told, locked: storage.locked || other.locked };
  });
  assert.deepEqual(result, { before: "1", readable: ["a", "b", "c", "d"], told: ["set b, own", "set c, own", "set d, own"], locked: false });
  assert.deepEqual(fetched, ["sealed_bg.wasm", WHOLE]);
});

test("what the first module was asked for is done before anything is asked of the whole one", async () => {
  const readable = await page.evaluate(async () => {
    const [writer, reader] = await Promise.all([1, 2].map(() => keyfold.SecureStorage.open("app")));
    if (!writer || !reader) throw new Error("both are there");
    const { encrypt } = SubtleCrypto.prototype;
    let go = () => {};
    const held = new Promise((resolve) => (go = () => resolve(undefined)));
    SubtleCrypto.prototype.encrypt = async function (...given) {
      const sealed = await encrypt.apply(this, given);
      await held;
      return sealed;
    };
    const writing = writer.set("a", "1");
    const verifying = reader.verify();
    // Time enough for the other module, if it waited for nothing.
    await Promise.race([verifying, new Promise((resolve) => setTimeout(resolve, 1000))]);
    go();
    await writing;
    return (await verifying).readable;
  });
  assert.deepEqual(readable, ["a"]);
});

test("a whole module that cannot be fetched is said, nothing is lost by it, and the next call tries again", async () => {
  await profile.route(`**/${WHOLE}`, (route) => route.fulfill({ status: 404, body: "not found" }));
  await page.evaluate(async () => {
    const storage = await keyfold.SecureStorage.open("app");
    await storage.set("a", "1");
    Object.assign(globalThis, { storage });
  });
  const rotate = () => page.evaluate(() => failure(/** @type {any} */ (globalThis).storage.rotate()));
  refused(await rotate(), { code: "unavailable", says: /the server answers 404 for .*sealed_whole_bg.wasm/ });
  assert.equal(await page.evaluate(() => /** @type {any} */ (globalThis).storage.get("a")), "1");
  await profile.unroute(`**/${WHOLE}`);
  assert.equal(await rotate(), undefined);
  assert.equal(await page.evaluate(() => /** @type {any} */ (globalThis).storage.get("a")), "1");
});

test("a handle that is locked or closed on its way is so afterwards", async () => {
  const failures = await page.evaluate(async () => {
    const [locked, closed] = await Promise.all(["locked", "closed"].map((name) => keyfold.SecureStorage.open(name)));
    if (!locked || !closed) throw new Error("both are there");
    const failures = [failure(locked.verify()), failure(closed.verify())];
    locked.lock();
    closed.close();
    const codes = (await Promise.all(failures)).map((failure) => failure?.code);
    const isLocked = locked.locked;
    await locked.unlock();
    return [...codes, isLocked, locked.locked];
  });
  assert.deepEqual(failures, ["locked", "unavailable", true, false]);
});

test("a ring older than the one that was opened is refused after the move too", async () => {
  const refusal = await page.evaluate(async () => {
    const storage = await keyfold.SecureStorage.open("app");
    await storage.set("a", "1");
    const request = (/** @type {IDBRequest} */ request) => new Promise((resolve, reject) => Object.assign(request, { onsuccess: () => resolve(request.result), onerror: reject }));
    const stores = async () => {
      const database = await request(indexedDB.open("keyfold"));
      const transaction = database.transaction(["rings", "records"], "readwrite");
      return /** @type {[IDBObjectStore, IDBObjectStore]} */ (["rings", "records"].map((name) => transaction.objectStore(name)));
    };
    const [rings, records] = await stores();
    const [ring, record, [key]] = await Promise.all([request(rings.get("app")), request(records.getAll()), request(records.getAllKeys())]);
    // Another tab's rotation, which this handle learns of.
    const frame = document.body.appendChild(document.createElement("iframe"));
    frame.src = location.href;
    await new Promise((resolve) => (frame.onload = resolve));
    const other = await /** @type {any} */ (frame.contentWindow).keyfold.SecureStorage.open("app");
    await other.rotate();
    await storage.set("a", "2");
    const [ringsNow, recordsNow] = await stores();
    recordsNow.clear();
    recordsNow.put(record[0], key);
    await request(ringsNow.put(ring, "app"));
    return failure(storage.verify());
  });
  refused(refusal, { code: "corrupt", says: /is older than the one that was opened/ });
});
