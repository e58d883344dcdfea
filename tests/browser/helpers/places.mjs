// Where the tests of the sealed layout act: tabs of one profile and their workers, which all take the same acts.

/// <reference path="./page.d.ts" />

import { HEADERS } from "../../../scripts/serve.mjs";

/** @typedef {import("playwright-core").BrowserContext} Profile */
/** @typedef {import("playwright-core").Page | import("playwright-core").Frame} Page */
/** @typedef {ReturnType<typeof import("./suite.mjs").packageInChromium>} Suite */
/** @typedef {typeof import("../pages/sealed.js").acts} Acts */

/**
 * A page or a worker.
 * @typedef {object} Place
 * @property {string} name
 * @property {Page} page the page itself, or the one that asks the worker
 * @property {<A extends keyof Acts>(act: A, argument: Parameters<Acts[A]>[0]) => Promise<Awaited<ReturnType<Acts[A]>>>} act
 */

const CSP = "Content-Security-Policy";

/** How pages are served that start workers: by the address of a script, which is text. */
export const WITH_WORKERS = { headers: { [CSP]: HEADERS[CSP].split("; ").filter((rule) => !/trusted-types/.test(rule)).join("; ") } };

/** @returns {Place} */
export const inPage = (/** @type {Page} */ page, name = "page") => ({
  name,
  page,
  act: (act, argument) => page.evaluate(([act, argument]) => /** @type {any} */ (acts)[act](argument), /** @type {const} */ ([act, argument])),
});

/** @returns {Place} */
export const inWorker = (/** @type {Page} */ page, /** @type {"dedicated" | "shared" | "service"} */ kind) => ({
  name: kind,
  page,
  act: (act, argument) => page.evaluate(([kind, act, argument]) => ask(kind, act, argument), /** @type {const} */ ([kind, act, argument])),
});

/** Contexts of every kind, in one profile. */
export async function everyKind(/** @type {Suite} */ suite, /** @type {Profile} */ profile) {
  const tab = await suite.tab(profile);
  return [inPage(tab), inWorker(tab, "dedicated"), inWorker(tab, "shared"), inWorker(tab, "service")];
}

/** Eight places: four tabs, two of them with a dedicated worker, a shared worker and a service worker. */
export async function eightPlaces(/** @type {Suite} */ suite, /** @type {Profile} */ profile) {
  const tabs = await Promise.all([1, 2, 3, 4].map(() => suite.tab(profile)));
  const [first, second] = /** @type {[Page, Page]} */ (/** @type {unknown} */ (tabs));
  const workers = [{ ...inWorker(first, "dedicated"), name: "dedicated0" }, { ...inWorker(second, "dedicated"), name: "dedicated1" }, inWorker(first, "shared"), inWorker(first, "service")];
  // One that has not started hears of no round.
  await Promise.all(workers.map(({ act }) => act("ready", undefined)));
  return [...tabs.map((tab, n) => inPage(tab, `tab${n}`)), ...workers];
}
