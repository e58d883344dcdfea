"""Writes files of cases, or checks them: what `make.py` and `make_sealed.py` share."""

import json
import pathlib
import sys


def write_or_check(folder: pathlib.Path, files: dict, escaped: bool) -> None:
    """Writes each of `files`, name to (about, function that makes its cases); with `--check` compares instead.

    `escaped`: no character outside ASCII, for marks, spaces and surrogates would not survive every editor.
    """
    check = sys.argv[1:] == ["--check"]
    count = 0
    for name, (about, make) in files.items():
        cases = make()
        names = [case["name"] for case in cases]
        assert len(set(names)) == len(names), f"{name} uses a name twice: {[n for n in names if names.count(n) > 1]}"
        count += len(cases)
        made = text_of(about, cases, escaped).encode()
        path = folder / f"{name}.json"
        if not check:
            path.write_bytes(made)
        elif path.read_bytes() != made:
            sys.exit(f"{path} is not what this script makes")
    print(f"{count} cases in {len(files)} files")


def text_of(about: str, cases: list, escaped: bool) -> str:
    """One case a line, so that a difference shows whole cases."""
    def in_json(value):
        # A byte order mark would not survive every editor either.
        return json.dumps(value, ensure_ascii=escaped).replace("\ufeff", "\\ufeff")

    lines = ",\n".join(in_json(case) for case in cases)
    return f'{{"about": {in_json(about)}, "cases": [\n{lines}\n]}}\n'
