// One store as a worker sees it, for one page: opens it, watches it, writes to it, and tells the page each time.

/** @import { Change, SealedOptions, StorageError } from "/keyfold/index.js" */
import { SecureStorage } from "/keyfold/index.js";

/** @typedef {{ type: "open", namespace: string, options: SealedOptions } | { type: "write", key: string, value: string } | { type: "close" }} Order */
/** @typedef {{ state: "open", entries: number, last?: Change & { at: number } } | { state: "trouble", code: string, message: string }} Told */

/**
 * @param {(told: Told) => void} tell
 * @returns {(order: Order) => Promise<void>} does what the page asks for, one thing after the other
 */
export function createSession(tell) {
  /** @type {SecureStorage | undefined} */
  let storage;
  /** @type {(Change & { at: number }) | undefined} */
  let last;
  let queue = Promise.resolve();

  /** @param {Order} order */
  async function obey(order) {
    if (order.type === "open") await open(order);
    if (order.type === "write") await storage?.set(order.key, order.value);
    if (order.type === "close") return close();
    await look();
  }

  /** @param {Extract<Order, { type: "open" }>} order */
  async function open({ namespace, options }) {
    if (storage !== undefined && options.unlock === undefined) return;
    close();
    // A worker never makes the store: the page that shows it does.
    storage = await SecureStorage.open(namespace, { ...options, mustExist: true });
    storage.watch((change) => {
      last = { ...change, at: Date.now() };
      look().catch(tellTrouble);
    });
  }

  async function look() {
    if (storage === undefined) return;
    const { size } = await storage.getAll({ skipUnreadable: true });
    tell({ state: "open", entries: size, last });
  }

  function close() {
    storage?.close();
    storage = last = undefined;
  }

  return (order) => (queue = queue.then(() => obey(order)).catch(tellTrouble));

  /** @param {unknown} error */
  function tellTrouble(error) {
    const { code, name, message } = /** @type {StorageError} */ (error);
    tell({ state: "trouble", code: code ?? name, message });
  }
}
