// For Jest, where `import` becomes `require`.

const exercise = require("./exercise.cjs");

test("importing touches nothing, and what is missing is said", async () => {
  const { SecureStorage } = require("keyfold");
  const { usable, reason } = await SecureStorage.availability();
  expect([usable, reason.code]).toEqual([false, "unavailable"]);
});

// Without a setup Jest's jsdom has no TextEncoder.
if (typeof TextEncoder === "function") {
  test("in memory", () => exercise(require("keyfold"), ["memory"]));

  test("in IndexedDB, and keyfold/inline", async () => {
    require("fake-indexeddb/auto");
    await exercise(require("keyfold/inline"), [undefined]);
  });
}
