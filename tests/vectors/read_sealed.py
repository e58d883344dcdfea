"""Reads rings of the sealed layout as FORMAT.md words it, with no code of keyfold and none of `make_sealed.py`.

`make_sealed.py` gives it every ring that it makes, so each vector says what two programs agree on. HPKE is that of
Python's `cryptography`.
"""

import hashlib
import hmac
import unicodedata
from functools import cache

from argon2.low_level import Type, hash_secret_raw
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, derive_private_key
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

HPKE = Suite(KEM.P256, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
INFO_OF = {1: b"keyfold/v1/passphrase", 2: b"keyfold/v1/app-key", 3: b"keyfold/v1/passkey", 4: b"keyfold/v1/recovery-code"}
WAY_OF = {"device": 1, "keychain": 2}
KIND_OF = {"passphrase": 1, "appKey": 2, "passkey": 3, "recoveryCode": 4}
CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


class Refused(Exception):
    """The code of an error."""


class Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, size):
        if self.at + size > len(self.data):
            raise Refused("corrupt")
        self.at += size
        return self.data[self.at - size : self.at]

    def number(self, size):
        return int.from_bytes(self.take(size), "big")

    def prefixed(self, *, least=0, most):
        size = self.number(4)
        check(least <= size <= most)
        return self.take(size)

    def text(self, **bounds):
        try:
            return self.prefixed(**bounds).decode()
        except UnicodeDecodeError:
            raise Refused("corrupt") from None

    def finish(self):
        check(self.at == len(self.data))


def check(is_so, code="corrupt"):
    if not is_so:
        raise Refused(code)


def prefixed(part):
    return len(part).to_bytes(4, "big") + part


def associated_data(kind, namespace, *parts):
    return b"".join(prefixed(part) for part in (b"keyfold\0", b"\x01", kind, namespace.encode(), *parts))


def open_gcm(key, aad, sealed):
    """What is sealed behind its nonce; None if it does not open."""
    try:
        return AESGCM(key).decrypt(sealed[:12], sealed[12:], aad)
    except InvalidTag:
        return None


def read(data):
    """The parts of a ring."""
    check(len(data) >= 40 and data[:8] == b"keyfold\0" and hashlib.sha256(data[:-32]).digest() == data[-32:])
    reader = Reader(data[:-32])
    reader.take(8)
    version = reader.number(1)
    check(version != 0)
    check(version == 1, "newer-format")
    ring = {"generation": reader.number(8), "data_key_id": reader.take(16), "ways": {}, "slots": []}
    count = reader.number(1)
    check(count <= 4)
    for _ in range(count):
        kind, parameters = reader.number(1), reader.prefixed(most=1024)
        check(kind != 0 and kind not in ring["ways"])
        check(len(parameters) == {1: 0, 2: 76}.get(kind, len(parameters)))
        ring["ways"][kind] = parameters
    count = reader.number(1)
    check(count <= 8 and count + len(ring["ways"]) > 0)
    ring["slots"] = [read_slot(Reader(reader.prefixed(most=4096))) for _ in range(count)]
    kinds = [slot["kind"] for slot in ring["slots"]]
    check(len({slot["id"] for slot in ring["slots"]}) == count and kinds.count(1) <= 1)
    check(len({slot["asked"] for slot in ring["slots"] if slot["kind"] == 3}) <= 1)
    ring["head"] = reader.data[: reader.at]
    ring["body"] = reader.take(12 + 32 + 65 * count + 16)
    reader.finish()
    return ring


def read_slot(reader):
    slot = {"kind": reader.number(1), "id": reader.take(16)}
    check(slot["kind"] != 0)
    slot["label"], slot["salt"] = reader.text(most=64), reader.take(32)
    parameters = Reader(reader.prefixed(most=4096))
    if slot["kind"] == 1:
        memory, passes = slot["cost"] = parameters.number(4), parameters.number(4)
        check(19456 <= memory <= 262144 and 2 <= passes <= 10 and memory * passes <= 1048576)
        slot["argon2_salt"] = parameters.take(16)
    if slot["kind"] == 3:
        rp_id, slot["credential_id"] = parameters.text(least=1, most=253), parameters.prefixed(least=1, most=1023)
        parameters.take(2 + 32)
        slot["asked"] = (rp_id, parameters.take(32))
    if slot["kind"] <= 4:
        parameters.finish()
    slot["commitment"] = reader.take(32)
    slot["head"] = reader.data[: reader.at]
    slot["pair"], slot["data_key"] = reader.take(12 + 97 + 16), reader.take(65 + 48)
    reader.finish()
    return slot


def opened(data, namespace, unlock):
    """The data key, the name key and the public keys of a ring, opened by what a vector gives for that."""
    ring = read(data)
    ((kind, given),) = unlock.items()
    at, failure = None, "corrupt"
    if kind in WAY_OF:
        parameters = ring["ways"].get(WAY_OF[kind])
        if parameters is None:
            raise Refused("newer-format" if set(ring["ways"]) - {1, 2} else "locked")
        data_key = bytes.fromhex(given)
        if kind == "device":
            failure = "wrong-key"
        else:
            aad = associated_data(b"keychain", namespace, ring["data_key_id"], parameters[:16])
            data_key = open_gcm(data_key, aad, parameters[16:])
            check(data_key is not None, "wrong-key")
    else:
        at, data_key, public = open_slot(ring, namespace, kind, given)
    body = open_gcm(data_key, associated_data(b"ring", namespace, ring["head"]), ring["body"])
    check(body is not None, failure)
    public_keys = [body[start : start + 65] for start in range(32, len(body), 65)]
    check(at is None or public_keys[at] == public)
    return data_key, body[:32], public_keys


def open_slot(ring, namespace, kind, given):
    of_kind = [slot for slot in ring["slots"] if slot["kind"] == KIND_OF[kind]]
    if not of_kind:
        raise Refused("newer-format" if any(slot["kind"] > 4 for slot in ring["slots"]) else "locked")
    for slot in of_kind:
        derived = derive(slot, namespace, given)
        if derived is None or not hmac.compare_digest(derived[32:], slot["commitment"]):
            continue
        pair = open_gcm(derived[:32], associated_data(b"slot", namespace, slot["head"]), slot["pair"])
        check(pair is not None)
        private = int.from_bytes(pair[:32], "big")
        check(0 < private < ORDER)
        key = derive_private_key(private, SECP256R1())
        check(key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint) == pair[32:])
        info = associated_data(b"data-key", namespace, ring["data_key_id"], slot["head"])
        try:
            return ring["slots"].index(slot), HPKE.decrypt(slot["data_key"], key, info), pair[32:]
        except (InvalidTag, ValueError):
            raise Refused("corrupt") from None
    raise Refused("wrong-key")


def derive(slot, namespace, given):
    """The slot's key and its commitment; None if what is given is for another credential."""
    info = INFO_OF[slot["kind"]] + prefixed(namespace.encode())
    if slot["kind"] == 1:
        secret = argon2id(given, slot["argon2_salt"], *slot["cost"])
    elif slot["kind"] == 2:
        secret = bytes.fromhex(given)
    elif slot["kind"] == 4:
        secret = recovery_bits(given) + bytes(12)
    elif given["credentialId"] != slot["credential_id"].hex():
        return None
    else:
        secret = bytes.fromhex(given["prfOutput"])
        info += prefixed(slot["credential_id"])
    return HKDF(algorithm=SHA256(), length=64, salt=slot["salt"], info=info).derive(secret)


def recovery_bits(shown):
    """The 160 bits of a code, whose last 20 are the start of their hash."""
    number = 0
    for digit in shown.replace("-", ""):
        number = number << 5 | CROCKFORD.index(digit)
    bits = (number >> 20).to_bytes(20, "big")
    hashed = hashlib.sha256(b"keyfold/v1/recovery-code" + bits).hexdigest()
    check(f"{number & 0xFFFFF:05x}" == hashed[:5], "invalid-argument")
    return bits


@cache
def argon2id(passphrase, salt, memory_kib, passes):
    text = "".join(" " if unicodedata.category(char) == "Zs" else char for char in passphrase)
    text = unicodedata.normalize("NFC", text).encode()
    return hash_secret_raw(text, salt, passes, memory_kib, 1, 32, Type.ID, version=0x13)


def refusal(data, namespace, unlock=None):
    """The code that reading a ring gives, and opening it if there is an unlock; None if it is read, and opens."""
    try:
        if unlock is None:
            read(data)
        else:
            opened(data, namespace, unlock)
    except Refused as refused:
        return str(refused)
    return None
