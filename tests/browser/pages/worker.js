// The package in a worker: tells what opening fails with.

import { SecureStorage } from "/keyfold/index.js";

onmessage = async ({ data: options }) => {
  const opened = await SecureStorage.open("app", options).then(() => "opened", ({ code, message }) => ({ code, message }));
  const { usable, reason } = await SecureStorage.availability(options);
  postMessage({ opened, usable, reason: reason?.code });
};
