// What the smoke page's worker does: it writes beside the page, and tells what it reads.

import { SecureStorage } from "/keyfold/index.js";

const storage = await SecureStorage.open("smoke.worker");
await storage.set("of the worker", "2");
postMessage(Object.fromEntries(await storage.getAll()));
