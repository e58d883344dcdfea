// Checks the rules of ARCHITECTURE.md that no compiler knows: who may import whom, and where platform matters stay.
//
// Prints `file:line: rule` for every breach and ends with code 1. It reads paths, not types: `crate::…` and `super::…`
// wherever they stand, with comments and strings left out.

import { readFileSync, readdirSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { at, program } from "./tools.mjs";

/** The layers, from the top down. A module may use its own row and every row below it. */
export const LAYERS = [
  ["bindings", "fuzzing"],
  ["storage", "builder"],
  ["store"],
  ["platform"],
  ["platform::web", "platform::native"],
  ["platform::registry"],
  ["sealed", "flutter"],
  ["crypto"],
  ["verbs"],
  ["options"],
  ["unlock", "error", "watch", "report", "secret", "key_material", "recovery_code", "base64", "sort", "text", "tries"],
];

/**
 * Words that may stand in some modules only. `lines` allows that many lines in a module.
 * @type {{ rule: string, pattern: RegExp, only?: string[], never?: string[], lines?: Record<string, number> }[]}
 */
export const WORDS = [
  {
    rule: "what the target is decides platform.rs and platform/native.rs (and one line of lib.rs)",
    pattern: /\btarget_(?:arch|os|family|env|vendor|abi|pointer_width)\b|\bcfg(?:_attr)?!?\s*\([^\]]*\b(?:windows|unix)\b/,
    only: ["platform", "platform::native"],
    lines: { lib: 1 },
  },
  {
    rule: "only platform::web and bindings speak to JavaScript",
    pattern: /\b(?:JsValue|JsCast|JsError|js_sys|web_sys|wasm_bindgen|wasm_bindgen_futures|serde_wasm_bindgen)\b/,
    only: ["platform::web::*", "bindings::*"],
  },
  { rule: "unsafe code stays in platform::native", pattern: /\bunsafe\b/, only: ["platform::native::*"] },
  { rule: "a layout knows nothing of the other one", pattern: /\bcrate::(?:\{[^;]*\b)?flutter\b/, never: ["sealed::*"] },
  { rule: "a layout knows nothing of the other one", pattern: /\bcrate::(?:\{[^;]*\b)?sealed\b/, never: ["flutter::*"] },
  {
    rule: "format is pure: no I/O, clock, randomness or cfg",
    pattern: /\bstd::(?:fs|io|net|time|env|process|thread)\b|\bgetrandom\b|#!?\[cfg\((?!test\))/,
    never: ["flutter::format", "sealed::format::*"],
  },
];

/**
 * Every breach in these files.
 * @param {Map<string, string>} files path below src/, with slashes → text
 * @returns {{ file: string, line: number, message: string }[]}
 */
export function check(files) {
  const exported = reexports(files.get("lib.rs") ?? "");
  /** @type {ReturnType<typeof check>} */
  const breaches = [];
  for (const [file, source] of files) {
    const own = moduleOf(file);
    const text = withoutCommentsAndStrings(source);
    const report = (/** @type {number} */ offset, /** @type {string} */ message) =>
      breaches.push({ file, line: text.slice(0, offset).split("\n").length, message });

    for (const { offset, path } of own[0] === "lib" ? [] : imports(text, own)) {
      const used = exported.get(path[0] ?? "") ?? path;
      const from = rowOf(own);
      const to = rowOf(used);
      if (from === undefined) report(offset, `module ${own.join("::")} has no layer: give it one in scripts/check-layers.mjs`);
      else if (to === undefined) report(offset, `${["crate", ...path].join("::")} has no layer: import it from the module that it is in`);
      else if (to < from) report(offset, `imports point down only: ${name(from, own)} is below ${name(to, used)}`);
    }

    for (const { rule, pattern, only, never, lines } of WORDS) {
      if (only ? only.some((module) => within(own, module)) : !never?.some((module) => within(own, module))) continue;
      const found = [...text.matchAll(new RegExp(pattern, "g"))];
      const perLine = new Map(found.map((match) => [text.slice(0, match.index).split("\n").length, match]));
      for (const match of [...perLine.values()].slice(lines?.[own.join("::")] ?? 0)) report(match.index, `${rule}: ${match[0].trim()}`);
    }
  }
  return breaches;
}

/** `platform/web/idb.rs` → `["platform", "web", "idb"]` */
const moduleOf = (/** @type {string} */ file) => file.replace(/(?:\/mod)?\.rs$/, "").split("/");

/** Whether a module is this one; or, with `::*`, this one or inside it. */
function within(/** @type {string[]} */ module, /** @type {string} */ pattern) {
  const own = module.join("::");
  const outer = pattern.replace(/::\*$/, "");
  return own === outer || (pattern.endsWith("::*") && own.startsWith(`${outer}::`));
}

/** The row of the longest entry of LAYERS that holds this path. */
function rowOf(/** @type {string[]} */ path) {
  for (let length = path.length; length > 0; length -= 1) {
    const row = LAYERS.findIndex((layer) => layer.includes(path.slice(0, length).join("::")));
    if (row >= 0) return row;
  }
  return undefined;
}

/** The entry of a row that holds this path. */
const name = (/** @type {number} */ row, /** @type {string[]} */ path) =>
  LAYERS[row]?.find((module) => within(path, `${module}::*`)) ?? path.join("::");

/** What lib.rs re-exports: name at the root → path of its origin. */
function reexports(/** @type {string} */ lib) {
  /** @type {Map<string, string[]>} */
  const origins = new Map();
  for (const match of withoutCommentsAndStrings(lib).matchAll(/\bpub\s+use\s+(?:(?:crate|self)::)?([^;]+);/g)) {
    for (const { path, alias } of useTree(/** @type {string} */ (match[1]))) origins.set(alias, path);
  }
  return origins;
}

/** Every `crate::…` and `super::…` path, resolved to segments from the crate's root. */
function* imports(/** @type {string} */ text, /** @type {string[]} */ own) {
  for (const match of text.matchAll(/\b(crate|super(?:\s*::\s*super)*)\s*::\s*(?=[\w{*])/g)) {
    const ups = match[1] === "crate" ? 0 : (match[1]?.match(/super/g)?.length ?? 0);
    const here = [...own, ...inlineModules(text, match.index)];
    // `pub(in crate::x)` and `crate::x` alike; `super` counts from the module that encloses it.
    const base = match[1] === "crate" ? [] : here.slice(0, Math.max(0, here.length - ups));
    for (const { path } of useTree(text.slice(match.index + match[0].length))) {
      const full = [...base, ...path];
      if (full.length > 0 && full[0] !== "*" && full[0] !== "self") yield { offset: match.index, path: full };
    }
  }
}

/** Names of the `mod x { … }` blocks around an offset. */
function inlineModules(/** @type {string} */ text, /** @type {number} */ offset) {
  const stack = [];
  for (const match of text.slice(0, offset).matchAll(/\bmod\s+(\w+)\s*\{|\{|\}/g)) {
    if (match[0] === "}") stack.pop();
    else stack.push(match[1]);
  }
  return stack.filter((module) => module !== undefined);
}

/**
 * The paths of a use tree at the start of a text, such as `a::{b, c::D as E}`, each with the name that it gets.
 * @param {string} text
 * @returns {{ path: string[], alias: string }[]}
 */
function useTree(text) {
  let position = 0;
  const token = () => {
    const match = /^\s*(::|[{},]|\*|\w+)/.exec(text.slice(position));
    return match ? { value: /** @type {string} */ (match[1]), end: position + match[0].length } : undefined;
  };
  /** @returns {{ path: string[], alias: string }[]} */
  const tree = () => {
    /** @type {string[]} */
    const path = [];
    for (let next = token(); next; next = token()) {
      if (next.value === "{") {
        position = next.end;
        const inner = [];
        for (;;) {
          const item = token();
          if (!item) break;
          position = item.value === "," || item.value === "}" ? item.end : position;
          if (item.value === "}") break;
          if (item.value !== ",") {
            const before = position;
            inner.push(...tree());
            if (position === before) break;
          }
        }
        return inner.map(({ path: rest, alias }) => ({ path: [...path, ...rest.filter((part) => part !== "self")], alias }));
      }
      if (next.value === "," || next.value === "}" || next.value === "::") break;
      path.push(next.value);
      position = next.end;
      const after = token();
      if (after?.value !== "::") break;
      position = after.end;
    }
    const renamed = /^\s+as\s+(\w+)/.exec(text.slice(position));
    if (renamed) position += renamed[0].length;
    return path.length > 0 ? [{ path, alias: renamed?.[1] ?? /** @type {string} */ (path.at(-1)) }] : [];
  };
  return tree();
}

/** The same text with comments, strings and characters blanked, so that offsets and lines stay. */
export function withoutCommentsAndStrings(/** @type {string} */ text) {
  let out = "";
  let i = 0;
  const blank = (/** @type {number} */ end) => {
    out += text.slice(i, end).replace(/[^\n]/g, " ");
    i = end;
  };
  while (i < text.length) {
    const rest = text.slice(i, i + 300);
    /** @type {RegExpExecArray | null} */
    let match;
    if (rest.startsWith("//")) blank((text.indexOf("\n", i) + 1 || text.length + 1) - 1);
    else if (rest.startsWith("/*")) {
      let depth = 0;
      let end = i;
      do {
        if (text.startsWith("/*", end)) (depth += 1), (end += 2);
        else if (text.startsWith("*/", end)) (depth -= 1), (end += 2);
        else end += 1;
      } while (depth > 0 && end < text.length);
      blank(end);
    } else if ((match = /^[bc]?r(#*)"/.exec(rest)) && !/\w/.test(text[i - 1] ?? "")) {
      const end = text.indexOf(`"${match[1]}`, i + match[0].length);
      blank(end < 0 ? text.length : end + 1 + /** @type {string} */ (match[1]).length);
    } else if (text[i] === '"') {
      let end = i + 1;
      while (end < text.length && text[end] !== '"') end += text[end] === "\\" ? 2 : 1;
      blank(Math.min(end + 1, text.length));
    } else if ((match = /^'(?:\\(?:u\{[^}]*\}|x..|.)|[^\\'])'/u.exec(rest))) blank(i + match[0].length);
    else out += text[i++];
  }
  return out;
}

/** Every .rs file below a folder, as `check` wants them. */
export function sourcesBelow(/** @type {string} */ folder) {
  return new Map(
    readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((path) => path.endsWith(".rs"))
      .sort()
      .map((path) => [relative(folder, join(folder, path)).split(sep).join("/"), readFileSync(join(folder, path), "utf8")]),
  );
}

await program(import.meta, async () => {
  const files = sourcesBelow(at("src"));
  const breaches = check(files);
  for (const { file, line, message } of breaches) console.error(`src/${file}:${line}: ${message}`);
  console.log(`layers: ${files.size} files, ${breaches.length} breaches`);
  if (breaches.length > 0) process.exitCode = 1;
});
