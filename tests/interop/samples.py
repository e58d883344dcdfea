"""Entries that are easy to get wrong, and a comparison that names the ones that differ."""

from collections.abc import Iterable, Mapping

ENTRIES = {
    "token": "eyJhbGciOiJIUzI1NiJ9.e30.ZRrHA1JJJW8opsbCGfG_HACGpVUMN_a9IV7pAx_Zmeo",
    "empty": "",
    "": "value under the empty key",
    "user.name": "dotted key",
    ".": "dots alone",
    "emoji 🔑": "Žofie 🦀",
    "caf\u00e9": "composed",
    "cafe\u0301": "decomposed, another key",
    "lines": "line1\nline2\r\n\ttab",
    "line\nin\tkey": "control characters in the key",
    "nul": "a\0b",
    "json": '{"a":[1,2,3],"b":null}',
    "__proto__": "no property of an object",
    "length": "no property of the storage",
    "4 kB": "0123456789abcdef" * 256,
    # keyfold leaves values of this size to WebCrypto and seals small ones itself.
    "200 kB": "žluťoučký kůň " * 10_000,
}


def assert_same(found: Mapping[str, str], expected: Mapping[str, str]) -> None:
    """Fails with the names of the entries that differ, which long values would bury in a plain diff."""
    problems = [f"missing {key!r}" for key in expected.keys() - found.keys()]
    problems += [f"unexpected {key!r}" for key in found.keys() - expected.keys()]
    problems += [
        f"{key!r} is {shortened(found[key])} instead of {shortened(expected[key])}"
        for key in expected.keys() & found.keys()
        if found[key] != expected[key]
    ]
    assert not problems, "; ".join(sorted(problems))


def assert_same_names(found: Iterable[str], expected: Iterable[str]) -> None:
    names = list(found)
    assert len(names) == len(set(names)), "a name is there twice"
    assert_same(dict.fromkeys(names, ""), dict.fromkeys(expected, ""))


def shortened(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 120 else f"{text[:80]}… ({len(text)} characters)"
