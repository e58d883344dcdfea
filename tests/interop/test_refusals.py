"""What neither side can read: keyfold says why and touches nothing; what Flet says is held beside it."""

import base64

import pytest

from conftest import Site
from keyfold_page import KeyfoldError, KeyfoldPage
from option_sets import PLAIN, WRAPPED, OptionSet
from samples import ENTRIES, assert_same

OTHER_KEY = base64.b64encode(bytes(32)).decode()
OTHER_IV = base64.b64encode(bytes(12)).decode()


@pytest.mark.parametrize(
    ("written", "opened", "flet_says", "keyfold_says"),
    [
        pytest.param(WRAPPED, WRAPPED.but(wrap_key=OTHER_KEY), "OperationError", "wrong-key", id="another wrap key"),
        pytest.param(WRAPPED, WRAPPED.but(wrap_key_iv=OTHER_IV), "OperationError", "wrong-key", id="another IV"),
        pytest.param(WRAPPED, WRAPPED.but(wrap_key="", wrap_key_iv=""), "DataError", "locked", id="no wrap key"),
        pytest.param(
            PLAIN,
            PLAIN.but(wrap_key=WRAPPED.wrap_key, wrap_key_iv=WRAPPED.wrap_key_iv),
            "OperationError",
            "locked",
            id="a wrap key where there is none",
        ),
    ],
)
@pytest.mark.parametrize("writer", ["Flet", "keyfold"])
def test_another_key(
    site: Site, tab: KeyfoldPage, writer: str, written: OptionSet, opened: OptionSet, flet_says: str, keyfold_says: str
) -> None:
    (site.app.storage(written) if writer == "Flet" else tab.open(written)).set_all(ENTRIES)
    before = tab.stored()

    with pytest.raises(KeyfoldError) as refused:
        tab.open(opened)
    assert refused.value.code == keyfold_says
    assert tab.stored() == before, "keyfold's attempt changed what is stored"

    stranger = site.app.storage(opened.but(name="stranger"))
    with pytest.raises(RuntimeError, match=flet_says):
        stranger.get("token")
    with pytest.raises(RuntimeError, match=flet_says):
        stranger.set("token", "overwritten")
    assert tab.stored() == before, "Flet's attempt changed what is stored"

    assert_same(tab.open(written).get_all(), ENTRIES)
    assert_same(site.app.storage(written).get_all(), ENTRIES)


def test_a_damaged_entry(site: Site, tab: KeyfoldPage) -> None:
    flet = site.app.storage(WRAPPED)
    flet.set_all({"damaged": "value", "sound": "value"})
    name = f"{WRAPPED.namespace}.damaged"
    tab.put(WRAPPED, name, with_last_bit_flipped(tab.stored()["local"][name]))
    before = tab.stored()

    keyfold = tab.open(WRAPPED)
    for read in (lambda: keyfold.get("damaged"), keyfold.get_all):
        with pytest.raises(KeyfoldError) as refused:
            read()
        assert (refused.value.code, refused.value.key) == ("corrupt", "damaged")
    assert_same(keyfold.get_all(skipUnreadable=True), {"sound": "value"})
    report = keyfold.verify()
    assert [(entry["key"], entry["code"]) for entry in report["unreadable"]] == [("damaged", "corrupt")]
    assert report["readable"] == ["sound"]

    for read in (lambda: flet.get("damaged"), flet.get_all):
        with pytest.raises(RuntimeError, match="OperationError"):
            read()
    assert flet.get("sound") == "value"
    assert tab.stored() == before


def test_entries_without_their_key(site: Site, tab: KeyfoldPage) -> None:
    """keyfold leaves the store as it is; a read of Flet's makes a new key, and the entries are lost."""
    flet = site.app.storage(WRAPPED)
    flet.set("token", "value")
    tab.put(WRAPPED, WRAPPED.namespace, None)
    before = tab.stored()

    keyfold = tab.open(WRAPPED)
    for attempt in (lambda: keyfold.get("token"), keyfold.get_all, lambda: keyfold.set("token", "new")):
        with pytest.raises(KeyfoldError) as refused:
            attempt()
        assert refused.value.code == "key-missing"
    assert tab.stored() == before

    with pytest.raises(RuntimeError, match="OperationError"):
        flet.get("token")
    assert tab.stored()["local"].keys() == before["local"].keys() | {WRAPPED.namespace}


def with_last_bit_flipped(stored: str) -> str:
    iv, sealed = stored.split(".")
    data = bytearray(base64.b64decode(sealed))
    data[-1] ^= 1
    return f"{iv}.{base64.b64encode(data).decode()}"
