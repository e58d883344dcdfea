// Shows that scripts/short-names.mjs renames in the glue just what wasm-opt renamed in the module, or refuses.

import assert from "node:assert/strict";
import { test } from "node:test";
import { shorten, shortenTypes } from "../../scripts/short-names.mjs";

const GLUE = `
export function open(name) {
    return wasm.open(name, wasm.__wbindgen_malloc);
}
function __wbg_get_imports() {
    const import0 = {
        __proto__: null,
        __wbg_open_01: function(arg0) {
            return { open: arg0.open() };
        },
        __wbindgen_init: function() {
            wasm.__wbindgen_malloc(1);
        },
    };
    return {
        __proto__: null,
        "./keyfold_bg.js": import0,
    };
}
`;

/** @returns {import("../../scripts/short-names.mjs").Names} */
const names = () => ({
  imports: [["./keyfold_bg.js", "__wbg_open_01", "$"], ["./keyfold_bg.js", "__wbindgen_init", "$a"]],
  exports: [["open", "b"], ["__wbindgen_malloc", "c"], ["__unused", "d"]],
});

test("imports and exports get their short names, and nothing else does", () => {
  const want = GLUE.replace("wasm.open", "wasm.b").replaceAll("wasm.__wbindgen_malloc", "wasm.c").replace("__wbg_open_01", "$").replace("__wbindgen_init", "$a").replace('"./keyfold_bg.js"', "a");
  assert.equal(shorten(GLUE, names(), "keyfold"), want);
});

test("the declarations get them too", () => {
  assert.equal(shortenTypes("export const open: (a: any) => any;\n", names()), "export const b: (a: any) => any;\n");
});

/** @type {[string, string, (names: import("../../scripts/short-names.mjs").Names) => unknown, RegExp][]} */
const REFUSED = [
  ["an import that the glue does not define", GLUE, ({ imports }) => imports.push(["./keyfold_bg.js", "__wbg_close_02", "$b"]), /does not define __wbg_close_02/],
  ["an import that it defines twice", GLUE.replace("__wbindgen_init", "__wbg_open_01"), () => {}, /defines __wbg_open_01 twice/],
  ["an import from elsewhere", GLUE, ({ imports }) => imports.push(["./snippets/x.js", "close", "$b"]), /imported from \.\/snippets\/x\.js/],
  ["an export that the module does not have", GLUE, ({ exports }) => exports.shift(), /does not export open/],
  ["a name that is used in another way", `${GLUE}const { __wbindgen_malloc } = wasm;`, () => {}, /__wbindgen_malloc where it is not expected/],
];

for (const [what, glue, change, message] of REFUSED) {
  test(`${what} is refused`, () => {
    const changed = names();
    change(changed);
    assert.throws(() => shorten(glue, changed, "keyfold"), message);
  });
}
