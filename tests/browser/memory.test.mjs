// What an app's secrets leave behind in the memory of the package's WebAssembly modules: nothing. A buffer that grows leaves
// a copy in the block that it had before, which nobody wipes.

import assert from "node:assert/strict";
import { test } from "node:test";
import { packageInChromium } from "./helpers/suite.mjs";

const suite = packageInChromium();
/** @type {import("playwright-core").Page} */
let tab;

suite.eachInNewProfile(async (profile) => {
  // Keeps the memory of every instance, also of those that have done their work.
  await profile.addInitScript(() => {
    const { instantiate } = WebAssembly;
    /** @type {WebAssembly.Memory[]} */
    const memories = [];
    Object.assign(globalThis, { memories });
    Object.assign(WebAssembly, {
      instantiate: async (/** @type {WebAssembly.Module} */ module, /** @type {WebAssembly.Imports} */ imports) => {
        const instance = await instantiate(module, imports);
        memories.push(...Object.values(instance.exports).filter((one) => one instanceof WebAssembly.Memory));
        return instance;
      },
    });
  });
  tab = await suite.tab(profile);
});

/** A name that is no secret. It lies in the memory of the module while a handle is open, so the search must find it. */
const NAMESPACE = "a namespace that can be found";

/**
 * Which of these secrets have left so many bytes in a row in any memory, and how many memories were wiped whole.
 * @param {Record<string, string | Buffer>} secrets
 */
async function leftOf(secrets, run = 8) {
  const searched = Object.entries({ ...secrets, NAMESPACE }).map(([name, secret]) => /** @type {const} */ ([name, [...Buffer.from(secret)]]));
  const { found, wiped } = await tab.evaluate(([searched, run]) => {
    // One character for each byte.
    const asText = (/** @type {BufferSource} */ bytes) => new TextDecoder("latin1").decode(bytes);
    const { memories } = /** @type {{ memories: WebAssembly.Memory[] }} */ (/** @type {unknown} */ (globalThis));
    // Those of Argon2id are large and wiped whole.
    const written = memories.filter(({ buffer }) => new BigUint64Array(buffer).some((word) => word !== 0n)).map(({ buffer }) => asText(buffer));
    const found = searched.filter(([, secret]) => {
      const text = asText(new Uint8Array(secret));
      const runs = Array.from({ length: text.length - run + 1 }, (_, at) => text.slice(at, at + run));
      return runs.some((run) => written.some((memory) => memory.includes(run)));
    });
    return { found: found.map(([name]) => name), wiped: memories.length - written.length };
  }, /** @type {const} */ ([searched, run]));
  assert.ok(found.includes("NAMESPACE"), "the search finds nothing");
  return { left: found.filter((name) => name !== "NAMESPACE"), wiped };
}

/**
 * Digits in an order of their own: the module has the digits of recovery codes, 0 to 9, and they are no secret.
 * @type {Record<string, string>}
 */
const PASSPHRASES = {
  "of ASCII": "correct horse battery staple 9182736450 Zebra-Quagga-Okapi %&!",
  "that begins with ASCII": "correct horse battery staple 9182736450 Zebra-Quagga-Okapi %é!",
  "of all kinds of characters": "Prüfung-ÄÖÜ-«日本語のパスフレーズ»-ελληνικά-9182736450abcd",
  "that is to be composed": "Pru\u0308fung\u00a0A\u0308O\u0308U\u0308-e\u0301tude-9182736450abcdefghijklmnopqrstuvwxyzABCDEFG",
};

for (const [kind, passphrase] of Object.entries(PASSPHRASES)) {
  test(`nothing is left of a passphrase ${kind}`, { timeout: 60_000 }, async () => {
    const secrets = { passphrase, prepared: passphrase.replaceAll("\u00a0", " ").normalize("NFC") };
    const storage = await tab.evaluateHandle(([namespace, unlock]) => keyfold.SecureStorage.open(namespace, { unlock }), /** @type {const} */ ([NAMESPACE, { passphrase }]));
    assert.deepEqual(await leftOf(secrets), { left: [], wiped: 1 }, "open");
    await storage.evaluate(async (storage, unlock) => {
      await storage.set("a", "1");
      storage.lock();
      await storage.unlock(unlock);
      storage.lock();
    }, { passphrase });
    assert.deepEqual(await leftOf(secrets), { left: [], wiped: 2 }, "locked");
    await storage.evaluate(async (storage, passphrase) => {
      const appKey = crypto.getRandomValues(new Uint8Array(32));
      await storage.unlock({ passphrase });
      await storage.addUnlock({ appKey });
      await storage.rotate({ keep: [{ passphrase }, { appKey }] });
      for (const { id, kind } of await storage.unlocks()) if (kind === "passphrase") await storage.changeUnlock(id, { passphrase: `${passphrase}!` });
    }, passphrase);
    assert.deepEqual((await leftOf(secrets)).left, [], "with other unlocks");
  });
}

/** A key whose bytes are all different. */
const KEY = Buffer.from(Array.from({ length: 32 }, (_, n) => (n * 73 + 41) % 256));

for (const form of /** @type {const} */ (["bytes", "base64"])) {
  test(`nothing is left of an app key as ${form}`, async () => {
    const secrets = { key: KEY, base64: KEY.toString("base64") };
    const handle = await tab.evaluateHandle(
      async ({ namespace, form, bytes, base64 }) => {
        const appKey = form === "bytes" ? new Uint8Array(bytes) : base64;
        return { appKey, storage: await keyfold.SecureStorage.open(namespace, { unlock: { appKey } }) };
      },
      { namespace: NAMESPACE, form, bytes: [...KEY], base64: secrets.base64 },
    );
    assert.deepEqual((await leftOf(secrets)).left, [], "open");
    await handle.evaluate(async ({ storage, appKey }) => {
      await storage.set("a", "1");
      storage.lock();
      await storage.unlock({ appKey });
      await storage.addUnlock({ passphrase: "s3cret" });
      await storage.rotate({ keep: [{ appKey }, { passphrase: "s3cret" }] });
      storage.lock();
    });
    assert.deepEqual((await leftOf(secrets)).left, [], "locked");
  });
}

for (const engine of /** @type {const} */ (["auto", "webcrypto"])) {
  test(`nothing is left of a wrap key once the handles are closed: ${engine}`, async () => {
    const iv = Buffer.from(KEY.map((byte) => byte ^ 0x5a).subarray(0, 12));
    const [wrapKey, wrapKeyIv] = [KEY.toString("base64"), iv.toString("base64")];
    await tab.evaluate(
      async ([namespace, engine, wrapKey, wrapKeyIv]) => {
        const bytes = (/** @type {string} */ base64) => Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
        const storage = await openStore(namespace, { wrapKey, wrapKeyIv, engine });
        await storage.set("a", "1");
        const other = await storage.with({ wrapKey: bytes(wrapKey), wrapKeyIv: bytes(wrapKeyIv) });
        await other.get("a");
        storage.close();
        other.close();
        Object.assign(globalThis, { another: await openStore(namespace, { area: "memory" }) });
      },
      /** @type {const} */ ([NAMESPACE, engine, wrapKey, wrapKeyIv]),
    );
    assert.deepEqual((await leftOf({ key: KEY, iv, wrapKey, wrapKeyIv })).left, []);
  });
}

/** The longest run that the cipher in WebAssembly leaves of a value: its last block. */
const BLOCK = 16;

for (const options of [{ layout: "flutter" }, { layout: "flutter", engine: "webcrypto" }, {}]) {
  test(`no buffer is left of values: ${JSON.stringify(options)}`, async () => {
    const handle = await tab.evaluateHandle(([namespace, options]) => keyfold.SecureStorage.open(namespace, /** @type {any} */ (options)), /** @type {const} */ ([NAMESPACE, options]));
    for (const [kind, value] of Object.entries(PASSPHRASES)) {
      await handle.evaluate((storage, value) => storage.set("a", value), value);
      assert.deepEqual((await leftOf({ value }, BLOCK + 1)).left, [], `set, ${kind}`);
      await handle.evaluate(async (storage) => [await storage.get("a"), await storage.getAll()]);
      assert.deepEqual((await leftOf({ value }, BLOCK + 1)).left, [], `get, ${kind}`);
    }
  });
}

test("a call that fails halfway leaves no copy of what it was given, whether WebAssembly was given it or not", { timeout: 60_000 }, async () => {
  const left = await tab.evaluate(async (namespace) => {
    const { SecureStorage } = keyfold;
    const bytes = (/** @type {number} */ seed) => Uint8Array.from({ length: 32 }, (_, n) => n * 7 + seed);
    const [value, appKey, wrapKey] = [bytes(1), bytes(2), bytes(3)];
    const secrets = [value, appKey, wrapKey].map((secret) => String(secret));
    const [device, keyed, closed, locked] = await Promise.all([
      SecureStorage.open("device"), SecureStorage.open("keyed", { unlock: { appKey } }), SecureStorage.open("closed"), SecureStorage.open("locked"),
    ]);
    const source = await SecureStorage.open("source", { area: "memory" });
    await Promise.all([device, source].map((store) => store.set("a", value)));
    closed.close();
    locked.lock();
    const { fetch } = globalThis;
    const offline = async () => Promise.reject(new TypeError("offline"));
    /** @type {Record<string, () => Promise<unknown>>} */
    const calls = {
      "setAll with a value of another type": () => device.setAll(/** @type {any} */ ([["b", value], ["c", 7]])),
      "setAll of an iterable that throws": () => device.setAll(/** @type {any} */ ({ *[Symbol.iterator]() { yield ["b", value]; throw new Error("mine"); } })),
      "set, closed": () => closed.set("a", value),
      "setIfAbsent, closed": () => closed.setIfAbsent("a", value),
      "setAll, closed": () => closed.setAll({ a: value, b: value }),
      "set, locked": () => locked.set("a", value),
      "update, locked meanwhile": () => keyed.update("a", () => (keyed.lock(), value)).finally(() => keyed.unlock({ appKey })),
      "addUnlock": () => keyed.addUnlock({ appKey }, /** @type {any} */ ({ label: 5 })),
      "changeUnlock": () => keyed.changeUnlock("00", { appKey }, /** @type {any} */ ({ label: 5 })),
      "rotate": () => keyed.rotate({ keep: [{ appKey }, /** @type {any} */ (7)] }),
      "rotate, closed": () => closed.rotate({ keep: [{ appKey }] }),
      "rotate with an option of another type": () => keyed.rotate(/** @type {any} */ ({ keep: [{ appKey }], onProgress: 5 })),
      "open": () => SecureStorage.open(namespace, /** @type {any} */ ({ layout: "flutter", wrapKey, mustExist: 5 })),
      "open without the module": async () => {
        globalThis.fetch = offline;
        await SecureStorage.open(namespace, { layout: "flutter", wrapKey, wrapKeyIv: new Uint8Array(12) }).finally(() => (globalThis.fetch = fetch));
      },
      "importFrom, closed": () => closed.importFrom(source),
      "importFrom, locked": () => locked.importFrom(source),
      "importFrom over an entry": () => device.importFrom(source, { onConflict: "fail" }),
      "importFrom a store that fails": () => device.importFrom(/** @type {any} */ ({ getAllBytes: () => source.getAllBytes(), verify: () => locked.verify() })),
    };
    const Bytes = Uint8Array;
    /** @type {string[]} */
    const left = [];
    for (const [name, call] of Object.entries(calls)) {
      /** @type {Uint8Array[]} */
      const made = [];
      globalThis.Uint8Array = new Proxy(Bytes, {
        construct(target, args) {
          const array = Reflect.construct(target, args);
          made.push(array);
          return array;
        },
      });
      const failed = await call().then(() => false, () => true).finally(() => (globalThis.Uint8Array = Bytes));
      const isLeft = made.some((array) => secrets.includes(String(array.subarray(0, 32))));
      if (!failed) left.push(`${name}: it has not failed`);
      if (isLeft) left.push(name);
    }
    return left;
  }, NAMESPACE);
  assert.deepEqual(left, []);
});

test("nothing is left of values in an instance that has ended", async () => {
  const value = PASSPHRASES["of ASCII"] ?? "";
  const ended = await tab.evaluate(async ([namespace, value]) => {
    const storage = await keyfold.SecureStorage.open(namespace);
    const prototype = Object.getPrototypeOf(Uint8Array.prototype);
    const buffer = /** @type {PropertyDescriptor} */ (Object.getOwnPropertyDescriptor(prototype, "buffer"));
    // What is sealed cannot be stored: it has stopped while it holds the value.
    const { encrypt } = SubtleCrypto.prototype;
    SubtleCrypto.prototype.encrypt = async function (...details) {
      const sealed = await encrypt.apply(this, details);
      Object.defineProperty(prototype, "buffer", { ...buffer, get() { throw new RangeError("Array buffer allocation failed"); } });
      return sealed;
    };
    const ended = await storage.set("a", value).then(() => "done", ({ code }) => code);
    Object.defineProperty(prototype, "buffer", buffer);
    SubtleCrypto.prototype.encrypt = encrypt;
    Object.assign(globalThis, { storage, another: await keyfold.SecureStorage.open(namespace) });
    return ended;
  }, /** @type {const} */ ([NAMESPACE, value]));
  assert.equal(ended, "platform");
  assert.deepEqual((await leftOf({ value }, BLOCK + 1)).left, []);
});

test("a nonce is drawn for each seal of the sealed layout: whoever resumes a copy of the memory twice uses none twice", async () => {
  const drawn = await tab.evaluate(async (namespace) => {
    const storage = await keyfold.SecureStorage.open(namespace);
    const { getRandomValues } = Crypto.prototype;
    /** @type {string[]} */
    let values = [];
    Crypto.prototype.getRandomValues = function (array) {
      const filled = Reflect.apply(getRandomValues, this, [array]);
      values.push(raw.hex(new Uint8Array(filled.buffer, filled.byteOffset, filled.byteLength)));
      return filled;
    };
    /** What is drawn meanwhile, beside the nonces of all records. */
    const drawnBy = async (/** @type {() => Promise<unknown>} */ write) => {
      values = [];
      await write();
      const { records } = await raw.read(namespace);
      return { drawn: values.sort(), nonces: records.map(([, record]) => raw.hex(record.slice(17, 29))).sort() };
    };
    return [
      await drawnBy(() => storage.set("a", "1")),
      await drawnBy(() => storage.set("a", "2")),
      await drawnBy(() => storage.setAll({ a: "3", b: "3", c: "3" })),
    ];
  }, NAMESPACE);
  assert.deepEqual(drawn.map(({ nonces }) => nonces.length), [1, 1, 3]);
  for (const { drawn: values, nonces } of drawn) assert.deepEqual(values, nonces);
});
