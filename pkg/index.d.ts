/**
 * Secure key–value storage for web apps: values are sealed with AES-GCM before they reach the
 * browser's storage. This version reads and writes the layout of Flutter's `flutter_secure_storage`
 * and of Flet's `SecureStorage`, byte for byte.
 *
 * ```ts
 * import { SecureStorage } from "keyfold";
 *
 * const storage = await SecureStorage.open("my-app", { layout: "flutter", wrapKey, wrapKeyIv });
 * await storage.set("token", "s3cret");
 * await storage.get("token");            // "s3cret"
 * ```
 *
 * @packageDocumentation
 */

/**
 * What went wrong, as a stable word. New words may be added; none changes its meaning.
 *
 * | code | meaning |
 * |---|---|
 * | `unavailable` | the storage cannot be used here: no secure context, storage blocked, WebAssembly blocked, handle closed |
 * | `unsupported` | not in this version or not on this platform; the message names what works |
 * | `locked` | the store needs another unlock than the one given, for example a wrap key |
 * | `cancelled` | the user dismissed a prompt |
 * | `wrong-key` | the key given does not open what is stored |
 * | `key-missing` | there are entries, but the key that opens them is gone |
 * | `corrupt` | stored text is damaged, or was sealed under another key; `key` names the entry |
 * | `not-text` | the value is intact but not UTF-8: read it with `getBytes` |
 * | `newer-format` | written by a newer version |
 * | `too-large` | larger than the format or the platform allows |
 * | `quota-exceeded` | the browser's storage is full; what was stored before is unchanged |
 * | `invalid-argument` | `argument` names the argument that cannot be used |
 * | `platform` | the browser failed in a way that has no code of its own; see `cause` |
 */
export type ErrorCode =
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
  | "platform";

/**
 * The one kind of error that this package rejects with. `message` says what to do next and never
 * holds a value or a key.
 */
export class StorageError extends Error {
  private constructor();
  readonly name: "StorageError";
  /** What went wrong, as a stable word. */
  readonly code: ErrorCode;
  /** The entry it is about, where it is about one. */
  readonly key?: string;
  /** The argument that cannot be used, with `invalid-argument`. */
  readonly argument?: string;
  /** The browser's own error, where there is one. */
  readonly cause?: unknown;
}

/** Options that both layouts know. */
interface CommonOptions {
  /**
   * `"memory"` keeps the entries in this page's memory only: for tests and server-side rendering.
   * Every `open` starts empty. Default: the browser's storage.
   */
  area?: "memory";
  /**
   * Reject with `key-missing` where there is no store yet, instead of creating one with the first
   * `set`. Default: false.
   */
  mustExist?: boolean;
}

/** Options of the layout of `flutter_secure_storage` and Flet's `SecureStorage`. */
export interface FlutterOptions extends CommonOptions {
  layout: "flutter";
  /**
   * The app's own AES key, 16 or 32 bytes, that wraps the data key: raw bytes, or base64 in either
   * alphabet, with its padding. Goes with `wrapKeyIv`. Without it the data key lies in the clear
   * beside the data, as in the original.
   */
  wrapKey?: string | Uint8Array;
  /** The nonce of that wrap, any length but 0, in the same forms. Goes with `wrapKey`. */
  wrapKeyIv?: string | Uint8Array;
  /** Use this tab's sessionStorage instead of localStorage. Default: false. */
  useSessionStorage?: boolean;
  /** Accepted and without effect, as in the original. */
  dbName?: string;
  /**
   * What seals the values. `"auto"` (default) seals small values in WebAssembly, which is faster,
   * and large ones with WebCrypto; the data key's bytes are then in WebAssembly memory.
   * `"webcrypto"` holds the data key as a non-extractable `CryptoKey` only.
   */
  engine?: "auto" | "webcrypto";
  /** Belongs to the sealed layout. */
  unlock?: never;
}

/**
 * Options of keyfold's own layout, the default of {@link SecureStorage.open}.
 *
 * @experimental It is not in this version: `open` rejects with `unsupported`.
 */
export interface SealedOptions extends CommonOptions {
  layout?: "sealed";
  /** Belongs to the flutter layout. */
  wrapKey?: never;
  /** Belongs to the flutter layout. */
  wrapKeyIv?: never;
  /** Belongs to the flutter layout. */
  useSessionStorage?: never;
  /** Belongs to the flutter layout. */
  engine?: never;
}

/** How a store is opened, told apart by `layout`. */
export type OpenOptions = SealedOptions | FlutterOptions;

/** Options that {@link SecureStorage.with} changes; what is left out stays as it was opened. */
export type CallOptions = Pick<FlutterOptions, "wrapKey" | "wrapKeyIv" | "useSessionStorage" | "engine">;

/** The namespace of Flutter apps that do not name one (`WebOptions.publicKey`). */
export const FLUTTER_NAMESPACE: "FlutterSecureStorage";
/** The namespace of Flet apps that do not name one (`WebOptions.public_key`). */
export const FLET_NAMESPACE: "FletSecureStorage";

/** One change of an entry. It carries no value: read it, if it matters. */
export interface Change {
  /** The entry that changed; undefined when all were removed at once. */
  readonly key: string | undefined;
  /** Another tab's `clear` and `destroy` arrive as one `"remove"` for each entry. */
  readonly kind: "set" | "remove" | "clear";
  /** True when another tab or frame made the change. */
  readonly remote: boolean;
}

/** An entry that cannot be read, and why. */
export interface Unreadable {
  readonly key: string;
  readonly code: ErrorCode;
  readonly message: string;
}

/** What {@link SecureStorage.verify} found. */
export interface VerifyReport {
  /** Names of the entries that open. */
  readonly readable: readonly string[];
  readonly unreadable: readonly Unreadable[];
  /**
   * Storage names that start like this namespace's but belong to a longer one (`app.x.token` beside
   * `app`), or that are not well-formed text.
   */
  readonly passedOver: readonly string[];
}

/** What {@link SecureStorage.importFrom} did. The source is unchanged: `source.clear()` empties it. */
export interface ImportReport {
  /** Names of the entries that were written here. */
  readonly imported: readonly string[];
  /** Names that were here already and were left as they are. */
  readonly skipped: readonly string[];
  /** Entries of the source that could not be read; they were not written. */
  readonly unreadable: readonly Unreadable[];
}

/** Whether a store can be used here, and how long what is written will stay. */
export interface Availability {
  readonly usable: boolean;
  /** Why not, when it is not usable. */
  readonly reason?: StorageError;
  /**
   * `"persistent"`: the browser promised not to evict it. `"best-effort"`: the browser may evict it
   * under storage pressure or after disuse. `"tab"`: until the tab closes. `"memory"`: until the
   * handle goes.
   */
  readonly durability: "persistent" | "best-effort" | "tab" | "memory";
  /** Whether a copy of the stored bytes, with the app's own wrap key if there is one, opens elsewhere. */
  readonly recoverable: boolean;
}

/**
 * One namespace of secure storage. Handles are cheap, may be used from many places at once, and see
 * each other's writes.
 *
 * Needs a secure context (https or localhost) and WebCrypto: Chromium 111, Firefox 119, Safari 16.4
 * or newer. The flutter layout lives in localStorage, so it works in windows and frames, not in
 * workers.
 */
export class SecureStorage implements AsyncDisposable {
  private constructor();

  /**
   * Opens a namespace; Flutter's name for it is `publicKey`. Nothing is written before the first
   * `set`. Plain Flutter apps use `"FlutterSecureStorage"`, Flet apps `"FletSecureStorage"` unless
   * they name another.
   *
   * @throws {StorageError} `invalid-argument` for a key, an IV or an option that cannot be used ·
   * `wrong-key` when the wrap key does not open the stored data key · `locked` when the data key is
   * wrapped and no wrap key was given, or the reverse · `corrupt` when the key entry is damaged ·
   * `key-missing` with `mustExist` · `unavailable` where storage, WebCrypto or WebAssembly is
   * blocked · `unsupported` without `layout: "flutter"`.
   */
  static open(namespace: string, options?: OpenOptions): Promise<SecureStorage>;

  /**
   * Removes a namespace whole, without opening it: entries, key and claim. The way out when its wrap
   * key is lost, and never done on its own.
   *
   * @throws {StorageError} `invalid-argument`, `unavailable`, `unsupported`.
   */
  static destroy(namespace: string, options?: OpenOptions): Promise<void>;

  /** Tells whether a store with these options can be used here; never rejects for a reason that it can tell. */
  static availability(options?: OpenOptions): Promise<Availability>;

  /** The namespace that this handle was opened with. */
  readonly namespace: string;
  readonly layout: "flutter" | "sealed";
  /** What guards the data key: `"none"` when it lies in the clear beside the data. */
  readonly protection: "none" | "wrap-key";

  /**
   * Seals a value and stores it; resolves when it is stored. The first one makes the data key.
   *
   * @throws {StorageError} `quota-exceeded` (the old value stays) · `invalid-argument` for text with
   * lone surrogates, or where another namespace keeps its data key (`x` in `app` beside `app.x`) ·
   * `key-missing` when entries are there without their key · `wrong-key`, `locked`,
   * `corrupt` as for {@link open}.
   */
  set(key: string, value: string | Uint8Array): Promise<void>;

  /**
   * Stores several values: all of them or, when one cannot be stored, none.
   *
   * @throws {StorageError} as {@link set}.
   */
  setAll(entries: Iterable<readonly [string, string | Uint8Array]> | Readonly<Record<string, string | Uint8Array>>): Promise<void>;

  /**
   * Opens a value, or gives undefined where there is no such entry. An entry that cannot be read is
   * always an error.
   *
   * @throws {StorageError} `corrupt` · `not-text` · `key-missing` · `wrong-key`.
   */
  get(key: string): Promise<string | undefined>;

  /** Opens a value as bytes. Throws as {@link get}, without `not-text`. */
  getBytes(key: string): Promise<Uint8Array<ArrayBuffer> | undefined>;

  /** Opens several values at once; names that are not there are not in the map. Throws as {@link get}. */
  getMany(keys: Iterable<string>): Promise<Map<string, string>>;

  /**
   * Opens every entry, in the order of their names.
   *
   * @param options.skipUnreadable leave out entries that are `corrupt`, which {@link verify} names, or
   * `not-text`, which {@link getAllBytes} gives. A missing or wrong data key is still an error.
   * @throws {StorageError} as {@link get}, for the first entry that cannot be read.
   */
  getAll(options?: { skipUnreadable?: boolean }): Promise<Map<string, string>>;

  /** {@link getAll} with values as bytes. */
  getAllBytes(options?: { skipUnreadable?: boolean }): Promise<Map<string, Uint8Array<ArrayBuffer>>>;

  /** Whether there is such an entry, readable or not. Nothing is opened. */
  containsKey(key: string): Promise<boolean>;

  /**
   * Removes an entry; false where there was none.
   *
   * @throws {StorageError} `invalid-argument` where another namespace keeps its data key (`x` in `app`
   * beside `app.x`).
   */
  remove(key: string): Promise<boolean>;

  /** Names of all entries, readable or not, sorted as `Array.prototype.sort` does. Nothing is opened. */
  keys(): Promise<string[]>;

  /** Removes every entry and keeps the data key. Other namespaces are left alone. */
  clear(): Promise<void>;

  /** Removes entries, data key and claim. The way to change a wrap key: then open with the new one. */
  destroy(): Promise<void>;

  /** Opens every entry and tells which cannot be read, and why. Changes nothing. */
  verify(): Promise<VerifyReport>;

  /**
   * The same namespace with some options changed, for a call or two: `await storage.with({ engine:
   * "webcrypto" }).then((s) => s.get("token"))`. Cheap when called again with the same options.
   *
   * @throws {StorageError} as {@link open}.
   */
  with(options: CallOptions): Promise<SecureStorage>;

  /**
   * Calls back for every later change of this namespace's entries, made through this handle, another
   * one, or another tab. What the callback throws is reported to the page (`reportError`) and harms
   * nobody else.
   *
   * @returns a function that ends the watching; the `signal` does so too.
   */
  watch(listener: (change: Change) => void, options?: { signal?: AbortSignal }): () => void;

  /**
   * Copies the entries of another store into this one. Everything is read before anything is
   * written, and the source stays as it is.
   *
   * @param options.onConflict what to do with a name that is here already: `"skip"` (default, and
   * reported), `"overwrite"`, or `"fail"`, which rejects with `invalid-argument` and writes nothing.
   */
  importFrom(source: SecureStorage, options?: { onConflict?: "skip" | "overwrite" | "fail" }): Promise<ImportReport>;

  /** Lets go of the key and ends every watch. Calls that are under way finish; later ones reject with `unavailable`. */
  close(): void;

  /** {@link close}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
}
