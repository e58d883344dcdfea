"""keyfold in an app that Flet wrote for: a second tab, a neighbouring namespace, a move to a wrap key."""

import time
from collections.abc import Callable

from conftest import Site
from keyfold_page import KeyfoldPage
from option_sets import PLAIN, WRAPPED, OptionSet
from samples import ENTRIES, assert_same, assert_same_names


def test_a_second_tab(site: Site, tab: KeyfoldPage, second_tab: KeyfoldPage) -> None:
    """localStorage reaches another tab with a delay, so each side is given time to see the other's writes."""
    flet = site.app.storage(WRAPPED)
    flet.set_all(ENTRIES)
    eventually(second_tab.stored, tab.stored())
    keyfold = second_tab.open(WRAPPED)
    assert_same(keyfold.get_all(), ENTRIES)

    keyfold.watch()
    flet.set("later", "by Flet")
    flet.remove("later")
    flet.set("token", "by Flet")
    seen = [("later", "set", True), ("later", "remove", True), ("token", "set", True)]
    eventually(lambda: [(change["key"], change["kind"], change["remote"]) for change in second_tab.watched()], seen)

    keyfold.set("token", "by keyfold")
    eventually(tab.stored, second_tab.stored())
    assert flet.get("token") == "by keyfold"


def test_a_longer_namespace_is_left_alone(site: Site, tab: KeyfoldPage) -> None:
    """`app.settings` begins like an entry of `app`. Flet takes it for one; keyfold does not."""
    app = OptionSet("app", namespace="app")
    settings = OptionSet("settings", namespace="app.settings")
    site.app.storage(app).set("token", "app's")
    site.app.storage(settings).set("token", "settings'")

    keyfold = tab.open(app)
    assert_same(keyfold.get_all(), {"token": "app's"})
    assert sorted(keyfold.verify()["passedOver"]) == ["app.settings", "app.settings.token"]
    keyfold.clear()
    assert_same(site.app.storage(settings).get_all(), {"token": "settings'"})
    assert_same(tab.open(settings).get_all(), {"token": "settings'"})


def test_a_move_to_a_wrap_key(site: Site, tab: KeyfoldPage) -> None:
    """The way out of a data key in the clear: keyfold copies the entries, Flet goes on with the wrap key."""
    site.app.storage(PLAIN).set_all(ENTRIES)
    moved = tab.open(WRAPPED)
    report = moved.import_from(tab.open(PLAIN))
    assert_same_names(report["imported"], ENTRIES)
    tab.open(PLAIN).destroy()
    assert_same(site.app.storage(WRAPPED).get_all(), ENTRIES)
    assert_same(site.app.storage(PLAIN).get_all(), {})


def eventually(look: Callable[[], object], expected: object, patience_s: float = 10) -> None:
    deadline = time.monotonic() + patience_s
    while look() != expected and time.monotonic() < deadline:
        time.sleep(0.02)
    assert look() == expected
