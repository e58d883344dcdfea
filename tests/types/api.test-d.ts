// Pins what pkg/index.d.ts promises: it compiles as it stands, and each `@ts-expect-error` line must not.

import {
  FLET_NAMESPACE,
  FLUTTER_NAMESPACE,
  SecureStorage,
  StorageError,
  type Availability,
  type CallOptions,
  type Change,
  type ErrorCode,
  type FlutterOptions,
  type ImportReport,
  type OpenOptions,
  type SealedOptions,
  type Unreadable,
  type VerifyReport,
} from "keyfold";

/** True when two types are the same, not just assignable. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const same = <A, B>(..._: Same<A, B> extends true ? [] : ["these types differ"]) => {};

declare const storage: SecureStorage;
declare const bytes: Uint8Array;

// --- open: a union told apart by `layout` ---------------------------------------------------------------------------

same<ReturnType<typeof SecureStorage.open>, Promise<SecureStorage>>();
same<OpenOptions, SealedOptions | FlutterOptions>();
same<NonNullable<OpenOptions["layout"]>, "sealed" | "flutter">();

void SecureStorage.open("com.example.notes");
void SecureStorage.open("com.example.notes", {});
void SecureStorage.open("com.example.notes", { layout: "sealed", area: "memory", mustExist: true });
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

// Not only in literals: an object of both worlds fits neither.
declare const mixed: { mustExist: boolean; wrapKey: string };
// @ts-expect-error
void SecureStorage.open("app", mixed);
same<keyof FlutterOptions, "area" | "mustExist" | "layout" | "wrapKey" | "wrapKeyIv" | "useSessionStorage" | "dbName" | "engine" | "unlock">();
same<Required<SealedOptions>["wrapKey"] | Required<SealedOptions>["wrapKeyIv"] | Required<SealedOptions>["useSessionStorage"] | Required<SealedOptions>["engine"], never>();
same<Required<FlutterOptions>["unlock"], never>();

same<Awaited<ReturnType<typeof SecureStorage.destroy>>, void>();
same<Awaited<ReturnType<typeof SecureStorage.availability>>, Availability>();
void SecureStorage.availability();
void SecureStorage.availability({ layout: "flutter", useSessionStorage: true });
void SecureStorage.destroy("app", { layout: "flutter" });

same<typeof FLUTTER_NAMESPACE, "FlutterSecureStorage">();
same<typeof FLET_NAMESPACE, "FletSecureStorage">();

// --- the handle -------------------------------------------------------------------------------------------------------

same<SecureStorage["namespace"], string>();
same<SecureStorage["layout"], "flutter" | "sealed">();
same<SecureStorage["protection"], "none" | "wrap-key">();
// @ts-expect-error read-only
storage.namespace = "other";
// @ts-expect-error read-only
storage.layout = "flutter";

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
same<Awaited<ReturnType<SecureStorage["getBytes"]>>, Uint8Array<ArrayBuffer> | undefined>();
same<Awaited<ReturnType<SecureStorage["getMany"]>>, Map<string, string>>();
same<Awaited<ReturnType<SecureStorage["getAll"]>>, Map<string, string>>();
same<Awaited<ReturnType<SecureStorage["getAllBytes"]>>, Map<string, Uint8Array<ArrayBuffer>>>();
same<Awaited<ReturnType<SecureStorage["containsKey"]>>, boolean>();
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
same<keyof CallOptions, "wrapKey" | "wrapKeyIv" | "useSessionStorage" | "engine">();

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
same<Unreadable["code"], ErrorCode>();
same<ImportReport, { readonly imported: readonly string[]; readonly skipped: readonly string[]; readonly unreadable: readonly Unreadable[] }>();
same<Availability["durability"], "persistent" | "best-effort" | "tab" | "memory">();
same<Availability["reason"], StorageError | undefined>();
declare const report: VerifyReport;
// @ts-expect-error reports are not changed by their readers
report.readable.push("x");

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
    same<typeof error.code, ErrorCode>();
    same<typeof error.name, "StorageError">();
    error.message satisfies string;
    const isError: Error = error;
    // @ts-expect-error no such code
    if (error.code === "decrypt-failed") throw isError;
    // @ts-expect-error `key` is there only where the error is about one entry
    error.key.length;
    // @ts-expect-error read-only
    error.code = "corrupt";
  }
}
// @ts-expect-error only keyfold makes them
new StorageError();

// --- disposal -----------------------------------------------------------------------------------------------------------

{
  await using scoped = await SecureStorage.open("app", { layout: "flutter", area: "memory" });
  await scoped.set("token", "s3cret");
}
same<ReturnType<SecureStorage[typeof Symbol.asyncDispose]>, Promise<void>>();
// @ts-expect-error closing waits for nothing, but disposal is async only
(() => { using scoped = storage; })();
