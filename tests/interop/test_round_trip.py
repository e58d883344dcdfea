"""What one side writes into an empty store, the other reads: every option set, both builds of Flet."""

import pytest

from flet_app import FletStorage
from keyfold_page import KeyfoldPage
from option_sets import OptionSet
from samples import ENTRIES, assert_same, assert_same_names

pytestmark = [pytest.mark.both_builds, pytest.mark.parametrize("engine", ["auto", "webcrypto"])]


def test_keyfold_reads_what_flet_wrote(flet: FletStorage, tab: KeyfoldPage, options: OptionSet, engine: str) -> None:
    flet.set_all(ENTRIES)
    before = tab.stored()

    keyfold = tab.open(options, engine=engine)
    assert_same(keyfold.get_all(), ENTRIES)
    assert_same({key: keyfold.get(key) for key in ENTRIES}, ENTRIES)
    assert_same_names(keyfold.keys(), ENTRIES)
    assert [key for key in ENTRIES if not keyfold.contains_key(key)] == []

    report = keyfold.verify()
    assert report["unreadable"] == []
    assert report["passedOver"] == []
    assert_same_names(report["readable"], ENTRIES)
    assert tab.stored() == before, "reading changed what is stored"


def test_flet_reads_what_keyfold_wrote(flet: FletStorage, tab: KeyfoldPage, options: OptionSet, engine: str) -> None:
    keyfold = tab.open(options, engine=engine)
    for key, value in ENTRIES.items():
        keyfold.set(key, value)

    assert_same({key: flet.get(key) for key in ENTRIES}, ENTRIES)
    assert_same(flet.get_all(), ENTRIES)
    assert [key for key in ENTRIES if not flet.contains_key(key)] == []
    assert flet.get("absent") is None
    assert not flet.contains_key("absent")
