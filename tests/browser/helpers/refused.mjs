// What a refusal is to be like.

/// <reference path="./page.d.ts" />

import assert from "node:assert/strict";

/** @typedef {{ code: string, says: RegExp, key?: string, argument?: string, needs?: string[], cause?: string }} Refusal */

/** Asserts that a call was refused like this, and that nothing else came of it. */
export function refused(/** @type {Failure | undefined} */ failure, /** @type {Refusal} */ { code, key, argument, needs, cause, says }) {
  assert.ok(failure, "it was not refused");
  const { message } = failure;
  assert.deepEqual({ code: failure.code, key: failure.key, argument: failure.argument }, { code, key, argument }, message);
  assert.match(message, says);
  assert.deepEqual({ ours: failure.ours, spilt: failure.spilt, changed: failure.changed }, { ours: true, spilt: [], changed: false }, message);
  if (needs) assert.deepEqual(failure.needs, needs, message);
  assert.equal(failure.needs !== undefined, code === "locked", message);
  if (cause) assert.equal(failure.cause, cause);
}
