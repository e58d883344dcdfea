"""Makes the vectors of the sealed layout without any code of keyfold: Python's `cryptography` and `argon2-cffi`.

    node scripts/setup.mjs python                            # once
    .venv/bin/python tests/vectors/make_sealed.py            # writes the files of sealed/ and hpke/, one case a line
    .venv/bin/python tests/vectors/make_sealed.py --check    # fails where a file differs from what is made here; part of `npm run test:interop`

The output is deterministic: what would be random is a hash of what it is for. `read_sealed.py`, which shares nothing with
this, reads and opens every ring that is made. Vectors are append-only: add cases, never change one that was released.
"""

import hashlib
import hmac
import pathlib
import unicodedata
from functools import cache, reduce
from itertools import count, islice
from operator import xor

from argon2.low_level import Type, hash_secret_raw
from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDH, SECP256R1, EllipticCurvePublicKey, EllipticCurvePublicNumbers, derive_private_key)
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import ECB
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF, HKDFExpand
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

import read_sealed
from case_files import write_or_check

HERE = pathlib.Path(__file__).parent

MAGIC = b"keyfold\0"
VERSION = b"\x01"
PASSPHRASE, APP_KEY, PASSKEY, RECOVERY_CODE = 1, 2, 3, 4
KINDS = {PASSPHRASE: "passphrase", APP_KEY: "app-key", PASSKEY: "passkey", RECOVERY_CODE: "recovery-code"}
CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


# The parts of the format, as FORMAT.md words them.

def u16(number):
    return number.to_bytes(2, "big")


def u32(number):
    return number.to_bytes(4, "big")


def u64(number):
    return number.to_bytes(8, "big")


def prefixed(data):
    return u32(len(data)) + data


def associated_data(kind, namespace, *parts):
    return b"".join(map(prefixed, [MAGIC, VERSION, kind.encode(), namespace.encode(), *parts]))


def gcm(key, nonce, plaintext, aad):
    return AESGCM(key).encrypt(nonce, plaintext, aad)


def opens_under_both(keys, nonce, aad, size):
    """One ciphertext with its tag that AES-GCM opens under two keys (Dodis, Grubbs, Ristenpart, Woodage, 2018)."""
    number = lambda block: int.from_bytes(block, "big")
    times = lambda x, y: reduce(xor, (term for bit, term in enumerate(islice(powers(x), 128)) if y >> (127 - bit) & 1), 0)
    to_the = lambda x, exponent: reduce(times, [x] * exponent)

    def powers(x):
        while True:
            yield x
            x = x >> 1 ^ (0xE1 << 120 if x & 1 else 0)

    def inverse(x):
        made, square = 1 << 127, x
        for _ in range(127):
            square = times(square, square)
            made = times(made, square)
        return made

    def tag(key, ciphertext):
        aes = Cipher(AES(key), ECB()).encryptor()
        h, mask = (number(aes.update(block)) for block in [bytes(16), nonce + u32(1)])
        padded = lambda data: data + bytes(-len(data) % 16)
        hashed = padded(aad) + padded(ciphertext) + u64(8 * len(aad)) + u64(8 * size)
        blocks = (number(hashed[at : at + 16]) for at in range(0, len(hashed), 16))
        return h, reduce(lambda total, block: times(total ^ block, h), blocks, 0) ^ mask

    # The last whole block of the ciphertext makes up for the difference of the tags. It counts times a power of each
    # key's H: one for itself, one for the lengths, and one for what follows it.
    rest = size % 16
    start, end = rand("what opens under both", size - rest - 16), rand("the end of what opens under both", rest)
    (one, tag_one), (two, tag_two) = (tag(key, start + bytes(16) + end) for key in keys)
    exponent = 3 if rest else 2
    last = times(tag_one ^ tag_two, inverse(to_the(one, exponent) ^ to_the(two, exponent)))
    ciphertext = start + last.to_bytes(16, "big") + end
    sealed = ciphertext + tag(keys[0], ciphertext)[1].to_bytes(16, "big")
    for key in keys:
        AESGCM(key).decrypt(nonce, sealed, aad)
    return sealed


def hkdf(secret, salt, info):
    return HKDF(algorithm=SHA256(), length=64, salt=salt, info=info).derive(secret)


@cache
def argon2id(passphrase, salt, memory_kib, passes):
    return hash_secret_raw(prepared(passphrase), salt, passes, memory_kib, 1, 32, Type.ID, version=0x13)


def prepared(passphrase):
    """The mappings of OpaqueString (RFC 8265, 4.2.2): other spaces to U+0020, then NFC."""
    spaces = "".join(" " if unicodedata.category(char) == "Zs" else char for char in passphrase)
    return unicodedata.normalize("NFC", spaces).encode()


def recovery_code(bits):
    """160 bits and the first 20 of their checksum, as one number of 36 digits."""
    checksum = int.from_bytes(sha256(b"keyfold/v1/recovery-code" + bits)[:3], "big") >> 4
    number = int.from_bytes(bits, "big") << 20 | checksum
    digits = "".join(CROCKFORD[number >> 5 * place & 31] for place in reversed(range(36)))
    return "-".join(digits[at : at + 4] for at in range(0, 36, 4))


def message_of(namespace, key):
    return prefixed(namespace.encode()) + key.encode()


def stored_name(name_key, namespace, key):
    return hmac.digest(name_key, message_of(namespace, key), "sha256")


def sha256(data):
    return hashlib.sha256(data).digest()


def rand(what, size=32):
    """What would be random bytes, the same at every run."""
    made = b""
    while len(made) < size:
        made += sha256(f"keyfold sealed vector: {what}, part {len(made) // 32}".encode())
    return made[:size]


# P-256 (SP 800-186, 3.2.1.3), and HPKE (RFC 9180) in base mode.

ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
PRIME = 2**256 - 2**224 + 2**192 + 2**96 - 1
COEFFICIENT_B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B


def private_key(what):
    return (int.from_bytes(rand(f"private key of {what}"), "big") % (ORDER - 1) + 1).to_bytes(32, "big")


def pair_of(private):
    return derive_private_key(int.from_bytes(private, "big"), SECP256R1())


def public_of(private):
    return pair_of(private).public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def agreed(private, public):
    """The x-coordinate of what two keys agree on (SEC 1, 3.3.1)."""
    return pair_of(private).exchange(ECDH(), EllipticCurvePublicKey.from_encoded_point(SECP256R1(), public))


def square_root(square):
    """One modulo the prime; None if there is none."""
    root = pow(square, (PRIME + 1) // 4, PRIME)
    return root if root * root % PRIME == square % PRIME else None


def point(x, y, form=4):
    return bytes([form]) + x.to_bytes(32, "big") + y.to_bytes(32, "big")


KEM_SUITE = b"KEM" + u16(0x0010)
SUITE = b"HPKE" + u16(0x0010) + u16(0x0001) + u16(0x0002)


def labeled_extract(salt, suite, label, given):
    return hmac.digest(salt or bytes(32), b"HPKE-v1" + suite + label + given, "sha256")


def labeled_expand(secret, suite, label, info, size):
    return HKDFExpand(SHA256(), size, u16(size) + b"HPKE-v1" + suite + label + info).derive(secret)


def hpke_context(shared, enc, public, info):
    """The shared secret, the key and the nonce (RFC 9180, 4.1 and 5.1) from what ECDH gives."""
    secret = labeled_expand(labeled_extract(b"", KEM_SUITE, b"eae_prk", shared), KEM_SUITE, b"shared_secret", enc + public, 32)
    context = b"\0" + b"".join(labeled_extract(b"", SUITE, label, of) for label, of in [(b"psk_id_hash", b""), (b"info_hash", info)])
    schedule = labeled_extract(secret, SUITE, b"secret", b"")
    return secret, labeled_expand(schedule, SUITE, b"key", context, 32), labeled_expand(schedule, SUITE, b"base_nonce", context, 12)


def hpke_seal(public, info, plaintext, ephemeral):
    """By an ephemeral key that is given, which `cryptography`'s HPKE does not take."""
    enc = public_of(ephemeral)
    return hpke_seal_by(agreed(ephemeral, public), enc, public, info, plaintext)


def hpke_seal_by(shared, enc, public, info, plaintext):
    """By what ECDH gives whoever believes in `enc`."""
    _, key, nonce = hpke_context(shared, enc, public, info)
    return enc + gcm(key, nonce, plaintext, b"")


def hpke_open(private, info, sealed):
    suite = hpke.Suite(hpke.KEM.P256, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_256_GCM)
    return suite.decrypt(sealed, pair_of(private), info)


# Slots and rings.

class Slot:
    """A slot with what opens it. `secret` is what goes into HKDF. What is `given` spoils it."""

    def __init__(self, kind, what, *, label="", params=b"", secret=None, unlock=None, fields=None, info=b"", **given):
        self.kind, self.what, self.secret, self.unlock = kind, what, secret, unlock
        self.id = given.get("slot_id") or rand(f"slot id of {what}", 16)
        self.label = label if isinstance(label, bytes) else label.encode()
        self.salt = given.get("salt") or rand(f"HKDF salt of {what}")
        self.params, self.extra_info, self.extra_fields = params, info, fields or {}
        self.private = given.get("private") or private_key(f"slot {what}")
        self.public = given.get("public") or public_of(self.private)
        self.pair_nonce = given.get("pair_nonce") or rand(f"nonce of slot {what}", 12)
        self.ephemeral = given.get("ephemeral") or private_key(f"the sender to slot {what}")
        # In the place of the sealed data key.
        self.data_key = given.get("data_key")

    def start(self):
        return bytes([self.kind]) + self.id + prefixed(self.label)

    def head(self, namespace):
        return self.start() + self.salt + prefixed(self.params) + self.derived(namespace)[32:]

    def info(self, namespace):
        return f"keyfold/v1/{KINDS[self.kind]}".encode() + prefixed(namespace.encode()) + self.extra_info

    def derived(self, namespace):
        """The slot's key, and the commitment to it."""
        return hkdf(self.secret, self.salt, self.info(namespace))

    def key(self, namespace):
        return self.derived(namespace)[:32]

    def pair_aad(self, namespace):
        return associated_data("slot", namespace, self.head(namespace))

    def sealed_pair(self, namespace):
        pair = self.private + self.public
        return self.pair_nonce + gcm(self.key(namespace), self.pair_nonce, pair, self.pair_aad(namespace))

    def data_key_info(self, namespace, data_key_id):
        return associated_data("data-key", namespace, data_key_id, self.head(namespace))

    def sealed_data_key(self, namespace, data_key_id, data_key):
        if self.data_key:
            return self.data_key
        # By an ephemeral key of its own for each data key: key and nonce come from it alone.
        info = self.data_key_info(namespace, data_key_id)
        sealed = hpke_seal(self.public, info, data_key, self.ephemeral)
        if 0 < int.from_bytes(self.private, "big") < ORDER and public_of(self.private) == self.public:
            assert hpke_open(self.private, info, sealed) == data_key
        return sealed

    def bytes(self, namespace, data_key_id, data_key):
        return self.head(namespace) + self.sealed_pair(namespace) + self.sealed_data_key(namespace, data_key_id, data_key)

    def param_sizes(self):
        if self.kind == PASSPHRASE:
            return {"memory": 4, "passes": 4, "Argon2 salt": 16}
        if self.kind == PASSKEY:
            rp_id = int.from_bytes(self.params[:4], "big")
            credential_id = len(self.params) - 4 - rp_id - 4 - 66
            return {"length of the rp id": 4, "rp id": rp_id, "length of the credential id": 4,
                    "credential id": credential_id, "transports": 2, "user id": 32, "PRF input": 32}
        return {"parameters": len(self.params)}

    def layout(self):
        return [("kind", 1), ("slot id", 16), ("length of the label", 4), ("label", len(self.label)), ("HKDF salt", 32),
                ("length of the parameters", 4), *self.param_sizes().items(), ("commitment", 32), ("pair's nonce", 12),
                ("pair", 113), ("ephemeral key", 65), ("sealed data key", 48)]

    def fields(self):
        fields = {"kind": KINDS[self.kind], "id": self.id.hex(), "label": self.label.decode(), "salt": self.salt.hex()}
        return fields | self.extra_fields


def passphrase_slot(what, passphrase, *, memory_kib=19456, passes=2, label=""):
    salt = rand(f"Argon2 salt of {what}", 16)
    in_bounds = 19456 <= memory_kib <= 262144 and 2 <= passes <= 10 and memory_kib * passes <= 1048576
    return Slot(
        PASSPHRASE, what, label=label,
        params=u32(memory_kib) + u32(passes) + salt,
        # A cost that no reader accepts is not paid here either.
        secret=argon2id(passphrase, salt, memory_kib, passes) if in_bounds else bytes(32),
        unlock={"passphrase": passphrase},
        fields={"memoryKib": memory_kib, "passes": passes, "argon2Salt": salt.hex()},
    )


def app_key_slot(what, *, app_key=None, **given):
    app_key = app_key or rand(f"app key of {what}")
    return Slot(APP_KEY, what, secret=app_key, unlock={"appKey": app_key.hex()}, **given)


def passkey_slot(what, *, rp_id="example.com", credential_id=None, label="", transports=0, prf_input=None):
    credential_id = rand(f"credential id of {what}", 16) if credential_id is None else credential_id
    user_id, output = (rand(f"{part} of {what}") for part in ["user id", "PRF output"])
    prf_input = prf_input or rand(f"PRF input of {what}")
    rp_id = rp_id if isinstance(rp_id, bytes) else rp_id.encode()
    return Slot(
        PASSKEY, what, label=label,
        params=prefixed(rp_id) + prefixed(credential_id) + u16(transports) + user_id + prf_input,
        secret=output,
        unlock={"passkey": {"credentialId": credential_id.hex(), "prfOutput": output.hex()}},
        fields={"rpId": rp_id.decode(errors="replace"), "credentialId": credential_id.hex(), "transports": transports,
                "userId": user_id.hex(), "prfInput": prf_input.hex()},
        info=prefixed(credential_id),
    )


def recovery_code_slot(what, *, label=""):
    bits = rand(f"recovery code of {what}", 20)
    return Slot(RECOVERY_CODE, what, label=label, secret=bits + bytes(12), unlock={"recoveryCode": recovery_code(bits)})


class UnknownSlot(Slot):
    """A slot of a kind that only a newer version opens."""

    def __init__(self, kind, what, params, label=""):
        super().__init__(kind, what, params=params, label=label)

    def derived(self, namespace):
        return rand(f"what only the future derives for {self.what}", 64)

    def fields(self):
        return {"kind": self.kind, "id": self.id.hex(), "label": self.label.decode(), "salt": self.salt.hex(),
                "parameters": self.params.hex()}


class Beside:
    """The data key lies beside the ring."""

    kind = 1

    def parameters(self, ring):
        return b""

    def layout(self):
        return []

    def fields(self):
        return {"kind": "beside"}

    def unlock(self, ring):
        return [{"unlock": {"device": ring.data_key.hex()}}]


class Keychain:
    """A key in a keychain's item wraps the data key."""

    kind = 2

    def __init__(self, what):
        self.what, self.item, self.key = what, rand(f"keychain item of {what}", 16), rand(f"keychain key of {what}")

    def aad(self, ring):
        return associated_data("keychain", ring.namespace, ring.data_key_id, self.item)

    def parameters(self, ring):
        nonce = rand(f"nonce of the keychain wrap of {self.what}", 12)
        return self.item + nonce + gcm(self.key, nonce, ring.data_key, self.aad(ring))

    def layout(self):
        return [("keychain item", 16), ("wrapped data key's nonce", 12), ("wrapped data key", 48)]

    def fields(self):
        return {"kind": "keychain", "item": self.item.hex()}

    def unlock(self, ring):
        return [{"unlock": {"keychain": self.key.hex()}, "associatedData": self.aad(ring).hex()}]


class OtherWay:
    """A way of any kind, with any parameters."""

    def __init__(self, kind, params):
        self.kind, self.params = kind, params

    def parameters(self, ring):
        return self.params

    def layout(self):
        return [("way's parameters", len(self.params))]

    def fields(self):
        return {"kind": self.kind, "parameters": self.params.hex()}

    def unlock(self, ring):
        return []


def with_checksum(body):
    return body + sha256(body)


class Ring:
    """A ring, field by field, so that a case can spoil any of them."""

    def __init__(self, what, *, ways=(), slots=(), namespace="app", generation=1, **given):
        self.what, self.namespace, self.generation = what, namespace, generation
        self.ways, self.slots = list(ways), list(slots)
        self.data_key_id = given.get("data_key_id") or rand(f"data key id of {what}", 16)
        self.data_key = given.get("data_key") or rand(f"data key of {what}")
        self.name_key = given.get("name_key") or rand(f"name key of {what}")
        self.body_nonce = given.get("body_nonce") or rand(f"nonce of the body of {what}", 12)
        # What the body says of the slots.
        self.public_keys = given.get("public_keys") or [slot.public for slot in self.slots]

    def start(self, version=VERSION):
        return MAGIC + version + u64(self.generation) + self.data_key_id

    def listed_ways(self, count=None):
        count = len(self.ways) if count is None else count
        return bytes([count]) + b"".join(bytes([way.kind]) + prefixed(way.parameters(self)) for way in self.ways)

    def listed_slots(self, count=None):
        count = len(self.slots) if count is None else count
        slots = (slot.bytes(self.namespace, self.data_key_id, self.data_key) for slot in self.slots)
        return bytes([count]) + b"".join(map(prefixed, slots))

    def head(self, ways=None, slots=None):
        """With these numbers of ways and slots, whatever there is."""
        return self.start() + self.listed_ways(ways) + self.listed_slots(slots)

    def aad(self, head=None):
        return associated_data("ring", self.namespace, head or self.head())

    def sealed_body(self, head=None, aad=None):
        plaintext = self.name_key + b"".join(self.public_keys)
        return self.body_nonce + gcm(self.data_key, self.body_nonce, plaintext, aad or self.aad(head))

    def body(self, head=None):
        """All but the checksum. With a `head`, the body is sealed over that one."""
        head = head or self.head()
        return head + self.sealed_body(head)

    def bytes(self, head=None):
        return with_checksum(self.body(head))

    def fields(self):
        return {"generation": str(self.generation), "dataKeyId": self.data_key_id.hex(),
                "ways": [way.fields() for way in self.ways], "slots": [slot.fields() for slot in self.slots]}

    def unlocks(self):
        of_ways = [unlock for way in self.ways for unlock in way.unlock(self)]
        return of_ways + [
            {
                "unlock": slot.unlock,
                "slot": slot.id.hex(),
                "info": slot.info(self.namespace).hex(),
                "slotKey": slot.key(self.namespace).hex(),
                "commitment": slot.derived(self.namespace)[32:].hex(),
                "associatedData": slot.pair_aad(self.namespace).hex(),
                "privateKey": slot.private.hex(),
                "publicKey": slot.public.hex(),
                "dataKeyInfo": slot.data_key_info(self.namespace, self.data_key_id).hex(),
            }
            for slot in self.slots
            if slot.unlock
        ]

    def layout(self):
        """Every field of all but the checksum, with where it starts and ends. Those of no length are left out."""
        fields = [("magic", 8), ("version", 1), ("generation", 8), ("data key id", 16), ("count of ways", 1)]
        for way in self.ways:
            fields += [("kind of the way", 1), ("length of the way's parameters", 4), *way.layout()]
        fields.append(("count of slots", 1))
        for slot in self.slots:
            fields += [("length of the slot", 4), *slot.layout()]
        fields += [("body's nonce", 12), ("body", 32 + 65 * len(self.slots) + 16)]
        at, layout = 0, []
        for name, size in fields:
            if size:
                layout.append((name, at, at + size))
            at += size
        assert at == len(self.body())
        return layout


def accepted(name, ring):
    for unlocking in ring.unlocks():
        opened = read_sealed.opened(ring.bytes(), ring.namespace, unlocking["unlock"])
        assert opened == (ring.data_key, ring.name_key, ring.public_keys), name
    return {
        "name": name,
        "namespace": ring.namespace,
        "ring": ring.bytes().hex(),
        "fields": ring.fields(),
        "unlocks": ring.unlocks(),
        "bodyAssociatedData": ring.aad().hex(),
        "dataKey": ring.data_key.hex(),
        "nameKey": ring.name_key.hex(),
        "publicKeys": [public.hex() for public in ring.public_keys],
    }


KNOWN = Ring(
    "the known answer", ways=[Beside()], namespace="com.example.notes",
    data_key_id=bytes(range(0xB0, 0xC0)), data_key=bytes(range(0x00, 0x20)), name_key=bytes(range(0x20, 0x40)),
    body_nonce=bytes(range(0xC0, 0xCC)),
)

KNOWN_SLOT = Ring(
    "the known answer with a slot", namespace="com.example.notes",
    data_key_id=KNOWN.data_key_id, data_key=KNOWN.data_key, name_key=KNOWN.name_key, body_nonce=KNOWN.body_nonce,
    slots=[app_key_slot("the known answer", app_key=bytes(range(0x40, 0x60)), slot_id=bytes(range(0xD0, 0xE0)),
                        salt=bytes(range(0x60, 0x80)), private=bytes(range(0x80, 0xA0)),
                        pair_nonce=bytes(range(0xF0, 0xFC)), ephemeral=bytes(range(0xE0, 0x100)))],
)


def device(what, **rest):
    return Ring(what, ways=[Beside()], **rest)


def keychain(what, **rest):
    return Ring(what, ways=[Keychain(what)], **rest)


def rings():
    every_slot = [
        passphrase_slot("mixed, passphrase", "correct horse battery staple", label="what I remember"),
        app_key_slot("mixed, app key", label="server"),
        passkey_slot("mixed, passkey", label="phone \U0001f511"),
    ]
    every_slot.append(recovery_code_slot("mixed, recovery code", label="in the drawer"))
    asked = rand("PRF input of eight")
    eight = [passphrase_slot("eight, 0", "number 0"), *(app_key_slot(f"eight, {at}") for at in range(1, 4)),
             *(passkey_slot(f"eight, {at}", prf_input=asked, transports=1 << at) for at in range(4, 6)),
             *(recovery_code_slot(f"eight, {at}") for at in range(6, 8))]
    unknown = UnknownSlot(200, "of the future", rand("what only the future reads", 77), label="from tomorrow")
    unknown_way = OtherWay(200, rand("a way of the future", 33))
    stays = app_key_slot("stays", label="stays when keys change")
    moved = app_key_slot("stays", label="stays when keys change", ephemeral=private_key("the sender to slot stays, again"))

    def slots(what, *slots, ways=()):
        return Ring(what, ways=ways, slots=slots)

    return [
        accepted("known answer: device", KNOWN),
        accepted("known answer: app key", KNOWN_SLOT),
        accepted("device", device("device")),
        accepted("keychain", keychain("keychain")),
        accepted("app key", slots("app key", app_key_slot("app key"))),
        accepted("passphrase, least memory and passes", slots("least cost", passphrase_slot("least cost", "hunter2"))),
        accepted("passphrase, the default cost",
                 slots("default cost", passphrase_slot("default cost", "hunter2", memory_kib=65536, passes=3))),
        accepted("passphrase, most memory and 1 GiB in all",
                 slots("most memory", passphrase_slot("most memory", "hunter2", memory_kib=262144, passes=4))),
        accepted("passphrase, most passes and nearly 1 GiB in all",
                 slots("most passes", passphrase_slot("most passes", "hunter2", memory_kib=104857, passes=10))),
        accepted("passphrase that is prepared",
                 slots("prepared", passphrase_slot("prepared", " Pa\u0301ss\u00a0wort\u3000\U0001f510 "))),
        accepted("passkey", slots("passkey", passkey_slot("passkey", transports=0b111111))),
        accepted("passkey, without transports", slots("no transports", passkey_slot("no transports"))),
        accepted("passkey, transports of newer versions too", slots("new transports", passkey_slot("new transports", transports=0xFFFF))),
        accepted("passkey, the shortest rp id and credential id",
                 slots("short passkey", passkey_slot("short passkey", rp_id="x", credential_id=b"\0"))),
        accepted("passkey, the longest rp id and credential id",
                 slots("long passkey", passkey_slot("long passkey", rp_id="x" * 253,
                                                    credential_id=rand("long credential id", 1023)))),
        accepted("two passkeys", slots("two passkeys", *(passkey_slot(f"two passkeys, {at}", prf_input=asked) for at in range(2)))),
        accepted("recovery code", slots("recovery code", recovery_code_slot("recovery code"))),
        accepted("a label of 64 bytes", slots("long label", app_key_slot("long label", label="\u043a\u043b\u044e\u0447" * 8))),
        accepted("a slot of each kind", slots("mixed", *every_slot)),
        accepted("eight slots", slots("eight", *eight)),
        accepted("two slots of one kind", slots("twice", app_key_slot("twice, 1"), app_key_slot("twice, 2"))),
        accepted("device beside an app key", slots("device beside", app_key_slot("beside device"), ways=[Beside()])),
        accepted("device beside a slot of each kind", slots("device beside all", *every_slot, ways=[Beside()])),
        accepted("keychain beside an app key",
                 slots("keychain beside", app_key_slot("beside keychain"), ways=[Keychain("keychain beside")])),
        accepted("device and keychain", Ring("both", ways=[Beside(), Keychain("both")])),
        accepted("keychain, and the kinds that are reserved", Ring("reserved", ways=[
            Keychain("reserved"), OtherWay(3, rand("way 3", 48)), OtherWay(4, rand("way 4", 1024)), OtherWay(5, b"")])),
        accepted("a way of an unknown kind beside device", Ring("future way", ways=[Beside(), unknown_way])),
        accepted("a way of an unknown kind beside an app key",
                 slots("future way and slot", app_key_slot("beside a way"), ways=[unknown_way])),
        accepted("a way of an unknown kind with nothing in it",
                 slots("empty way", app_key_slot("beside an empty way"), ways=[OtherWay(255, b"")])),
        accepted("a slot of an unknown kind beside one that is known",
                 slots("future", unknown, app_key_slot("beside the future"))),
        accepted("a slot of an unknown kind beside device", slots("future beside device", unknown, ways=[Beside()])),
        accepted("a slot of an unknown kind without parameters",
                 slots("empty future", app_key_slot("beside nothing"), UnknownSlot(255, "nothing", b""))),
        accepted("a slot of 4096 bytes of an unknown kind",
                 slots("long future", app_key_slot("beside much"), UnknownSlot(5, "much", rand("much", 4096 - 327)))),
        accepted("before its keys are changed", slots("before", stays)),
        accepted("after its keys are changed: the slot's head and pair are the same",
                 Ring("after", slots=[moved], generation=2)),
        accepted("generation 0", device("generation 0", generation=0)),
        accepted("the highest generation", device("highest generation", generation=2**64 - 1)),
        *(accepted(f"{title}, namespace {shown}", make(f"{title} of {shown}", namespace))
          for shown, namespace in [("of one byte", "."), ("beyond ASCII", "nom d'espace \U0001f5dd"),
                                   ("of 1024 bytes", "n" * 1024)]
          for title, make in [
              ("device", lambda what, namespace: device(what, namespace=namespace)),
              ("keychain", lambda what, namespace: keychain(what, namespace=namespace)),
              ("app key", lambda what, namespace: Ring(what, slots=[app_key_slot(what)], namespace=namespace))]),
    ]


# What a ring is refused for.

def refused(name, ring, error, *, namespace="app", unlock=None):
    assert read_sealed.refusal(ring, namespace, unlock) == error, (name, read_sealed.refusal(ring, namespace, unlock), error)
    made = {"name": name, "namespace": namespace, "ring": ring.hex()}
    if unlock:
        assert read_sealed.refusal(ring, namespace) is None, f"{name}: it cannot be read"
        made["unlock"] = unlock
    return made | {"error": error}


def one_of_each():
    """A ring of each way in and one of each kind of slot, all with labels."""
    unknown = UnknownSlot(200, "one, unknown", rand("one, unknown, parameters", 9), label="label")
    slots = {
        "passphrase": passphrase_slot("one, passphrase", "pass", label="label"),
        "app key": app_key_slot("one, app key", label="label"),
        "passkey": passkey_slot("one, passkey", label="label"),
        "recovery code": recovery_code_slot("one, recovery code", label="label"),
        "unknown slot": unknown,
    }
    return {
        "device": device("one, device"),
        "keychain": keychain("one, keychain"),
        "unknown way": Ring("one, unknown way", ways=[OtherWay(200, rand("one, unknown way", 9))]),
        **{title: Ring(f"one, {title}", slots=[slot]) for title, slot in slots.items()},
    }


def unread_rings():
    """Refused by whoever reads it, whatever the unlock."""
    each = one_of_each()
    whole_device = each["device"]
    cases = []

    def corrupt(name, data):
        cases.append(refused(name, data, "corrupt"))

    corrupt("empty", b"")
    corrupt("the magic alone", MAGIC)
    corrupt("a checksum of nothing", with_checksum(b""))
    corrupt("a checksum of the magic alone", with_checksum(MAGIC))
    corrupt("another magic", with_checksum(b"Keyfold\0" + whole_device.body()[8:]))
    corrupt("the last byte of the magic differs", with_checksum(b"keyfold\1" + whole_device.body()[8:]))
    corrupt("a byte in front", with_checksum(b"\0" + whole_device.body()))

    for title, ring in each.items():
        whole = ring.bytes()
        for cut in [1, len(whole) // 2, len(whole) - 33, len(whole) - 1]:
            corrupt(f"{title}: cut off at {cut}", whole[:cut])
        for field, start, end in ring.layout():
            corrupt(f"{title}: ends before the {field}", with_checksum(whole[:start]))
            if end - start > 1:
                corrupt(f"{title}: ends within the {field}", with_checksum(whole[: end - 1]))
            flipped = bytearray(whole)
            flipped[start] ^= 0x10
            corrupt(f"{title}: a bit flipped in the {field}", bytes(flipped))
        corrupt(f"{title}: a bit flipped in the checksum", whole[:-1] + bytes([whole[-1] ^ 1]))
        corrupt(f"{title}: a byte more behind it", whole + b"\0")
        corrupt(f"{title}: a byte more before the checksum", with_checksum(ring.body() + b"\0"))
        corrupt(f"{title}: another whole ring behind it", whole + whole)

    def version(number):
        return MAGIC + bytes([number]) + whole_device.body()[9:]

    corrupt("version 0", with_checksum(version(0)))
    for number in [2, 255]:
        cases.append(refused(f"version {number}", with_checksum(version(number)), "newer-format"))
        corrupt(f"version {number}, without a checksum of its own", version(number) + whole_device.bytes()[-32:])
    cases.append(refused("version 2, of a form of its own", with_checksum(MAGIC + b"\x02" + rand("version 2", 50)),
                         "newer-format"))
    cases.append(refused("version 2, and nothing more", with_checksum(MAGIC + b"\x02"), "newer-format"))

    def with_ways(what, *ways, count=None):
        ring = Ring(what, ways=ways)
        corrupt(what, ring.bytes(ring.head(ways=count)))

    corrupt("nothing opens it", Ring("nothing").bytes())
    others = [OtherWay(kind, rand(f"way {kind}", 5)) for kind in range(6, 11)]
    with_ways("five ways", *others)
    with_ways("255 ways said, one there", Beside(), count=255)
    with_ways("two ways said, one there", Beside(), count=2)
    with_ways("one way said, two there", *others[:2], count=1)
    with_ways("no way said, one there", Beside(), count=0)
    with_ways("two ways of one kind", Keychain("two, 1"), Keychain("two, 2"))
    with_ways("two ways of one unknown kind", others[0], others[1], OtherWay(6, b""))
    with_ways("a device twice", Beside(), Beside())
    with_ways("a way of kind 0", OtherWay(0, b""))
    with_ways("a way of kind 0 beside a device", Beside(), OtherWay(0, b"\0"))
    with_ways("a device with a parameter", OtherWay(1, b"\0"))
    for size in [0, 16, 75, 77]:
        with_ways(f"a keychain with parameters of {size} bytes", OtherWay(2, rand("keychain's parameters", size)))
    with_ways("a way of an unknown kind with parameters of 1025 bytes", OtherWay(200, bytes(1025)))
    for length in [0, 8, 10, 1025, 2**31, 2**32 - 1]:
        ring = each["unknown way"]
        head = ring.head()
        corrupt(f"parameters of a way said to have {length} bytes", ring.bytes(head[:35] + u32(length) + head[39:]))

    def counted(count, slots, what):
        ring = Ring(what, slots=slots)
        return ring.bytes(ring.head(slots=count))

    nine = [app_key_slot(f"nine, {at}") for at in range(9)]
    corrupt("nine slots", counted(9, nine, "nine slots"))
    corrupt("255 slots said, one there", counted(255, nine[:1], "255 slots"))
    corrupt("two slots said, one there", counted(2, nine[:1], "one too few"))
    corrupt("one slot said, two there", counted(1, nine[:2], "one too many"))
    corrupt("no slot said, one there", counted(0, nine[:1], "one unsaid"))

    def of_slots(what, *slots):
        corrupt(what, Ring(what, slots=slots).bytes())

    of_slots("two slots of one id", *(app_key_slot(f"same id, {at}", slot_id=rand("the same id", 16)) for at in range(2)))
    # One more guess for whoever has planted the ring.
    of_slots("two passphrases", passphrase_slot("two passphrases, 1", "one"), passphrase_slot("two passphrases, 2", "two"))
    # One touch asks for all of them.
    asked = rand("what two passkeys are asked")
    of_slots("two passkeys with other PRF inputs", *(passkey_slot(f"other inputs, {at}") for at in range(2)))
    of_slots("two passkeys with other rp ids", *(passkey_slot(f"other rp ids, {at}", prf_input=asked, rp_id=rp_id)
                                                 for at, rp_id in enumerate(["example.com", "www.example.com"])))
    of_slots("the last of eight passkeys with another PRF input",
             *(passkey_slot(f"seven the same, {at}", prf_input=asked) for at in range(7)), passkey_slot("the eighth"))

    def with_body(what, change):
        """A body that is sealed as it should be, and has another length."""
        ring = each["app key"]
        nonce, plaintext = ring.body_nonce, change(ring.name_key + ring.public_keys[0])
        corrupt(what, with_checksum(ring.head() + nonce + gcm(ring.data_key, nonce, plaintext, ring.aad())))

    with_body("a body without a public key", lambda body: body[:32])
    with_body("a body with a public key too many", lambda body: body + body[32:])
    with_body("a body with half a public key", lambda body: body[:64])
    with_body("an empty body", lambda body: b"")

    def with_slot(what, slot):
        of_slots(what, slot)

    for title in ["passphrase", "app key", "passkey", "recovery code", "unknown slot"]:
        zero = UnknownSlot(0, f"kind 0, {title}", each[title].slots[0].params)
        with_slot(f"a slot of kind 0, otherwise {title}", zero)
    with_slot("a label of 65 bytes", app_key_slot("label of 65 bytes", label="x" * 65))
    with_slot("a label that is not UTF-8", app_key_slot("label not UTF-8", label=b"\xff"))
    with_slot("a label that is a lone surrogate", app_key_slot("label a surrogate", label=b"\xed\xa0\x80"))
    with_slot("an unknown slot of 4097 bytes", UnknownSlot(5, "4097 bytes", bytes(4097 - 327)))
    with_slot("an unknown slot with a label of 65 bytes", UnknownSlot(5, "unknown, long label", b"", label="x" * 65))
    with_slot("an empty rp id", passkey_slot("empty rp id", rp_id=""))
    with_slot("an rp id of 254 bytes", passkey_slot("long rp id", rp_id="x" * 254))
    with_slot("an rp id that is not UTF-8", passkey_slot("rp id not UTF-8", rp_id=b"\xc0\x80"))
    with_slot("an empty credential id", passkey_slot("empty credential", credential_id=b""))
    with_slot("a credential id of 1024 bytes", passkey_slot("long credential", credential_id=bytes(1024)))
    for memory_kib, passes in [(0, 2), (19455, 2), (262145, 2), (2**32 - 1, 2), (19456, 0), (19456, 1), (19456, 11),
                               (19456, 2**32 - 1), (262144, 5), (104858, 10), (2**31, 2), (2**32 - 1, 2**32 - 1)]:
        what = f"Argon2id with {memory_kib} KiB and {passes} passes"
        with_slot(what, passphrase_slot(what, "pass", memory_kib=memory_kib, passes=passes))

    class Other(Slot):
        """A slot with other parameters, or changed inside its length."""

        def __init__(self, slot, *, params=None, change=lambda made: made):
            self.__dict__.update(slot.__dict__)
            self.params, self.change = slot.params if params is None else params, change

        def bytes(self, *given):
            return self.change(super().bytes(*given))

    for title in ["passphrase", "app key", "passkey", "recovery code"]:
        slot = each[title].slots[0]
        with_slot(f"{title}: a byte more in the slot", Other(slot, change=lambda made: made + b"\0"))
        with_slot(f"{title}: a byte less in the slot", Other(slot, change=lambda made: made[:-1]))
        with_slot(f"{title}: only the kind in the slot", Other(slot, change=lambda made: made[:1]))
        with_slot(f"{title}: a byte more in the parameters", Other(slot, params=slot.params + b"\0"))
        if slot.params:
            with_slot(f"{title}: a byte less in the parameters", Other(slot, params=slot.params[:-1]))
            with_slot(f"{title}: no parameters", Other(slot, params=b""))
    with_slot("a slot of no bytes", Other(nine[0], change=lambda made: b""))

    def with_length(what, at, length):
        """A slot whose part at `at` says another length than it has, in a ring whose lengths are right otherwise."""
        slot = app_key_slot(f"{what} of a wrong length", label="label")
        with_slot(f"{what} said to have {length} bytes",
                  Other(slot, change=lambda made: made[:at] + u32(length) + made[at + 4:]))

    for length in [4, 6, 2**31, 2**32 - 1]:
        with_length("a label", 17, length)
    for length in [1, 290, 4096, 2**31, 2**32 - 1]:
        with_length("parameters", 21 + len("label") + 32, length)

    def resaid(length):
        ring = Ring(f"slot said to have {length} bytes", slots=[app_key_slot("slot of a wrong length")])
        head = ring.head()
        return ring.bytes(head[:35] + u32(length) + head[39:])

    length = len(app_key_slot("slot of a wrong length").bytes("app", bytes(16), bytes(32)))
    for length in [0, length - 1, length + 1, 2**31, 2**32 - 1]:
        corrupt(f"a slot said to have {length} bytes", resaid(length))
    return cases


class Colliding(Slot):
    """A slot whose sealed pair opens under the keys of two passphrases, and which is committed to that of the first."""

    def __init__(self, slot, second):
        self.__dict__.update(slot.__dict__)
        self.second = second

    def sealed_pair(self, namespace):
        keys = [slot.key(namespace) for slot in [self, passphrase_slot(self.what, self.second)]]
        return self.pair_nonce + opens_under_both(keys, self.pair_nonce, self.pair_aad(namespace), 97)


def off_curve(private):
    """A point of order 3 on another curve, and its x-coordinate: to a multiple of it that is not infinity, formulas
    without the curve's b give that same x-coordinate. (Its curve's b is what makes x a root of the polynomial of its
    points of order 3.)"""
    assert int.from_bytes(private, "big") % 3
    for x in count(int.from_bytes(rand("a point off the curve"), "big") % PRIME):
        b = (9 - 3 * x**4 + 18 * x**2) * pow(12 * x, -1, PRIME) % PRIME
        y = square_root(x**3 - 3 * x + b)
        if y is not None and b != COEFFICIENT_B:
            return point(x, y), x.to_bytes(32, "big")


def small_point():
    """A point of the curve whose x-coordinate has another form: above the prime, and still 32 bytes."""
    x = next(x for x in count(1) if square_root(x**3 - 3 * x + COEFFICIENT_B) is not None)
    assert x + PRIME < 2**256
    return x, square_root(x**3 - 3 * x + COEFFICIENT_B)


def no_points():
    """What is no public key, of the length of one."""
    whole = public_of(private_key("what is no point"))
    x, y = (int.from_bytes(part, "big") for part in [whole[1:33], whole[33:]])
    small_x, small_y = small_point()
    return {
        "off the curve": whole[:-1] + bytes([whole[-1] ^ 1]),
        "off the curve, x and y exchanged": point(y, x),
        "of order 3 on another curve": off_curve(private_key("a slot under attack"))[0],
        "infinity, as zeros": bytes(65),
        "the point (0, 0)": point(0, 0),
        "x is the prime": point(PRIME, square_root(COEFFICIENT_B)),
        "x beyond the prime": point(small_x + PRIME, small_y),
        "y beyond the prime": b"\x04" + whole[1:33] + b"\xff" * 32,
        "compressed": bytes([2 + y % 2]) + whole[1:33] + bytes(32),
        "hybrid": bytes([6 + y % 2]) + whole[1:],
        "of an unknown form": b"\x05" + whole[1:],
        "a form of 0": b"\x00" + whole[1:],
    }


def unopened_rings():
    """Read, and not opened by the unlock given."""
    each = one_of_each()
    cases = []

    def add(name, ring, unlock, error, **rest):
        cases.append(refused(name, ring, error, unlock=unlock, **rest))

    unlock_of = {title: ring.unlocks()[0]["unlock"] for title, ring in each.items() if "unknown" not in title}
    other = {
        "device": {"device": rand("another data key").hex()},
        "keychain": {"keychain": rand("another keychain key").hex()},
        "passphrase": {"passphrase": "Pass"},
        "app key": {"appKey": rand("another app key").hex()},
        "passkey": {"passkey": unlock_of["passkey"]["passkey"] | {"prfOutput": rand("another PRF output").hex()}},
        "recovery code": {"recoveryCode": recovery_code(rand("another recovery code", 20))},
    }
    for title, unlock in other.items():
        add(f"{title}: another secret", each[title].bytes(), unlock, "wrong-key")
        add(f"{title}: another namespace", each[title].bytes(), unlock_of[title], "wrong-key", namespace="app2")
        for given, theirs in unlock_of.items():
            if given != title:
                add(f"{title}: unlocked by {given}", each[title].bytes(), theirs, "locked")
    add("passphrase: not trimmed", each["passphrase"].bytes(), {"passphrase": "pass "}, "wrong-key")
    stranger = {"passkey": unlock_of["passkey"]["passkey"] | {"credentialId": rand("a stranger", 16).hex()}}
    add("passkey: a credential that has no slot", each["passkey"].bytes(), stranger, "wrong-key")

    for given in ["passphrase", "app key", "passkey", "recovery code"]:
        add(f"only a slot of an unknown kind, unlocked by {given}", each["unknown slot"].bytes(), unlock_of[given],
            "newer-format")
        add(f"only a way of an unknown kind, unlocked by {given}", each["unknown way"].bytes(), unlock_of[given], "locked")
    for given in ["device", "keychain"]:
        add(f"only a slot of an unknown kind, unlocked by {given}", each["unknown slot"].bytes(), unlock_of[given],
            "locked")
        add(f"only a way of an unknown kind, unlocked by {given}", each["unknown way"].bytes(), unlock_of[given],
            "newer-format")
    unknown = UnknownSlot(200, "unknown beside app key", rand("parameters", 9))
    beside = Ring("unknown beside app key", slots=[unknown, app_key_slot("beside unknown")])
    add("a slot of an unknown kind and an app key, unlocked by a passphrase", beside.bytes(), {"passphrase": "pass"},
        "newer-format")
    add("a slot of an unknown kind and an app key, unlocked by another app key", beside.bytes(), other["app key"],
        "wrong-key")
    way_beside = Ring("unknown way beside app key", ways=[OtherWay(200, b"")], slots=[app_key_slot("beside unknown way")])
    add("a way of an unknown kind and an app key, unlocked by device", way_beside.bytes(), unlock_of["device"], "newer-format")
    add("a way of an unknown kind and an app key, unlocked by a passphrase", way_beside.bytes(), unlock_of["passphrase"], "locked")

    with_device = Ring("device beside app key", ways=[Beside()], slots=[app_key_slot("beside device", label="label")])
    add("device and an app key: another device's key", with_device.bytes(), other["device"], "wrong-key")
    add("device and an app key: another app key", with_device.bytes(), other["app key"], "wrong-key")
    add("device and an app key: unlocked by a passphrase", with_device.bytes(), unlock_of["passphrase"], "locked")
    add("device and an app key: unlocked by a keychain", with_device.bytes(), unlock_of["keychain"], "locked")

    # Changed by somebody who makes the checksum again.
    for title, ring in each.items():
        if title not in unlock_of:
            continue
        body, size = ring.body(), len(ring.sealed_body())
        generation = with_checksum(body[:9] + u64(2) + body[17:])
        add(f"{title}: another generation", generation, unlock_of[title], "wrong-key" if title == "device" else "corrupt")
        key_id = with_checksum(body[:17] + rand("another data key id", 16) + body[33:])
        # A slot's commitment does not depend on it, and a keychain's key has none.
        error = "wrong-key" if title in ["device", "keychain"] else "corrupt"
        add(f"{title}: another data key id", key_id, unlock_of[title], error)
        for part, at in [("nonce", -size), ("ciphertext", 12 - size), ("tag", -1)]:
            changed = bytearray(body)
            changed[at] ^= 1
            error = "wrong-key" if title == "device" else "corrupt"
            add(f"{title}: the body's {part} changed", with_checksum(bytes(changed)), unlock_of[title], error)
    # What the slot's key is derived from, or compared with; all else is found when it opens nothing.
    derived = ["HKDF salt", "memory", "passes", "Argon2 salt", "credential id", "commitment"]
    of_keychain = ["keychain item", "wrapped data key's nonce", "wrapped data key"]
    kept = ["slot id", "label", "rp id", "transports", "user id", "PRF input", "pair's nonce", "pair", "ephemeral key",
            "sealed data key", *derived, *of_keychain]
    for title in ["keychain", "passphrase", "app key", "passkey", "recovery code"]:
        for field, _, end in each[title].layout():
            if field in kept:
                changed = bytearray(each[title].body())
                changed[end - 1] ^= 1
                error = "wrong-key" if field in derived + of_keychain else "corrupt"
                add(f"{title}: the {field} changed", with_checksum(bytes(changed)), unlock_of[title], error)
    changed = Ring("beside", ways=[Beside(), OtherWay(200, b"1234")])
    head = changed.head().replace(b"1234", b"1235")
    add("the parameters of an unknown way changed", with_checksum(head + changed.sealed_body()),
        changed.unlocks()[0]["unlock"], "wrong-key")
    head = with_device.start() + b"\0" + with_device.listed_slots()
    add("device taken away from beside a slot", with_checksum(head + with_device.sealed_body()),
        with_device.slots[0].unlock, "corrupt")
    alone = Ring("device added", slots=[app_key_slot("device added")])
    head = alone.start() + with_device.listed_ways() + alone.listed_slots()
    add("device put beside a slot", with_checksum(head + alone.sealed_body()), alone.slots[0].unlock, "corrupt")

    colliding = Ring("colliding", slots=[Colliding(passphrase_slot("colliding", "first"), "second")])
    add("a pair that two passphrases open, by the one that its slot does not commit to", colliding.bytes(),
        {"passphrase": "second"}, "wrong-key")
    add("a pair that two passphrases open, by the one that its slot commits to", colliding.bytes(),
        {"passphrase": "first"}, "corrupt")

    # Everything else in these rings fits: the checksum, the commitment, the body.
    def app_key(name, slot, **rest):
        add(name, Ring("pairs", slots=[slot], **rest).bytes(), slot.unlock, "corrupt")

    data_key_id, data_key = Ring("pairs").data_key_id, Ring("pairs").data_key
    whole = app_key_slot("pairs")
    info = whole.data_key_info("app", data_key_id)

    def to_it(public=whole.public, info=info, of=data_key):
        return app_key_slot("pairs", data_key=hpke_seal(public, info, of, whole.ephemeral))

    assert Ring("pairs", slots=[to_it()]).bytes() == Ring("pairs", slots=[whole]).bytes()
    app_key("the data key sealed to another public key", to_it(public_of(private_key("somebody else"))))
    app_key("another data key sealed to the slot", to_it(of=rand("not the data key")))
    for size in [0, 16, 31]:
        sealed = hpke_seal(whole.public, info, data_key[:size], whole.ephemeral)
        app_key(f"{size} bytes of the data key sealed to the slot", app_key_slot("pairs", data_key=sealed + bytes(113 - len(sealed))))
    app_key("the data key of another data key id", to_it(info=whole.data_key_info("app", rand("another id", 16))))
    app_key("the data key of another namespace", to_it(info=associated_data("data-key", "app2", data_key_id, whole.head("app"))))
    app_key("the data key of another slot", to_it(info=app_key_slot("another").data_key_info("app", data_key_id)))
    app_key("the data key of another label", to_it(info=app_key_slot("pairs", label="x").data_key_info("app", data_key_id)))
    app_key("the data key sealed for nothing", to_it(info=b""))
    app_key("the data key sealed with the associated data of the pair", to_it(info=whole.pair_aad("app")))
    app_key("the data key of before its keys were changed", app_key_slot("stays", label="stays when keys change",
            data_key=app_key_slot("stays", label="stays when keys change").sealed_data_key(
                "app", rand("data key id of before", 16), rand("data key of before"))))

    for title, enc in no_points().items():
        sealed = hpke_seal_by(enc[1:33], enc, whole.public, info, data_key)
        app_key(f"an ephemeral key {title}", app_key_slot("pairs", data_key=sealed))
    attacked = app_key_slot("pairs", private=private_key("a slot under attack"))
    enc, shared = off_curve(attacked.private)
    attacked.data_key = hpke_seal_by(shared, enc, attacked.public, attacked.data_key_info("app", data_key_id), data_key)
    app_key("an ephemeral key of order 3 on another curve, which opens it for whoever does not look", attacked)

    small = (7).to_bytes(32, "big")
    for title, private in [("0", bytes(32)), ("the order of the curve", ORDER.to_bytes(32, "big")),
                           ("the highest number", b"\xff" * 32)]:
        app_key(f"a private key that is {title}", app_key_slot("pairs", private=private, public=whole.public))
    app_key("a private key that is the order of the curve, and more",
            app_key_slot("pairs", private=(ORDER + 7).to_bytes(32, "big"), public=public_of(small)))
    stranger = private_key("somebody else")
    app_key("a pair whose public key is another private key's, sealed to that",
            app_key_slot("pairs", public=public_of(stranger)))
    own = app_key_slot("pairs", public=public_of(stranger))
    own.data_key = hpke_seal(whole.public, own.data_key_info("app", data_key_id), data_key, own.ephemeral)
    app_key("a pair whose public key is another private key's, sealed to its own", own)
    for title, public in [("off the curve", whole.public[:-1] + bytes([whole.public[-1] ^ 1])), ("infinity, as zeros", bytes(65))]:
        spoilt = app_key_slot("pairs", public=public)
        spoilt.data_key = hpke_seal(whole.public, spoilt.data_key_info("app", data_key_id), data_key, spoilt.ephemeral)
        app_key(f"a pair whose public key is {title}", spoilt)

    class Unlike(Slot):
        """A slot whose pair is sealed in another way."""

        def __init__(self, slot, sealed_pair):
            self.__dict__.update(slot.__dict__)
            self.sealed_pair = sealed_pair

    def pair_under(aad):
        return lambda _: whole.pair_nonce + gcm(whole.key("app"), whole.pair_nonce, whole.private + whole.public, aad)

    for title, aad in [
        ("as a ring's body", associated_data("ring", "app", whole.head("app"))),
        ("for another namespace", associated_data("slot", "app2", whole.head("app"))),
        ("with the data key id", associated_data("slot", "app", data_key_id, whole.head("app"))),
        ("without associated data", b""),
    ]:
        app_key(f"a pair sealed {title}", Unlike(whole, pair_under(aad)))

    two = [app_key_slot("of two, 1"), app_key_slot("of two, 2")]
    app_key("the pair of another slot", Unlike(two[0], two[1].sealed_pair))
    swapped = Ring("swapped", slots=two, public_keys=[two[1].public, two[0].public])
    for at, slot in enumerate(two):
        add(f"public keys in the wrong order, by slot {at}", swapped.bytes(), slot.unlock, "corrupt")
    app_key("a public key of somebody else in the body", whole, public_keys=[public_of(stranger)])
    app_key("a public key of zeros in the body", whole, public_keys=[bytes(65)])
    beside = Ring("public keys beside device", ways=[Beside()], slots=two, public_keys=[two[0].public, two[0].public])
    add("a slot's public key also in the place of another slot's", beside.bytes(), two[1].unlock, "corrupt")

    def changed_ring(what, head, ring, unlock, error="corrupt"):
        """The body as it was sealed over the ring's own head, behind another head."""
        add(what, with_checksum(head + ring.sealed_body()), unlock, error)

    first, second, third = (app_key_slot(f"of three, {at}", label=f"slot {at}") for at in range(3))
    three = Ring("three", slots=[first, second, third])

    def variant(*slots):
        return Ring("three", slots=slots)

    def resealed(*slots):
        """With the public keys of these slots, sealed over the head of all three."""
        return variant(*slots).sealed_body(aad=three.aad())

    add("a slot taken away", with_checksum(variant(first, second).head() + resealed(first, second)), first.unlock, "corrupt")
    changed_ring("the slots in another order", variant(first, third, second).head(), three, first.unlock)
    put_in = [first, second, third, app_key_slot("put in")]
    add("a slot put in by another holder of the data key", with_checksum(variant(*put_in).head() + resealed(*put_in)),
        first.unlock, "corrupt")
    changed_ring("another slot's label changed", three.head().replace(b"slot 1", b"slot X"), three, first.unlock)
    old = Ring("three", slots=[first, second, third], generation=0)
    add("the body of an older generation", with_checksum(three.head() + old.sealed_body()), first.unlock, "corrupt")
    for kind in ["record", "name-key", "slot"]:
        posing = three.sealed_body(aad=associated_data(kind, "app", three.head()))
        add(f"a {kind} in the place of the body", with_checksum(three.head() + posing), first.unlock, "corrupt")
    return cases


# Names and records.

class Store:
    """A namespace whose keys are there."""

    def __init__(self, what, namespace="app"):
        self.namespace = namespace
        self.data_key_id, self.data_key, self.name_key = rand(f"id of {what}", 16), rand(f"key of {what}"), rand(f"names of {what}")

    def stored(self, key):
        return stored_name(self.name_key, self.namespace, key)

    def aad(self, stored, *, kind="record", data_key_id=None):
        return associated_data(kind, self.namespace, stored, data_key_id or self.data_key_id)

    def record(self, key, value, *, plaintext=None, stored=None, nonce=None, version=VERSION, aad=None):
        stored = self.stored(key) if stored is None else stored
        plaintext = prefixed(key.encode()) + value if plaintext is None else plaintext
        nonce = nonce or rand(f"nonce of a record, {sha256(key.encode() + value).hex()}", 12)
        aad = aad or self.aad(stored)
        return version + self.data_key_id + nonce + gcm(self.data_key, nonce, plaintext, aad)

    def keys(self):
        return {"namespace": self.namespace, "dataKeyId": self.data_key_id.hex(), "dataKey": self.data_key.hex(),
                "nameKey": self.name_key.hex()}


def repeated(data, long=256):
    """A long run of one character is written as such."""
    if len(data) > long and data == data[:1] * len(data):
        return {"repeat": data[:1] if isinstance(data, str) else data[:1].hex(), "times": len(data)}
    return data if isinstance(data, str) else data.hex()


KNOWN_NONCE = bytes(range(0xA0, 0xAC))


def known_store():
    known = Store("known", "com.example.notes")
    known.data_key_id, known.data_key, known.name_key = KNOWN.data_key_id, KNOWN.data_key, KNOWN.name_key
    return known


def records():
    def accepted(name, key, value, *, store=None, nonce=None):
        store = store or Store("records")
        value = value.encode() if isinstance(value, str) else value
        record = store.record(key, value, nonce=nonce)
        return {
            "name": name, **store.keys(), "key": repeated(key), "value": repeated(value),
            "storedName": store.stored(key).hex(), "associatedData": store.aad(store.stored(key)).hex(),
            "record": record.hex(),
        }

    return [
        accepted("known answer", "token", "secret-value", store=known_store(), nonce=KNOWN_NONCE),
        accepted("an empty name and an empty value", "", ""),
        accepted("an empty value", "token", ""),
        accepted("an empty name", "", "secret-value"),
        accepted("beyond ASCII", "clé 🔑", "héllo 🔐"),
        accepted("a name that is not normalised", "cle\u0301", "decomposed"),
        accepted("the same name, normalised, is another entry", "clé", "composed"),
        accepted("a value that is not text", "bytes", bytes(range(256))),
        accepted("a leading byte order mark is kept", "mark", "\ufeffwith a mark"),
        accepted("control characters", "a\0b\nc", "a\0b\r\nc"),
        accepted("a value that looks like a name with its length", "nested", prefixed(b"nested") + b"x"),
        accepted("names of JavaScript's", "__proto__", "constructor"),
        *(accepted(f"a value of {size} bytes", f"of {size}", b"v" * size) for size in [1, 15, 16, 17, 255, 256, 257, 16384]),
        accepted("the longest name", "k" * 65536, "value"),
        *(accepted(f"namespace {shown}", "token", "secret-value", store=Store(f"namespace {shown}", namespace))
          for shown, namespace in [("of one byte", "."), ("beyond ASCII", "nom d'espace 🗝"), ("of 1024 bytes", "n" * 1024)]),
    ]


def unread_records():
    store = Store("refused records")
    cases = []

    def refuse(name, record, error="corrupt", *, key="token", stored=None, in_store=store):
        stored = in_store.stored(key) if stored is None else stored
        cases.append({"name": name, **in_store.keys(), "key": key, "storedName": stored.hex(), "record": record.hex(),
                      "error": error})

    whole = store.record("token", b"secret-value")
    refuse("empty", b"")
    for cut in [1, 16, 17, 28, 29, 30, 44, 45, 48, len(whole) - 1]:
        refuse(f"cut off at {cut}", whole[:cut])
    refuse("a byte more behind it", whole + b"\0")
    refuse("a byte in front: what follows it is another data key id", b"\x01" + whole, "key-missing")
    refuse("version 0", b"\x00" + whole[1:])
    for version in [2, 255]:
        refuse(f"version {version}", bytes([version]) + whole[1:], "newer-format")
    refuse("version 2, and nothing more", b"\x02", "newer-format")
    for part, at in [("nonce", 17), ("the name's length", 29), ("name", 33), ("value", 38), ("tag", -1)]:
        changed = bytearray(whole)
        changed[at] ^= 1
        refuse(f"a bit flipped in the {part}", bytes(changed))

    other = Store("refused records, another data key")
    other.name_key = store.name_key
    refuse("sealed under another data key", other.record("token", b"secret-value"), "key-missing")
    refuse("said to be sealed under another data key", whole[:1] + other.data_key_id + whole[17:], "key-missing")
    refuse("under another data key, said to be under this one",
           whole[:1] + store.data_key_id + other.record("token", b"secret-value")[17:])
    refuse("sealed for another data key id",
           store.record("token", b"secret-value", aad=store.aad(store.stored("token"), data_key_id=other.data_key_id)))

    refuse("moved to another name", whole, key="other")
    refuse("moved to another namespace", Store("refused records", "app2").record("token", b"secret-value", stored=store.stored("token")))
    refuse("sealed as a ring's body",
           store.record("token", b"secret-value", aad=store.aad(store.stored("token"), kind="ring")))
    refuse("sealed without associated data",
           whole[:17] + whole[17:29] + gcm(store.data_key, whole[17:29], prefixed(b"token") + b"secret-value", None))

    def inner(name, plaintext, **rest):
        refuse(name, store.record("token", name.encode(), plaintext=plaintext, stored=store.stored("token")), **rest)

    inner("another name inside", prefixed(b"other") + b"secret-value")
    inner("no name inside", prefixed(b"") + b"secret-value")
    inner("its name inside, and more of it", prefixed(b"token2") + b"secret-value")
    inner("nothing inside", b"")
    inner("half a length inside", b"\0\0\0")
    inner("a name longer than what is inside", u32(6) + b"token")
    inner("a name of 4 GiB", u32(2**32 - 1) + b"token")
    inner("a name that is not UTF-8", prefixed(b"\xff\xfe"))
    long = b"k" * 65537
    stored = hmac.digest(store.name_key, prefixed(b"app") + long, "sha256")
    record = store.record("", b"too long", plaintext=prefixed(long), stored=stored)
    cases.append({"name": "a name of 65537 bytes", **store.keys(), "key": repeated(long.decode()),
                  "storedName": stored.hex(), "record": record.hex(), "error": "corrupt"})
    return cases


def names():
    def named(name, namespace, key, name_key=rand("names")):
        return {"name": name, "namespace": namespace, "nameKey": name_key.hex(), "key": key,
                "message": message_of(namespace, key).hex(), "storedName": stored_name(name_key, namespace, key).hex()}

    return [
        named("known answer", "com.example.notes", "token", KNOWN.name_key),
        named("an empty name", "app", ""),
        named("split one way", "app", "xy"),
        named("split another way", "appx", "y"),
        named("split a third way", "appxy", ""),
        named("a dot", "app", ".x"),
        named("a dot in the namespace", "app.", "x"),
        named("beyond ASCII", "nom d'espace 🗝", "clé 🔑"),
        named("composed", "app", "clé"),
        named("decomposed", "app", "cle\u0301"),
        named("upper case is another name", "app", "Token"),
        named("lower case", "app", "token"),
        named("a NUL", "app", "\0"),
        named("under another name key", "app", "token", rand("other names")),
    ]


def passphrases():
    def taken(name, text):
        return {"name": name, "text": text, "prepared": prepared(text).hex()}

    spaces = [char for char in map(chr, range(0x80, 0x110000)) if unicodedata.category(char) == "Zs"]
    assert spaces == [*"\xa0\u1680", *map(chr, range(0x2000, 0x200B)), *"\u202f\u205f\u3000"]
    return [
        taken("ASCII", "correct horse battery staple"),
        taken("case is kept", "Correct Horse"),
        taken("one space", " "),
        taken("not trimmed", "  two spaces around  "),
        *(taken(f"the space U+{ord(space):04X}", f"a{space}b") for space in spaces),
        taken("a zero-width space is no space", "a\u200bb"),
        taken("a Mongolian vowel separator is no space any more", "a\u180eb"),
        taken("a tab and line ends are kept", "a\tb\r\n"),
        taken("a byte order mark is kept", "\ufeffa"),
        taken("composed", "Pássword"),
        taken("decomposed becomes composed", "Pa\u0301ssword"),
        taken("marks in an order that is not canonical", "q\u0307\u0323"),
        taken("Hangul syllables", "한글"),
        taken("Hangul jamo become syllables", "\u1112\u1161\u11ab\u1100\u1173\u11af"),
        taken("an Ångström sign becomes the letter", "\u212b"),
        taken("what must not be composed", "\u0958"),
        taken("compatibility forms are kept", "ﬁ ① Ａ"),
        taken("beyond the BMP", "🔐𝄞"),
        taken("a NUL", "\0"),
    ]


def no_passphrases():
    def refused(name, *units):
        return {"name": name, "utf16": "".join(f"{unit:04x}" for unit in units), "error": "invalid-argument"}

    return [
        refused("empty"),
        refused("a lone high surrogate", 0xD800),
        refused("a lone low surrogate", 0xDC00),
        refused("surrogates the wrong way round", 0xDC00, 0xD800),
        refused("a lone surrogate at the end", 0x0061, 0xD83D),
        refused("a lone surrogate in the middle", 0x0061, 0xDD10, 0x0062),
    ]


def recovery_codes():
    def read(name, typed, bits):
        return {"name": name, "typed": typed, "bits": bits.hex(), "text": recovery_code(bits)}

    bits = rand("recovery codes", 20)
    code = recovery_code(bits)
    zeros, ones = bytes(20), bytes.fromhex("0842108421" * 4)
    assert recovery_code(ones).startswith("1111-1111-1111-1111-1111-1111-1111-1111-")
    return [
        read("as it is shown", code, bits),
        read("known answer", recovery_code(bytes(range(20))), bytes(range(20))),
        read("only zeros", recovery_code(zeros), zeros),
        read("only ones", recovery_code(bytes([255]) * 20), bytes([255]) * 20),
        read("lower case", code.lower(), bits),
        read("without hyphens", code.replace("-", ""), bits),
        read("spaces in the place of hyphens", code.replace("-", " "), bits),
        read("a space between all digits", " ".join(code.replace("-", "")), bits),
        read("hyphens and spaces at its ends", f" - {code} -- ", bits),
        read("on two lines, with a tab", f"{code[:20]}\r\n\t{code[20:]}\n", bits),
        *(read(f"{letter} as 0", recovery_code(zeros).replace("0", letter), zeros) for letter in "Oo"),
        *(read(f"{letter} as 1", recovery_code(ones).replace("1", letter), ones) for letter in "IiLl"),
    ]


def no_recovery_codes():
    def refused(name, typed):
        return {"name": name, "typed": typed, "error": "invalid-argument"}

    code = recovery_code(rand("recovery codes", 20))
    digits = code.replace("-", "")

    def other(digit):
        return CROCKFORD[(CROCKFORD.index(digit) + 1) % 32]

    return [
        refused("empty", ""),
        refused("only hyphens and spaces", " - - "),
        refused("no checksum", digits[:32]),
        refused("a digit too few", digits[:-1]),
        refused("a digit too many", digits + "0"),
        refused("a group left out", code[5:]),
        refused("a group twice", code[:5] + code),
        refused("twice", code + code),
        *(refused(f"another digit at {at}", digits[:at] + other(digits[at]) + digits[at + 1:]) for at in range(36)),
        refused("two digits exchanged", digits[1] + digits[0] + digits[2:]),
        refused("two groups exchanged", "-".join([*code.split("-")[1::-1], *code.split("-")[2:]])),
        *(refused(f"{name} in it", digits[:7] + char + digits[8:]) for name, char in [
            ("the letter U", "U"), ("the letter u", "u"), ("an asterisk", "*"), ("a NUL", "\0"), ("an underscore", "_"),
            ("a full-width digit", "\uff11"), ("a letter with an accent", "é"), ("a long dash", "\u2013")]),
        refused("a no-break space in the place of a hyphen", code.replace("-", "\u00a0")),
    ]


# Vaults.

VAULT_MAGIC = b"kfvault\0"


class Vault:
    """A vault, field by field. Its records are whatever bytes: what is wrong with one is seen when it is read."""

    def __init__(self, what, *, revision=7, ring=None, records=(), count=None, version=VERSION, magic=VAULT_MAGIC):
        self.magic, self.version, self.revision = magic, version, revision
        self.ring = Ring(f"ring of {what}", slots=[app_key_slot(f"ring of {what}")]).bytes() if ring is None else ring
        self.records = list(records)
        self.count = len(self.records) if count is None else count

    def body(self):
        start = self.magic + self.version + u64(self.revision) + prefixed(self.ring) + u32(self.count)
        return start + b"".join(name + prefixed(record) for name, record in self.records)

    def bytes(self):
        return with_checksum(self.body())


def vault_records(what, count):
    return sorted((rand(f"name {at} of {what}"), rand(f"record {at} of {what}", 49 + at)) for at in range(count))


def vaults():
    def read(name, vault):
        records = [{"storedName": name.hex(), "record": record.hex()} for name, record in vault.records]
        return {"name": name, "vault": vault.bytes().hex(), "revision": str(vault.revision), "ring": vault.ring.hex(),
                "records": records}

    record = known_store().record("token", "secret-value".encode(), nonce=KNOWN_NONCE)
    known = Vault("the known answer", revision=3, ring=KNOWN.bytes(), records=[(known_store().stored("token"), record)])
    longest = Ring("the longest", ways=[OtherWay(200 + at, bytes(1024)) for at in range(4)],
                   slots=[UnknownSlot(200, f"the longest, {at}", bytes(4096 - 327)) for at in range(8)])
    return [
        read("known answer", known),
        read("no record", Vault("no record")),
        read("three records", Vault("three records", records=vault_records("three records", 3))),
        read("an empty record", Vault("an empty record", records=[(rand("name of an empty record"), b"")])),
        read("an empty ring", Vault("an empty ring", ring=b"")),
        read("a ring that is damaged", Vault("a damaged ring", ring=rand("a damaged ring", 126))),
        read("the longest ring", Vault("the longest ring", ring=longest.bytes())),
        read("the lowest revision", Vault("the lowest revision", revision=0)),
        read("the highest revision", Vault("the highest revision", revision=2**53 - 1)),
        read("names that differ in their last bit", Vault("last bit", records=[
            (bytes(32), b"one"), (bytes(31) + b"\x01", b"other")])),
    ]


def unread_vaults():
    def refused(name, data, error="corrupt"):
        return {"name": name, "vault": data.hex(), "error": error}

    whole = Vault("whole", records=vault_records("whole", 2))
    body, good = whole.body(), whole.bytes()
    (one, first), (other, second) = whole.records
    ring_at = len(VAULT_MAGIC) + 1 + 8
    records_at = ring_at + 4 + len(whole.ring)
    cut = [0, 1, 8, 9, 17, 21, records_at, records_at + 4, records_at + 36, records_at + 40, len(body) - 1]
    return [
        *(refused(f"cut off at {at}", good[:at]) for at in [0, 1, 31, 32, 100, len(good) - 1]),
        *(refused(f"cut off at {at}, with its checksum made anew", with_checksum(body[:at])) for at in cut),
        refused("a byte behind it", good + b"\0"),
        refused("a byte left over, with its checksum made anew", with_checksum(body + b"\0")),
        refused("another magic", Vault("whole", magic=b"kfvault\x01", records=whole.records).bytes()),
        refused("a ring in its place", KNOWN.bytes()),
        refused("a checksum of zeros", body + bytes(32)),
        *(refused(f"a bit flipped at {at}", good[:at] + bytes([good[at] ^ 0x10]) + good[at + 1:])
          for at in [0, 8, 12, ring_at, ring_at + 40, records_at + 3, records_at + 10, len(good) - 1]),
        refused("version 0", Vault("whole", version=b"\0", records=whole.records).bytes()),
        refused("version 2", Vault("whole", version=b"\x02", records=whole.records).bytes(), "newer-format"),
        refused("version 2, and otherwise nothing", with_checksum(VAULT_MAGIC + b"\x02"), "newer-format"),
        refused("version 2, damaged", Vault("whole", version=b"\x02").body() + bytes(32)),
        refused("a revision beyond the highest", Vault("whole", revision=2**53).bytes()),
        refused("a ring that is longer than any", Vault("whole", ring=bytes(37564)).bytes()),
        refused("a length of the ring beyond the end",
                with_checksum(body[:ring_at] + u32(len(body)) + body[ring_at + 4:])),
        refused("fewer records than it says", Vault("whole", records=whole.records, count=3).bytes()),
        refused("more records than it says", Vault("whole", records=whole.records, count=1).bytes()),
        refused("as many records as a number can say", Vault("whole", count=2**32 - 1).bytes()),
        refused("a length of a record beyond the end",
                with_checksum(body[:records_at + 36] + u32(2**32 - 1) + body[records_at + 40:])),
        refused("one name twice", Vault("whole", records=[(one, first), (one, second)]).bytes()),
        refused("names out of order", Vault("whole", records=[(other, second), (one, first)]).bytes()),
    ]


# HPKE and ECDH by themselves.

# For DHKEM(P-256, HKDF-SHA256), HKDF-SHA256 and AES-256-GCM in base mode, the first message of the only such context of
# https://github.com/cfrg/draft-irtf-cfrg-hpke/blob/master/test-vectors.json, which RFC 9180 names as its vectors.
PUBLISHED = {
    "info": "4f6465206f6e2061204772656369616e2055726e",
    "privateKey": "317f915db7bc629c48fe765587897e01e282d3e8445f79f27f65d031a88082b2",
    "publicKey":
        "04abc7e49a4c6b3566d77d0304addc6ed0e98512ffccf505e6a8e3eb25c685136f"
        "853148544876de76c0f2ef99cdc3a05ccf5ded7860c7c021238f9e2073d2356c",
    "ephemeralPrivateKey": "90345e3a1d116c1dd39ae76d95ab858c142223a63e44f8f85318cfa91a84858e",
    "enc":
        "04c06b4f6bebc7bb495cb797ab753f911aff80aefb86fd8b6fcc35525f3ab5f03e"
        "0b21bd31a86c6048af3cb2d98e0d3bf01da5cc4c39ff5370d331a4f1f7d5a4e0",
    "sharedSecret": "48893fecd82f7c3456af6a42d8f56325d21e08c10fa81299986aaff54cde7b49",
    "key": "ee16802a936d5f544771131900ee6973d0551de9e852ece2ef34bf0d5f9e1d1d",
    "nonce": "9bc50980832a7b4b58c40161",
    "associatedData": "436f756e742d30",
    "plaintext": "4265617574792069732074727574682c20747275746820626561757479",
    "ciphertext": "58c61a45059d0c5704560e9d88b564a8b63f1364b8d1fcb3c4c6ddc1d291742465e902cd216f8908da49f8f96f",
}


def published():
    case = {name: bytes.fromhex(value) for name, value in PUBLISHED.items()}
    secret, key, nonce = hpke_context(agreed(case["ephemeralPrivateKey"], case["publicKey"]), case["enc"], case["publicKey"], case["info"])
    assert (secret, key, nonce) == (case["sharedSecret"], case["key"], case["nonce"])
    assert public_of(case["privateKey"]) == case["publicKey"] and public_of(case["ephemeralPrivateKey"]) == case["enc"]
    assert gcm(key, nonce, case["plaintext"], case["associatedData"]) == case["ciphertext"]
    # keyfold seals keys of 32 bytes, and has no associated data.
    data_key = rand("what is sealed in a published context")
    sealed = hpke_seal(case["publicKey"], case["info"], data_key, case["ephemeralPrivateKey"])
    assert hpke_open(case["privateKey"], case["info"], sealed) == data_key and sealed[:65] == case["enc"]
    return [{"name": "RFC 9180, base mode, P-256 with AES-256-GCM", **PUBLISHED,
             "dataKey": data_key.hex(), "sealedDataKey": sealed[65:].hex()}]


def leading_zeros():
    """Numbers that are shorter than their fields, which some writers leave too short."""
    parts = {
        "private key": lambda private, public, peer: private,
        "public key's x": lambda private, public, peer: public[1:33],
        "public key's y": lambda private, public, peer: public[33:],
        "other's x": lambda private, public, peer: peer[1:33],
        "other's y": lambda private, public, peer: peer[33:],
        "shared secret": lambda private, public, peer: agreed(private, peer),
    }

    def found(title, part):
        for at in count():
            private, other = (private_key(f"a leading zero of the {title}, {side} {at}") for side in ["own", "other"])
            if title == "private key":
                private = b"\0" + private[1:]
            public, peer = public_of(private), public_of(other)
            if part(private, public, peer)[0] == 0:
                yield private, public, peer

    return [
        {"name": f"the {title} starts with a zero, {at}", "privateKey": private.hex(), "publicKey": public.hex(),
         "otherPublicKey": peer.hex(), "sharedSecret": agreed(private, peer).hex()}
        for title, part in parts.items()
        for at, (private, public, peer) in enumerate(islice(found(title, part), 4), 1)
    ]


def refused_points():
    return [{"name": title, "point": made.hex()} for title, made in no_points().items()]


SEALED = {
    "accept-rings": ("rings with every way in and kind of slot, and what opens them", rings),
    "accept-records": ("records, and what is in them", records),
    "accept-names": ("what entries are stored under", names),
    "accept-passphrases": ("passphrases, and the bytes that Argon2id gets", passphrases),
    "reject-rings-read": ("rings that cannot be read, whatever the unlock", unread_rings),
    "reject-rings-opened": ("rings that can be read and that the unlock does not open", unopened_rings),
    "reject-records": ("records that cannot be read under keys that are right", unread_records),
    "accept-vaults": ("vaults, and what is in them", vaults),
    "reject-vaults": ("vaults that cannot be read", unread_vaults),
    "accept-recovery-codes": ("recovery codes as they are typed, and what they stand for", recovery_codes),
    "reject-recovery-codes": ("what is no recovery code", no_recovery_codes),
    "reject-passphrases": ("passphrases that are refused", no_passphrases),
}


HPKE = {
    "published": ("a published vector of HPKE", published),
    "leading-zeros": ("what two keys of P-256 agree on, where a number is short", leading_zeros),
    "no-points": ("what is not accepted as a public key of P-256", refused_points),
}


if __name__ == "__main__":
    write_or_check(HERE / "sealed", SEALED, escaped=True)
    write_or_check(HERE / "hpke", HPKE, escaped=True)
