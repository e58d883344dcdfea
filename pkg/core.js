// The package's class over its WebAssembly modules, for an entry that knows where these modules are.

import { argon2id } from "./argon2id.js";
import * as check from "./arguments.js";
import { attempt, StorageError } from "./error.js";
import { instantiate } from "./instance.js";
import { loader } from "./load.js";
import { parts } from "./parts.js";
import { glue, Verb } from "./wasm/glue.js";

export { StorageError };

export const FLUTTER_NAMESPACE = "FlutterSecureStorage";
export const FLET_NAMESPACE = "FletSecureStorage";

// Only this module can make handles into stores.
const made = Symbol("made by keyfold");

/** Makes the class for an entry. Each function gives the bytes of a module. */
export function define(loadFlutter, loadSealed, loadSealedWhole, loadArgon2id) {
  const flutter = starter(loadFlutter, loadArgon2id);
  const sealed = parts(starter(loadSealed, loadArgon2id, true), starter(loadSealedWhole, loadArgon2id));

  /** An instance of the module that these options need, or of the whole one. */
  const start = (checked, isWhole = needsWhole(checked)) =>
    (checked.layout === "flutter" ? flutter() : sealed.start(isWhole)).catch((error) => {
      check.wipe(checked);
      throw error;
    });

  class SecureStorage {
    #wasm;
    #handle;
    #watches = new Set();
    /** What it was opened with, as long as it is in a layout's first module. */
    #first;
    #moving;

    constructor(token, wasm, handle, first) {
      if (token !== made) throw new TypeError("use SecureStorage.open");
      this.#wasm = wasm;
      this.#handle = handle;
      this.#first = first;
    }

    static async open(namespace, options) {
      const [name, checked] = [check.text(namespace, "namespace"), check.openOptions(options)];
      const wasm = await start(checked);
      const handle = wasm.within(() => wasm.open(name, checked));
      if (!wasm.isFirst) return new SecureStorage(made, wasm, await handle);
      return new SecureStorage(made, wasm, await sealed.begun(handle), checked);
    }

    static async destroy(namespace, options) {
      const [name, checked] = [check.text(namespace, "namespace"), check.openOptions(options)];
      const wasm = await start(checked, true);
      return wasm.within(() => wasm.destroy(name, checked));
    }

    static async availability(options) {
      const [name, checked] = check.availabilityOptions(options);
      let wasm;
      try {
        wasm = await start(checked);
      } catch (reason) {
        return { usable: false, reason, durability: "memory", recoverable: false, found: "unknown", unlocks: [] };
      }
      return { unlocks: [], ...(await wasm.within(() => wasm.availability(name, checked))) };
    }

    static async unlocks(namespace, options) {
      const [name, checked] = [check.text(namespace, "namespace"), check.sealedOptions(options)];
      const wasm = await start(checked);
      const { usable, reason, unlocks } = await wasm.within(() => wasm.availability(name, checked));
      if (!usable) throw reason;
      return unlocks;
    }

    static async recoveryCode() {
      const wasm = await start({ layout: "sealed" }, true);
      return { text: await wasm.within(() => wasm.recoveryCode()) };
    }

    static async persist() {
      const storage = attempt(() => navigator.storage);
      if (attempt(() => typeof storage.persist) !== "function") throw noPersistence();
      try {
        return await storage.persist();
      } catch (cause) {
        const message = "this page has no storage that could be kept: a sandboxed frame needs allow-same-origin, and a page an address of its own";
        throw new StorageError("unavailable", message, { cause });
      }
    }

    /** Acts on the handle. */
    #on(act) {
      const handle = this.#handle;
      if (handle === undefined) {
        throw new StorageError("unavailable", "this handle was closed: open the namespace again");
      }
      return this.#wasm.within(() => act(handle));
    }

    /** Asks the crate, which answers with a value or a promise. It wipes the copies that it is given. */
    #call(verb, first, second) {
      if (this.#first && (sealed.isOver() || verb >= Verb.Destroy)) {
        const moved = sealed.whole().then(this.#move).catch((error) => {
          check.wipe([first, second]);
          throw error;
        });
        return moved.then(() => this.#call(verb, first, second));
      }
      try {
        const answer = this.#on((handle) => handle.call(verb, first, second));
        return rested(this.#first ? sealed.begun(answer) : answer);
      } catch (error) {
        check.wipe([first, second]);
        throw error;
      }
    }

    /** Goes on in the whole module. */
    #move = async (wasm) => {
      if (this.#first) await (this.#moving ??= this.#goOn(wasm).finally(() => (this.#moving = undefined)));
    };

    async #goOn(wasm) {
      const old = this.#handle;
      const next = this.#on(({ namespace, generation }) => wasm.within(() => wasm.take_over(namespace, this.#first, generation)));
      // Both watch until both have looked: what others change meanwhile is told twice rather than not at all.
      for (let late; (late = [...this.#watches].filter((watch) => !watch.next)).length > 0; ) {
        for (const watch of late) watch.next = wasm.within(() => next.watch(watch.tell));
        for (const handle of [next, old]) await attempt(() => handle.call(Verb.Look))?.catch?.(() => {});
      }
      if (this.#handle === undefined) next.free();
      this.#on(({ locked }) => locked && next.lock());
      this.#wasm = wasm;
      this.#handle = next;
      this.#first = undefined;
      sealed.watching.delete(this.#move);
      for (const watch of this.#watches) {
        watch.end();
        watch.end = watch.next;
      }
      old.free();
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
      await this.#call(Verb.Set, check.key(key), check.value(value, key));
    }

    async setAll(entries) {
      const [keys, values] = check.entries(entries);
      await this.#call(Verb.SetAll, keys, values);
    }

    async setIfAbsent(key, value) {
      return (await this.#call(Verb.AddAll, [check.key(key)], [check.value(value, key)])).length === 0;
    }

    async update(key, change) {
      const name = check.key(key);
      check.callback(change, "change");
      let thrown;
      const isDone = await this.#call(Verb.Update, name, (old) => {
        try {
          const value = change(old);
          return value === undefined ? value : check.value(value, name);
        } catch (error) {
          thrown = { error };
        }
      });
      if (thrown) throw thrown.error;
      return isDone;
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
      const handle = await this.#call(Verb.With, check.callOptions(options));
      return new SecureStorage(made, this.#wasm, handle);
    }

    // Not in WebAssembly: the two stores may belong to two modules.
    async importFrom(source, options) {
      // Not by its class: it may be another copy of the package's.
      if (typeof source?.getAllBytes !== "function" || typeof source.verify !== "function") {
        throw check.invalid("source", "source must be a SecureStorage");
      }
      const onConflict = check.onConflict(options);
      const values = new Map(await source.getAllBytes({ skipUnreadable: true }));
      try {
        const { unreadable } = await source.verify();
        const verb = onConflict === "overwrite" ? Verb.SetAll : Verb.AddAll;
        const skipped = [];
        // All that is not here yet, in one transaction. Without a name that has come meanwhile it is tried again.
        for (let there; (there = await this.#call(verb, ...check.entries(values))).length > 0; ) {
          const names = [...values.keys()];
          if (onConflict === "fail") throw check.isHereAlready(names[there[0]]);
          for (const place of there) {
            check.wipe(values.get(names[place]));
            values.delete(names[place]);
            skipped.push(names[place]);
          }
        }
        return { imported: [...values.keys()], skipped: skipped.sort(), unreadable, complete: skipped.length + unreadable.length === 0 };
      } finally {
        check.wipe([...values.values()]);
      }
    }

    watch(listener, options) {
      check.callback(listener, "listener");
      const signal = check.signal(options);
      let watching = !signal?.aborted;
      const tell = reporting((kind, remote, key) => {
        // Changes that were buffered before the end are not reported after it.
        if (watching) listener({ key, kind, remote });
      });
      const watch = { tell, end: this.#on((handle) => handle.watch(tell)), next: /** @type {(() => void) | undefined} */ (undefined), stop };
      const watches = this.#watches;
      function stop() {
        if (!watches.delete(watch)) return;
        watching = false;
        signal?.removeEventListener("abort", stop);
        watch.end();
        if (watch.next !== watch.end) watch.next?.();
      }
      watches.add(watch);
      if (this.#first) sealed.watching.add(this.#move);
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

    async addUnlock(added, options) {
      return this.#rekey(Verb.AddUnlock, check.added(added, options));
    }

    async removeUnlock(id, options) {
      return this.#rekey(Verb.RemoveUnlock, check.removed(id, options));
    }

    async changeUnlock(id, to, options) {
      return this.#rekey(Verb.ChangeUnlock, check.changed(id, to, options));
    }

    async rotate(options) {
      return this.#rekey(Verb.Rotate, check.rotated(options));
    }

    /** Asks for a change of keys: what it is, and who is told of its progress. */
    #rekey(verb, asked) {
      const [change, onProgress] = asked;
      return this.#call(verb, change, onProgress && reporting(onProgress));
    }

    close() {
      for (const { stop } of this.#watches) stop();
      this.#handle?.free();
      this.#handle = undefined;
      this.#first = undefined;
      sealed.watching.delete(this.#move);
    }

    async [Symbol.asyncDispose ?? Symbol.for("Symbol.asyncDispose")]() {
      this.close();
    }
  }

  return SecureStorage;
}

/** Whether the sealed layout's first module does not open this: it has device stores only, and none in memory. */
const needsWhole = ({ inMemory, unlock }) => inMemory || (unlock !== undefined && unlock.kind !== "device");

/** Makes a function that loads a module when it is first needed, and gives a running instance. */
function starter(load, loadArgon2id, isFirst = false) {
  let module;
  return loader("keyfold's WebAssembly module", async (ended) => {
    module ??= await WebAssembly.compile(await load());
    const wasm = { isFirst, ...(await instantiate(glue, module, ended)) };
    const { resume, within, unlessEnded } = wasm;
    // A call waits for a promise. JavaScript does this, because closures that WebAssembly makes cost far more.
    const follow = (promise, call) => {
      if (call === undefined) return unlessEnded(promise);
      const go = (isFulfilled) => (outcome) => within(() => resume(call, isFulfilled, outcome));
      return promise.then(go(true), go(false));
    };
    wasm.start((code, message, key, argument, cause, needs) => new StorageError(code, message, { key, argument, cause, needs }), argon2id(loadArgon2id), follow);
    return wasm;
  });
}

function noPersistence() {
  return attempt(() => isSecureContext) === false
    ? new StorageError("unavailable", "the browser keeps nothing for good here: serve the page over https or from localhost")
    : new StorageError("unsupported", "the browser can be asked to keep what is stored in windows only");
}

/** How long answers may follow each other without a turn of the event loop. */
const BUSY_MS = 12;

let answers = 0;
/** Since when it is not known to have turned. */
let since;

/**
 * Lets the page's timers and events have their turn if answers have kept it busy for a while: many of them come at once, and a
 * loop that awaits them would not let go. Every 16th looks at the clock.
 */
function rested(answer) {
  if (++answers % 16 !== 0) return answer;
  // Where there is no clock or no timer, the answer is all the same.
  const rest = attempt(turnIfBusy);
  return rest ? Promise.all([answer, rest]).then(([answer]) => answer) : answer;
}

function turnIfBusy() {
  const now = performance.now();
  if (since === undefined) {
    since = now;
    setTimeout(() => (since = undefined));
  } else if (now - since >= BUSY_MS) {
    since = now;
    return turn();
  }
}

/** A turn of the event loop. A timer would wait for 4 ms. */
function turn() {
  const { port1, port2 } = new MessageChannel();
  return new Promise((resolve) => {
    port1.onmessage = () => {
      port1.close();
      resolve(undefined);
    };
    port2.postMessage(undefined);
  });
}

function promised(call) {
  try {
    return Promise.resolve(call());
  } catch (error) {
    return Promise.reject(error);
  }
}

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
