// What the suites of this folder start with: the built package in Chromium, on empty pages, in tabs that share a profile.

/// <reference path="./page.d.ts" />

import { after, afterEach, before, beforeEach } from "node:test";
import { buildIfStale } from "../../../scripts/build.mjs";
import { serve } from "../../../scripts/serve.mjs";
import { at } from "../../../scripts/tools.mjs";
import { launch } from "./chromium.mjs";

/** A wrap key and its IV, as an app gives them. */
export const WRAP = { wrapKey: "QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaW1xdXl8=", wrapKeyIv: "EBESExQVFhcYGRob" };

/** Another pair of the same kind. */
export const OTHER_WRAP = { wrapKey: "YGFiY2RlZmdoaWprbG1ub3BxcnN0dXZ3eHl6e3x9fn8=", wrapKeyIv: "ICEiIyQlJicoKSor" };

/** @type {Record<string, string>} */
const ROOTS = {
  "/": at("tests/browser/pages"),
  "/keyfold/": at("pkg"),
  // Another copy of it.
  "/copy/": at("pkg"),
  "/vectors/": at("tests/vectors"),
  "/fixtures/": at("tests/fixtures/flet"),
};

/** A name of this machine that is no secure context. */
const INSECURE_HOST = "insecure.test";

/** @typedef {import("playwright-core").BrowserContext} Profile */

/** For pages that fail: below `/no-wasm/` they may not run WebAssembly, and a sandboxed frame, whose origin is its own, may have the scripts. */
export const WITH_LIMITS = {
  roots: { "/no-wasm/": at("tests/browser/pages") },
  headers: (/** @type {string} */ path) => ({
    "Content-Security-Policy": path.startsWith("/no-wasm/") ? "script-src 'self'" : "script-src 'self' 'wasm-unsafe-eval'",
    "Access-Control-Allow-Origin": "*",
    "Cross-Origin-Resource-Policy": "cross-origin",
  }),
};

/**
 * Serves the pages and starts a browser before the first test of a file, and ends both after the last.
 * @param {import("../../../scripts/serve.mjs").ServeOptions & { flags?: string[] }} [options] flags: the browser's
 */
export function packageInChromium({ roots, flags = [], ...options } = {}) {
  /** @type {Awaited<ReturnType<typeof serve>>} */
  let server;
  const start = async () => {
    await buildIfStale();
    server = await serve({ roots: { ...ROOTS, ...roots }, ...options });
    return launch([`--host-resolver-rules=MAP ${INSECURE_HOST} 127.0.0.1`, ...flags]);
  };
  // At once, and waited for by whoever needs it: Node begins each `before` of a file without waiting for the one before.
  const browser = start();
  before(() => browser);
  after(async () => {
    try {
      await (await browser).close();
    } finally {
      await server?.close();
    }
  });

  const profile = async () => (await browser).newContext();
  return {
    get url() {
      return server.url;
    },
    /** The same server by a name that makes no secure context. */
    get insecureUrl() {
      return `http://${INSECURE_HOST}:${server.port}`;
    },
    /** An empty profile: the storage of one person. */
    profile,
    /** A tab whose page has the globals of page.d.ts. Chromium gives each tab a process of its own. */
    tab: (/** @type {Profile} */ profile, url = `${server.url}/blank.html`) => openTab(profile, url),
    /**
     * Acts in a tab of a new profile, whose world is changed before the page's scripts run.
     * @template T
     * @param {() => void} change
     * @param {() => Promise<T>} act
     */
    inNewTab: async (change, act, url = `${server.url}/blank.html`) => {
      const changed = await profile();
      try {
        await changed.addInitScript(change);
        return await (await openTab(changed, url)).evaluate(act);
      } finally {
        await changed.close();
      }
    },
    /** A new profile for each test of the file, in which `prepare` puts what the tests need. */
    eachInNewProfile: (/** @type {(profile: Profile) => Promise<void>} */ prepare) => {
      /** @type {Profile} */
      let empty;
      beforeEach(async () => prepare((empty = await profile())));
      afterEach(() => empty.close());
    },
  };
}

/**
 * @param {import("playwright-core").BrowserContext} context
 * @param {string} url
 */
async function openTab(context, url) {
  const tab = await context.newPage();
  await tab.goto(url);
  await tab.waitForFunction(() => typeof inRounds === "function");
  return tab;
}

/**
 * A frame in a tab, of the same origin unless the sandbox takes that away.
 * @param {import("playwright-core").Page} tab
 */
export async function addFrame(tab, sandbox = "allow-scripts allow-same-origin") {
  const element = await tab.evaluateHandle(async (sandbox) => {
    const frame = document.createElement("iframe");
    frame.setAttribute("sandbox", sandbox);
    frame.src = "/blank.html";
    document.body.append(frame);
    await new Promise((resolve) => (frame.onload = resolve));
    return frame;
  }, sandbox);
  const frame = /** @type {import("playwright-core").Frame} */ (await element.contentFrame());
  await frame.waitForFunction(() => typeof inRounds === "function");
  return frame;
}
