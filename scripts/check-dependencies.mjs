// Checks what the crates depend on, by the lists in deny.toml: licences, sources and duplicate versions; and that
// wasm-bindgen's tool and library are of one version.
//
// It needs nothing but cargo. Known vulnerabilities and yanked versions need a database from the network: deny.toml says how.

import { readFileSync } from "node:fs";
import { npm } from "./setup.mjs";
import { at, Failed, outputOf, program } from "./tools.mjs";

/** How cargo names crates.io, whatever mirror the crates come from. */
const CRATES_IO = "registry+https://github.com/rust-lang/crates.io-index";

/**
 * What `cargo metadata` and deny.toml say, as far as it is read here.
 * @typedef {{ id: string, name: string, version: string, license: string | null, source: string | null, dependencies: { name: string, req: string }[] }} Package
 * @typedef {{ packages: Package[], resolve: { nodes: { id: string, dependencies: string[] }[] } }} Metadata
 * @typedef {{ licenses: { allow: string[], exceptions: { crate: string, allow: string[] }[] }, bans: { skip: { crate: string }[], "skip-tree": { crate: string }[] } }} Rules
 * @typedef {(expression: string, allowed: string[]) => boolean} Satisfies
 */

/** Every rule that is broken, in words. */
export function check(/** @type {Metadata} */ metadata, /** @type {Rules} */ rules, /** @type {Satisfies} */ satisfies) {
  return [
    ...metadata.packages.flatMap((crate) => [...licence(crate, rules.licenses, satisfies), ...source(crate)]),
    ...unusedExceptions(metadata, rules),
    ...duplicates(metadata, rules.bans),
    ...wasmBindgen(metadata),
  ];
}

const named = (/** @type {Package} */ { name, version }) => `${name} ${version}`;

/** Whether a package is what deny.toml calls `name` or `name@version`, with any part of the version. */
const is = (/** @type {Package} */ crate, /** @type {string} */ spec) => {
  const [name, version] = spec.split("@");
  return crate.name === name && (version === undefined || `${crate.version}.`.startsWith(`${version}.`));
};

function licence(/** @type {Package} */ crate, /** @type {Rules["licenses"]} */ { allow, exceptions }, /** @type {Satisfies} */ satisfies) {
  const allowed = [...allow, ...exceptions.filter((exception) => is(crate, exception.crate)).flatMap((exception) => exception.allow)];
  // Before SPDX expressions, a slash was the word for "or".
  const expression = crate.license?.replaceAll("/", " OR ");
  return expression && satisfies(expression, allowed) ? [] : [`${named(crate)}: its licence, ${crate.license ?? "which it does not name"}, is not allowed in deny.toml`];
}

const source = (/** @type {Package} */ crate) =>
  crate.source === null || crate.source === CRATES_IO ? [] : [`${named(crate)}: comes from ${crate.source}, not from crates.io`];

/** An exception for nothing would one day excuse what nobody has looked at. */
function unusedExceptions(/** @type {Metadata} */ { packages }, /** @type {Rules} */ { licenses, bans }) {
  const specs = [...licenses.exceptions, ...bans.skip, ...bans["skip-tree"]].map((exception) => exception.crate);
  return specs.filter((spec) => !packages.some((crate) => is(crate, spec))).map((spec) => `deny.toml: nothing depends on ${spec} any more: remove its exception`);
}

/** Crates that are compiled in two versions, except those that deny.toml skips, alone or with all that only they need. */
function duplicates(/** @type {Metadata} */ metadata, /** @type {Rules["bans"]} */ bans) {
  const needed = neededWithout(metadata, (crate) => bans["skip-tree"].some((tree) => is(crate, tree.crate)));
  const counted = metadata.packages.filter((crate) => needed.has(crate.id) && !bans.skip.some((skip) => is(crate, skip.crate)));
  return counted.flatMap((crate, n) => {
    const others = counted.slice(n + 1).filter((other) => other.name === crate.name);
    return others.map((other) => `${crate.name}: is compiled as ${crate.version} and as ${other.version}; \`cargo tree --invert ${crate.name}@${crate.version}\` shows who needs it`);
  });
}

/** The project's own packages and all that they depend on, by their ids, as if the skipped ones were not there. */
function neededWithout(/** @type {Metadata} */ { packages, resolve }, /** @type {(crate: Package) => boolean} */ isSkipped) {
  const skipped = new Set(packages.filter(isSkipped).map(({ id }) => id));
  const nodes = new Map(resolve.nodes.map(({ id, dependencies }) => [id, dependencies]));
  const found = new Set(packages.filter(({ source, id }) => source === null && !skipped.has(id)).map(({ id }) => id));
  // A Set gives what is added while it is gone through.
  for (const id of found) nodes.get(id)?.filter((dependency) => !skipped.has(dependency)).forEach((dependency) => found.add(dependency));
  return found;
}

/** The glue that the tool writes is only for a module of the same version. (Cargo refuses two versions by itself as long as `wasm-bindgen-shared` has `links`.) */
function wasmBindgen(/** @type {Metadata} */ { packages }) {
  const find = (/** @type {string} */ name) => packages.find((crate) => crate.name === name);
  const library = find("wasm-bindgen")?.version;
  const tool = find("xtask")?.dependencies.find(({ name }) => name === "wasm-bindgen-cli")?.req;
  if (tool === `=${library}`) return [];
  return [`wasm-bindgen: Cargo.lock has ${library}, and xtask/Cargo.toml asks for the tool ${tool}: write "=${library}" there, or run \`cargo update --package wasm-bindgen --precise ${tool?.slice(1)}\``];
}

await program(import.meta, async () => {
  await npm();
  const [{ parse }, { default: satisfies }] = await Promise.all([import("smol-toml"), import("spdx-satisfies")]);
  const printed = await outputOf("cargo", ["metadata", "--format-version", "1", "--locked", "--all-features"], { errors: "inherit" });
  if (printed === undefined) throw new Failed("cargo metadata failed");
  /** @type {Metadata} */
  const metadata = JSON.parse(printed);
  const broken = check(metadata, /** @type {Rules} */ (/** @type {unknown} */ (parse(readFileSync(at("deny.toml"), "utf8")))), satisfies);
  for (const message of broken) console.error(message);
  console.log(`dependencies: ${metadata.packages.length} packages, ${broken.length} breaches`);
  if (broken.length > 0) process.exitCode = 1;
});
