// The same without a bundler: a page that copied the package's folder.

import { SecureStorage } from "../node_modules/keyfold/index.js";

const flet = await SecureStorage.open("consumer", { layout: "flutter" });
await flet.set("token", "s3cret");
document.querySelector("#out").textContent = await flet.get("token");

// A button of the app's, say.
globalThis.move = async () => {
  const sealed = await SecureStorage.open("consumer", { unlock: { passphrase: "correct horse" } });
  await sealed.importFrom(flet);
  return sealed.get("token");
};
