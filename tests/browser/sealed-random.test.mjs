// Tabs and workers change one store at random, all at once. Each always reads what it has written itself; and when all is
// quiet, the copies that each keeps, the database, and what its watcher made of the news are the same everywhere.

import assert from "node:assert/strict";
import { test } from "node:test";
import { packageInChromium } from "./helpers/suite.mjs";
import { eightPlaces, inPage, WITH_WORKERS } from "./helpers/places.mjs";

/** @typedef {import("./helpers/places.mjs").Place} Place */

const suite = packageInChromium(WITH_WORKERS);
/** @type {import("playwright-core").BrowserContext} */
let profile;
/** @type {Place[]} */
let places;

suite.eachInNewProfile(async (empty) => {
  profile = empty;
  places = await eightPlaces(suite, profile);
});

const namespace = "app";
/** Given by KEYFOLD_SEED to repeat a run, as far as timing lets it. */
const SEED = Number(process.env.KEYFOLD_SEED ?? Date.now() % 2 ** 31);

/**
 * Changes the store at random from everywhere, while messages are forged; gives what each place did, and the truth.
 * @param {{ clears?: boolean, rotates?: boolean }} how
 */
async function churned(how) {
  console.log(`KEYFOLD_SEED=${SEED}`);
  await places[0]?.act("open", { namespace });
  const forger = await suite.tab(profile);
  const stop = await forger.evaluateHandle(() => {
    const channel = new BroadcastChannel("keyfold:keyfold:app");
    const forged = [0, -1, 7, 2 ** 53 - 1, 1e300, NaN, "x", null, undefined, {}, [1]];
    const timer = setInterval(() => forged.forEach((message) => channel.postMessage(message)), 100);
    return () => clearInterval(timer);
  });
  const done = await Promise.all(places.map(({ name, act }, n) => act("churn", { race: { places: places.length, rounds: 1 }, namespace, me: name, seed: SEED + n, milliseconds: 3000, ...how })));
  await stop.evaluate((stop) => stop());
  assert.deepEqual(done.flatMap(({ wrong }) => wrong), []);

  const truth = await inPage(await suite.tab(profile)).act("entries", { namespace });
  console.log(done.map(({ me, count }) => `${me} ${JSON.stringify(count)}`).join("\n"));
  // Not before all have settled: a place may end while another one still writes.
  const told = [];
  for (const [n, { name, act }] of places.entries()) {
    const { changes, ...settled } = await act("settled", { namespace, truth });
    assert.deepEqual(settled, { known: truth, fresh: truth, replay: truth }, name);
    told.push({ .../** @type {(typeof done)[number]} */ (done[n]), changes });
  }
  return { done: told, truth };
}

/** The changes that a place was told of, as far as they are of a kind. */
const toldOf = (/** @type {Change[]} */ changes, /** @type {Partial<Change>} */ like) =>
  changes.filter((change) => Object.entries(like).every(([name, value]) => change[/** @type {keyof Change} */ (name)] === value));

/** Each own change is told exactly once as own. */
function assertOwn(/** @type {Awaited<ReturnType<typeof churned>>["done"]} */ done) {
  for (const { me, count, changes } of done) {
    const own = (/** @type {Change["kind"]} */ kind) => toldOf(changes, { kind, remote: false }).length;
    assert.deepEqual({ set: own("set"), remove: own("remove"), clear: own("clear") }, { set: count.set, remove: count.remove, clear: count.clear }, me);
    assert.deepEqual(changes.filter(({ key, remote }) => !remote && key !== undefined && !key.startsWith(`${me}.`)), [], `${me} was told of others' changes as its own`);
  }
}

test("writes, removals and reads from eight places", async () => {
  const { done, truth } = await churned({});
  assertOwn(done);
  for (const { me, changes } of done) {
    const remote = toldOf(changes, { remote: true });
    assert.deepEqual(remote.filter(({ key }) => key?.startsWith(`${me}.`)), [], `${me} was told of its own changes as others'`);
    const told = new Set(remote.map(({ key }) => key));
    assert.deepEqual(Object.keys(truth).filter((key) => !key.startsWith(`${me}.`) && !told.has(key)), [], `${me} was not told of these`);
  }
});

test("the same while entries are cleared and keys are changed", async () => {
  const { done, truth } = await churned({ clears: true, rotates: true });
  // A change of keys may tell of every entry again.
  assertOwn(done);
  const rotations = done.reduce((sum, { count }) => sum + count.rotate, 0);
  const { generation, key, keysOfRecords } = await /** @type {Place} */ (places[0]).act("stored", { namespace });
  assert.deepEqual([generation, keysOfRecords.length, new Set([key, ...keysOfRecords]).size], [1 + rotations, Object.keys(truth).length, 1]);
  assert.ok(rotations > 0, "keys were changed");
});
