/**
 * Secure key–value storage for web apps: values are sealed with AES-GCM before they reach the
 * browser's storage. There are two layouts: keyfold's own, sealed one, which hides names too and is
 * the default, and that of Flutter's `flutter_secure_storage` and Flet's `SecureStorage`, byte for
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
 * What went wrong, as a stable word. New words may be added; none changes its meaning.
 *
 * | code | meaning |
 * |---|---|
 * | `unavailable` | the storage cannot be used here: no secure context, storage blocked, WebAssembly blocked, handle closed |
 * | `unsupported` | not in this version or not on this platform; the message names what works |
 * | `locked` | the store was locked by `lock`, or needs another kind of unlock or key than the one given; the message says which |
 * | `cancelled` | the user dismissed a prompt |
 * | `wrong-key` | the passphrase, app key or wrap key given does not open what is stored |
 * | `key-missing` | there are entries, but the key that opens them is gone; with `mustExist` also: there is no store |
 * | `corrupt` | what is stored is damaged, or was sealed under another key; `key` names the entry, where it is known |
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
  /** The entry it is about, where it is about one whose name is known. */
  readonly key?: string;
  /** The argument that cannot be used, with `invalid-argument`. */
  readonly argument?: string;
  /** The browser's own error, where there is one. */
  readonly cause?: unknown;
}

/**
 * What opens a sealed store.
 *
 * - `"device"`, the default: nothing is asked for, and it opens in this browser profile only. The
 *   data key is a non-extractable `CryptoKey` in IndexedDB. No script can read its bytes, but every
 *   script of the origin can use it here, and a copy of the browser's profile contains it.
 * - `{ passphrase }`: what the user knows. Argon2id makes a key of it, with 64 MiB of memory in 3
 *   passes: about a third of a second, for which the calling thread is blocked. Any text but the
 *   empty one; nothing is trimmed, and case counts. A passphrase that is forgotten cannot be
 *   recovered: a second unlock ({@link SecureStorage.addUnlock}) is the only other way in.
 * - `{ appKey }`: 32 random bytes of the app's own, raw or in base64 (either alphabet, with its
 *   padding), which its server hands out after the login, for example. It opens at once, so it must
 *   not be a password or made of one.
 *
 * A passphrase and an app key are needed anew at every `open`; keyfold does not store them.
 */
export type Unlock =
  | "device"
  | { passphrase: string; appKey?: never }
  | { appKey: string | Uint8Array; passphrase?: never };

/** One of the unlocks of a sealed store, of which each opens it. */
export interface UnlockInfo {
  /** What {@link SecureStorage.removeUnlock} takes: 32 hexadecimal digits, or `"device"` for that one. */
  readonly id: string;
  /** `"unknown"`: of a newer version of keyfold. Only such a version can change the unlocks of the store. */
  readonly kind: "device" | "passphrase" | "app-key" | "passkey" | "unknown";
  /** The name that it was added with; `""` for none. It is stored in the clear. */
  readonly label: string;
}

/** Tells how far a call is that seals every entry anew. */
export interface ProgressOptions {
  /**
   * Called with the number of entries that are done and of all. It starts over when another tab
   * writes meanwhile. What it throws is reported to the page (`reportError`) and stops nothing.
   */
  onProgress?: (done: number, total: number) => void;
}

/** Options that both layouts know. */
interface CommonOptions {
  /**
   * `"memory"` keeps the entries in this page's memory only: for tests and server-side rendering.
   * Every `open` starts empty. Default: the browser's storage.
   */
  area?: "memory";
  /**
   * Reject with `key-missing` where there is no store yet, instead of creating one. Default: false.
   */
  mustExist?: boolean;
}

/** Options of keyfold's own layout, the default of {@link SecureStorage.open}. */
export interface SealedOptions extends CommonOptions {
  layout?: "sealed";
  /**
   * What opens the store, and protects it from then on where it is made by this call. Default:
   * `"device"`.
   */
  unlock?: Unlock;
  /**
   * The IndexedDB database in which the store lies. Stores of one name in two databases have nothing
   * to do with each other. Default: `"keyfold"`; `"keyfold-claims"` is taken.
   */
  dbName?: string;
  /** Belongs to the flutter layout: here an app's own key is `unlock: { appKey }`. */
  wrapKey?: never;
  /** Belongs to the flutter layout: here an app's own key is `unlock: { appKey }`. */
  wrapKeyIv?: never;
  /** Belongs to the flutter layout. */
  useSessionStorage?: never;
  /** Belongs to the flutter layout: this one always uses WebCrypto. */
  engine?: never;
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
  /** Belongs to the sealed layout: here an app's own key is `wrapKey` with `wrapKeyIv`. */
  unlock?: never;
}

/** How a store is opened, told apart by `layout`. */
export type OpenOptions = SealedOptions | FlutterOptions;

/** How {@link SecureStorage.availability} is asked. */
export type AvailabilityOptions = OpenOptions & {
  /** Look for the store of this name too, which `found` then tells of. */
  namespace?: string;
};

/** Options that {@link SecureStorage.with} changes in the flutter layout. */
export interface FlutterCallOptions extends Pick<FlutterOptions, "wrapKey" | "wrapKeyIv" | "useSessionStorage" | "engine"> {
  /** Belongs to the sealed layout: this one has no copies. */
  fresh?: never;
}

/** Options that {@link SecureStorage.with} changes in the sealed layout. */
export interface SealedCallOptions {
  /**
   * Read from the database at every call, and not from the sealed copies that a handle keeps. A copy
   * may be older than another tab's write for the moment until news of that arrives. Default: false.
   */
  fresh?: boolean;
  /** Belongs to the flutter layout. */
  wrapKey?: never;
  /** Belongs to the flutter layout. */
  wrapKeyIv?: never;
  /** Belongs to the flutter layout. */
  useSessionStorage?: never;
  /** Belongs to the flutter layout. */
  engine?: never;
}

/** Options that {@link SecureStorage.with} changes; what is left out stays as it was opened. */
export type CallOptions = SealedCallOptions | FlutterCallOptions;

/** The namespace of Flutter apps that do not name one (`WebOptions.publicKey`). */
export const FLUTTER_NAMESPACE: "FlutterSecureStorage";
/** The namespace of Flet apps that do not name one (`WebOptions.public_key`). */
export const FLET_NAMESPACE: "FletSecureStorage";

/** One change of an entry. It carries no value: read it, if it matters. */
export interface Change {
  /** The entry that changed; undefined when all were removed at once. */
  readonly key: string | undefined;
  /**
   * Another tab's `clear` and `destroy` arrive as one `"remove"` for each entry. In the sealed layout what
   * others changed is found by comparing: of several changes of an entry the last is told, and after a
   * rotation that another write followed at once every entry may be told as `"set"`.
   */
  readonly kind: "set" | "remove" | "clear";
  /** True when another tab or frame made the change, in the sealed layout also when a worker did. */
  readonly remote: boolean;
}

/** An entry that cannot be read, and why. */
export interface Unreadable {
  /** Undefined in the sealed layout when the name cannot be read either: it is inside of what does not open. */
  readonly key: string | undefined;
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
   * `app`), or that are not well-formed text. Empty in the sealed layout.
   */
  readonly passedOver: readonly string[];
  /**
   * True when this handle has sealed so much under the store's data key, 2³⁰ times, that
   * {@link SecureStorage.rotate} should make a new one. False in the flutter layout.
   */
  readonly rotationAdvised: boolean;
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
  /**
   * Whether a copy of the stored bytes opens elsewhere, with the passphrase, app key or wrap key if
   * there is one. False with `unlock: "device"`, whose key does not leave the browser.
   */
  readonly recoverable: boolean;
  /**
   * `"present"`: there is a store of the `namespace` asked for. `"unknown"`: none was found, and whether
   * it was never used or the browser has evicted it cannot be told; always so without a `namespace`.
   */
  readonly found: "present" | "unknown";
}

/**
 * One namespace of secure storage. Handles are cheap, may be used from many places at once, and see
 * each other's writes.
 *
 * Needs a secure context (https or localhost) and WebCrypto: Chromium 111, Firefox 119, Safari 16.4
 * or newer. The sealed layout lies in IndexedDB and works in windows and frames, and in dedicated,
 * shared and service workers. The flutter layout lies in localStorage: it works in windows and
 * frames, not in workers.
 */
export class SecureStorage implements AsyncDisposable {
  private constructor();

  /**
   * Opens a namespace: the app's own name for its store.
   *
   * Without a `layout` it is keyfold's own, sealed one. Where there is no store yet, this makes it,
   * and `unlock` says what protects it; after that it takes an unlock of the store to open it.
   *
   * ```ts
   * const storage = await SecureStorage.open("com.example.notes");
   * const diary = await SecureStorage.open("com.example.diary", { unlock: { passphrase } });
   * ```
   *
   * With `layout: "flutter"` it is what a Flutter or Flet app of this origin reads and writes, whose
   * name for the namespace is `publicKey` or `public_key`. Apps that name none use
   * {@link FLUTTER_NAMESPACE} or {@link FLET_NAMESPACE}. Nothing is written before the first `set`.
   *
   * ```ts
   * const flet = await SecureStorage.open("FletSecureStorage", { layout: "flutter" });
   * const wrapped = await SecureStorage.open("my-app", { layout: "flutter", wrapKey, wrapKeyIv });
   * ```
   *
   * @throws {StorageError} `invalid-argument` for a name, a key, a passphrase or an option that cannot
   * be used · `wrong-key` when the passphrase, app key or wrap key does not open the store · `locked`
   * when the store has no unlock of the kind given, or its data key is wrapped and no wrap key was
   * given, or the reverse · `corrupt` when the key ring or key entry is damaged · `key-missing` with
   * `mustExist`, or when the keys of a sealed store are gone · `newer-format` · `quota-exceeded` when
   * there is no room for a new store · `unavailable` where storage, WebCrypto or WebAssembly is
   * blocked · `unsupported` for a wrap IV of a length that this browser refuses.
   */
  static open(namespace: string, options?: OpenOptions): Promise<SecureStorage>;

  /**
   * Removes a namespace whole, without opening it: entries and keys. The way out when nothing opens it
   * any more, and never done on its own. `unlock` and the wrap key are not needed; `layout`, `dbName`
   * and `useSessionStorage` say where it lies.
   *
   * @throws {StorageError} `invalid-argument`, `unavailable`.
   */
  static destroy(namespace: string, options?: OpenOptions): Promise<void>;

  /**
   * Tells whether a store with these options can be used here, how long it will stay, and with a
   * `namespace` whether it is there. Makes no store, and never rejects for a reason that it can tell.
   *
   * @throws {StorageError} `invalid-argument` for options that are none, or of the wrong type.
   */
  static availability(options?: AvailabilityOptions): Promise<Availability>;

  /**
   * Asks the browser not to evict what this origin stores, and tells whether it promised so. Some
   * browsers ask the user, others decide by how the site is used.
   *
   * @throws {StorageError} `unsupported` where it cannot be asked, as in workers.
   */
  static persist(): Promise<boolean>;

  /** The namespace that this handle was opened with. */
  readonly namespace: string;
  readonly layout: "flutter" | "sealed";
  /**
   * What guards the data key. In the sealed layout, the kind of unlock that opened this handle. In the
   * flutter layout, `"wrap-key"`, or `"none"` when the data key lies in the clear beside the data.
   */
  readonly protection: "none" | "wrap-key" | "device" | "passphrase" | "app-key";
  /**
   * True from {@link lock} until {@link unlock}; also once a call has found that somebody else changed the
   * keys, so that an unlock is needed again.
   */
  readonly locked: boolean;

  /**
   * Seals a value and stores it; resolves when it is stored. In the flutter layout the first one makes
   * the data key.
   *
   * @throws {StorageError} `quota-exceeded` (the old value stays) · `invalid-argument` for text with
   * lone surrogates · `too-large` in the sealed layout, for a name of more than 65 536 bytes or a value
   * of more than 1 GiB · `key-missing` when entries are there without their key · `wrong-key`,
   * `locked`, `corrupt`, `newer-format` as for {@link open}. In the flutter layout also
   * `invalid-argument` where another namespace keeps its data key (`x` in `app` beside `app.x`).
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
   * @throws {StorageError} `corrupt` · `not-text` · `key-missing` · `wrong-key` · `locked` ·
   * `newer-format`.
   */
  get(key: string): Promise<string | undefined>;

  /** Opens a value as bytes. Throws as {@link get}, without `not-text`. */
  getBytes(key: string): Promise<Uint8Array<ArrayBuffer> | undefined>;

  /** Opens several values at once; names that are not there are not in the map. Throws as {@link get}. */
  getMany(keys: Iterable<string>): Promise<Map<string, string>>;

  /**
   * Opens every entry, in the order of their names.
   *
   * @param options.skipUnreadable leave out entries that are `corrupt`, which {@link verify} lists, or
   * `not-text`, which {@link getAllBytes} gives. A missing or wrong data key is still an error.
   * @throws {StorageError} as {@link get}, for the first entry that cannot be read.
   */
  getAll(options?: { skipUnreadable?: boolean }): Promise<Map<string, string>>;

  /** {@link getAll} with values as bytes. */
  getAllBytes(options?: { skipUnreadable?: boolean }): Promise<Map<string, Uint8Array<ArrayBuffer>>>;

  /**
   * Whether there is such an entry, readable or not. Nothing is opened.
   *
   * @throws {StorageError} `locked` in the sealed layout, where a name is found by a key.
   */
  containsKey(key: string): Promise<boolean>;

  /**
   * Removes an entry; false where there was none.
   *
   * @throws {StorageError} `locked` as {@link containsKey}. In the flutter layout `invalid-argument`
   * where another namespace keeps its data key (`x` in `app` beside `app.x`).
   */
  remove(key: string): Promise<boolean>;

  /**
   * Names of all entries, sorted as `Array.prototype.sort` does.
   *
   * In the flutter layout nothing is opened, and names of entries that cannot be read are among them.
   * In the sealed layout names are sealed together with values, so this opens every entry and takes as
   * long as {@link getAllBytes}.
   *
   * @throws {StorageError} as {@link get} in the sealed layout, for the first entry that cannot be
   * opened.
   */
  keys(): Promise<string[]>;

  /** Removes every entry, and keeps the keys and unlocks. Other namespaces are left alone. */
  clear(): Promise<void>;

  /**
   * Removes the namespace whole: entries and keys, in the sealed layout with all of its unlocks. In the
   * flutter layout it is the way to change a wrap key: then open with the new one.
   */
  destroy(): Promise<void>;

  /** Opens every entry and tells which cannot be read, and why. Changes nothing. */
  verify(): Promise<VerifyReport>;

  /**
   * Removes the entries that {@link verify} finds unreadable and that no other version would read; gives how many. In
   * the sealed layout their names are sealed too, so {@link remove} cannot be asked for them.
   *
   * @throws {StorageError} `locked` · `unavailable` · `unsupported` in the flutter layout, where `verify` names them.
   */
  removeUnreadable(): Promise<number>;

  /**
   * The same namespace with some options changed, for a call or two. Cheap when called again with the
   * same options.
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
   * one, or another tab; in the sealed layout, also by a worker. What the callback throws is reported
   * to the page (`reportError`) and harms nobody else.
   *
   * @returns a function that ends the watching; the `signal` does so too.
   */
  watch(listener: (change: Change) => void, options?: { signal?: AbortSignal }): () => void;

  /**
   * Copies the entries of another store, of either layout, into this one. Everything is read before
   * anything is written, and the source stays as it is.
   *
   * To move what a Flet app stored into the sealed layout:
   *
   * ```ts
   * const flet = await SecureStorage.open(FLET_NAMESPACE, { layout: "flutter", mustExist: true });
   * const sealed = await SecureStorage.open("com.example.notes");
   * const { skipped, unreadable } = await sealed.importFrom(flet);
   * if (skipped.length + unreadable.length === 0) await flet.clear();    // empties the source
   * ```
   *
   * @param options.onConflict what to do with a name that is here already: `"skip"` (default, and
   * reported), `"overwrite"`, or `"fail"`, which rejects with `invalid-argument` and writes nothing.
   * @throws {StorageError} as {@link getAllBytes} of the source with `skipUnreadable`, and {@link setAll} here.
   */
  importFrom(source: SecureStorage, options?: { onConflict?: "skip" | "overwrite" | "fail" }): Promise<ImportReport>;

  /**
   * Drops the keys of this handle and of those that {@link with} made of it, and their sealed copies
   * of entries. Calls that are under way reject with `locked`; so does whatever needs a key, until
   * {@link unlock}. Sealed layout only.
   *
   * With a passphrase or an app key, what is stored cannot be read from here without it afterwards.
   * `"device"` asks for nothing, so there any script of the page can unlock again. Values that the app
   * has already got are the app's to forget.
   *
   * @throws {StorageError} `unsupported` in the flutter layout.
   */
  lock(): void;

  /**
   * Opens a store again that {@link lock} has locked.
   *
   * @param unlock any unlock of the store; default: `"device"`.
   * @throws {StorageError} as {@link open}, and the store stays locked · `unsupported` in the flutter
   * layout.
   */
  unlock(unlock?: Unlock): Promise<void>;

  /**
   * Lists what opens this store: one for `"device"`, or 1 to 8 others. Needs none of them.
   *
   * @throws {StorageError} `unsupported` in the flutter layout.
   */
  unlocks(): Promise<UnlockInfo[]>;

  /**
   * Adds one more unlock, after which either opens the store. Entries stay as they are, so this is
   * quick, but for the time that a passphrase takes.
   *
   * ```ts
   * await storage.addUnlock({ passphrase }, { appKey }, { label: "recovery" });
   * ```
   *
   * A store is as safe as the weakest of its unlocks. `"device"` can stand beside no other:
   * {@link changeUnlock} turns a device store into one with a passphrase or an app key.
   *
   * @param current one that opens the store now. It is asked for again, since none is kept.
   * @param options.label a name for it, up to 64 bytes, stored in the clear; default: none.
   * @returns the id of the new one.
   * @throws {StorageError} `wrong-key` or `locked` when `current` does not open the store ·
   * `invalid-argument` for an unlock or label that cannot be used, and in a device store · `too-large`
   * when there are 8 · `newer-format` when a newer version has added one that this one does not know ·
   * `unsupported` in the flutter layout.
   */
  addUnlock(current: Unlock, added: Unlock, options?: { label?: string }): Promise<string>;

  /**
   * Removes an unlock for good: makes new keys and seals every entry anew, so that an old copy of the
   * key ring opens nothing of what is there from now on. Cut off anywhere, it leaves either the old
   * state or the new one, whole.
   *
   * An old copy of the whole store still opens with what was removed.
   *
   * @param id as {@link unlocks} gives it.
   * @param kept every unlock that stays: each has to wrap the new key, and none is kept.
   * @throws {StorageError} `invalid-argument` for an id that is not there, for the last one, or when
   * `kept` does not have all that stay · `wrong-key`, `locked` when one of `kept` does not open the
   * store · as {@link get} when an entry cannot be read, and nothing is changed · `quota-exceeded` ·
   * `newer-format` as {@link addUnlock} · `unsupported` in the flutter layout.
   */
  removeUnlock(id: string, kept: Unlock | readonly Unlock[], options?: ProgressOptions): Promise<void>;

  /**
   * Puts one unlock in the place of another: a new passphrase, or a passphrase instead of `"device"`,
   * or the reverse. Makes new keys and seals every entry anew, as {@link removeUnlock} does.
   *
   * ```ts
   * await storage.changeUnlock("device", { passphrase });
   * await storage.changeUnlock({ passphrase: old }, { passphrase });
   * ```
   *
   * An old copy of the whole store still opens with `from`.
   *
   * @param options.kept every other unlock of the store; default: there is none.
   * @param options.label a name for the new one, as {@link addUnlock}.
   * @throws {StorageError} as {@link removeUnlock}; `invalid-argument` when `to` is `"device"` and
   * others are kept.
   */
  changeUnlock(
    from: Unlock,
    to: Unlock,
    options?: ProgressOptions & { kept?: Unlock | readonly Unlock[]; label?: string },
  ): Promise<void>;

  /**
   * Makes a new data key and name key and seals every entry anew, with the same unlocks: after 2³⁰
   * writes, as {@link verify} advises, or when an old key may be in wrong hands. Cut off anywhere, it
   * leaves either the old state or the new one, whole.
   *
   * @param kept every unlock of the store; default: `"device"`.
   * @throws {StorageError} as {@link removeUnlock}.
   */
  rotate(kept?: Unlock | readonly Unlock[], options?: ProgressOptions): Promise<void>;

  /** Lets go of the key and ends every watch. Calls that are under way finish; later ones reject with `unavailable`. */
  close(): void;

  /** {@link close}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
}
