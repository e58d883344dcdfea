// Racing first use of the sealed layout loses nothing, from tabs and workers of every kind at once.

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

/** A tab that was not there before. */
const fresh = async () => inPage(await suite.tab(profile), "fresh");

test("1000 first writes from four tabs and four workers at once: none is lost, and all have one ring", async () => {
  const [rounds, calls] = [32, 4];
  const race = { places: places.length, rounds };
  const written = (await Promise.all(places.map(({ name, act }) => act("firstWrites", { race, name: "first", me: name, calls })))).flat();
  assert.ok(written.length >= 1000 && written.length === rounds * calls * places.length, `${written.length} acknowledged`);

  for (const { name, act } of [...places, await fresh()]) assert.deepEqual(await act("unreadable", written), [], `acknowledged, and not to be read in ${name}`);
  const page = await fresh();
  for (let round = 0; round < rounds; round += 1) {
    const { generation, key, revision, keysOfRecords } = await page.act("stored", { namespace: `first${round}` });
    assert.deepEqual([generation, [...new Set(keysOfRecords)]], [1, [key]], "one ring, and every record under its key");
    // The ring's own, and one for each write: none was made twice, and none over another.
    assert.deepEqual([keysOfRecords.length, revision], [calls * places.length, 1 + calls * places.length]);
  }

  const first = new Map();
  for (const { namespace, acknowledged } of written) first.set(namespace, Math.min(acknowledged, first.get(namespace) ?? Infinity));
  const racing = written.filter(({ namespace, begun }) => begun < first.get(namespace)).length;
  console.log(`${written.length} first writes, ${racing} of them begun before any was acknowledged, 0 lost`);
  assert.ok(racing >= 500, `${racing} only`);
});

test("of two app keys that race to make a store one wins, and the other is refused", async () => {
  const keys = ["QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaW1xdXl8=", "YGFiY2RlZmdoaWprbG1ub3BxcnN0dXZ3eHl6e3x9fn8="];
  const race = { places: places.length, rounds: 40 };
  const opened = await Promise.all(places.map(({ act }, n) => act("firstOpens", { race, name: "keyed", unlock: { appKey: keys[n % 2] ?? "" } })));
  const won = { 0: 0, 1: 0 };
  for (let round = 0; round < race.rounds; round += 1) {
    const outcomes = [0, 1].map((side) => [...new Set(opened.filter((_, n) => n % 2 === side).map((rounds) => rounds[round]))]);
    const winner = outcomes[0]?.[0] === "app-key" ? 0 : 1;
    won[winner] += 1;
    assert.deepEqual([outcomes[winner], outcomes[1 - winner]], [["app-key"], ["wrong-key"]], `round ${round}`);
  }
  console.log(`of ${race.rounds} rounds the one key won ${won[0]}, the other ${won[1]}`);
});

test("of eight passphrases that race to make a store one wins, and the others are refused", async () => {
  const race = { places: places.length, rounds: 2 };
  const opened = await Promise.all(places.map(({ name, act }) => act("firstOpens", { race, name: "spoken", unlock: { passphrase: `of ${name}` } })));
  for (let round = 0; round < race.rounds; round += 1) {
    assert.deepEqual(opened.map((rounds) => rounds[round]).sort(), ["passphrase", ...Array(7).fill("wrong-key")], `round ${round}`);
  }
});
