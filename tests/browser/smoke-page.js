// The page of the smoke test: the package's main verbs and every fixture in whatever browser opens it.
//
// It needs no driver: it posts what it found back to the server that it came from (see smoke.mjs).

const report = (/** @type {{ name: string, error?: string }[]} */ results) =>
  fetch("report", { method: "POST", body: JSON.stringify({ agent: navigator.userAgent, results }) });

const { FLET_NAMESPACE, SecureStorage, StorageError } = await import("/keyfold/index.js").catch(async (error) => {
  await report([{ name: "import", error: String(error) }]);
  throw error;
});

const WRAP = { wrapKey: "QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaW1xdXl8=", wrapKeyIv: "EBESExQVFhcYGRob" };

/** @type {{ name: string, error?: string }[]} */
const results = [];

/** @param {string} name @param {() => Promise<void>} body */
async function check(name, body) {
  localStorage.clear();
  sessionStorage.clear();
  try {
    await body();
    results.push({ name });
  } catch (error) {
    results.push({ name, error: error instanceof StorageError ? `${error.code}: ${error.message}` : String(error) });
  }
}

/** Equality of JSON texts, Maps and bytes included. */
const text = (/** @type {unknown} */ value) =>
  JSON.stringify(value, (_, part) => (part instanceof Map ? Object.fromEntries(part) : part instanceof Uint8Array ? [...part] : part)) ?? "undefined";

function same(/** @type {unknown} */ actual, /** @type {unknown} */ expected, what = "") {
  if (text(actual) !== text(expected)) throw new Error(`${what}: expected ${text(expected).slice(0, 200)}, got ${text(actual).slice(0, 200)}`);
}

async function rejects(/** @type {Promise<unknown>} */ promise, /** @type {string} */ code) {
  const error = await promise.then(() => undefined, (reason) => reason);
  if (!(error instanceof StorageError)) throw new Error(`expected ${code}, got ${error === undefined ? "no error" : error}`);
  same(error.code, code, error.message);
}

for (const [name, options] of Object.entries({
  "plain": {},
  "wrapped": WRAP,
  "wrapped, WebCrypto only": { ...WRAP, engine: /** @type {const} */ ("webcrypto") },
  "sessionStorage": { useSessionStorage: true },
  "memory": { area: /** @type {const} */ ("memory") },
})) {
  await check(`every verb: ${name}`, async () => {
    const namespace = `smoke.${name}`;
    const large = "0123456789abcdef".repeat(8192);
    const storage = await SecureStorage.open(namespace, { layout: "flutter", ...options });
    same(await storage.get("token"), undefined, "get before set");
    await storage.set("token", "s3cret 🔐");
    await storage.set("", "empty name");
    await storage.set("bytes", new Uint8Array([0, 255, 128]));
    await storage.setAll({ large, empty: "" });
    same(await storage.get("token"), "s3cret 🔐", "get");
    same(await storage.getBytes("bytes"), [0, 255, 128], "getBytes");
    await rejects(storage.get("bytes"), "not-text");
    same(await storage.getMany(["large", "none", ""]), { large, "": "empty name" }, "getMany");
    same([...(await storage.getAll({ skipUnreadable: true })).keys()].sort(), ["", "empty", "large", "token"], "getAll");
    same((await storage.getAllBytes()).size, 5, "getAllBytes");
    same(await storage.keys(), ["", "bytes", "empty", "large", "token"], "keys");
    same([await storage.containsKey("empty"), await storage.containsKey("none")], [true, false], "containsKey");
    same([await storage.remove("empty"), await storage.remove("empty")], [true, false], "remove");
    same(await storage.verify(), { readable: ["", "bytes", "large", "token"], unreadable: [], passedOver: [], rotationAdvised: false }, "verify");
    same(storage.protection, "wrapKey" in options ? "wrap-key" : "none", "protection");
    await storage.clear();
    same(await storage.keys(), [], "clear");
    await storage.destroy();
    same(Object.keys(localStorage).concat(Object.keys(sessionStorage)), [], "destroy");
    storage.close();
    await rejects(storage.get("token"), "unavailable");
  });
}

await check("what one handle writes, another reads", async () => {
  const open = () => SecureStorage.open("shared", { layout: "flutter", ...WRAP });
  const [one, two] = await Promise.all([open(), open()]);
  const changes = /** @type {unknown[]} */ ([]);
  const stop = two.watch(({ key, kind, remote }) => changes.push([key, kind, remote]));
  await one.set("a", "1");
  same(await two.get("a"), "1", "get");
  for (let waited = 0; changes.length === 0 && waited < 2000; waited += 20) await new Promise((resolve) => setTimeout(resolve, 20));
  stop();
  same(changes, [["a", "set", false]], "watch");
});

await check("first use from 20 calls at once loses nothing", async () => {
  const open = () => SecureStorage.open("race", { layout: "flutter", ...WRAP });
  await Promise.all(Array.from({ length: 20 }, async (_, n) => (await open()).set(`k${n}`, `v${n}`)));
  same((await (await open()).getAll()).size, 20, "entries");
});

await check("errors have their codes", async () => {
  await rejects(SecureStorage.open("x", { layout: "flutter", wrapKey: "AAAA", wrapKeyIv: "AAAA" }), "invalid-argument");
  await rejects(SecureStorage.open("x", { layout: "flutter", mustExist: true }), "key-missing");
  await (await SecureStorage.open("x", { layout: "flutter", ...WRAP })).set("a", "1");
  await rejects(SecureStorage.open("x", { layout: "flutter", ...WRAP, wrapKeyIv: "EBESExQVFhcYGRoc" }), "wrong-key");
  await rejects(SecureStorage.open("x", { layout: "flutter" }), "locked");
  localStorage.setItem("x.a", `${localStorage.getItem("x.a")?.slice(0, -8)}AAAAAAA=`);
  const storage = await SecureStorage.open("x", { layout: "flutter", ...WRAP });
  await rejects(storage.get("a"), "corrupt");
  await rejects(storage.getAll(), "corrupt");
  same((await storage.getAll({ skipUnreadable: true })).size, 0, "getAll");
  same((await storage.verify()).unreadable.map(({ key, code }) => [key, code]), [["a", "corrupt"]], "verify");
});

/** @type {Record<string, import("../../pkg/index.js").Unlock>} */
const UNLOCKS = { "device": "device", "app-key": { appKey: WRAP.wrapKey }, "passphrase": { passphrase: "correct horse" } };

for (const [kind, unlock] of Object.entries(UNLOCKS)) {
  await check(`the sealed layout, every verb: ${kind}`, async () => {
    const namespace = `smoke.${kind}`;
    const large = "0123456789abcdef".repeat(8192);
    const storage = await SecureStorage.open(namespace, { unlock });
    same([storage.layout, storage.protection], ["sealed", kind], "protection");
    same(await storage.get("token"), undefined, "get before set");
    await storage.set("token", "s3cret 🔐");
    await storage.set("bytes", new Uint8Array([0, 255, 128]));
    await storage.setAll({ large, empty: "", "": "empty name" });
    const again = await SecureStorage.open(namespace, { unlock, mustExist: true });
    for (const handle of [storage, again, await storage.with({ fresh: true })]) {
      same(await handle.get("token"), "s3cret 🔐", "get");
      same(await handle.getBytes("bytes"), [0, 255, 128], "getBytes");
      await rejects(handle.get("bytes"), "not-text");
      same(await handle.getMany(["large", "none", ""]), { large, "": "empty name" }, "getMany");
      same(await handle.keys(), ["", "bytes", "empty", "large", "token"], "keys");
      same([await handle.containsKey("empty"), await handle.containsKey("none")], [true, false], "containsKey");
    }
    await storage.rotate();
    same((await storage.getAllBytes()).size, 5, "getAllBytes after rotate");
    if (kind === "device") same((await again.getAllBytes()).size, 5, "getAllBytes of another handle");
    else {
      await rejects(again.get("token"), "locked");
      await again.unlock(unlock);
    }
    same(await again.get("token"), "s3cret 🔐", "get after rotate");
    same((await storage.unlocks()).map((unlock) => unlock.kind), [kind], "unlocks");
    same([await storage.remove("empty"), await storage.remove("empty")], [true, false], "remove");
    same(await storage.verify(), { readable: ["", "bytes", "large", "token"], unreadable: [], passedOver: [], rotationAdvised: false }, "verify");
    storage.lock();
    await rejects(storage.get("token"), "locked");
    await storage.unlock(unlock);
    if (kind !== "device") {
      await rejects(SecureStorage.open(namespace), "locked");
      await rejects(SecureStorage.open(namespace, { unlock: kind === "passphrase" ? { passphrase: "wrong" } : { appKey: "YGFiY2RlZmdoaWprbG1ub3BxcnN0dXZ3eHl6e3x9fn8=" } }), "wrong-key");
      const second = await storage.addUnlock({ appKey: new Uint8Array(32).fill(1) }, { label: "second" });
      same(await (await SecureStorage.open(namespace, { unlock: { appKey: new Uint8Array(32).fill(1) } })).get("token"), "s3cret 🔐", "get by an added unlock");
      same(await storage.addUnlock("device"), "device", "addUnlock of the device");
      same(await (await SecureStorage.open(namespace)).get("token"), "s3cret 🔐", "get by the device");
      same([storage.protection, (await storage.unlocks()).map(({ kind }) => kind)], ["device", ["device", kind, "app-key"]], "protection");
      await storage.rotate({ keep: [unlock, second] });
      await rejects(SecureStorage.open(namespace), "locked");
      same(await storage.changeUnlock(second, { appKey: new Uint8Array(32).fill(2) }), second, "changeUnlock");
      await rejects(SecureStorage.open(namespace, { unlock: { appKey: new Uint8Array(32).fill(1) } }), "wrong-key");
      await storage.removeUnlock(second);
      same((await storage.unlocks()).map(({ kind }) => kind), [kind], "removeUnlock");
      same(await storage.get("token"), "s3cret 🔐", "get after changes of unlocks");
    }
    await storage.clear();
    same(await storage.keys(), [], "clear");
    await storage.destroy();
    await rejects(SecureStorage.open(namespace, { mustExist: true }), "key-missing");
    storage.close();
    await rejects(storage.get("token"), "unavailable");
  });
}

await check("the sealed layout in a worker", async () => {
  const storage = await SecureStorage.open("smoke.worker");
  await storage.set("of the page", "1");
  const changes = /** @type {unknown[]} */ ([]);
  const told = new Promise((resolve) => storage.watch(({ key, kind, remote }) => resolve(changes.push([key, kind, remote]))));
  const worker = new Worker("sealed-smoke-worker.js", { type: "module" });
  const seen = await new Promise((resolve, reject) => Object.assign(worker, { onmessage: (/** @type {MessageEvent} */ { data }) => resolve(data), onerror: () => reject(new Error("the worker did not start")) }));
  same(seen, { "of the page": "1", "of the worker": "2" }, "in the worker");
  await told;
  same(changes[0], ["of the worker", "set", true], "watch");
  same(await storage.get("of the worker"), "2", "in the page");
  worker.terminate();
  await storage.destroy();
});

await check("Argon2id", async () => {
  const loader = "/keyfold/argon2id.js"; // Not by its name, or it would be checked as strictly as tests are.
  const { argon2id } = await import(loader);
  const key = await argon2id(async () => (await fetch("/keyfold/wasm/argon2id.wasm")).arrayBuffer())(new Uint8Array(1), new Uint8Array(16), 19_456, 2);
  // By argon2-cffi.
  same([...key.slice(0, 8)], [0xd1, 0x39, 0x51, 0xa0, 0x8d, 0xfc, 0xb4, 0xc0]);
});

await check("availability", async () => {
  for (const layout of /** @type {const} */ (["flutter", "sealed"])) same((await SecureStorage.availability({ layout })).usable, true, layout);
});

for (const name of await (await fetch("fixtures.json")).json()) {
  await check(`fixture ${name}`, async () => {
    const { web_options: web, expect, local_storage: local, session_storage: session } = await (await fetch(`/fixtures/${name}`)).json();
    for (const [key, value] of Object.entries(local)) localStorage.setItem(key, value);
    for (const [key, value] of Object.entries(session)) sessionStorage.setItem(key, value);
    const storage = await SecureStorage.open(web.public_key ?? FLET_NAMESPACE, {
      layout: "flutter",
      mustExist: true,
      useSessionStorage: web.use_session_storage ?? false,
      ...(web.wrap_key ? { wrapKey: web.wrap_key, wrapKeyIv: web.wrap_key_iv } : {}),
    });
    const all = await storage.getAll();
    same([...all].sort(), Object.entries(expect).sort(), "getAll");
    for (const [key, value] of Object.entries(expect)) same(await storage.get(key), value, key);
    const sealed = await SecureStorage.open("smoke.imported");
    same(await sealed.importFrom(storage), { imported: Object.keys(expect).sort(), skipped: [], unreadable: [], complete: true }, "importFrom");
    same([...(await sealed.getAll())].sort(), Object.entries(expect).sort(), "getAll of what was imported");
    await sealed.destroy();
    await storage.set("written here", "by keyfold");
    same(await storage.get("written here"), "by keyfold", "get");
    await storage.destroy();
    same(localStorage.length + sessionStorage.length, 0, "destroy");
  });
}

const failed = results.filter(({ error }) => error);
const out = /** @type {HTMLElement} */ (document.getElementById("out"));
out.textContent = results.map(({ name, error }) => (error ? `FAILED ${name}: ${error}` : `ok ${name}`)).join("\n");
document.title = failed.length > 0 ? `${failed.length} failed` : "passed";
await report(results);
