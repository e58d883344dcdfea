// The sealed layout as FORMAT.md says it, read and written in JavaScript without any of keyfold's code.

/** @typedef {Uint8Array<ArrayBuffer>} Bytes */
/** @typedef {{ dataKey: CryptoKey, dataKeyId: Bytes, nameKey: Bytes }} Keys */
/** @typedef {{ memoryKib: number, passes: number, salt: Bytes }} Cost */
/** @typedef {{ rpId: string, credentialId: Bytes, prfInput: Bytes }} Passkey */
/** @typedef {{ kind: number, id: Bytes, label: string, head: Bytes, salt: Bytes, commitment: Bytes, cost?: Cost, passkey?: Passkey, pair: Bytes, enc: Bytes, dataKey: Bytes }} Slot */
/** @typedef {{ kind: number, item?: Bytes, dataKey?: Bytes }} Way how a device opens the ring */
/** @typedef {{ generation: bigint, dataKeyId: Bytes, ways: Way[], slots: Slot[], head: Bytes, body: Bytes }} Ring */

/** What bytes are refused with: a code of keyfold's. */
class Refused extends Error {
  constructor(/** @type {string} */ code) {
    super(code);
    this.code = code;
  }
}

const BESIDE = 1, KEYCHAIN = 2;
const PASSPHRASE = 1, APP_KEY = 2, PASSKEY = 3, RECOVERY_CODE = 4;
const POINT_BYTES = 65;
/** Of so many bytes, sealed, with nonce and tag. */
const sealedBytes = (/** @type {number} */ bytes) => 12 + bytes + 16;

const utf8 = (/** @type {string} */ text) => new TextEncoder().encode(text);
const fromUtf8 = (/** @type {Bytes} */ bytes) => new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);

const joined = (/** @type {(Bytes | number[])[]} */ ...parts) => new Uint8Array(parts.flatMap((part) => [...part]));

const u32 = (/** @type {number} */ number) => new Uint8Array([number >>> 24, number >>> 16, number >>> 8, number]);

const prefixed = (/** @type {Bytes} */ bytes) => joined(u32(bytes.length), bytes);

const MAGIC = utf8("keyfold\0");
const VERSION = 1;

/** Takes bytes apart from their start on. */
class Reader {
  at = 0;

  constructor(/** @type {Bytes} */ bytes) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  take(/** @type {number} */ length) {
    if (length > this.bytes.length - this.at) throw new Refused("corrupt");
    this.at += length;
    return this.bytes.slice(this.at - length, this.at);
  }

  u8 = () => /** @type {number} */ (this.take(1)[0]);
  u32 = () => (this.take(4), this.view.getUint32(this.at - 4));
  u64 = () => (this.take(8), this.view.getBigUint64(this.at - 8));

  prefixed(/** @type {number} */ most, least = 0) {
    const length = this.u32();
    if (length < least || length > most) throw new Refused("corrupt");
    return this.take(length);
  }

  text(/** @type {number} */ most, least = 0) {
    try {
      return fromUtf8(this.prefixed(most, least));
    } catch {
      throw new Refused("corrupt");
    }
  }

  end() {
    if (this.at < this.bytes.length) throw new Refused("corrupt");
  }
}

/**
 * Takes a ring apart.
 * @param {Bytes} bytes
 * @returns {Promise<Ring>}
 */
export async function ringOf(bytes) {
  const [body, checksum] = [bytes.slice(0, -32), bytes.slice(-32)];
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", body));
  if (!equal(body.slice(0, 8), MAGIC) || !equal(digest, checksum)) throw new Refused("corrupt");
  const reader = new Reader(body);
  reader.take(8);
  const version = reader.u8();
  if (version !== VERSION) throw new Refused(version === 0 ? "corrupt" : "newer-format");
  const [generation, dataKeyId] = [reader.u64(), reader.take(16)];
  const [ways, slots] = [waysOf(reader), slotsOf(reader)];
  if (ways.length + slots.length === 0) throw new Refused("corrupt");
  const head = body.slice(0, reader.at);
  const sealed = reader.take(sealedBytes(32 + slots.length * POINT_BYTES));
  reader.end();
  return { generation, dataKeyId, ways, slots, head, body: sealed };
}

/**
 * @template T
 * @param {Reader} reader
 * @param {number} most
 * @param {() => T} one
 * @returns {T[]}
 */
function several(reader, most, one) {
  const count = reader.u8();
  if (count > most) throw new Refused("corrupt");
  return Array.from({ length: count }, one);
}

const areDifferent = (/** @type {unknown[]} */ all) => new Set(all.map(String)).size === all.length;

function waysOf(/** @type {Reader} */ reader) {
  const ways = several(reader, 4, () => wayOf(reader.u8(), new Reader(reader.prefixed(1024))));
  if (!areDifferent(ways.map(({ kind }) => kind))) throw new Refused("corrupt");
  return ways;
}

/** @returns {Way} */
function wayOf(/** @type {number} */ kind, /** @type {Reader} */ parameters) {
  if (kind === 0) throw new Refused("corrupt");
  if (kind > KEYCHAIN) return { kind };
  const keychain = kind === KEYCHAIN ? { item: parameters.take(16), dataKey: parameters.take(sealedBytes(32)) } : {};
  parameters.end();
  return { kind, ...keychain };
}

function slotsOf(/** @type {Reader} */ reader) {
  const slots = several(reader, 8, () => slotOf(reader.prefixed(4096)));
  const passkeys = slots.flatMap(({ passkey }) => passkey ?? []);
  if (!areDifferent(slots.map(({ id }) => id)) || slots.filter(({ kind }) => kind === PASSPHRASE).length > 1) throw new Refused("corrupt");
  if (passkeys.some(({ rpId, prfInput }) => rpId !== passkeys[0]?.rpId || !equal(prfInput, passkeys[0].prfInput))) throw new Refused("corrupt");
  return slots;
}

/** @returns {Slot} */
function slotOf(/** @type {Bytes} */ bytes) {
  const reader = new Reader(bytes);
  const [kind, id, label, salt] = [reader.u8(), reader.take(16), reader.text(64), reader.take(32)];
  const parameters = parametersOf(kind, new Reader(reader.prefixed(4096)));
  const commitment = reader.take(32);
  const head = bytes.slice(0, reader.at);
  const [pair, enc, dataKey] = [reader.take(sealedBytes(32 + POINT_BYTES)), reader.take(POINT_BYTES), reader.take(32 + 16)];
  reader.end();
  return { kind, id, label, salt, ...parameters, commitment, head, pair, enc, dataKey };
}

/** @returns {{ cost?: Cost, passkey?: Passkey }} */
function parametersOf(/** @type {number} */ kind, /** @type {Reader} */ reader) {
  if (kind === 0) throw new Refused("corrupt");
  if (kind > RECOVERY_CODE) return {};
  const cost = kind === PASSPHRASE ? { memoryKib: reader.u32(), passes: reader.u32(), salt: reader.take(16) } : undefined;
  if (cost) {
    const { memoryKib, passes } = cost;
    if (memoryKib < 19_456 || memoryKib > 262_144 || passes < 2 || passes > 10 || memoryKib * passes > 1_048_576) throw new Refused("corrupt");
  }
  // Behind the credential's id its transports, of 2 bytes, and the user's id.
  const passkey = kind === PASSKEY ? { rpId: reader.text(253, 1), credentialId: reader.prefixed(1023, 1), prfInput: (reader.take(2 + 32), reader.take(32)) } : undefined;
  reader.end();
  return { ...(cost && { cost }), ...(passkey && { passkey }) };
}

const equal = (/** @type {Bytes} */ a, /** @type {Bytes} */ b) => a.length === b.length && a.every((byte, n) => byte === b[n]);

/**
 * What is authenticated with something sealed.
 * @param {string} kind
 * @param {string} namespace
 * @param {Bytes[]} parts
 */
export const associatedData = (kind, namespace, parts) => joined(...[MAGIC, new Uint8Array([VERSION]), utf8(kind), utf8(namespace), ...parts].map(prefixed));

export const aesKey = (/** @type {Bytes} */ bytes, extractable = false) => crypto.subtle.importKey("raw", bytes, "AES-GCM", extractable, ["encrypt", "decrypt"]);

/** @returns {Promise<Bytes | undefined>} */
const decrypt = async (/** @type {CryptoKey} */ key, /** @type {Bytes} */ nonce, /** @type {Bytes} */ additionalData, /** @type {Bytes} */ sealed) =>
  crypto.subtle.decrypt({ name: "AES-GCM", iv: nonce, additionalData }, key, sealed).then((bytes) => new Uint8Array(bytes), () => undefined);

async function encrypt(/** @type {CryptoKey} */ key, /** @type {Bytes} */ additionalData, /** @type {Bytes} */ bytes) {
  const iv = crypto.getRandomValues(new Uint8Array(12));
  return joined(iv, new Uint8Array(await crypto.subtle.encrypt({ name: "AES-GCM", iv, additionalData }, key, bytes)));
}

const openKey = (/** @type {CryptoKey} */ key, /** @type {Bytes} */ additionalData, /** @type {Bytes} */ sealed) =>
  decrypt(key, sealed.slice(0, 12), additionalData, sealed.slice(12));

async function hkdf(/** @type {Bytes} */ secret, /** @type {Bytes} */ salt, /** @type {Bytes} */ info) {
  const key = await crypto.subtle.importKey("raw", secret, "HKDF", false, ["deriveBits"]);
  return new Uint8Array(await crypto.subtle.deriveBits({ name: "HKDF", hash: "SHA-256", salt, info }, key, 512));
}

/**
 * @typedef {(passphrase: Bytes, salt: Bytes, memoryKib: number, passes: number) => Promise<Bytes>} Argon2id
 * @typedef {{ device?: CryptoKey, keychain?: Bytes, appKey?: Bytes, passphrase?: string, argon2id?: Argon2id, recoveryCode?: string, passkey?: { credentialId: Bytes, prfOutput: Bytes } }} Unlock
 */

/** A passphrase as Argon2id gets it. */
export const prepared = (/** @type {string} */ passphrase) => utf8(passphrase.replace(/\p{Zs}/gu, " ").normalize("NFC"));

/** The 160 bits of a recovery code, without a look at its checksum. */
function bitsOf(/** @type {string} */ code) {
  const digits = [...code.replaceAll("-", "")].map((digit) => "0123456789ABCDEFGHJKMNPQRSTVWXYZ".indexOf(digit).toString(2).padStart(5, "0"));
  return new Uint8Array((digits.join("").slice(0, 160).match(/.{8}/g) ?? []).map((byte) => parseInt(byte, 2)));
}

/**
 * The secret with which HKDF begins and the info that it gets, if a slot is of that kind.
 * @param {Slot} slot
 * @param {string} namespace
 * @param {Unlock} unlock
 * @returns {Promise<[secret: Bytes, info: Bytes] | undefined>}
 */
async function secretOf({ kind, cost, passkey: { credentialId } = /** @type {any} */ ({}) }, namespace, { appKey, passphrase, argon2id, recoveryCode, passkey }) {
  const info = (/** @type {string} */ text) => joined(utf8(text), prefixed(utf8(namespace)));
  if (kind === APP_KEY && appKey) return [appKey, info("keyfold/v1/app-key")];
  if (kind === RECOVERY_CODE && recoveryCode !== undefined) return [joined(bitsOf(recoveryCode), new Uint8Array(12)), info("keyfold/v1/recovery-code")];
  if (kind === PASSKEY && passkey && credentialId && equal(passkey.credentialId, credentialId)) {
    return [passkey.prfOutput, joined(info("keyfold/v1/passkey"), prefixed(credentialId))];
  }
  if (kind === PASSPHRASE && passphrase !== undefined && argon2id && cost) {
    return [await argon2id(prepared(passphrase), cost.salt, cost.memoryKib, cost.passes), info("keyfold/v1/passphrase")];
  }
  return undefined;
}

const HPKE = utf8("HPKE-v1");
/** DHKEM(P-256, HKDF-SHA256), and with it HKDF-SHA256 and AES-256-GCM (RFC 9180, 4.1 and 5.1). */
const KEM_SUITE = joined(utf8("KEM"), [0, 0x10]);
const SUITE = joined(utf8("HPKE"), [0, 0x10, 0, 1, 0, 2]);

/** LabeledExtract, and LabeledExpand to so many bytes (RFC 9180, 4). */
async function labeled(/** @type {Bytes} */ suite, /** @type {Bytes} */ salt, /** @type {string} */ extract, /** @type {Bytes} */ secret, /** @type {string} */ expand, /** @type {Bytes} */ of, /** @type {number} */ length) {
  const key = await crypto.subtle.importKey("raw", joined(HPKE, suite, utf8(extract), secret), "HKDF", false, ["deriveBits"]);
  const info = joined([0, length], HPKE, suite, utf8(expand), of);
  return new Uint8Array(await crypto.subtle.deriveBits({ name: "HKDF", hash: "SHA-256", salt, info }, key, length * 8));
}

/** LabeledExtract without a salt. */
async function labeledExtract(/** @type {string} */ label, /** @type {Bytes} */ of) {
  const key = await crypto.subtle.importKey("raw", new Uint8Array(32), { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  return new Uint8Array(await crypto.subtle.sign("HMAC", key, joined(HPKE, SUITE, utf8(label), of)));
}

const P256 = { name: "ECDH", namedCurve: "P-256" };

/**
 * What was sealed to a key pair by HPKE in base mode: the first message of its context. Undefined for whatever is wrong.
 * @param {Bytes} pair the private and the public key
 * @param {Bytes} enc
 * @param {Bytes} info
 * @param {Bytes} sealed
 */
async function openSealedTo(pair, enc, info, sealed) {
  const url = (/** @type {Bytes} */ bytes) => btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
  const publicKey = pair.slice(32);
  const jwk = { kty: "EC", crv: "P-256", d: url(pair.slice(0, 32)), x: url(publicKey.slice(1, 33)), y: url(publicKey.slice(33)) };
  let agreed;
  try {
    if (publicKey[0] !== 4 || enc[0] !== 4) return undefined;
    const own = await crypto.subtle.importKey("jwk", jwk, P256, false, ["deriveBits"]);
    agreed = new Uint8Array(await crypto.subtle.deriveBits({ name: "ECDH", public: await crypto.subtle.importKey("raw", enc, P256, false, []) }, own, 256));
  } catch {
    return undefined;
  }
  const shared = await labeled(KEM_SUITE, new Uint8Array(), "eae_prk", agreed, "shared_secret", joined(enc, publicKey), 32);
  const context = joined([0], await labeledExtract("psk_id_hash", new Uint8Array()), await labeledExtract("info_hash", info));
  const of = (/** @type {string} */ what, /** @type {number} */ length) => labeled(SUITE, shared, "secret", new Uint8Array(), what, context, length);
  return decrypt(await aesKey(await of("key", 32)), await of("base_nonce", 12), new Uint8Array(), sealed);
}

/** Which unlocks a ring has: those of its device, then those of its slots in their order. */
const kindsOf = (/** @type {Ring} */ { ways, slots }) => [
  ...ways.map(({ kind }) => ["", "device", "keychain"][kind] ?? "unknown way"),
  ...slots.map(({ kind }) => ["", "passphrase", "appKey", "passkey", "recoveryCode"][kind] ?? "unknown"),
];

/**
 * The keys of a ring, had with one unlock.
 * @param {string} namespace
 * @param {Bytes} bytes
 * @param {Unlock} unlock
 * @returns {Promise<Keys & { ring: Ring }>}
 */
export async function open(namespace, bytes, unlock) {
  const ring = await ringOf(bytes);
  const { dataKey, at, publicKey } = await dataKeyOf(ring, namespace, unlock);
  const body = await openKey(dataKey, associatedData("ring", namespace, [ring.head]), ring.body);
  if (!body) throw new Refused(unlock.device ? "wrong-key" : "corrupt");
  // The public key under the slot's own key, and the one under the data key.
  if (publicKey && !equal(publicKey, body.slice(32 + at * POINT_BYTES, 32 + (at + 1) * POINT_BYTES))) throw new Refused("corrupt");
  return { ring, dataKey, dataKeyId: ring.dataKeyId, nameKey: body.slice(0, 32) };
}

/** @returns {Promise<{ dataKey: CryptoKey, at: number, publicKey?: Bytes }>} */
async function dataKeyOf(/** @type {Ring} */ ring, /** @type {string} */ namespace, /** @type {Unlock} */ unlock) {
  const kinds = kindsOf(ring);
  const given = ["device", "keychain", "passphrase", "appKey", "passkey", "recoveryCode"].find((kind) => kind in unlock) ?? "";
  const newer = unlock.device || unlock.keychain ? "unknown way" : "unknown";
  if (!kinds.includes(given)) throw new Refused(kinds.includes(newer) ? "newer-format" : "locked");
  if (unlock.device) return { dataKey: unlock.device, at: 0 };
  const keychain = ring.ways.find(({ kind }) => kind === KEYCHAIN);
  if (unlock.keychain && keychain?.item && keychain.dataKey) {
    const opened = await openKey(await aesKey(unlock.keychain), associatedData("keychain", namespace, [ring.dataKeyId, keychain.item]), keychain.dataKey);
    if (opened) return { dataKey: await aesKey(opened), at: 0 };
  }
  for (const [at, slot] of ring.slots.entries()) {
    const secret = await secretOf(slot, namespace, unlock);
    if (!secret) continue;
    const derived = await hkdf(secret[0], slot.salt, secret[1]);
    if (!equal(derived.slice(32), slot.commitment)) continue;
    const pair = await openKey(await aesKey(derived.slice(0, 32)), associatedData("slot", namespace, [slot.head]), slot.pair);
    const opened = pair && (await openSealedTo(pair, slot.enc, associatedData("data-key", namespace, [ring.dataKeyId, slot.head]), slot.dataKey));
    if (!opened) throw new Refused("corrupt");
    return { dataKey: await aesKey(opened), at, publicKey: pair.slice(32) };
  }
  throw new Refused("wrong-key");
}

/**
 * @param {Bytes} nameKey
 * @param {string} namespace
 * @param {string} name
 */
export async function storedName(nameKey, namespace, name) {
  const key = await crypto.subtle.importKey("raw", nameKey, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  return new Uint8Array(await crypto.subtle.sign("HMAC", key, joined(prefixed(utf8(namespace)), utf8(name))));
}

/**
 * The entry in a record.
 * @param {Keys} keys
 * @param {string} namespace
 * @param {Bytes} at the stored name under which it lies
 * @param {Bytes} record
 */
export async function openRecord({ dataKey, dataKeyId, nameKey }, namespace, at, record) {
  const reader = new Reader(record);
  const version = reader.u8();
  if (version !== VERSION) throw new Refused(version === 0 ? "corrupt" : "newer-format");
  const [id, nonce] = [reader.take(16), reader.take(12)];
  if (record.length < 49) throw new Refused("corrupt");
  if (!equal(id, dataKeyId)) throw new Refused("key-missing");
  const opened = await decrypt(dataKey, nonce, associatedData("record", namespace, [at, id]), record.slice(29));
  if (!opened) throw new Refused("corrupt");
  const inside = new Reader(opened);
  const name = inside.text(65_536);
  if (!equal(await storedName(nameKey, namespace, name), at)) throw new Refused("corrupt");
  return { name, value: opened.slice(inside.at) };
}

/**
 * The record of an entry, and the stored name under which it is to lie.
 * @param {Keys} keys
 * @param {string} namespace
 * @param {string} name
 * @param {Bytes} value
 * @returns {Promise<[at: Bytes, record: Bytes]>}
 */
export async function sealRecord({ dataKey, dataKeyId, nameKey }, namespace, name, value) {
  const at = await storedName(nameKey, namespace, name);
  const sealed = await encrypt(dataKey, associatedData("record", namespace, [at, dataKeyId]), joined(prefixed(utf8(name)), value));
  return [at, joined([VERSION], dataKeyId, sealed)];
}

/**
 * A device ring that leads to these keys.
 * @param {Keys} keys
 * @param {string} namespace
 */
export async function sealDeviceRing({ dataKey, dataKeyId, nameKey }, namespace, generation = 1) {
  const head = joined(MAGIC, [VERSION], [0, 0, 0, 0], u32(generation), dataKeyId, [1, BESIDE], u32(0), [0]);
  const body = joined(head, await encrypt(dataKey, associatedData("ring", namespace, [head]), nameKey));
  return joined(body, new Uint8Array(await crypto.subtle.digest("SHA-256", body)));
}
