#!/usr/bin/env python3
"""Make the walk-in papers of `keju assemble --walk-in` again, from their definition alone.

The definition stands at the head of src/assembly/forms/walk_in.rs; what it takes from the definition of
papers that are dealt and traded (items in numbers, cells, units, cards, target) is taken from deal.py
beside this file. Python 3.11, standard library only.

Usage: walk_in.py ITEMS.csv BLUEPRINT.toml OUT    where OUT holds manifest.json and papers.csv
"""

import hashlib
import json
import math
import sys
import tomllib
from pathlib import Path

# Nothing is left beside the programs.
sys.dont_write_bytecode = True

import deal

FREE, OFFERS, DRAWS = 10, 600, 50


class Unit:
    def __init__(self, cards):
        self.cards, self.used = cards, 0
        self.taken = len(cards[0].items)
        self.size = len({item["id"] for card in cards for item in card.items})

    def card(self):
        return self.cards[self.used % len(self.cards)]


class Limits:
    def __init__(self, blueprint, cells, width):
        self.target = [sum(column) for column in zip(*(cell.target for cell in cells))]
        score = math.floor(blueprint.get("score_tolerance", 0.3) * 10**6 + 0.5)
        self.tolerance = [score] * (width - 1) + [blueprint.get("seconds_tolerance")]

    def penalty(self, sums, enemies):
        penalty = 10**12 * enemies
        for number, target, tolerance in zip(sums, self.target, self.tolerance):
            if tolerance is not None:
                excess = max(0, abs(number - target) - 7 * tolerance // 10)
                penalty += min(2**20, excess * (2**30 // tolerance) // 2**20) ** 2
        return penalty

    def met(self, sums):
        limits = zip(sums, self.target, self.tolerance)
        return all(tolerance is None or abs(number - target) <= tolerance for number, target, tolerance in limits)


class Desk:
    """Where candidates come for their papers."""

    def __init__(self, cells, limits, cap, seed):
        self.cells = [(cell.needs, [Unit(cards) for cards in cell.units]) for cell in cells]
        self.limits, self.cap, self.seed, self.issued = limits, cap, seed, 0
        self.places = [number for number, (needs, _) in enumerate(self.cells) for _ in range(needs)]

    def eligible(self):
        if self.cap is None:
            return [units for _, units in self.cells]
        allowed = max(FREE, self.cap * (self.issued + 1) // 10**6)
        found = [[unit for unit in units if (unit.used + 1) * unit.taken <= allowed * unit.size] for _, units in self.cells]
        for (needs, _), own in zip(self.cells, found):
            assert len(own) >= needs, "a candidate who was given a paper should have been refused"
        return found

    def draw(self, eligible, stream):
        paper = []
        for (needs, _), own in zip(self.cells, eligible):
            urn = list(own)
            for at in range(needs):
                word, left = stream.word(), len(urn) - at
                one, other = at + ((word >> 32) * left >> 32), at + ((word & 0xFFFFFFFF) * left >> 32)
                chosen = other if urn[other].used < urn[one].used else one
                urn[at], urn[chosen] = urn[chosen], urn[at]
            paper += urn[:needs]
        return paper

    def weigh(self, paper):
        cards = [unit.card() for unit in paper]
        pairs = sum(cards[b].unit in cards[a].enemies for a in range(len(cards)) for b in range(a + 1, len(cards)))
        sums = [sum(column) for column in zip(*(card.numbers for card in cards))]
        return sums, pairs, self.limits.penalty(sums, pairs)

    def replace(self, paper, eligible, stream):
        """Until nothing is wrong; gives sums and pairs of enemies."""
        sums, pairs, penalty = self.weigh(paper)
        for _ in range(OFFERS):
            if not penalty:
                break
            word = stream.word()
            slot = (word >> 48) * len(paper) >> 16
            own = eligible[self.places[slot]]
            one, other = own[(word >> 24 & 0xFFFFFF) * len(own) >> 24], own[(word & 0xFFFFFF) * len(own) >> 24]
            offered = other if other.used < one.used else one
            if offered in paper:
                continue
            changed = paper[:slot] + [offered] + paper[slot + 1:]
            after = self.weigh(changed)
            if after[2] < penalty:
                paper[:] = changed
                sums, pairs, penalty = after
        return sums, pairs

    def line(self, code):
        """The paper of the next candidate."""
        key = deal.sub(self.seed, "walk-in/" + code)
        stream, eligible = deal.Stream(key), self.eligible()
        for _ in range(DRAWS):
            paper = self.draw(eligible, stream)
            sums, pairs = self.replace(paper, eligible, stream)
            if not pairs and self.limits.met(sums):
                break
        else:
            raise AssertionError(f"{code} was given a paper and should have been refused")
        order = deal.Stream(deal.sub(key, "order")).shuffled(len(paper))
        ids = [item["id"] for at in order for item in paper[at].card().items]
        for unit in paper:
            unit.used += 1
        self.issued += 1
        return ",".join([code] + ids)


def make_again(items_path, blueprint_path, out):
    items = deal.read_items(items_path.read_text("utf-8"))
    blueprint = tomllib.loads(blueprint_path.read_text("utf-8"))
    manifest = json.loads((out / "manifest.json").read_text("utf-8"))
    assert manifest["items_sha256"] == hashlib.sha256(items_path.read_bytes()).hexdigest()
    assert manifest["blueprint_sha256"] == hashlib.sha256(blueprint_path.read_bytes()).hexdigest()
    numbers = manifest["numbers"]
    for item in items:
        if item["id"] in numbers:
            deal.check_numbers(item, numbers[item["id"]], blueprint)
    cells = deal.sort_into_cells(blueprint, items, numbers)
    deal.make_enemies(cells, items)
    target = deal.stated_target(blueprint, cells)
    limits = Limits(blueprint, cells, len(next(iter(numbers.values()))))
    limits.target[:len(target)] = target
    cap = blueprint.get("exposure_max")
    cap = None if cap is None else max(1, math.floor(cap * 10**6 + 0.5))
    desk = Desk(cells, limits, cap, bytes.fromhex(manifest["seed"]))
    papers = (out / "papers.csv").read_text("utf-8")
    lines = [desk.line(line.split(",")[0]) for line in papers.splitlines()]
    assert len(lines) == manifest["papers"], "the manifest counts other papers"
    assert "\n".join(lines) + "\n" == papers, "the papers are others"
    assert deal.merkle_root([line.encode() for line in lines]).hex() == manifest["papers_root"], "the root is another"
    print(f"{len(lines)} papers, root {manifest['papers_root']}: made again, and the same")


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    try:
        make_again(*map(Path, sys.argv[1:]))
    except AssertionError as error:
        sys.exit(f"differs: {error}")
