// The smoke page in Chromium; `npm run test:browser` opens it in Firefox and WebKitGTK too.

import assert from "node:assert/strict";
import { test } from "node:test";
import { smoke } from "./smoke.mjs";

test("the smoke page passes in Chromium", async () => {
  const { results } = await smoke("chromium");
  assert.ok(results.length >= 10, "the page reports what it did");
  assert.deepEqual(results.filter(({ error }) => error), []);
});
