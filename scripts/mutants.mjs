// `npm run mutants`: changes the crate's code in small ways, one at a time, and shows which changes no test notices. It
// takes hours, so it is no part of `npm test`; `npm run mutants -- src/crypto` takes one folder.
//
// It installs nothing. docs/mutants.md has the last result.

import { at, findProgram, Missing, program, run } from "./tools.mjs";

/** Where a mistake that no test notices costs most: what is stored, and under which keys. */
const FOLDERS = ["src/crypto", "src/flutter", "src/sealed"];

/** Unit tests and the contract suite in memory and in vaults. The others start processes, and are slow. */
const TESTS = ["--lib", "--test", "contract"];

await program(import.meta, async () => {
  if (!findProgram("cargo-mutants")) throw new Missing("cargo-mutants is not installed: cargo install cargo-mutants --locked");
  const wanted = process.argv.slice(2);
  const folders = wanted.length > 0 ? wanted : FOLDERS;
  const files = folders.flatMap((folder) => ["--file", `${folder}/**/*.rs`, "--file", `${folder}.rs`]);
  // No jobs beside each other: some tests ask for much memory. Debug output and conversions to words change nothing that is stored.
  await run("cargo", [
    "mutants", "--package", "keyfold", "--features", "serde", ...files, "--output", at("target"), "--no-shuffle", "--colors", "never",
    "--minimum-test-timeout", "60", "--exclude-re", "impl fmt::Debug", "--", ...TESTS,
  ]);
});
