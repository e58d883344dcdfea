// Compares the documents with the tree: every path and link in them exists, ARCHITECTURE.md's tables cover every module,
// and no text uses the words that make our readers stumble.
//
// Prints `file:line: what is wrong` for every finding and ends with code 1.

import { readFileSync, readdirSync } from "node:fs";
import { posix } from "node:path";
import { at, program } from "./tools.mjs";

/** Folders that are not ours, or generated. */
const IGNORED = new Set([".git", ".venv", "node_modules", "target"]);

/** Paths that documents name and that a fresh checkout does not have. */
const GENERATED = /^(?:pkg\/)?wasm\/|^fuzz\/artifacts\//;

/** What makes a word in backticks a path: one of our folders in front, or the extension of one of our files. */
const PATH = /^(?:(?:src|cli|pkg|python|www|docs|scripts|tests|examples|benches|fuzz|xtask|argon2id|\.ci)\/[\w./-]*|[\w./-]+\.(?:rs|mjs|js|ts|md|html|py|toml|json))$/;

/** Words that we do not use. A comment may break its line at a `_`. */
const STUMBLES = new RegExp(
  String.raw`\banew\b|\bof_which\b|[a-z],_but_for\b|\b(?:is|are|be)_(?:had|got)\b|\bhad_back\b|\bknows_of_no\b`.replaceAll("_", String.raw`[\s/*]+`),
  "gi",
);

/**
 * Every finding in these files.
 * @param {Map<string, string>} texts path from the root, with slashes → text, of the files that are read
 * @param {Iterable<string>} files every file of the project
 * @returns {string[]}
 */
export function check(texts, files) {
  const tree = new Tree(files);
  return [...texts].flatMap(([file, text]) => {
    const findings = stumbles(file, text);
    if (file.endsWith(".md")) findings.push(...links(file, text, tree, texts), ...paths(file, text, tree));
    if (file === "ARCHITECTURE.md") findings.push(...uncovered(text, tree));
    return findings.sort((a, b) => a.line - b.line).map(({ line, message }) => `${file}:${line}: ${message}`);
  });
}

/** @typedef {{ line: number, message: string }} Finding */

/** The files and folders that there are. */
class Tree {
  /** @type {Set<string>} */
  #paths = new Set();
  /** @type {string[]} */
  #ends = [];

  /** @param {Iterable<string>} files */
  constructor(files) {
    for (let path of files) for (; path !== "."; path = posix.dirname(path)) this.#paths.add(path);
    this.#ends = [...this.#paths].map((path) => `/${path}`);
  }

  has(/** @type {string} */ path) {
    return path === "." || this.#paths.has(path.replace(/\/$/, ""));
  }

  /** Whether a document in this folder may name the path: from the root, from there, or by the end of some path. */
  knows(/** @type {string} */ path, /** @type {string} */ folder) {
    const end = `/${path.replace(/\/$/, "")}`;
    return this.has(posix.join(folder, path)) || this.#ends.some((one) => one.endsWith(end));
  }

  /** Modules of the crate, without those that only tests have. */
  modules() {
    return [...this.#paths].filter((path) => /^src\/.*\.rs$/.test(path) && !/(?:^|\/)tests(?:\/|\.rs$)/.test(path)).sort();
  }
}

/** Links whose file or heading is not there. @returns {Finding[]} */
function links(/** @type {string} */ file, /** @type {string} */ text, /** @type {Tree} */ tree, /** @type {Map<string, string>} */ texts) {
  return found(withoutCode(text), /\]\(([^)\s]+)\)/g).flatMap(({ line, match: [, target = ""] }) => {
    if (/^[a-z]+:/.test(target)) return [];
    const [path = "", heading] = target.split("#");
    const goal = path === "" ? file : posix.join(posix.dirname(file), path);
    if (!tree.has(goal)) return [{ line, message: `the link to ${target} leads nowhere` }];
    if (heading === undefined || headings(texts.get(goal) ?? "").has(heading)) return [];
    return [{ line, message: `${goal} has no heading #${heading}` }];
  });
}

/** The anchors that GitHub makes of a document's headings. */
function headings(/** @type {string} */ text) {
  const titles = [...withoutFences(text).matchAll(/^#+ (.+)$/gm)].map(([, title = ""]) => title);
  return new Set(titles.map((title) => title.toLowerCase().replace(/[^\p{L}\p{N}\s_-]/gu, "").replaceAll(" ", "-")));
}

/** Paths in backticks that are not there. @returns {Finding[]} */
function paths(/** @type {string} */ file, /** @type {string} */ text, /** @type {Tree} */ tree) {
  return words(text)
    .filter(({ path }) => PATH.test(path) && !GENERATED.test(path) && !tree.knows(path, posix.dirname(file)))
    .map(({ line, path }) => ({ line, message: `there is no ${path}` }));
}

/** Every word in backticks; `a/{b,c}.rs` is two. */
function words(/** @type {string} */ text) {
  return found(withoutFences(text), /`([^`\n]+)`/g).flatMap(({ line, match: [, word = ""] }) => {
    const [, before = "", inner, after = ""] = /^(.*)\{(.*)\}(.*)$/.exec(word) ?? [];
    return inner === undefined ? [{ line, path: word }] : inner.split(",").map((one) => ({ line, path: before + one + after }));
  });
}

/** Modules that no file table of ARCHITECTURE.md names, neither by itself nor by a folder. @returns {Finding[]} */
function uncovered(/** @type {string} */ text, /** @type {Tree} */ tree) {
  const covered = tableCells(text).flatMap((cell) => inOneCell(cell, tree));
  return tree
    .modules()
    .filter((module) => !covered.some((path) => module === path || (path.endsWith("/") && module.startsWith(path))))
    .map((module) => ({ line: 1, message: `no table has ${module}` }));
}

/** The first cell of every row of a table. */
const tableCells = (/** @type {string} */ text) => [...withoutFences(text).matchAll(/^\| ([^|]*) \|/gm)].map(([, cell = ""]) => cell);

/** The paths of a cell: each from the root, or from the folder of the one before it, or from a folder above that. */
function inOneCell(/** @type {string} */ cell, /** @type {Tree} */ tree) {
  let folder = ".";
  return words(cell).flatMap(({ path }) => {
    for (let from = folder; ; from = posix.dirname(from)) {
      const whole = posix.join(from, path);
      if (tree.has(whole)) {
        folder = whole.endsWith("/") ? whole.slice(0, -1) : posix.dirname(whole);
        return [whole];
      }
      if (from === ".") return [];
    }
  });
}

/** Words that we do not use. @returns {Finding[]} */
const stumbles = (/** @type {string} */ file, /** @type {string} */ text) =>
  /(?:^|\/)(?:tests[/.]|LICENSE)/.test(file)
    ? []
    : found(text, STUMBLES).map(({ line, match: [words = ""] }) => ({ line, message: `say it in other words: "${words.replace(/[\s/*]+/g, " ")}"` }));

/** Every match, and the line that it starts in. */
const found = (/** @type {string} */ text, /** @type {RegExp} */ pattern) =>
  [...text.matchAll(pattern)].map((match) => ({ line: text.slice(0, match.index).split("\n").length, match: /** @type {string[]} */ (match) }));

/** The same text with code blanked, so that lines stay. */
const withoutFences = (/** @type {string} */ text) => text.replace(/^```[\s\S]*?^```$/gm, (code) => code.replace(/[^\n]/g, ""));
const withoutCode = (/** @type {string} */ text) => withoutFences(text).replace(/`[^`\n]*`/g, (code) => " ".repeat(code.length));

/** Every file of the project, from its root. @returns {string[]} */
const filesBelow = (folder = "") =>
  readdirSync(at(folder), { withFileTypes: true }).flatMap((entry) => {
    if (IGNORED.has(entry.name)) return [];
    const path = posix.join(folder, entry.name);
    return entry.isDirectory() ? filesBelow(path) : [path];
  });

await program(import.meta, async () => {
  const files = filesBelow();
  const read = files.filter((path) => /\.(?:md|rs|js|mjs|d\.ts)$/.test(path) && !path.startsWith("pkg/wasm/"));
  const findings = check(new Map(read.map((path) => [path, readFileSync(at(path), "utf8")])), files);
  for (const finding of findings) console.error(finding);
  console.log(`documents: ${read.length} files, ${findings.length} findings`);
  if (findings.length > 0) process.exitCode = 1;
});
