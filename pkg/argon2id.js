// Argon2id for the main module. It is a separate WebAssembly module (argon2id/), loaded when first used.

import { loader } from "./load.js";

// The module's room begins with these; the passphrase follows.
const KEY_BYTES = 32;
const SALT_BYTES = 16;

/** Makes the function; `load` gives the bytes of the module. */
export function argon2id(load) {
  const loaded = loader("keyfold's WebAssembly module for passphrases", async () => WebAssembly.compile(await load()));

  /** Derives a key of 32 bytes. */
  return async (passphrase, salt, memoryKib, passes) => {
    /** @type {WebAssembly.Module} */
    const module = await loaded();
    const noMemory = (cause) => new Error(`the memory for Argon2id could not be allocated: ${memoryKib} KiB`, { cause });
    // One instance for each key: an instance's memory only grows, and is released with the instance. The module imports
    // nothing and runs nothing by itself, so only memory can be lacking.
    /** @type {{ exports: any }} */
    const { exports } = await WebAssembly.instantiate(module).catch((cause) => {
      throw noMemory(cause);
    });
    // Growing memory invalidates views of it.
    const bytes = () => new Uint8Array(exports.memory.buffer);
    try {
      const room = exports.room(passphrase.length);
      if (room === 0) throw noMemory();
      bytes().set(salt, room + KEY_BYTES);
      bytes().set(passphrase, room + KEY_BYTES + SALT_BYTES);
      if (!exports.derive(memoryKib, passes)) throw noMemory();
      return bytes().slice(room, room + KEY_BYTES);
    } finally {
      bytes().fill(0);
    }
  };
}
