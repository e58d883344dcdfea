// The sealed layout: what cannot be done is refused with its code, says what to do, spills no secret and changes nothing.
// FORMAT.md's tables through the package, with what lies in IndexedDB changed behind its back.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { before, beforeEach, describe, test } from "node:test";
import { at } from "../../scripts/tools.mjs";
import { addFrame, packageInChromium, WITH_LIMITS } from "./helpers/suite.mjs";
import { refused } from "./helpers/refused.mjs";

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

beforeEach(() => tab.evaluate(() => raw.remove()));

const DAMAGED = /^the key ring of "app" is damaged: .*Put it back from a copy/;
const KEY_GONE = /^"app" cannot be opened: the device's key is gone. Put it back from a copy, or destroy the store/;
const RING_GONE = /^"app" cannot be opened: there are entries, but the key ring is gone/;
const NEWER = /^a newer version of keyfold has written "app": use that version/;

/**
 * What is done to the ring of a device store with one entry, and what comes of opening it: each refusal once, for what
 * else is refused is in the vectors, which sealed-vectors.test.mjs opens. `isSeen`: without opening it.
 * @type {Record<string, [damage: (stored: import("./pages/raw.js").Stored) => unknown, refusal: Refusal, isSeen?: boolean]>}
 */
const RINGS = {
  "gone, and records are there": [(stored) => delete stored.ring, { code: "key-missing", says: RING_GONE }, true],
  "without its Device key": [(stored) => delete stored.deviceKey, { code: "key-missing", says: KEY_GONE }],
  "with a Device key that can be exported": [
    async (stored) => (stored.deviceKey = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, true, ["encrypt", "decrypt"])),
    { code: "key-missing", says: KEY_GONE },
  ],
  "with a Device key that is none": [(stored) => (stored.deviceKey = /** @type {any} */ ("a key")), { code: "key-missing", says: KEY_GONE }],
  "with a Device key for other calls": [
    async (stored) => (stored.deviceKey = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt"])),
    { code: "key-missing", says: KEY_GONE },
  ],
  "with a Device key of another algorithm": [
    async (stored) => (stored.deviceKey = await crypto.subtle.generateKey({ name: "AES-CBC", length: 256 }, false, ["encrypt", "decrypt"])),
    { code: "key-missing", says: KEY_GONE },
  ],
  "with another Device key": [
    async (stored) => (stored.deviceKey = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"])),
    { code: "wrong-key", says: /^the device's key does not open "app": it is another store's/ },
  ],
  "with a shorter Device key": [
    async (stored) => (stored.deviceKey = await crypto.subtle.generateKey({ name: "AES-GCM", length: 128 }, false, ["encrypt", "decrypt"])),
    { code: "wrong-key", says: /it is another store's/ },
  ],
  "of another checksum": [(stored) => (stored.ring = stored.ring?.with(-1, 0).with(-2, 0)), { code: "corrupt", says: DAMAGED }, true],
  "of version 2": [async (stored) => (stored.ring = await raw.withChecksum(stored.ring?.with(8, 2) ?? new Uint8Array())), { code: "newer-format", says: NEWER }, true],
  "of another generation": [async (stored) => (stored.ring = await raw.withChecksum(stored.ring?.with(16, 7) ?? new Uint8Array())), { code: "wrong-key", says: /it is another store's/ }],
};

describe("a ring", () => {
  for (const [name, [damage, refusal, isSeen]] of Object.entries(RINGS)) {
    test(name, async () => {
      const storage = await tab.evaluateHandle(async () => {
        const storage = await keyfold.SecureStorage.open("app");
        await storage.set("a", "s3cret");
        return storage;
      });
      const stored = await tab.evaluateHandle(() => raw.read("app"));
      await stored.evaluate(damage);
      const { failures, live, wasLive, told, ...rest } = await stored.evaluate(async (stored, storage) => {
        const before = (await raw.read("app")).ring ?? new Uint8Array();
        await raw.write("app", stored);
        // A handle knows a ring by its checksum, and does not look at one again that is the same.
        const wasLive = raw.hex(before.slice(-32)) !== raw.hex((stored.ring ?? new Uint8Array()).slice(-32));
        const fresh = await storage.with({ fresh: true });
        /** @type {(() => Promise<unknown>)[]} */
        const calls = [() => fresh.get("a"), () => fresh.getAll(), () => storage.set("a", "s3cret 2"), () => storage.remove("a"), () => storage.clear()];
        const live = [];
        if (wasLive) for (const call of calls) live.push(await failure(call));
        storage.lock();
        const { SecureStorage } = keyfold;
        const failures = [
          await failure(() => SecureStorage.open("app")),
          await failure(() => SecureStorage.open("app", { mustExist: true })),
          await failure(() => storage.unlock()),
        ];
        const { locked } = storage;
        const { found, reason, unlocks } = await SecureStorage.availability({ namespace: "app" });
        const asked = await SecureStorage.unlocks("app").catch(({ code }) => code);
        await SecureStorage.destroy("app");
        const left = (await raw.read("app")).records.length;
        await (await SecureStorage.open("app")).set("a", "new");
        return { failures, live, wasLive, locked, found, told: [reason?.code, unlocks, asked], left, value: await (await SecureStorage.open("app")).get("a") };
      }, storage);
      for (const failure of [...failures, ...live]) refused(failure, refusal);
      assert.equal(live.length > 0, wasLive);
      assert.deepEqual(rest, { locked: true, found: "present", left: 0, value: "new" }, "it can be destroyed, and is then as new");
      const unlocks = [{ id: "device", kind: "device", label: "" }];
      assert.deepEqual(told, isSeen ? [refusal.code, [], refusal.code] : [undefined, unlocks, unlocks], "what can be seen of it without a key");
    });
  }

  test("that is no object of a ring", async () => {
    const failures = await tab.evaluate(async () => {
      await keyfold.SecureStorage.open("app");
      const { ring = new Uint8Array(), deviceKey } = await raw.read("app");
      const failures = [];
      for (const value of ["a ring", 1, null, {}, ring.buffer, { ring, deviceKey }, { ring: raw.hex(ring), deviceKey }, { deviceKey }]) {
        await raw.put("rings", "app", value);
        failures.push(await failure(() => keyfold.SecureStorage.open("app")), await failure(() => keyfold.SecureStorage.unlocks("app")));
      }
      return failures;
    });
    for (const failure of failures) refused(failure, { code: "corrupt", says: DAMAGED });
  });

  test("that is longer than any: it is not copied", async () => {
    const { failures, found, copied } = await tab.evaluate(async () => {
      const { SecureStorage } = keyfold;
      await SecureStorage.open("app");
      /** @type {number[]} */
      const copied = [];
      const { set } = Uint8Array.prototype;
      Uint8Array.prototype.set = function (from, ...place) {
        copied.push(from.length);
        return set.call(this, from, ...place);
      };
      await SecureStorage.unlocks("app");
      const usual = Math.max(...copied.splice(0));
      await raw.put("rings", "app", { ring: new ArrayBuffer(2 ** 18) });
      const failures = [await failure(() => SecureStorage.unlocks("app")), await failure(() => SecureStorage.open("app"))];
      const { found, reason, unlocks } = await SecureStorage.availability({ namespace: "app" });
      Uint8Array.prototype.set = set;
      return { failures, found: [found, reason?.code, unlocks], copied: [usual, copied.filter((length) => length > usual)] };
    });
    for (const failure of failures) refused(failure, { code: "corrupt", says: DAMAGED });
    assert.deepEqual(found, ["present", "corrupt", []]);
    assert.deepEqual(copied, [132, []], "as it is of a ring of 132 bytes");
  });

  test("none: one is made, unless it must exist", async () => {
    const { failures, made } = await tab.evaluate(async () => {
      const { SecureStorage } = keyfold;
      const failures = [await failure(() => SecureStorage.open("app", { mustExist: true })), await failure(() => SecureStorage.open("app", { mustExist: true, unlock: { passphrase: "s3cret" } }))];
      const databases = (await indexedDB.databases()).length;
      const { found } = await SecureStorage.availability({ namespace: "app" });
      await SecureStorage.open("app");
      return { failures, made: [databases, found, (await raw.read("app")).ring?.length] };
    });
    for (const failure of failures) refused(failure, { code: "key-missing", says: /leave mustExist out/ });
    assert.deepEqual(made, [0, "unknown", 132]);
  });
});

describe("what opens a store", () => {
  test("is told before it is opened, as it is stored", async () => {
    const { none, failures, before, after, lists } = await tab.evaluate(async () => {
      const { SecureStorage } = keyfold;
      const databases = async () => (await indexedDB.databases()).map(({ name }) => name).sort();
      const before = await databases();
      const none = [await SecureStorage.unlocks("app"), (await SecureStorage.availability({ namespace: "app" })).unlocks];
      const after = await databases();
      const unlock = { passphrase: "s3cret" };
      const storage = await SecureStorage.open("app", { unlock });
      await storage.addUnlock({ appKey: new Uint8Array(32) }, { label: "of wörk" });
      const [listed, stored] = [await storage.unlocks(), await raw.text()];
      storage.close();
      const lists = [
        listed, await SecureStorage.unlocks("app"), await SecureStorage.unlocks("app", { unlock: "device", mustExist: true, dbName: "keyfold" }),
        (await SecureStorage.availability({ namespace: "app" })).unlocks,
      ];
      none.push(await SecureStorage.unlocks("app", { area: "memory" }), await SecureStorage.unlocks("other"), (await SecureStorage.availability()).unlocks);
      const failures = [await failure(() => SecureStorage.unlocks("app", /** @type {any} */ ({ layout: "flutter" })))];
      if ((await raw.text()) !== stored) throw new Error("something was changed");
      return { none, failures, before, after, lists };
    });
    assert.deepEqual([none, before, after], [[[], [], [], [], []], [], []], "and nothing is made");
    const [listed, ...told] = lists;
    assert.deepEqual(listed?.map(({ kind, label }) => [kind, label]), [["passphrase", ""], ["app-key", "of wörk"]]);
    for (const list of told) assert.deepEqual(list, listed);
    refused(failures[0], { code: "unsupported", says: /has one fixed key and no unlocks: open the sealed layout/ });
  });
});

const says = (/** @type {string} */ needed, /** @type {string} */ given) => new RegExp(`^"app" opens with the ${needed}, not with the ${given}`);

describe("an unlock that does not open the ring", () => {
  test("of another kind: both are named", async () => {
    const failures = await tab.evaluate(async () => {
      const { SecureStorage } = keyfold;
      const [passphrase, appKey] = [{ passphrase: "s3cret" }, { appKey: new Uint8Array(32).fill(1) }];
      /** @type {Record<string, Failure | undefined>} */
      const failures = {};
      await SecureStorage.open("app");
      failures["device, passphrase"] = await failure(() => SecureStorage.open("app", { unlock: passphrase }));
      failures["device, app key"] = await failure(() => SecureStorage.open("app", { unlock: appKey }));
      await SecureStorage.destroy("app");
      const storage = await SecureStorage.open("app", { unlock: appKey });
      failures["app key, device"] = await failure(() => SecureStorage.open("app"));
      failures["app key, passphrase"] = await failure(() => SecureStorage.open("app", { unlock: passphrase }));
      await storage.addUnlock(passphrase);
      failures["passphrase or app key, device"] = await failure(() => SecureStorage.open("app"));
      return failures;
    });
    for (const [kinds, failure] of Object.entries(failures)) {
      const [needed = "", given = ""] = kinds.split(", ");
      refused(failure, { code: "locked", says: says(needed, given), needs: needed.split(" or ").map((kind) => kind.replace(" ", "-")) });
    }
  });

  test("of the same kind: wrong-key", async () => {
    const { failures, opened, locked } = await tab.evaluate(async () => {
      const { SecureStorage } = keyfold;
      const [passphrase, appKey] = [{ passphrase: "s3cret ö" }, { appKey: new Uint8Array(32).fill(1) }];
      const storage = await SecureStorage.open("app", { unlock: passphrase });
      await storage.addUnlock(appKey);
      await storage.set("a", "1");
      storage.lock();
      /** @type {import("../../pkg/index.js").Unlock[]} */
      const wrong = [{ passphrase: "s3cret" }, { passphrase: "S3cret ö" }, { passphrase: "s3cret ö " }, { appKey: new Uint8Array(32) }];
      const failures = [];
      for (const unlock of wrong) failures.push(await failure(() => SecureStorage.open("app", { unlock })), await failure(() => storage.unlock(unlock)));
      // The same text in other code points, with another space.
      const opened = await SecureStorage.open("app", { unlock: { passphrase: "s3cret\u3000o\u0308" } });
      return { failures, opened: await opened.get("a"), locked: storage.locked };
    });
    for (const failure of failures) refused(failure, { code: "wrong-key", says: /^the (passphrase|app key) given does not open "app"/ });
    assert.deepEqual([opened, locked], ["1", true]);
  });

  test("that a rotation should keep, of either kind", async () => {
    const { wrong, locked } = await tab.evaluate(async () => {
      const [appKey, other, passphrase] = [{ appKey: new Uint8Array(32).fill(1) }, { appKey: new Uint8Array(32).fill(2) }, { passphrase: "s3cret" }];
      const storage = await keyfold.SecureStorage.open("app", { unlock: appKey });
      await storage.set("a", "s3cret");
      await storage.addUnlock({ appKey: new Uint8Array(32).fill(3) });
      const calls = (/** @type {import("../../pkg/index.js").Unlock} */ unlock) => [() => storage.rotate({ keep: [appKey, /** @type {any} */ (unlock)] }), () => storage.unlock(unlock)];
      /** @type {{ wrong: (Failure | undefined)[], locked: (Failure | undefined)[] }} */
      const failures = { wrong: [], locked: [] };
      for (const call of calls(other)) failures.wrong.push(await failure(call));
      for (const call of [...calls(passphrase), () => storage.unlock("device")]) failures.locked.push(await failure(call));
      return failures;
    });
    for (const failure of wrong) refused(failure, { code: "wrong-key", says: /^the app key given does not open "app"/ });
    for (const failure of locked) refused(failure, { code: "locked", says: says("app key", "(passphrase|device)") });
  });
});

test("a device that is remembered, and whose key is gone: the other unlocks open it, and are named", async () => {
  const { gone, opened, forgotten } = await tab.evaluate(async () => {
    const unlock = { passphrase: "s3cret" };
    const storage = await keyfold.SecureStorage.open("app", { unlock });
    await storage.set("a", "1");
    await storage.addUnlock("device");
    const { deviceKey, ...rest } = await raw.read("app");
    await raw.write("app", rest);
    const gone = await failure(() => keyfold.SecureStorage.open("app"));
    const opened = await keyfold.SecureStorage.open("app", { unlock });
    await opened.removeUnlock("device");
    return { gone, opened: [await opened.get("a"), opened.protection, deviceKey?.extractable], forgotten: await failure(() => keyfold.SecureStorage.open("app")) };
  });
  refused(gone && { ...gone, changed: false }, { code: "locked", says: /^"app" opens with the passphrase: the device's key is gone/ });
  refused(forgotten && { ...forgotten, changed: false }, { code: "locked", says: says("passphrase", "device") });
  assert.deepEqual(opened, ["1", "passphrase", false]);
});

describe("a slot of a newer version", () => {
  test("the ring opens by the others, and keeps it when its keys are changed", async () => {
    const { cases } = JSON.parse(await readFile(at("tests/vectors/sealed/accept-rings.json"), "utf8"));
    const { ring, namespace, unlocks } = cases.find((/** @type {{ name: string }} */ { name }) => name === "a slot of an unknown kind beside one that is known");
    const { kinds, failures, opened } = await tab.evaluate(
      async ({ ring, namespace, appKey }) => {
        await raw.write(namespace, { ring: raw.fromHex(ring), records: [] });
        const unlock = { appKey: raw.fromHex(appKey) };
        const storage = await keyfold.SecureStorage.open(namespace, { unlock });
        await storage.set("a", "1");
        const kinds = (await storage.unlocks()).map(({ kind }) => kind);
        const failures = [
          await failure(() => storage.rotate({ keep: [{ passphrase: "s3cret" }] })), await failure(() => keyfold.SecureStorage.open(namespace, { unlock: { passphrase: "s3cret" } })),
        ];
        await storage.rotate();
        return { kinds: [...kinds, ...(await storage.unlocks()).map(({ kind }) => kind)], failures, opened: [storage.protection, await storage.get("a")] };
      },
      { ring, namespace, appKey: unlocks[0].unlock.appKey },
    );
    assert.deepEqual([kinds.toSorted(), opened], [["app-key", "app-key", "unknown", "unknown"], ["app-key", "1"]]);
    for (const failure of failures) refused(failure, { code: "newer-format", says: /^a newer version of keyfold has written/ });
  });
});

test("a ninth unlock", async () => {
  const { count, full } = await tab.evaluate(async () => {
    const appKey = (/** @type {number} */ byte) => ({ appKey: new Uint8Array(32).fill(byte) });
    const storage = await keyfold.SecureStorage.open("app", { unlock: appKey(0) });
    for (let n = 1; n < 8; n += 1) await storage.addUnlock(appKey(n));
    await storage.addUnlock("device");
    return { full: await failure(() => storage.addUnlock(appKey(8))), count: (await storage.unlocks()).length };
  });
  refused(full, { code: "too-large", says: /8 unlocks already: remove one/ });
  assert.equal(count, 9, "8 and the device");
});

/**
 * What is done to the record of `a`, and what comes of reading it.
 * @type {Record<string, [damage: (record: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer>, refusal: Refusal]>}
 */
const RECORDS = {
  "empty": [() => new Uint8Array(), { code: "corrupt", says: /it is cut off/ }],
  "of 48 bytes": [(record) => record.slice(0, 48), { code: "corrupt", says: /it is cut off/ }],
  "cut off by one byte": [(record) => record.slice(0, -1), { code: "corrupt", says: /its keys do not open it/ }],
  "with a byte more": [(record) => new Uint8Array([...record, 0]), { code: "corrupt", says: /its keys do not open it/ }],
  "damaged": [(record) => record.with(40, record[40] === 0 ? 1 : 0), { code: "corrupt", says: /its keys do not open it/ }],
  "of another nonce": [(record) => record.with(17, record[17] === 0 ? 1 : 0), { code: "corrupt", says: /its keys do not open it/ }],
  "of version 0": [(record) => record.with(0, 0), { code: "corrupt", says: /it has the version 0/ }],
  "of version 2": [(record) => record.with(0, 2), { code: "newer-format", says: /a newer version of keyfold has written it/ }],
  "of version 2, and nothing more": [() => new Uint8Array([2]), { code: "newer-format", says: /a newer version of keyfold has written it/ }],
  "of another data key": [(record) => record.with(1, record[1] === 0 ? 1 : 0), { code: "key-missing", says: /it was sealed under a key that is gone/ }],
};

describe("a record", () => {
  for (const [name, [damage, refusal]] of Object.entries(RECORDS)) {
    test(name, async () => {
      const record = await tab.evaluateHandle(async () => {
        const storage = await keyfold.SecureStorage.open("app");
        await storage.set("a", "s3cret");
        const { records } = await raw.read("app");
        await storage.set("whole", "whole");
        return records[0]?.[1] ?? new Uint8Array();
      });
      const { named, unnamed, skipping, changes, importing, report, advised, ...rest } = await record.evaluate(async (record, damaged) => {
        const stored = await raw.read("app");
        const place = stored.records.find(([, other]) => raw.hex(other) === raw.hex(record));
        if (place) place[1] = raw.fromHex(damaged);
        await raw.write("app", stored);
        const storage = await keyfold.SecureStorage.open("app");
        const into = await keyfold.SecureStorage.open("into", { area: "memory" });
        /** @type {(() => Promise<unknown>)[]} */
        const calls = [() => storage.getAll(), () => storage.getAllBytes(), () => storage.keys()];
        const found = {
          named: [await failure(() => storage.get("a")), await failure(() => storage.getBytes("a")), await failure(() => storage.getMany(["whole", "a"]))],
          unnamed: /** @type {(Failure | undefined)[]} */ ([]),
          changes: [await failure(() => storage.rotate()), await failure(() => storage.changeUnlock("device", { appKey: new Uint8Array(32) }))],
          skipping: (await failure(() => storage.getAll({ skipUnreadable: true })))?.code ?? [...(await storage.getAll({ skipUnreadable: true })).keys()],
          importing: (await failure(() => into.importFrom(storage)))?.code ?? (await into.importFrom(storage, { onConflict: "overwrite" })).unreadable.map(({ key, code }) => `${key}: ${code}`),
          report: await storage.verify(),
          whole: await storage.get("whole"),
          there: await storage.containsKey("a"),
        };
        for (const call of calls) found.unnamed.push(await failure(call));
        // As the refused changes advise.
        const other = await keyfold.SecureStorage.open("other");
        await other.set("whole", "whole");
        await raw.write("other", { ...(await raw.read("other")), records: [...(await raw.read("other")).records, [new Uint8Array(32), raw.fromHex(damaged)]] });
        const rotated = async () => (await failure(() => other.rotate()))?.code;
        const advised = [await rotated(), await other.removeUnreadable(), await rotated(), await other.get("whole")];
        await other.clear();
        await other.rotate();
        // It can be written again.
        await storage.set("a", "mended");
        return { ...found, advised, mended: await storage.get("a"), removed: await storage.remove("a"), keys: await storage.keys() };
      }, Buffer.from(damage(new Uint8Array(await record.evaluate((record) => [...record])))).toString("hex"));
      for (const failure of named) refused(failure, { ...refusal, key: "a" });
      for (const failure of unnamed) refused(failure, { ...refusal, says: /^an entry whose name is sealed with it cannot be opened: .* It is left as it is/ });
      for (const failure of changes) refused(failure, { ...refusal, says: /The keys were not changed: call removeUnreadable \(in Rust remove_unreadable\), or clear the store, first/ });
      // What a newer version wrote is not removed; clearing the store helps then.
      const isNewer = refusal.code === "newer-format";
      assert.deepEqual(advised, isNewer ? [refusal.code, 0, refusal.code, "whole"] : [advised[0], 1, undefined, "whole"]);
      assert.deepEqual([report.readable, report.unreadable.map(({ key, code }) => [key, code]), report.passedOver], [["whole"], [[undefined, refusal.code]], []]);
      // A key that is gone and a newer version are no damage that is left out.
      const isDamage = refusal.code === "corrupt";
      assert.deepEqual([skipping, importing], isDamage ? [["whole"], ["undefined: corrupt"]] : [refusal.code, refusal.code]);
      assert.deepEqual(rest, { whole: "whole", there: true, mended: "mended", removed: true, keys: ["whole"] });
    });
  }

  test("that is no buffer, and keys that are no records'", async () => {
    const found = await tab.evaluate(async () => {
      const storage = await keyfold.SecureStorage.open("app");
      await storage.setAll({ a: "s3cret", whole: "whole" });
      const { records } = await raw.read("app");
      for (const key of ["b", 7]) await raw.put("records", ["app", key], "somebody else's");
      await raw.put("records", ["app.x", new Uint8Array(32)], "another namespace's");
      const passedOver = [await (await keyfold.SecureStorage.open("app")).keys(), (await (await keyfold.SecureStorage.open("app")).verify()).unreadable.length];
      const [[at = new Uint8Array()] = []] = records;
      await raw.put("records", ["app", at.buffer], raw.hex(at));
      const report = await (await keyfold.SecureStorage.open("app")).verify();
      return { passedOver, report: [report.readable.length, report.unreadable.map(({ code }) => code)] };
    });
    assert.deepEqual(found, { passedOver: [["a", "whole"], 0], report: [1, ["corrupt"]] });
  });

  test("that is not text", async () => {
    const { failures, ...rest } = await tab.evaluate(async () => {
      const storage = await keyfold.SecureStorage.open("app");
      await storage.set("a", new Uint8Array([115, 51, 99, 114, 101, 116, 0xff]));
      const failures = [await failure(() => storage.get("a")), await failure(() => storage.getMany(["a"])), await failure(() => storage.getAll())];
      return { failures, bytes: (await storage.getBytes("a"))?.length, all: (await storage.getAllBytes()).size, skipped: (await storage.getAll({ skipUnreadable: true })).size, readable: (await storage.verify()).readable };
    });
    for (const failure of failures) refused(failure, { code: "not-text", key: "a", says: /read it as bytes/ });
    assert.deepEqual(rest, { bytes: 7, all: 1, skipped: 0, readable: ["a"] });
  });
});

describe("the database", () => {
  const newer = { code: "newer-format", says: /^the database is from a newer version: update keyfold/, cause: "VersionError" };

  test("is of a newer version", async () => {
    const { failures, reason } = await tab.evaluate(async () => {
      const { SecureStorage } = keyfold;
      await SecureStorage.open("app");
      await raw.upgrade();
      const failures = [await failure(() => SecureStorage.open("app")), await failure(() => SecureStorage.open("app", { mustExist: true })), await failure(() => SecureStorage.destroy("app"))];
      const { usable, reason, found } = await SecureStorage.availability({ namespace: "app" });
      return { failures, reason: [usable, reason?.code, found] };
    });
    for (const failure of failures) refused(failure, newer);
    assert.deepEqual(reason, [false, "newer-format", "unknown"]);
  });

  test("is brought to a newer version by another tab", async () => {
    const other = await suite.tab(profile);
    await tab.evaluate(async () => {
      const storage = await keyfold.SecureStorage.open("app");
      await storage.set("a", "s3cret");
      await storage.get("a");
      Object.assign(globalThis, { storage });
    });
    // It never ends if somebody is in the way.
    await other.evaluate(() => raw.upgrade());
    const failures = await tab.evaluate(async () => {
      const { storage } = /** @type {any} */ (globalThis);
      const calls = [() => storage.set("a", "s3cret 2"), () => storage.getAll(), () => storage.with({ fresh: true }).then((/** @type {SecureStorage} */ fresh) => fresh.get("a")), () => storage.remove("a"), () => storage.rotate(), () => storage.unlocks()];
      const failures = [];
      for (const call of calls) failures.push(await failure(call));
      return failures;
    });
    for (const failure of failures) refused(failure, newer);
    await other.close();
  });

  test("is another app's", async () => {
    const failures = await tab.evaluate(async () => {
      await raw.upgrade("theirs", 1);
      const { SecureStorage } = keyfold;
      const failures = [await failure(() => SecureStorage.open("app", { dbName: "theirs" })), await failure(() => SecureStorage.destroy("app", { dbName: "theirs" }))];
      await raw.remove("theirs");
      return failures;
    });
    for (const failure of failures) refused(failure, { code: "platform", cause: "NotFoundError", says: /made by another app: choose another with dbName/ });
  });

  describe("is deleted by another tab", () => {
    for (const [name, unlock] of Object.entries({ device: undefined, "app key": { appKey: "QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaW1xdXl8=" } })) {
      test(`nobody is in the way, and nothing is taken for stored: ${name}`, async () => {
        const other = await suite.tab(profile);
        const storage = await tab.evaluateHandle(async (unlock) => {
          const storage = await keyfold.SecureStorage.open("app", unlock && { unlock });
          await storage.setAll({ a: "s3cret", b: "s3cret" });
          await storage.getAll();
          return storage;
        }, unlock);
        // It never ends if somebody is in the way.
        await other.evaluate(() => raw.remove());
        const { reads, write, after } = await storage.evaluate(async (storage, unlock) => {
          const reads = [await storage.get("a"), await storage.containsKey("a"), (await storage.keys()).length, (await storage.getAll()).size, (await storage.verify()).readable.length, (await indexedDB.databases()).length];
          const write = { set: await failure(() => storage.set("c", "s3cret new")), remove: await failure(() => storage.remove("a")), unlocks: await failure(() => storage.unlocks()), rotate: await failure(() => storage.rotate()) };
          const again = await keyfold.SecureStorage.open("app", { mustExist: true, ...(unlock && { unlock }) }).catch(({ code }) => code);
          return { reads, write, after: typeof again === "string" ? again : [...(await again.getAll())] };
        }, unlock);
        assert.deepEqual(reads, [undefined, false, 0, 0, 0, 0]);
        if (unlock) {
          for (const failure of Object.values(write)) refused(failure, { code: "key-missing", says: /the store was removed while it was open/ });
          assert.equal(after, "key-missing");
        } else {
          assert.deepEqual([write.set, after], [undefined, [["c", "s3cret new"]]]);
        }
        await other.close();
      });
    }

    test("while this one writes: what is acknowledged after that is there", async () => {
      const other = await suite.tab(profile);
      const writing = tab.evaluate(async () => {
        const storage = await keyfold.SecureStorage.open("app");
        /** @type {[name: string, begun: number][]} */
        const acknowledged = [];
        for (const end = now() + 1000; now() < end; ) {
          const [name, begun] = [`key ${acknowledged.length}`, now()];
          await storage.set(name, name);
          acknowledged.push([name, begun]);
        }
        return { acknowledged, there: await (await keyfold.SecureStorage.open("app", { mustExist: true })).keys() };
      });
      const deleted = await other.evaluate(async () => {
        await new Promise((resolve) => setTimeout(resolve, 300));
        await raw.remove();
        return now();
      });
      const { acknowledged, there } = await writing;
      const later = acknowledged.filter(([, begun]) => begun > deleted).map(([name]) => name);
      assert.ok(later.length > 0 && later.length < acknowledged.length, `${later.length} of ${acknowledged.length} writes came later`);
      assert.deepEqual(later.filter((name) => !there.includes(name)), []);
      await other.close();
    });
  });
});

describe("IndexedDB is blocked", () => {
  const says = /^IndexedDB cannot be used here: .* or keep the store in memory/;
  /** @type {Record<string, [block: () => void, cause: string]>} */
  const blocks = {
    "its getter throws": [() => void Object.defineProperty(window, "indexedDB", { get: () => { throw new DOMException("denied", "SecurityError"); } }), "SecurityError"],
    "open throws": [() => void (IDBFactory.prototype.open = () => { throw new DOMException("denied", "SecurityError"); }), "SecurityError"],
    "open fails": [
      () => {
        IDBFactory.prototype.open = () => {
          const request = /** @type {any} */ ({ error: new DOMException("broken", "UnknownError") });
          setTimeout(() => request.onerror(new Event("error")));
          return request;
        };
      },
      "UnknownError",
    ],
  };
  for (const [name, [block, cause]] of Object.entries(blocks)) {
    test(name, async () => {
      const { failures, reason, memory } = await suite.inNewTab(block, async () => {
        const { SecureStorage } = keyfold;
        const failures = [await failure(() => SecureStorage.open("app")), await failure(() => SecureStorage.open("app", { unlock: { passphrase: "s3cret" } })), await failure(() => SecureStorage.destroy("app"))];
        const { usable, reason } = await SecureStorage.availability({ namespace: "app" });
        const storage = await SecureStorage.open("app", { area: "memory" });
        await storage.set("a", "1");
        return { failures, reason: [usable, reason?.code], memory: await storage.get("a") };
      });
      for (const failure of failures) refused(failure, { code: "unavailable", says, cause });
      assert.deepEqual([reason, memory], [[false, "unavailable"], "1"]);
    });
  }

  test("in a sandboxed frame, whose storage cannot be kept either", async () => {
    const frame = await addFrame(tab, "allow-scripts");
    refused(await frame.evaluate(() => failure(() => keyfold.SecureStorage.open("app"))), { code: "unavailable", says });
    const persisting = await frame.evaluate(() => failure(() => keyfold.SecureStorage.persist()));
    refused(persisting, { code: "unavailable", cause: "TypeError", says: /^this page has no storage that could be kept: a sandboxed frame needs allow-same-origin/ });
  });
});

describe("there is no IndexedDB", () => {
  const says = /^there is no IndexedDB here, as in Node, .* keep the store in memory \(area: "memory"/;

  test("on a page", async () => {
    const failures = await suite.inNewTab(
      () => void Object.defineProperty(window, "indexedDB", { value: undefined }),
      async () => [await failure(() => keyfold.SecureStorage.open("app")), await failure(() => keyfold.SecureStorage.destroy("app"))],
    );
    for (const failure of failures) refused(failure, { code: "unavailable", says });
  });

  test("in Node, where memory works", async () => {
    const entry = "../../pkg/inline.js";
    /** @type {typeof import("../../pkg/index.js")} */
    const { SecureStorage, StorageError } = await import(entry);
    const { usable, reason } = await SecureStorage.availability();
    const failures = [await SecureStorage.open("app").catch((error) => error), await SecureStorage.destroy("app").catch((error) => error), reason];
    for (const failure of failures) assert.ok(failure instanceof StorageError && failure.code === "unavailable" && says.test(failure.message), String(failure));
    assert.equal(usable, false);
    const storage = await SecureStorage.open("app", { area: "memory" });
    await storage.set("a", "1");
    assert.equal(await storage.get("a"), "1");
    await assert.rejects(SecureStorage.open("app", { layout: "flutter" }), { name: "StorageError", code: "unavailable", message: /workers and servers do not\. Keep the store in memory \(area: "memory"/ });
    await assert.rejects(SecureStorage.persist(), { name: "StorageError", code: "unsupported" });
  });
});

test("the database is about to be deleted, and another tab has it open", async () => {
  const own = await suite.profile();
  const [holder, deleter, opener] = [await suite.tab(own), await suite.tab(own), await suite.tab(own)];
  await holder.evaluate(async () => {
    await keyfold.SecureStorage.open("app");
    Object.assign(globalThis, { held: await new Promise((resolve) => (indexedDB.open("keyfold").onsuccess = ({ target }) => resolve(/** @type {any} */ (target).result))) });
  });
  const deleted = deleter.evaluate(() => {
    const request = indexedDB.deleteDatabase("keyfold");
    const done = new Promise((resolve) => (request.onsuccess = () => resolve("deleted")));
    return new Promise((resolve) => (request.onblocked = resolve)).then(() => void Object.assign(globalThis, { done }));
  });
  await deleted;
  const failures = await opener.evaluate(async () => {
    // Not the page's `failure`, which reads the database.
    const told = (/** @type {any} */ { code, message, cause }) => ({ code, message, cause: cause?.name });
    const { SecureStorage } = keyfold;
    return [await SecureStorage.open("app").catch(told), await SecureStorage.destroy("app").catch(told), told((await SecureStorage.availability()).reason)];
  });
  for (const { code, message, cause } of /** @type {any[]} */ (failures)) {
    assert.deepEqual([code, cause], ["unavailable", "NoAnswerError"], message);
    assert.match(message, /^IndexedDB has not answered for 5 seconds: a tab or frame may be about to delete the database.* Close the other tabs of this site, and try again$/);
  }
  // As it says.
  await holder.close();
  await deleter.evaluate(() => /** @type {any} */ (globalThis).done);
  await opener.waitForFunction(() => keyfold.SecureStorage.open("app").then(() => true, () => false));
  await own.close();
});

describe("a browser that does not store a CryptoKey, as WebKit without the system's keychain", () => {
  const says = /^this browser does not store the device's key, a CryptoKey: open the store with a passphrase or an app key. Nothing was changed/;
  const refuse = () => {
    const { put } = IDBObjectStore.prototype;
    IDBObjectStore.prototype.put = function (/** @type {any} */ value, ...rest) {
      if (value?.deviceKey instanceof CryptoKey) throw new DOMException("The object can not be cloned.", "DataCloneError");
      return put.call(this, value, ...rest);
    };
  };

  test("makes no store that nothing opens; the other unlocks work, and cannot be given up for the device", async () => {
    const { opening, left, kinds, changes, values, memory } = await suite.inNewTab(refuse, async () => {
      const { SecureStorage } = keyfold;
      const opening = [await failure(() => SecureStorage.open("app")), await failure(() => SecureStorage.open("app"))];
      const left = JSON.stringify(await raw.read("app"));
      const [appKey, passphrase] = [{ appKey: new Uint8Array(32) }, { passphrase: "s3cret" }];
      const storage = await SecureStorage.open("app", { unlock: appKey });
      await storage.set("a", "1");
      const [{ id } = { id: "" }] = await storage.unlocks();
      const changes = [await failure(() => storage.changeUnlock(id, "device")), await failure(() => storage.addUnlock("device"))];
      await storage.addUnlock(passphrase);
      await storage.rotate();
      const values = [await storage.get("a"), await (await SecureStorage.open("app", { unlock: passphrase })).get("a"), (await storage.unlocks()).length];
      const memory = await SecureStorage.open("memory", { area: "memory" });
      await memory.set("a", "1");
      return { opening, left, kinds: storage.protection, changes, values, memory: await memory.get("a") };
    });
    // The database is there by then, and has nothing in it.
    for (const failure of opening) refused(failure && { ...failure, changed: false }, { code: "unavailable", cause: "DataCloneError", says });
    for (const failure of changes) refused(failure, { code: "unavailable", cause: "DataCloneError", says });
    assert.deepEqual([left, values, memory], [JSON.stringify({ records: [] }), ["1", "1", 2], "1"], kinds);
  });
});

describe("a full storage", () => {
  /** A page of a new profile with so much room, and how it gets more. Chromium asks for the room seldom, so it is set first. */
  async function withRoom(/** @type {number} */ quotaSize, /** @type {(page: import("playwright-core").Page, more: () => Promise<unknown>) => Promise<void>} */ body) {
    const small = await suite.profile();
    const page = await suite.tab(small);
    const cdp = await small.newCDPSession(page);
    await cdp.send("Storage.overrideQuotaForOrigin", { origin: suite.url, quotaSize });
    await body(page, () => cdp.send("Storage.overrideQuotaForOrigin", { origin: suite.url }));
    await small.close();
  }
  const says = /remove something first. Nothing was changed/;

  test("no store is made, until there is room", () =>
    withRoom(1, async (page, more) => {
      const found = await page.evaluate(() => failure(() => keyfold.SecureStorage.open("app")));
      // The database is there by then, and has nothing in it.
      refused(found && { ...found, changed: false }, { code: "quota-exceeded", cause: "QuotaExceededError", says });
      await more();
      assert.equal(await page.evaluate(async () => (await raw.read("app")).ring === undefined && (await keyfold.SecureStorage.open("app")).protection), "device");
    }));

  test("nothing is changed, and it goes on when there is room", () =>
    withRoom(500_000, async (page, more) => {
      const { failures, values } = await page.evaluate(async () => {
        const storage = await keyfold.SecureStorage.open("app");
        await storage.setAll({ a: "old", b: "old" });
        const large = "s3cret".repeat(200_000);
        const source = await keyfold.SecureStorage.open("source", { area: "memory" });
        await source.setAll({ c: large, d: "s3cret" });
        const failures = {
          set: await failure(() => storage.set("a", large)), setAll: await failure(() => storage.setAll({ b: "new", c: large })),
          importFrom: await failure(() => storage.importFrom(source)), overwrite: await failure(() => storage.importFrom(source, { onConflict: "overwrite" })),
        };
        const values = [...(await storage.getAll()), ...(await (await keyfold.SecureStorage.open("app")).getAll())];
        Object.assign(globalThis, { storage });
        return { failures, values };
      });
      for (const [call, failure] of Object.entries(failures)) refused(failure, { code: "quota-exceeded", cause: "QuotaExceededError", says, ...(call === "set" && { key: "a" }) });
      assert.deepEqual(values, [["a", "old"], ["b", "old"], ["a", "old"], ["b", "old"]]);
      await more();
      const length = await page.evaluate(async () => {
        const { storage } = /** @type {{ storage: SecureStorage }} */ (/** @type {unknown} */ (globalThis));
        await storage.set("b", "x".repeat(1_000_000));
        return (await storage.get("b"))?.length;
      });
      assert.equal(length, 1_000_000);
    }));
});

test("a page that is no secure context", async () => {
  const persisting = await suite.inNewTab(() => {}, () => failure(() => keyfold.SecureStorage.persist()), `${suite.insecureUrl}/blank.html`);
  refused(persisting, { code: "unavailable", says: /^the browser keeps nothing for good here: serve the page over https or from localhost/ });
  const { failures, available } = await suite.inNewTab(
    () => {},
    async () => ({
      failures: [await failure(() => keyfold.SecureStorage.open("app")), await failure(() => keyfold.SecureStorage.open("app", { area: "memory" })), await failure(() => keyfold.SecureStorage.destroy("app"))],
      available: (await keyfold.SecureStorage.availability()).usable,
    }),
    `${suite.insecureUrl}/blank.html`,
  );
  for (const failure of failures) refused(failure, { code: "unavailable", says: /https or from localhost/ });
  assert.equal(available, false);
});

describe("a WebAssembly module", () => {
  test("blocked by the page's policy", async () => {
    const failures = await suite.inNewTab(
      () => {},
      async () => [await failure(() => keyfold.SecureStorage.open("app")), await failure(() => keyfold.SecureStorage.destroy("app"))],
      `${suite.url}/no-wasm/blank.html`,
    );
    for (const failure of failures) refused(failure, { code: "unavailable", cause: "CompileError", says: /'wasm-unsafe-eval'/ });
  });

  test("the one for passphrases, not found and then found: only a passphrase needs it, and no failure is kept", async () => {
    const without = await suite.profile();
    await without.route("**/argon2id.wasm", (route) => route.fulfill({ status: 404, body: "not found" }));
    const page = await suite.tab(without);
    const { failures, databases } = await page.evaluate(async () => {
      const { SecureStorage } = keyfold;
      const unlock = { passphrase: "s3cret" };
      const failures = [await failure(() => SecureStorage.open("app", { unlock }))];
      const databases = (await indexedDB.databases()).length;
      const appKey = { appKey: new Uint8Array(32) };
      const storage = await SecureStorage.open("app", { unlock: appKey });
      await storage.set("a", "s3cret");
      const [{ id } = { id: "" }] = await storage.unlocks();
      failures.push(await failure(() => storage.addUnlock(unlock)), await failure(() => storage.changeUnlock(id, unlock)));
      Object.assign(globalThis, { storage });
      return { failures, databases };
    });
    for (const failure of failures) refused(failure, { code: "unavailable", says: /^Argon2id, which passphrases need, could not be loaded/ });
    assert.equal(databases, 0, "no store is made that nothing opens");
    await without.unroute("**/argon2id.wasm");
    const value = await page.evaluate(async () => {
      const { storage } = /** @type {{ storage: SecureStorage }} */ (/** @type {unknown} */ (globalThis));
      const unlock = { passphrase: "s3cret" };
      await storage.addUnlock(unlock);
      return (await keyfold.SecureStorage.open("app", { unlock })).get("a");
    });
    assert.equal(value, "s3cret");
    await without.close();
  });

  test("the memory for passphrases cannot be had", async () => {
    const found = await suite.inNewTab(
      () => {
        const { grow } = WebAssembly.Memory.prototype;
        WebAssembly.Memory.prototype.grow = grow;
        const { instantiate } = WebAssembly;
        WebAssembly.instantiate = /** @type {any} */ (async (/** @type {any[]} */ ...args) => {
          if (args[0] instanceof WebAssembly.Module && WebAssembly.Module.exports(args[0]).some(({ name }) => name === "derive")) throw new RangeError("could not allocate memory");
          return Reflect.apply(instantiate, WebAssembly, args);
        });
      },
      () => failure(() => keyfold.SecureStorage.open("app", { unlock: { passphrase: "s3cret" } })),
    );
    refused(found, { code: "unavailable", says: /or there is no memory for it/ });
  });
});

test("a handle that was closed", async () => {
  const { failures, written, value } = await tab.evaluate(async () => {
    const storage = await keyfold.SecureStorage.open("app");
    const other = await keyfold.SecureStorage.open("other");
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
    return { failures, written: await (await keyfold.SecureStorage.open("app")).get("a"), value: await other.get("a") };
  });
  for (const failure of failures) refused(failure, { code: "unavailable", says: /open the namespace again/ });
  assert.deepEqual([written, value], ["s3cret", undefined], "the call that was under way is finished");
});

describe("a handle that is locked", () => {
  test("refuses what needs a key, and those of `with` are locked with it", async () => {
    const { failures, ...rest } = await tab.evaluate(async () => {
      const storage = await keyfold.SecureStorage.open("app");
      await storage.setAll({ a: "s3cret", b: "s3cret" });
      const fresh = await storage.with({ fresh: true });
      const elsewhere = await keyfold.SecureStorage.open("app");
      const into = await keyfold.SecureStorage.open("into", { area: "memory" });
      storage.lock();
      storage.lock();
      /** @type {(() => unknown)[]} */
      const calls = [storage, fresh].flatMap((storage) => [
        () => storage.set("a", "1"), () => storage.setAll({ a: "1" }), () => storage.get("a"), () => storage.getBytes("a"), () => storage.getMany(["a"]), () => storage.getAll(),
        () => storage.getAllBytes(), () => storage.containsKey("a"), () => storage.remove("a"), () => storage.keys(), () => storage.clear(), () => storage.verify(), () => into.importFrom(storage),
      ]);
      const failures = [];
      for (const call of calls) failures.push(await failure(call));
      const locked = [storage.locked, fresh.locked, elsewhere.locked];
      const unlocks = (await storage.unlocks()).length;
      await fresh.unlock();
      return { failures, locked, unlocks, values: [await storage.get("a"), await elsewhere.get("a"), storage.locked] };
    });
    for (const failure of failures) refused(failure, { code: "locked", says: /^"app" is locked: call unlock/, needs: ["device"] });
    assert.deepEqual(rest, { locked: [true, true, false], unlocks: 1, values: ["s3cret", "s3cret", false] });
  });

  test("calls that were under way are refused, and an unlock with them", async () => {
    const found = await tab.evaluate(async () => {
      const storage = await keyfold.SecureStorage.open("app");
      await storage.set("a", "s3cret");
      const fresh = await storage.with({ fresh: true });
      const calls = [fresh.get("a"), fresh.getAll(), fresh.keys(), fresh.containsKey("a"), fresh.verify(), fresh.set("b", "s3cret")];
      storage.lock();
      const codes = (await Promise.all(calls.map((call) => failure(call)))).map((failure) => failure?.code);
      const unlocking = storage.unlock();
      storage.lock();
      return { codes, unlock: (await failure(unlocking))?.code, locked: storage.locked };
    });
    assert.deepEqual(found, { codes: Array(6).fill("locked"), unlock: "locked", locked: true });
  });
});

describe("another tab has changed the keys", () => {
  test("of a device store: nothing is noticed", async () => {
    const other = await suite.tab(profile);
    const storage = await tab.evaluateHandle(async () => {
      const storage = await keyfold.SecureStorage.open("app");
      await storage.set("a", "1");
      return storage;
    });
    await other.evaluate(async () => (await keyfold.SecureStorage.open("app")).rotate());
    assert.deepEqual(await storage.evaluate(async (storage) => (await storage.set("b", "2"), [...(await storage.getAll())])), [["a", "1"], ["b", "2"]]);
    await other.close();
  });

  test("of one with other unlocks: locked, until it is unlocked", async () => {
    const other = await suite.tab(profile);
    const unlock = { appKey: "QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaW1xdXl8=" };
    const storage = await tab.evaluateHandle(async (unlock) => {
      const storage = await keyfold.SecureStorage.open("app", { unlock });
      await storage.set("a", "s3cret");
      return storage;
    }, unlock);
    await other.evaluate(async (unlock) => (await keyfold.SecureStorage.open("app", { unlock })).addUnlock({ appKey: new Uint8Array(32) }), unlock);
    const { failures, value } = await storage.evaluate(async (storage, unlock) => {
      const failures = [await failure(() => storage.set("a", "s3cret 2")), await failure(() => storage.get("a"))];
      await storage.unlock(unlock);
      return { failures, value: [await storage.get("a"), storage.locked] };
    }, unlock);
    refused(failures[0], { code: "locked", says: /^the keys of "app" were changed elsewhere: call unlock/, needs: ["app-key"] });
    refused(failures[1], { code: "locked", says: /^"app" is locked: call unlock/, needs: ["app-key"] });
    assert.deepEqual(value, ["s3cret", false]);
    await other.close();
  });
});

test("another tab's write is seen after one of our own", async () => {
  const other = await suite.tab(profile);
  const storage = await tab.evaluateHandle(async () => {
    const storage = await keyfold.SecureStorage.open("app");
    await storage.set("a", "old");
    await storage.getAll();
    return storage;
  });
  await other.evaluate(async () => (await keyfold.SecureStorage.open("app")).set("a", "theirs"));
  assert.deepEqual(await storage.evaluate(async (storage) => (await storage.set("b", "mine"), [...(await storage.getAll())])), [["a", "theirs"], ["b", "mine"]]);
  await other.close();
});

test("another tab has removed the store: a device store is made again by the next write, and no other", async () => {
  const other = await suite.tab(profile);
  const unlock = { appKey: "QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaW1xdXl8=" };
  const handles = await tab.evaluateHandle(async (unlock) => {
    const handles = { device: await keyfold.SecureStorage.open("device"), slots: await keyfold.SecureStorage.open("slots", { unlock }) };
    for (const storage of Object.values(handles)) await storage.set("a", "s3cret");
    return handles;
  }, unlock);
  await other.evaluate(async () => {
    for (const name of ["device", "slots"]) await keyfold.SecureStorage.destroy(name);
  });
  const { gone, write, made, slots } = await handles.evaluate(async ({ device, slots }) => {
    const gone = [await device.get("a"), await slots.get("a"), await slots.containsKey("a"), (await slots.keys()).length];
    await device.set("b", "s3cret");
    return {
      gone, made: [...(await (await keyfold.SecureStorage.open("device", { mustExist: true })).getAll())],
      write: await failure(() => slots.set("b", "s3cret")), slots: (await raw.read("slots")).records.length,
    };
  });
  assert.deepEqual([gone, made, slots], [[undefined, undefined, false, 0], [["b", "s3cret"]], 0]);
  refused(write, { code: "key-missing", says: /the store was removed while it was open/ });
  await other.close();
});

test("names are told in JavaScript's order, and those that objects have already are names like others", async () => {
  const names = ["", "__proto__", "a", "constructor", "b.c", "é", "\ue000", "\uff5e", "🔑", "𝒳"].sort();
  const found = await tab.evaluate(async (names) => {
    const storage = await keyfold.SecureStorage.open("app");
    await storage.setAll(names.toReversed().map((name) => [name, name]));
    const values = (/** @type {Map<string, unknown>} */ map) => [...map.keys()];
    return [await storage.keys(), values(await storage.getAll()), values(await storage.getAllBytes()), (await storage.verify()).readable, [...(await storage.getMany(names)).values()]];
  }, names);
  assert.deepEqual(found, [names, names, names, names, names]);
});
