// `npm run check`: what to run between two edits, in under a minute where little is stale. Formatting, clippy, unit tests
// and the declarations; `npm test` has the rest, on other systems and in browsers.

import { npm, rust } from "./setup.mjs";
import { program, run, timed } from "./tools.mjs";

const lint = (/** @type {string[]} */ ...steps) => run(process.execPath, ["scripts/lint.mjs", ...steps]);

/** As in the part `unit` of `npm test`, so that neither compiles what the other has already compiled. */
const UNIT = ["test", "--quiet", "--workspace", "--exclude", "xtask", "--features", "keyfold/serde", "--lib"];

await program(import.meta, async () => {
  await rust();
  await npm();
  await lint("rustfmt", "clippy-native", "layers", "types");
  await timed("unit tests", () => run("cargo", UNIT));
  console.log("check: all well");
});
