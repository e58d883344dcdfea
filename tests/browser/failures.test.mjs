// The flutter layout: what cannot be done is refused with its code, says what to do, spills no secret and changes nothing.
// FORMAT.md's tables through the package, and what a page can do wrong or be denied.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { before, beforeEach, describe, test } from "node:test";
import { at } from "../../scripts/tools.mjs";
import { addFrame, OTHER_WRAP, packageInChromium, WITH_LIMITS, WRAP } from "./helpers/suite.mjs";
import { refused } from "./helpers/refused.mjs";

const KEYS = { WRAP, OTHER_WRAP };

/** @typedef {import("./helpers/refused.mjs").Refusal} Refusal */

const suite = packageInChromium(WITH_LIMITS);
/** @type {import("playwright-core").BrowserContext} */
let profile;
/** @type {import("playwright-core").Page} */
let tab;

before(async () => {
  profile = await suite.profile();
  tab = await suite.tab(profile);
});

beforeEach(() =>
  tab.evaluate(async () => {
    localStorage.clear();
    sessionStorage.clear();
    await new Promise((resolve) => Object.assign(indexedDB.deleteDatabase("keyfold-claims"), { onsuccess: resolve }));
  }),
);

/** @type {Record<string, [act: (keys: typeof KEYS) => Promise<Failure | undefined>, refusal: Refusal]>} */
const KEY_ENTRIES = {
  "another wrap key": [
    async ({ WRAP, OTHER_WRAP }) => {
      await (await openStore("app", WRAP)).set("a", "s3cret");
      return failure(openStore("app", OTHER_WRAP));
    },
    { code: "wrong-key", says: /give those that it was wrapped with/ },
  ],
  "another IV": [
    async ({ WRAP, OTHER_WRAP }) => {
      await (await openStore("app", WRAP)).set("a", "s3cret");
      return failure(openStore("app", { ...WRAP, wrapKeyIv: OTHER_WRAP.wrapKeyIv }));
    },
    { code: "wrong-key", says: /give those that it was wrapped with/ },
  ],
  "another wrap key, with `with`": [
    async ({ WRAP, OTHER_WRAP }) => {
      const storage = await openStore("app", WRAP);
      await storage.set("a", "s3cret");
      return failure(storage.with(OTHER_WRAP));
    },
    { code: "wrong-key", says: /give those that it was wrapped with/ },
  ],
  "wrapped, and no wrap key": [
    async ({ WRAP }) => {
      await (await openStore("app", WRAP)).set("a", "s3cret");
      return failure(openStore("app"));
    },
    { code: "locked", says: /give wrapKey and wrapKeyIv/ },
  ],
  "in the clear, and a wrap key": [
    async ({ WRAP }) => {
      await (await openStore("app")).set("a", "s3cret");
      return failure(openStore("app", WRAP));
    },
    { code: "locked", says: /leave wrapKey out/ },
  ],
  "not base64": [
    async () => {
      localStorage.setItem("app", "not base64 at all");
      return failure(openStore("app"));
    },
    { code: "corrupt", says: /Put it back from a copy/ },
  ],
  "cut off": [
    async () => {
      await (await openStore("app")).set("a", "s3cret");
      localStorage.setItem("app", localStorage.getItem("app")?.slice(0, -4) ?? "");
      return failure(openStore("app"));
    },
    { code: "corrupt", says: /Put it back from a copy/ },
  ],
  "of 16 bytes in the clear, and a wrap key": [
    async ({ WRAP }) => {
      localStorage.setItem("app", "AAAAAAAAAAAAAAAAAAAAAA==");
      return failure(openStore("app", WRAP));
    },
    { code: "locked", says: /leave wrapKey out/ },
  ],
  "gone, with the claim": [
    async () => {
      localStorage.setItem("app.a", "AAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAA==");
      return failure(async () => (await openStore("app")).get("a"));
    },
    { code: "key-missing", says: /from a copy, or call destroy/ },
  ],
  "gone, and a write": [
    async () => {
      localStorage.setItem("app.a", "AAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAA==");
      return failure(async () => (await openStore("app")).set("b", "s3cret"));
    },
    { code: "key-missing", says: /from a copy, or call destroy/ },
  ],
  "not there, and it must be": [() => failure(openStore("app", { mustExist: true })), { code: "key-missing", says: /leave mustExist out/ }],
};

describe("the key entry", () => {
  for (const [name, [act, refusal]] of Object.entries(KEY_ENTRIES)) test(name, async () => refused(await tab.evaluate(act, KEYS), refusal));
});

describe("the key entry is gone, and the claim is kept", () => {
  /** Writes under these options, takes the key entry away and maybe the entries, then reads and writes under others. */
  const withoutKeyEntry = (/** @type {object} */ written, /** @type {object} */ opened, { entries = "kept" } = {}) =>
    tab.evaluate(
      async ({ written, opened, entries }) => {
        await (await openStore("app", written)).set("a", "s3cret");
        const key = localStorage.getItem("app");
        localStorage.removeItem("app");
        if (entries === "gone") localStorage.removeItem("app.a");
        if (entries === "of another key") localStorage.setItem("app.a", "AAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAA==");
        const storage = await openStore("app", opened);
        const read = { failure: await failure(storage.get("a")), value: await storage.get("a").catch(() => undefined) };
        const write = await failure(storage.set("b", "s3cret"));
        const keys = [await storage.keys(), await storage.containsKey("a")];
        const now = localStorage.getItem("app");
        return { read, write, keys, keyEntry: now === key ? "the same" : now === null ? "none" : "new" };
      },
      { written, opened, entries },
    );

  test("it opens the entry: it is read, and the next write puts the key entry back", async () => {
    for (const options of [{}, WRAP]) {
      const { read, write, keyEntry } = await withoutKeyEntry(options, options);
      assert.deepEqual([read, write, keyEntry], [{ failure: undefined, value: "s3cret" }, undefined, "the same"]);
      await tab.evaluate(() => keyfold.SecureStorage.destroy("app", { layout: "flutter" }));
    }
  });

  test("it does not open the entry: key-missing, and no write", async () => {
    const { read, write, keys, keyEntry } = await withoutKeyEntry({}, {}, { entries: "of another key" });
    for (const failure of [read.failure, write]) refused(failure, { code: "key-missing", says: /from a copy, or call destroy/ });
    assert.deepEqual([keys, keyEntry], [[["a"], true], "none"]);
  });

  test("it does not open under this wrap key, and entries are there: refused, and no write", async () => {
    const { read, write, keyEntry } = await withoutKeyEntry(WRAP, OTHER_WRAP);
    for (const failure of [read.failure, write]) refused(failure, { code: "wrong-key", says: /give those that it was wrapped with/ });
    assert.equal(keyEntry, "none");
  });

  test("it does not open under this wrap key, and no entry is left: a new key replaces it", async () => {
    const { write, keys, keyEntry } = await withoutKeyEntry(WRAP, OTHER_WRAP, { entries: "gone" });
    assert.deepEqual([write, keys, keyEntry], [undefined, [["b"], false], "new"]);
    assert.equal(await tab.evaluate(async (wrap) => (await openStore("app", wrap)).get("b"), OTHER_WRAP), "s3cret");
  });

  test("where it cannot be removed, destroy says so", async () => {
    const found = await suite.inNewTab(
      () => {
        IDBObjectStore.prototype.delete = () => { throw new DOMException("broken", "UnknownError"); };
      },
      async () => {
        const storage = await openStore("app");
        await storage.set("a", "1");
        return { failure: await failure(storage.destroy()), left: localStorage.length };
      },
    );
    refused(found.failure && { ...found.failure, changed: false }, { code: "platform", cause: "UnknownError", says: /claim in IndexedDB could not be removed/ });
    assert.equal(found.left, 0);
  });
});

test("a namespace that cannot be opened can be destroyed, and is then as new", async () => {
  const values = await tab.evaluate(async ({ WRAP, OTHER_WRAP }) => {
    const values = [];
    const damage = [() => {}, () => localStorage.removeItem("app"), () => localStorage.setItem("app", "damaged"), () => localStorage.setItem("app", "AAAAAAAAAAAAAAAAAAAAAA==")];
    for (const act of damage) {
      await (await openStore("app", WRAP)).set("a", "1");
      act();
      await keyfold.SecureStorage.destroy("app", { layout: "flutter" });
      values.push(JSON.stringify(await stored()));
      const storage = await openStore("app", OTHER_WRAP);
      await storage.set("a", "2");
      values.push(await storage.get("a"));
      await storage.destroy();
    }
    return values;
  }, KEYS);
  const empty = JSON.stringify({ local: [], session: [], claims: [] });
  assert.deepEqual(values, [empty, "2", empty, "2", empty, "2", empty, "2"]);
});

test("a key entry that another tab changes during every try of a write", async () => {
  const found = await suite.inNewTab(
    () => {},
    async () => {
      const storage = await openStore("app");
      await storage.set("a", "1");
      const { setItem } = Storage.prototype;
      Storage.prototype.setItem = function (name, text) {
        setItem.call(this, name, text);
        if (name === "app.a") setItem.call(this, "app", btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(32)))));
      };
      return failure(storage.set("a", "s3cret"));
    },
  );
  refused(found && { ...found, changed: false }, { code: "unavailable", says: /try again later/ });
});

describe("an entry", () => {
  for (const [name, damage] of Object.entries({
    "cut off": (/** @type {string} */ text) => text.slice(0, 24),
    "cut off by one group": (/** @type {string} */ text) => text.slice(0, -4),
    "without its dot": (/** @type {string} */ text) => text.replace(".", ""),
    "not base64": (/** @type {string} */ text) => text.replace(/^../, "§§"),
    "empty": () => "",
    "one character changed": (/** @type {string} */ text) => text.slice(0, 20) + (text[20] === "A" ? "B" : "A") + text.slice(21),
    "another one's nonce": (/** @type {string} */ text) => text.replace(/^[^.]*/, "AAAAAAAAAAAAAAAA"),
  })) {
    test(name, async () => {
      const text = await tab.evaluate(async () => {
        const storage = await openStore("app");
        await storage.setAll({ a: "s3cret value", whole: "whole" });
        return localStorage.getItem("app.a") ?? "";
      });
      const { failures, ...rest } = await tab.evaluate(async (text) => {
        localStorage.setItem("app.a", text);
        const storage = await openStore("app");
        const calls = [storage.get("a"), storage.getBytes("a"), storage.getMany(["whole", "a"]), storage.getAll(), storage.getAllBytes()];
        return {
          failures: await Promise.all(calls.map((call) => failure(call))),
          whole: await storage.get("whole"),
          skipped: [...(await storage.getAll({ skipUnreadable: true })).keys()],
          unreadable: (await storage.verify()).unreadable.map(({ key, code }) => `${key}: ${code}`),
          kept: localStorage.getItem("app.a") === text,
        };
      }, damage(text));
      for (const failure of failures) refused(failure, { code: "corrupt", key: "a", says: /is left as it is/ });
      assert.deepEqual(rest, { whole: "whole", skipped: ["whole"], unreadable: ["a: corrupt"], kept: true });
    });
  }

  test("not text", async () => {
    const failures = await tab.evaluate(async () => {
      const storage = await openStore("app");
      await storage.set("a", new Uint8Array([115, 51, 99, 114, 101, 116, 0xff]));
      return [await failure(storage.get("a")), await failure(storage.getMany(["a"])), await failure(storage.getAll()), await failure(storage.getBytes("a"))];
    });
    const bytes = failures.pop();
    for (const failure of failures) refused(failure, { code: "not-text", key: "a", says: /read it as bytes/ });
    assert.equal(bytes, undefined, "its bytes can be read");
  });
});

test("another namespace's data key is not written over", async () => {
  const { failures, value } = await tab.evaluate(async () => {
    await (await openStore("app.x")).set("a", "theirs");
    const storage = await openStore("app");
    await storage.set("y", "mine");
    const source = await openStore("source", { area: "memory" });
    await source.setAll({ y: "s3cret", x: "s3cret" });
    const failures = [
      await failure(storage.set("x", "s3cret")),
      await failure(storage.setAll({ y: "s3cret", x: "s3cret" })),
      await failure(storage.importFrom(source, { onConflict: "overwrite" })),
    ];
    return { failures, value: await (await openStore("app.x")).get("a") };
  });
  for (const failure of failures) refused(failure, { code: "invalid-argument", argument: "key", key: "x", says: /use another key/ });
  assert.equal(value, "theirs");
});

test("names that are here already, as importFrom is told", async () => {
  const { skipped, failure: conflict, overwritten, values } = await tab.evaluate(async () => {
    const source = await openStore("source");
    await source.setAll({ a: "theirs", b: "theirs" });
    const storage = await openStore("app");
    await storage.set("a", "mine");
    const found = { failure: await failure(storage.importFrom(source, { onConflict: "fail" })), skipped: await storage.importFrom(source) };
    const between = await storage.get("a");
    const overwritten = await storage.importFrom(source, { onConflict: "overwrite" });
    return { ...found, overwritten, values: [between, await storage.get("a"), await storage.get("b"), await source.get("a")] };
  });
  refused(conflict, { code: "invalid-argument", argument: "onConflict", key: "a", says: /nothing was imported/ });
  assert.deepEqual(skipped, { imported: ["b"], skipped: ["a"], unreadable: [], complete: false });
  assert.deepEqual(overwritten, { imported: ["a", "b"], skipped: [], unreadable: [], complete: true });
  assert.deepEqual(values, ["mine", "theirs", "theirs", "theirs"]);
});

describe("reads", () => {
  test("create nothing where entries are without their key", async () => {
    const changed = await tab.evaluate(async () => {
      localStorage.setItem("app.a", "AAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAA==");
      const text = async () => JSON.stringify(await stored());
      const storage = await openStore("app");
      const empty = await openStore("nothing there");
      const into = await openStore("into", { area: "memory" });
      /** @type {Record<string, () => unknown>} */
      const reads = {
        open: () => openStore("app"),
        get: () => storage.get("a"),
        "get of none": () => storage.get("none"),
        getBytes: () => storage.getBytes("a"),
        getMany: () => storage.getMany(["a", "none"]),
        getAll: () => storage.getAll(),
        "getAll, skipping": () => storage.getAll({ skipUnreadable: true }),
        getAllBytes: () => storage.getAllBytes(),
        containsKey: () => storage.containsKey("a"),
        keys: () => storage.keys(),
        verify: () => storage.verify(),
        with: () => storage.with({ engine: "webcrypto" }),
        importFrom: () => into.importFrom(storage),
        remove: () => storage.remove("none"),
        availability: () => keyfold.SecureStorage.availability({ layout: "flutter" }),
        "get where nothing is": () => empty.get("a"),
        "getAll where nothing is": () => empty.getAll(),
        "clear where nothing is": () => empty.clear(),
      };
      const changed = [];
      for (const [name, read] of Object.entries(reads)) {
        const before = await text();
        await failure(read);
        if ((await text()) !== before) changed.push(name);
      }
      return changed;
    });
    assert.deepEqual(changed, []);
  });
});

describe("a full storage", () => {
  /** Leaves room for nothing in the storage. */
  const fill = () =>
    tab.evaluate(() => {
      for (let length = 2 ** 20, n = 0; length >= 1; n += 1) {
        try {
          localStorage.setItem(`filler${n}`, "x".repeat(length));
        } catch {
          length /= 2;
        }
      }
    });

  test("the old value stays", async () => {
    await tab.evaluate(async () => (await openStore("app")).setAll({ a: "old", big: "x".repeat(5000) }));
    await fill();
    const { failures, a, big } = await tab.evaluate(async () => {
      const storage = await openStore("app");
      const large = "s3cret".repeat(3000);
      const failures = [
        await failure(storage.set("a", large)),
        await failure(storage.set("new", "")),
        await failure(storage.setAll({ a: "new", b: "", c: "" })),
        await failure(storage.setAll({ big: "small", a: large })),
        await failure(storage.setAll([["a", "1"], ["a", large]])),
      ];
      return { failures, a: await storage.get("a"), big: (await storage.get("big"))?.length };
    });
    const keys = ["a", "new", "b", "a", "a"];
    for (const [n, failure] of failures.entries()) refused(failure, { code: "quota-exceeded", key: keys[n], cause: "QuotaExceededError", says: /the entry does not fit: remove something first/ });
    assert.deepEqual([a, big], ["old", 5000]);
  });

  test("a first write is refused, and done when there is room", async () => {
    await fill();
    const found = await tab.evaluate(async () => failure((await openStore("app")).set("a", "s3cret")));
    // The key is claimed by then.
    refused(found && { ...found, changed: false }, { code: "quota-exceeded", says: /remove something first/ });
    const value = await tab.evaluate(async () => {
      localStorage.removeItem("filler0");
      const storage = await openStore("app");
      await storage.set("a", "s3cret");
      return (await openStore("app")).get("a");
    });
    assert.equal(value, "s3cret");
  });
});

describe("a storage that is blocked", () => {
  const says = /is blocked here/;

  test("in a sandboxed frame", async () => {
    const frame = await addFrame(tab, "allow-scripts");
    const failures = await frame.evaluate(async () => [
      await failure(openStore("app")),
      await failure(openStore("app", { useSessionStorage: true })),
      await failure(keyfold.SecureStorage.destroy("app", { layout: "flutter" })),
    ]);
    for (const failure of failures) refused(failure, { code: "unavailable", cause: "SecurityError", says });
    const memory = await frame.evaluate(async () => {
      const storage = await openStore("app", { area: "memory" });
      await storage.set("a", "1");
      return [await storage.get("a"), (await keyfold.SecureStorage.availability({ layout: "flutter" })).usable];
    });
    assert.deepEqual(memory, ["1", false], "memory is there all the same");
  });

  test("by the user's settings", async () => {
    const { opening, available } = await suite.inNewTab(
      () => {
        const deny = { get: () => { throw new DOMException("denied", "SecurityError"); } };
        Object.defineProperties(window, { localStorage: deny, sessionStorage: deny });
      },
      async () => ({ opening: await failure(openStore("app")), available: await keyfold.SecureStorage.availability({ layout: "flutter" }) }),
    );
    refused(opening, { code: "unavailable", cause: "SecurityError", says });
    assert.equal(available.usable, false);
  });

  test("by the app around the page, as in a WebView of Android", async () => {
    const failures = await suite.inNewTab(
      () => void Object.defineProperties(window, { localStorage: { value: null }, sessionStorage: { value: null } }),
      async () => [await failure(openStore("app")), await failure(openStore("app", { useSessionStorage: true }))],
    );
    for (const [n, failure] of failures.entries()) refused(failure, { code: "unavailable", says: new RegExp(`^${["local", "session"][n]}Storage is switched off here: .* setDomStorageEnabled`) });
  });

  test("after it was opened", async () => {
    const failures = await suite.inNewTab(
      () => {},
      async () => {
        const storage = await openStore("app");
        await storage.set("a", "1");
        const calls = [() => storage.get("a"), () => storage.set("a", "2"), () => storage.keys(), () => storage.remove("a"), () => storage.clear()];
        const deny = { value: () => { throw new DOMException("denied", "SecurityError"); } };
        Object.defineProperties(Storage.prototype, { getItem: deny, setItem: deny, removeItem: deny, key: deny });
        const failures = [];
        for (const call of calls) failures.push(await failure(call));
        return failures;
      },
    );
    for (const failure of failures) refused(failure, { code: "unavailable", cause: "SecurityError", says: /cannot be used any more/ });
  });
});

test("a page that is no secure context", async () => {
  const { opening, available, secure } = await suite.inNewTab(
    () => {},
    async () => ({ secure: isSecureContext, opening: await failure(openStore("app")), available: await keyfold.SecureStorage.availability({ layout: "flutter" }) }),
    `${suite.insecureUrl}/blank.html`,
  );
  assert.equal(secure, false);
  refused(opening, { code: "unavailable", says: /https or from localhost/ });
  assert.equal(available.usable, false);
});

describe("without IndexedDB a first write takes a lock and a delay", () => {
  /** @type {Record<string, () => void>} */
  const blocks = {
    "open throws": () => {
      IDBFactory.prototype.open = () => { throw new DOMException("denied", "SecurityError"); };
    },
    "open fails": () => {
      IDBFactory.prototype.open = () => {
        const request = /** @type {any} */ ({ error: new DOMException("broken", "UnknownError") });
        setTimeout(() => request.onerror(new Event("error")));
        return request;
      };
    },
    "there is no such property": () => void Object.defineProperty(window, "indexedDB", { value: undefined }),
    "its getter throws": () => void Object.defineProperty(window, "indexedDB", { get: () => { throw new DOMException("denied", "SecurityError"); } }),
    "it never answers": () => {
      IDBFactory.prototype.open = () => /** @type {any} */ ({});
      // Waiting is done a hundred times as fast.
      const { setTimeout } = window;
      window.setTimeout = /** @type {any} */ ((/** @type {() => void} */ act, /** @type {number} */ delay) => setTimeout(act, delay >= 1000 ? delay / 100 : delay));
    },
    "its database is of a newer version": () => void indexedDB.open("keyfold-claims", 7),
  };
  for (const [name, block] of Object.entries(blocks)) {
    test(name, async () => {
      const { values, locks, time, destroyed } = await suite.inNewTab(block, async () => {
        const locks = /** @type {string[]} */ ([]);
        const { request } = LockManager.prototype;
        LockManager.prototype.request = /** @type {any} */ (function (/** @type {any} */ ...args) {
          locks.push(args[0]);
          return Reflect.apply(request, navigator.locks, args);
        });
        const begun = now();
        const keys = Array.from({ length: 10 }, (_, n) => `key ${n}`);
        await Promise.all(keys.map(async (key) => (await openStore("app")).set(key, key)));
        const time = now() - begun;
        const values = await (await openStore("app")).getAll();
        await (await openStore("app")).destroy();
        return { values: [...values].filter(([key, value]) => key === value).length, locks: [...new Set(locks)], time, destroyed: localStorage.length };
      });
      assert.deepEqual({ values, locks, destroyed }, { values: 10, locks: ["keyfold:app"], destroyed: 0 });
      assert.ok(time >= 50, `settled for ${time} ms`);
    });
  }
});

describe("the WebAssembly module", () => {
  /**
   * A page of a new profile that is told how often the module is fetched. Until it is told otherwise, it is not found.
   * @param {string} url
   * @param {(page: import("playwright-core").Page, fetches: () => Promise<number>, found: () => Promise<void>) => Promise<void>} body
   */
  async function withoutModule(url, body) {
    const profile = await suite.profile();
    try {
      await profile.addInitScript(() => {
        const { fetch } = window;
        let fetches = 0;
        window.fetch = (...args) => ((fetches += 1), fetch(...args));
        Object.assign(window, { fetches: () => fetches });
      });
      await profile.route("**/flutter_bg.wasm", (route) => route.fulfill({ status: 404, body: "not found" }));
      const page = await suite.tab(profile, suite.url + url);
      await body(page, () => page.evaluate(() => /** @type {any} */ (globalThis).fetches()), () => profile.unroute("**/flutter_bg.wasm"));
    } finally {
      await profile.close();
    }
  }

  test("blocked by the page's policy: says which, and a later call tries again", () =>
    withoutModule("/no-wasm/blank.html", async (page, fetches, found) => {
      await found();
      for (const times of [1, 2]) {
        refused(await page.evaluate(() => failure(openStore("app"))), { code: "unavailable", cause: "CompileError", says: /'wasm-unsafe-eval'/ });
        assert.equal(await fetches(), times);
      }
      const { usable, reason } = await page.evaluate(async () => {
        const { usable, reason } = await keyfold.SecureStorage.availability({ layout: "flutter" });
        return { usable, reason: reason?.code };
      });
      assert.deepEqual([usable, reason], [false, "unavailable"]);
    }));

  test("altered by a byte: refused, and says what to do", async () => {
    const profile = await suite.profile();
    try {
      for (const file of ["flutter_bg.wasm", "sealed_bg.wasm", "sealed_whole_bg.wasm", "argon2id.wasm"]) {
        const body = Buffer.from(readFileSync(at("pkg/wasm", file)));
        // In the name of a section or of an export: WebAssembly itself would take it.
        body[body.length - 1] = (body.at(-1) ?? 0) ^ 1;
        await profile.route(`**/${file}`, (route) => route.fulfill({ body, contentType: "application/wasm" }));
        const page = await suite.tab(profile);
        const options = /** @type {any} */ ({ "flutter_bg.wasm": { layout: "flutter" }, "sealed_bg.wasm": {} }[file] ?? { unlock: { passphrase: "s3cret" } });
        const open = () => page.evaluate((options) => failure(keyfold.SecureStorage.open(options.unlock ? "locked" : "app", options)), options);
        const altered = await open();
        assert.ok(altered);
        // What Argon2id's module is lacking for is the cause.
        if (file === "argon2id.wasm") assert.deepEqual([altered.code, altered.cause], ["unavailable", "StorageError"]);
        else refused(altered, { code: "unavailable", cause: "AlteredError", says: /not the one that this package was built with: serve all files of one version, as they are/ });
        await profile.unroute(`**/${file}`);
        assert.equal(await open(), undefined);
      }
    } finally {
      await profile.close();
    }
  });

  test("not found, then found: fetched once for all that ask, and no failure is kept", () =>
    withoutModule("/blank.html", async (page, fetches, found) => {
      const failures = await page.evaluate(() => Promise.all(["a", "b", "c"].map((name) => failure(openStore(name)))));
      for (const failure of failures) refused(failure, { code: "unavailable", says: /the server answers 404 for/ });
      assert.equal(await fetches(), 1);
      await found();
      const value = await page.evaluate(async () => {
        const [storage] = await Promise.all(["a", "b", "c"].map((name) => openStore(name)));
        await storage?.set("a", "1");
        return storage?.get("a");
      });
      assert.deepEqual([value, await fetches()], ["1", 2]);
    }));
});

test("a worker has no localStorage, and says so", async () => {
  const ask = (/** @type {object} */ options) =>
    tab.evaluate(
      (options) =>
        new Promise((resolve) => {
          const worker = new Worker("/worker.js", { type: "module" });
          worker.onmessage = ({ data }) => resolve(data);
          worker.postMessage(options);
        }),
      options,
    );
  const { opened, usable, reason } = await ask({ layout: "flutter" });
  assert.deepEqual([opened.code, usable, reason], ["unavailable", false, "unavailable"]);
  assert.match(opened.message, /localStorage is not here: windows and frames have it, workers and servers do not\. .* sealed layout in a worker/);
  assert.deepEqual(await ask({ layout: "flutter", area: "memory" }), { opened: "opened", usable: true, reason: undefined });
});

test("a handle that was closed", async () => {
  const failures = await tab.evaluate(async () => {
    const storage = await openStore("app");
    const other = await openStore("other");
    const under = storage.set("a", "s3cret");
    storage.close();
    await under;
    await storage[Symbol.asyncDispose]();
    /** @type {(() => unknown)[]} */
    const calls = [
      () => storage.set("a", "1"), () => storage.setAll({ a: "1" }), () => storage.get("a"), () => storage.getBytes("a"), () => storage.getMany(["a"]),
      () => storage.getAll(), () => storage.getAllBytes(), () => storage.containsKey("a"), () => storage.remove("a"), () => storage.keys(),
      () => storage.clear(), () => storage.destroy(), () => storage.verify(), () => storage.with({}), () => storage.watch(() => {}),
      () => storage.importFrom(other), () => other.importFrom(storage), () => storage.namespace, () => storage.layout, () => storage.protection, () => storage.locked,
      () => storage.lock(), () => storage.unlock(), () => storage.unlocks(), () => storage.addUnlock({ passphrase: "a" }), () => storage.removeUnlock("device"),
      () => storage.changeUnlock("device", { passphrase: "a" }), () => storage.rotate(),
    ];
    const failures = [];
    for (const call of calls) failures.push(await failure(call));
    return { failures, written: await (await openStore("app")).get("a") };
  });
  for (const failure of failures.failures) refused(failure, { code: "unavailable", says: /open the namespace again/ });
  assert.equal(failures.written, "s3cret", "the call that was under way is finished");
});

describe("names", () => {
  test("of others that are not well-formed text are passed over and left as they are", async () => {
    const found = await tab.evaluate(async () => {
      const odd = ["app.\ud800", "app.a\udc00b", "\udfff", "app.\udc00\ud800"];
      for (const name of odd) localStorage.setItem(name, `theirs ${odd.indexOf(name)}`);
      const storage = await openStore("app");
      await storage.set("a", "1");
      const listed = { keys: await storage.keys(), all: [...(await storage.getAll())], passedOver: (await storage.verify()).passedOver.length };
      await storage.clear();
      await storage.set("a", "1");
      await storage.destroy();
      return { ...listed, left: odd.map((name) => localStorage.getItem(name)), length: localStorage.length };
    });
    assert.deepEqual(found, { keys: ["a"], all: [["a", "1"]], passedOver: 3, left: ["theirs 0", "theirs 1", "theirs 2", "theirs 3"], length: 4 });
  });

  test("that objects have already are names like others: __proto__, constructor, toString", async () => {
    const found = await tab.evaluate(async () => {
      const names = ["__proto__", "constructor", "toString"];
      const storage = await openStore("app");
      await storage.setAll(JSON.parse('{ "__proto__": "object", "constructor": "object", "toString": "object" }'));
      const fromObject = [...(await storage.getAll())];
      await storage.setAll(new Map(names.map((name) => [name, "map"])));
      const many = [...(await storage.getMany(names))];
      await storage.set("__proto__", "set");
      const bytes = new TextDecoder().decode((await storage.getAllBytes()).get("__proto__"));
      return { fromObject, many, bytes, keys: await storage.keys(), removed: await storage.remove("__proto__"), clean: /** @type {any} */ ({}).object === undefined };
    });
    const names = ["__proto__", "constructor", "toString"];
    const all = (/** @type {string} */ value) => names.map((name) => [name, value]);
    assert.deepEqual(found, { fromObject: all("object"), many: all("map"), bytes: "set", keys: names, removed: true, clean: true });
  });

  test("that a Storage has are namespaces like others", async () => {
    const namespaces = ["length", "key", "getItem", "clear", "__proto__", "constructor", "a.b.c", ".", "app."];
    const found = await tab.evaluate(async (namespaces) => {
      const found = [];
      for (const namespace of namespaces) {
        const storage = await openStore(namespace);
        const before = await storage.get("token");
        await storage.set("token", namespace);
        const again = await openStore(namespace, { mustExist: true });
        found.push([before, await again.get("token"), (await again.keys()).join(), await again.remove("token"), (await again.keys()).length]);
        await again.set("token", namespace);
      }
      // All at once beside each other, then gone one by one.
      for (const namespace of namespaces) found.push(await (await openStore(namespace)).get("token"));
      for (const namespace of namespaces) await (await openStore(namespace)).destroy();
      return { found, left: localStorage.length };
    }, namespaces);
    assert.deepEqual(found, { found: [...namespaces.map((namespace) => [undefined, namespace, "token", true, 0]), ...namespaces], left: 0 });
  });
});

describe("the claim outlives the original's own deleteAll", () => {
  for (const [name, options] of Object.entries({ "in the clear": {}, "wrapped": WRAP })) {
    test(`and two tabs' next writes agree: ${name}`, async () => {
      const other = await suite.tab(profile);
      const namespace = `kept ${name}`;
      const given = { namespace, options };
      const key = await tab.evaluate(async ({ namespace, options }) => {
        await (await storeOf(namespace, options)).set("a", "1");
        return localStorage.getItem(namespace);
      }, given);
      await other.waitForFunction((namespace) => localStorage.getItem(`${namespace}.a`) !== null, namespace);
      await other.evaluate(async ({ namespace, options }) => (await storeOf(namespace, options)).get("a"), given);
      await tab.evaluate((namespace) => original.deleteAll(namespace), namespace);
      await other.waitForFunction((namespace) => localStorage.getItem(namespace) === null, namespace);

      const places = [tab, other];
      await Promise.all(
        places.map((place, n) =>
          place.evaluate(
            ({ namespace, options, n }) => inRounds({ places: 2, rounds: 1 }, async () => (await storeOf(namespace, options)).set(`from ${n}`, `${n}`)),
            { ...given, n },
          ),
        ),
      );
      for (const place of places) {
        await place.waitForFunction((namespace) => [0, 1].every((n) => localStorage.getItem(`${namespace}.from ${n}`) !== null), namespace);
        const all = await place.evaluate(async ({ namespace, options }) => [...(await (await openStore(namespace, options)).getAll())], given);
        assert.deepEqual(all, [["from 0", "0"], ["from 1", "1"]]);
        assert.equal(await place.evaluate((namespace) => localStorage.getItem(namespace), namespace), key, "under the key that was kept");
      }
      await other.close();
    });
  }
});
