// What an app's first lines look like. Built by Vite and by webpack, and served as it is.

import { SecureStorage } from "keyfold";

const flet = await SecureStorage.open("consumer", { layout: "flutter" });
await flet.set("token", "s3cret");
document.querySelector("#out").textContent = await flet.get("token");

// A button of the app's, say.
globalThis.move = async () => {
  const sealed = await SecureStorage.open("consumer", { unlock: { passphrase: "correct horse" } });
  await sealed.importFrom(flet);
  return sealed.get("token");
};
