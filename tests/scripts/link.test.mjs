// The linker of the npm package (xtask/src/link.rs): panics become traps without their text, and nothing else changes.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { buildXtask } from "../../scripts/build.mjs";
import { rust } from "../../scripts/setup.mjs";

const execute = promisify(execFile);
const LTO = ["-C", "lto=fat", "-C", "codegen-units=1"];
const SOURCE = `
use std::cell::Cell;

thread_local! { static SAID: Cell<(*const u8, usize)> = const { Cell::new((std::ptr::null(), 0)) } }

#[link(wasm_import_module = "page")]
unsafe extern "C" { safe fn leave(code: u32) -> !; }

#[unsafe(no_mangle)]
pub extern "C" fn pick(index: usize) -> u32 { [3, 5, 8][index] }

#[unsafe(no_mangle)]
pub extern "C" fn parse(odd: bool) -> u32 { if odd { "7?" } else { "7" }.parse().expect("what was to be parsed") }

#[unsafe(no_mangle)]
pub extern "C" fn refuse(code: u32) { if code > 2 { leave(code) } }

#[unsafe(no_mangle)]
pub extern "C" fn say(count: u32) -> usize {
    let text = format!("{count} of nine").leak();
    SAID.set((text.as_ptr(), text.len()));
    text.len()
}

#[unsafe(no_mangle)]
pub extern "C" fn said() -> *const u8 { SAID.get().0 }
`;

let work = "";
let xtask = "";

before(async () => {
  await rust();
  xtask = await buildXtask();
  work = await mkdtemp(join(tmpdir(), "keyfold-link-"));
  await writeFile(join(work, "program.rs"), SOURCE);
});
after(() => rm(work, { recursive: true, force: true }));

/** Compiles the program. @returns the bytes of the module */
async function compile(/** @type {string[]} */ ...flags) {
  const words = ["--target", "wasm32-unknown-unknown", "--edition", "2024", "--crate-type", "cdylib", "-C", "opt-level=z", "-C", "strip=symbols"];
  await execute("rustc", [...words, ...flags, join(work, "program.rs"), "-o", join(work, "program.wasm")]);
  return readFile(join(work, "program.wasm"));
}

async function start(/** @type {Uint8Array<ArrayBuffer>} */ bytes) {
  const leave = (/** @type {number} */ code) => {
    throw new RangeError(`left with ${code}`);
  };
  const { instance } = await WebAssembly.instantiate(bytes, { page: { leave } });
  return /** @type {any} */ (instance.exports);
}

test("a panic is a trap, as it was, and its text and place are gone", async () => {
  const [before, after] = [await compile(...LTO), await compile(...LTO, "-C", `linker=${xtask}`)];
  for (const text of ["what was to be parsed", "program.rs"]) {
    assert.ok(before.includes(text), `rustc puts it in: ${text}`);
    assert.ok(!after.includes(text), `it is gone: ${text}`);
  }

  for (const bytes of [before, after]) {
    const { pick, parse } = await start(bytes);
    assert.deepEqual([pick(0), pick(2), parse(0)], [3, 8, 7]);
    assert.throws(() => pick(3), { constructor: WebAssembly.RuntimeError, message: "unreachable" });
    assert.throws(() => parse(1), { constructor: WebAssembly.RuntimeError, message: "unreachable" });
  }
});

test("what formats other text stays, and so does what ends in JavaScript", async () => {
  const { memory, refuse, said, say } = await start(await compile(...LTO, "-C", `linker=${xtask}`));
  const length = say(7);
  assert.equal(Buffer.from(memory.buffer, said(), length).toString(), "7 of nine");
  refuse(2);
  assert.throws(() => refuse(3), new RangeError("left with 3"));
});

test("a program that is in parts, where panics could not be found, is not linked", async () => {
  await assert.rejects(compile("-C", "codegen-units=4", "-C", `linker=${xtask}`), /lto/);
});
