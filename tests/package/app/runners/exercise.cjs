// What an app's tests do with the package, whoever runs them. `areas` are where the stores lie.

module.exports = async function exercise({ SecureStorage, StorageError }, areas) {
  for (const area of areas) {
    for (const unlock of ["device", { passphrase: "correct horse" }]) {
      const namespace = `exercise ${typeof unlock}`;
      const first = await SecureStorage.open(namespace, { area, unlock });
      await first.setAll({ token: "s3cret", bytes: new Uint8Array([1, 2]), encoded: new TextEncoder().encode("text") });
      // A store in memory is only there for its handle.
      const storage = area === "memory" ? first : await SecureStorage.open(namespace, { unlock, mustExist: true });
      const read = JSON.stringify([...(await storage.getAll())].map(([key, text]) => [key, [...text].map((letter) => letter.charCodeAt(0)).join()]));
      const want = JSON.stringify([["bytes", "1,2"], ["encoded", "116,101,120,116"], ["token", "115,51,99,114,101,116"]]);
      if (read !== want) throw new Error(`${area} ${typeof unlock}: ${read}`);
    }
  }
  const failure = await SecureStorage.open("").catch((error) => error);
  if (!(failure instanceof StorageError) || !(new StorageError("locked", "for a test") instanceof StorageError)) throw failure;
};
