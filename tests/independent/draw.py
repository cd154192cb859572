#!/usr/bin/env python3
"""Draws by EXAM-DRAW-1 from its definition alone, with Python's standard library.

    draw.py --vectors            print the vectors to which the Rust code is held
    draw.py --check SOURCE…      check that each stands in one of these files

Written from docs/verification.md; shares nothing with the Rust code.
"""

import hashlib
import hmac
import sys


def lp(part: bytes) -> bytes:
    return len(part).to_bytes(8, "big") + part


def sha256(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


def hmac256(key: bytes, message: bytes) -> bytes:
    return hmac.new(key, message, hashlib.sha256).digest()


def words(key: bytes):
    block = 0
    while True:
        bytes_ = hmac256(key, block.to_bytes(8, "big"))
        for at in range(0, 32, 8):
            yield int.from_bytes(bytes_[at:at + 8], "big")
        block += 1


def permutation(key: bytes, count: int) -> list[int]:
    stream = words(key)

    def below(n: int) -> int:
        limit = pow(2, 64) % n
        while True:
            word = next(stream)
            if word >= limit:
                return word % n

    order = list(range(count))
    for i in range(count - 1, 0, -1):
        j = below(i + 1)
        order[i], order[j] = order[j], order[i]
    return order


def sub(seed: bytes, label: str) -> bytes:
    return hmac256(seed, b"exam-draw/1/sub\0" + lp(label.encode()))


def commitment(draw: str, number: int, secret: bytes) -> bytes:
    return sha256(b"draw-secret/1\0", lp(draw.encode()), number.to_bytes(8, "big"), secret)


def root(leaves: list[bytes]) -> bytes:
    if not leaves:
        return sha256()
    if len(leaves) == 1:
        return leaves[0]
    half = 1
    while half * 2 < len(leaves):
        half *= 2
    return sha256(b"\1", root(leaves[:half]), root(leaves[half:]))


def pool_root(commitments: list[bytes]) -> bytes:
    return root([sha256(b"\0", one) for one in sorted(commitments)])


def seed(draw: str, leaf: bytes, beacon: bytes, secrets: list[bytes], given: list[bytes]) -> bytes:
    parts = [draw.encode(), leaf, beacon, *secrets, *given]
    return hmac256(sha256(b"exam-draw/1"), b"".join(map(lp, parts)))


def member_salt(key: bytes, member: bytes) -> bytes:
    return hmac256(key, b"draw-member-salt/1\0" + member)


def member(draw: str, stratum: str, salt: bytes, content: bytes) -> bytes:
    parts = lp(draw.encode()), lp(stratum.encode()), salt, lp(content)
    return sha256(b"draw-member/1\0", *parts)


def stratum_order(seed_: bytes, stratum: str, members: list[bytes]) -> list[bytes]:
    places = permutation(sub(seed_, "stratum/" + stratum), len(members))
    return [sorted(members)[place] for place in places]


def panels_of_posts(seed_: bytes, panels: int, posts: list[str]) -> dict[str, int]:
    order = permutation(sub(seed_, "posts"), panels)
    return {post: order[at % panels] + 1 for at, post in enumerate(sorted(posts))}


def vectors() -> dict[str, str]:
    draw = "2026-gwy/seats/1"
    secrets = [bytes([n]) * 32 for n in (1, 2, 3)]
    dice = b"0123456789" * 4
    drawn = seed(draw, b"\7" * 32, dice, secrets, [b"491038", b"7"])
    order = permutation(sub(drawn, "order"), 8)
    return {
        "COMMITMENT": commitment(draw, 1, secrets[0]).hex(),
        "POOL": pool_root([bytes([n]) * 32 for n in (9, 4, 5)]).hex(),
        "SEED": drawn.hex(),
        "ORDER": str(order),
        **list_vectors(),
    }


def list_vectors() -> dict[str, str]:
    key = bytes([7]) * 32
    salt = member_salt(bytes([1]) * 32, b"one")
    drawn = stratum_order(key, "chief", [bytes([n]) * 32 for n in range(6)])
    panels = panels_of_posts(key, 2, ["003", "001", "002"])
    return {
        "SALT": salt.hex(),
        "MEMBER": member("2026-gwy/panels/1", "chief", salt, b"one").hex(),
        "DRAWN": str([one[0] for one in drawn]),
        "PANELS": str([panels[post] for post in sorted(panels)]),
    }


def main() -> None:
    match sys.argv[1:]:
        case ["--vectors"]:
            for name, value in vectors().items():
                print(name, value)
        case ["--check", *sources] if sources:
            text = "".join(open(one, encoding="utf-8").read() for one in sources)
            missing = [name for name, value in vectors().items() if value not in text]
            for name in missing:
                print("the code has another vector:", name)
            sys.exit(bool(missing))
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main()
