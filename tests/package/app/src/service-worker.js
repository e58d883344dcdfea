// A service worker of the app, which has no import().

import { SecureStorage } from "keyfold";

addEventListener("message", async ({ ports: [port] }) => {
  const storage = await SecureStorage.open("consumer", { unlock: { passphrase: "correct horse" } });
  await storage.set("token", "s3cret");
  port.postMessage(await storage.get("token"));
});
