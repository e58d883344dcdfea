"""What every test gets: a running Flet client, keyfold in the same tab, and empty storage."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from flet import WebRenderer
from playwright.sync_api import BrowserContext

import chromium
from flet_app import PATIENCE_S, FletApp, FletStorage
from keyfold_page import KeyfoldPage
from option_sets import OPTION_SETS, OptionSet


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


@dataclass(frozen=True)
class Site:
    """Flet's app and keyfold under one origin, in one tab."""

    app: FletApp
    tab: KeyfoldPage
    context: BrowserContext


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "both_builds: runs with both builds of Flet's client, not with dart2js alone")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "site" in metafunc.fixturenames:
        both = metafunc.definition.get_closest_marker("both_builds")
        metafunc.parametrize("site", list(BUILDS) if both else ["dart2js"], indirect=True, scope="session")
    if "options" in metafunc.fixturenames:
        metafunc.parametrize("options", OPTION_SETS, ids=lambda options: options.name)


@pytest.fixture(scope="session")
def site(request: pytest.FixtureRequest) -> Iterator[Site]:
    build = BUILDS[request.param]
    path = chromium.executable() or pytest.exit(chromium.NOT_FOUND, returncode=2)
    app = FletApp(build.renderer)
    app.start()
    try:
        with chromium.running(path, build.flags) as browser:
            context = browser.new_context()
            page = context.new_page()
            page.goto(app.origin, timeout=PATIENCE_S * 1000)
            if build.needs_webgl and not page.evaluate(HAS_WEBGL):
                pytest.skip(f"no WebGL in this Chromium, which {build.program} draws with")
            app.wait_for_client()
            assert build.program in page.evaluate(LOADED), f"Flet chose another build than {build.program}"
            yield Site(app, KeyfoldPage(page), context)
            context.close()
    finally:
        app.stop()


@pytest.fixture
def tab(site: Site) -> KeyfoldPage:
    """keyfold in Flet's own tab; whatever an earlier test stored is gone."""
    site.tab.reset()
    return site.tab


@pytest.fixture
def second_tab(site: Site, tab: KeyfoldPage) -> Iterator[KeyfoldPage]:
    """keyfold in a tab of its own, with the same origin."""
    page = site.context.new_page()
    page.goto(f"{site.app.origin}/interop/")
    yield KeyfoldPage(page)
    page.close()


@pytest.fixture
def flet(site: Site, tab: KeyfoldPage, options: OptionSet) -> FletStorage:
    """Flet's storage with the options of this test."""
    return site.app.storage(options)
