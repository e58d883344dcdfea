// The sealed layout as FORMAT.md says it, read and written in JavaScript without any of keyfold's code.

/** @typedef {Uint8Array<ArrayBuffer>} Bytes */
/** @typedef {{ dataKey: CryptoKey, dataKeyId: Bytes, nameKey: Bytes }} Keys */
/** @typedef {{ kind: number, id: Bytes, label: string, head: Bytes, salt?: Bytes, commitment?: Bytes, cost?: { memoryKib: number, passes: number, salt: Bytes }, credentialId?: Bytes, dataKey?: Bytes }} Slot */
/** @typedef {{ generation: bigint, dataKeyId: Bytes, protection: number, item?: Bytes, dataKey?: Bytes, slots: Slot[], head: Bytes, nameKey: Bytes }} Ring */

/** What bytes are refused with: a code of keyfold's. */
class Refused extends Error {
  constructor(/** @type {string} */ code) {
    super(code);
    this.code = code;
  }
}

const DEVICE = 1, KEYCHAIN = 2, SLOTS = 3;
const PASSPHRASE = 1, APP_KEY = 2, PASSKEY = 3, RECOVERY_CODE = 4;
const SEALED_KEY_BYTES = 60;

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
  const [generation, dataKeyId, protection] = [reader.u64(), reader.take(16), reader.u8()];
  if (protection === 0 || protection > SLOTS) throw new Refused(protection === 0 ? "corrupt" : "newer-format");
  const keychain = protection === KEYCHAIN ? { item: reader.take(16), dataKey: reader.take(SEALED_KEY_BYTES) } : {};
  const slots = protection === SLOTS ? slotsOf(reader) : [];
  const head = body.slice(0, reader.at);
  const nameKey = reader.take(SEALED_KEY_BYTES);
  reader.end();
  return { generation, dataKeyId, protection, ...keychain, slots, head, nameKey };
}

function slotsOf(/** @type {Reader} */ reader) {
  const count = reader.u8();
  if (count < 1 || count > 8) throw new Refused("corrupt");
  const slots = Array.from({ length: count }, () => slotOf(reader.prefixed(4096)));
  if (new Set(slots.map(({ id }) => id.join())).size < count) throw new Refused("corrupt");
  if (slots.filter(({ kind }) => kind === PASSPHRASE).length > 1) throw new Refused("corrupt");
  return slots;
}

/** @returns {Slot} */
function slotOf(/** @type {Bytes} */ bytes) {
  const reader = new Reader(bytes);
  const [kind, id, label] = [reader.u8(), reader.take(16), reader.text(64)];
  if (kind === 0) throw new Refused("corrupt");
  if (kind > RECOVERY_CODE) return { kind, id, label, head: bytes };
  const salt = reader.take(32);
  const cost = kind === PASSPHRASE ? { memoryKib: reader.u32(), passes: reader.u32(), salt: reader.take(16) } : undefined;
  if (cost) {
    const { memoryKib, passes } = cost;
    if (memoryKib < 19_456 || memoryKib > 262_144 || passes < 2 || passes > 10 || memoryKib * passes > 1_048_576) throw new Refused("corrupt");
  }
  if (kind === PASSKEY) reader.text(253, 1);
  const credentialId = kind === PASSKEY ? reader.prefixed(1023, 1) : undefined;
  if (kind === PASSKEY) reader.take(32 + 32);
  const commitment = reader.take(32);
  const head = bytes.slice(0, reader.at);
  const dataKey = reader.take(SEALED_KEY_BYTES);
  reader.end();
  return { kind, id, label, head, salt, commitment, ...(cost && { cost }), ...(credentialId && { credentialId }), dataKey };
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
async function secretOf({ kind, cost, credentialId }, namespace, { appKey, passphrase, argon2id, recoveryCode, passkey }) {
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

/** Which unlocks a ring has, in the order of its slots. */
const kindsOf = (/** @type {Ring} */ { protection, slots }) =>
  protection === DEVICE ? ["device"] : protection === KEYCHAIN ? ["keychain"] : slots.map(({ kind }) => ["unknown", "passphrase", "appKey", "passkey", "recoveryCode"][kind] ?? "unknown");

/**
 * The keys of a ring, had with one unlock.
 * @param {string} namespace
 * @param {Bytes} bytes
 * @param {Unlock} unlock
 * @returns {Promise<Keys & { ring: Ring }>}
 */
export async function open(namespace, bytes, unlock) {
  const ring = await ringOf(bytes);
  const dataKey = await dataKeyOf(ring, namespace, unlock);
  const opened = await openKey(dataKey, associatedData("name-key", namespace, [ring.head]), ring.nameKey);
  if (!opened) throw new Refused(ring.protection === DEVICE ? "wrong-key" : "corrupt");
  return { ring, dataKey, dataKeyId: ring.dataKeyId, nameKey: opened };
}

async function dataKeyOf(/** @type {Ring} */ ring, /** @type {string} */ namespace, /** @type {Unlock} */ unlock) {
  const kinds = kindsOf(ring);
  const given = ["device", "keychain", "passphrase", "appKey", "passkey", "recoveryCode"].find((kind) => kind in unlock) ?? "";
  if (!kinds.includes(given)) throw new Refused(kinds.includes("unknown") && !["device", "keychain"].includes(given) ? "newer-format" : "locked");
  if (unlock.device) return unlock.device;
  if (unlock.keychain && ring.item && ring.dataKey) {
    const opened = await openKey(await aesKey(unlock.keychain), associatedData("keychain", namespace, [ring.dataKeyId, ring.item]), ring.dataKey);
    if (opened) return aesKey(opened);
  }
  for (const slot of ring.slots) {
    const secret = await secretOf(slot, namespace, unlock);
    if (!secret || !slot.salt || !slot.commitment || !slot.dataKey) continue;
    const derived = await hkdf(secret[0], slot.salt, secret[1]);
    if (!equal(derived.slice(32), slot.commitment)) continue;
    const opened = await openKey(await aesKey(derived.slice(0, 32)), associatedData("slot", namespace, [ring.dataKeyId, slot.head]), slot.dataKey);
    if (!opened) throw new Refused("corrupt");
    return aesKey(opened);
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
  const head = joined(MAGIC, [VERSION], [0, 0, 0, 0], u32(generation), dataKeyId, [DEVICE]);
  const body = joined(head, await encrypt(dataKey, associatedData("name-key", namespace, [head]), nameKey));
  return joined(body, new Uint8Array(await crypto.subtle.digest("SHA-256", body)));
}
