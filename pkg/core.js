// The package's class over its WebAssembly modules, for an entry that knows where these modules are.

import { argon2id } from "./argon2id.js";
import * as check from "./arguments.js";
import { StorageError } from "./error.js";
import { instantiate } from "./instance.js";
import { loader } from "./load.js";
import * as flutter from "./wasm/flutter.js";
import { glue, Verb } from "./wasm/sealed.js";

export { StorageError };

export const FLUTTER_NAMESPACE = "FlutterSecureStorage";
export const FLET_NAMESPACE = "FletSecureStorage";

// Only this module can make handles into stores.
const made = Symbol("made by keyfold");

/** Makes the class for an entry. Each function gives the bytes of a module. */
export function define(loadFlutter, loadSealed, loadArgon2id) {
  const start = { flutter: starter(flutter.glue, loadFlutter, loadArgon2id), sealed: starter(glue, loadSealed, loadArgon2id) };

  class SecureStorage {
    #wasm;
    #handle;
    #ends = new Set();

    constructor(token, wasm, handle) {
      if (token !== made) throw new TypeError("use SecureStorage.open");
      this.#wasm = wasm;
      this.#handle = handle;
    }

    static async open(namespace, options) {
      const [name, checked] = [check.text(namespace, "namespace"), check.openOptions(options)];
      const wasm = await start[checked.layout]();
      return new SecureStorage(made, wasm, await wasm.within(() => wasm.open(name, checked)));
    }

    static async destroy(namespace, options) {
      const [name, checked] = [check.text(namespace, "namespace"), check.openOptions(options)];
      const wasm = await start[checked.layout]();
      return wasm.within(() => wasm.destroy(name, checked));
    }

    static async availability(options) {
      const [name, checked] = check.availabilityOptions(options);
      let wasm;
      try {
        wasm = await start[checked.layout]();
      } catch (reason) {
        return { usable: false, reason, durability: "memory", recoverable: false, found: "unknown" };
      }
      return wasm.within(() => wasm.availability(name, checked));
    }

    static async persist() {
      const storage = globalThis.navigator?.storage;
      if (typeof storage?.persist !== "function") throw new StorageError("unsupported", "the browser can be asked to keep what is stored in windows only");
      return storage.persist();
    }

    /** Acts on the handle. */
    #on(act) {
      const handle = this.#handle;
      if (handle === undefined) {
        throw new StorageError("unavailable", "this handle was closed: open the namespace again");
      }
      return this.#wasm.within(() => act(handle));
    }

    #call(verb, first, second) {
      return this.#on((handle) => handle.call(verb, first, second));
    }

    get namespace() {
      return this.#on(({ namespace }) => namespace);
    }

    get layout() {
      return this.#on(({ layout }) => layout);
    }

    get protection() {
      return this.#on(({ protection }) => protection);
    }

    get locked() {
      return this.#on(({ locked }) => locked);
    }

    async set(key, value) {
      return this.#call(Verb.Set, check.key(key), check.value(value, key));
    }

    async setAll(entries) {
      const [keys, values] = check.entries(entries);
      return this.#call(Verb.SetAll, keys, values);
    }

    // Not `async`: returning a promise from an async function takes three turns of the queue.
    get(key) {
      return promised(() => this.#call(Verb.Get, check.key(key)));
    }

    async getBytes(key) {
      return this.#call(Verb.GetBytes, check.key(key));
    }

    async getMany(keys) {
      return this.#call(Verb.GetMany, check.keys(keys));
    }

    async getAll(options) {
      return this.#call(Verb.GetAll, check.skipUnreadable(options));
    }

    async getAllBytes(options) {
      return this.#call(Verb.GetAllBytes, check.skipUnreadable(options));
    }

    async containsKey(key) {
      return this.#call(Verb.ContainsKey, check.key(key));
    }

    async remove(key) {
      return this.#call(Verb.Remove, check.key(key));
    }

    async keys() {
      return this.#call(Verb.Keys);
    }

    async clear() {
      return this.#call(Verb.Clear);
    }

    async destroy() {
      return this.#call(Verb.Destroy);
    }

    async verify() {
      return this.#call(Verb.Verify);
    }

    async with(options) {
      return new SecureStorage(made, this.#wasm, await this.#call(Verb.With, check.callOptions(options)));
    }

    // Not in WebAssembly: the two stores may belong to two modules.
    async importFrom(source, options) {
      // Not by its class: it may be another copy of the package's.
      if (typeof source?.getAllBytes !== "function" || typeof source.verify !== "function") {
        throw check.invalid("source", "source must be a SecureStorage");
      }
      const onConflict = check.onConflict(options);
      const values = await source.getAllBytes({ skipUnreadable: true });
      const { unreadable } = await source.verify();
      const skipped = [];
      if (onConflict !== "overwrite") {
        for (const key of values.keys()) if (await this.containsKey(key)) skipped.push(key);
      }
      if (onConflict === "fail" && skipped.length > 0) throw check.isHereAlready(skipped[0]);
      for (const key of skipped) values.delete(key);
      await this.setAll(values);
      for (const value of values.values()) value.fill(0);
      return { imported: [...values.keys()], skipped, unreadable };
    }

    watch(listener, options) {
      if (typeof listener !== "function") {
        throw check.invalid("listener", "listener must be a function");
      }
      const signal = check.signal(options);
      let watching = !signal?.aborted;
      const tell = reporting((kind, remote, key) => {
        // Changes that were buffered before the end are not reported after it.
        if (watching) listener({ key, kind, remote });
      });
      const end = this.#on((handle) => handle.watch(tell));
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

    lock() {
      this.#on((handle) => handle.lock());
    }

    async unlock(unlock) {
      return this.#call(Verb.Unlock, check.optionalUnlock(unlock));
    }

    async unlocks() {
      return this.#call(Verb.Unlocks);
    }

    async removeUnreadable() {
      return this.#call(Verb.RemoveUnreadable);
    }

    async addUnlock(current, added, options) {
      return this.#call(Verb.AddUnlock, check.added(current, added, options));
    }

    async removeUnlock(id, kept, options) {
      return this.#call(Verb.RemoveUnlock, check.removed(id, kept), progress(check.onProgress(options)));
    }

    async changeUnlock(from, to, options) {
      const [change, onProgress] = check.changed(from, to, options);
      return this.#call(Verb.ChangeUnlock, change, progress(onProgress));
    }

    async rotate(kept = "device", options) {
      return this.#call(Verb.Rotate, check.rotated(kept), progress(check.onProgress(options)));
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

/** Makes a function that loads a module when it is first needed, and gives a running instance. */
function starter(glue, load, loadArgon2id) {
  let module;
  return loader("keyfold's WebAssembly module", async (ended) => {
    module ??= await WebAssembly.compile(await load());
    const wasm = await instantiate(glue, module, ended);
    const { resume, within, unlessEnded } = wasm;
    // A call waits for a promise. JavaScript does this, because closures that WebAssembly makes cost far more.
    const follow = (promise, call) => {
      if (call === undefined) return unlessEnded(promise);
      const go = (isFulfilled) => (outcome) => within(() => resume(call, isFulfilled, outcome));
      return promise.then(go(true), go(false));
    };
    wasm.start((...details) => new StorageError(...details), argon2id(loadArgon2id), follow);
    return wasm;
  });
}

function promised(call) {
  try {
    return Promise.resolve(call());
  } catch (error) {
    return Promise.reject(error);
  }
}

const progress = (listener) => listener && reporting(listener);

/** Calls the app's function. What that throws is reported and affects nothing else. */
function reporting(listener) {
  return (...news) => {
    try {
      listener(...news);
    } catch (error) {
      report(error);
    }
  };
}

function report(error) {
  if (typeof reportError === "function") reportError(error);
  else queueMicrotask(() => { throw error; });
}
