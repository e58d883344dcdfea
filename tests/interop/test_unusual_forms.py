"""Forms that the original reads beside the one it writes, and the few places where the two sides differ."""

import base64

import pytest

from conftest import Site
from flet_app import FletStorage
from keyfold_page import KeyfoldPage
from option_sets import PLAIN, WRAPPED, OptionSet
from samples import ENTRIES, assert_same


@pytest.mark.parametrize("length", [1, 7, 13, 128])
@pytest.mark.parametrize("writer", ["Flet", "keyfold"])
def test_a_wrap_iv_of_another_length(site: Site, tab: KeyfoldPage, writer: str, length: int) -> None:
    options = WRAPPED.but(name="another IV", wrap_key_iv=base64.b64encode(bytes(range(length))).decode())
    flet, keyfold = site.app.storage(options), tab.open(options)
    (flet if writer == "Flet" else keyfold).set_all(ENTRIES)
    assert_same(flet.get_all(), ENTRIES)
    assert_same(keyfold.get_all(), ENTRIES)


def url_safe(name: str, text: str) -> str:
    return text.replace("+", "-").replace("/", "_")


def escaped_padding(name: str, text: str) -> str:
    return text.replace("=", "%3D")


def a_third_part(name: str, text: str) -> str:
    return text if name == WRAPPED.namespace else f"{text}.more"


@pytest.mark.parametrize("rewritten", [url_safe, escaped_padding, a_third_part])
def test_stored_text_in_another_form(site: Site, tab: KeyfoldPage, rewritten) -> None:
    flet = site.app.storage(WRAPPED)
    flet.set_all(ENTRIES)
    before = tab.stored()
    for name, text in before["local"].items():
        tab.put(WRAPPED, name, rewritten(name, text))
    assert tab.stored() != before
    assert_same(flet.get_all(), ENTRIES)
    keyfold = tab.open(WRAPPED)
    assert_same(keyfold.get_all(), ENTRIES)

    keyfold.set("token", "keyfold's")
    flet.set("json", "Flet's")
    expected = ENTRIES | {"token": "keyfold's", "json": "Flet's"}
    assert_same(flet.get_all(), expected)
    assert_same(keyfold.get_all(), expected)


def test_a_data_key_of_16_bytes(site: Site, tab: KeyfoldPage) -> None:
    """The original makes 32 bytes and uses whatever it finds."""
    tab.put(PLAIN, "FletSecureStorage", "AAECAwQFBgcICQoLDA0ODw==")
    tab.put(PLAIN, "FletSecureStorage.found", "oKGio6Slpqeoqaqr.2eNbyRv9HnzrFMBlIEu38Vwyte6eZ7luCCH1jA==")
    flet, keyfold = site.app.storage(PLAIN), tab.open(PLAIN)
    keyfold.set("ours", "keyfold's")
    flet.set("theirs", "Flet's")
    expected = {"found": "secret-value", "ours": "keyfold's", "theirs": "Flet's"}
    assert_same(flet.get_all(), expected)
    assert_same(keyfold.get_all(), expected)


@pytest.mark.parametrize("namespace", ["length", "key", "getItem"])
def test_a_namespace_named_like_a_member_of_storage(site: Site, tab: KeyfoldPage, namespace: str) -> None:
    """The original takes the member for its data key and cannot start; with keyfold's key there it can."""
    options = OptionSet("member", namespace=namespace)
    flet, keyfold = site.app.storage(options), tab.open(options)
    with pytest.raises(RuntimeError, match="Null check operator"):
        flet.set("token", "value")
    keyfold.set("ours", "keyfold's")
    flet.set("theirs", "Flet's")
    assert_same(flet.get_all(), {"ours": "keyfold's", "theirs": "Flet's"})
    assert_same(keyfold.get_all(), {"ours": "keyfold's", "theirs": "Flet's"})


def test_a_leading_byte_order_mark(flet: FletStorage, tab: KeyfoldPage, options: OptionSet) -> None:
    """The one text that the two read differently: Dart's decoder drops the mark, keyfold keeps it."""
    keyfold = tab.open(options)
    keyfold.set("mark", "\ufefftext")
    assert keyfold.get("mark") == "\ufefftext"
    assert flet.get("mark") == "text"
