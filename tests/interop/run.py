"""Tries keyfold against the real Flet client, both ways, in headless Chromium on loopback.

    python -m venv .venv && .venv/bin/pip install -r tests/interop/requirements.txt
    .venv/bin/python tests/interop/run.py [pytest options, such as -k wrapped-iv12]

Needs the built package in pkg/ and a Chromium: the one that CHROME names, else the first in PATH.
The closing line is pytest's.
"""

import os
import signal
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent


def main() -> int:
    prepare()
    # Flet and others bring plugins for pytest, which these tests do without.
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    try:
        import pytest

        import chromium
        import flet_app
    except ImportError as error:
        return refuse(f"{error}. Set up: {sys.executable} -m pip install -r {HERE / 'requirements.txt'}")
    if not chromium.executable():
        return refuse(chromium.NOT_FOUND)
    missing = [name for name in ("index.js", "wasm/flutter_bg.wasm") if not (flet_app.PACKAGE / name).is_file()]
    if missing:
        return refuse(f"The package is not built: {flet_app.PACKAGE} has no {missing[0]}. Build it: npm run build")
    options = ["--rootdir", str(HERE), "-p", "no:cacheprovider", "-rs", "--tb=short"]
    return pytest.main([str(HERE), *options, *sys.argv[1:]])


def prepare() -> None:
    """What a process does before it starts Flet."""
    # The sources' folder stays as it was checked out.
    sys.dont_write_bytecode = True
    # Without this a terminated run would skip what closes the browser and the server.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    # Flet lets these override what is asked of its web app.
    for name in [name for name in os.environ if name.startswith("FLET_")]:
        del os.environ[name]


def refuse(reason: str) -> int:
    print(f"interop: {reason}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
