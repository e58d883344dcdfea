// The example in a browser: its one source file runs natively too, which tests/examples.rs tries.

import assert from "node:assert/strict";
import { test } from "node:test";
import { buildExample } from "../../scripts/example.mjs";
import { serve } from "../../scripts/serve.mjs";
import { launch, openPage } from "../browser/helpers/chromium.mjs";

test("the example counts its visits and keeps its note", async (t) => {
  const server = await serve({ roots: await buildExample() });
  t.after(() => server.close());
  const browser = await launch();
  t.after(() => browser.close());

  const { page, problems } = await openPage(browser, server.url);
  const shows = (/** @type {string} */ text) => page.locator("#page").getByText(text).waitFor();
  await shows("This is visit 1.\nA note is kept for your next visit.");
  await page.reload();
  await shows("This is visit 2.\nYour note: water the plants");
  assert.deepEqual(problems, []);
});
