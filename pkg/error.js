// The error of every call.

export class StorageError extends Error {
  /**
   * @param {string} code
   * @param {string} message
   * @param {{ key?: string, argument?: string, needs?: string[], cause?: unknown }} [details]
   */
  constructor(code, message, { key, argument, needs = [], cause } = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    if (key !== undefined) this.key = key;
    if (argument !== undefined) this.argument = argument;
    if (code === "locked") this.needs = needs;
  }
}
// On the prototype, as in the built-in errors, so that it is not an own property of each error.
Object.defineProperty(StorageError.prototype, "name", /** @type {PropertyDescriptor} */ ({ __proto__: null, value: "StorageError", configurable: true, writable: true }));

/** What is asked for; undefined if asking throws, as getters of the browser do and names that are not there. */
export function attempt(ask) {
  try {
    return ask();
  } catch {
    return undefined;
  }
}
