// A shared worker: one for all pages of the origin that ask for it. Each page has a session of its own.

import { createSession } from "./session.js";

addEventListener("connect", (event) => {
  const [port] = /** @type {MessageEvent} */ (event).ports;
  if (port === undefined) return;
  const obey = createSession((told) => port.postMessage(told));
  port.onmessage = ({ data }) => obey(data);
});
