// Bytes, buffers, keys and errors are known by what they are, and not by whose class made them: a frame has classes of its
// own, and so have jsdom, Electron's contexts, and a second copy of the package.

import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { addFrame, packageInChromium } from "./helpers/suite.mjs";

const suite = packageInChromium();
/** @type {import("playwright-core").Page} */
let tab;
before(async () => {
  tab = await suite.tab(await suite.profile());
});

describe("bytes", () => {
  for (const layout of /** @type {const} */ (["sealed", "flutter"])) {
    test(`of a frame, and buffers, are stored: ${layout}`, async () => {
      await addFrame(tab);
      const read = await tab.evaluate(async (layout) => {
        const { Uint8Array: Theirs, ArrayBuffer: TheirBuffer } = /** @type {any} */ (document.querySelector("iframe")?.contentWindow);
        const storage = await keyfold.SecureStorage.open("bytes", { layout });
        const bytes = [1, 2, 255];
        const given = { theirs: new Theirs(bytes), buffer: new Uint8Array(bytes).buffer, theirBuffer: new Theirs(bytes).buffer, part: new Uint8Array([9, ...bytes, 9]).subarray(1, 4), empty: new TheirBuffer(0) };
        await storage.set("one", given.theirs);
        await storage.setAll(given);
        const read = await storage.getAllBytes();
        // What was given is the app's, and is not wiped.
        return [...read].map(([key, value]) => [key, [...value]]).concat([["given", [...given.theirs]], ["view", [...new Uint8Array(given.buffer)]]]);
      }, layout);
      const bytes = [1, 2, 255];
      assert.deepEqual(Object.fromEntries(read), { one: bytes, theirs: bytes, buffer: bytes, theirBuffer: bytes, part: bytes, empty: [], given: bytes, view: bytes });
    });
  }

  test("of a frame are keys", async () => {
    await addFrame(tab);
    const values = await tab.evaluate(async () => {
      const { Uint8Array: Theirs } = /** @type {any} */ (document.querySelector("iframe")?.contentWindow);
      const [key, iv] = [new Uint8Array(32).fill(5), new Uint8Array(16)];
      /** @type {[string, (view: any) => any][]} */
      const forms = [["own", (bytes) => bytes], ["theirs", (bytes) => new Theirs(bytes)], ["buffer", ({ buffer }) => buffer]];
      const values = [];
      for (const [name, form] of forms) {
        const wrapped = await keyfold.SecureStorage.open("keys", { layout: "flutter", wrapKey: form(key), wrapKeyIv: form(iv) });
        const unlocked = await keyfold.SecureStorage.open("keys", { unlock: { appKey: form(key) } });
        if (name === "own") await Promise.all([wrapped.set("a", "wrapped"), unlocked.set("a", "unlocked")]);
        values.push(`${name} ${await wrapped.get("a")} ${await unlocked.get("a")}`);
      }
      return values;
    });
    assert.deepEqual(values, ["own", "theirs", "buffer"].map((name) => `${name} wrapped unlocked`));
  });

  test("what are none are refused", async () => {
    const codes = await tab.evaluate(async () => {
      const storage = await keyfold.SecureStorage.open("bytes");
      const none = [[1], { length: 1, 0: 1 }, new Uint16Array(2), new DataView(new ArrayBuffer(2)), new Float64Array(1), { [Symbol.toStringTag]: "Uint8Array", length: 2 }];
      return Promise.all(none.map((value) => failure(storage.set("none", /** @type {any} */ (value))).then((failure) => `${failure?.code} ${failure?.argument}`)));
    });
    assert.deepEqual(codes, Array(6).fill("invalid-argument value"));
  });
});

test("where the global classes made nothing of what the browser gives, stores open, and errors are told apart", async () => {
  const seen = await suite.inNewTab(
    () => {
      // As under jsdom: they are there, and what IndexedDB and WebCrypto give is of others.
      const others = ["ArrayBuffer", "Uint8Array", "CryptoKey", "DOMException", "SubtleCrypto", "IDBFactory", "IDBDatabase", "StorageManager", "Storage", "EventTarget", "Event"];
      for (const name of others) Reflect.set(globalThis, name, class extends /** @type {any} */ (globalThis)[name] {});
    },
    async () => {
      const S = keyfold.SecureStorage;
      const seen = [];
      const [app, wrong] = [new Uint8Array(32), new Uint8Array(32).fill(1)];
      for (const [name, options] of /** @type {[string, any][]} */ ([["device", {}], ["key", { unlock: { appKey: app } }], ["flutter", { layout: "flutter" }], ["wrapped", { layout: "flutter", wrapKey: app, wrapKeyIv: app }]])) {
        const { usable, reason } = await S.availability(options);
        seen.push(usable ? "usable" : reason?.message);
        const storage = await S.open(name, options);
        await storage.setAll({ a: "1", large: new Uint8Array(5000).fill(3) });
        await (await S.open(name, options)).set("b", "2");
        const again = await S.open(name, options);
        const fresh = options.layout ? again : await again.with({ fresh: true });
        seen.push(`${await fresh.get("a")} ${await again.get("b")} ${(await again.getBytes("large"))?.length} ${await again.keys()}`);
        seen.push(await S.open(name, options.layout ? { ...options, wrapKey: wrong, wrapKeyIv: app } : { unlock: { appKey: wrong } }).then(() => "opened", ({ code }) => code));
      }
      return seen;
    },
  );
  const good = ["usable", "1 2 5000 a,b,large"];
  assert.deepEqual(seen, [...good, "locked", ...good, "wrong-key", ...good, "locked", ...good, "wrong-key"]);
});

test("two copies of the package import from each other", async () => {
  const read = await tab.evaluate(async () => {
    // By another address it is another instance of everything.
    const other = /** @type {typeof keyfold} */ (await import(/** @type {string} */ ("/copy/inline.js")));
    const [ours, theirs] = [await keyfold.SecureStorage.open("ours"), await other.SecureStorage.open("theirs", { layout: "flutter" })];
    await theirs.set("a", "1");
    await ours.set("b", "2");
    const [there, back] = [await ours.importFrom(theirs), await theirs.importFrom(ours)];
    const refused = [];
    for (const source of [{}, null, "app", Object.create(null), { getAllBytes: 1 }]) refused.push((await failure(ours.importFrom(/** @type {any} */ (source))))?.argument);
    return [other.SecureStorage === keyfold.SecureStorage, there.imported, back.imported, refused];
  });
  assert.deepEqual(read, [false, ["a"], ["b"], Array(5).fill("source")]);
});
