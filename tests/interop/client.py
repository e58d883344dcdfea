"""Opens the real Flet client, in either of the two forms that it is compiled to, in a tab of Chromium."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from flet import WebRenderer
from playwright.sync_api import Page

import chromium
from flet_app import PATIENCE_S, FletApp


@dataclass(frozen=True)
class Build:
    """One of the two forms that Flet's compiled client comes in."""

    renderer: WebRenderer
    program: str
    flags: list[str]
    needs_webgl: bool


BUILDS = {
    "dart2js": Build(WebRenderer.CANVAS_KIT, "main.dart.js", ["--disable-gpu"], needs_webgl=False),
    # Its renderer wants WebGL, which a headless machine draws in software.
    "dart2wasm": Build(
        WebRenderer.SKWASM,
        "main.dart.wasm",
        ["--use-angle=swiftshader", "--enable-unsafe-swiftshader"],
        needs_webgl=True,
    ),
}

HAS_WEBGL = "() => document.createElement('canvas').getContext('webgl2') !== null"
LOADED = "() => performance.getEntriesByType('resource').map((entry) => new URL(entry.name).pathname.split('/').pop())"


class NoWebGL(Exception):
    """This Chromium cannot draw what the client draws."""


@contextmanager
def opened(name: str, first_script: Path | None = None) -> Iterator[tuple[FletApp, Page]]:
    """The client of this build, connected; `first_script` runs in its page before any of its own."""
    build, path = BUILDS[name], chromium.executable()
    assert path, chromium.NOT_FOUND
    app = FletApp(build.renderer)
    app.start()
    try:
        with chromium.running(path, build.flags) as browser:
            page = browser.new_context().new_page()
            if first_script:
                page.add_init_script(path=first_script)
            page.goto(app.origin, timeout=PATIENCE_S * 1000)
            if build.needs_webgl and not page.evaluate(HAS_WEBGL):
                raise NoWebGL(f"no WebGL in this Chromium, which {build.program} draws with")
            app.wait_for_client()
            assert build.program in page.evaluate(LOADED), f"Flet chose another build than {build.program}"
            yield app, page
            page.context.close()
    finally:
        app.stop()
