"""What every test gets: a running Flet client, keyfold in the same tab, and empty storage."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import BrowserContext

import chromium
from client import BUILDS, NoWebGL, opened
from flet_app import FletApp, FletStorage
from keyfold_page import KeyfoldPage
from option_sets import OPTION_SETS, OptionSet


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
    if not chromium.executable():
        pytest.exit(chromium.NOT_FOUND, returncode=2)
    try:
        with opened(request.param) as (app, page):
            yield Site(app, KeyfoldPage(page), page.context)
    except NoWebGL as reason:
        pytest.skip(str(reason))


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
