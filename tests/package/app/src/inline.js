// The same through the entry that carries the WebAssembly inside.

import { SecureStorage } from "keyfold/inline";

const storage = await SecureStorage.open("consumer", { layout: "flutter" });
await storage.set("token", "s3cret");
document.querySelector("#out").textContent = await storage.get("token");
