"""Both sides use one namespace in turn, and each lives with what the other did to it.

keyfold's handle stays open throughout, as an app's does; a fresh one must see the same.
"""

from flet_app import FletStorage
from keyfold_page import KeyfoldPage, KeyfoldStorage
from option_sets import OptionSet
from samples import ENTRIES, assert_same


def test_each_overwrites_the_others_entries(flet: FletStorage, tab: KeyfoldPage, options: OptionSet) -> None:
    keyfold = tab.open(options)
    flet.set("first by Flet", "1")
    keyfold.set("first by keyfold", "1")
    flet.set("first by keyfold", "2")
    keyfold.set("first by Flet", "2")
    assert_all_see(flet, keyfold, tab, options, {"first by Flet": "2", "first by keyfold": "2"})

    # Emptied, not removed.
    flet.set("first by keyfold", "")
    keyfold.set("first by Flet", "")
    assert_all_see(flet, keyfold, tab, options, {"first by Flet": "", "first by keyfold": ""})


def test_each_removes_the_others_entries(flet: FletStorage, tab: KeyfoldPage, options: OptionSet) -> None:
    keyfold = tab.open(options)
    flet.set_all(ENTRIES)
    keyfold.set("kept", "by keyfold")
    removed = {key: keyfold.remove(key) for key in ENTRIES}
    assert [key for key, was_there in removed.items() if not was_there] == []
    assert [key for key in ENTRIES if flet.contains_key(key)] == []
    assert_all_see(flet, keyfold, tab, options, {"kept": "by keyfold"})

    keyfold.set_all(ENTRIES)
    for key in ENTRIES:
        flet.remove(key)
    assert [key for key in ENTRIES if keyfold.contains_key(key)] == []
    assert keyfold.remove("token") is False
    assert_all_see(flet, keyfold, tab, options, {"kept": "by keyfold"})


def test_after_flets_clear(flet: FletStorage, tab: KeyfoldPage, options: OptionSet) -> None:
    """Flet's `clear` takes the data key away; whoever writes next has to make one."""
    keyfold = tab.open(options)
    flet.set("old", "Flet's")
    keyfold.set("old too", "keyfold's")
    flet.clear()
    assert_all_see(flet, keyfold, tab, options, {})

    keyfold.set("new", "keyfold's")
    flet.set("new too", "Flet's")
    assert_all_see(flet, keyfold, tab, options, {"new": "keyfold's", "new too": "Flet's"})

    # Now Flet makes the key, while keyfold's handle remembers the one before.
    flet.clear()
    flet.set("newer", "Flet's")
    keyfold.set("newer too", "keyfold's")
    assert_all_see(flet, keyfold, tab, options, {"newer": "Flet's", "newer too": "keyfold's"})


def test_after_keyfolds_clear(flet: FletStorage, tab: KeyfoldPage, options: OptionSet) -> None:
    """keyfold's `clear` keeps the data key, so the same one goes on."""
    keyfold = tab.open(options)
    flet.set("old", "Flet's")
    keyfold.set("old too", "keyfold's")
    key_entry = stored_key(tab, options)
    keyfold.clear()
    assert_all_see(flet, keyfold, tab, options, {})

    flet.set("new", "Flet's")
    keyfold.set("new too", "keyfold's")
    assert_all_see(flet, keyfold, tab, options, {"new": "Flet's", "new too": "keyfold's"})
    assert stored_key(tab, options) == key_entry


def test_after_keyfolds_destroy(flet: FletStorage, tab: KeyfoldPage, options: OptionSet) -> None:
    """keyfold's `destroy` leaves nothing; Flet starts over and keyfold follows."""
    keyfold = tab.open(options)
    keyfold.set("old", "keyfold's")
    flet.set("old too", "Flet's")
    keyfold.destroy()
    assert tab.stored() == {"local": {}, "session": {}}

    flet.set("new", "Flet's")
    assert_same(tab.open(options).get_all(), {"new": "Flet's"})
    again = tab.open(options)
    again.set("new too", "keyfold's")
    assert_all_see(flet, again, tab, options, {"new": "Flet's", "new too": "keyfold's"})


def assert_all_see(
    flet: FletStorage, keyfold: KeyfoldStorage, tab: KeyfoldPage, options: OptionSet, expected: dict[str, str]
) -> None:
    assert_same(keyfold.get_all(), expected)
    assert_same(tab.open(options).get_all(), expected)
    assert_same(flet.get_all(), expected)


def stored_key(tab: KeyfoldPage, options: OptionSet) -> str:
    return tab.stored()["session" if options.session else "local"][options.namespace]
