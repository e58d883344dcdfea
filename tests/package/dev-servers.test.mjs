// Development servers as they come, with an app that has the package installed, in Chromium.

import assert from "node:assert/strict";
import { rename, symlink } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { toolchains } from "../../scripts/setup.mjs";
import { at } from "../../scripts/tools.mjs";
import { app } from "./helpers/app.mjs";

const consumer = app(toolchains);

/** The versions that are in use. Up to 7 they move a dependency's scripts away from its other files. */
const VITE = {
  "Vite 5": "tests/package/toolchains/node_modules/vite-5",
  "Vite 6": "tests/package/toolchains/node_modules/vite-6",
  "Vite 7": "tests/package/toolchains/node_modules/vite-7",
  "Vite 8": "node_modules/vite",
};

/** Runs a Vite's server on the app while `act` uses its address. */
async function served(/** @type {string} */ vite, /** @type {(url: string) => Promise<unknown>} */ act) {
  /** @type {typeof import("vite")} */
  const { createServer } = await import(pathToFileURL(at(vite, "dist/node/index.js")).href);
  const server = await createServer({ root: consumer.root, cacheDir: consumer.path(".cache", vite), logLevel: "warn", server: { host: "127.0.0.1", port: 0 } });
  try {
    await server.listen();
    const { port } = /** @type {import("node:net").AddressInfo} */ (server.httpServer?.address());
    await act(`http://localhost:${port}`);
  } finally {
    await server.close();
  }
}

for (const [name, vite] of Object.entries(VITE)) test(name, () => served(vite, (url) => consumer.works(`${url}/`)));

test("a service worker", async () => {
  for (const vite of Object.values(VITE)) {
    await served(vite, async (url) => {
      const { context, page } = await consumer.open(`${url}/`);
      const answer = await page.evaluate(async () => {
        const registration = await navigator.serviceWorker.register("/src/service-worker.js", { type: "module" });
        const { port1, port2 } = new MessageChannel();
        (registration.installing ?? registration.active)?.postMessage(undefined, [port2]);
        return new Promise((resolve) => (port1.onmessage = ({ data }) => resolve(data)));
      });
      assert.equal(answer, "s3cret");
      await context.close();
    });
  }
});

test("a package that is linked from outside of the app", async () => {
  const outside = join(consumer.root, "../linked");
  await rename(consumer.installed, outside);
  await symlink(outside, consumer.installed);
  for (const vite of Object.values(VITE)) await served(vite, (url) => consumer.works(`${url}/`));
});
