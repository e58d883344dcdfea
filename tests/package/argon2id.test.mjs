// Argon2id as the package has it: the built module and what loads it, under Node.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { hkdfSync } from "node:crypto";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { buildIfStale } from "../../scripts/build.mjs";
import { serve } from "../../scripts/serve.mjs";
import { npm } from "../../scripts/setup.mjs";
import { at } from "../../scripts/tools.mjs";

const execute = promisify(execFile);
/** By its address: as an import it would be checked as strictly as the tests are. */
const LOADER = new URL("../../pkg/argon2id.js", import.meta.url).href;

/** @typedef {(passphrase: Uint8Array, salt: Uint8Array, memoryKib: number, passes: number) => Promise<Uint8Array>} Derive */

/** @type {(load: () => Promise<ArrayBuffer | Uint8Array>) => Derive} */
let argon2id;
/** @type {(url: URL, hash: string) => Promise<ArrayBuffer>} */
let fetched;
/** @type {string} */
let hash;
/** @type {Awaited<ReturnType<typeof serve>>} */
let server;
/** What the server answers for `/late.wasm`. */
let late = { status: 404, body: Buffer.from("not found") };

before(async () => {
  await npm();
  await buildIfStale();
  ({ argon2id } = await import(LOADER));
  ({ fetched } = await import(new URL("./load.js", LOADER).href));
  ({ argon2id: hash } = await import(new URL("./wasm/hashes.js", LOADER).href));
  const routes = { "/late.wasm": (/** @type {unknown} */ _, /** @type {import("node:http").ServerResponse} */ response) => void response.writeHead(late.status).end(late.body) };
  server = await serve({ roots: { "/": at("pkg") }, routes });
});
after(() => server.close());

const fromUrl = () => fetched(new URL("/wasm/argon2id.wasm", server.url), hash);
const fromBytes = async () => new Uint8Array(readFileSync(at("pkg/wasm/argon2id.wasm")));
const salt = new Uint8Array(16).fill(2);
const passphrase = new TextEncoder().encode("hunter2");
/** The least that the format allows. */
const LEAST = /** @type {const} */ ([19_456, 2]);
/** What comes of these by argon2-cffi. */
const KEY = "380912d0e681d1d9ad324ed37b542901dc6de0fd2d3bd1c3fef99bdaf24705b7";

const bytes = (/** @type {string} */ hex) => new Uint8Array(Buffer.from(hex, "hex"));
const hex = (/** @type {ArrayBuffer | Uint8Array} */ bytes) => Buffer.from(/** @type {Uint8Array} */ (bytes)).toString("hex");

/** The passphrases' slots of the sealed layout's rings, which argon2-cffi made, with what opens them. */
function* slots() {
  const { cases } = JSON.parse(readFileSync(at("tests/vectors/sealed/accept-rings.json"), "utf8"));
  for (const { name, fields, unlocks } of cases) {
    for (const { unlock, slot: id, info, slotKey } of unlocks) {
      const slot = fields.slots?.find((/** @type {any} */ slot) => slot.id === id);
      if (slot?.kind !== "passphrase") continue;
      const prepared = new TextEncoder().encode(unlock.passphrase.replace(/\p{Zs}/gu, " ").normalize("NFC"));
      yield { ...slot, name, prepared, info, slotKey };
    }
  }
}

test("keys of every passphrase's slot in the vectors", async () => {
  const derive = argon2id(fromBytes);
  let count = 0;
  for (const { name, prepared, argon2Salt, memoryKib, passes, salt, info, slotKey } of slots()) {
    const secret = await derive(prepared, bytes(argon2Salt), memoryKib, passes);
    assert.equal(hex(hkdfSync("sha256", secret, bytes(salt), bytes(info), 32)), slotKey, name);
    count += 1;
  }
  assert.ok(count > 5, `${count} slots`);
});

test("by URL and by base64 the same key", async () => {
  const { default: base64 } = await import("../../pkg/wasm/inline-argon2id.js");
  for (const load of [fromUrl, async () => new Uint8Array(Buffer.from(base64, "base64"))]) {
    assert.equal(hex(await argon2id(load)(passphrase, salt, ...LEAST)), KEY);
  }
});

test("loaded once for all, and not before it is used", async () => {
  let loads = 0;
  const derive = argon2id(() => ((loads += 1), fromBytes()));
  assert.equal(loads, 0);
  await Promise.all([1, 2].map(() => derive(passphrase, salt, ...LEAST)));
  await derive(passphrase, salt, ...LEAST);
  assert.equal(loads, 1);
});

test("each key has an instance of its own, whose memory is wiped", async (context) => {
  const { instantiate } = WebAssembly;
  /** @type {WebAssembly.Memory[]} */
  const memories = [];
  context.mock.method(WebAssembly, "instantiate", async (/** @type {WebAssembly.Module} */ module) => {
    const instance = await instantiate(module);
    memories.push(/** @type {WebAssembly.Memory} */ (instance.exports.memory));
    return instance;
  });
  const derive = argon2id(fromBytes);
  await derive(passphrase, salt, ...LEAST);
  await derive(passphrase, salt, ...LEAST);
  // More than 32 bits can address.
  await assert.rejects(derive(passphrase, salt, 5_000_000, 2), /could not be allocated/);

  assert.equal(new Set(memories).size, 3);
  for (const { buffer } of memories) assert.ok(Buffer.from(buffer).every((byte) => byte === 0));
  assert.ok(/** @type {WebAssembly.Memory} */ (memories[0]).buffer.byteLength > LEAST[0] * 1024);
});

test("memory that cannot be allocated is an error, and less can be allocated afterwards", async () => {
  // A program of its own, because the limit is V8's for all modules: 32 MiB in pages.
  const script = `
    import { readFileSync } from "node:fs";
    import { argon2id } from ${JSON.stringify(LOADER)};
    const derive = argon2id(async () => readFileSync(${JSON.stringify(at("pkg/wasm/argon2id.wasm"))}));
    const salt = new Uint8Array(16).fill(2);
    const passphrase = new TextEncoder().encode("hunter2");
    const say = (error) => console.log(error.constructor.name, error.message);
    await derive(passphrase, salt, 65_536, 3).catch(say);
    await derive(new Uint8Array(40_000_000), salt, 19_456, 2).catch(say);
    console.log(Buffer.from(await derive(passphrase, salt, 19_456, 2)).toString("hex"));
  `;
  const { stdout } = await execute(process.execPath, ["--wasm-max-mem-pages=512", "--input-type=module", "--eval", script]);
  const error = "Error the memory for Argon2id could not be allocated:";
  assert.equal(stdout, `${error} 65536 KiB\n${error} 19456 KiB\n${KEY}\n`);
});

test("a module that cannot be loaded: says why, and the next call tries again", async () => {
  const derive = argon2id(() => fetched(new URL("/late.wasm", server.url), hash));
  const key = () => derive(passphrase, salt, ...LEAST);
  await assert.rejects(key(), { name: "StorageError", code: "unavailable", message: /passphrases could not be loaded: the server answers 404 for / });
  late = { status: 200, body: Buffer.from("no module") };
  await assert.rejects(key(), { code: "unavailable", message: /the server answers with a page or other text for / });
  late = { status: 200, body: Buffer.from("\0asm, and no module") };
  await assert.rejects(key(), { code: "unavailable", message: /not the one that this package was built with: serve all files/ });
  late = { status: 200, body: readFileSync(at("pkg/wasm/argon2id.wasm")) };
  assert.equal(hex(await key()), KEY);
});
