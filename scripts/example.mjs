// Builds examples/notes.rs for browsers, as an app's author would, and serves it with the recommended headers.

import { join } from "node:path";
import { serveFrom } from "./serve.mjs";
import { npm, rust } from "./setup.mjs";
import { at, program, run } from "./tools.mjs";

/** Builds it; gives the folders that its page is served from. */
export async function buildExample() {
  await rust();
  const target = process.env.CARGO_TARGET_DIR ?? at("target");
  const out = join(target, "notes");
  await run("cargo", ["build", "--target", "wasm32-unknown-unknown", "--package", "keyfold", "--example", "notes"]);
  const compiled = join(target, "wasm32-unknown-unknown/debug/examples/notes.wasm");
  await run("cargo", ["xtask", "bindgen", compiled, "--out-dir", out, "--target", "web"]);
  return { "/": at("examples/notes"), "/app/": out };
}

await program(import.meta, async () => {
  await npm();
  const roots = await buildExample();
  const { url } = await serveFrom(Number(process.env.PORT ?? 8123), { roots });
  console.log(`\nThe example is at ${url}   (Ctrl+C ends it)`);
});
