// Shows that scripts/per-instance.mjs makes a function of wasm-bindgen's glue, or refuses.

import assert from "node:assert/strict";
import { test } from "node:test";
import { perInstance, perInstanceTypes } from "../../scripts/per-instance.mjs";

const GLUE = `/**
 * A handle.
 */
export class Handle {
    free() {
        const ptr = this.ptr;
        wasm.__wbg_handle_free(ptr, 0);
    }
}

/**
 * Verbs.
 * @enum {0}
 */
export const Verb = Object.freeze({
    Set: 0, "0": "Set",
});

export function open(name) {
    return wasm.open(name);
}
export function handle() {
    return new Handle();
}
function __wbg_get_imports() {
    return { a: () => wasm.__wbindgen_externrefs };
}
function wasm_bindgen__convert__closures_____invoke__h1(arg0) {
    wasm.invoke(arg0);
}

let counter = 0;

let wasmModule, wasmInstance, wasm;
function __wbg_finalize_init(instance) {
    wasm.__wbindgen_start();
}
export { initSync, __wbg_init as default };
`;

const load = async (/** @type {string} */ glue) => import(`data:text/javascript,${encodeURIComponent(perInstance(glue))}`);

test("each call makes glue for an instance of its own, and the enum is there once", async () => {
  const { glue, Verb, ...others } = await load(GLUE);
  assert.deepEqual([Verb.Set, Object.keys(others)], [0, []]);
  const exports = (/** @type {string} */ name) => ({ open: () => name, __wbindgen_start() {}, __wbindgen_externrefs: `table ${name}` });
  const [one, two] = [glue(), glue()];
  assert.deepEqual([one.begin(exports("one")), two.begin(exports("two"))], ["table one", "table two"]);
  assert.deepEqual([one.open(), two.open(), two.imports.a()], ["one", "two", "table two"]);
});

test("a handle is freed once no call uses it any more", async () => {
  const made = (await load(GLUE)).glue();
  /** @type {unknown[]} */
  const freed = [];
  made.begin({ __wbindgen_start() {}, __wbg_handle_free: (/** @type {unknown[]} */ ...args) => freed.push(args) });
  made.handle().free();
  assert.deepEqual(freed, [[undefined, 1]]);
});

test("the declarations name what it gives", () => {
  const types = "export class Handle {}\nexport function open(name: string): any;\nexport type InitInput = URL;\nexport default function x(): void;\n";
  assert.match(perInstanceTypes(types), /open\(name: string\): any;\n\nexport function glue\(\): \{ imports: .*; open: typeof open \};\n$/);
});

/** @type {[string, string, RegExp][]} */
const REFUSED = [
  ["another way to load", GLUE.replace("let wasmModule, wasmInstance, wasm;", "let wasm;"), /in another way/],
  ["no start", GLUE.replace("wasm.__wbindgen_start();", ""), /has no wasm\.__wbindgen_start/],
  ["another way to free", GLUE.replace("free(ptr, 0)", "free(ptr)"), /has no wasm\.__wbg_handle_free/],
  ["another export", GLUE.replace("let counter", "export let counter"), /something else/],
  ["an import", `import * as x from "./x.js";\n${GLUE}`, /something else/],
];

for (const [what, glue, message] of REFUSED) {
  test(`${what} is refused`, () => assert.throws(() => perInstance(glue), message));
}
