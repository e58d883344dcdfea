// Shows that scripts/one-glue.mjs makes one glue for two modules and gives both the names that it uses, or refuses.

import assert from "node:assert/strict";
import { test } from "node:test";
import { merge, rename } from "../../scripts/one-glue.mjs";

const [H1, H2, H3] = ["wbindgen_invoke__h0000000000000001", "wbindgen_invoke__h0000000000000002", "wbindgen_invoke__h0000000000000003"];

/** A glue with these imports, and calls of these closures. */
const glue = (/** @type {string} */ imports, /** @type {string[]} */ ...closures) => `/**
 * Opens.
 */
export function open(name) {
    return wasm.open(name, wasm.__wbindgen_malloc);
}
function __wbg_get_imports() {
    const import0 = {
        __proto__: null,
${imports}    };
    return {
        __proto__: null,
        "./layout_bg.js": import0,
    };
}
${closures.map((name) => `function ${name}(arg0) {\n    wasm.${name}(arg0);\n}\n`).join("\n")}
let counter = 0;
`;
const NOW = "        __wbg_now_01: function() {\n            return 7;\n        },\n";
const FAIL = "        __wbg_fail_02: function() { return handleError(function (arg0) {\n            throw arg0;\n        }, arguments); },\n";
const cast = (/** @type {number} */ n, /** @type {string} */ closure) => `        __wbindgen_cast_${n}: function(arg0) {\n            // Of shim ${n}.\n            return () => ${closure}(arg0);\n        },\n`;

const GLUES = { one: glue(NOW + cast(1, H1), H1), two: glue(cast(1, H2) + cast(2, H3) + FAIL + NOW, H3, H2) };
const EXPORTED = { one: ["memory", "open", "__wbindgen_malloc", H1], two: ["open", "memory", "__wbindgen_malloc", H2, H3] };

/** What the glue gives a module's import of this name to call. */
function called(/** @type {string} */ layout, /** @type {string} */ name) {
  const { glue, shorten, names } = merge(GLUES, EXPORTED);
  const [imports, wasm] = new Function("wasm", "handleError", `${shorten(glue).replace("export ", "")}; return [__wbg_get_imports().a, wasm];`)({}, (/** @type {Function} */ act) => act);
  const own = /** @type {import("../../scripts/one-glue.mjs").Names} */ (names[layout]);
  return { call: imports[own.imports(name)], wasm, own };
}

test("each module's imports are there, once", () => {
  const { glue, names } = merge(GLUES, EXPORTED);
  assert.equal(glue.match(/return 7;/g)?.length, 1);
  assert.equal(names.one?.imports("__wbg_now_01"), names.two?.imports("__wbg_now_01"));
  assert.equal(called("two", "__wbg_now_01").call(), 7);
  assert.equal(glue.match(/let counter/g)?.length, 1);
});

test("closures of one form go to their own module's exports, in the order of their use", () => {
  for (const [layout, name, closure] of /** @type {const} */ ([["one", "__wbindgen_cast_1", H1], ["two", "__wbindgen_cast_1", H2], ["two", "__wbindgen_cast_2", H3]])) {
    const { call, wasm, own } = called(layout, name);
    wasm[own.exports(closure)] = (/** @type {string} */ argument) => assert.equal(argument, closure);
    call(closure)();
  }
  const { names } = merge(GLUES, EXPORTED);
  assert.equal(names.one?.exports(H1), names.two?.exports(H2));
  assert.notEqual(names.two?.exports(H2), names.two?.exports(H3));
});

/** @type {[string, (glues: Record<string, string>, exported: Record<string, string[]>) => void, RegExp][]} */
const REFUSED = [
  ["a function that differs", (glues) => (glues.two = GLUES.two.replace("wasm.open(name,", "wasm.open(1,")), /the glues differ in open/],
  ["imports in another way", (glues) => (glues.one = GLUES.one.replace("const import0", "const import1")), /imports in another way/],
  ["an import of another form", (glues) => (glues.one = GLUES.one.replace("        __proto__: null,\n        __wbg", "        __proto__: null,\n        ...others,\n        __wbg")), /another form: +\.\.\.others/],
  ["a closure without its function", (glues) => (glues.one = GLUES.one.replace(`function ${H1}`, "function other")), /no function wbindgen_invoke/],
  ["a name that is used in another way", (glues) => (glues.one = `${GLUES.one}const { __wbindgen_malloc } = wasm;\n`), /__wbindgen_malloc where it is not expected/],
];

for (const [what, change, message] of REFUSED) {
  test(`${what} is refused`, () => {
    const [glues, exported] = [{ ...GLUES }, { ...EXPORTED }];
    change(glues, exported);
    assert.throws(() => merge(glues, exported).shorten(merge(glues, exported).glue), message);
  });
}

test("names that a module does not have are refused", () => {
  const { names } = merge(GLUES, EXPORTED);
  assert.throws(() => names.one?.imports("__wbg_fail_02"), /the glue of one does not define __wbg_fail_02/);
  assert.throws(() => names.one?.exports("close"), /the module of one does not export close/);
});

// (module (import "./x.js" "now" (func)) (memory 1) (export "memory" (memory 0)) (export "call" (func 1)) (func call 0))
const bytes = (/** @type {string} */ text) => [text.length, ...Buffer.from(text)];
const section = (/** @type {number} */ id, /** @type {number[]} */ ...content) => [id, content.length, ...content];
const module = (kind = 0) => Uint8Array.from([
  ...[0, 97, 115, 109, 1, 0, 0, 0], ...section(1, 1, 0x60, 0, 0), ...section(2, 1, ...bytes("./x.js"), ...bytes("now"), kind, 0), ...section(3, 1, 0), ...section(5, 1, 0, 1),
  ...section(7, 2, ...bytes("memory"), 2, 0, ...bytes("call"), 0, 1), ...section(10, 1, 4, 0, 0x10, 0, 0x0b),
]);

test("a module gets its names, of any length, and runs", async () => {
  const long = "n".repeat(300);
  const renamed = rename(module(), { imports: (name) => `${name}${long}`, exports: (name) => name[0] ?? "" });
  let count = 0;
  const { instance } = /** @type {any} */ (await WebAssembly.instantiate(/** @type {BufferSource} */ (renamed), { a: { [`now${long}`]: () => (count += 1) } }));
  instance.exports.c();
  assert.deepEqual([count, Object.keys(instance.exports)], [1, ["m", "c"]]);
});

test("a module that imports more than functions is refused", () => {
  assert.throws(() => rename(module(3), { imports: (name) => name, exports: (name) => name }), /now is imported, and no function/);
});
