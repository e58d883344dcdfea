// Pins what pkg/index.d.ts promises: it compiles as it stands, and each `@ts-expect-error` line must not.

import {
  FLET_NAMESPACE,
  FLUTTER_NAMESPACE,
  SecureStorage,
  StorageError,
  type Availability,
  type AvailabilityOptions,
  type CallOptions,
  type Change,
  type ErrorCode,
  type FlutterCallOptions,
  type FlutterOptions,
  type ImportReport,
  type InvalidArgumentError,
  type LockedError,
  type OpenOptions,
  type ProgressOptions,
  type RecoveryCode,
  type RotateOptions,
  type SealedCallOptions,
  type SealedOptions,
  type Unlock,
  type UnlockInfo,
  type UnlockKind,
  type Unreadable,
  type VerifyReport,
} from "keyfold";

/** True when two types are the same, not just assignable. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const same = <A, B>(..._: Same<A, B> extends true ? [] : ["these types differ"]) => {};

/** `Uint8Array<ArrayBuffer>`, or before TypeScript 5.7 `Uint8Array`. */
type OwnBytes = ReturnType<typeof Uint8Array.of>;

declare const storage: SecureStorage;
declare const bytes: Uint8Array;
declare const passphrase: string;
declare const unlock: Unlock;

// --- open: a union told apart by `layout` ---------------------------------------------------------------------------

same<ReturnType<typeof SecureStorage.open>, Promise<SecureStorage>>();
same<OpenOptions, SealedOptions | FlutterOptions>();
same<NonNullable<OpenOptions["layout"]>, "sealed" | "flutter">();

void SecureStorage.open("com.example.notes");
void SecureStorage.open("com.example.notes", {});
void SecureStorage.open("com.example.notes", { layout: "sealed", area: "memory", mustExist: true });
void SecureStorage.open("com.example.notes", { unlock: "device", dbName: "notes" });
void SecureStorage.open("com.example.notes", { unlock: { passphrase } });
void SecureStorage.open("com.example.notes", { layout: "sealed", unlock: { appKey: "AAAA" }, area: "memory" });
void SecureStorage.open("com.example.notes", { unlock: { appKey: bytes } });
void SecureStorage.open("com.example.notes", { unlock });
void SecureStorage.open(FLET_NAMESPACE, { layout: "flutter" });
void SecureStorage.open("app", { layout: "flutter", wrapKey: "AAAA", wrapKeyIv: bytes });
void SecureStorage.open("app", { layout: "flutter", useSessionStorage: true, dbName: "x", engine: "webcrypto" });
void SecureStorage.open("app", { layout: "flutter", area: "memory", mustExist: false, engine: "auto" });

// @ts-expect-error a namespace is needed
void SecureStorage.open();
// @ts-expect-error and is text
void SecureStorage.open(7);
// @ts-expect-error there are two layouts
void SecureStorage.open("app", { layout: "plain" });
// @ts-expect-error the flutter layout must be asked for by name: without it these options belong to nothing
void SecureStorage.open("app", { wrapKey: "AAAA", wrapKeyIv: "AAAA" });
// @ts-expect-error
void SecureStorage.open("app", { useSessionStorage: true });
// @ts-expect-error the sealed layout always uses WebCrypto
void SecureStorage.open("app", { layout: "sealed", engine: "auto" });
// @ts-expect-error `unlock` belongs to the sealed layout
void SecureStorage.open("app", { layout: "flutter", unlock: "device" });
// @ts-expect-error
void SecureStorage.open("app", { layout: "flutter", unlock: { appKey: bytes } });
// @ts-expect-error an app's own key is `unlock: { appKey }` there
void SecureStorage.open("app", { layout: "sealed", wrapKey: bytes, wrapKeyIv: bytes });
// @ts-expect-error one store has one unlock at `open`
void SecureStorage.open("app", { unlock: ["device"] });
// @ts-expect-error a database has a name
void SecureStorage.open("app", { dbName: 1 });
// @ts-expect-error there are two engines
void SecureStorage.open("app", { layout: "flutter", engine: "wasm" });
// @ts-expect-error the other areas have options of their own
void SecureStorage.open("app", { layout: "flutter", area: "session" });
// @ts-expect-error a misspelt option is none
void SecureStorage.open("app", { layout: "flutter", wrapkey: "AAAA" });
// @ts-expect-error a key is base64 or bytes
void SecureStorage.open("app", { layout: "flutter", wrapKey: [1, 2, 3], wrapKeyIv: bytes });
// @ts-expect-error there is no constructor to call
void new SecureStorage();

// What opens a sealed store has one secret, or none.
same<
  Unlock,
  | "device"
  | { passphrase: string; appKey?: undefined; recoveryCode?: undefined }
  | { appKey: string | Uint8Array | ArrayBuffer; passphrase?: undefined; recoveryCode?: undefined }
  | { recoveryCode: string; passphrase?: undefined; appKey?: undefined }
>();
"device" satisfies Unlock;
({ passphrase }) satisfies Unlock;
({ appKey: bytes }) satisfies Unlock;
({ recoveryCode: "7KQ2" }) satisfies Unlock;
// @ts-expect-error a code is text
({ recoveryCode: bytes }) satisfies Unlock;
// @ts-expect-error exactly one
({ passphrase, recoveryCode: "7KQ2" }) satisfies Unlock;
// @ts-expect-error a passphrase says that it is one
"open sesame" satisfies Unlock;
// @ts-expect-error
({}) satisfies Unlock;
// @ts-expect-error exactly one
({ passphrase, appKey: bytes }) satisfies Unlock;
// @ts-expect-error a passphrase is text
({ passphrase: bytes }) satisfies Unlock;
// @ts-expect-error
({ passphrase: undefined }) satisfies Unlock;
// @ts-expect-error a key is base64 or bytes
({ appKey: [1, 2, 3] }) satisfies Unlock;
// @ts-expect-error not in this version
({ passkey: true }) satisfies Unlock;

// Not only in literals: an object of both worlds fits neither.
declare const mixed: { mustExist: boolean; wrapKey: string };
// @ts-expect-error
void SecureStorage.open("app", mixed);
same<keyof SealedOptions, "area" | "mustExist" | "layout" | "unlock" | "dbName" | "wrapKey" | "wrapKeyIv" | "useSessionStorage" | "engine">();
same<keyof FlutterOptions, "area" | "mustExist" | "layout" | "wrapKey" | "wrapKeyIv" | "useSessionStorage" | "dbName" | "engine" | "unlock">();
same<Required<SealedOptions>["wrapKey"] | Required<SealedOptions>["wrapKeyIv"] | Required<SealedOptions>["useSessionStorage"] | Required<SealedOptions>["engine"], undefined>();
same<Required<SealedOptions>["unlock"], Unlock | undefined>();
same<Required<FlutterOptions>["unlock"], undefined>();

// An option that is undefined is one that was not given, with `exactOptionalPropertyTypes` too.
declare const dev: boolean;
void SecureStorage.open("app", { area: dev ? "memory" : undefined, mustExist: undefined, layout: undefined, unlock: undefined, dbName: undefined, wrapKey: undefined, engine: undefined });
void SecureStorage.open("app", { layout: "flutter", wrapKey: dev ? bytes : undefined, wrapKeyIv: undefined, useSessionStorage: undefined, engine: undefined, unlock: undefined });
void SecureStorage.open("app", { unlock: { passphrase, appKey: undefined } });
void SecureStorage.availability({ namespace: undefined });
void storage.with({ fresh: undefined, wrapKey: undefined });
void storage.getAll({ skipUnreadable: undefined });
void storage.watch(() => {}, { signal: undefined });
void storage.importFrom(storage, { onConflict: undefined });
void storage.addUnlock("device", { label: undefined, onProgress: undefined });
void storage.removeUnlock("device", { onProgress: undefined });
void storage.changeUnlock("device", "device", { label: undefined, onProgress: undefined });
void storage.rotate({ keep: undefined, onProgress: undefined });

same<Awaited<ReturnType<typeof SecureStorage.destroy>>, void>();
same<Awaited<ReturnType<typeof SecureStorage.recoveryCode>>, RecoveryCode>();
same<RecoveryCode, { readonly text: string }>();
same<Awaited<ReturnType<typeof SecureStorage.availability>>, Availability>();
void SecureStorage.availability();
void SecureStorage.availability({ layout: "flutter", useSessionStorage: true });
void SecureStorage.availability({ namespace: "com.example.notes" });
void SecureStorage.availability({ namespace: FLET_NAMESPACE, layout: "flutter" });
void SecureStorage.availability({ namespace: "com.example.notes", unlock: { passphrase }, dbName: "notes" });
// @ts-expect-error the layouts are told apart here too
void SecureStorage.availability({ namespace: "app", wrapKey: "AAAA", wrapKeyIv: "AAAA" });
// @ts-expect-error the namespace is one of the options
void SecureStorage.availability("app");
// @ts-expect-error and of `open` it is not
void SecureStorage.open("app", { namespace: "app" });
same<Parameters<typeof SecureStorage.availability>[0], AvailabilityOptions | undefined>();

same<Awaited<ReturnType<typeof SecureStorage.unlocks>>, UnlockInfo[]>();
void SecureStorage.unlocks("com.example.notes");
void SecureStorage.unlocks("com.example.notes", { dbName: "notes" });
// @ts-expect-error a namespace is needed
void SecureStorage.unlocks();
// @ts-expect-error the flutter layout has no unlocks
void SecureStorage.unlocks("app", { layout: "flutter" });

void SecureStorage.destroy("app", { layout: "flutter" });
void SecureStorage.destroy("com.example.notes");
void SecureStorage.destroy("com.example.notes", { dbName: "notes" });

same<ReturnType<typeof SecureStorage.persist>, Promise<boolean>>();
same<Parameters<typeof SecureStorage.persist>, []>();
// @ts-expect-error it is about the origin, not about one store
void storage.persist();

same<typeof FLUTTER_NAMESPACE, "FlutterSecureStorage">();
same<typeof FLET_NAMESPACE, "FletSecureStorage">();

// --- the handle -------------------------------------------------------------------------------------------------------

same<SecureStorage["namespace"], string>();
same<SecureStorage["layout"], "flutter" | "sealed">();
same<SecureStorage["protection"], "none" | "wrap-key" | "device" | "passphrase" | "app-key" | "recovery-code">();
same<SecureStorage["locked"], boolean>();
// @ts-expect-error read-only
storage.namespace = "other";
// @ts-expect-error read-only
storage.layout = "flutter";
// @ts-expect-error read-only: `lock` and `unlock` change it
storage.locked = false;

// --- the verbs: what goes in --------------------------------------------------------------------------------------------

void storage.set("token", "s3cret");
void storage.set("token", bytes);
// @ts-expect-error values are text or bytes: `JSON.stringify` is the app's choice
void storage.set("token", { a: 1 });
// @ts-expect-error
void storage.set("token", null);
// @ts-expect-error a value that is undefined is no value: use `remove`
void storage.set("token", undefined);
// @ts-expect-error
void storage.set("token");
// @ts-expect-error names are text
void storage.set(1, "x");

void storage.setAll({ a: "1", b: bytes });
void storage.setAll(new Map<string, string | Uint8Array>([["a", "1"]]));
void storage.setAll([["a", "1"], ["b", bytes]]);
void storage.setAll(Object.entries({ a: "1" }));
// @ts-expect-error
void storage.setAll({ a: 1 });
// @ts-expect-error
void storage.setAll([["a"]]);

void storage.getMany(["a", "b"]);
void storage.getMany(new Set(["a"]));
// @ts-expect-error
void storage.getMany([1]);
void storage.getAll({ skipUnreadable: true });
// @ts-expect-error
void storage.getAll({ skip: true });

// --- the verbs: what comes out ------------------------------------------------------------------------------------------

same<Awaited<ReturnType<SecureStorage["set"]>>, void>();
same<Awaited<ReturnType<SecureStorage["setAll"]>>, void>();
same<Awaited<ReturnType<SecureStorage["get"]>>, string | undefined>();
same<Awaited<ReturnType<SecureStorage["getBytes"]>>, OwnBytes | undefined>();
same<Awaited<ReturnType<SecureStorage["getMany"]>>, Map<string, string>>();
same<Awaited<ReturnType<SecureStorage["getAll"]>>, Map<string, string>>();
same<Awaited<ReturnType<SecureStorage["getAllBytes"]>>, Map<string, OwnBytes>>();
same<Awaited<ReturnType<SecureStorage["containsKey"]>>, boolean>();
same<Awaited<ReturnType<SecureStorage["setIfAbsent"]>>, boolean>();
same<Awaited<ReturnType<SecureStorage["update"]>>, boolean>();
void storage.setIfAbsent("token", new Uint8Array(1));
void storage.update("count", (old) => {
  same<typeof old, string | undefined>();
  return old;
});
// @ts-expect-error the new value is computed at once
void storage.update("count", async () => "1");
same<Awaited<ReturnType<SecureStorage["remove"]>>, boolean>();
same<Awaited<ReturnType<SecureStorage["keys"]>>, string[]>();
same<Awaited<ReturnType<SecureStorage["clear"]>>, void>();
same<Awaited<ReturnType<SecureStorage["destroy"]>>, void>();
same<Awaited<ReturnType<SecureStorage["verify"]>>, VerifyReport>();
same<Awaited<ReturnType<SecureStorage["with"]>>, SecureStorage>();
same<Awaited<ReturnType<SecureStorage["importFrom"]>>, ImportReport>();
same<ReturnType<SecureStorage["close"]>, void>();

const token = await storage.get("token");
// @ts-expect-error a missing entry is undefined and must be looked at
token.length;
// @ts-expect-error undefined, never null
same<typeof token, string | null>();

// Bytes of their own buffer: they go into WebCrypto and Response as they are.
const blob = await storage.getBytes("blob");
if (blob) void crypto.subtle.digest("SHA-256", blob);


// --- with, watch, importFrom, reports -------------------------------------------------------------------------------

void storage.with({ engine: "webcrypto" });
void storage.with({ wrapKey: bytes, wrapKeyIv: "AAAA", useSessionStorage: false });
// @ts-expect-error the layout of an open store is settled
void storage.with({ layout: "flutter" });
// @ts-expect-error
void storage.with({ area: "memory" });
void storage.with({ fresh: true });
// @ts-expect-error
void storage.with({ fresh: "yes" });
// @ts-expect-error options of both layouts are of none
void storage.with({ fresh: true, engine: "webcrypto" });
// @ts-expect-error what opens a store is not asked for by call
void storage.with({ unlock: "device" });
same<CallOptions, SealedCallOptions | FlutterCallOptions>();
same<keyof FlutterCallOptions, "fresh" | "wrapKey" | "wrapKeyIv" | "useSessionStorage" | "engine">();
same<keyof SealedCallOptions, keyof FlutterCallOptions>();
same<Required<FlutterCallOptions>["fresh"], undefined>();
same<Required<SealedCallOptions>["wrapKey"] | Required<SealedCallOptions>["wrapKeyIv"] | Required<SealedCallOptions>["useSessionStorage"] | Required<SealedCallOptions>["engine"], undefined>();

const stop = storage.watch((change) => {
  same<typeof change, Change>();
  same<Pick<Change, keyof Change>, { readonly key: string | undefined; readonly kind: "set" | "remove" | "clear"; readonly remote: boolean }>();
  // @ts-expect-error a change carries no value
  change.value;
}, { signal: new AbortController().signal });
same<typeof stop, () => void>();
void storage.watch(() => {});

void storage.importFrom(storage);
void storage.importFrom(storage, { onConflict: "overwrite" });
// @ts-expect-error
void storage.importFrom(storage, { onConflict: "replace" });
// @ts-expect-error a source is an open store
void storage.importFrom("com.example.old");

same<VerifyReport["unreadable"], readonly Unreadable[]>();
same<VerifyReport["rotationAdvised"], boolean>();
same<Unreadable["code"], ErrorCode>();
same<Unreadable["key"], string | undefined>();
same<ImportReport, { readonly imported: readonly string[]; readonly skipped: readonly string[]; readonly unreadable: readonly Unreadable[]; readonly complete: boolean }>();
same<Availability["durability"], "persistent" | "best-effort" | "tab" | "memory">();
same<Availability["reason"], StorageError | undefined>();
// Nothing is "absent": a store that was evicted looks as if there had been none.
same<Availability["found"], "present" | "unknown">();
same<Availability["unlocks"], readonly UnlockInfo[]>();
declare const report: VerifyReport;
// @ts-expect-error reports are not changed by their readers
report.readable.push("x");
for (const { key } of report.unreadable) {
  // @ts-expect-error a sealed entry's name may be unreadable too
  key.length;
}

// --- unlocks ------------------------------------------------------------------------------------------------------------

same<ReturnType<SecureStorage["lock"]>, void>();
same<Awaited<ReturnType<SecureStorage["unlock"]>>, void>();
same<Awaited<ReturnType<SecureStorage["unlocks"]>>, UnlockInfo[]>();
same<Awaited<ReturnType<SecureStorage["addUnlock"]>>, string>();
same<Awaited<ReturnType<SecureStorage["removeUnlock"]>>, void>();
same<Awaited<ReturnType<SecureStorage["changeUnlock"]>>, string>();
same<Awaited<ReturnType<SecureStorage["rotate"]>>, void>();

storage.lock();
void storage.unlock();
void storage.unlock("device");
void storage.unlock({ passphrase });
// @ts-expect-error a passphrase says that it is one
void storage.unlock(passphrase);
// @ts-expect-error a store is opened by one of its unlocks
void storage.unlock(["device"]);

void storage.addUnlock({ appKey: bytes });
void storage.addUnlock("device");
void storage.addUnlock({ appKey: bytes }, { label: "recovery", onProgress: () => {} });
// @ts-expect-error a passphrase says that it is one
void storage.addUnlock(passphrase);
// @ts-expect-error an open store is enough: what opens it is not asked for again
void storage.addUnlock({ passphrase }, { appKey: bytes });
// @ts-expect-error a label is text
void storage.addUnlock({ appKey: bytes }, { label: 1 });

void storage.removeUnlock("00112233445566778899aabbccddeeff");
void storage.removeUnlock("device", { onProgress: (done, total) => done / total });
// @ts-expect-error one is removed by its id
void storage.removeUnlock({ passphrase });
// @ts-expect-error nobody is asked for those that stay
void storage.removeUnlock("device", [{ passphrase }]);

void storage.changeUnlock("device", { passphrase });
void storage.changeUnlock("00112233445566778899aabbccddeeff", { passphrase: "another" }, { label: "of the user", onProgress: () => {} });
// @ts-expect-error which one, and to what
void storage.changeUnlock({ passphrase });
// @ts-expect-error one is changed by its id
void storage.changeUnlock({ passphrase }, { passphrase: "another" });
// @ts-expect-error nobody is asked for those that stay
void storage.changeUnlock("device", { passphrase }, { kept: { appKey: bytes } });

void storage.removeUnreadable().then((removed: number) => removed);

void storage.rotate();
void storage.rotate({ onProgress: () => {} });
void storage.rotate({ keep: ["00112233445566778899aabbccddeeff", "device", { passphrase }, { appKey: bytes }] as const, onProgress: () => {} });
// @ts-expect-error several may stay
void storage.rotate({ keep: { passphrase } });
// @ts-expect-error nobody is asked for those that stay
void storage.rotate([{ passphrase }]);
// @ts-expect-error progress is two numbers
void storage.rotate({ onProgress: (done: string) => done });
same<RotateOptions["keep"], readonly (string | Unlock)[] | undefined>();
same<Parameters<NonNullable<ProgressOptions["onProgress"]>>, [done: number, total: number]>();

same<UnlockKind, "device" | "passphrase" | "app-key" | "recovery-code" | "passkey" | "unknown">();
same<Pick<UnlockInfo, keyof UnlockInfo>, { readonly id: string; readonly kind: UnlockKind; readonly label: string }>();
for (const unlock of await storage.unlocks()) {
  // @ts-expect-error a report of what is, not a way to change it
  unlock.label = "mine";
  // @ts-expect-error a secret is never given out
  unlock.passphrase;
}

// --- errors -----------------------------------------------------------------------------------------------------------

// A new code is added here too; one that goes or is renamed breaks apps.
same<
  ErrorCode,
  | "unavailable"
  | "unsupported"
  | "locked"
  | "cancelled"
  | "wrong-key"
  | "key-missing"
  | "corrupt"
  | "not-text"
  | "newer-format"
  | "too-large"
  | "quota-exceeded"
  | "invalid-argument"
  | "platform"
>();

try {
  await storage.get("token");
} catch (error) {
  if (error instanceof StorageError) {
    same<typeof error, StorageError>();
    same<typeof error.code, ErrorCode>();
    same<typeof error.name, "StorageError">();
    error.message satisfies string;
    const isError: Error = error;
    // `argument` is there with one code, and with no other.
    if (error.code === "invalid-argument") same<typeof error.argument, string>();
    else same<typeof error.argument, undefined>();
    // @ts-expect-error so it is not there for sure
    error.argument.length;
    // So is `needs`.
    if (error.code === "locked") {
      same<typeof error, LockedError>();
      same<typeof error.needs, readonly UnlockKind[]>();
      error.needs.includes("passphrase") satisfies boolean;
      // @ts-expect-error no such kind
      error.needs.includes("password");
      // @ts-expect-error read-only
      error.needs.push("device");
    } else same<typeof error.needs, undefined>();
    // @ts-expect-error so it is not there for sure
    error.needs.length;
    if (error.code === "invalid-argument") same<typeof error, InvalidArgumentError>();
    // @ts-expect-error no such code
    if (error.code === "decrypt-failed") throw isError;
    // @ts-expect-error `key` is there only where the error is about one entry
    error.key.length;
    // @ts-expect-error read-only
    error.code = "corrupt";
  }
}
declare const failure: Error;
if (failure instanceof StorageError) failure.code satisfies ErrorCode;

// An app's test makes those that it needs.
new StorageError("locked", "open the store again") satisfies StorageError;
new StorageError("locked", "open the store again", { needs: ["passphrase"] }) satisfies LockedError;
new StorageError("locked", "open the store again", { needs: undefined }).needs.length satisfies number;
new StorageError("corrupt", "damaged", { key: "token", cause: failure }) satisfies StorageError;
new StorageError("invalid-argument", "a key is text", { argument: "key" }).argument satisfies string;
// @ts-expect-error no such code
new StorageError("decrypt-failed", "no");
// @ts-expect-error it says what cannot be used
new StorageError("invalid-argument", "a key is text");
// @ts-expect-error only that code is about an argument
new StorageError("locked", "open the store again", { argument: "key" });
// @ts-expect-error only that code has them
new StorageError("wrong-key", "another one", { needs: ["passphrase"] });
// @ts-expect-error no such kind
new StorageError("locked", "open the store again", { needs: ["password"] });
// @ts-expect-error it says something
new StorageError("locked");

// --- disposal -----------------------------------------------------------------------------------------------------------

{
  await using scoped = await SecureStorage.open("app", { layout: "flutter", area: "memory" });
  await scoped.set("token", "s3cret");
}
same<ReturnType<SecureStorage[typeof Symbol.asyncDispose]>, Promise<void>>();
// @ts-expect-error closing waits for nothing, but disposal is async only
(() => { using scoped = storage; })();
