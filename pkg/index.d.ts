/// <reference lib="esnext.disposable" />

/**
 * Secure key–value storage for web apps: values are sealed with AES-GCM before they reach the
 * browser's storage.
 *
 * There are two layouts. The sealed one is keyfold's own and the default; it hides names too. The
 * flutter layout is that of Flutter's `flutter_secure_storage` and Flet's `SecureStorage`, byte for
 * byte.
 *
 * ```ts
 * import { SecureStorage } from "keyfold";
 *
 * const storage = await SecureStorage.open("com.example.notes");
 * await storage.set("token", "s3cret");
 * await storage.get("token");            // "s3cret"
 * ```
 *
 * @packageDocumentation
 */

/**
 * What went wrong, as a stable code. New codes may be added; none changes its meaning.
 *
 * | code | meaning |
 * |---|---|
 * | `unavailable` | the storage cannot be used here: no secure context, storage blocked or missing, WebAssembly blocked, missing or altered, handle closed; the message says which |
 * | `unsupported` | not in this version, or not on this platform; the message names what works |
 * | `locked` | the store was locked by `lock`, or needs another kind of unlock or key than the one given; `needs` lists the kinds of unlock that open it |
 * | `cancelled` | the user dismissed a prompt |
 * | `wrong-key` | the passphrase, app key, recovery code or wrap key given does not open what is stored |
 * | `key-missing` | there are entries, but the key that opens them is gone; with `mustExist` also: there is no store |
 * | `corrupt` | what is stored is damaged, or was sealed under another key; `key` names the entry if it is known |
 * | `not-text` | the value is intact but not UTF-8: read it with `getBytes` |
 * | `newer-format` | written by a newer version of keyfold |
 * | `too-large` | larger than the format or the platform allows |
 * | `quota-exceeded` | the browser's storage is full; what was stored before is unchanged |
 * | `invalid-argument` | `argument` names the argument that cannot be used |
 * | `platform` | the browser failed in some other way, or WebAssembly has stopped for lack of memory: open the store again; see `cause` |
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

/** The kinds of unlocks. `"unknown"`: from a newer version of keyfold. */
export type UnlockKind = "device" | "passphrase" | "app-key" | "recovery-code" | "passkey" | "unknown";

/** What every {@link StorageError} has. */
interface StorageErrorProperties extends Error {
  readonly name: "StorageError";
  /** The entry that the error is about, if its name is known. */
  readonly key?: string;
  /** The browser's own error, if there is one. */
  readonly cause?: unknown;
}

/** A {@link StorageError} about an argument. */
export interface InvalidArgumentError extends StorageErrorProperties {
  readonly code: "invalid-argument";
  /** The argument that cannot be used. */
  readonly argument: string;
  /** Only with `locked`. */
  readonly needs?: undefined;
}

/** A {@link StorageError} of a store that is locked, or that the given kind of unlock does not open. */
export interface LockedError extends StorageErrorProperties {
  readonly code: "locked";
  /**
   * The kinds of unlock that open the store, each once: what to ask the user for. A handle after `lock`
   * tells what it saw last. Empty in the flutter layout, which has a wrap key or none.
   *
   * No key authenticates them. Whoever can write to the storage can change them.
   */
  readonly needs: readonly UnlockKind[];
  /** Only with `invalid-argument`. */
  readonly argument?: undefined;
}

/** A {@link StorageError} about anything else. */
export interface OtherStorageError extends StorageErrorProperties {
  /** What went wrong, as a stable code. */
  readonly code: Exclude<ErrorCode, "invalid-argument" | "locked">;
  /** Only with `invalid-argument`. */
  readonly argument?: undefined;
  /** Only with `locked`. */
  readonly needs?: undefined;
}

/**
 * The only error that this package rejects with. `message` says what to do next, and never contains
 * a value or a key.
 *
 * ```ts
 * if (error instanceof StorageError && error.code === "wrong-key") askAgain();
 * ```
 *
 * An app's tests can make one: `new StorageError("wrong-key", "the passphrase is wrong")`.
 */
export type StorageError = InvalidArgumentError | LockedError | OtherStorageError;
export const StorageError: {
  new (code: "invalid-argument", message: string, details: { argument: string; key?: string | undefined; cause?: unknown }): InvalidArgumentError;
  new (code: "locked", message: string, details?: { needs?: readonly UnlockKind[] | undefined; key?: string | undefined; cause?: unknown }): LockedError;
  new (code: Exclude<ErrorCode, "invalid-argument" | "locked">, message: string, details?: { key?: string | undefined; cause?: unknown }): OtherStorageError;
  readonly prototype: StorageError;
};

/** Bytes. keyfold takes a copy, and changes nothing of what it is given. They may be of another frame. */
export type Bytes = Uint8Array | ArrayBuffer;

/** Bytes of their own buffer: `Uint8Array<ArrayBuffer>`, or `Uint8Array` before TypeScript 5.7. */
type OwnBytes = ReturnType<Uint8ArrayConstructor["of"]>;

/**
 * What opens a sealed store.
 *
 * - `"device"`, the default: asks for nothing, and opens in this browser profile only. The data key
 *   is a non-extractable `CryptoKey` in IndexedDB. No script can read its bytes, but every script of
 *   the origin can use it here, and a copy of the browser's profile contains it.
 * - `{ passphrase }`: what the user knows. Argon2id derives a key from it, with 64 MiB of memory in 3
 *   passes. That blocks the calling thread for about a third of a second. Any text except the empty
 *   one; nothing is trimmed, and case counts. A forgotten passphrase cannot be recovered: a second
 *   unlock ({@link SecureStorage.addUnlock}) is the only other way in.
 * - `{ appKey }`: the app's own 32 random bytes, raw or in base64 (either alphabet, with padding).
 *   For example, the app's server hands them out after the login. No slow derivation protects them,
 *   so they must not be a password or made from one.
 * - `{ recoveryCode }`: a code that {@link SecureStorage.recoveryCode} has made, as its user types it
 *   from paper. Case, spaces and hyphens do not count; the letter O is read as 0, I and L as 1. A
 *   typing error is `invalid-argument`, and the code of another store is `wrong-key`,
 *   or `locked` if the store has no code.
 *
 * Give a passphrase, an app key or a recovery code at every `open`: keyfold does not store them.
 */
export type Unlock =
  | "device"
  | {
      /** What the user knows: any text except the empty one. Nothing is trimmed, and case counts. */
      passphrase: string;
      appKey?: undefined;
      recoveryCode?: undefined;
    }
  | {
      /** 32 random bytes, raw or in base64 (either alphabet, with padding). Not a password. */
      appKey: string | Bytes;
      passphrase?: undefined;
      recoveryCode?: undefined;
    }
  | {
      /** A code of {@link SecureStorage.recoveryCode}, as its user types it. */
      recoveryCode: string;
      passphrase?: undefined;
      appKey?: undefined;
    };

/** A new recovery code. It opens nothing until it is added to a store. */
export interface RecoveryCode {
  /** 9 groups of 4 digits and capital letters, with hyphens between them. Show it once, and do not store it. */
  readonly text: string;
}

/**
 * One of the unlocks of a sealed store. Each of them opens the store. No key authenticates it before
 * the store is opened: whoever can write to the storage can change it. So show `label` as text that may
 * be anybody's.
 */
export interface UnlockInfo {
  /** For {@link SecureStorage.changeUnlock} and {@link SecureStorage.removeUnlock}: 32 hexadecimal digits, or `"device"`. */
  readonly id: string;
  /** `"unknown"`: from a newer version of keyfold, which opens it. It stays when keys are changed, and can be removed. */
  readonly kind: UnlockKind;
  /** The label that it was added with; `""` for none. It is stored in the clear. */
  readonly label: string;
}

/** Options of {@link SecureStorage.getAll} and {@link SecureStorage.getAllBytes}. */
export interface ReadOptions {
  /**
   * Leave out `corrupt` entries, which {@link SecureStorage.verify} lists, and `not-text` entries, which
   * {@link SecureStorage.getAllBytes} reads. A missing or wrong data key is still an error. Default: false.
   */
  skipUnreadable?: boolean | undefined;
}

/** Options of {@link SecureStorage.watch}. */
export interface WatchOptions {
  /** Ends the watch when it is aborted, as the function does that `watch` returns. */
  signal?: AbortSignal | undefined;
}

/** Options of {@link SecureStorage.importFrom}. */
export interface ImportOptions {
  /**
   * What to do with a name that is already here: `"skip"` it and report it (default), `"overwrite"`, or
   * `"fail"`, which rejects with `invalid-argument` and writes nothing.
   */
  onConflict?: "skip" | "overwrite" | "fail" | undefined;
}

/** Options of {@link SecureStorage.addUnlock}. */
export interface AddUnlockOptions extends ProgressOptions {
  /** A name for the new unlock, up to 64 bytes, stored in the clear. `"device"` has none. Default: none. */
  label?: string | undefined;
}

/** Options of {@link SecureStorage.changeUnlock}. */
export interface ChangeUnlockOptions extends ProgressOptions {
  /** A name for the new unlock, as in {@link SecureStorage.addUnlock}. Default: the name of the old one. */
  label?: string | undefined;
}

/** Options of {@link SecureStorage.rotate}. */
export interface RotateOptions extends ProgressOptions {
  /**
   * The unlocks that stay: ids, as {@link SecureStorage.unlocks} lists them, or the unlocks themselves.
   * The others open nothing any more. Default: all stay.
   *
   * For an unlock that is given, its public key is taken from under its own secret, where nobody else
   * can have changed it. For an id it is taken from where everybody who had the store open could.
   */
  keep?: readonly (string | Unlock)[] | undefined;
}

/** Progress of a call that seals every entry again. */
export interface ProgressOptions {
  /**
   * Called with the number of entries done and the number of all entries. It starts over if another
   * tab writes meanwhile. While other tabs are made to wait it is not called, and after that once, at
   * the end. What it throws is reported to the page (`reportError`) and stops nothing.
   */
  onProgress?: ((done: number, total: number) => void) | undefined;
}

/** Options of both layouts. */
interface CommonOptions {
  /**
   * `"memory"` keeps the entries only in this page's memory, for tests and server-side rendering.
   * Every `open` starts empty. Default: the browser's storage.
   */
  area?: "memory" | undefined;
  /**
   * Reject with `key-missing` if there is no store yet, instead of creating one. Default: false.
   */
  mustExist?: boolean | undefined;
}

/** Options of keyfold's own layout, the default of {@link SecureStorage.open}. */
export interface SealedOptions extends CommonOptions {
  /** Where and how entries are stored. `"sealed"`, the default, is keyfold's own layout. */
  layout?: "sealed" | undefined;
  /**
   * What opens the store. If this call makes the store, what protects it from then on. Default:
   * `"device"`.
   */
  unlock?: Unlock | undefined;
  /**
   * The IndexedDB database of the store. Stores with the same name in two databases are separate.
   * Default: `"keyfold"`. `"keyfold-claims"` is reserved.
   */
  dbName?: string | undefined;
  /** Belongs to the flutter layout. Here an app's own key is `unlock: { appKey }`. */
  wrapKey?: undefined;
  /** Belongs to the flutter layout. Here an app's own key is `unlock: { appKey }`. */
  wrapKeyIv?: undefined;
  /** Belongs to the flutter layout. */
  useSessionStorage?: undefined;
  /** Belongs to the flutter layout. The sealed layout always uses WebCrypto. */
  engine?: undefined;
}

/** Options of the layout of `flutter_secure_storage` and Flet's `SecureStorage`. */
export interface FlutterOptions extends CommonOptions {
  /** Where and how entries are stored. `"flutter"` is what Flutter and Flet apps read and write. */
  layout: "flutter";
  /**
   * The app's own AES key of 16 or 32 bytes, which wraps the data key: raw bytes, or base64 in either
   * alphabet, with padding. Needs `wrapKeyIv`. Without a wrap key the data key lies in the clear
   * beside the data, as in the original.
   */
  wrapKey?: string | Bytes | undefined;
  /** The nonce of that wrap, of any length except 0, in the same forms. Needs `wrapKey`. */
  wrapKeyIv?: string | Bytes | undefined;
  /** Use this tab's sessionStorage instead of localStorage. Default: false. */
  useSessionStorage?: boolean | undefined;
  /** Has no effect, as in the original. */
  dbName?: string | undefined;
  /**
   * What seals the values. `"auto"` (default) seals small values in WebAssembly, which is faster,
   * and large ones with WebCrypto. The data key's bytes are then in WebAssembly memory.
   * `"webcrypto"` holds the data key only as a non-extractable `CryptoKey`.
   */
  engine?: "auto" | "webcrypto" | undefined;
  /** Belongs to the sealed layout. Here an app's own key is `wrapKey` with `wrapKeyIv`. */
  unlock?: undefined;
}

/**
 * How to open a store. `layout` decides which options there are. Only an object's own properties are
 * options, here and in every other call: what it inherits has no effect.
 */
export type OpenOptions = SealedOptions | FlutterOptions;

/** Options of {@link SecureStorage.availability}. */
export type AvailabilityOptions = OpenOptions & {
  /** Also look for the store of this name; `found` and `unlocks` have the answer. */
  namespace?: string | undefined;
};

/** Options that {@link SecureStorage.with} changes in the flutter layout. */
export interface FlutterCallOptions extends Pick<FlutterOptions, "wrapKey" | "wrapKeyIv" | "useSessionStorage" | "engine"> {
  /** Belongs to the sealed layout. The flutter layout keeps no copies. */
  fresh?: undefined;
}

/** Options that {@link SecureStorage.with} changes in the sealed layout. */
export interface SealedCallOptions {
  /**
   * Read from the database at every call, not from the sealed copies that a handle keeps. For a
   * moment, until news of another tab's write arrives, a copy may be older. Default: false.
   */
  fresh?: boolean | undefined;
  /** Belongs to the flutter layout. */
  wrapKey?: undefined;
  /** Belongs to the flutter layout. */
  wrapKeyIv?: undefined;
  /** Belongs to the flutter layout. */
  useSessionStorage?: undefined;
  /** Belongs to the flutter layout. */
  engine?: undefined;
}

/** Options that {@link SecureStorage.with} changes. Options left out stay as they are. */
export type CallOptions = SealedCallOptions | FlutterCallOptions;

/** The namespace of Flutter apps that do not name one (`WebOptions.publicKey`). */
export const FLUTTER_NAMESPACE: "FlutterSecureStorage";
/** The namespace of Flet apps that do not name one (`WebOptions.public_key`). */
export const FLET_NAMESPACE: "FletSecureStorage";

/** One change of an entry. It has no value: read the entry if you need it. */
export interface Change {
  /** The entry that changed; undefined if all were removed at once. */
  readonly key: string | undefined;
  /**
   * Another tab's `clear` and `destroy` arrive as one `"remove"` for each entry. The sealed layout
   * finds others' changes by comparing. If an entry changed several times, only the last change is
   * reported. After a rotation with a write right behind it, every entry may be reported as `"set"`.
   */
  readonly kind: "set" | "remove" | "clear";
  /** True if another tab or frame made the change; in the sealed layout also if a worker did. */
  readonly remote: boolean;
}

/** An entry that cannot be read, and why. */
export interface Unreadable {
  /** Undefined in the sealed layout if the name cannot be read either: it is sealed with the value. */
  readonly key: string | undefined;
  /** Why, as the `code` of the error that reading it gives. */
  readonly code: ErrorCode;
  /** Why, in words. */
  readonly message: string;
}

/** What {@link SecureStorage.verify} found. */
export interface VerifyReport {
  /** Names of the entries that open. */
  readonly readable: readonly string[];
  readonly unreadable: readonly Unreadable[];
  /**
   * Names in the storage that start like this namespace's but belong to a longer namespace
   * (`app.x.token` beside `app`), or that are not well-formed text. Empty in the sealed layout.
   */
  readonly passedOver: readonly string[];
  /**
   * True once this handle has sealed 2³⁰ times under the store's data key:
   * {@link SecureStorage.rotate} should make a new key. False in the flutter layout.
   */
  readonly rotationAdvised: boolean;
}

/** What {@link SecureStorage.importFrom} did. The source is unchanged: `source.clear()` empties it. */
export interface ImportReport {
  /** Names of the entries that were written here. */
  readonly imported: readonly string[];
  /** Names that were already here; these entries were left as they are. */
  readonly skipped: readonly string[];
  /** Entries of the source that could not be read. They were not written. */
  readonly unreadable: readonly Unreadable[];
  /**
   * True only if nothing was skipped and nothing was unreadable: then all that the source had is here. Entries that
   * somebody wrote into the source since it was read are not counted.
   */
  readonly complete: boolean;
}

/** Whether a store can be used here, and how long its entries will stay. */
export interface Availability {
  /** Whether `open` with these options can work here. */
  readonly usable: boolean;
  /** Why the store cannot be used. Set only if `usable` is false. */
  readonly reason?: StorageError;
  /**
   * `"persistent"`: the browser promised not to evict it. `"best-effort"`: the browser may evict it
   * under storage pressure or after disuse. `"tab"`: until the tab closes. `"memory"`: until the
   * handle is gone.
   */
  readonly durability: "persistent" | "best-effort" | "tab" | "memory";
  /**
   * Whether a copy of the stored bytes opens elsewhere, with the passphrase, app key, recovery code or wrap
   * key if there is one. False with `unlock: "device"`, because that key does not leave the browser.
   */
  readonly recoverable: boolean;
  /**
   * `"present"`: there is a store of this `namespace`. `"unknown"`: none was found; it was never used,
   * or the browser has evicted it. Without a `namespace` always `"unknown"`. A store that is damaged is
   * there too, and `reason` says what is wrong.
   */
  readonly found: "present" | "unknown";
  /**
   * What opens the store that was found, as {@link SecureStorage.unlocks} lists it. Empty without a
   * store, if its unlocks cannot be read, and in the flutter layout.
   */
  readonly unlocks: readonly UnlockInfo[];
}

/**
 * One namespace of secure storage. Handles are cheap, may be used from many places at once, and see
 * each other's writes.
 *
 * Needs a secure context (https or localhost) and WebCrypto: Chromium 111, Firefox 119, Safari 16.4
 * or newer. The sealed layout lies in IndexedDB. It works in windows and frames, and in dedicated,
 * shared and service workers. The flutter layout lies in localStorage. It works in windows and
 * frames, but not in workers.
 */
export class SecureStorage implements AsyncDisposable {
  private constructor();

  /**
   * Opens a namespace. The namespace is the app's own name for its store.
   *
   * Without a `layout` this opens keyfold's own, sealed layout. If there is no store yet, this makes
   * one, and `unlock` says what protects it. After that, give an unlock of that store.
   *
   * ```ts
   * const storage = await SecureStorage.open("com.example.notes");
   * const diary = await SecureStorage.open("com.example.diary", { unlock: { passphrase } });
   * ```
   *
   * With `layout: "flutter"` this opens what a Flutter or Flet app of this origin reads and writes.
   * Such apps call the namespace `publicKey` or `public_key`. Apps that name none use
   * {@link FLUTTER_NAMESPACE} or {@link FLET_NAMESPACE}. Nothing is written before the first `set`.
   *
   * ```ts
   * const flet = await SecureStorage.open("FletSecureStorage", { layout: "flutter" });
   * const wrapped = await SecureStorage.open("my-app", { layout: "flutter", wrapKey, wrapKeyIv });
   * ```
   *
   * @throws {StorageError} `invalid-argument` for a name, a key, a passphrase or an option that cannot
   * be used · `wrong-key` if the passphrase, app key, recovery code or wrap key does not open the store · `locked`
   * if the store has no unlock of the kind given, or its data key is wrapped and no wrap key was
   * given, or the reverse · `corrupt` if the key ring or key entry is damaged · `key-missing` with
   * `mustExist`, or if the keys of a sealed store are gone · `newer-format` · `quota-exceeded` if
   * there is no room for a new store · `unavailable` if storage, WebCrypto or WebAssembly is
   * blocked · `unsupported` for a wrap IV of a length that this browser refuses.
   */
  static open(namespace: string, options?: OpenOptions): Promise<SecureStorage>;

  /**
   * Removes a whole namespace, entries and keys, without opening it. This is the way out if nothing
   * opens the store any more. keyfold never does it by itself. `unlock` and the wrap key are not
   * needed; `layout`, `dbName` and `useSessionStorage` say where the store lies.
   *
   * @throws {StorageError} `invalid-argument`, `unavailable`.
   */
  static destroy(namespace: string, options?: OpenOptions): Promise<void>;

  /**
   * Tells whether a store with these options can be used here, how long it will stay, and, with a
   * `namespace`, whether it is there and what opens it. Makes no store. What makes a store unusable is
   * in `reason`, and does not reject. Whether `unlock` opens the store is not tried: `unlocks` has the
   * kinds.
   *
   * @throws {StorageError} `invalid-argument` for unknown options, or options of the wrong type.
   */
  static availability(options?: AvailabilityOptions): Promise<Availability>;

  /**
   * Lists what opens the store of a namespace, without opening it: which question to ask the user.
   * Empty if there is no store. Changes and makes nothing. `dbName` says where the store lies; the other
   * options make no difference.
   *
   * ```ts
   * const unlocks = await SecureStorage.unlocks("com.example.diary");
   * if (unlocks.some(({ kind }) => kind === "passphrase")) askForPassphrase();
   * ```
   *
   * No key authenticates the list before the store is opened. Whoever can write to the storage can put
   * another one there, with other labels.
   *
   * @throws {StorageError} `invalid-argument` · `corrupt` if the key ring is damaged · `key-missing` if
   * there are entries and no key ring · `newer-format` · `unavailable` · `unsupported` in the flutter
   * layout.
   */
  static unlocks(namespace: string, options?: SealedOptions): Promise<UnlockInfo[]>;

  /**
   * Makes a recovery code of 160 random bits, for the user to write down: another way in if a
   * passphrase is forgotten. It needs no slow derivation.
   *
   * ```ts
   * const { text } = await SecureStorage.recoveryCode();              // "7KQ2-…", 9 groups of 4
   * await diary.addUnlock({ recoveryCode: text }, { label: "paper" });
   * const later = await SecureStorage.open("com.example.diary", { unlock: { recoveryCode: typed } });
   * ```
   *
   * @throws {StorageError} `unavailable` if WebAssembly is blocked, or its file cannot be fetched.
   */
  static recoveryCode(): Promise<RecoveryCode>;

  /**
   * Asks the browser not to evict what this origin stores; true if it promised. Some browsers ask the
   * user, others decide by how the site is used.
   *
   * @throws {StorageError} `unsupported` where the browser cannot be asked, as in workers · `unavailable`
   * where nothing is kept: not in a secure context, or in a sandboxed frame.
   */
  static persist(): Promise<boolean>;

  /** The namespace that this handle was opened with. */
  readonly namespace: string;
  /** The layout that this handle was opened with. */
  readonly layout: "flutter" | "sealed";
  /**
   * What guards the data key. In the sealed layout, the kind of the store's weakest unlock: `"device"` where
   * it is one of them, otherwise `"passphrase"`, otherwise what opened this handle. In the flutter layout,
   * `"wrap-key"`, or `"none"` if the data key lies in the clear beside the data.
   */
  readonly protection: "none" | "wrap-key" | "device" | "passphrase" | "app-key" | "recovery-code";
  /**
   * True from {@link lock} until {@link unlock}. Also true once a call or a watch has found that somebody
   * else changed the keys, so that an unlock is needed again. Throws `unavailable` after {@link close}.
   */
  readonly locked: boolean;

  /**
   * Seals a value and stores it. Resolves once it is stored. In the flutter layout the first `set`
   * makes the data key.
   *
   * @throws {StorageError} `quota-exceeded` (the old value stays) · `invalid-argument` for text with
   * lone surrogates · `too-large` in the sealed layout, for a name of more than 65 536 bytes or a value
   * of more than 1 GiB · `key-missing` if entries are there without their key · `wrong-key`,
   * `locked`, `corrupt`, `newer-format` as for {@link open}. In the flutter layout also
   * `invalid-argument` if another namespace keeps its data key there (`x` in `app` beside `app.x`).
   */
  set(key: string, value: string | Bytes): Promise<void>;

  /**
   * Stores several values: all of them, or none if one cannot be stored.
   *
   * @throws {StorageError} as {@link set}.
   */
  setAll(entries: Iterable<readonly [string, string | Bytes]> | Readonly<Record<string, string | Bytes>>): Promise<void>;

  /**
   * Stores a value unless there is such an entry already, readable or not. Resolves with whether it did.
   *
   * In the sealed layout the look and the write are one transaction: of several tabs and workers that call this at
   * once, exactly one gets true. In the flutter layout this holds within one tab only, because localStorage has no
   * transactions.
   *
   * @throws {StorageError} as {@link set}.
   */
  setIfAbsent(key: string, value: string | Bytes): Promise<boolean>;

  /**
   * Changes a value: `change` gets the old one, undefined if there is no such entry, and returns the new one. If it
   * returns undefined, nothing is written. Resolves with whether a value was written.
   *
   * ```ts
   * await storage.update("visits", (old) => String(Number(old ?? 0) + 1));
   * ```
   *
   * No write of another handle is lost: if the entry or the keys were changed meanwhile, `change` is called again with
   * the new value. So let it only compute, and not be async. What it throws rejects this call, and nothing is written.
   * In the flutter layout all this holds within one tab only, as with {@link setIfAbsent}.
   *
   * @throws {StorageError} as {@link get} and {@link set} · `unavailable` if others keep changing the entry.
   */
  update(key: string, change: (old: string | undefined) => string | Bytes | undefined): Promise<boolean>;

  /**
   * Opens a value; undefined if there is no such entry. An entry that cannot be read is always an
   * error.
   *
   * @throws {StorageError} `corrupt` · `not-text` · `key-missing` · `wrong-key` · `locked` ·
   * `newer-format`.
   */
  get(key: string): Promise<string | undefined>;

  /** Opens a value as bytes. Throws as {@link get}, without `not-text`. */
  getBytes(key: string): Promise<OwnBytes | undefined>;

  /** Opens several values at once. Missing entries are not in the map. Throws as {@link get}. */
  getMany(keys: Iterable<string>): Promise<Map<string, string>>;

  /**
   * Opens every entry, in the order of their names.
   *
   * @throws {StorageError} as {@link get}, for the first entry that cannot be read.
   */
  getAll(options?: ReadOptions): Promise<Map<string, string>>;

  /** As {@link getAll}, with values as bytes. */
  getAllBytes(options?: ReadOptions): Promise<Map<string, OwnBytes>>;

  /**
   * Tells whether there is such an entry, readable or not. Opens nothing.
   *
   * @throws {StorageError} `locked` in the sealed layout, where finding a name takes a key.
   */
  containsKey(key: string): Promise<boolean>;

  /**
   * Removes an entry; false if there was none.
   *
   * @throws {StorageError} `locked` as {@link containsKey}. In the flutter layout `invalid-argument`
   * if another namespace keeps its data key there (`x` in `app` beside `app.x`).
   */
  remove(key: string): Promise<boolean>;

  /**
   * Lists the names of all entries, sorted as `Array.prototype.sort` does.
   *
   * In the flutter layout this opens nothing, and includes the names of entries that cannot be read.
   * In the sealed layout names are sealed together with values, so this opens every entry and takes as
   * long as {@link getAllBytes}.
   *
   * @throws {StorageError} as {@link get} in the sealed layout, for the first entry that cannot be
   * opened.
   */
  keys(): Promise<string[]>;

  /**
   * Removes every entry, and keeps the keys and unlocks. Leaves other namespaces alone.
   *
   * @throws {StorageError} `locked` in the sealed layout.
   */
  clear(): Promise<void>;

  /**
   * Removes the whole namespace: entries, keys and, in the sealed layout, all unlocks. In the flutter
   * layout this is the way to change a wrap key: open with the new one afterwards. Do not open with the
   * same one: another data key under it would use a nonce twice.
   */
  destroy(): Promise<void>;

  /** Opens every entry and reports which cannot be read, and why. Changes nothing. */
  verify(): Promise<VerifyReport>;

  /**
   * Removes the entries that {@link verify} finds unreadable and that no other version would read.
   * Resolves with their number. In the sealed layout their names are sealed too, so {@link remove}
   * cannot be used for them.
   *
   * @throws {StorageError} `locked` · `unavailable` · `unsupported` in the flutter layout, where `verify` names them.
   */
  removeUnreadable(): Promise<number>;

  /**
   * The same namespace with some options changed, for a call or two. Calling it again with the same
   * options is cheap.
   *
   * ```ts
   * const now = await storage.with({ fresh: true }).then((s) => s.get("token"));         // sealed
   * const own = await storage.with({ engine: "webcrypto" }).then((s) => s.get("token")); // flutter
   * ```
   *
   * @throws {StorageError} as {@link open}; `invalid-argument` for an option of the other layout.
   */
  with(options: CallOptions): Promise<SecureStorage>;

  /**
   * Calls back for every later change of this namespace's entries, made through this handle, another
   * handle, or another tab; in the sealed layout also by a worker. What the callback throws is
   * reported to the page (`reportError`) and does not affect other listeners.
   *
   * @returns a function that stops watching. The `signal` does so too.
   */
  watch(listener: (change: Change) => void, options?: WatchOptions): () => void;

  /**
   * Copies the entries of another store, of either layout and of any copy of this package, into this one. Everything is read before
   * anything is written, and the source stays as it is.
   *
   * To move what a Flet app stored into the sealed layout:
   *
   * ```ts
   * const flet = await SecureStorage.open(FLET_NAMESPACE, { layout: "flutter", mustExist: true });
   * const sealed = await SecureStorage.open("com.example.notes");
   * const { complete } = await sealed.importFrom(flet);
   * if (complete) await flet.clear();    // empties the source
   * ```
   *
   * Nobody may write to the source between the two calls: `clear` would remove what was not copied. Names that come
   * here meanwhile are treated as those that were here before.
   *
   * @throws {StorageError} as {@link getAllBytes} of the source with `skipUnreadable`, and {@link setAll} here.
   */
  importFrom(source: SecureStorage, options?: ImportOptions): Promise<ImportReport>;

  /**
   * Drops the keys of this handle and of the handles that {@link with} made from it, and their sealed
   * copies of entries. Calls under way reject with `locked`. So do later calls that need a key, until
   * {@link unlock}. Sealed layout only.
   *
   * After that, entries cannot be read from here without the passphrase, app key or recovery code. `"device"` asks
   * for nothing, so any script of the page can unlock a store again that has it. The app itself has to forget
   * the values that it has read.
   *
   * @throws {StorageError} `unsupported` in the flutter layout.
   */
  lock(): void;

  /**
   * Opens a store again after {@link lock}.
   *
   * @param unlock any unlock of the store; default: `"device"`.
   * @throws {StorageError} as {@link open}; the store then stays as it was, locked or open · `unsupported` in the flutter
   * layout.
   */
  unlock(unlock?: Unlock): Promise<void>;

  /**
   * Lists what opens this store: `"device"`, if it is remembered, and up to 8 others. Needs none of them.
   *
   * @throws {StorageError} `unsupported` in the flutter layout.
   */
  unlocks(): Promise<UnlockInfo[]>;

  /**
   * Adds an unlock, which from then on opens the store as each of the others does. An open store is
   * enough for it: nobody is asked for the other secrets. At most one passphrase, and 8 unlocks beside
   * `"device"`.
   *
   * ```ts
   * await storage.addUnlock({ appKey }, { label: "recovery" });
   * await storage.addUnlock("device");       // remembers this device: it opens here without a question
   * await storage.removeUnlock("device");    // forgets it
   * ```
   *
   * Makes new keys and seals every entry again, since no open store keeps the bytes of its data key.
   * Other handles that were opened with a secret then reject with `locked` until {@link unlock}. If it
   * is interrupted anywhere, either the old state or the new one is whole.
   *
   * A store is as safe as the weakest of its unlocks, which {@link protection} names. With `"device"` beside
   * a passphrase, a copy of the browser's profile opens without the passphrase.
   *
   * @returns the id of the new unlock.
   * @throws {StorageError} `invalid-argument` for an unlock or label that cannot be used, for a second
   * passphrase and a second `"device"`, which {@link changeUnlock} is for · `too-large` if there are 8
   * already · as {@link rotate}.
   */
  addUnlock(added: Unlock, options?: AddUnlockOptions): Promise<string>;

  /**
   * Removes an unlock for good. Makes new keys and seals every entry again, as {@link addUnlock} does, so
   * that the removed one opens nothing that is stored later. It still opens older copies of the store.
   *
   * @param id the id from {@link unlocks}; `"device"` forgets this device.
   * @throws {StorageError} `invalid-argument` for an unknown id, and for the last unlock · as {@link rotate}.
   */
  removeUnlock(id: string, options?: ProgressOptions): Promise<void>;

  /**
   * Replaces one unlock by another: for example a passphrase by a new one, or `"device"` by a
   * passphrase. Nobody is asked for the old one. Makes new keys and seals every entry again, as
   * {@link addUnlock} does. The old one still opens older copies of the store.
   *
   * ```ts
   * for (const { id, kind } of await storage.unlocks()) {
   *   if (kind === "passphrase") await storage.changeUnlock(id, { passphrase });
   * }
   * ```
   *
   * @param id the id from {@link unlocks}, of the one that is replaced.
   * @returns the id of the new one: the same, unless one of the two is `"device"`.
   * @throws {StorageError} as {@link removeUnlock} and {@link addUnlock}.
   */
  changeUnlock(id: string, to: Unlock, options?: ChangeUnlockOptions): Promise<string>;

  /**
   * Makes a new data key and name key, and seals every entry again. Use it after 2³⁰ writes, as
   * {@link verify} advises, or if an old key may be in the wrong hands. An open store is enough for it:
   * the new keys are sealed to the public keys of its unlocks.
   *
   * ```ts
   * await storage.rotate();                                  // all unlocks stay
   * await storage.rotate({ keep: [{ passphrase }] });        // after a break-in
   * ```
   *
   * Whoever had the store open once, for example a script that was injected into the page, knows the
   * public keys, and may have put a key of its own in an unlock's place. After such a break-in keep only
   * unlocks that you can give, change their secrets with {@link changeUnlock}, and add the others again.
   *
   * If it is interrupted anywhere, either the old state or the new one is whole. Other handles that were
   * opened with a secret then reject with `locked` until {@link unlock}.
   *
   * @throws {StorageError} `invalid-argument` if nothing is kept, or an id that the store does not have ·
   * `wrong-key`, `locked` if a kept unlock does not open the store · as {@link get} if an entry cannot be
   * read, and nothing is changed · `quota-exceeded` · `newer-format` if a newer version remembers this
   * device in a way that this one does not know · `unavailable` · `unsupported` in the flutter layout.
   */
  rotate(options?: RotateOptions): Promise<void>;

  /** Drops the key and ends every watch. Calls under way finish; later calls reject with `unavailable`. */
  close(): void;

  /** {@link close}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
}
