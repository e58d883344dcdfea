// The sealed layout in JavaScript: the package opens the vectors that a browser can hold, a reader that has none of its code
// reads all of them, and each of the two reads what the other writes.

import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { before, beforeEach, describe, test } from "node:test";
import { at } from "../../scripts/tools.mjs";
import { packageInChromium } from "./helpers/suite.mjs";

/**
 * @typedef {string | { repeat: string, times: number }} Long
 * @typedef {{ device?: string, keychain?: string, passphrase?: string, appKey?: string, recoveryCode?: string, passkey?: { credentialId: string, prfOutput: string } }} VectorUnlock
 * @typedef {{ name: string, namespace: string, ring: string, fields: any, unlocks: { unlock: VectorUnlock }[], dataKey: string, nameKey: string }} AcceptedRing
 * @typedef {{ name: string, namespace: string, ring: string, unlock: VectorUnlock, error: string }} RejectedRing
 * @typedef {{ name: string, namespace: string, dataKeyId: string, dataKey: string, nameKey: string, storedName: string, key: Long, record: Long, value: Long, associatedData: string, error: string }} RecordCase
 */

const suite = packageInChromium();
/** @type {import("playwright-core").Page} */
let tab;

before(async () => {
  tab = await suite.tab(await suite.profile());
});

beforeEach(() => tab.evaluate(() => raw.remove()));

/** The cases of a file, those that are long spelt out. @returns {Promise<any[]>} */
async function casesOf(/** @type {string} */ file) {
  const { cases } = JSON.parse(await readFile(at("tests/vectors/sealed", `${file}.json`), "utf8"), (_, value) => (typeof value?.repeat === "string" ? value.repeat.repeat(value.times) : value));
  assert.ok(cases.length > 0);
  return cases;
}

// Of vaults, which no browser has, only the crate's own tests read the vectors.
test("no file of vectors is left out", async () => {
  const files = (await readdir(at("tests/vectors/sealed"))).filter((name) => name.endsWith(".json")).sort();
  assert.deepEqual(files, ["accept-names.json", "accept-passphrases.json", "accept-records.json", "accept-recovery-codes.json", "accept-rings.json", "accept-vaults.json", "reject-passphrases.json", "reject-records.json", "reject-recovery-codes.json", "reject-rings-opened.json", "reject-rings-read.json", "reject-vaults.json"]);
});

/** Which unlocks a browser has. */
const isOfBrowser = (/** @type {VectorUnlock} */ unlock) => ["device", "passphrase", "appKey", "recoveryCode"].some((kind) => kind in unlock);

describe("the package", () => {
  test("opens the rings that it can have unlocks for", async () => {
    /** @type {AcceptedRing[]} */
    const cases = await casesOf("accept-rings");
    const found = await tab.evaluate(async (cases) => {
      const found = [];
      for (const { namespace, ring, dataKey, nameKey, fields, unlocks } of cases) {
        const keys = { dataKey: await reader.aesKey(raw.fromHex(dataKey)), dataKeyId: raw.fromHex(fields.dataKeyId), nameKey: raw.fromHex(nameKey) };
        const records = [await reader.sealRecord(keys, namespace, "clé 🔑", new TextEncoder().encode("hodnota ž")), await reader.sealRecord(keys, namespace, "", new Uint8Array())];
        await raw.write(namespace, { ring: raw.fromHex(ring), ...(fields.ways.some((/** @type {any} */ { kind }) => kind === "beside") && { deviceKey: keys.dataKey }), records });
        for (const { unlock } of unlocks) {
          const given = unlock.device !== undefined ? "device" : unlock.appKey !== undefined ? { appKey: raw.fromHex(unlock.appKey) } : unlock;
          const storage = await keyfold.SecureStorage.open(namespace, { mustExist: true, unlock: /** @type {any} */ (given) });
          found.push([storage.protection, ...(await storage.getAll()), await storage.get("clé 🔑"), (await storage.verify()).unreadable.length, (await storage.unlocks()).map(({ id, kind, label }) => [kind, id, label])]);
        }
      }
      return found;
    }, cases.map((ring) => ({ ...ring, unlocks: ring.unlocks.filter(({ unlock }) => isOfBrowser(unlock)) })));
    const expected = cases.flatMap(({ fields, unlocks }) =>
      unlocks.flatMap(({ unlock }) => {
        if (!isOfBrowser(unlock)) return [];
        const kind = unlock.device ? "device" : unlock.appKey ? "app-key" : unlock.recoveryCode ? "recovery-code" : "passphrase";
        const slots = fields.slots.map((/** @type {any} */ { kind, id, label }) => [typeof kind === "string" ? kind : "unknown", id, label]);
        const all = [...(fields.ways.length > 0 ? [["device", "device", ""]] : []), ...slots];
        const weakest = ["device", "passphrase"].find((weak) => all.some(([kind]) => kind === weak)) ?? kind;
        return [[weakest, ["", ""], ["clé 🔑", "hodnota ž"], "hodnota ž", 0, all]];
      }),
    );
    assert.ok(expected.length > 20);
    assert.deepEqual(found, expected);
  });

  test("changes the keys of such rings, of whatever generation but the highest", async () => {
    const cases = (await casesOf("accept-rings")).filter(({ fields }) => fields.ways.length === 1 && fields.ways[0].kind === "beside" && fields.generation.length < 20);
    const found = await tab.evaluate(async (cases) => {
      const found = [];
      for (const { namespace, ring, dataKey, fields } of cases) {
        await raw.write(namespace, { ring: raw.fromHex(ring), deviceKey: await reader.aesKey(raw.fromHex(dataKey)), records: [] });
        const storage = await keyfold.SecureStorage.open(namespace);
        await storage.set("a", "1");
        await storage.rotate();
        const { generation } = await reader.ringOf((await raw.read(namespace)).ring ?? new Uint8Array());
        found.push([await storage.get("a"), generation === BigInt(fields.generation) + 1n]);
      }
      return found;
    }, cases);
    assert.deepEqual(found, cases.map(() => ["1", true]));
  });

  test("refuses rings that are none, whatever the unlock", async () => {
    /** @type {RejectedRing[]} */
    const cases = await casesOf("reject-rings-read");
    const found = await tab.evaluate(async (cases) => {
      const deviceKey = await reader.aesKey(new Uint8Array(32));
      const found = [];
      for (const { namespace, ring } of cases) {
        await raw.write(namespace, { ring: raw.fromHex(ring), deviceKey, records: [] });
        const codes = ["device", { appKey: new Uint8Array(32) }].map((unlock) => keyfold.SecureStorage.open(namespace, { unlock: /** @type {any} */ (unlock) }).then(() => "opened", ({ code }) => code));
        found.push([...new Set(await Promise.all(codes))].join());
      }
      return found;
    }, cases);
    assert.deepEqual(found.map((code, n) => [cases[n]?.name, code]), cases.map(({ name, error }) => [name, error]));
  });

  test("refuses rings that the unlock does not open", async () => {
    /** @type {RejectedRing[]} */
    const cases = (await casesOf("reject-rings-opened")).filter(({ unlock }) => isOfBrowser(unlock));
    const found = await tab.evaluate(async (cases) => {
      const found = [];
      for (const { namespace, ring, unlock } of cases) {
        await raw.write(namespace, { ring: raw.fromHex(ring), ...(unlock.device && { deviceKey: await reader.aesKey(raw.fromHex(unlock.device)) }), records: [] });
        const given = unlock.device !== undefined ? "device" : unlock.appKey !== undefined ? { appKey: raw.fromHex(unlock.appKey) } : unlock;
        found.push(await keyfold.SecureStorage.open(namespace, { unlock: /** @type {any} */ (given) }).then(() => "opened", ({ code }) => code));
      }
      return found;
    }, cases);
    assert.ok(cases.length > 40);
    assert.deepEqual(found.map((code, n) => [cases[n]?.name, code]), cases.map(({ name, error }) => [name, error]));
  });

  for (const file of ["accept-records", "reject-records"]) {
    test(`reads the records as they say: ${file}`, async () => {
      /** @type {RecordCase[]} */
      const cases = await casesOf(file);
      const found = await tab.evaluate(async (cases) => {
        const found = [];
        for (const { namespace, dataKeyId, dataKey, nameKey, storedName, key, record } of /** @type {any[]} */ (cases)) {
          const keys = { dataKey: await reader.aesKey(raw.fromHex(dataKey)), dataKeyId: raw.fromHex(dataKeyId), nameKey: raw.fromHex(nameKey) };
          // Beside one that opens: of records that are all under other keys the ring would be an old one.
          const beside = await reader.sealRecord(keys, namespace, "beside", new Uint8Array());
          const ring = await reader.sealDeviceRing(keys, namespace);
          await raw.write(namespace, { ring, deviceKey: keys.dataKey, records: [beside, [raw.fromHex(storedName), raw.fromHex(record)]] });
          const storage = await keyfold.SecureStorage.open(namespace);
          const got = await storage.getBytes(key).then((value) => (value ? raw.hex(value) : "nothing"), ({ code, key: named }) => `${code}${named === key ? "" : ` of ${named}`}`);
          const all = await storage.getAllBytes().then((all) => all.has(key) && raw.hex(all.get(key) ?? new Uint8Array()), ({ code }) => code);
          found.push([got, all]);
        }
        return found;
      }, cases);
      assert.deepEqual(found.map((codes, n) => [cases[n]?.name, ...codes]), cases.map(({ name, value, error }) => [name, value ?? error, value ?? error]));
    });
  }

  test("refuses the passphrases that are to be refused", async () => {
    const cases = await casesOf("reject-passphrases");
    const found = await tab.evaluate(async (cases) => {
      const found = [];
      for (const { utf16 } of cases) {
        const passphrase = String.fromCharCode(...(utf16.match(/.{4}/g) ?? []).map((/** @type {string} */ unit) => parseInt(unit, 16)));
        found.push(await failure(() => keyfold.SecureStorage.open("app", { unlock: { passphrase } })));
      }
      return found;
    }, cases);
    assert.deepEqual(found.map((failure) => [failure?.code, failure?.argument, failure?.changed]), cases.map(({ error }) => [error, "passphrase", false]));
  });

  test("takes recovery codes as they are typed, and refuses typing errors", async () => {
    const [accepted, rejected] = [await casesOf("accept-recovery-codes"), await casesOf("reject-recovery-codes")];
    const found = await tab.evaluate(async ({ accepted, rejected }) => {
      const found = [];
      for (const { text, typed } of accepted) {
        const storage = await keyfold.SecureStorage.open("app", { area: "memory", unlock: { recoveryCode: text } });
        storage.lock();
        await storage.unlock({ recoveryCode: typed });
        found.push(storage.protection);
      }
      for (const { typed } of rejected) found.push(await failure(() => keyfold.SecureStorage.open("app", { unlock: { recoveryCode: typed } })));
      return found;
    }, { accepted, rejected });
    assert.deepEqual(found.slice(0, accepted.length), accepted.map(() => "recovery-code"));
    assert.deepEqual(found.slice(accepted.length).map((/** @type {any} */ failure) => [failure?.code, failure?.argument, failure?.changed]), rejected.map(({ error }) => [error, "recoveryCode", false]));
  });

  test("makes recovery codes, each another, and opens by one that is typed with mistakes", async () => {
    const found = await tab.evaluate(async () => {
      const codes = await Promise.all(Array.from({ length: 20 }, () => keyfold.SecureStorage.recoveryCode()));
      const recoveryCode = codes[0]?.text ?? "";
      const passphrase = "of the user";
      const storage = await keyfold.SecureStorage.open("recoverable", { unlock: { passphrase } });
      await storage.set("token", "value");
      await storage.addUnlock({ recoveryCode }, { label: "paper" });
      const typed = recoveryCode.toLowerCase().replaceAll("-", " ").replaceAll("0", "o").replaceAll("1", "l");
      const opened = await keyfold.SecureStorage.open("recoverable", { unlock: { recoveryCode: typed } });
      const other = await keyfold.SecureStorage.open("recoverable", { unlock: { recoveryCode: codes[1]?.text ?? "" } }).then(() => "opened", ({ code }) => code);
      return { texts: codes.map(({ text }) => text), opened: [opened.protection, await opened.get("token")], other };
    });
    assert.equal(new Set(found.texts).size, 20);
    for (const text of found.texts) assert.match(text, /^([0-9A-HJKMNP-TV-Z]{4}-){8}[0-9A-HJKMNP-TV-Z]{4}$/);
    assert.deepEqual([found.opened, found.other], [["passphrase", "value"], "wrong-key"]);
  });

  test("finds entries under the names that they say", async () => {
    const cases = await casesOf("accept-names");
    const found = await tab.evaluate(async (cases) => {
      const found = [];
      for (const { namespace, key, nameKey, storedName } of cases) {
        const keys = { dataKey: await reader.aesKey(new Uint8Array(32)), dataKeyId: new Uint8Array(16), nameKey: raw.fromHex(nameKey) };
        await raw.write(namespace, { ring: await reader.sealDeviceRing(keys, namespace), deviceKey: keys.dataKey, records: [] });
        await (await keyfold.SecureStorage.open(namespace)).set(key, "");
        found.push((await raw.read(namespace)).records.map(([at]) => raw.hex(at)).join() === storedName);
      }
      return found;
    }, cases);
    assert.deepEqual(found, cases.map(() => true));
  });
});

describe("a reader without any of keyfold's code", () => {
  test("opens every ring by every unlock, but for Argon2id", async () => {
    /** @type {AcceptedRing[]} */
    const cases = await casesOf("accept-rings");
    const found = await tab.evaluate(async (cases) => {
      const found = [];
      for (const { namespace, ring, dataKey, nameKey, fields, unlocks } of cases) {
        const parsed = await reader.ringOf(raw.fromHex(ring));
        const same = [`${parsed.generation}` === fields.generation, raw.hex(parsed.dataKeyId) === fields.dataKeyId, parsed.slots.map(({ id }) => raw.hex(id)).join() === fields.slots.map((/** @type {any} */ { id }) => id).join()];
        for (const { unlock } of unlocks.filter(({ unlock }) => unlock.passphrase === undefined)) {
          const { keychain, appKey, recoveryCode, passkey } = unlock;
          const opened = await reader.open(namespace, raw.fromHex(ring), {
            ...(unlock.device && { device: await reader.aesKey(raw.fromHex(unlock.device)) }), ...(keychain && { keychain: raw.fromHex(keychain) }), ...(appKey && { appKey: raw.fromHex(appKey) }), ...(recoveryCode && { recoveryCode }),
            ...(passkey && { passkey: { credentialId: raw.fromHex(passkey.credentialId), prfOutput: raw.fromHex(passkey.prfOutput) } }),
          });
          // The data key is the one that they say, if it opens what that has sealed.
          const [place, record] = await reader.sealRecord({ ...opened, dataKey: await reader.aesKey(raw.fromHex(dataKey)) }, namespace, "a", new Uint8Array([7]));
          same.push(raw.hex(opened.nameKey) === nameKey, (await reader.openRecord(opened, namespace, place, record)).value[0] === 7);
        }
        found.push(same);
      }
      return found;
    }, cases);
    assert.deepEqual(found.map((same) => same.includes(false)), cases.map(() => false));
    assert.ok(found.flat().length > 100);
  });

  test("refuses the rings that are to be refused", async () => {
    const read = await casesOf("reject-rings-read");
    const opened = (await casesOf("reject-rings-opened")).filter(({ unlock }) => unlock.passphrase === undefined);
    const found = await tab.evaluate(async (cases) => {
      const found = [];
      for (const { namespace, ring, unlock = { appKey: "" } } of cases) {
        const { device, keychain, appKey, recoveryCode, passkey } = unlock;
        const given = {
          ...(device && { device: await reader.aesKey(raw.fromHex(device)) }), ...(keychain && { keychain: raw.fromHex(keychain) }), ...(appKey !== undefined && { appKey: raw.fromHex(appKey) }), ...(recoveryCode && { recoveryCode }),
          ...(passkey && { passkey: { credentialId: raw.fromHex(passkey.credentialId), prfOutput: raw.fromHex(passkey.prfOutput) } }),
        };
        found.push(await reader.open(namespace, raw.fromHex(ring), given).then(() => "opened", (error) => error.code ?? String(error)));
      }
      return found;
    }, [...read, ...opened]);
    assert.deepEqual(found.map((code, n) => [[...read, ...opened][n].name, code]), [...read, ...opened].map(({ name, error }) => [name, error]));
  });

  for (const file of ["accept-records", "reject-records"]) {
    test(`reads the records as they say: ${file}`, async () => {
      const cases = await casesOf(file);
      const found = await tab.evaluate(async (cases) => {
        const found = [];
        for (const { namespace, dataKeyId, dataKey, nameKey, storedName, key, record } of cases) {
          const keys = { dataKey: await reader.aesKey(raw.fromHex(dataKey)), dataKeyId: raw.fromHex(dataKeyId), nameKey: raw.fromHex(nameKey) };
          const opened = reader.openRecord(keys, namespace, raw.fromHex(storedName), raw.fromHex(record));
          found.push(await opened.then(({ name, value }) => (name === key ? raw.hex(value) : "another name"), (error) => error.code ?? String(error)));
        }
        return found;
      }, cases);
      assert.deepEqual(found.map((code, n) => [cases[n].name, code]), cases.map(({ name, value, error }) => [name, value ?? error]));
    });
  }

  test("prepares passphrases as they say", async () => {
    const cases = await casesOf("accept-passphrases");
    const found = await tab.evaluate((cases) => cases.map(({ text }) => raw.hex(reader.prepared(text))), cases);
    assert.deepEqual(found, cases.map(({ prepared }) => prepared));
  });

  test("finds the same names", async () => {
    const cases = await casesOf("accept-names");
    const found = await tab.evaluate((cases) => Promise.all(cases.map(async ({ nameKey, namespace, key }) => raw.hex(await reader.storedName(raw.fromHex(nameKey), namespace, key)))), cases);
    assert.deepEqual(found, cases.map(({ storedName }) => storedName));
  });
});

describe("what the package writes is as FORMAT.md says", () => {
  const ENTRIES = [["", "empty name"], ["clé 🔑", "hodnota ž"], ["empty", ""], ["long", "x".repeat(100_000)], ["__proto__", "\ufeffmark"]];

  /** What the reader finds in a namespace, and how its bytes look. Runs in the page. */
  const look = () =>
    tab.evaluate(async () => {
      const { argon2id } = await import(/** @type {any} */ ("/keyfold/argon2id.js"));
      const derive = argon2id(async () => (await fetch("/keyfold/wasm/argon2id.wasm")).arrayBuffer());
      const { ring = new Uint8Array(), deviceKey, revision, records } = await raw.read("app");
      const unlocks = {
        ...(deviceKey && { device: { device: deviceKey } }), "app key": { appKey: new Uint8Array(32).fill(1) }, "other app key": { appKey: new Uint8Array(32).fill(2) },
        "passphrase": { passphrase: "hes\u00a0lo\u0301", argon2id: derive },
      };
      /** @type {Record<string, unknown>} */
      const opened = {};
      /** @type {Set<string>} */
      const entries = new Set();
      for (const [name, unlock] of Object.entries(unlocks)) {
        try {
          const keys = await reader.open("app", ring, unlock);
          const found = await Promise.all(records.map(([at, record]) => reader.openRecord(keys, "app", at, record)));
          entries.add(JSON.stringify(found.map(({ name, value }) => [name, new TextDecoder("utf-8", { ignoreBOM: true }).decode(value)]).sort(([a = ""], [b = ""]) => (a < b ? -1 : 1))));
          opened[name] = "opens";
        } catch (error) {
          opened[name] = /** @type {any} */ (error).code ?? String(error);
        }
      }
      const { generation, ways, slots, dataKeyId } = await reader.ringOf(ring);
      const device = deviceKey && [deviceKey.algorithm, deviceKey.extractable, [...deviceKey.usages].sort().join()];
      return { ring: ring.length, generation: `${generation}`, ways: ways.map(({ kind }) => kind), slots: slots.map(({ kind, label, cost }) => [kind, label, cost ? [cost.memoryKib, cost.passes] : []]), dataKeyId: raw.hex(dataKeyId), device, revision, records: records.map(([at, record]) => [at.length, record.length]), entries: [...entries], opened };
    });

  test("a device store, which becomes one with an app key and a passphrase, and is rotated", async () => {
    const all = ENTRIES.toSorted(([a = ""], [b = ""]) => (a < b ? -1 : 1));
    const device = [{ name: "AES-GCM", length: 256 }, false, "decrypt,encrypt"];
    const lengths = ENTRIES.map(([name = "", value = ""]) => [32, 49 + Buffer.byteLength(name) + Buffer.byteLength(value)]).sort();

    await tab.evaluate(async (entries) => (await keyfold.SecureStorage.open("app")).setAll(/** @type {any} */ (entries)), ENTRIES);
    const { dataKeyId: first, records, entries, ...made } = await look();
    assert.deepEqual([JSON.parse(entries[0] ?? "")], [all]);
    assert.deepEqual(records.sort(), lengths);
    assert.deepEqual(made, { ring: 132, generation: "1", ways: [1], slots: [], device, revision: 2, opened: { "device": "opens", "app key": "locked", "other app key": "locked", "passphrase": "locked" } });

    await tab.evaluate(async () => (await keyfold.SecureStorage.open("app")).rotate());
    const { dataKeyId: second, ...rotated } = await look();
    assert.notEqual(second, first);
    assert.deepEqual([rotated.generation, rotated.revision, rotated.device, rotated.entries], ["2", 3, device, entries]);

    await tab.evaluate(async () => (await keyfold.SecureStorage.open("app")).changeUnlock("device", { appKey: new Uint8Array(32).fill(1) }, { label: "štítek" }));
    const { dataKeyId: third, ...changed } = await look();
    assert.notEqual(third, second);
    assert.deepEqual([changed.ways, changed.generation, changed.revision, changed.device, changed.entries], [[], "3", 4, undefined, entries], "the Device key is gone");
    assert.deepEqual([changed.slots, changed.opened], [[[2, "štítek", []]], { "app key": "opens", "other app key": "wrong-key", "passphrase": "locked" }]);

    await tab.evaluate(async () => {
      const appKey = { appKey: new Uint8Array(32).fill(1) };
      await (await keyfold.SecureStorage.open("app", { unlock: appKey })).addUnlock({ passphrase: "hes l\u00f3" }, { label: "x".repeat(64) });
    });
    const added = await look();
    assert.notEqual(added.dataKeyId, third);
    assert.deepEqual([added.generation, added.revision, added.entries], ["4", 5, entries]);
    assert.deepEqual([added.slots, added.opened], [[[2, "štítek", []], [1, "x".repeat(64), [65_536, 3]]], { "app key": "opens", "other app key": "wrong-key", "passphrase": "opens" }]);

    await tab.evaluate(async () => {
      const passphrase = { passphrase: "hes l\u00f3" };
      const storage = await keyfold.SecureStorage.open("app", { unlock: passphrase });
      const [{ id } = { id: "" }] = await storage.unlocks();
      await storage.addUnlock("device");
      await storage.removeUnlock(id);
      await storage.set("a", "1");
      await storage.remove("a");
    });
    const remembered = await look();
    assert.deepEqual([remembered.ways, remembered.device, remembered.generation, remembered.revision, remembered.entries], [[1], device, "6", 9, entries]);
    assert.deepEqual([remembered.slots.length, remembered.opened], [1, { "device": "opens", "app key": "locked", "other app key": "locked", "passphrase": "opens" }]);

    await tab.evaluate(async () => {
      const storage = await keyfold.SecureStorage.open("app");
      await storage.removeUnlock("device");
      const [{ id } = { id: "" }] = await storage.unlocks();
      await storage.changeUnlock(id, { appKey: new Uint8Array(32).fill(1) });
    });
    const removed = await look();
    assert.deepEqual([removed.ways, removed.device, removed.generation, removed.revision, removed.entries], [[], undefined, "8", 11, entries]);
    assert.deepEqual([removed.slots, removed.opened], [[[2, "x".repeat(64), []]], { "app key": "opens", "other app key": "wrong-key", "passphrase": "locked" }]);

    await tab.evaluate(async () => (await keyfold.SecureStorage.open("app", { unlock: { appKey: new Uint8Array(32).fill(1) } })).clear());
    assert.deepEqual((await look()).records, []);
  });

  test("databases of other names, and namespaces beside each other", async () => {
    const found = await tab.evaluate(async () => {
      const { SecureStorage } = keyfold;
      for (const [namespace, dbName] of [["app", "keyfold"], ["app.x", "keyfold"], ["app", "theirs"], ["app", ""]]) await (await SecureStorage.open(namespace ?? "", { dbName: dbName ?? "" })).set("a", `${namespace} in ${dbName}`);
      const values = [];
      for (const [namespace = "", dbName = ""] of [["app", "keyfold"], ["app.x", "keyfold"], ["app", "theirs"], ["app", ""]]) {
        const { ring = new Uint8Array(), deviceKey, records: [[at, record] = []] } = await raw.read(namespace, dbName);
        const keys = await reader.open(namespace, ring, { device: deviceKey });
        const { value } = await reader.openRecord(keys, namespace, at ?? new Uint8Array(), record ?? new Uint8Array());
        values.push(new TextDecoder().decode(value) === `${namespace} in ${dbName}`);
      }
      const names = (await indexedDB.databases()).map(({ name, version }) => `${name} ${version}`).sort();
      await SecureStorage.destroy("app");
      const left = [(await raw.read("app")).ring, (await raw.read("app")).revision, (await raw.read("app.x")).records.length];
      for (const name of ["theirs", ""]) await raw.remove(name);
      return { values, names, left };
    });
    assert.deepEqual(found, { values: [true, true, true, true], names: [" 1", "keyfold 1", "theirs 1"], left: [undefined, undefined, 1] });
  });

  test("an entry with the same name and value has another record each time, under the same name", async () => {
    const found = await tab.evaluate(async () => {
      const storage = await keyfold.SecureStorage.open("app");
      const [places, nonces] = [new Set(), new Set()];
      for (let n = 0; n < 300; n += 1) {
        await storage.set("a", "1");
        const [[at = new Uint8Array(), record = new Uint8Array()] = []] = (await raw.read("app")).records;
        places.add(raw.hex(at));
        nonces.add(raw.hex(record.slice(17, 29)));
      }
      return [places.size, nonces.size];
    });
    assert.deepEqual(found, [1, 300]);
  });
});
