// Makes one glue of wasm-bindgen's glues for the layouts' modules, and gives what glue and modules share short names. What
// the glues do is nearly the same, so a page that uses one layout downloads little of the other's; and the names, which
// nobody reads, are a thirtieth of the download.
//
// Not by `import()` of one of two glues: service workers have none.

import { Failed } from "./tools.mjs";

/**
 * @typedef {(name: string) => string} Rename
 * @typedef {{ imports: Rename, exports: Rename }} Names the short name for each of a module's own
 */

/** The one module that everything is imported from. */
const MODULE = "a";

const COMMENTS = /^ *(?:\/\*[^]*?\*\/|\/\/.*)\n/gm;
/** What calls closures: the end of its name differs from module to module. */
const HASHED = /\w+__h[0-9a-f]{16}\b/g;
const IMPORTS = /^function __wbg_get_imports\(\) \{\n {4}const import0 = \{\n {8}__proto__: null,\n([^]*?)^ {4}\};\n {4}return \{\n {8}__proto__: null,\n {8}"\.\/\w+\.js": import0,\n {4}\};\n\}$/m;
/** One of these imports, and one of the glue's statements, to its end. */
const IMPORT = /^ {8}([\w$]+): ([^]*?,)\n(?= {8}[\w$]|$(?![^]))/gm;
const STATEMENT = /\n(?=[^\s})])/;

/**
 * @param {Record<string, string>} glues by the name of the layout, as wasm-bindgen wrote them, up to where they load their module
 * @param {Record<string, string[]>} exported the names of what each module exports
 * @returns {{ glue: string, shorten: Rename, names: Record<string, Names> }} the glue, what puts short names of exports into it, and
 *   the names for each module
 */
export function merge(glues, exported) {
  /** The form of what calls closures, and what it is called here. @type {Map<string, string>} */
  const closures = new Map();
  /** What is imported, and its short name. @type {Map<string, string>} */
  const imports = new Map();
  /** What a module exports, and its short name. @type {Map<string, string>} */
  const exports = new Map();
  /** @type {Set<string>} */
  const statements = new Set();
  /** @type {Record<string, Names>} */
  const names = {};

  for (const [layout, text] of Object.entries(glues)) {
    const calls = closuresOf(text, closures);
    const own = (/** @type {string} */ name) => calls.get(name) ?? name;
    const glue = text.replace(COMMENTS, "").replace(HASHED, own);
    const taken = importsOf(glue, layout, imports);
    for (const statement of glue.replace(IMPORTS, "").split(STATEMENT)) statements.add(statement.trim());
    names[layout] = {
      imports: (name) => taken.get(name) ?? refuse(`the glue of ${layout} does not define ${name}`),
      exports: (name) => (exported[layout]?.includes(name) ? short(exports, own(name)) : refuse(`the module of ${layout} does not export ${name}`)),
    };
  }
  checkNames(statements);
  return { glue: [...statements, importing(imports)].join("\n"), shorten: (glue) => shorten(glue, exports), names };
}

/** The short names of what a glue has for its module, by their own names. */
function importsOf(/** @type {string} */ glue, /** @type {string} */ layout, /** @type {Map<string, string>} */ known) {
  const inside = IMPORTS.exec(glue)?.[1] ?? refuse(`the glue of ${layout} has its imports in another way`);
  const rest = inside.replace(IMPORT, "");
  if (rest !== "") throw new Failed(`the glue of ${layout} has an import of another form: ${rest.slice(0, 80)}`);
  return new Map([...inside.matchAll(IMPORT)].map(([, name = "", body = ""]) => [name, short(known, body)]));
}

/** The function that gives all of them. */
function importing(/** @type {Map<string, string>} */ imports) {
  const lines = [...imports].map(([body, name]) => `        ${name}: ${body}\n`).join("");
  return `function __wbg_get_imports() {\n    const import0 = {\n        __proto__: null,\n${lines}    };\n    return {\n        __proto__: null,\n        ${MODULE}: import0,\n    };\n}`;
}

/** Puts the short names of exports into a glue: `wasm.__wbindgen_free(…)`. */
function shorten(/** @type {string} */ glue, /** @type {Map<string, string>} */ exports) {
  const shortened = glue.replace(/(?<=(?<![\w$.])wasm\.)[\w$]+/g, (name) => short(exports, name));
  const rest = [...exports.keys()].filter((name) => name.startsWith("__wb") && shortened.includes(name));
  if (rest.length > 0) throw new Failed(`the glue has ${rest.join(", ")} where it is not expected`);
  return shortened;
}

/** What calls a glue's closures, by their names: two of one form are told apart by the order in which they are used. */
function closuresOf(/** @type {string} */ glue, /** @type {Map<string, string>} */ known) {
  /** @type {Map<string, string>} */
  const names = new Map();
  for (const name of new Set(glue.match(HASHED))) {
    const statement = glue.split(STATEMENT).find((statement) => statement.startsWith(`function ${name}(`)) ?? refuse(`the glue has no function ${name}`);
    const form = statement.trim().replaceAll(name, "");
    let n = 0;
    while ([...names.values()].includes(short(known, `${form}${n}`, "closure_"))) n += 1;
    names.set(name, short(known, `${form}${n}`, "closure_"));
  }
  return names;
}

/** One name must not mean two things. */
function checkNames(/** @type {Set<string>} */ statements) {
  const names = [...statements].flatMap((statement) => /^(?:export )?(?:function|class|const|let) (\w+)/.exec(statement)?.[1] ?? []);
  const twice = names.filter((name, n) => names.indexOf(name) !== n);
  if (twice.length > 0) throw new Failed(`the glues differ in ${twice.join(", ")}`);
}

/** The name of a thing, which is new if the thing is. */
function short(/** @type {Map<string, string>} */ names, /** @type {string} */ thing, before = "") {
  const known = names.get(thing) ?? before + letters(names.size);
  names.set(thing, known);
  return known;
}

const LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
/** @returns {string} a, b, … Z, aa, ba, … */
const letters = (/** @type {number} */ n) => LETTERS[n % 52] + (n < 52 ? "" : letters(Math.floor(n / 52) - 1));

/** @returns {never} */
function refuse(/** @type {string} */ message) {
  throw new Failed(message);
}

/** A module with the short names. Only functions are imported. @returns {Uint8Array} */
export function rename(/** @type {Uint8Array} */ module, /** @type {Names} */ { imports, exports }) {
  const parts = [module.subarray(0, 8)];
  for (let place = 8; place < module.length; ) {
    const [size, start] = number(module, place + 1);
    const section = module.subarray(start, start + size);
    const renamed = module[place] === 2 ? renameImports(section, imports) : module[place] === 7 ? renameExports(section, exports) : section;
    parts.push(module.subarray(place, place + 1), encoded(renamed.length), renamed);
    place = start + size;
  }
  return Buffer.concat(parts);
}

function renameImports(/** @type {Uint8Array} */ section, /** @type {Rename} */ rename) {
  let [count, place] = number(section, 0);
  /** @type {Uint8Array[]} */
  const parts = [encoded(count)];
  while (count-- > 0) {
    const [, from] = text(section, place);
    const [name, kind] = text(section, from);
    if (section[kind] !== 0) throw new Failed(`${name} is imported, and no function`);
    const [, end] = number(section, kind + 1);
    parts.push(named(MODULE), named(rename(name)), section.subarray(kind, end));
    place = end;
  }
  return Buffer.concat(parts);
}

function renameExports(/** @type {Uint8Array} */ section, /** @type {Rename} */ rename) {
  let [count, place] = number(section, 0);
  /** @type {Uint8Array[]} */
  const parts = [encoded(count)];
  while (count-- > 0) {
    const [name, kind] = text(section, place);
    const [, end] = number(section, kind + 1);
    parts.push(named(rename(name)), section.subarray(kind, end));
    place = end;
  }
  return Buffer.concat(parts);
}

/** A number in LEB128 and the place behind it. @returns {[value: number, end: number]} */
function number(/** @type {Uint8Array} */ bytes, /** @type {number} */ place) {
  let value = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[place++] ?? refuse("the module is cut off");
    value += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) return [value, place];
  }
}

/** A text and the place behind it. @returns {[text: string, end: number]} */
function text(/** @type {Uint8Array} */ bytes, /** @type {number} */ place) {
  const [size, start] = number(bytes, place);
  return [Buffer.from(bytes.subarray(start, start + size)).toString("utf8"), start + size];
}

const named = (/** @type {string} */ name) => Buffer.concat([encoded(Buffer.byteLength(name)), Buffer.from(name)]);

/** A number in LEB128. */
function encoded(/** @type {number} */ value) {
  const bytes = [];
  for (; value >= 0x80; value = Math.floor(value / 128)) bytes.push((value % 128) | 0x80);
  return Uint8Array.from([...bytes, value]);
}
