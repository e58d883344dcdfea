// A dedicated, shared or service worker that does what it is asked for: a message names one of the acts of sealed.js and
// brings the port for its answer.

import { acts } from "./sealed.js";

const answer = (/** @type {any} */ event) => {
  const { data: [name, argument], ports: [port] } = event;
  const done = Promise.resolve(argument).then(/** @type {any} */ (acts)[name]);
  const answered = done.then((result) => port.postMessage({ result }), (error) => port.postMessage({ error: `${error.code ?? ""} ${error.stack ?? error}` }));
  // A service worker may be ended when nothing is under way.
  event.waitUntil?.(answered);
};

Object.assign(globalThis, {
  onmessage: answer,
  onconnect: (/** @type {MessageEvent} */ { ports: [port] }) => Object.assign(/** @type {MessagePort} */ (port), { onmessage: answer }),
});
