// Replaces, in the glue, the names that glue and module share by wasm-opt's short ones. These names, which nobody reads,
// are a thirtieth of the download.

import { Failed } from "./tools.mjs";

/** @typedef {{ imports: [module: string, name: string, short: string][], exports: [name: string, short: string][] }} Names */

/** The one module that everything is imported from, as wasm-opt calls it. */
const MODULE = "a";

/**
 * The glue for the module that `wasm-opt --minify-imports-and-exports-and-modules` wrote; wasm-opt prints `names`. Each
 * name has to be exactly where it is expected, or glue and module would not fit together.
 * @param {string} glue
 * @param {Names} names
 * @param {string} name of the glue, from which wasm-bindgen makes the name of the module that everything is imported from
 * @returns {string}
 */
export function shorten(glue, { imports, exports }, name) {
  const own = `./${name}_bg.js`;
  const foreign = imports.find(([module]) => module !== own);
  if (foreign) throw new Failed(`"${foreign[1]}" is imported from ${foreign[0]}: only ${own} can be renamed`);

  // `        __wbg_keys_…: function(arg0) {`, and `"./keyfold_bg.js": import0,`
  const properties = new Map([[`"${own}"`, MODULE], ...imports.map(([, name, short]) => /** @type {const} */ ([name, short]))]);
  const found = new Set();
  glue = glue.replace(/^( +)([\w$]+|"[^"\n]+")(?=: )/gm, (property, indent, name) => {
    const short = properties.get(name);
    if (short === undefined) return property;
    if (found.has(name)) throw new Failed(`the glue defines ${name} twice`);
    found.add(name);
    return indent + short;
  });
  const missing = [...properties.keys()].filter((name) => !found.has(name));
  if (missing.length > 0) throw new Failed(`the glue does not define ${missing.join(", ")}`);

  // `wasm.__wbindgen_free(…)`
  glue = rename(glue, /(?<=(?<![\w$.])wasm\.)[\w$]+/g, exports);

  const rest = [...properties.keys(), ...exports.map(([name]) => name)].filter((name) => name.startsWith("__wb") && glue.includes(name));
  if (rest.length > 0) throw new Failed(`the glue has ${rest.join(", ")} where it is not expected`);
  return glue;
}

/** The declarations of that module's exports. @returns {string} */
export const shortenTypes = (/** @type {string} */ types, /** @type {Names} */ { exports }) => rename(types, /(?<=^export const )[\w$]+/gm, exports);

/** @returns {string} */
function rename(/** @type {string} */ text, /** @type {RegExp} */ names, /** @type {Names["exports"]} */ exports) {
  const known = new Map(exports);
  return text.replace(names, (name) => {
    const short = known.get(name);
    if (short === undefined) throw new Failed(`the module does not export ${name}`);
    return short;
  });
}
