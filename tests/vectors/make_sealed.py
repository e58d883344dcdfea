"""Makes the vectors of the sealed layout without any code of keyfold: Python's `cryptography` and `argon2-cffi`.

    node scripts/setup.mjs python                            # once
    .venv/bin/python tests/vectors/make_sealed.py            # writes sealed/accept-*.json and reject-*.json, one case a line
    .venv/bin/python tests/vectors/make_sealed.py --check    # fails where a file differs from what is made here; part of `npm run test:interop`

The output is deterministic: what would be random is a hash of what it is for. Vectors are append-only: add cases,
never change one that was released.
"""

import hashlib
import hmac
import pathlib
import unicodedata
from functools import reduce
from itertools import islice
from operator import xor

from argon2.low_level import Type, hash_secret_raw
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import ECB
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from case_files import write_or_check

HERE = pathlib.Path(__file__).parent / "sealed"

MAGIC = b"keyfold\0"
VERSION = b"\x01"
DEVICE, KEYCHAIN, SLOTS = b"\x01", b"\x02", b"\x03"
PASSPHRASE, APP_KEY, PASSKEY, RECOVERY_CODE = 1, 2, 3, 4
KINDS = {PASSPHRASE: "passphrase", APP_KEY: "app-key", PASSKEY: "passkey", RECOVERY_CODE: "recovery-code"}
CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


# The parts of the format, as FORMAT.md words them.

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


def opens_under_both(keys, nonce, aad, size=32):
    """One ciphertext with its tag that AES-GCM opens under two keys (Dodis, Grubbs, Ristenpart, Woodage, 2018)."""
    number = lambda block: int.from_bytes(block, "big")
    times = lambda x, y: reduce(xor, (term for bit, term in enumerate(islice(powers(x), 128)) if y >> (127 - bit) & 1), 0)

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

    # The last block of the ciphertext, times the square of each key's H, makes up for the difference of the tags.
    start = rand("what opens under both", size - 16)
    (one, tag_one), (two, tag_two) = (tag(key, start + bytes(16)) for key in keys)
    last = times(tag_one ^ tag_two, inverse(times(one, one) ^ times(two, two)))
    ciphertext = start + last.to_bytes(16, "big")
    sealed = ciphertext + tag(keys[0], ciphertext)[1].to_bytes(16, "big")
    for key in keys:
        AESGCM(key).decrypt(nonce, sealed, aad)
    return sealed


def hkdf(secret, salt, info):
    return HKDF(algorithm=SHA256(), length=64, salt=salt, info=info).derive(secret)


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


# Slots and rings.

class Slot:
    """A slot with what opens it. `secret` is what goes into HKDF."""

    def __init__(self, kind, what, *, label="", params=b"", secret=None, unlock=None, fields=None, info=b"", slot_id=None):
        self.kind, self.what, self.secret, self.unlock = kind, what, secret, unlock
        self.id = slot_id or rand(f"slot id of {what}", 16)
        self.label = label if isinstance(label, bytes) else label.encode()
        self.salt = rand(f"HKDF salt of {what}")
        self.params, self.extra_info, self.extra_fields = params, info, fields or {}

    def start(self):
        return bytes([self.kind]) + self.id + prefixed(self.label)

    def head(self, namespace):
        return self.start() + self.salt + self.params + self.derived(namespace)[32:]

    def info(self, namespace):
        return f"keyfold/v1/{KINDS[self.kind]}".encode() + prefixed(namespace.encode()) + self.extra_info

    def aad(self, namespace, data_key_id):
        return associated_data("slot", namespace, data_key_id, self.head(namespace))

    def derived(self, namespace):
        """The slot's key, and the commitment to it."""
        return hkdf(self.secret, self.salt, self.info(namespace))

    def key(self, namespace):
        return self.derived(namespace)[:32]

    def sealed(self, namespace, data_key_id, data_key):
        nonce = rand(f"nonce of slot {self.what}", 12)
        return self.head(namespace) + nonce + gcm(self.key(namespace), nonce, data_key, self.aad(namespace, data_key_id))

    def param_sizes(self):
        if self.kind == PASSPHRASE:
            return {"memory": 4, "passes": 4, "Argon2 salt": 16}
        if self.kind == PASSKEY:
            rp_id = int.from_bytes(self.params[:4], "big")
            credential_id = len(self.params) - 4 - rp_id - 4 - 64
            return {"length of the rp id": 4, "rp id": rp_id, "length of the credential id": 4,
                    "credential id": credential_id, "user id": 32, "PRF input": 32}
        return {}

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


def app_key_slot(what, *, app_key=None, label=""):
    app_key = app_key or rand(f"app key of {what}")
    return Slot(APP_KEY, what, label=label, secret=app_key, unlock={"appKey": app_key.hex()})


def passkey_slot(what, *, rp_id="example.com", credential_id=None, label=""):
    credential_id = rand(f"credential id of {what}", 16) if credential_id is None else credential_id
    user_id, prf_input, output = (rand(f"{part} of {what}") for part in ["user id", "PRF input", "PRF output"])
    rp_id = rp_id if isinstance(rp_id, bytes) else rp_id.encode()
    return Slot(
        PASSKEY, what, label=label,
        params=prefixed(rp_id) + prefixed(credential_id) + user_id + prf_input,
        secret=output,
        unlock={"passkey": {"credentialId": credential_id.hex(), "prfOutput": output.hex()}},
        fields={"rpId": rp_id.decode(errors="replace"), "credentialId": credential_id.hex(), "userId": user_id.hex(),
                "prfInput": prf_input.hex()},
        info=prefixed(credential_id),
    )


def recovery_code_slot(what, *, label=""):
    bits = rand(f"recovery code of {what}", 20)
    return Slot(RECOVERY_CODE, what, label=label, secret=bits + bytes(12), unlock={"recoveryCode": recovery_code(bits)})


class UnknownSlot(Slot):
    """A slot of a kind that only a newer version knows."""

    def __init__(self, kind, what, rest, label=""):
        super().__init__(kind, what, label=label)
        self.rest = rest

    def sealed(self, namespace, data_key_id, data_key):
        return self.start() + self.rest

    def fields(self):
        return {"kind": self.kind, "id": self.id.hex(), "label": self.label.decode(), "rest": self.rest.hex()}


def with_checksum(body):
    return body + sha256(body)


class Ring:
    """A ring, field by field, so that a case can spoil any of them."""

    def __init__(self, what, protection, *, namespace="app", generation=1, slots=(), **given):
        self.what, self.protection, self.namespace, self.generation = what, protection, namespace, generation
        self.slots = list(slots)
        self.data_key_id = given.get("data_key_id") or rand(f"data key id of {what}", 16)
        self.data_key = given.get("data_key") or rand(f"data key of {what}")
        self.name_key = given.get("name_key") or rand(f"name key of {what}")
        self.name_key_nonce = given.get("name_key_nonce") or rand(f"nonce of the name key of {what}", 12)
        self.item = rand(f"keychain item of {what}", 16)
        self.keychain_key = rand(f"keychain key of {what}")

    def start(self, version=VERSION):
        return MAGIC + version + u64(self.generation) + self.data_key_id + self.protection

    def keychain_aad(self):
        return associated_data("keychain", self.namespace, self.data_key_id, self.item)

    def protected(self):
        if self.protection == KEYCHAIN:
            nonce = rand(f"nonce of the keychain wrap of {self.what}", 12)
            return self.item + nonce + gcm(self.keychain_key, nonce, self.data_key, self.keychain_aad())
        if self.protection == SLOTS:
            sealed = (slot.sealed(self.namespace, self.data_key_id, self.data_key) for slot in self.slots)
            return bytes([len(self.slots)]) + b"".join(map(prefixed, sealed))
        return b""

    def head(self):
        return self.start() + self.protected()

    def aad(self, head=None):
        return associated_data("name-key", self.namespace, head or self.head())

    def body(self, head=None):
        """All but the checksum. With a `head`, the name key is sealed over that one."""
        head = head or self.head()
        nonce = self.name_key_nonce
        return head + nonce + gcm(self.data_key, nonce, self.name_key, self.aad(head))

    def bytes(self, head=None):
        return with_checksum(self.body(head))

    def fields(self):
        fields = {"generation": str(self.generation), "dataKeyId": self.data_key_id.hex()}
        if self.protection == DEVICE:
            return fields | {"protection": "device"}
        if self.protection == KEYCHAIN:
            return fields | {"protection": "keychain", "item": self.item.hex()}
        return fields | {"protection": "slots", "slots": [slot.fields() for slot in self.slots]}

    def unlocks(self):
        if self.protection == DEVICE:
            return [{"unlock": {"device": self.data_key.hex()}}]
        if self.protection == KEYCHAIN:
            aad = self.keychain_aad().hex()
            return [{"unlock": {"keychain": self.keychain_key.hex()}, "associatedData": aad}]
        return [
            {
                "unlock": slot.unlock,
                "slot": slot.id.hex(),
                "info": slot.info(self.namespace).hex(),
                "slotKey": slot.key(self.namespace).hex(),
                "commitment": slot.derived(self.namespace)[32:].hex(),
                "associatedData": slot.aad(self.namespace, self.data_key_id).hex(),
            }
            for slot in self.slots
            if slot.unlock
        ]

    def layout(self):
        """Every field of the body with where it starts and ends."""
        fields = {"magic": 8, "version": 1, "generation": 8, "data key id": 16, "protection": 1}
        if self.protection == KEYCHAIN:
            fields |= {"keychain item": 16, "data key nonce": 12, "data key": 48}
        if self.protection == SLOTS:
            fields |= {"count of slots": 1}
            (slot,) = self.slots
            fields |= {"length of the slot": 4, "kind": 1, "slot id": 16, "length of the label": 4, "label": len(slot.label)}
            if isinstance(slot, UnknownSlot):
                fields |= {"rest": len(slot.rest)}
            else:
                fields |= {"HKDF salt": 32} | slot.param_sizes()
                fields |= {"commitment": 32, "data key nonce": 12, "data key": 48}
        fields |= {"name key nonce": 12, "name key": 48}
        at, layout = 0, []
        for name, size in fields.items():
            layout.append((name, at, at + size))
            at += size
        assert at == len(self.body())
        return layout


def accepted(name, ring):
    return {
        "name": name,
        "namespace": ring.namespace,
        "ring": ring.bytes().hex(),
        "fields": ring.fields(),
        "unlocks": ring.unlocks(),
        "nameKeyAssociatedData": ring.aad().hex(),
        "dataKey": ring.data_key.hex(),
        "nameKey": ring.name_key.hex(),
    }


KNOWN = Ring(
    "the known answer", DEVICE, namespace="com.example.notes",
    data_key_id=bytes(range(0xB0, 0xC0)), data_key=bytes(range(0x00, 0x20)), name_key=bytes(range(0x20, 0x40)),
    name_key_nonce=bytes(range(0xC0, 0xCC)),
)


def rings():
    every_slot = [
        passphrase_slot("mixed, passphrase", "correct horse battery staple", label="what I remember"),
        app_key_slot("mixed, app key", label="server"),
        passkey_slot("mixed, passkey", label="phone 🔑"),
        recovery_code_slot("mixed, recovery code", label="in the drawer"),
    ]
    eight = [passphrase_slot("eight, 0", "number 0"), *(app_key_slot(f"eight, {at}") for at in range(1, 4)),
             *(passkey_slot(f"eight, {at}") for at in range(4, 6)),
             *(recovery_code_slot(f"eight, {at}") for at in range(6, 8))]
    unknown = UnknownSlot(200, "of the future", rand("what only the future reads", 77), label="from tomorrow")
    return [
        accepted("known answer: device", KNOWN),
        accepted("device", Ring("device", DEVICE)),
        accepted("keychain", Ring("keychain", KEYCHAIN)),
        accepted("app key", Ring("app key", SLOTS, slots=[app_key_slot("app key")])),
        accepted("passphrase, least memory and passes",
                 Ring("least cost", SLOTS, slots=[passphrase_slot("least cost", "hunter2")])),
        accepted("passphrase, the default cost",
                 Ring("default cost", SLOTS, slots=[passphrase_slot("default cost", "hunter2", memory_kib=65536, passes=3)])),
        accepted("passphrase, most memory and 1 GiB in all",
                 Ring("most memory", SLOTS, slots=[passphrase_slot("most memory", "hunter2", memory_kib=262144, passes=4)])),
        accepted("passphrase, most passes and nearly 1 GiB in all",
                 Ring("most passes", SLOTS, slots=[passphrase_slot("most passes", "hunter2", memory_kib=104857, passes=10)])),
        accepted("passphrase that is prepared",
                 Ring("prepared", SLOTS, slots=[passphrase_slot("prepared", " Pa\u0301ss\u00a0wort\u3000🔐 ")])),
        accepted("passkey", Ring("passkey", SLOTS, slots=[passkey_slot("passkey")])),
        accepted("passkey, the shortest rp id and credential id",
                 Ring("short passkey", SLOTS, slots=[passkey_slot("short passkey", rp_id="x", credential_id=b"\0")])),
        accepted("passkey, the longest rp id and credential id",
                 Ring("long passkey", SLOTS, slots=[passkey_slot("long passkey", rp_id="x" * 253,
                                                                 credential_id=rand("long credential id", 1023))])),
        accepted("recovery code", Ring("recovery code", SLOTS, slots=[recovery_code_slot("recovery code")])),
        accepted("a label of 64 bytes",
                 Ring("long label", SLOTS, slots=[app_key_slot("long label", label="ключ" * 8)])),
        accepted("a slot of each kind", Ring("mixed", SLOTS, slots=every_slot)),
        accepted("eight slots", Ring("eight", SLOTS, slots=eight)),
        accepted("two slots of one kind",
                 Ring("twice", SLOTS, slots=[app_key_slot("twice, 1"), app_key_slot("twice, 2")])),
        accepted("a slot of an unknown kind beside one that is known",
                 Ring("future", SLOTS, slots=[unknown, app_key_slot("beside the future")])),
        accepted("a slot of an unknown kind with nothing in it",
                 Ring("empty future", SLOTS, slots=[app_key_slot("beside nothing"), UnknownSlot(255, "nothing", b"")])),
        accepted("a slot of 4096 bytes of an unknown kind",
                 Ring("long future", SLOTS, slots=[app_key_slot("beside much"),
                                                   UnknownSlot(5, "much", rand("much", 4096 - 1 - 16 - 4))])),
        accepted("generation 0", Ring("generation 0", DEVICE, generation=0)),
        accepted("the highest generation", Ring("highest generation", DEVICE, generation=2**64 - 1)),
        *(accepted(f"{title}, namespace {shown}", Ring(f"{title} of {shown}", protection, namespace=namespace,
                                                       slots=[app_key_slot(f"{title} of {shown}")]))
          for shown, namespace in [("of one byte", "."), ("beyond ASCII", "nom d'espace 🗝"),
                                   ("of 1024 bytes", "n" * 1024)]
          for title, protection in [("device", DEVICE), ("keychain", KEYCHAIN), ("app key", SLOTS)]),
    ]


# What a ring is refused for.

def refused(name, ring, error, *, namespace="app", unlock=None):
    made = {"name": name, "namespace": namespace, "ring": ring.hex()}
    if unlock:
        made["unlock"] = unlock
    return made | {"error": error}


def one_of_each():
    """A ring of each protection and one of each kind of slot, all with labels."""
    unknown = UnknownSlot(200, "one, unknown", rand("one, unknown, rest", 9), label="label")
    return {
        "device": Ring("one, device", DEVICE),
        "keychain": Ring("one, keychain", KEYCHAIN),
        "passphrase": Ring("one, passphrase", SLOTS, slots=[passphrase_slot("one, passphrase", "pass", label="label")]),
        "app key": Ring("one, app key", SLOTS, slots=[app_key_slot("one, app key", label="label")]),
        "passkey": Ring("one, passkey", SLOTS, slots=[passkey_slot("one, passkey", label="label")]),
        "recovery code": Ring("one, recovery code", SLOTS, slots=[recovery_code_slot("one, recovery code", label="label")]),
        "unknown slot": Ring("one, unknown", SLOTS, slots=[unknown]),
    }


def unread_rings():
    """Refused by whoever reads it, whatever the unlock."""
    each = one_of_each()
    device = each["device"]
    cases = []

    def corrupt(name, data):
        cases.append(refused(name, data, "corrupt"))

    corrupt("empty", b"")
    corrupt("the magic alone", MAGIC)
    corrupt("a checksum of nothing", with_checksum(b""))
    corrupt("a checksum of the magic alone", with_checksum(MAGIC))
    corrupt("another magic", with_checksum(b"Keyfold\0" + device.body()[8:]))
    corrupt("the last byte of the magic differs", with_checksum(b"keyfold\1" + device.body()[8:]))
    corrupt("a byte in front", with_checksum(b"\0" + device.body()))

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
        return MAGIC + bytes([number]) + device.body()[9:]

    corrupt("version 0", with_checksum(version(0)))
    for number in [2, 255]:
        cases.append(refused(f"version {number}", with_checksum(version(number)), "newer-format"))
        corrupt(f"version {number}, without a checksum of its own", version(number) + device.bytes()[-32:])
    cases.append(refused("version 2, of a form of its own", with_checksum(MAGIC + b"\x02" + rand("version 2", 50)),
                         "newer-format"))
    cases.append(refused("version 2, and nothing more", with_checksum(MAGIC + b"\x02"), "newer-format"))

    def protection(number):
        return with_checksum(device.body()[:33] + bytes([number]) + device.body()[34:])

    corrupt("protection 0", protection(0))
    for number in [4, 255]:
        cases.append(refused(f"protection {number}", protection(number), "newer-format"))
    corrupt("a device ring said to be a keychain ring", protection(2))
    corrupt("a device ring said to have slots", protection(3))

    def counted(count, slots, what):
        ring = Ring(what, SLOTS, slots=slots)
        head = bytearray(ring.head())
        head[34] = count
        return ring.bytes(bytes(head))

    nine = [app_key_slot(f"nine, {at}") for at in range(9)]
    corrupt("no slot", counted(0, [], "no slot"))
    corrupt("nine slots", counted(9, nine, "nine slots"))
    corrupt("255 slots said, one there", counted(255, nine[:1], "255 slots"))
    corrupt("two slots said, one there", counted(2, nine[:1], "one too few"))
    corrupt("one slot said, two there", counted(1, nine[:2], "one too many"))
    corrupt("no slot said, one there", counted(0, nine[:1], "one unsaid"))

    same = [app_key_slot("same id, 1"), app_key_slot("same id, 2")]
    same[1].id = same[0].id
    corrupt("two slots of one id", Ring("same id", SLOTS, slots=same).bytes())

    # One more guess for whoever has planted the ring.
    corrupt("two passphrases", Ring("two passphrases", SLOTS, slots=[
        passphrase_slot("two passphrases, 1", "one"), passphrase_slot("two passphrases, 2", "two")]).bytes())

    def with_slot(what, slot):
        corrupt(what, Ring(what, SLOTS, slots=[slot]).bytes())

    for title in ["passphrase", "app key", "passkey", "recovery code", "unknown slot"]:
        slot = each[title].slots[0]
        zero = UnknownSlot(0, "kind 0", slot.sealed("app", bytes(16), bytes(32))[len(slot.start()) :])
        with_slot(f"a slot of kind 0, otherwise {title}", zero)
    with_slot("a label of 65 bytes", app_key_slot("label of 65 bytes", label="x" * 65))
    with_slot("a label that is not UTF-8", app_key_slot("label not UTF-8", label=b"\xff"))
    with_slot("a label that is a lone surrogate", app_key_slot("label a surrogate", label=b"\xed\xa0\x80"))
    with_slot("an unknown slot of 4097 bytes", UnknownSlot(5, "4097 bytes", bytes(4097 - 1 - 16 - 4)))
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

    class Resized(Slot):
        """A slot with bytes too many or too few inside its length."""

        def __init__(self, slot, change):
            self.__dict__.update(slot.__dict__)
            self.slot, self.change = slot, change

        def sealed(self, *given):
            return self.change(self.slot.sealed(*given))

    for title in ["passphrase", "app key", "passkey", "recovery code"]:
        slot = each[title].slots[0]
        with_slot(f"{title}: a byte more in the slot", Resized(slot, lambda sealed: sealed + b"\0"))
        with_slot(f"{title}: a byte less in the slot", Resized(slot, lambda sealed: sealed[:-1]))
        with_slot(f"{title}: only the kind in the slot", Resized(slot, lambda sealed: sealed[:1]))
    with_slot("a slot of no bytes", Resized(same[0], lambda sealed: b""))

    def relabelled(length):
        """A slot whose label says another length than it has, in a ring whose lengths are right otherwise."""
        slot = app_key_slot("label of a wrong length", label="label")
        return Resized(slot, lambda sealed: sealed[:17] + u32(length) + sealed[21:])

    for length in [4, 6, 2**31, 2**32 - 1]:
        with_slot(f"a label said to have {length} bytes", relabelled(length))

    def resaid(length):
        ring = Ring(f"slot said to have {length} bytes", SLOTS, slots=[app_key_slot("slot of a wrong length")])
        head = ring.head()
        return ring.bytes(head[:35] + u32(length) + head[39:])

    length = len(app_key_slot("slot of a wrong length").sealed("app", bytes(16), bytes(32)))
    for length in [0, length - 1, length + 1, 2**31, 2**32 - 1]:
        corrupt(f"a slot said to have {length} bytes", resaid(length))
    return cases


def unopened_rings():
    """Read, and not opened by the unlock given."""
    each = one_of_each()
    cases = []

    def add(name, ring, unlock, error, **rest):
        cases.append(refused(name, ring, error, unlock=unlock, **rest))

    unlock_of = {title: ring.unlocks()[0]["unlock"] for title, ring in each.items() if title != "unknown slot"}
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
    for given in ["device", "keychain"]:
        add(f"only a slot of an unknown kind, unlocked by {given}", each["unknown slot"].bytes(), unlock_of[given],
            "locked")
    unknown = UnknownSlot(200, "unknown beside app key", rand("rest", 9))
    beside = Ring("unknown beside app key", SLOTS, slots=[unknown, app_key_slot("beside unknown")])
    add("a slot of an unknown kind and an app key, unlocked by a passphrase", beside.bytes(), {"passphrase": "pass"},
        "newer-format")
    add("a slot of an unknown kind and an app key, unlocked by another app key", beside.bytes(), other["app key"],
        "wrong-key")

    # Changed by somebody who makes the checksum again.
    for title, ring in each.items():
        if title == "unknown slot":
            continue
        body = ring.body()
        generation = with_checksum(body[:9] + u64(2) + body[17:])
        add(f"{title}: another generation", generation, unlock_of[title], "wrong-key" if title == "device" else "corrupt")
        key_id = with_checksum(body[:17] + rand("another data key id", 16) + body[33:])
        # A slot's commitment does not depend on it, and a keychain's key has none.
        error = "wrong-key" if title in ["device", "keychain"] else "corrupt"
        add(f"{title}: another data key id", key_id, unlock_of[title], error)
        for part, at in [("nonce", -60), ("ciphertext", -48), ("tag", -1)]:
            changed = bytearray(body)
            changed[at] ^= 1
            error = "wrong-key" if title == "device" else "corrupt"
            add(f"{title}: the name key's {part} changed", with_checksum(bytes(changed)), unlock_of[title], error)
    # What the slot's key is derived from, or compared with; all else is found when it opens nothing.
    derived = ["HKDF salt", "memory", "passes", "Argon2 salt", "credential id", "commitment"]
    kept = ["keychain item", "slot id", "label", "rp id", "user id", "PRF input", "data key nonce", "data key", *derived]
    for title in ["keychain", "passphrase", "app key", "passkey", "recovery code"]:
        for field, _, end in each[title].layout():
            if field in kept:
                changed = bytearray(each[title].body())
                changed[end - 1] ^= 1
                error = "wrong-key" if title == "keychain" or field in derived else "corrupt"
                add(f"{title}: the {field} changed", with_checksum(bytes(changed)), unlock_of[title], error)

    class Colliding(Slot):
        """A slot whose ciphertext opens under the keys of two passphrases, and is committed to that of the first."""

        def __init__(self, slot, second):
            self.__dict__.update(slot.__dict__)
            self.second = second

        def sealed(self, namespace, data_key_id, data_key):
            nonce, second = rand("nonce of what opens under both", 12), passphrase_slot(self.what, self.second)
            keys = [slot.key(namespace) for slot in [self, second]]
            return self.head(namespace) + nonce + opens_under_both(keys, nonce, self.aad(namespace, data_key_id))

    colliding = Ring("colliding", SLOTS, slots=[Colliding(passphrase_slot("colliding", "first"), "second")])
    add("a ciphertext that two passphrases open, by the one that its slot does not commit to", colliding.bytes(),
        {"passphrase": "second"}, "wrong-key")

    def changed_ring(what, head, ring, unlock, error="corrupt"):
        """The name key as it was sealed over the ring's own head, behind another head."""
        add(what, with_checksum(head + ring.body()[len(ring.head()):]), unlock, error)

    first, second, third = (app_key_slot(f"of three, {at}", label=f"slot {at}") for at in range(3))
    three = Ring("three", SLOTS, slots=[first, second, third])

    def variant(*slots):
        return Ring("three", SLOTS, slots=slots).head()

    changed_ring("a slot taken away", variant(first, second), three, first.unlock)
    changed_ring("the slots in another order", variant(first, third, second), three, first.unlock)
    changed_ring("a slot put in by another holder of the data key", variant(first, second, third, app_key_slot("put in")),
                 three, first.unlock)
    changed_ring("another slot's label changed", three.head().replace(b"slot 1", b"slot X"), three, first.unlock)
    old = Ring("three", SLOTS, slots=[first, second, third], generation=0)
    add("the name key of an older generation", with_checksum(three.head() + old.body()[len(old.head()):]), first.unlock,
        "corrupt")
    record_nonce = rand("a record in the place of the name key", 12)
    posing = gcm(three.data_key, record_nonce, three.name_key,
                 associated_data("record", "app", bytes(32), three.data_key_id))
    add("a record in the place of the name key", with_checksum(three.head() + record_nonce + posing), first.unlock,
        "corrupt")
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
    refuse("sealed as a name key",
           store.record("token", b"secret-value", aad=store.aad(store.stored("token"), kind="name-key")))
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
        self.ring = Ring(f"ring of {what}", SLOTS, slots=[app_key_slot(f"ring of {what}")]).bytes() if ring is None else ring
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
    longest = Ring("the longest", SLOTS, slots=[
        UnknownSlot(200, f"the longest, {at}", bytes(4096 - 21)) for at in range(8)])
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
        refused("a ring that is longer than any", Vault("whole", ring=bytes(32928)).bytes()),
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


FILES = {
    "accept-rings": ("rings of every protection, and what opens them", rings),
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


if __name__ == "__main__":
    write_or_check(HERE, FILES, escaped=True)
