"""Checks the locked crates against the advisories written down in `advisories.toml`."""

import pathlib
import sys
import tomllib

HERE = pathlib.Path(__file__).parent


def numbers(version: str) -> tuple[int, ...]:
    """`0.17.12-rc.1+x` as (0, 17, 12)."""
    return tuple(int(part) for part in version.split("-")[0].split("+")[0].split("."))


def main() -> None:
    locked = tomllib.loads((HERE.parent / "Cargo.lock").read_text())["package"]
    known = tomllib.loads((HERE / "advisories.toml").read_text())["advisory"]
    wrong = []
    for advisory in known:
        for package in (one for one in locked if one["name"] == advisory["crate"]):
            patched = advisory.get("patched")
            old = patched is None or numbers(package["version"]) < numbers(patched)
            if old and not advisory.get("accepted"):
                wrong.append(f"{package['name']} {package['version']}: {advisory['id']}")
    print("\n".join(wrong) or f"{len(known)} advisories looked at, none that reaches us")
    sys.exit(bool(wrong))


main()
