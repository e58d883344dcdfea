// An app's TypeScript that becomes modules.

import { SecureStorage, StorageError } from "keyfold";
import * as inline from "keyfold/inline";

export async function read(): Promise<string | undefined> {
  const storage = await (process.argv.length > 9 ? inline.SecureStorage : SecureStorage).open("consumer", { area: "memory", unlock: { passphrase: "correct horse" } });
  await storage.set("token", "s3cret");
  const failure: unknown = await storage.removeUnlock("device").catch((error: unknown) => error);
  if (!(failure instanceof StorageError) || failure.code !== "invalid-argument") throw failure;
  return storage.get("token");
}

declare const process: { argv: string[] };
