// A Rust app that uses the crate in the browser, without the npm package (rust_app.rs): its loops run in WebAssembly.

// @ts-expect-error: made by scripts/bench-rust-app.mjs
import init, { RustApp } from "/rust-app/rust_app.js";

/**
 * @param {string} namespace
 * @param {{ wrapKey: string, wrapKeyIv: string } | undefined} wrap
 * @returns {Promise<import("./bench.js").Store>}
 */
export async function open(namespace, wrap) {
  await init({ module_or_path: "/rust-app/rust_app_bg.wasm" });
  const app = await RustApp.open(namespace, wrap && [wrap.wrapKey, wrap.wrapKeyIv]);

  const give = (/** @type {[string, string][]} */ entries) =>
    app.entries(entries.map(([name]) => name), entries.map(([, value]) => value));

  /** @type {import("./bench.js").Store} */
  const store = {
    get: (name) => app.text(name),
    set: (name, value) => store.setAll([[name, value]]),
    async setAll(entries) {
      give(entries);
      await app.setAll(1);
    },
    async getMany(names) {
      const texts = await Promise.all(names.map(async (name) => /** @type {const} */ ([name, await app.text(name)])));
      return new Map(texts.filter(/** @returns {pair is [string, string]} */ (pair) => pair[1] !== undefined));
    },
    getAll: () => store.getMany(Object.keys(localStorage).filter((name) => name.startsWith(`${namespace}.`)).map((name) => name.slice(namespace.length + 1))),
    loop(operation, entries) {
      give(entries);
      return (count) => app[operation](count);
    },
  };
  return store;
}
