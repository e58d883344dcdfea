// `npm run bench:native`: how fast a vault is beside a bare call of `aes-gcm` and beside one keyring item for every value.
// Measures on this machine, in a session with its own gnome-keyring, prints the result and puts it into docs/benchmarks.md.
//
// `--print` reads what `cargo bench` measured last, and measures nothing. No test asserts on times.

import { readFileSync } from "node:fs";
import { loadavg } from "node:os";
import { aligned, figures, intoDocument, machine, table } from "./bench-table.mjs";
import { inKeyringSession } from "./keyring-session.mjs";
import { rust } from "./setup.mjs";
import { at, program, run } from "./tools.mjs";

const MARK = "measured by npm run bench:native";
const BENCH = ["bench", "--package", "keyfold-benches", "--bench", "vaults"];

/** What is compared: rows of benches/vaults.rs, and the goal for their ratio. @type {{ what: string, ours: string, theirs: string, name: string, goal?: number, faster?: number }[]} */
const COMPARED = [
  { what: "`get` of 100 B", ours: "get/vault", theirs: "get/bare aes-gcm", name: "a bare `aes-gcm` open", goal: 3 },
  { what: "`get` of 100 B", ours: "get/vault", theirs: "get/keyring item", name: "a keyring item" },
  { what: "`get_all` of 1000", ours: "get_all/vault", theirs: "get_all/keyring items", name: "1000 keyring items", faster: 100 },
  { what: "`set` among 1000", ours: "set/vault of 1000", theirs: "set/keyring item of 1000", name: "a keyring item among 1000" },
];

/** @type {[string, string][]} */
const ALONE = [
  ["`open` of 1000 entries, app key", "open/vault of 1000, app key"],
  ["`open` of 1000 entries, device: also calls the keyring", "open/vault of 1000, device"],
  ["`set` in a vault of one entry: mostly the disk", "set/vault of 1"],
];

/** The median of one benchmark, in microseconds. */
function median(/** @type {string} */ benchmark) {
  const estimates = JSON.parse(readFileSync(at("target/criterion", benchmark, "new/estimates.json"), "utf8"));
  return estimates.median.point_estimate / 1000;
}

const microseconds = (/** @type {number} */ time) => (time < 1000 ? `${figures(time)} µs` : time < 1e6 ? `${figures(time / 1000)} ms` : `${figures(time / 1e6)} s`);

function report(/** @type {number} */ load) {
  const rows = COMPARED.map(({ what, ours, theirs, name, goal, faster }) => {
    const [our, their] = [median(ours), median(theirs)];
    const ratio = our > their ? `${figures(our / their)} × its time` : `${figures(their / our)} × as fast`;
    const judged = goal ? [`at most ${goal} × its time`, our / their <= goal ? "met" : "**missed**"] : faster ? [`≥ ${faster} × as fast`, their / our >= faster ? "met" : "**missed**"] : ["", ""];
    return [what, microseconds(our), name, microseconds(their), ratio, ...judged];
  });
  return [
    table(["vault", "", "beside", "", "", "goal", ""], rows),
    table(["not compared", ""], ALONE.map(([what, benchmark]) => [what, microseconds(median(benchmark))])),
    `${machine(load)} Medians of criterion's samples, one benchmark after another in one process.`,
  ].join("\n\n");
}

await program(import.meta, async () => {
  const load = Number(loadavg()[0]);
  if (!process.argv.includes("--print")) {
    await rust();
    // Compiled outside the session, which is for measuring.
    await run("cargo", [...BENCH, "--no-run"]);
    await inKeyringSession("cargo", [...BENCH, "--", "--noplot"]);
  }
  const text = report(load);
  console.log(`\n${aligned(text)}`);
  intoDocument(MARK, text);
  console.log("written: docs/benchmarks.md");
});
