#!/usr/bin/env python3
"""Draws examination papers anew from published files, with nothing but the standard library.

Follows the definitions at the head of src/assembly/mod.rs and src/assembly/forms/mod.rs and shares no
code with the program. The deal and the trade are those of deal.py beside it.

    assemble.py INPUT.json           print the papers and the hashes of
                                     {"blueprint", "pool", "seed", "seats": [[room, seat, code]]}
    assemble.py --check FILE.json    compare with {"input": {...}, "expected": {...}}
"""

import hashlib
import json
import math
import sys
from decimal import Decimal
from fractions import Fraction

import deal
from deal import Stream, sub

ABILITIES = -3, -2, -1, 0, 1, 2, 3
ATTEMPTS, DOUBLINGS, WINDOW, NEAR = 16, 4, 32, 12


def perm(key: bytes, n: int) -> list[int]:
    return Stream(key).shuffled(n)


# Items in numbers

def micros(text: str) -> int:
    return int(Fraction(text) * 10**6)


def check_numbers(item: dict, marks: str) -> None:
    """The published numbers follow from the response; the last digit may be rounded otherwise."""
    response = item["response"]
    a, b, c = (response[name] / 1000 for name in "abc")
    chances = [c + (1 - c) / (1 + math.exp(-a * (ability - b))) for ability in ABILITIES]
    worth = float(Fraction(marks))
    exact = [10**6 * worth * p for p in chances] + [10**6 * worth * p * p for p in chances]
    numbers = item["numbers"]
    if len(numbers) != len(exact) + 1 or numbers[-1] != item["seconds"] or any(abs(n - x) > 1.5001 for n, x in zip(numbers, exact)):
        raise ValueError(f"the numbers of {item['code']} are not those of its response")


def tolerances(blueprint: dict) -> list:
    equal = blueprint.get("equal")
    if equal is None:
        return [None] * 15
    first = [micros(equal["tolerance"])] * 7
    return first + (first if equal.get("spread") else [None] * 7) + [equal.get("seconds")]


# Units and cells

def by_code(item: dict) -> bytes:
    return item["code"].encode()


def worth_of(item: dict, section: dict):
    """The marks of the item in the section, or nothing if it is none of those that count there."""
    each = section.get("marks_each")
    if item.get("trial") or item["section"] != section["code"] or (each is None) != (item["marks"] is not None):
        return None
    return each if each is not None else item["marks"]


def matches(item: dict, cell: dict) -> bool:
    return takes_topic(item, cell) and all(cell.get(name) in (None, item[name]) for name in ("difficulty", "kind"))


def takes_topic(item: dict, cell: dict) -> bool:
    topic = cell.get("topic")
    return topic is None or item["topic"] == topic or item["topic"].startswith(topic + ".")


def needs_of(cell: dict) -> int:
    return cell.get("stimuli") or cell["count"]


def per_unit(cell: dict) -> int:
    return cell["count"] // cell["stimuli"] if cell.get("stimuli") else 1


def units_by_cell(section: dict, pool: list[dict]) -> list[list]:
    """For each cell its units, (code, items), in order of their codes."""
    units: dict = {}
    for item in pool:
        if worth_of(item, section) is not None:
            shared = item["stimulus"] is not None
            code = item["stimulus"] if shared else item["code"]
            units.setdefault((code.encode(), shared), []).append(item)
    cells = section["cells"]

    def serves(shared: bool, items: list[dict]) -> list[int]:
        fits = (bool(cell.get("stimuli")) == shared
                and sum(matches(item, cell) for item in items) >= per_unit(cell) for cell in cells)
        return [number for number, may in enumerate(fits) if may]

    choices = [(serves(key[1], units[key]), key) for key in sorted(units)]
    found: list[list] = [[] for _ in cells]
    for choice, key in sorted(choices, key=lambda one: len(one[0])):
        if choice:
            scarcest = min(choice, key=lambda cell: Fraction(len(found[cell]), needs_of(cells[cell])))
            found[scarcest].append((key[0], [i for i in units[key] if matches(i, cells[scarcest])]))
    return [sorted(one, key=lambda unit: unit[0]) for one in found]


def apart(units: list) -> int:
    """How many can stand on one paper: of those that share an enemy set, the first."""
    met, count = set(), 0
    for _, items in units:
        own = {name for item in items for name in item.get("enemies", [])}
        if not own & met:
            met |= own
            count += 1
    return count


def settled(section: dict, found: list[list]) -> list[int]:
    """How many units each cell of the section brings."""
    cells = section["cells"]
    if section.get("items") is None:
        return [needs_of(cell) for cell in cells]
    ranges = []
    for cell, units in zip(cells, found):
        most = max((cell.get("count_max") or cell["count"]) // per_unit(cell), needs_of(cell))
        smallest = min((len(items) for _, items in units), default=1)
        ranges.append((needs_of(cell), min(most, apart(units)), per_unit(cell), len(units), smallest))
    return deal.settle(ranges, section["items"])


# The table of deal and trade

class Cell(deal.Cell):
    """A cell of deal.py, from the units of a section's cell."""

    def __init__(self, number: int, needs: int, window: int, units: list):
        self.needs, self.units, self.means = needs, [], []
        for at, (_, items) in enumerate(units):
            cards, start = [], 0
            while True:
                chosen = [items[(start + step) % len(items)] for step in range(window)]
                numbers = {item["id"]: item["numbers"] for item in chosen}
                cards.append(deal.Card((number, at), chosen, numbers))
                start = (start + window) % len(items)
                if start == 0:
                    break
            self.means.append([deal.half_up(sum(c), len(cards)) for c in zip(*(card.numbers for card in cards))])
            self.units.append(cards)
        self.aim_at_mean()


class Limits(deal.Limits):
    def __init__(self, cells: list, tolerance: list, target: list):
        self.target = [sum(column) for column in zip(*(cell.target for cell in cells))]
        self.target[:len(target)] = target
        self.tolerance = tolerance


def stated_target(blueprint: dict, parts: list, cells: list) -> list[int]:
    """At each ability, in millionths of a mark; nothing if none is stated. Units are set aside for it."""
    equal = blueprint.get("equal") or {}
    if equal.get("target") is None:
        return []
    full, rest = Fraction(0), iter(cells)
    for section, count in zip(blueprint["sections"], parts):
        for cell in (next(rest) for _ in range(count)):
            worths = (Fraction(worth_of(item, section)) for item in cell.units[0][0].items)
            full += cell.needs * sum(worths)
    target = [math.floor(Fraction(share) * full * 10**6 + Fraction(1, 2)) for share in equal["target"]]
    cap = equal.get("exposure_max")
    deal.set_aside(cells, target, micros(equal["tolerance"]) // 10, None if cap is None else micros(cap))
    return target


def table(blueprint: dict, pool: list[dict]) -> tuple[list, list]:
    """The cells of all sections in one list, and for each section the number of its cells."""
    cells, parts = [], []
    for section in blueprint["sections"]:
        for item in pool:
            if (marks := worth_of(item, section)) is not None:
                check_numbers(item, marks)
        found = units_by_cell(section, pool)
        for cell, units, needs in zip(section["cells"], found, settled(section, found)):
            if len(units) < needs:
                raise ValueError(f"section {section['code']}: the pool cannot fill the cells")
            cells.append(Cell(len(cells), needs, per_unit(cell), units))
        parts.append(len(section["cells"]))
    sets: dict = {}
    for item in pool:
        for name in [] if item.get("trial") else item.get("enemies", []):
            sets.setdefault(name, []).append(item)
    others = {item["id"]: set() for item in pool}
    for members in sets.values():
        for item in members:
            others[item["id"]] |= {other["id"] for other in members if other is not item}
    deal.make_enemies(cells, [{"id": item["id"], "enemies": others[item["id"]]} for item in pool])
    return cells, parts


def fails(paper: list, cells: list, limits: Limits) -> bool:
    return deal.enemies_of(paper) > 0 or not limits.met(deal.sums_of(paper))


def make(cells: list, limits: Limits, wanted: int, seed: bytes) -> tuple[list, int, int]:
    """The papers that are issued, the attempt, and how many were made."""
    for attempt in range(ATTEMPTS):
        own = sub(seed, f"attempt/{attempt}")
        made = wanted + (max(wanted // 500, 2) << min(attempt, DOUBLINGS))
        papers = deal.deal(cells, made, own)
        for number in range(0, made, deal.BLOCK):
            block = papers[number:number + deal.BLOCK]
            deal.trade(block, cells, limits, Stream(sub(own, f"trade/{number // deal.BLOCK}")))
            papers[number:number + deal.BLOCK] = block
        issued = [paper for paper in papers if not fails(paper, cells, limits)][:wanted]
        if len(issued) == wanted:
            return issued, attempt, made
    raise ValueError("not enough papers meet every limit")


# Items on trial

def may_stand(section: dict, pool: list[dict]) -> list[dict]:
    """The items on trial that may stand in a section: nobody can tell them from those that count."""
    found = []
    for cell in (cell for cell in section["cells"] if not cell.get("stimuli")):
        looks = {(i["kind"], i["option_count"]) for i in pool
                 if i["stimulus"] is None and worth_of(i, section) is not None and matches(i, cell)}
        found += [i["code"] for i in pool
                  if i.get("trial") and i["section"] == section["code"] and i["stimulus"] is None and i["marks"] is None
                  and takes_topic(i, cell) and (i["kind"], i["option_count"]) in looks]
    return [item for item in pool if item["code"] in found]


def deal_trial(blueprint: dict, pool: list[dict], papers: list, seed: bytes) -> list[list]:
    """For each paper a list for each section: the items on trial, in the order in which they were taken."""
    sections, dealt = [], []
    for section in blueprint["sections"]:
        items, own = may_stand(section, pool), sub(seed, f"trial/{section['code']}")
        ranks: dict = {}

        def rank(uses: int, number: int, own=own, ranks=ranks, count=len(items)) -> int:
            if uses not in ranks:
                ranks[uses] = {item: place for place, item in enumerate(perm(sub(own, str(uses)), count))}
            return ranks[uses][number]

        sections.append((section.get("trial", 0), items, rank, [0] * len(items)))
    for paper in papers:
        met = {name for card in paper for item in card.items for name in item.get("enemies", [])}
        taken: list[list] = []
        for needs, items, rank, uses in sections:
            own: list[int] = []
            for _ in range(needs):
                free = [n for n, item in enumerate(items) if n not in own and not met & set(item.get("enemies", []))]
                if not free:
                    raise ValueError("a paper finds too few items on trial")
                own.append(min(free, key=lambda n: (uses[n], rank(uses[n], n))))
                uses[own[-1]] += 1
                met |= set(items[own[-1]].get("enemies", []))
            taken.append([items[n] for n in own])
        dealt.append(taken)
    return dealt


# Seats

def give(seats: list, papers: list) -> list[int]:
    """For each seat the number of its paper: neighbours get papers with little in common."""
    sets = [{item["id"] for card in paper for item in card.items} for paper in papers]
    order = sorted(range(len(seats)), key=lambda at: (seats[at][0].encode(), seats[at][1], seats[at][2].encode()))
    waiting, nxt, near, room = [], 0, [], None
    given = [0] * len(seats)
    for at in order:
        while len(waiting) < WINDOW and nxt < len(papers):
            waiting.append(nxt)
            nxt += 1
        if seats[at][0] != room:
            room, near = seats[at][0], []
        best = min(waiting, key=lambda one: max((len(sets[one] & other) for other in near), default=-1))
        waiting.remove(best)
        given[at] = best
        near = (near + [sets[best]])[-NEAR:]
    return given


# The paper

def decimal_text(text: str) -> str:
    """A score as the canonical JSON has it: no trailing zeros."""
    plain = format(Decimal(text), "f")
    return plain.rstrip("0").rstrip(".") if "." in plain else plain


def written_out(blueprint: dict, parts: list, cells: list, cards: list, trial: list, seed: bytes, code: str) -> dict:
    candidate, position, cell, slot, sections = sub(seed, f"paper/{code}"), 0, 0, 0, []
    for section, count, on_trial in zip(blueprint["sections"], parts, trial):
        needs = sum(one.needs for one in cells[cell:cell + count])
        own, written = cards[slot:slot + needs], section.get("marks_each") is None
        cell, slot = cell + count, slot + needs
        groups = []
        for card in sorted(own, key=lambda card: card.unit) if written else own:
            items = sorted(card.items, key=by_code)
            if items[0]["stimulus"] is not None and not written:
                key = sub(candidate, f"stimulus/{section['code']}/{items[0]['stimulus']}")
                items = [items[at] for at in perm(key, len(items))]
            groups.append(items)
        groups += [[item] for item in on_trial]
        if not written:
            groups = [groups[p] for p in perm(sub(candidate, f"order/{section['code']}"), len(groups))]
        places = []
        for item in (item for group in groups for item in group):
            position += 1
            places.append({
                "position": position,
                "item_id": item["item_id"],
                "version": item["version"],
                "marks": "0" if item.get("trial") else decimal_text(worth_of(item, section)),
                "option_order": perm(sub(candidate, f"options/{item['code']}"), item["option_count"]),
            })
        sections.append({"code": section["code"], "places": places})
    return {"sections": sections}


class Drawn:
    """The papers of all seats, in their order, and how they were made."""

    def __init__(self, blueprint: dict, pool: list[dict], seed: bytes, seats: list):
        pool = [item | {"id": item["code"]} for item in sorted(pool, key=by_code)]
        cells, parts = table(blueprint, pool)
        target = stated_target(blueprint, parts, cells)
        limits = Limits(cells, tolerances(blueprint), target)
        papers, self.attempt, self.made = make(cells, limits, len(seats), seed)
        sums = (deal.sums_of(paper) for paper in papers)
        self.deviation = max((abs(s - t) for own in sums for s, t in zip(own[:7], limits.target)), default=0)
        given = give(seats, papers)
        trial = deal_trial(blueprint, pool, papers, seed)
        self.papers = [written_out(blueprint, parts, cells, papers[given[at]], trial[given[at]], seed, seats[at][2])
                       for at in range(len(seats))]


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
    pool, seats = sorted(published["pool"], key=by_code), published["seats"]
    drawn = Drawn(published["blueprint"], pool, bytes.fromhex(published["seed"]), seats)
    papers = {seat[2]: paper for seat, paper in zip(seats, drawn.papers)}
    hashes = {code: canonical_hash(papers[code]) for code in sorted(papers, key=str.encode)}
    leaves = [hashlib.sha256(b"\0" + digest).digest() for digest in hashes.values()]
    return {
        "pool_root": canonical_hash(pool).hex(),
        "attempt": drawn.attempt,
        "made": drawn.made,
        "deviation": drawn.deviation,
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
