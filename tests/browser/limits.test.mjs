// How much the browser's own storage holds, as docs/limits.md has it.

/// <reference path="./helpers/page.d.ts" />

import assert from "node:assert/strict";
import { test } from "node:test";
import { packageInChromium } from "./helpers/suite.mjs";

const suite = packageInChromium();

/** All characters of names and texts together. */
const AREA = 5 * 1024 * 1024;

for (const area of /** @type {const} */ (["localStorage", "sessionStorage"])) {
  test(`${area} holds 5 MiB of characters, names included, and what is beyond it changes nothing`, async () => {
    const profile = await suite.profile();
    const tab = await suite.tab(profile);
    const found = await tab.evaluate(async ({ area, AREA }) => {
      const { SecureStorage } = await import("/keyfold/index.js");
      const storage = await SecureStorage.open("app", { layout: "flutter", useSessionStorage: area === "sessionStorage" });
      await storage.set("", "");
      const stored = () => Object.entries(window[area]).flat().join("").length;
      // "app.k", a nonce of 16 characters, a dot, and base64 of the value and its tag of 16 bytes.
      const most = Math.floor((AREA - stored() - 5 - 16 - 1) / 4) * 3 - 16;
      const code = (/** @type {Promise<unknown>} */ call) => call.then(() => "stored", ({ code }) => code);
      const answers = [];
      for (const length of [most + 3, most]) answers.push(await code(storage.set("k", "a".repeat(length))));
      answers.push(await code(storage.set("k", "a".repeat(most + 3))), (await storage.get("k"))?.length === most);
      return { answers, most, stored: stored() };
    }, { area, AREA });
    assert.deepEqual(found.answers, ["quota-exceeded", "stored", "quota-exceeded", true]);
    assert.ok(found.stored > AREA - 4 && found.stored <= AREA, `${found.stored}`);
    assert.ok(found.most > 3_900_000);
    await profile.close();
  });
}
