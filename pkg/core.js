// The classes of the package over its WebAssembly module, for an entry that knows where that module is.

import * as check from "./arguments.js";
import { StorageError } from "./error.js";
import init, * as wasm from "./wasm/keyfold.js";

export { StorageError };

export const FLUTTER_NAMESPACE = "FlutterSecureStorage";
export const FLET_NAMESPACE = "FletSecureStorage";

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

const { Verb } = wasm;

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
      const [name, checked] = [check.text(namespace, "namespace"), check.openOptions(options)];
      await start(load);
      return new SecureStorage(made, await wasm.open(name, checked));
    }

    static async destroy(namespace, options) {
      const [name, checked] = [check.text(namespace, "namespace"), check.openOptions(options)];
      await start(load);
      return wasm.destroy(name, checked);
    }

    static async availability(options) {
      const checked = check.openOptions(options);
      try {
        await start(load);
      } catch (reason) {
        return { usable: false, reason, durability: "memory", recoverable: false };
      }
      return wasm.availability(checked);
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
      return this.#open.call(Verb.Set, check.key(key), check.value(value));
    }

    async setAll(entries) {
      const [keys, values] = check.entries(entries);
      return this.#open.call(Verb.SetAll, keys, values);
    }

    async get(key) {
      return this.#open.call(Verb.Get, check.key(key));
    }

    async getBytes(key) {
      return this.#open.call(Verb.GetBytes, check.key(key));
    }

    async getMany(keys) {
      return this.#open.call(Verb.GetMany, check.keys(keys));
    }

    async getAll(options) {
      return this.#open.call(Verb.GetAll, check.skipUnreadable(options));
    }

    async getAllBytes(options) {
      return this.#open.call(Verb.GetAllBytes, check.skipUnreadable(options));
    }

    async containsKey(key) {
      return this.#open.call(Verb.ContainsKey, check.key(key));
    }

    async remove(key) {
      return this.#open.call(Verb.Remove, check.key(key));
    }

    async keys() {
      return this.#open.call(Verb.Keys);
    }

    async clear() {
      return this.#open.call(Verb.Clear);
    }

    async destroy() {
      return this.#open.call(Verb.Destroy);
    }

    async verify() {
      return this.#open.call(Verb.Verify);
    }

    async with(options) {
      return new SecureStorage(made, await this.#open.call(Verb.With, check.callOptions(options)));
    }

    async importFrom(source, options) {
      if (!(source instanceof SecureStorage)) {
        throw check.invalid("source", "source must be a SecureStorage");
      }
      return this.#open.importFrom(source.#open, check.onConflict(options));
    }

    watch(listener, { signal } = /** @type {{ signal?: AbortSignal }} */ ({})) {
      if (typeof listener !== "function") {
        throw check.invalid("listener", "listener must be a function");
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
