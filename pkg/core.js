// The classes of the package over its WebAssembly module, for an entry that knows where that module is.

import init, * as wasm from "./wasm/keyfold.js";

export const FLUTTER_NAMESPACE = "FlutterSecureStorage";
export const FLET_NAMESPACE = "FletSecureStorage";

export class StorageError extends Error {
  constructor(code, message, key, argument, cause) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    if (key !== undefined) this.key = key;
    if (argument !== undefined) this.argument = argument;
  }
}
// On the prototype, as with the built-in errors, so that it is not an own property of each.
Object.defineProperty(StorageError.prototype, "name", { value: "StorageError", configurable: true, writable: true });

// One promise for whoever asks first and for all others. A failure is not kept: the next call tries again.
let ready;

function start(load) {
  ready ??= instantiate(load).catch((error) => {
    ready = undefined;
    throw error;
  });
  return ready;
}

async function instantiate(load) {
  try {
    await init({ module_or_path: await load() });
  } catch (/** @type {any} */ cause) {
    const blocked = cause instanceof WebAssembly.CompileError || cause?.name === "EvalError";
    const hint = blocked
      ? "the page's Content-Security-Policy needs script-src 'wasm-unsafe-eval', or the file is not WebAssembly"
      : "is it served beside the package? Bundlers that do not copy it can use keyfold/inline";
    throw new StorageError("unavailable", `keyfold's WebAssembly module could not be loaded: ${hint}`, undefined, undefined, cause);
  }
  wasm.start((...details) => new StorageError(...details));
}

// Only this module can make handles into stores.
const made = Symbol("made by keyfold");

/** Makes the classes for an entry; `load` gives what wasm-bindgen's init takes. */
export function define(load) {
  class SecureStorage {
    #handle;
    #ends = new Set();

    constructor(token, handle) {
      if (token !== made) throw new TypeError("use SecureStorage.open");
      this.#handle = handle;
    }

    static async open(namespace, options) {
      await start(load);
      return new SecureStorage(made, await wasm.open(namespace, options));
    }

    static async destroy(namespace, options) {
      await start(load);
      return wasm.destroy(namespace, options);
    }

    static async availability(options) {
      try {
        await start(load);
      } catch (reason) {
        return { usable: false, reason, durability: "memory", recoverable: false };
      }
      return wasm.availability(options);
    }

    get #open() {
      if (this.#handle === undefined) {
        throw new StorageError("unavailable", "this handle was closed: open the namespace again");
      }
      return this.#handle;
    }

    get namespace() {
      return this.#open.namespace;
    }

    get layout() {
      return this.#open.layout;
    }

    get protection() {
      return this.#open.protection;
    }

    async set(key, value) {
      return this.#open.set(key, value);
    }

    async setAll(entries) {
      return this.#open.setAll(entries);
    }

    async get(key) {
      return this.#open.get(key);
    }

    async getBytes(key) {
      return this.#open.getBytes(key);
    }

    async getMany(keys) {
      return this.#open.getMany(keys);
    }

    async getAll(options) {
      return this.#open.getAll(options);
    }

    async getAllBytes(options) {
      return this.#open.getAllBytes(options);
    }

    async containsKey(key) {
      return this.#open.containsKey(key);
    }

    async remove(key) {
      return this.#open.remove(key);
    }

    async keys() {
      return this.#open.keys();
    }

    async clear() {
      return this.#open.clear();
    }

    async destroy() {
      return this.#open.destroy();
    }

    async verify() {
      return this.#open.verify();
    }

    async with(options) {
      return new SecureStorage(made, await this.#open.with(options));
    }

    async importFrom(source, options) {
      if (!(source instanceof SecureStorage)) {
        throw new StorageError("invalid-argument", "source must be a SecureStorage", undefined, "source");
      }
      return this.#open.importFrom(source.#open, options);
    }

    watch(listener, { signal } = /** @type {{ signal?: AbortSignal }} */ ({})) {
      if (typeof listener !== "function") {
        throw new StorageError("invalid-argument", "listener must be a function", undefined, "listener");
      }
      let watching = !signal?.aborted;
      const tell = (kind, remote, key) => {
        // What was buffered before the end is not told after it.
        if (!watching) return;
        try {
          listener({ key, kind, remote });
        } catch (error) {
          report(error);
        }
      };
      const end = this.#open.watch(tell);
      const stop = () => {
        if (!this.#ends.delete(stop)) return;
        watching = false;
        signal?.removeEventListener("abort", stop);
        end();
      };
      this.#ends.add(stop);
      if (watching) signal?.addEventListener("abort", stop);
      else stop();
      return stop;
    }

    close() {
      for (const end of this.#ends) end();
      this.#handle?.free();
      this.#handle = undefined;
    }

    async [Symbol.asyncDispose ?? Symbol.for("Symbol.asyncDispose")]() {
      this.close();
    }
  }

  return SecureStorage;
}

function report(error) {
  if (typeof reportError === "function") reportError(error);
  else queueMicrotask(() => { throw error; });
}
