// Notes which calls of Web Storage and WebCrypto a page makes, in order, and when each began and settled.
//
// A classic script, run before any of the page's own. `in`, as in `"name" in localStorage`, is no call and is not seen.

{
  /** @typedef {{ name: string, begin: number, end: number }} Call `begin` and `end` in milliseconds */

  /** @type {Call[]} */
  let calls = [];

  /** The same function, but noted. */
  const noted = (/** @type {string} */ name, /** @type {Function} */ real) =>
    /** @this {unknown} */ function (/** @type {unknown[]} */ ...args) {
      const call = { name, begin: performance.now(), end: 0 };
      calls.push(call);
      const settled = () => void (call.end = performance.now());
      const result = real.apply(this, args);
      // Asked for before the caller can, so that it is told first.
      if (result instanceof Promise) result.then(settled, settled);
      else settled();
      return result;
    };

  /** Puts the noted function in the place of each of these methods and getters. */
  function hook(/** @type {object} */ prototype, names = Object.keys(prototype)) {
    for (const name of names) {
      const property = /** @type {PropertyDescriptor} */ (Object.getOwnPropertyDescriptor(prototype, name));
      const part = property.get ? "get" : "value";
      Object.defineProperty(prototype, name, { ...property, [part]: noted(name, property[part]) });
    }
  }

  hook(Storage.prototype);
  hook(SubtleCrypto.prototype);
  hook(Crypto.prototype, ["getRandomValues"]);

  Object.assign(globalThis, {
    /** The names of what was called since this was last asked, and the milliseconds from the first call to the end of the last. */
    takeCalls() {
      const taken = calls;
      calls = [];
      const ends = taken.map(({ end }) => end);
      return { names: taken.map(({ name }) => name), time: Math.max(...ends) - (taken[0]?.begin ?? 0) };
    },
  });
}
