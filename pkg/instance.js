// An instance of one of the package's WebAssembly modules, from its start to its trap.

import { attempt, StorageError } from "./error.js";

/**
 * What an instance holds that would outlive it, by its tag, and how it is let go. Controllers have Web Locks, and arrays are
 * copies of values and keys: `fill()` wipes them.
 */
const LET_GO = {
  "[object IDBTransaction]": "abort",
  "[object IDBDatabase]": "close",
  "[object BroadcastChannel]": "close",
  "[object AbortController]": "abort",
  "[object Uint8Array]": "fill",
};

/**
 * Starts an instance of a module, by its glue. What goes through it, a trap or an exception, ends it: it may have stopped
 * anywhere, and what lies in its memory is not to be trusted. Calls that wait for it fail then, and so does every later
 * one; `ended` is told, so that what is opened next starts another.
 */
export async function instantiate(glue, module, ended) {
  const { imports, begin, ...functions } = glue();
  const waiting = new Set();
  let trap;
  let held;
  let wipe;

  function end(cause) {
    if (trap) return;
    // A trap, or what the browser throws for want of memory or of stack. Anything else tells what is missing itself.
    const why = /^R(untime|ange)Error$/.test(cause?.name) ? ", probably for lack of memory" : ` (${cause?.name}: ${cause?.message})`;
    const message = `keyfold's WebAssembly has stopped${why}: open the store again`;
    trap = new StorageError("platform", message, { cause });
    // What was begun is not completed: a transaction that is left alone commits what it has.
    for (let place = 0; place < held?.length; place += 1) letGo(held.get(place));
    ended();
    for (const fail of waiting) fail(trap);
    // Later: calls that are under way still leave it.
    Promise.resolve().then(() => attempt(wipe));
  }

  // After its end nobody gets in, whatever event still comes to it.
  const guarded = (inside) => (...args) => {
    try {
      if (!trap) return inside(...args);
    } catch (cause) {
      end(cause);
    }
    // What the glue takes for no error.
    return [];
  };

  const { exports } = /** @type {any} */ (await WebAssembly.instantiate(module, imports));
  wipe = () => {
    for (const memory of Object.values(exports)) if (memory instanceof WebAssembly.Memory) new Uint8Array(memory.buffer).fill(0);
  };
  const guard = ([name, inside]) => [name, typeof inside === "function" ? guarded(inside) : inside];
  try {
    held = begin(Object.fromEntries(Object.entries(exports).map(guard)));
  } catch (cause) {
    // The glue is another build's: an export that it names is not there.
    throw new WebAssembly.LinkError(String(cause));
  }

  return {
    ...functions,

    /** Acts inside of the instance; throws once it has ended. */
    within(act) {
      try {
        if (!trap) return act();
      } finally {
        // Whatever the glue makes of the answer of a call that has trapped.
        if (trap) throw trap;
      }
    },

    /** A promise that the instance is to settle; it fails if that ends before. */
    unlessEnded: (promise) =>
      new Promise((resolve, reject) => {
        waiting.add(reject);
        promise.then(resolve, reject).then(() => waiting.delete(reject));
      }),
  };
}

function letGo(held) {
  try {
    held[LET_GO[Object.prototype.toString.call(held)]]();
  } catch {
    // It is nothing of these, or over.
  }
}
