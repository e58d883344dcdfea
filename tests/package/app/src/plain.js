// The same without a bundler: a page that copied the package's folder.

import { SecureStorage } from "../node_modules/keyfold/index.js";

const storage = await SecureStorage.open("consumer", { layout: "flutter" });
await storage.set("token", "s3cret");
document.querySelector("#out").textContent = await storage.get("token");
