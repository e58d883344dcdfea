"""A Flet app whose secure storage Python can call, served from one origin with keyfold's package.

The server has a thread and an event loop of its own, so that tests are plain calls in a row.
"""

import asyncio
import socket
import threading
from collections.abc import Coroutine
from concurrent.futures import Future, TimeoutError
from contextlib import suppress
from pathlib import Path
from typing import Any

import flet as ft
import uvicorn
from fastapi.staticfiles import StaticFiles
from flet_secure_storage import SecureStorage
from flet_web import fastapi as flet_fastapi

from option_sets import OPTION_SETS, OptionSet

HERE = Path(__file__).resolve().parent
PACKAGE = HERE.parent.parent / "pkg"
PATIENCE_S = 30


class FletApp:
    """The server of one compiled client: `canvaskit` runs dart2js's output, `skwasm` dart2wasm's."""

    def __init__(self, renderer: ft.WebRenderer) -> None:
        app = flet_fastapi.FastAPI()
        app.mount("/keyfold", StaticFiles(directory=PACKAGE))
        app.mount("/interop", StaticFiles(directory=HERE / "page", html=True))
        app.mount("/", flet_fastapi.app(self._main, no_cdn=True, web_renderer=renderer))
        self._server = uvicorn.Server(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=2))
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), name="flet", daemon=True)
        self._listening: Future[asyncio.AbstractEventLoop] = Future()
        self._connected: Future[dict[str, SecureStorage]] = Future()
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.origin = f"http://127.0.0.1:{self._socket.getsockname()[1]}"

    def start(self) -> None:
        self._thread.start()
        self._loop = self._listening.result(PATIENCE_S)

    def wait_for_client(self) -> None:
        """Returns once the browser's client has connected and holds the storage services."""
        try:
            self._services = self._connected.result(PATIENCE_S)
        except TimeoutError:
            raise AssertionError(f"Flet's client did not connect within {PATIENCE_S} s") from None

    def storage(self, options: OptionSet) -> "FletStorage":
        """The storage of an app that was started with these options."""
        if service := self._services.get(options.name):
            return FletStorage(self, service, {})
        return FletStorage(self, self._services["plain"], {"web": options.for_flet()})

    def call(self, operation: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(operation, self._loop).result(PATIENCE_S)

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(PATIENCE_S)
        self._socket.close()

    async def _serve(self) -> None:
        self._listening.set_result(asyncio.get_running_loop())
        with suppress(asyncio.CancelledError):
            await self._server.serve(sockets=[self._socket])

    async def _main(self, page: ft.Page) -> None:
        page.add(ft.Text("The storage of this page is called from Python."))
        services = {}
        for options in OPTION_SETS:
            web = options.for_flet()
            services[options.name] = SecureStorage(web_options=web) if web else SecureStorage()
        page.update()
        self._connected.set_result(services)


class FletStorage:
    """Flet's `SecureStorage`, its real methods, run by its compiled client in the browser."""

    def __init__(self, app: FletApp, service: SecureStorage, per_call: dict[str, Any]) -> None:
        self._app, self._service, self._per_call = app, service, per_call

    def set(self, key: str, value: str) -> None:
        self._call("set", key, value)

    def set_all(self, entries: dict[str, str]) -> None:
        for key, value in entries.items():
            self.set(key, value)

    def get(self, key: str) -> str | None:
        return self._call("get", key)

    def get_all(self) -> dict[str, str]:
        return self._call("get_all")

    def contains_key(self, key: str) -> bool:
        return self._call("contains_key", key)

    def remove(self, key: str) -> None:
        self._call("remove", key)

    def clear(self) -> None:
        self._call("clear")

    def _call(self, method: str, *args: str) -> Any:
        try:
            return self._app.call(getattr(self._service, method)(*args, **self._per_call))
        except Exception as error:
            # The client's message is as short as "OperationError".
            raise RuntimeError(f"{error!r} from Flet's {method}{args[:1]}") from error
