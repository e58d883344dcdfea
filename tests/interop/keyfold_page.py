"""keyfold's package in a tab of the browser, as Python calls."""

from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Error, Page

from option_sets import OptionSet
from samples import shortened

CALL = "async ([name, args]) => (await import('/interop/calls.js'))[name](...args)"
SNAPSHOT = "() => ({ local: { ...localStorage }, session: { ...sessionStorage } })"


@dataclass
class KeyfoldError(Exception):
    """A StorageError of keyfold's, with its parts and the call that it came from."""

    call: str
    code: str
    message: str
    key: str | None
    argument: str | None

    def __str__(self) -> str:
        return f"{self.code}: {self.message} (key {self.key!r}, argument {self.argument!r}) from keyfold's {self.call}"


class KeyfoldPage:
    """One tab that has loaded keyfold."""

    def __init__(self, page: Page) -> None:
        self._page = page

    def open(self, options: OptionSet, **more: object) -> "KeyfoldStorage":
        """Opens the namespace of these options; `more` goes to keyfold alone."""
        return KeyfoldStorage(self, self.call("open", options.namespace, options.for_keyfold(**more)))

    def call(self, name: str, *args: object) -> Any:
        call = f"{name}{shortened(args)}"
        try:
            reply = self._page.evaluate(CALL, [name, list(args)])
        except Error as error:
            raise AssertionError(f"{error} in keyfold's {call}") from None
        if failed := reply.get("error"):
            raise KeyfoldError(call, **failed)
        result = reply["result"]
        return dict(result["map"]) if isinstance(result, dict) and "map" in result else result

    def watched(self) -> list[dict[str, Any]]:
        return self.call("watched")

    def reset(self) -> None:
        """Empties what the origin and this tab have stored, keyfold's claims with it."""
        self._page.evaluate(CALL, ["reset", []])

    def stored(self) -> dict[str, dict[str, str]]:
        """What lies in localStorage and sessionStorage, as this tab sees it."""
        return self._page.evaluate(SNAPSHOT)

    def put(self, options: OptionSet, name: str, text: str | None) -> None:
        """Changes stored text behind both clients' backs; None removes it."""
        area = "sessionStorage" if options.session else "localStorage"
        change = "delete area[name]" if text is None else "area.setItem(name, text)"
        self._page.evaluate(f"([name, text]) => {{ const area = {area}; {change}; }}", [name, text])


class KeyfoldStorage:
    """One handle of keyfold's `SecureStorage`."""

    def __init__(self, page: KeyfoldPage, handle: int) -> None:
        self._page, self._handle = page, handle

    def set(self, key: str, value: str) -> None:
        self._call("set", key, value)

    def set_all(self, entries: dict[str, str]) -> None:
        self._call("setAll", list(entries.items()))

    def get(self, key: str) -> str | None:
        return self._call("get", key)

    def get_all(self, **options: bool) -> dict[str, str]:
        return self._call("getAll", options)

    def contains_key(self, key: str) -> bool:
        return self._call("containsKey", key)

    def remove(self, key: str) -> bool:
        return self._call("remove", key)

    def keys(self) -> list[str]:
        return self._call("keys")

    def clear(self) -> None:
        self._call("clear")

    def destroy(self) -> None:
        self._call("destroy")

    def verify(self) -> dict[str, Any]:
        return self._call("verify")

    def import_from(self, source: "KeyfoldStorage") -> dict[str, Any]:
        return self._page.call("importFrom", self._handle, source._handle)

    def watch(self) -> None:
        """From now on the tab's `watched` tells this namespace's changes."""
        self._page.call("watch", self._handle)

    def _call(self, method: str, *args: object) -> Any:
        return self._page.call("call", self._handle, method, list(args))
