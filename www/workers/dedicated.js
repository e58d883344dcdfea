// A dedicated worker: belongs to the one page that started it.

import { createSession } from "./session.js";

const obey = createSession((told) => postMessage(told));
addEventListener("message", ({ data }) => obey(data));
