// The globals of ../pages/blank.html, for the functions that tests run there.

type SecureStorage = import("../../../pkg/index.js").SecureStorage;
type Change = import("../../../pkg/index.js").Change;

/** A race: how many tabs and frames take part, and how often. */
interface Rounds {
  places: number;
  rounds: number;
}

/** What a call failed with. */
interface Failure {
  code: string;
  key: string | undefined;
  argument: string | undefined;
  /** Only of what is locked. */
  needs: string[] | undefined;
  message: string;
  /** The name of the error behind it. */
  cause: unknown;
  /** Whether it is a `StorageError`. */
  ours: boolean;
  /** Secrets that it holds. */
  spilt: string[];
  /** Whether the storages or IndexedDB changed meanwhile. */
  changed: boolean;
}

/** The package. */
declare const keyfold: typeof import("../../../pkg/index.js");
/** What an app does that runs the original's code. */
declare const original: typeof import("../pages/original.js");
/** IndexedDB without the package. */
declare const raw: typeof import("../pages/raw.js");
/** The sealed layout without the package. */
declare const reader: typeof import("../pages/reader.js");
/** Opens a namespace of the flutter layout. */
declare function openStore(namespace: string, options?: object): Promise<SecureStorage>;
/** The same, with one handle for each namespace and page. */
declare function storeOf(namespace: string, options?: object): Promise<SecureStorage>;
/** What a call fails with; undefined when it does not. */
declare function failure(call: Promise<unknown> | (() => unknown)): Promise<Failure | undefined>;
/** Everything that lies in the storages and among the claims, in the order of names. */
declare function stored(): Promise<{ local: string[][]; session: string[][]; claims: string[][] }>;
/** Where a test notes what it was told. */
declare const told: string[];
/** A change as a line. */
declare function describe(change: Change): string;
/** A clock that all tabs share. */
declare function now(): number;
/** Acts once in each round, at the same instants in every place that takes part. One race for each page. */
declare function inRounds<T>(rounds: Rounds, act: (round: number) => Promise<T>): Promise<T[]>;
/** What is done in places of every kind, this page among them. */
declare const acts: typeof import("../pages/sealed.js").acts;
/** Opens a namespace of the sealed layout; one handle for each namespace and page. */
declare function sealedStoreOf(namespace: string, options?: object): Promise<SecureStorage>;
/** Has a worker of this page act, `dedicated`, `shared` or `service`; or asks one of another script: `shared /script.js`. */
declare function ask(kind: string, ...message: unknown[]): Promise<any>;
