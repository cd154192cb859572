"""Checks that every dependency has a licence that may be linked into an Apache-2.0 program.

Reads `cargo metadata` on standard input.
"""

import json
import re
import sys

ALLOWED = {
    "0BSD", "Apache-2.0", "Apache-2.0 WITH LLVM-exception", "BSD-2-Clause", "BSD-3-Clause",
    "BSL-1.0", "CC0-1.0", "CDLA-Permissive-2.0", "ISC", "MIT", "MIT-0", "PostgreSQL",
    # Copyleft by file: their files are used as they are, and may be linked into anything.
    "MPL-2.0",
    "Unicode-3.0", "Unlicense", "Zlib", "bzip2-1.0.6",
}
# Crates that state no SPDX expression, looked at by hand.
BY_HAND = {}


def permitted(expression: str) -> bool:
    """Whether some choice of the SPDX expression needs only allowed licences."""
    expression = expression.replace("/", " OR ")
    tokens = re.findall(r"\(|\)|[^\s()]+(?: WITH [^\s()]+)?", expression)
    words = []
    for token in tokens:
        words.append({"OR": "or", "AND": "and"}.get(token) or (token if token in "()" else str(token in ALLOWED)))
    return eval(" ".join(words), {"__builtins__": {}}, {})  # only True, False, and, or, ( )


def main() -> None:
    packages = json.load(sys.stdin)["packages"]
    wrong = []
    for package in packages:
        licence = package["license"] or BY_HAND.get(package["name"], "none stated")
        if not permitted(licence):
            wrong.append(f"{package['name']} {package['version']}: {licence}")
    for line in wrong:
        print("not permitted:", line)
    print(f"{len(packages) - len(wrong)} licences permitted, {len(wrong)} not")
    sys.exit(bool(wrong))


main()
