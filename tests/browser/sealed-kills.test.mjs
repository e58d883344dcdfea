// Tabs, workers and whole browsers that end in the middle of writes and changes of keys: what was acknowledged is there
// afterwards, each write is there whole or not at all, and so are the keys.

import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { chromium as findChromium } from "../../scripts/setup.mjs";
import { isThorough } from "../../scripts/tools.mjs";
import { CHROMIUM_FLAGS } from "./helpers/chromium.mjs";
import { addFrame, packageInChromium } from "./helpers/suite.mjs";
import { inPage, WITH_WORKERS } from "./helpers/places.mjs";

/** @typedef {import("playwright-core").Page} Page */

const suite = packageInChromium(WITH_WORKERS);

/**
 * What is known of one store's writer: the last number that it has begun, and the last that was acknowledged.
 * @typedef {{ begun: number, acknowledged: number, rotating: number, rotated: number }} Known
 */

/**
 * Has the page of a tab, and frames in it, write without end, each to a store of its own; answers when all of them do.
 * @param {Page} tab
 * @param {{ namespace: string, last: number }[]} stores
 */
async function write(tab, stores) {
  /** @type {Record<string, Known>} */
  const known = Object.fromEntries(stores.map(({ namespace, last }) => [namespace, { begun: last, acknowledged: last, rotating: 0, rotated: 0 }]));
  let some = () => {};
  const going = new Promise((resolve) => (some = () => resolve(undefined)));
  await tab.exposeFunction("note", (/** @type {string} */ namespace, /** @type {keyof Known} */ what, /** @type {number} */ n) => {
    Object.assign(known[namespace] ?? {}, { [what]: n });
    if (stores.every(({ namespace, last }) => (known[namespace]?.acknowledged ?? 0) > last)) some();
  });
  const places = [tab, ...(await Promise.all(stores.slice(1).map(() => addFrame(tab))))];
  // They end with the tab.
  for (const [n, { namespace, last }] of stores.entries()) places[n]?.evaluate((plan) => acts.writeOn(plan), { namespace, from: last }).catch(() => {});
  await going;
  return known;
}

/** Whether what lies there is what a writer has acknowledged, or what it had begun after that. */
async function assertWhole(/** @type {Page} */ tab, /** @type {string} */ namespace, /** @type {Known} */ known, /** @type {number} */ generation) {
  const place = inPage(tab);
  const entries = await place.act("entries", { namespace });
  const report = await tab.evaluate(async (namespace) => (await sealedStoreOf(namespace)).verify(), namespace);
  const stored = await place.act("stored", { namespace });
  assert.deepEqual(report.unreadable, []);
  const last = Number(entries.one);
  assert.ok(known.acknowledged <= last && last <= known.begun, `${last} is there, of ${JSON.stringify(known)}`);
  assert.deepEqual(entries, { one: `${last}`, other: `${last}`, [`of ${last % 5}`]: `${last}`, ...entries }, "written together");
  for (const [key, value] of Object.entries(entries)) if (key.startsWith("of ")) assert.ok(last - 5 < Number(value) && key === `of ${Number(value) % 5}`, `${key}: ${value} beside ${last}`);
  assert.deepEqual([...new Set(stored.keysOfRecords)], [stored.key], "all records are under the ring's key");
  const changes = stored.generation - generation;
  assert.ok(known.rotated <= changes && changes <= known.rotating, `${changes} rotations, of ${JSON.stringify(known)}`);
  return { last, generation: stored.generation };
}

/** How a tab ends. @type {Record<string, (tab: Page) => Promise<unknown>>} */
const ENDS = {
  closed: (tab) => tab.close(),
  // Its process ends at once; the call has no answer.
  crashed: async (tab) => {
    const session = await tab.context().newCDPSession(tab);
    const crashed = new Promise((resolve) => tab.once("crash", resolve));
    session.send("Page.crash").catch(() => {});
    await crashed;
    await tab.close();
  },
  "led elsewhere": async (tab) => (await tab.goto("about:blank"), await tab.close()),
};

/** A hundred writers in the thorough run; in the others each of the four tabs ends in each way. */
const ROUNDS = isThorough ? 9 : 3;

test(`${12 * ROUNDS} writers that end with their tabs, while they write and change keys`, async () => {
  const profile = await suite.profile();
  const stores = Array.from({ length: 12 }, (_, n) => ({ namespace: `store${n}`, last: 0, generation: 1 }));
  const opener = await suite.tab(profile);
  for (const { namespace } of stores) await inPage(opener).act("open", { namespace });
  const ends = Object.entries(ENDS);
  const done = { ended: 0, writes: 0, rotations: 0 };
  for (let round = 0; round < ROUNDS; round += 1) {
    /** @type {Record<string, Known>} */
    const known = {};
    const end = async (/** @type {number} */ n) => {
      const tab = await suite.tab(profile);
      Object.assign(known, await write(tab, stores.slice(3 * n, 3 * n + 3)));
      await delay(Math.random() * 40);
      await ends[(round + n) % ends.length]?.[1](tab);
      done.ended += 3;
    };
    await Promise.all([0, 1, 2, 3].map(end));
    const fresh = await suite.tab(profile);
    for (const store of stores) {
      const { last, generation } = await assertWhole(fresh, store.namespace, /** @type {Known} */ (known[store.namespace]), store.generation);
      done.writes += last - store.last;
      done.rotations += generation - store.generation;
      Object.assign(store, { last, generation });
    }
    await fresh.close();
  }
  await profile.close();
  console.log(JSON.stringify(done));
  assert.ok(done.ended === 12 * ROUNDS && done.rotations > 0);
});

test("whole browsers that end while a tab writes and changes keys", async () => {
  const { chromium } = await import("playwright-core");
  const folder = await mkdtemp(join(tmpdir(), "keyfold-kills-"));
  const executablePath = await findChromium();
  const namespace = "app";
  let store = { last: 0, generation: 1 };
  const writes = [];
  try {
    for (const how of isThorough ? ["killed", "closed", "killed", "closed", "killed"] : ["killed", "closed"]) {
      const profile = await chromium.launchPersistentContext(folder, { executablePath, args: CHROMIUM_FLAGS });
      const tab = await suite.tab(profile);
      await inPage(tab).act("open", { namespace });
      const known = (await write(tab, [{ namespace, ...store }]))[namespace];
      await delay(Math.random() * 100);
      if (how === "killed") {
        const session = await profile.newCDPSession(tab);
        const ended = new Promise((resolve) => profile.once("close", resolve));
        session.send(/** @type {any} */ ("Browser.crash")).catch(() => {});
        await Promise.race([ended, delay(5000).then(() => assert.fail("the browser goes on"))]);
      }
      await profile.close().catch(() => {});

      const again = await chromium.launchPersistentContext(folder, { executablePath, args: CHROMIUM_FLAGS });
      const before = store.last;
      store = await assertWhole(await suite.tab(again), namespace, /** @type {Known} */ (known), store.generation);
      writes.push(store.last - before);
      await again.close();
    }
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  }
  console.log(`writes before each end: ${writes.join(", ")}`);
});
