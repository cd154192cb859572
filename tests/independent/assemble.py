#!/usr/bin/env python3
"""Draws examination papers anew from published files, with nothing but the standard library.

Follows the definition at the head of src/assembly/mod.rs and shares no code with the program. Where the
program is clever this is plain: whether cells can still be filled is asked after every choice, over
single units, by bipartite matching.

    assemble.py INPUT.json           print the papers and the hashes of
                                     {"blueprint", "pool", "seed", "codes"}
    assemble.py --check FILE.json    compare with {"input": {...}, "expected": {...}}
"""

import hashlib
import hmac
import json
import sys
from decimal import Decimal


# EXAM-DRAW-1

def sub(key: bytes, label: str) -> bytes:
    data = label.encode()
    message = b"exam-draw/1/sub\0" + len(data).to_bytes(8, "big") + data
    return hmac.digest(key, message, "sha256")


def words(key: bytes):
    block = 0
    while True:
        digest = hmac.digest(key, block.to_bytes(8, "big"), "sha256")
        for start in range(0, 32, 8):
            yield int.from_bytes(digest[start:start + 8], "big")
        block += 1


def perm(key: bytes, n: int) -> list[int]:
    stream = words(key)

    def below(limit: int) -> int:
        while True:
            word = next(stream)
            if word >= 2**64 % limit:
                return word % limit

    order = list(range(n))
    for i in range(n - 1, 0, -1):
        j = below(i + 1)
        order[i], order[j] = order[j], order[i]
    return order


# Units and cells

def by_code(item: dict) -> bytes:
    return item["code"].encode()


def belongs(item: dict, section: dict) -> bool:
    written = section.get("marks_each") is None
    return item["section"] == section["code"] and (item["marks"] is not None) == written


def matches(item: dict, cell: dict) -> bool:
    topic, difficulty = cell.get("topic"), cell.get("difficulty")
    if difficulty is not None and difficulty != item["difficulty"]:
        return False
    return topic is None or item["topic"] == topic or item["topic"].startswith(topic + ".")


def per_unit(cell: dict) -> int:
    return cell["count"] // cell["stimuli"] if cell.get("stimuli") else 1


def units_for(cell: dict, items: list[dict]) -> list[str]:
    """Names of the units that may serve a cell: ("item" | "stimulus", code), by code."""
    matching = [item for item in items if matches(item, cell)]
    if not cell.get("stimuli"):
        codes = [item["code"] for item in matching if item["stimulus"] is None]
        return [("item", code) for code in sorted(codes, key=str.encode)]
    shared = [item["stimulus"] for item in matching if item["stimulus"] is not None]
    codes = {code for code in shared if shared.count(code) >= per_unit(cell)}
    return [("stimulus", code) for code in sorted(codes, key=str.encode)]


def can_fill(needs: list[int], candidates: list[list], taken: set) -> bool:
    """Whether the needs of all cells can be met together from the units not taken."""
    holder: dict = {}

    def seat(cell: int, seen: set) -> bool:
        for unit in candidates[cell]:
            if unit in taken or unit in seen:
                continue
            seen.add(unit)
            if unit not in holder or seat(holder[unit], seen):
                holder[unit] = cell
                return True
        return False

    return all(seat(cell, set()) for cell, need in enumerate(needs) for _ in range(need))


# The paper

def choose(section: dict, items: list[dict], candidate: bytes) -> list[tuple[dict, tuple]]:
    cells = section["cells"]
    written = section.get("marks_each") is None
    candidates = [units_for(cell, items) for cell in cells]
    needs = [cell.get("stimuli") or cell["count"] for cell in cells]
    if not can_fill(needs, candidates, set()):
        raise SystemExit(f"section {section['code']}: the pool cannot fill the cells")
    taken: set = set()
    chosen = []
    for index, cell in enumerate(cells):
        mine = []
        for place in perm(sub(candidate, f"cell/{section['code']}/{index}"), len(candidates[index])):
            unit = candidates[index][place]
            if needs[index] == 0:
                break
            if unit in taken:
                continue
            left = needs[:]
            left[index] -= 1
            if can_fill(left, candidates, taken | {unit}):
                needs = left
                taken.add(unit)
                mine.append(unit)
        if written:
            mine.sort(key=lambda unit: unit[1].encode())
        chosen += [(cell, unit) for unit in mine]
    return chosen


def expand(section: dict, items: list[dict], candidate: bytes, cell: dict, unit: tuple) -> list[dict]:
    sort, code = unit
    if sort == "item":
        return [item for item in items if item["code"] == code]
    matching = [i for i in items if i["stimulus"] == code and matches(i, cell)]
    matching.sort(key=by_code)
    order = perm(sub(candidate, f"stimulus/{section['code']}/{code}"), len(matching))
    picked = [matching[place] for place in order[:per_unit(cell)]]
    return sorted(picked, key=by_code) if section.get("marks_each") is None else picked


def decimal_text(text: str) -> str:
    """A score as the canonical JSON has it: no trailing zeros."""
    plain = format(Decimal(text), "f")
    return plain.rstrip("0").rstrip(".") if "." in plain else plain


def paper(blueprint: dict, pool: list[dict], seed: bytes, code: str) -> dict:
    candidate = sub(seed, f"paper/{code}")
    position = 0
    sections = []
    for section in blueprint["sections"]:
        items = [item for item in pool if belongs(item, section)]
        groups = [expand(section, items, candidate, cell, unit)
                  for cell, unit in choose(section, items, candidate)]
        if section.get("marks_each") is not None:
            groups = [groups[p] for p in perm(sub(candidate, f"order/{section['code']}"), len(groups))]
        places = []
        for item in (item for group in groups for item in group):
            position += 1
            places.append({
                "position": position,
                "item_id": item["item_id"],
                "version": item["version"],
                "marks": decimal_text(section.get("marks_each") or item["marks"]),
                "option_order": perm(sub(candidate, f"options/{item['code']}"), item["option_count"]),
            })
        sections.append({"code": section["code"], "places": places})
    return {"sections": sections}


# Hashes

def canonical_hash(value) -> bytes:
    # RFC 8785, for values of texts and whole numbers with ASCII member names.
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).digest()


def merkle_root(leaves: list[bytes]) -> bytes:
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return hashlib.sha256(b"\1" + merkle_root(leaves[:split]) + merkle_root(leaves[split:])).digest()


def draw(published: dict) -> dict:
    pool = sorted(published["pool"], key=by_code)
    seed = bytes.fromhex(published["seed"])
    papers = {code: paper(published["blueprint"], pool, seed, code) for code in published["codes"]}
    hashes = {code: canonical_hash(papers[code]) for code in sorted(papers, key=str.encode)}
    leaves = [hashlib.sha256(b"\0" + digest).digest() for digest in hashes.values()]
    return {
        "pool_root": canonical_hash(pool).hex(),
        "papers": papers,
        "paper_hashes": {code: digest.hex() for code, digest in hashes.items()},
        "papers_root": merkle_root(leaves).hex(),
    }


def check(vector: dict) -> int:
    found, expected = draw(vector["input"]), vector["expected"]
    passed = failed = 0
    for part, value in expected.items():
        pairs = value.items() if isinstance(value, dict) else [(None, value)]
        for code, want in pairs:
            have = found[part] if code is None else found[part].get(code)
            if have == want:
                passed += 1
            else:
                failed += 1
                print(f"differs: {part}{f' of {code}' if code else ''}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


def main(arguments: list[str]) -> int:
    match arguments:
        case ["--check", path]:
            with open(path, encoding="utf-8") as file:
                return check(json.load(file))
        case [path]:
            with open(path, encoding="utf-8") as file:
                print(json.dumps(draw(json.load(file)), ensure_ascii=False, indent=1))
            return 0
        case _:
            print(__doc__, file=sys.stderr)
            return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
