"""Finds the Chromium of this machine and starts it with an empty profile, cut off from the network."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]

FLAGS = [
    "--no-sandbox",  # Chromium has no sandbox for root, and only our own pages are opened.
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # Flet's page asks for a font and a script from outside and does without them.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]


NOT_FOUND = f"No Chromium: name one in CHROME, or put one of {', '.join(NAMES)} into PATH."


def executable() -> str | None:
    """The path in CHROME, else the first known name in PATH."""
    names = [os.environ["CHROME"]] if os.environ.get("CHROME") else NAMES
    return next(filter(None, map(shutil.which, names)), None)


@contextmanager
def running(path: str, flags: list[str]) -> Iterator[Browser]:
    """One browser with a new user data directory, which goes when it ends."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=[*FLAGS, *flags])
        try:
            yield browser
        finally:
            browser.close()
