// A service worker. It has no fetch handler and, where it lies, no page in its scope: it answers messages, no more.
// The browser stops it when it is idle, and its handles and their keys with it.

/** @typedef {{ id: string, postMessage: (message: unknown) => void }} Client */
/** @typedef {MessageEvent & { source: Client, waitUntil: (promise: Promise<unknown>) => void }} ClientMessage */
import { createSession } from "./session.js";

/** @type {Map<string, ReturnType<typeof createSession>>} */
const sessions = new Map();

addEventListener("message", (event) => {
  const { data, source, waitUntil } = /** @type {ClientMessage} */ (event);
  const obey = sessions.get(source.id) ?? createSession((told) => source.postMessage(told));
  sessions.set(source.id, obey);
  waitUntil.call(event, obey(data));
  if (data.type === "close") sessions.delete(source.id);
});
