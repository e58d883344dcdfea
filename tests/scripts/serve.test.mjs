// Shows that scripts/serve.mjs sends what a page needs, under the headers it should, and nothing from outside its folders.

import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { HEADERS, serve, serveFrom } from "../../scripts/serve.mjs";

let work = "";
/** @type {Awaited<ReturnType<typeof serve>>} */
let server;

before(async () => {
  work = await mkdtemp(join(tmpdir(), "keyfold-serve-"));
  for (const folder of ["site", "site-secret", "extra"]) await mkdir(join(work, folder));
  await writeFile(join(work, "site/index.html"), "home");
  await writeFile(join(work, "site/a b.txt"), "spaced");
  await writeFile(join(work, "site/module.wasm"), "\0asm");
  await writeFile(join(work, "site/module.js"), "");
  await writeFile(join(work, "site-secret/secret.txt"), "secret");
  await writeFile(join(work, "outside.txt"), "secret");
  await writeFile(join(work, "extra/index.html"), "extra");
  server = await serve({
    roots: { "/": join(work, "site"), "/extra/": join(work, "extra") },
    routes: { "/answer": (_, response) => void response.end("42") },
    headers: (path) => (path === "/extra/" ? { "Content-Security-Policy": "default-src 'self'", "Referrer-Policy": null } : {}),
  });
});
after(async () => {
  await server.close();
  await rm(work, { recursive: true });
});

/** As it stands, where `fetch` would tidy the path up. */
const raw = (/** @type {string} */ path, method = "GET") =>
  /** @type {Promise<{ status: number | undefined, type: string | undefined, body: string }>} */ (
    new Promise((resolve, reject) => {
      const sent = request({ host: "127.0.0.1", port: server.port, path, method }, (response) => {
        let body = "";
        response.on("data", (chunk) => (body += chunk));
        response.on("end", () => resolve({ status: response.statusCode, type: response.headers["content-type"], body }));
      });
      sent.on("error", reject).end();
    })
  );

test("files, folders and routes", async () => {
  assert.equal((await raw("/")).body, "home");
  assert.equal((await raw("/?x=1")).body, "home");
  assert.equal((await raw("/a%20b.txt")).body, "spaced");
  assert.equal((await raw("/extra/")).body, "extra");
  assert.equal((await raw("/answer")).body, "42");
  assert.equal((await raw("/none")).status, 404);
  assert.equal((await raw("/", "POST")).status, 405);
});

test("types that browsers insist on", async () => {
  assert.equal((await raw("/module.wasm")).type, "application/wasm");
  assert.equal((await raw("/module.js")).type, "text/javascript");
  assert.equal((await raw("/")).type, "text/html;charset=utf-8");
});

test("nothing outside of the folders", async () => {
  for (const path of [
    "/../outside.txt", "/%2e%2e/outside.txt", "/..%2foutside.txt", "/..%5coutside.txt", "/x/../../outside.txt", "//../outside.txt",
    "/../site-secret/secret.txt", "/extra/../../outside.txt", "/extra/%2e%2e/site/index.html", "/extra/..%2f..%2foutside.txt", "/%00", "/%", "//", "http://[/outside.txt", "/%E0%A4%A",
  ]) {
    const { status, body } = await raw(path);
    assert.ok([200, 400, 404].includes(status ?? 0), `${path}: ${status}`);
    assert.doesNotMatch(body, /secret/, path);
  }
});

test("the headers, and others where asked for", async () => {
  const home = await fetch(`${server.url}/`);
  for (const [name, value] of Object.entries(HEADERS)) assert.equal(home.headers.get(name), value, name);
  assert.equal((await fetch(`${server.url}/none`)).headers.get("Content-Security-Policy"), HEADERS["Content-Security-Policy"]);
  const extra = await fetch(`${server.url}/extra/`);
  assert.equal(extra.headers.get("Content-Security-Policy"), "default-src 'self'");
  assert.equal(extra.headers.get("Referrer-Policy"), null);
  assert.equal(extra.headers.get("X-Content-Type-Options"), "nosniff");
});

test("a port that is taken is passed over", async () => {
  const next = await serveFrom(server.port, { roots: { "/": work } });
  assert.ok(next.port > server.port);
  await next.close();
});
