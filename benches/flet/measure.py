"""Measures storage calls inside one build of the real Flet client and prints them as JSON.

    PYTHONPATH=tests/interop .venv/bin/python -B benches/flet/measure.py dart2js

The time of a call runs from the beginning of the first call of Web Storage or WebCrypto that it makes to the end of the
last, as hooks.js notes them in the client's page. What comes before and after is not in it: Flet's websocket, and the
decoding of the text that was opened. benches/browser/original.js takes turns with the client, in the same page and
under the same hooks. Flet's server isolates its pages, so their clock has steps of 5 µs.
"""

import json
import random
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from playwright.sync_api import Page

import run
from client import NoWebGL, opened
from flet_app import FletApp
from option_sets import PLAIN, WRAPPED, OptionSet

HERE = Path(__file__).resolve().parent


# What `takeCalls` of hooks.js gives for one call: `names` and `time`.
Noted = dict[str, Any]


class Storage(Protocol):
    """What either side can do."""

    def get(self, key: str) -> str | None: ...
    def set(self, key: str, value: str) -> None: ...
    def get_all(self) -> dict[str, str]: ...


class Original:
    """benches/browser/original.js in the client's page, with the methods of Flet's storage."""

    CALL = """async ([namespace, wrap, method, args]) => {
        const { open } = await import("/bench/original.js");
        const result = await open(namespace, wrap)[method](...args);
        return result instanceof Map ? Object.fromEntries(result) : result;
    }"""

    def __init__(self, page: Page, options: OptionSet) -> None:
        wrap = {"wrapKey": options.wrap_key, "wrapKeyIv": options.wrap_key_iv} if options.wrap_key else None
        self._page, self._options = page, [options.namespace, wrap]

    def get(self, key: str) -> str | None:
        return self._call("get", key)

    def set(self, key: str, value: str) -> None:
        self._call("set", key, value)

    def get_all(self) -> dict[str, str]:
        return self._call("getAll")

    def _call(self, method: str, *args: str) -> Any:
        return self._page.evaluate(self.CALL, [*self._options, method, list(args)])


@dataclass(frozen=True)
class Operation:
    """A call, how many values it is about, the sizes of these in bytes, and how often each store is measured."""

    call: Callable[[Storage, dict[str, str]], object]
    values: int
    sizes: list[int]
    repetitions: int


OPERATIONS = {
    "get": Operation(lambda store, entries: store.get("entry 0"), 1, [16, 100, 1000, 16_000], 105),
    "set": Operation(lambda store, entries: store.set("entry 0", entries["entry 0"]), 1, [16, 100, 1000, 16_000], 105),
    "get_all": Operation(lambda store, entries: store.get_all(), 100, [16, 100, 1000], 35),
}
WARM_UP = 10


def cells(app: FletApp, page: Page) -> Iterator[dict[str, Any]]:
    """Each operation and size, with wrap key and without: what the client did, and what the original."""
    ways = {True: WRAPPED, False: PLAIN}
    clients = {wrapped: app.storage(options) for wrapped, options in ways.items()}
    originals = {wrapped: Original(page, options) for wrapped, options in ways.items()}

    def turns(operation: Operation, size: int) -> dict[Storage, list[Noted]]:
        entries = {f"entry {n}": "x" * size for n in range(operation.values)}
        page.evaluate("localStorage.clear()")
        for client in clients.values():
            client.set_all(entries)
        stores = [*clients.values(), *originals.values()]
        assert all(store.get_all() == entries for store in stores), "the original does not read what the client wrote"
        return take_turns(page, stores, operation, entries)

    # Once, unmeasured: engines compile in steps, and whatever came first would be measured at its slowest.
    for operation in reversed(OPERATIONS.values()):
        turns(operation, 100)
    for name, operation in OPERATIONS.items():
        for size in operation.sizes:
            noted = turns(operation, size)
            for wrapped in ways:
                sides = {"client": noted[clients[wrapped]], "original": noted[originals[wrapped]]}
                summaries = {side: summary(calls, operation.values) for side, calls in sides.items()}
                yield {"operation": name, "bytes": size, "wrapped": wrapped, **summaries}


def take_turns(
    page: Page, stores: list[Storage], operation: Operation, entries: dict[str, str]
) -> dict[Storage, list[Noted]]:
    """What the hooks noted of each measured call. The order changes, so that nobody always follows the same one."""
    noted = {store: [] for store in stores}
    for turn in range(WARM_UP + operation.repetitions):
        for store in random.sample(stores, len(stores)):
            page.evaluate("takeCalls()")
            operation.call(store, entries)
            calls = page.evaluate("takeCalls()")
            if turn >= WARM_UP:
                noted[store].append(calls)
    return noted


def summary(noted: list[Noted], values: int) -> dict[str, Any]:
    """The names of what was called, which are the same each time, and microseconds per value."""
    names, *others = [calls["names"] for calls in noted]
    assert all(other == names for other in others), "the same call was made in two ways"
    return {"calls": names, "times": [1000 * calls["time"] / values for calls in noted]}


def main(build: str) -> dict[str, Any]:
    run.prepare()
    try:
        with opened(build, first_script=HERE / "hooks.js") as (app, page):
            assert page.evaluate("crossOriginIsolated"), "the page's clock is too coarse"
            folder = HERE.parent / "browser"
            page.route("**/bench/*", lambda route: route.fulfill(path=folder / Path(route.request.url).name))
            return {"cells": list(cells(app, page))}
    except NoWebGL as reason:
        return {"missing": str(reason)}


if __name__ == "__main__":
    print(json.dumps(main(*sys.argv[1:])))
