// Makes wasm-bindgen's glue a function that is called for each instance of its module: a trap ends an instance, and what
// is opened next starts another (pkg/instance.js). The glue as it comes keeps its one instance for good.

import { Failed } from "./tools.mjs";

/** Where the part begins that loads the module: the package does that itself. */
export const LOADS = "let wasmModule, wasmInstance, wasm;";

/** An enum, which is the same for all instances. */
const ENUM = /^(?:\/\*\*(?:(?!\*\/)[^])*?\*\/\n)?export const \w+ = Object\.freeze\(\{[^]*?^\}\);\n/m;

/** What gives an enum's names by their numbers, and a handle's method for `using`: the package uses neither. */
const NAMES = /, "\d+": "\w+"/g;
const DISPOSE = /^if \(Symbol\.dispose\).*\n/m;

/** How closures are called. These functions differ from layout to layout, so they come last: what the glues have in common is the same text then, once names are shortened, and compresses well. */
const CLOSURES = /^function wasm_bindgen__convert__closures[^]*?^}\n/gm;

/** How a handle is freed, and how it is freed once no call uses it any more: a function of the app's can close the handle that calls it. As it comes, that is a trap. */
const FREE = "wasm.__wbg_handle_free(ptr, 0);";
const FREE_LATER = FREE.replace("0", "1");

const START = "wasm.__wbindgen_start();";
const TABLE = "wasm.__wbindgen_externrefs";

/**
 * The glue as a function `glue()`, beside its enum. It gives what to instantiate the module with, `begin`, which takes the
 * instance's exports, and what the glue exports; `begin` gives the table of all that the instance holds of JavaScript's.
 * @returns {string}
 */
export function perInstance(/** @type {string} */ glue) {
  const [body = "", loads, ...more] = glue.split(LOADS);
  if (loads === undefined || more.length > 0) throw new Failed("the glue loads its module in another way");
  for (const part of [FREE, START, TABLE]) if (!glue.includes(part)) throw new Failed(`the glue has no ${part}`);
  const [constants = ""] = ENUM.exec(body) ?? [];
  const functions = [...body.matchAll(/^export function (\w+)/gm)].map(([, name]) => name);
  const closures = body.match(CLOSURES) ?? [];
  const inside = [body.replace(constants, "").replace(FREE, FREE_LATER).replace(CLOSURES, "").replace(DISPOSE, ""), ...closures].join("\n").replace(/^export (?=function |class )/gm, "");
  if (/^(?:export|import)\b/m.test(inside)) throw new Failed("the glue exports or imports something else");
  return `${constants.replace("Object.freeze(", "/* @__PURE__ */ Object.freeze(").replace(NAMES, "")}
export function glue() {
let wasm;
${inside}
return {
    imports: __wbg_get_imports(),
    begin(exports) {
        wasm = exports;
        ${START}
        return ${TABLE};
    },
    ${functions.join(", ")},
};
}
`;
}

/** The declarations of that. @returns {string} */
export function perInstanceTypes(/** @type {string} */ types) {
  const functions = [...types.matchAll(/^export function (\w+)/gm)].map(([, name]) => name);
  const [inside = ""] = types.split(/^export type InitInput/m);
  const declared = ["imports: WebAssembly.Imports", "begin(exports: WebAssembly.Exports): WebAssembly.Table", ...functions.map((name) => `${name}: typeof ${name}`)];
  return `${inside}\nexport function glue(): { ${declared.join("; ")} };\n`;
}
