// What an app's first lines look like. Built by Vite and by webpack, and served as it is.

import { SecureStorage } from "keyfold";

const storage = await SecureStorage.open("consumer", { layout: "flutter" });
await storage.set("token", "s3cret");
document.querySelector("#out").textContent = await storage.get("token");
