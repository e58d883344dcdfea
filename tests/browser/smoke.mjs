// Opens a page in a browser that has no driver and hands back what the page reports. `node tests/browser/smoke.mjs
// firefox webkit` does it with the smoke page and prints the result; without names, in all three engines.

import { spawn } from "node:child_process";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { buildIfStale } from "../../scripts/build.mjs";
import { PLAYGROUND, serve } from "../../scripts/serve.mjs";
import { chromium, firefox, npm, webkit } from "../../scripts/setup.mjs";
import { at, Failed, program, seconds } from "../../scripts/tools.mjs";
import { CHROMIUM_FLAGS } from "./helpers/chromium.mjs";
import { WITH_WORKERS } from "./helpers/places.mjs";

/** How long a browser may take from its start to the page's report. */
const LIMIT_MS = 120_000;

/**
 * What starts each browser, with a profile folder that is empty. Each has only this one page to open.
 * @type {Record<string, (profile: string, url: string, start: typeof spawn) => Promise<void>>}
 */
const BROWSERS = {
  async chromium(profile, url, start) {
    start(await chromium(), ["--headless", ...CHROMIUM_FLAGS, `--user-data-dir=${profile}`, url]);
  },

  async firefox(profile, url, start) {
    // No first-run pages, no reports home, nothing fetched in the background.
    const prefs = {
      "app.normandy.enabled": false,
      "app.update.enabled": false,
      "browser.safebrowsing.downloads.remote.enabled": false,
      "browser.safebrowsing.malware.enabled": false,
      "browser.safebrowsing.phishing.enabled": false,
      "browser.shell.checkDefaultBrowser": false,
      "browser.startup.homepage_override.mstone": "ignore",
      "datareporting.policy.dataSubmissionEnabled": false,
      "extensions.update.enabled": false,
      "network.captive-portal-service.enabled": false,
      "network.connectivity-service.enabled": false,
      "services.settings.server": "data:,#disabled",
      "toolkit.telemetry.reportingpolicy.firstRun": false,
    };
    const lines = Object.entries(prefs).map(([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});`);
    await writeFile(join(profile, "user.js"), lines.join("\n"));
    start(await firefox(), ["--headless", "--no-remote", "--profile", profile, url], { env: { ...process.env, HOME: profile, MOZ_CRASHREPORTER_DISABLE: "1" } });
  },

  async webkit(profile, url, start) {
    const { miniBrowser, xvfb } = await webkit();
    // Picks a free display by itself and says which.
    const display = start(xvfb, ["-displayfd", "3", "-screen", "0", "1024x768x24", "-nolisten", "tcp"], { stdio: ["ignore", "ignore", "pipe", "pipe"] });
    const number = await new Promise((resolve, reject) => {
      display.stdio[3]?.on("data", (chunk) => resolve(String(chunk).trim()));
      display.on("exit", (code) => reject(new Error(`Xvfb ended with code ${code}`)));
    });
    start(miniBrowser, [url], {
      env: {
        ...process.env,
        DISPLAY: `:${number}`,
        HOME: profile, XDG_CACHE_HOME: profile, XDG_CONFIG_HOME: profile, XDG_DATA_HOME: profile, XDG_RUNTIME_DIR: profile,
        NO_AT_BRIDGE: "1", GDK_BACKEND: "x11", LIBGL_ALWAYS_SOFTWARE: "1",
        // Its sandbox needs rights that containers and root do not have; the page is our own.
        WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: "1",
      },
    });
  },
};

/**
 * @param {string} browser a name in BROWSERS
 * @returns {Promise<{ agent: string, results: { name: string, error?: string }[] }>}
 */
export async function smoke(browser) {
  const fixtures = (await readdir(PLAYGROUND["/fixtures/"])).filter((name) => name.endsWith(".json"));
  return visit(browser, "/smoke/smoke.html", {
    ...WITH_WORKERS,
    roots: { ...PLAYGROUND, "/smoke/": at("tests/browser") },
    routes: { "/smoke/fixtures.json": (_, response) => void response.end(JSON.stringify(fixtures)) },
  });
}

/**
 * Serves folders, opens one of their pages, and waits for the JSON that it posts to `report` beside itself.
 * @param {string} browser a name in BROWSERS
 * @param {string} page the path of its URL
 * @param {import("../../scripts/serve.mjs").ServeOptions} options
 * @param {number} [limitMs] how long it may take from the browser's start to the report
 * @returns {Promise<any>}
 */
export async function visit(browser, page, { routes, ...options }, limitMs = LIMIT_MS) {
  const begin = BROWSERS[browser];
  if (!begin) throw new Error(`there is no browser "${browser}": ${Object.keys(BROWSERS).join(", ")}`);
  const profile = await mkdtemp(join(tmpdir(), "keyfold-smoke-"));
  /** @type {import("node:child_process").ChildProcess[]} */
  const children = [];
  /** @type {Awaited<ReturnType<typeof serve>> | undefined} */
  let server;
  let log = "";
  try {
    return await new Promise((resolve, reject) => {
      const start = /** @type {typeof spawn} */ (
        (/** @type {string} */ program, /** @type {string[]} */ args, /** @type {object} */ options) => {
          // A group of its own, so that all of its processes can be ended with it.
          const child = spawn(program, args, { stdio: ["ignore", "ignore", "pipe"], ...options, detached: true });
          child.stderr?.on("data", (chunk) => (log = (log + chunk).slice(-2000)));
          child.on("error", reject);
          children.push(child);
          return child;
        }
      );
      const report = (/** @type {import("node:http").IncomingMessage} */ request, /** @type {import("node:http").ServerResponse} */ response) => {
        let body = "";
        request.on("data", (chunk) => (body += chunk));
        request.on("end", () => {
          response.end();
          resolve(JSON.parse(body));
        });
      };
      const begun = async () => {
        server = await serve({ ...options, routes: { ...routes, [new URL("report", `http://localhost${page}`).pathname]: report } });
        await begin(profile, server.url + page, start);
        const limit = AbortSignal.timeout(limitMs);
        limit.onabort = () => reject(new Failed(`no report from ${browser} within ${limitMs / 1000} s; its last words:\n${log}`));
      };
      begun().catch(reject);
    });
  } finally {
    await Promise.all(children.map(end));
    await server?.close();
    // Its last process may still be writing.
    await rm(profile, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  }
}

/** Ends a program with all that it started: asks first, so that it can tidy up. */
async function end(/** @type {import("node:child_process").ChildProcess} */ child) {
  const { pid } = child;
  if (pid === undefined) return;
  const ended = child.exitCode !== null || child.signalCode !== null || new Promise((resolve) => child.once("exit", resolve));
  for (const [signal, patience] of /** @type {const} */ ([["SIGTERM", 3000], ["SIGKILL", 0]])) {
    try {
      process.kill(-pid, signal);
    } catch {
      return; // The whole group is gone.
    }
    await Promise.race([ended, setTimeout(patience, undefined, { ref: false })]);
  }
  await ended;
}

await program(import.meta, async () => {
  await npm();
  await buildIfStale();
  const names = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(BROWSERS);
  for (const browser of names) {
    const begun = performance.now();
    const { agent, results } = await smoke(browser);
    const failed = results.filter(({ error }) => error);
    console.log(`${browser}: ${agent}`);
    for (const { name, error } of results) console.log(error ? `  FAILED ${name}: ${error}` : `  ok ${name}`);
    console.log(`${browser}: ${results.length} checks, ${failed.length} failed, ${seconds(begun)}`);
    if (failed.length > 0 || results.length === 0) process.exitCode = 1;
  }
});
