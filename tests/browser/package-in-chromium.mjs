// The built package in Chromium: a server with empty pages, a browser, and tabs that share a profile.

/// <reference path="./page.d.ts" />

import { buildIfStale } from "../../scripts/build.mjs";
import { serve } from "../../scripts/serve.mjs";
import { chromium as findChromium } from "../../scripts/setup.mjs";
import { at } from "../../scripts/tools.mjs";
import { CHROMIUM_FLAGS } from "./chromium.mjs";

/** A wrap key and its IV, as an app gives them. */
export const WRAP = { wrapKey: "QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaW1xdXl8=", wrapKeyIv: "EBESExQVFhcYGRob" };

/** Another pair of the same kind. */
export const OTHER_WRAP = { wrapKey: "YGFiY2RlZmdoaWprbG1ub3BxcnN0dXZ3eHl6e3x9fn8=", wrapKeyIv: "ICEiIyQlJicoKSor" };

/** @type {Record<string, string>} */
const ROOTS = {
  "/": at("tests/browser/pages"),
  "/keyfold/": at("pkg"),
  "/vectors/": at("tests/vectors"),
  "/fixtures/": at("tests/fixtures/flet"),
};

/** A name of this machine that is no secure context. */
const INSECURE_HOST = "insecure.test";

/**
 * Serves the pages and starts a browser.
 * @param {import("../../scripts/serve.mjs").ServeOptions} [options]
 */
export async function startPackage({ roots, ...options } = {}) {
  await buildIfStale();
  const { chromium } = await import("playwright-core");
  const server = await serve({ roots: { ...ROOTS, ...roots }, ...options });
  const args = [...CHROMIUM_FLAGS, `--host-resolver-rules=MAP ${INSECURE_HOST} 127.0.0.1`];
  const browser = await chromium.launch({ executablePath: await findChromium(), args });
  return {
    url: server.url,
    /** The same server by a name that makes no secure context. */
    insecureUrl: `http://${INSECURE_HOST}:${server.port}`,
    /** An empty profile: the storage of one person. */
    profile: () => browser.newContext(),
    /**
     * A tab whose page has the globals of page.d.ts. Chromium gives each tab a process of its own.
     * @param {import("playwright-core").BrowserContext} context
     */
    tab: (context, url = `${server.url}/blank.html`) => openTab(context, url),
    /**
     * Acts in a tab of a new profile, whose world is changed before the page's scripts run.
     * @template T
     * @param {() => void} change
     * @param {() => Promise<T>} act
     */
    inNewTab: async (change, act, url = `${server.url}/blank.html`) => {
      const context = await browser.newContext();
      try {
        await context.addInitScript(change);
        return await (await openTab(context, url)).evaluate(act);
      } finally {
        await context.close();
      }
    },
    /** Ends the browser and the server. */
    close: async () => {
      await browser.close();
      await server.close();
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
