// Chromium for tests: an empty profile each time, and pages whose errors are not overlooked.

import { chromium as findChromium } from "../../../scripts/setup.mjs";

/** For a browser that often runs as root, in a container, without a GPU, and has nobody to ask. */
export const CHROMIUM_FLAGS = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync",
];

/** Starts Chromium with an empty profile; the caller closes it. */
export async function launch(/** @type {string[]} */ flags = []) {
  const { chromium } = await import("playwright-core");
  return chromium.launch({ executablePath: await findChromium(), args: [...CHROMIUM_FLAGS, ...flags] });
}

/**
 * Opens an address in a profile of its own, and notes what goes wrong on the page: exceptions, errors in its console
 * (what the CSP blocks is one), and answers that are not a success.
 * @param {import("playwright-core").Browser} browser
 * @param {string} url
 */
export async function openPage(browser, url) {
  const context = await browser.newContext();
  const page = await context.newPage();
  /** @type {string[]} */
  const problems = [];
  page.on("pageerror", (error) => problems.push(`exception: ${error}`));
  page.on("console", (message) => {
    // The icon that every browser asks for, and that no test page has.
    if (message.type() === "error" && !message.location().url.endsWith("/favicon.ico")) problems.push(`console: ${message.text()}`);
  });
  page.on("response", (response) => {
    if (response.status() >= 400 && !response.url().endsWith("/favicon.ico")) problems.push(`${response.status()} ${response.url()}`);
  });
  await page.goto(url);
  return { context, page, problems };
}
