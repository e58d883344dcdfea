// Data on Object.prototype changes nothing: JSON.parse and a careless merge in any dependency put it there. Every option
// and every member of a dictionary that a browser's call takes is put there, in both layouts.

import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { packageInChromium, WRAP } from "./helpers/suite.mjs";

/** What JSON can hold, under every name that keyfold or a browser's call looks for. */
const INHERITED = {
  // Options, and what pkg/arguments.js makes of them.
  layout: "flutter", area: "memory", mustExist: true, dbName: "theirs", unlock: { appKey: WRAP.wrapKey }, ...WRAP, useSessionStorage: true, engine: "webcrypto",
  namespace: "theirs", fresh: true, passphrase: "theirs", appKey: WRAP.wrapKey, label: "theirs", keep: [], onProgress: {}, skipUnreadable: true, onConflict: "overwrite",
  signal: { aborted: true }, kind: "passphrase", secret: "theirs", inMemory: true, added: "device", to: "device", id: "theirs",
  // WebCrypto's.
  name: "AES-CBC", length: 128, iv: [1], additionalData: [1], tagLength: 32, hash: "SHA-1", extractable: true, usages: [], public: {},
  // IndexedDB's, TextDecoder's, base64's, and those of events, locks, channels and `fetch`.
  durability: "relaxed", keyPath: "theirs", autoIncrement: true, unique: true, query: 1, count: 1, direction: "prev", fatal: false, ignoreBOM: false, stream: true,
  alphabet: "base64url", lastChunkHandling: "loose", omitPadding: true, once: true, capture: true, passive: true, mode: "exclusive", ifAvailable: true, steal: true,
  method: "POST", body: "theirs", integrity: "sha256-AAAA", cache: "no-store", redirect: "error",
  // Of promises, iterators, errors, property descriptors, and what keyfold stores.
  status: "fulfilled", value: [1, 2, 3], reason: "theirs", done: true, cause: "theirs", code: "theirs", message: "theirs", key: "theirs", argument: "theirs", then: "theirs",
  usable: false, unlocks: [], needs: ["theirs"],
  get: "theirs", set: "theirs", enumerable: true, configurable: true, writable: true, ring: [], deviceKey: {}, data: 1,
};

const suite = packageInChromium();
/** @type {import("playwright-core").BrowserContext} */
let profile;
before(async () => {
  profile = await suite.profile();
});

/**
 * What a page does with a store of a layout, with each of these in its turn on Object.prototype: what comes of it, and what
 * the browser's calls are given, with what that inherits. The first turn is without any.
 * @param {[layout: "flutter" | "sealed", turns: Record<string, unknown>[]]} asked
 */
async function turns([layout, turns]) {
  /** @type {unknown[]} */
  let given = [];
  const members = (/** @type {any} */ dictionary) => {
    const all = [];
    for (const name in dictionary) all.push(`${name}: ${typeof dictionary[name] === "object" ? "bytes" : dictionary[name]}`);
    return all.sort().join();
  };
  /** Notes the last of so many arguments that is a dictionary. */
  const note = (/** @type {any} */ of, /** @type {string} */ method, /** @type {number} */ place) => {
    const original = of[method];
    of[method] = function (/** @type {any[]} */ ...args) {
      if (typeof args[place] === "object") given.push(`${method} ${members(args[place])}`);
      return Reflect.apply(original, this, args);
    };
  };
  for (const method of ["encrypt", "decrypt", "generateKey", "deriveBits"]) note(SubtleCrypto.prototype, method, 0);
  note(SubtleCrypto.prototype, "unwrapKey", 3);
  note(IDBDatabase.prototype, "transaction", 2);
  note(IDBDatabase.prototype, "createObjectStore", 1);
  note(window, "fetch", 1);
  note(navigator.locks, "request", 1);

  const unlock = () => ({ appKey: new Uint8Array(32).fill(7) });
  const asked = layout === "flutter" ? () => ({ layout }) : () => undefined;
  const S = keyfold.SecureStorage;
  const told = (/** @type {any} */ value) => (value instanceof Map ? [...value].map(([key, value]) => [key, value instanceof Uint8Array ? [...value] : value]) : value);
  const or = async (/** @type {Promise<any>} */ call) => told(await call.catch(({ message }) => message));

  async function act() {
    const storage = await S.open("app", asked());
    const other = await S.open("other", asked());
    const changes = /** @type {string[]} */ ([]);
    storage.watch((change) => changes.push(/** @type {any} */ (globalThis).describe(change)));
    const large = "x".repeat(5000);
    await storage.set("a", "\ufeffone");
    await storage.setAll({ b: "two", c: large });
    await storage.setAll(new Map([["d", new Uint8Array([1, 2, 255])]]));
    await other.set("a", "another");
    const seen = [
      storage.namespace, storage.layout, storage.protection, await storage.get("a"), [...((await storage.getBytes("d")) ?? [])], told(await storage.getMany(["a", "b", "x"])),
      await or(storage.getAll()), told(await storage.getAll({ skipUnreadable: true })), told(await storage.getAllBytes()).length, await storage.keys(), await storage.containsKey("x"),
      told(await (await storage.with({})).get("b")), await storage.importFrom(other), await S.availability(asked()).then(({ usable, found, durability }) => [usable, found, durability]),
    ];
    // One record is damaged, and must not be read as anything.
    if (layout === "sealed") {
      const stored = await raw.read("app");
      stored.records = stored.records.map(([name, record]) => [name, record.with(-1, (record.at(-1) ?? 0) ^ 1)]);
      await raw.write("app", { ...stored, revision: (stored.revision ?? 0) + 1 });
      const fresh = await storage.with({ fresh: true });
      seen.push(await or(fresh.getMany(["a", "b"])), told(await fresh.getAll({ skipUnreadable: true })), (await fresh.verify()).unreadable.length);
      await storage.clear();
      await storage.set("a", "one");
      const id = await S.open("unlocked", { unlock: unlock() }).then(async (one) => {
        const id = await one.addUnlock({ appKey: new Uint8Array(32).fill(8) }, {});
        seen.push((await S.unlocks("unlocked", {})).map(({ kind }) => kind), await S.open("unlocked").catch(({ code, needs }) => [code, needs]));
        await one.set("a", "1");
        await one.changeUnlock(id, { appKey: new Uint8Array(32).fill(9) }, {});
        await one.removeUnlock(id, {});
        await one.rotate({});
        await one.rotate({ keep: [unlock()] });
        seen.push((await one.unlocks()).map(({ kind, label }) => [kind, label]), await one.get("a"), one.protection);
        await one.destroy();
        return id.length;
      });
      seen.push(id, (await raw.read("app")).records.map(([name, record]) => [name.length, record.length]), (await raw.read("app")).deviceKey?.extractable);
    } else {
      localStorage.setItem("app.b", (localStorage.getItem("app.b") ?? "").replace(/.{8}$/, "AAAAAAA="));
      localStorage.setItem("app.c", (localStorage.getItem("app.c") ?? "").replace(/\..{8}/, ".AAAAAAAA"));
      seen.push(await or(storage.getAll()), (await storage.verify()).unreadable.length);
      const { wrapped } = await S.open("wrapped", { layout, wrapKey: new Uint8Array(32), wrapKeyIv: new Uint8Array(16), engine: "webcrypto" }).then(async (one) => {
        await one.set("a", "1");
        return { wrapped: [one.protection, await one.get("a"), localStorage.getItem("wrapped.a")?.length, localStorage.getItem("wrapped")?.length] };
      });
      seen.push(wrapped, Array.from({ length: localStorage.length }, (_, n) => localStorage.key(n) ?? "").sort().map((name) => [name, localStorage.getItem(name)?.length]), sessionStorage.length);
    }
    seen.push(changes.filter((change) => change.includes("own")));
    await storage.destroy();
    await S.destroy("other", asked());
    seen.push(await raw.text().then((text) => text.length > 0), (await indexedDB.databases()).map(({ name }) => name).sort());
    return seen;
  }

  const outcomes = [];
  for (const inherited of [{}, ...turns]) {
    given = [];
    localStorage.clear();
    const pollute = () => Object.entries(inherited).forEach(([name, value]) => Reflect.set(Object.prototype, name, value));
    try {
      pollute();
      const seen = await act().catch((error) => [`${error.message} ${error.stack}`]);
      for (const name of Object.keys(inherited)) Reflect.deleteProperty(Object.prototype, name);
      outcomes.push(JSON.stringify([seen, [...new Set(given)].sort()]).replace(/x{99,}/g, 'x…'));
    } finally {
      for (const name of Object.keys(inherited)) Reflect.deleteProperty(Object.prototype, name);
    }
  }
  return outcomes;
}

test("an engine that takes shorter tags gives nothing that is taken", async () => {
  const codes = await suite.inNewTab(
    () => {
      const all = /** @type {any} */ (SubtleCrypto.prototype);
      Object.assign(globalThis, {
        shorten: (/** @type {string} */ method) => {
          const original = all[method];
          all[method] = function (/** @type {any} */ how, /** @type {any[]} */ ...rest) {
            return Reflect.apply(original, this, [{ ...how, tagLength: 32 }, ...rest]);
          };
          return () => (all[method] = original);
        },
      });
    },
    async () => {
      const shorten = /** @type {(method: string) => () => void} */ (Reflect.get(globalThis, "shorten"));
      const codes = [];
      for (const layout of /** @type {const} */ (["sealed", "flutter"])) {
        const storage = await keyfold.SecureStorage.open("app", /** @type {any} */ (layout === "flutter" ? { layout, engine: "webcrypto" } : {}));
        await storage.set("a", "value");
        let restore = shorten("encrypt");
        codes.push(await storage.set("a", "other").then(() => "stored", ({ code }) => code));
        restore();
        codes.push(await storage.get("a"));
        restore = shorten("decrypt");
        codes.push(await storage.get("a").then(() => "read", ({ code }) => code));
        restore();
      }
      return codes;
    },
  );
  assert.deepEqual(codes, ["platform", "value", "corrupt", "platform", "value", "corrupt"]);
});

for (const layout of /** @type {const} */ (["sealed", "flutter"])) {
  describe(`the ${layout} layout`, { concurrency: true }, () => {
    test("each name by itself", async () => {
      const names = Object.entries(INHERITED).map(([name, value]) => ({ [name]: value }));
      const [clean = "", ...polluted] = await (await suite.tab(profile)).evaluate(turns, /** @type {any} */ ([layout, names]));
      // Else it would be an error that is the same in all turns.
      assert.match(clean, /"encrypt [^"]*tagLength: 128/);
      polluted.forEach((outcome, n) => assert.equal(outcome, clean, JSON.stringify(names[n])));
    });

    test("all at once, from the first call on", async () => {
      const first = async (/** @type {object} */ inherited) => {
        const profile = await suite.profile();
        try {
          return (await (await suite.tab(profile)).evaluate(turns, /** @type {any} */ ([layout, [inherited]]))).at(-1);
        } finally {
          await profile.close();
        }
      };
      assert.equal(await first(INHERITED), await first({}));
    });
  });
}
