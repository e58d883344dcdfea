"""Makes the vectors of the flutter layout without any code of keyfold: AES-GCM from Python's `cryptography`.

    node scripts/setup.mjs python                     # once
    .venv/bin/python tests/vectors/make.py            # writes accept-*.json and reject-*.json, one case a line
    .venv/bin/python tests/vectors/make.py --check    # fails where a file differs from what is made here; part of `npm run test:interop`

The output is deterministic. Vectors are append-only: add cases, never change one that was released.
"""

import base64
import hashlib
import pathlib

from cryptography.hazmat.backends.openssl import backend  # noqa: F401  (fails early where there is no OpenSSL)
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from case_files import write_or_check

HERE = pathlib.Path(__file__).parent

KEY = bytes(range(0x00, 0x20))
KEY_128 = bytes(range(0x80, 0x90))
OTHER_KEY = bytes(range(0xC0, 0xE0))
WRAP_KEY = bytes(range(0x40, 0x60))
WRAP_KEY_128 = bytes(range(0x60, 0x70))
IV_12 = bytes(range(0x10, 0x1C))
IV_16 = bytes(range(0x10, 0x20))
KNOWN_NONCE = bytes(range(0xA0, 0xAC))


def b64(data):
    return base64.b64encode(data).decode()


def url(text):
    return text.replace("+", "-").replace("/", "_")


def gcm(key, iv, plaintext):
    """Ciphertext with its 16-byte tag behind it. OpenSSL refuses IVs below 8 bytes, so those go through GHASH here."""
    if len(iv) >= 8:
        sealing = Cipher(algorithms.AES(key), modes.GCM(iv)).encryptor()
        return sealing.update(plaintext) + sealing.finalize() + sealing.tag
    return gcm_by_hand(key, iv, plaintext)


def gcm_by_hand(key, iv, plaintext):
    """AES-GCM as NIST SP 800-38D writes it, over AES-ECB, for IVs of any length but 12."""

    def block(data):
        encryptor = Cipher(algorithms.AES(key), modes.ECB()).encryptor()
        return encryptor.update(data)

    hash_key = int.from_bytes(block(bytes(16)))

    def times(x):
        z, v = 0, hash_key
        for bit in range(127, -1, -1):
            if x >> bit & 1:
                z ^= v
            v = v >> 1 ^ (0xE1 << 120 if v & 1 else 0)
        return z

    def ghash(data):
        y = 0
        for at in range(0, len(data), 16):
            y = times(y ^ int.from_bytes(data[at : at + 16]))
        return y.to_bytes(16)

    def padded(data):
        return data + bytes(-len(data) % 16)

    first = ghash(padded(iv) + bytes(8) + (8 * len(iv)).to_bytes(8))

    def counter(step):
        return first[:12] + ((int.from_bytes(first[12:]) + step) % 2**32).to_bytes(4)

    stream = b"".join(block(counter(1 + step)) for step in range((len(plaintext) + 15) // 16))
    ciphertext = bytes(a ^ b for a, b in zip(plaintext, stream))
    tag = ghash(padded(ciphertext) + bytes(8) + (8 * len(ciphertext)).to_bytes(8))
    return ciphertext + bytes(a ^ b for a, b in zip(tag, block(first)))


def nonce_of(value):
    return hashlib.sha256(b"keyfold vector" + value).digest()[:12]


def parts(value, key=KEY, nonce=None):
    value = value.encode() if isinstance(value, str) else value
    nonce = nonce_of(value) if nonce is None else nonce
    return nonce, gcm(key, nonce, value)


def seal(value, key=KEY, nonce=None):
    nonce, ciphertext = parts(value, key, nonce)
    return f"{b64(nonce)}.{b64(ciphertext)}"


def wrap(key=KEY, wrap_key=WRAP_KEY, iv=IV_12):
    return b64(gcm(wrap_key, iv, key))


def options(wrap_key=WRAP_KEY, iv=IV_12):
    return {"wrapKey": b64(wrap_key), "wrapKeyIv": b64(iv)}


def flipped(data, bit):
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def case(name, storage, expect, *, namespace="app", options=None):
    made = {"name": name, "namespace": namespace}
    if options:
        made["options"] = options
    return made | {"storage": storage, "expect": expect}


def reads(name, value, text, **rest):
    """A namespace `app` whose key entry is `KEY` in the clear and whose only entry, `token`, is `text`."""
    return case(name, {"app": b64(KEY), "app.token": text}, {"get": {"token": value}}, **rest)


def fails(name, text):
    """An entry `token` that is damaged, beside one that is whole and stays readable."""
    storage = {"app": b64(KEY), "app.token": text, "app.whole": seal("whole")}
    return case(name, storage, {"get": {"token": {"error": "corrupt"}, "whole": {"text": "whole"}}})


def refuses(name, code, key_entry, options=None):
    """A key entry that makes `open` fail, with an entry beside it."""
    storage = {"app": key_entry, "app.token": seal("secret-value")}
    return case(name, storage, {"open": code}, options=options)


def text(value):
    return {"text": value}


def known_answers():
    values = {"": "", "secret": "secret-value", "unicode": "héllo 🔐"}
    entries = {f"app.{key}": seal(value, nonce=KNOWN_NONCE) for key, value in values.items()}
    # Computed with WebCrypto, by other people's code: this script must come to the same.
    assert entries == {
        "app.": "oKGio6Slpqeoqaqr.XGmWJa9Lk6D4IgoqYRnF0A==",
        "app.secret": "oKGio6Slpqeoqaqr.lX0fXyC/L8kDCfK2KWoLd1WnwVnR29E7vYkX8g==",
        "app.unicode": "oKGio6Slpqeoqaqr.jtvVQSmkIk/98RdgH/jLfEhknzP3VkNDgOYE",
    }
    assert b64(KEY) == "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
    assert wrap(iv=IV_12) == "eTs/0lKUEiSmr9xb5/UBuRUGltoSBFwcYHfTysd0rM8F68vlwtZasX5DWR1GDWaC"
    assert wrap(iv=IV_16) == "vspdBYo/ZaHlM2J2RKhh9avyRBu9Hv0qcV6bsiiAeE9SKowiCokb4wWRSblZB2jI"
    expect = {"get": {key: text(value) for key, value in values.items()} | {"absent": None}}
    return [
        case("data key in the clear", {"app": b64(KEY)} | entries, expect),
        case("wrapped, IV of 12 bytes", {"app": wrap(iv=IV_12)} | entries, expect, options=options(iv=IV_12)),
        case("wrapped, IV of 16 bytes", {"app": wrap(iv=IV_16)} | entries, expect, options=options(iv=IV_16)),
        case("nothing stored", {}, {"get": {"absent": None}}),
        case("nothing stored, with a wrap key", {}, {"get": {"absent": None}}, options=options()),
        case("a key entry and nothing else", {"app": b64(KEY)}, {"get": {"absent": None}}),
    ]


def key_sizes():
    def sized(name, key, wrap_key):
        key_entry = b64(key) if wrap_key is None else wrap(key, wrap_key)
        storage = {"app": key_entry, "app.token": seal("secret-value", key), "app.long": seal("0123456789" * 60, key)}
        expect = {"get": {"token": text("secret-value"), "long": text("0123456789" * 60)}}
        return case(name, storage, expect, options=wrap_key and options(wrap_key))

    return [
        sized("AES-128 data key in the clear", KEY_128, None),
        sized("AES-128 data key under an AES-128 wrap key", KEY_128, WRAP_KEY_128),
        sized("AES-128 data key under an AES-256 wrap key", KEY_128, WRAP_KEY),
        sized("AES-256 data key under an AES-128 wrap key", KEY, WRAP_KEY_128),
        sized("AES-256 data key under an AES-256 wrap key", KEY, WRAP_KEY),
    ]


def wrap_ivs():
    assert gcm_by_hand(WRAP_KEY, IV_16, KEY) == gcm(WRAP_KEY, IV_16, KEY)
    cases = []
    for length in [1, 7, 8, 12, 13, 16, 32, 128]:
        iv = bytes((0x10 + at) % 256 for at in range(length))
        storage = {"app": wrap(iv=iv), "app.token": seal("secret-value")}
        expect = {"get": {"token": text("secret-value")}}
        cases.append(case(f"wrap IV of {length} bytes", storage, expect, options=options(iv=iv)))
    return cases


def alphabets():
    letters = bytes([0xFB, 0xEF, 0xBE, 0xFF, 0xFF, 0xFF])  # "++++////": the two that the alphabets differ in
    key = letters * 4 + KEY[:8]
    wrap_key = letters * 4 + OTHER_KEY[:8]
    iv = letters * 2 + IV_12[:4]
    nonce = letters * 2
    value = seal("secret-value", key, nonce)
    wrapped_value = seal("secret-value", KEY, nonce)
    expect = {"get": {"token": text("secret-value")}}

    def clear(name, change_key, change_value):
        return case(name, {"app": change_key(b64(key)), "app.token": change_value(value)}, expect)

    def wrapped(name, change_entry, change_option):
        storage = {"app": change_entry(wrap(KEY, wrap_key, iv)), "app.token": wrapped_value}
        given = {"wrapKey": change_option(b64(wrap_key)), "wrapKeyIv": change_option(b64(iv))}
        return case(name, storage, expect, options=given)

    def same(given):
        return given

    def mixed(given):
        return url(given[: len(given) // 2]) + given[len(given) // 2 :]

    def percent(given):
        assert given.endswith("="), given
        return given.replace("=", "%3D")

    def small_percent(given):
        return given.replace("=", "%3d")

    two = seal("12", key, nonce)
    assert two.count("=") == 0 and seal("", key, nonce).count("=") == 2
    for example in [b64(key), value, b64(wrap_key), b64(iv), wrap(KEY, wrap_key, iv)]:
        assert {"+", "/"} <= set(example), example
    return [
        clear("standard alphabet", same, same),
        clear("url-safe key entry", url, same),
        clear("url-safe value", same, url),
        clear("both alphabets in one text", mixed, mixed),
        clear("%3D for = in key entry and value", percent, percent),
        clear("%3d for = in key entry and value", small_percent, small_percent),
        case(
            "= and %3D in one padding",
            {"app": b64(key), "app.one": seal("", key, nonce).replace("==", "=%3D"),
             "app.two": seal("", key, nonce).replace("==", "%3d=")},
            {"get": {"one": text(""), "two": text("")}},
        ),
        wrapped("options in the standard alphabet", same, same),
        wrapped("options in the url-safe alphabet", same, url),
        wrapped("options in both alphabets, mixed", same, mixed),
        wrapped("options with %3D", same, lambda given: url(given).replace("=", "%3D")),
        wrapped("options with %3d", same, small_percent),
        wrapped("url-safe wrapped key entry", url, same),
    ]


def values():
    sealed = seal("secret-value")
    every_byte = bytes(range(256))
    long = "".join(chr(0x20 + at % 95) for at in range(5000))
    return [
        reads("an empty value", text(""), seal("")),
        reads("what follows a second dot is ignored", text("secret-value"), f"{sealed}.AAAA"),
        reads("a dot at the end is ignored", text("secret-value"), f"{sealed}."),
        reads("not even base64 need follow a second dot", text("secret-value"), f"{sealed}.!é..?"),
        reads("a leading BOM is kept", text("\ufeffwith a mark"), seal("\ufeffwith a mark")),
        reads("a lone BOM is kept", text("\ufeff"), seal("\ufeff")),
        reads("a NUL is kept", text("a\0b"), seal("a\0b")),
        reads("line ends are kept", text("a\r\nb\n"), seal("a\r\nb\n")),
        reads("beyond the BMP", text("𝄞🦀🔐"), seal("𝄞🦀🔐")),
        reads("a replacement character", text("\ufffd"), seal("\ufffd")),
        reads("a long text", text(long), seal(long)),
        reads("every byte once is not text", {"hex": every_byte.hex()}, seal(every_byte)),
        reads("a lone surrogate in UTF-8's manner is not text", {"hex": "eda080"}, seal(b"\xed\xa0\x80")),
        reads("an overlong NUL is not text", {"hex": "c080"}, seal(b"\xc0\x80")),
        reads("a cut-off character is not text", {"hex": "61e282"}, seal(b"a\xe2\x82")),
        *(reads(f"a value of {size} bytes", text("x" * size), seal("x" * size))
          for size in [1, 15, 16, 17, 239, 240, 241, 255, 256, 257, 1024]),
    ]


def names():
    keys = ["", ".", "a", "a.b", "a.b.c", ".a", "a.", " ", "clé 🔑", "__proto__", "constructor", "length", "getItem",
            "app", "app.x", "new\nline", "\0"]
    cases = [
        case(
            "odd key names",
            {"app": b64(KEY)} | {f"app.{key}": seal(f"value of {key}") for key in keys},
            {"get": {key: text(f"value of {key}") for key in keys}},
        )
    ]
    for namespace in ["length", "key", "getItem", "__proto__", "constructor", "com.example.notes", "a..b", ".", "..",
                      "nom d'espace 🗝", " ", "FlutterSecureStorage", "FletSecureStorage"]:
        storage = {namespace: b64(KEY), f"{namespace}.token": seal("secret-value"), f"{namespace}.a.b": seal("b")}
        expect = {"get": {"token": text("secret-value"), "a.b": text("b")}}
        cases.append(case(f"namespace {namespace!r}", storage, expect, namespace=namespace))
    app = {"app": b64(KEY), "app.token": seal("of app"), "app.y.token": seal("of app too")}
    app_x = {"app.x": b64(OTHER_KEY), "app.x.token": seal("of app.x", OTHER_KEY), "app.x.": seal("empty", OTHER_KEY)}
    others = {"application": b64(OTHER_KEY), "application.token": seal("of application", OTHER_KEY),
              "ap": "theirs", "App.token": "theirs", "": "theirs", "token": "theirs", "x.app.token": "theirs"}
    both = app | app_x | others
    cases += [
        case("a longer namespace is passed over", both,
             {"get": {"token": text("of app"), "y.token": text("of app too")},
              "passedOver": ["app.x", "app.x.", "app.x.token"]}),
        case("the longer namespace itself", both,
             {"get": {"token": text("of app.x"), "": text("empty")}}, namespace="app.x"),
        case("a namespace that starts alike without a dot", both,
             {"get": {"token": text("of application")}}, namespace="application"),
        case("a namespace among other apps' items", others | {"z": b64(KEY), "z.a": seal("mine")},
             {"get": {"a": text("mine")}, "passedOver": []}, namespace="z"),
        case("a wrapped namespace is passed over too", app | {"app.w": wrap(), "app.w.token": seal("of app.w")},
             {"get": {"token": text("of app"), "y.token": text("of app too")}, "passedOver": ["app.w", "app.w.token"]}),
        case("namespaces within namespaces",
             app | {"app.x.y": b64(OTHER_KEY), "app.x.y.token": seal("deep", OTHER_KEY), "app.x.token": seal("mine")},
             {"get": {"token": text("of app"), "y.token": text("of app too"), "x.token": text("mine")},
              "passedOver": ["app.x.y", "app.x.y.token"]}),
    ]
    return cases


def at_open():
    other_iv = bytes(range(0x11, 0x1D))
    wrapped = base64.b64decode(wrap())
    cases = [
        refuses("another wrap key", "wrong-key", wrap(), options(wrap_key=OTHER_KEY)),
        refuses("another wrap key of 16 bytes", "wrong-key", wrap(), options(wrap_key=WRAP_KEY_128)),
        refuses("another wrap IV", "wrong-key", wrap(), options(iv=other_iv)),
        refuses("another wrap IV, of another length", "wrong-key", wrap(), options(iv=IV_16)),
        refuses("a flipped bit in the wrapped key", "wrong-key", b64(flipped(wrapped, 100)), options()),
        refuses("a flipped bit in the wrapped key's tag", "wrong-key", b64(flipped(wrapped, 383)), options()),
        refuses("a wrapped key, no wrap key", "locked", wrap()),
        refuses("an AES-256 key in the clear, a wrap key", "locked", b64(KEY), options()),
        refuses("an AES-128 key in the clear, a wrap key", "locked", b64(KEY_128), options()),
        # 32 bytes that do not unwrap are taken for what they nearly always are.
        refuses("a wrapped AES-128 key, another wrap key", "locked", wrap(KEY_128), options(wrap_key=OTHER_KEY)),
    ]
    for with_options, given in [("", None), (", with a wrap key", options())]:
        entry = wrap() if given else b64(KEY)
        damaged = {
            "empty": "",
            "one dot": ".",
            "not base64": "not base64!",
            "other text": "true",
            "not ASCII": "é" * 16,
            "white space at its end": entry + " ",
            "a line break inside": entry[:20] + "\n" + entry[20:],
            "cut in the middle of a group": entry[:-3],
            "one group short": entry[:-4],
            "one group more": "AAAA" + entry,
            "text behind its padding": b64(KEY) + "AAAA",
            "only half of a %3D": b64(KEY).replace("=", "%3"),
            "a sealed value": seal("secret-value"),
        }
        for what, key_entry in damaged.items():
            cases.append(refuses(f"key entry: {what}{with_options}", "corrupt", key_entry, given))
        for size in [1, 15, 17, 24, 31, 33, 40, 47, 49, 64]:
            name = f"key entry: {size} bytes{with_options}"
            cases.append(refuses(name, "corrupt", b64(bytes(range(size))), given))
    cases.append(refuses("key entry: no padding", "corrupt", b64(KEY).rstrip("=")))
    cases.append(refuses("key entry: bits left over", "corrupt", bits_left_over(b64(KEY))))
    return cases


def at_get():
    nonce, ciphertext = parts("secret-value")
    n, c = b64(nonce), b64(ciphertext)
    assert c.endswith("==")
    long_nonce, long_ciphertext = parts("x" * 1000)
    cases = [
        fails("an empty text", ""),
        fails("no dot", n + c),
        fails("plain text", "secret"),
        fails("a dot alone", "."),
        fails("no ciphertext", f"{n}."),
        fails("no nonce", f".{c}"),
        fails("shorter than a tag", f"{n}.{b64(ciphertext[-15:])}"),
        fails("a tag alone", f"{n}.{b64(ciphertext[-16:])}"),
        fails("one byte cut off", f"{n}.{b64(ciphertext[:-1])}"),
        fails("its first byte cut off", f"{n}.{b64(ciphertext[1:])}"),
        fails("one byte more", f"{n}.{b64(ciphertext + bytes(1))}"),
        fails("text cut off", seal("secret-value")[:-10]),
        fails("text cut off at a group", seal("secret-value")[:-4]),
        fails("bad base64 in the nonce", f"{n[:-1]}!.{c}"),
        fails("bad base64 in the ciphertext", f"{n}.!{c[1:]}"),
        fails("not ASCII", f"{n}.é{c[2:]}"),
        fails("no padding", f"{n}.{c.rstrip('=')}"),
        fails("half of the padding", f"{n}.{c[:-1]}"),
        fails("padding doubled", f"{n}.{c}=="),
        fails("padding within", f"{n}.{c}AAAA"),
        fails("bits left over", f"{n}.{bits_left_over(c)}"),
        fails("white space before", f" {n}.{c}"),
        fails("white space behind", f"{n}.{c}\n"),
        fails("white space within", f"{n}.{c[:8]} {c[8:]}"),
        fails("nonce of 0 bytes, sealed so", f"{n[:0]}.{c}"),
        fails("nonce of 11 bytes", f"{b64(nonce[:11])}.{c}"),
        fails("nonce of 13 bytes", f"{b64(nonce + bytes(1))}.{c}"),
        fails("nonce of 16 bytes, sealed so", f"{b64(IV_16)}.{b64(gcm(KEY, IV_16, b'secret-value'))}"),
        fails("flipped bit in the ciphertext", f"{n}.{b64(flipped(ciphertext, 3))}"),
        fails("flipped bit in the tag", f"{n}.{b64(flipped(ciphertext, 8 * len(ciphertext) - 1))}"),
        fails("flipped bit in the nonce", f"{b64(flipped(nonce, 50))}.{c}"),
        fails("flipped bit in a long ciphertext", f"{b64(long_nonce)}.{b64(flipped(long_ciphertext, 4000))}"),
        fails("sealed under another key", seal("secret-value", OTHER_KEY)),
        fails("sealed under another key of 16 bytes", seal("secret-value", KEY_128)),
        fails("ciphertext and nonce exchanged", f"{c}.{n}"),
        # The layout has no associated data, so it cannot notice this. FORMAT.md says so.
        reads("an entry of another name is taken for this one's", text("other"), seal("other")),
        case(
            "a wrapped AES-128 key read as an AES-256 key in the clear",
            {"app": wrap(KEY_128), "app.token": seal("secret-value", KEY_128)},
            {"get": {"token": {"error": "corrupt"}}},
        ),
    ]
    return cases


def bits_left_over(padded):
    """The same bytes to a decoder that ignores the bits between the last byte and the padding."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    text = padded.rstrip("=")
    last = alphabet.index(text[-1])
    assert last % 4 == 0 and text != padded
    changed = text[:-1] + alphabet[last + 1] + padded[len(text) :]
    assert base64.b64decode(changed) == base64.b64decode(padded)
    return changed


def key_missing():
    missing = {"error": "key-missing"}
    expect = {"get": {"token": missing, "other": missing, "absent": None}, "set": "key-missing"}
    storage = {"app.token": seal("secret-value"), "app.other": seal("other")}
    return [
        case("entries without their key", storage, expect),
        case("entries without their key, with a wrap key", storage, expect, options=options()),
        case("a damaged entry without its key", {"app.token": "damaged"},
             {"get": {"token": missing}, "set": "key-missing"}),
        case("entries without their key beside a longer namespace that has its own",
             storage | {"app.x": b64(OTHER_KEY), "app.x.token": seal("of app.x", OTHER_KEY)},
             expect | {"passedOver": ["app.x", "app.x.token"]}),
        case("a longer namespace without entries of this one's", {"app.x": b64(KEY), "app.x.a": seal("of app.x")},
             {"get": {"a": None}, "passedOver": ["app.x", "app.x.a"]}),
    ]


def bad_options():
    def refused(name, argument, **given):
        storage = {"app": wrap(), "app.token": seal("secret-value")}
        return case(name, storage, {"open": "invalid-argument", "argument": argument}, options=given)

    key, iv = b64(WRAP_KEY), b64(IV_12)
    return [
        refused("a wrap key without an IV", "wrapKeyIv", wrapKey=key),
        refused("an IV without a wrap key", "wrapKey", wrapKeyIv=iv),
        refused("an empty wrap key", "wrapKey", wrapKey="", wrapKeyIv=iv),
        refused("an empty IV", "wrapKeyIv", wrapKey=key, wrapKeyIv=""),
        refused("a passphrase for a wrap key", "wrapKey", wrapKey="correct horse", wrapKeyIv=iv),
        refused("plain text for an IV", "wrapKeyIv", wrapKey=key, wrapKeyIv="my iv"),
        refused("a wrap key without padding", "wrapKey", wrapKey=key.rstrip("="), wrapKeyIv=iv),
        refused("an IV without padding", "wrapKeyIv", wrapKey=key, wrapKeyIv=b64(IV_16).rstrip("=")),
        refused("a wrap key with white space", "wrapKey", wrapKey=f"{key}\n", wrapKeyIv=iv),
        refused("a wrap key with bits left over", "wrapKey", wrapKey=bits_left_over(key), wrapKeyIv=iv),
        *(refused(f"a wrap key of {size} bytes", "wrapKey", wrapKey=b64(bytes(size)), wrapKeyIv=iv)
          for size in [1, 15, 17, 24, 31, 33, 64]),
    ]


FILES = {
    "accept-known-answers": ("§1.3 of the format's notes: computed with WebCrypto", known_answers),
    "accept-key-sizes": ("data keys and wrap keys of 16 and 32 bytes", key_sizes),
    "accept-wrap-ivs": ("wrap IVs of every length that browsers take", wrap_ivs),
    "accept-base64": ("both alphabets, and %3D for =", alphabets),
    "accept-values": ("what a sealed value may look like, and what may be in it", values),
    "accept-names": ("odd key names and namespaces, and namespaces that share a start", names),
    "reject-at-open": ("key entries that do not open", at_open),
    "reject-at-get": ("entries that do not open, beside one that does", at_get),
    "reject-key-missing": ("entries whose key entry is gone: nothing may be written", key_missing),
    "reject-options": ("wrap keys and IVs that cannot be used", bad_options),
}


if __name__ == "__main__":
    write_or_check(HERE, FILES, escaped=False)
