// What somebody who can write into IndexedDB can do to a sealed store: each change of rings and records is refused with its
// code, through the package. What cannot be noticed is tried too, so that nobody takes it for noticed.

import assert from "node:assert/strict";
import { before, beforeEach, describe, test } from "node:test";
import { isThorough } from "../../scripts/tools.mjs";
import { packageInChromium } from "./helpers/suite.mjs";
import { refused } from "./helpers/refused.mjs";

const suite = packageInChromium();
/** @type {import("playwright-core").Page} */
let tab;

before(async () => {
  tab = await suite.tab(await suite.profile());
});

beforeEach(() => tab.evaluate(() => raw.remove()));

describe("records that are not where they were written", () => {
  const OTHER_PLACE = { code: "corrupt", says: /its keys do not open it\. It is left as it is/ };

  test("two that are swapped", async () => {
    const { failures, all, report } = await tab.evaluate(async () => {
      await (await keyfold.SecureStorage.open("app")).setAll({ a: "s3cret 1", b: "s3cret 2" });
      const stored = await raw.read("app");
      const [[one, first], [other, second]] = /** @type {any} */ (stored.records);
      await raw.write("app", { ...stored, records: [[one, second], [other, first]] });
      const storage = await keyfold.SecureStorage.open("app");
      return { failures: { a: await failure(() => storage.get("a")), b: await failure(() => storage.getBytes("b")) }, all: await failure(() => storage.getAll()), report: (await storage.verify()).unreadable.length };
    });
    for (const [key, failure] of Object.entries(failures)) refused(failure, { ...OTHER_PLACE, key });
    refused(all, { code: "corrupt", says: /whose name is sealed with it/ });
    assert.equal(report, 2);
  });

  test("one that is renamed, or copied to the place of a name that is not there", async () => {
    const failures = await tab.evaluate(async () => {
      const storage = await keyfold.SecureStorage.open("app");
      await storage.setAll({ a: "s3cret", b: "s3cret 2" });
      const { records: both, ...stored } = await raw.read("app");
      await storage.remove("b");
      const [[place = new Uint8Array(), record = new Uint8Array()] = []] = (await raw.read("app")).records;
      const [[of = new Uint8Array()] = []] = both.filter(([other]) => raw.hex(other) !== raw.hex(place));
      /** @type {Record<string, Failure | undefined>} */
      const failures = {};
      await raw.write("app", { ...stored, records: [[of, record]] });
      failures["renamed"] = await failure(async () => (await keyfold.SecureStorage.open("app")).get("b"));
      await raw.write("app", { ...stored, records: [[place, record], [of, record]] });
      failures["copied"] = await failure(async () => (await keyfold.SecureStorage.open("app")).get("b"));
      return failures;
    });
    for (const failure of Object.values(failures)) refused(failure, { ...OTHER_PLACE, key: "b" });
  });

  test("one at a place that is no name's: seen by those who read all", async () => {
    const { all, keys, report, value } = await tab.evaluate(async () => {
      await (await keyfold.SecureStorage.open("app")).set("a", "s3cret");
      const stored = await raw.read("app");
      const [[, record = new Uint8Array()] = []] = stored.records;
      await raw.write("app", { ...stored, records: [...stored.records, [new Uint8Array(32), record]] });
      const storage = await keyfold.SecureStorage.open("app");
      return { all: await failure(() => storage.getAll()), keys: await failure(() => storage.keys()), report: await storage.verify(), value: await storage.get("a") };
    });
    for (const failure of [all, keys]) refused(failure, { code: "corrupt", says: /whose name is sealed with it/ });
    assert.deepEqual([report.readable, report.unreadable.map(({ code }) => code), value], [["a"], ["corrupt"], "s3cret"]);
  });

  test("one that is moved to another namespace", async () => {
    const { foreign, same, opened } = await tab.evaluate(async () => {
      for (const name of ["app", "app.x"]) await (await keyfold.SecureStorage.open(name)).set("a", `s3cret of ${name}`);
      const [app, other] = [await raw.read("app"), await raw.read("app.x")];
      const [[place = new Uint8Array()] = []] = app.records;
      const [[theirs = new Uint8Array(), record = new Uint8Array()] = []] = other.records;
      /** @type {Record<string, Failure | undefined>} */
      const foreign = {};
      // Beside records of this one's own key; alone they would be taken for newer ones than the ring.
      await (await keyfold.SecureStorage.open("app")).set("b", "s3cret");
      const { records: [...both], ...stored } = await raw.read("app");
      await raw.write("app", { ...stored, records: [...both.filter(([at]) => raw.hex(at) !== raw.hex(place)), [place, record]] });
      foreign["at the place of the same name"] = await failure(async () => (await keyfold.SecureStorage.open("app")).get("a"));
      await raw.write("app", { ...stored, records: [...both, [theirs, record]] });
      foreign["at its own place"] = await failure(async () => (await keyfold.SecureStorage.open("app")).getAll());
      // With all of its keys, and at the place that its name has there.
      const keys = await reader.open("app", app.ring ?? new Uint8Array(), { device: app.deviceKey });
      const moved = { ...stored, ring: await reader.sealDeviceRing(keys, "moved"), deviceKey: app.deviceKey };
      await raw.write("moved", { ...moved, records: [[await reader.storedName(keys.nameKey, "moved", "a"), app.records[0]?.[1] ?? new Uint8Array()]] });
      const same = await failure(async () => (await keyfold.SecureStorage.open("moved")).get("a"));
      await raw.write("moved", { ...app });
      return { foreign, same, opened: await failure(() => keyfold.SecureStorage.open("moved")) };
    });
    refused(foreign["at the place of the same name"], { code: "key-missing", key: "a", says: /it was sealed under a key that is gone/ });
    refused(foreign["at its own place"], { code: "key-missing", says: /it was sealed under a key that is gone/ });
    refused(same, { ...OTHER_PLACE, key: "a" });
    refused(opened, { code: "wrong-key", says: /the device's key does not open "moved": it is another store's/ });
  });

  test("one that is sealed for the place of another name", async () => {
    const { wrong, all } = await tab.evaluate(async () => {
      await (await keyfold.SecureStorage.open("app")).set("a", "s3cret");
      const stored = await raw.read("app");
      const keys = await reader.open("app", stored.ring ?? new Uint8Array(), { device: stored.deviceKey });
      // By somebody who can use the data key, as every script of the page can.
      const place = await reader.storedName(keys.nameKey, "app", "b");
      const inside = new Uint8Array([0, 0, 0, 1, 97, 115]);
      const iv = new Uint8Array(12);
      const additionalData = reader.associatedData("record", "app", [place, keys.dataKeyId]);
      const sealed = new Uint8Array(await crypto.subtle.encrypt({ name: "AES-GCM", iv, additionalData }, keys.dataKey, inside));
      await raw.write("app", { ...stored, records: [[place, new Uint8Array([1, ...keys.dataKeyId, ...iv, ...sealed])]] });
      const storage = await keyfold.SecureStorage.open("app");
      return { wrong: await failure(() => storage.get("b")), all: await failure(() => storage.getAll()) };
    });
    refused(wrong, { code: "corrupt", key: "b", says: /it is the entry of another name/ });
    refused(all, { code: "corrupt", says: /it is the entry of another name/ });
  });
});

describe("rings that are older", () => {
  test("than the records: key-missing, and it can be destroyed", async () => {
    for (const unlock of [undefined, { appKey: "QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaW1xdXl8=" }]) {
      const { failures, live } = await tab.evaluate(async (unlock) => {
        const storage = await keyfold.SecureStorage.open("app", unlock && { unlock });
        await storage.setAll({ a: "s3cret", b: "s3cret" });
        const { ring, deviceKey } = await raw.read("app");
        await storage.rotate();
        await storage.set("c", "s3cret");
        await raw.write("app", { ...(await raw.read("app")), ring, deviceKey });
        const options = unlock && { unlock };
        const fresh = await storage.with({ fresh: true });
        const live = [await failure(() => fresh.get("a")), await failure(() => storage.set("a", "s3cret 2")), await failure(() => storage.clear())];
        const failures = [
          await failure(() => keyfold.SecureStorage.open("app", options)), await failure(() => keyfold.SecureStorage.open("app", { ...options, mustExist: true })),
        ];
        await keyfold.SecureStorage.destroy("app");
        return { failures, live };
      }, unlock);
      for (const failure of failures) refused(failure, { code: "key-missing", says: /its key ring is older than its entries, whose key is gone/ });
      for (const failure of live) refused(failure, { code: "corrupt", says: /is older than the one that was opened: an old copy was put back/ });
    }
  });

  test("than an unlock that was added: its keys are older than the records too", async () => {
    const { live, again } = await tab.evaluate(async () => {
      const [appKey, added] = [{ appKey: new Uint8Array(32).fill(1) }, { appKey: new Uint8Array(32).fill(2) }];
      const storage = await keyfold.SecureStorage.open("app", { unlock: appKey });
      await storage.set("a", "s3cret");
      const { ring } = await raw.read("app");
      await storage.addUnlock(added);
      await storage.set("b", "s3cret");
      await raw.write("app", { ...(await raw.read("app")), ring });
      const live = [await failure(() => storage.set("b", "s3cret")), await failure(() => storage.remove("b"))];
      return { live, again: { added: await failure(() => keyfold.SecureStorage.open("app", { unlock: added })), first: await failure(() => keyfold.SecureStorage.open("app", { unlock: appKey })) } };
    });
    for (const failure of live) refused(failure, { code: "corrupt", says: /is older than the one that was opened.*Open it again to use it as it is/ });
    refused(again.added, { code: "wrong-key", says: /the app key given does not open "app"/ });
    refused(again.first, { code: "key-missing", says: /its key ring is older than its entries, whose key is gone/ });
  });
});

describe("a slot that was changed, with a checksum that fits", () => {
  // Where the slot stands: behind magic, version, generation, data key id, no way of a device, their number and its length.
  const SLOT = 8 + 1 + 8 + 16 + 1 + 1 + 4;
  const SALT = 1 + 16 + 4 + "label".length;
  const PARAMS = SALT + 32 + 4;
  /** Behind parameters of so many bytes: the commitment, the key pair with its nonce and tag, the ephemeral key and the data key. */
  const behind = (/** @type {number} */ params) => {
    const [commitment, pair, enc] = [PARAMS + params, PARAMS + params + 32, PARAMS + params + 32 + 125];
    return { commitment, "nonce of the key pair": pair, "key pair": pair + 12, "ephemeral key": enc + 1, "data key": enc + 65 };
  };
  /** @type {Record<string, { unlock: { passphrase: string } | { appKey: string }, fields: Record<string, number> }>} */
  const KINDS = {
    "passphrase": {
      unlock: { passphrase: "s3cret" },
      fields: { "slot id": 1, "label": 21, "HKDF's salt": SALT, "memory": PARAMS + 2, "passes": PARAMS + 7, "Argon2id's salt": PARAMS + 8, ...behind(24) },
    },
    "app key": { unlock: { appKey: "QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaW1xdXl8=" }, fields: { "slot id": 1, "label": 21, "HKDF's salt": SALT, ...behind(0) } },
  };
  // What the commitment is derived from; anything else that was changed keeps the data key from being opened.
  const DERIVED = ["HKDF's salt", "memory", "passes", "Argon2id's salt", "commitment"];
  for (const [kind, { unlock, fields }] of Object.entries(KINDS)) {
    test(kind, async () => {
      const failures = await tab.evaluate(
        async ({ unlock, fields, SLOT }) => {
          const made = await keyfold.SecureStorage.open("app", { unlock: { appKey: new Uint8Array(32) } });
          await made.changeUnlock((await made.unlocks())[0]?.id ?? "", unlock, { label: "label" });
          await made.set("a", "s3cret");
          const stored = await raw.read("app");
          const ring = stored.ring ?? new Uint8Array();
          /** @type {Record<string, Failure | undefined>} */
          const failures = {};
          for (const [field, at] of Object.entries(fields)) {
            await raw.write("app", { ...stored, ring: await raw.withChecksum(ring.with(SLOT + at, (ring[SLOT + at] ?? 0) ^ 1)) });
            failures[field] = await failure(() => keyfold.SecureStorage.open("app", { unlock }));
          }
          return failures;
        },
        { unlock, fields, SLOT },
      );
      for (const [field, failure] of Object.entries(failures)) {
        refused(failure, DERIVED.includes(field) ? { code: "wrong-key", says: new RegExp(`the ${kind} given does not open "app"`) } : { code: "corrupt", says: /somebody has changed it/ });
      }
    });
  }

  test("Argon2id's cost beyond its bounds is refused before any memory is taken", async () => {
    const { failures, grown } = await tab.evaluate(async () => {
      const unlock = { passphrase: "s3cret" };
      await keyfold.SecureStorage.open("app", { unlock });
      const stored = await raw.read("app");
      const ring = stored.ring ?? new Uint8Array();
      const cost = 8 + 1 + 8 + 16 + 1 + 1 + 4 + 1 + 16 + 4 + 32 + 4;
      const { instantiate } = WebAssembly;
      let grown = 0;
      WebAssembly.instantiate = /** @type {any} */ ((/** @type {any[]} */ ...args) => ((grown += 1), Reflect.apply(instantiate, WebAssembly, args)));
      const failures = [];
      for (const [memoryKib, passes] of [[0, 3], [19_455, 3], [262_145, 2], [0xffff_ffff, 3], [65_536, 1], [65_536, 11], [65_536, 0xffff_ffff], [262_144, 5]]) {
        const changed = ring.slice();
        new DataView(changed.buffer).setUint32(cost, memoryKib ?? 0);
        new DataView(changed.buffer).setUint32(cost + 4, passes ?? 0);
        await raw.write("app", { ...stored, ring: await raw.withChecksum(changed) });
        failures.push(await failure(() => keyfold.SecureStorage.open("app", { unlock })));
      }
      WebAssembly.instantiate = instantiate;
      return { failures, grown };
    });
    for (const failure of failures) refused(failure, { code: "corrupt", says: /a cost of Argon2id that is out of bounds/ });
    assert.equal(grown, 0);
  });

  test("another one's label, their order, one taken away, one put in", async () => {
    const { failures, labels } = await tab.evaluate(async () => {
      const [mine, other] = [{ appKey: new Uint8Array(32).fill(1) }, { appKey: new Uint8Array(32).fill(2) }];
      const storage = await keyfold.SecureStorage.open("app", { unlock: mine });
      await storage.addUnlock(other, { label: "label" });
      await storage.set("a", "s3cret");
      const stored = await raw.read("app");
      const ring = stored.ring ?? new Uint8Array();
      const head = ring.slice(0, 34);
      const parsed = await reader.ringOf(ring);
      const slots = parsed.slots.map(({ head, pair, enc, dataKey }) => {
        const slot = [...head, ...pair, ...enc, ...dataKey];
        return new Uint8Array([0, 0, slot.length >> 8, slot.length & 255, ...slot]);
      });
      /** As long as it is with so many slots. */
      const body = (/** @type {number} */ slots) => [...parsed.body, ...new Uint8Array(65)].slice(0, 60 + 65 * slots);
      const [first = new Uint8Array(), second = new Uint8Array()] = slots;
      const third = first.with(5, (first[5] ?? 0) ^ 1);
      const relabelled = second.with(4 + 21, 76);
      /** @type {Record<string, Uint8Array[]>} */
      const changes = { "the other's label": [first, relabelled], "their order": [second, first], "one taken away": [first], "one put in": [first, second, third], "one twice": [first, first] };
      /** @type {Record<string, Failure | undefined>} */
      const failures = {};
      /** @type {Record<string, string[]>} */
      const labels = {};
      for (const [name, slots] of Object.entries(changes)) {
        const changed = new Uint8Array([...head, slots.length, ...slots.flatMap((slot) => [...slot]), ...body(slots.length), ...new Uint8Array(32)]);
        await raw.write("app", { ...stored, ring: await raw.withChecksum(changed) });
        failures[name] = await failure(() => keyfold.SecureStorage.open("app", { unlock: mine }));
        labels[name] = await keyfold.SecureStorage.unlocks("app").then((unlocks) => unlocks.map(({ label }) => label), () => []);
      }
      return { failures, labels };
    });
    for (const [name, failure] of Object.entries(failures)) refused(failure, { code: "corrupt", says: name === "one twice" ? /two slots have one id/ : /somebody has changed it/ });
    // No key is asked for a list, so it is what somebody has put there.
    assert.deepEqual([labels["the other's label"], labels["their order"]], [["", "Label"], ["label", ""]]);
  });
});

// The crate's own tests flip them too, and the vectors some of each field.
describe("every single bit", { skip: !isThorough && "npm run test:thorough" }, () => {
  test("of a ring", async () => {
    const found = await tab.evaluate(async () => {
      await (await keyfold.SecureStorage.open("app")).set("a", "1");
      const stored = await raw.read("app");
      const ring = stored.ring ?? new Uint8Array();
      const flipped = (/** @type {number} */ bit) => ring.with(bit >> 3, (ring[bit >> 3] ?? 0) ^ (1 << (bit & 7)));
      const code = async (/** @type {Uint8Array<ArrayBuffer>} */ ring) => {
        await raw.write("app", { ...stored, ring });
        return keyfold.SecureStorage.open("app").then(() => "opened", ({ code }) => String(code));
      };
      /** @type {[damaged: string[], forged: string[]]} */
      const codes = [[], []];
      for (let bit = 0; bit < ring.length * 8; bit += 1) codes[0].push(await code(flipped(bit)));
      for (let bit = 0; bit < (ring.length - 32) * 8; bit += 1) codes[1].push(await code(await raw.withChecksum(flipped(bit))));
      return codes;
    });
    const [damaged, forged] = found;
    assert.deepEqual([damaged.length, [...new Set(damaged)]], [132 * 8, ["corrupt"]]);
    /** What a bit of a ring leads to whose checksum was made again. */
    const expected = (/** @type {number} */ bit) => {
      const [at, mask] = [bit >> 3, 1 << (bit & 7)];
      if (at < 8) return "corrupt";
      if (at === 8) return (1 ^ mask) === 0 ? "corrupt" : "newer-format";
      // The kind of the device's way in: 0, or a newer one.
      if (at === 34) return (1 ^ mask) === 0 ? "corrupt" : "newer-format";
      // How many ways there are, the length of this one's parameters, and how many slots.
      if (at >= 33 && at < 40) return "corrupt";
      return "wrong-key";
    };
    assert.deepEqual(forged, Array.from({ length: 100 * 8 }, (_, bit) => expected(bit)));
  });

  test("of a record", async () => {
    const { codes, length, whole } = await tab.evaluate(async () => {
      await (await keyfold.SecureStorage.open("app")).setAll({ a: "s3cret-value", whole: "whole" });
      const stored = await raw.read("app");
      const keys = await reader.open("app", stored.ring ?? new Uint8Array(), { device: stored.deviceKey });
      const place = raw.hex(await reader.storedName(keys.nameKey, "app", "a"));
      const entry = stored.records.find(([at]) => raw.hex(at) === place);
      if (!entry) throw new Error("it is not there");
      const [, record] = entry;
      const codes = [];
      const whole = new Set();
      for (let bit = 0; bit < record.length * 8; bit += 1) {
        entry[1] = record.with(bit >> 3, (record[bit >> 3] ?? 0) ^ (1 << (bit & 7)));
        await raw.write("app", stored);
        const storage = await keyfold.SecureStorage.open("app");
        codes.push(await storage.get("a").then((value) => `read ${value}`, ({ code }) => String(code)));
        whole.add(await storage.get("whole"));
        storage.close();
      }
      return { codes, length: record.length, whole: [...whole] };
    });
    const expected = (/** @type {number} */ bit) => {
      if (bit >> 3 === 0) return (1 ^ (1 << bit)) === 0 ? "corrupt" : "newer-format";
      return bit >> 3 <= 16 ? "key-missing" : "corrupt";
    };
    assert.deepEqual([codes, whole], [Array.from({ length: length * 8 }, (_, bit) => expected(bit)), ["whole"]]);
  });
});

describe("not noticed, as FORMAT.md says", () => {
  /** Keeps a copy of the store, changes it, puts something of the copy back, and reads it with a new handle. */
  const putBack = (/** @type {"all" | "one record" | "none of the records" | "nothing"} */ what, { rotate = false } = {}) =>
    tab.evaluate(
      async ({ what, rotate }) => {
        const storage = await keyfold.SecureStorage.open("app");
        await storage.setAll({ a: "old", b: "old" });
        const copy = await raw.read("app");
        if (rotate) await storage.rotate();
        await storage.setAll({ a: "new", b: "new", c: "new" });
        const now = await raw.read("app");
        const [old] = copy.records;
        const records = now.records.map(([at, record]) => (old && raw.hex(at) === raw.hex(old[0]) ? old : /** @type {const} */ ([at, record])));
        const stored = { "all": copy, "one record": { ...now, records }, "none of the records": { ...now, records: [] }, "nothing": { records: [] } }[what];
        await raw.write("app", /** @type {any} */ (stored));
        const again = await keyfold.SecureStorage.open("app");
        return { values: [...(await again.getAll()).values()].sort(), unreadable: (await again.verify()).unreadable.length };
      },
      { what, rotate },
    );

  test("the whole store, put back", async () => {
    assert.deepEqual(await putBack("all"), { values: ["old", "old"], unreadable: 0 });
  });

  test("the whole store of before a rotation, put back", async () => {
    assert.deepEqual(await putBack("all", { rotate: true }), { values: ["old", "old"], unreadable: 0 });
  });

  test("one record, put back under the same key", async () => {
    assert.deepEqual(await putBack("one record"), { values: ["new", "new", "old"], unreadable: 0 });
  });

  test("records that were removed", async () => {
    assert.deepEqual(await putBack("none of the records"), { values: [], unreadable: 0 });
  });

  test("a store that was removed whole: a new one is made", async () => {
    assert.deepEqual(await putBack("nothing"), { values: [], unreadable: 0 });
  });

  test("but a handle that is open sees a generation that falls", async () => {
    const { failures, again } = await tab.evaluate(async () => {
      const storage = await keyfold.SecureStorage.open("app");
      await storage.set("a", "old");
      const copy = await raw.read("app");
      await storage.rotate();
      await storage.set("a", "new");
      await raw.write("app", copy);
      const fresh = await storage.with({ fresh: true });
      const failures = [await failure(() => fresh.get("a")), await failure(() => storage.set("a", "s3cret"))];
      storage.lock();
      await storage.unlock();
      return { failures, again: await storage.get("a") };
    });
    for (const failure of failures) refused(failure, { code: "corrupt", says: /is older than the one that was opened/ });
    assert.equal(again, "old", "who opens it again takes it as it is");
  });
});
