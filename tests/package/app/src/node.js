// Under Node, as in server-side rendering: importing reads nothing that only browsers have, and the memory area works.

/** @type {string[]} */
const touched = [];
for (const name of ["window", "self", "document", "navigator", "location", "localStorage", "sessionStorage", "indexedDB", "Worker", "BroadcastChannel", "MessageChannel", "TextDecoder", "TextEncoder", "crypto", "performance", "fetch", "atob"]) {
  const before = Object.getOwnPropertyDescriptor(globalThis, name);
  Object.defineProperty(globalThis, name, {
    configurable: true,
    get() {
      touched.push(name);
      return before?.get ? before.get.call(globalThis) : before?.value;
    },
  });
}

const { SecureStorage } = await import("keyfold");
if (touched.length > 0) throw new Error(`importing keyfold touched ${touched.join(", ")}`);

const storage = await SecureStorage.open("consumer", { layout: "flutter", area: "memory" });
await storage.set("token", "s3cret");
const sealed = await SecureStorage.open("consumer", { area: "memory", unlock: { passphrase: "correct horse" } });
await sealed.importFrom(storage);
console.log(await sealed.get("token"));

const { usable, reason } = await SecureStorage.availability({ layout: "flutter" });
console.log(usable, reason?.code);
