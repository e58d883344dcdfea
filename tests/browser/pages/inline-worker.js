// What keyfold/inline does in a worker: writes an entry and reads all.

import { SecureStorage } from "/keyfold/inline.js";

const answer = (/** @type {any} */ event) => {
  const { data: { namespace, key, options }, ports: [port] } = event;
  const done = SecureStorage.open(namespace, options).then(async (storage) => {
    await storage.set(key, "value");
    return [...(await storage.getAll({ skipUnreadable: true })).keys()];
  });
  const answered = done.then((result) => port.postMessage({ result }), ({ code, message, cause }) => port.postMessage({ result: { code, message, cause: String(cause) } }));
  event.waitUntil?.(answered);
};

Object.assign(globalThis, {
  onmessage: answer,
  onconnect: (/** @type {MessageEvent} */ { ports: [port] }) => Object.assign(/** @type {MessagePort} */ (port), { onmessage: answer }),
});
