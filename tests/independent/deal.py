#!/usr/bin/env python3
"""Make the equal papers of `keju assemble` again, from its definition alone.

The definition stands at the head of src/assembly/forms/mod.rs: the numbers of the items, the deal,
the trade, and the issue. Python 3.11, standard library only.

Usage: deal.py ITEMS.csv BLUEPRINT.toml OUT    where OUT holds manifest.json and papers.csv
"""

import csv
import hashlib
import hmac
import json
import math
import sys
import tomllib
from fractions import Fraction
from pathlib import Path

BLOCK, ROUNDS, OFFERS, ENEMIES = 2_000, 200, 32, 10**12


# ---------------------------------------------------------------- draws

def sub(seed, label):
    label = label.encode()
    return hmac.digest(seed, b"exam-draw/1/sub\0" + len(label).to_bytes(8, "big") + label, "sha256")


class Stream:
    def __init__(self, key):
        self.key, self.block, self.words = key, 0, []

    def word(self):
        if not self.words:
            data = hmac.digest(self.key, self.block.to_bytes(8, "big"), "sha256")
            self.words = [int.from_bytes(data[at:at + 8], "big") for at in (0, 8, 16, 24)]
            self.block += 1
        return self.words.pop(0)

    def below(self, n):
        if n < 2:
            return 0
        while (word := self.word()) < 2**64 % n:
            pass
        return word % n

    def shuffled(self, n):
        order = list(range(n))
        for i in range(n - 1, 0, -1):
            j = self.below(i + 1)
            order[i], order[j] = order[j], order[i]
        return order


# ---------------------------------------------------------------- items in numbers

def probability(item, ability):
    a, b, c = float(item.get("a") or 1), float(item["b"]), float(item.get("c") or 0)
    return c + (1 - c) / (1 + math.exp(-a * (ability - b)))


def check_numbers(item, published, blueprint):
    """The published numbers are those of the parameters; the last digit may be rounded otherwise."""
    abilities = blueprint.get("abilities", [-3, -2, -1, 0, 1, 2, 3])
    wanted = [10**6 * probability(item, at) for at in abilities]
    if blueprint.get("moments", 1) == 2:
        wanted += [10**6 * probability(item, at) ** 2 for at in abilities]
    wanted.append(float(item.get("seconds") or 60))
    assert len(wanted) == len(published), item["id"]
    for found, exact in zip(published, wanted):
        assert abs(found - exact) <= 0.5001, (item["id"], found, exact)


def half_up(total, count):
    return (2 * total + count) // (2 * count)


# ---------------------------------------------------------------- cells, units and cards

class Card:
    def __init__(self, unit, items, numbers):
        self.unit, self.items, self.enemies = unit, items, set()
        self.numbers = [sum(column) for column in zip(*(numbers[item["id"]] for item in items))]


def matches(cell, item):
    topic = cell.get("topic")
    if topic is not None and item["topic"] != topic and not item["topic"].startswith(topic + "."):
        return False
    if ("stimuli" in cell) != bool(item["stimulus"]):
        return False
    return all(key not in cell or cell[key] == item[key] for key in ("level", "type"))


def units_of(cell, own):
    """Each unit with its items, in order of ids."""
    if "stimuli" not in cell:
        return [[item] for item in own]
    stimuli = {}
    for item in own:
        stimuli.setdefault(item["stimulus"], []).append(item)
    ordered = sorted(stimuli.items(), key=lambda pair: pair[0].encode())
    return [items for _, items in ordered if len(items) >= cell["items_per_stimulus"]]


class Cell:
    """Units, each a list of cards, and the mean of each over its cards."""

    def aim_at_mean(self):
        sums = (sum(column) for column in zip(*self.means))
        self.target = [half_up(number * self.needs, len(self.units)) for number in sums]

    def __init__(self, spec, number, units, needs, numbers):
        self.needs, window = needs, spec.get("items_per_stimulus", 1)
        self.units, self.means = [], []
        for at, items in enumerate(units):
            cards, start = [], 0
            while True:
                chosen = [items[(start + step) % len(items)] for step in range(window)]
                cards.append(Card((number, at), chosen, numbers))
                start = (start + window) % len(items)
                if start == 0:
                    break
            self.means.append([half_up(sum(column), len(cards)) for column in zip(*(card.numbers for card in cards))])
            self.units.append(cards)
        self.aim_at_mean()


def sort_into_cells(blueprint, items, numbers):
    taken, sorted_ = set(), []
    for spec in blueprint["cells"]:
        own = [item for item in items if item["id"] not in taken and matches(spec, item)]
        taken |= {item["id"] for item in own}
        sorted_.append(units_of(spec, own))
    needs, ranges = [], []
    for spec, units in zip(blueprint["cells"], sorted_):
        needs.append(spec.get("stimuli", spec.get("count")))
        most = spec.get("stimuli_max", spec.get("count_max", needs[-1]))
        smallest = min(len(unit) for unit in units)
        ranges.append((needs[-1], min(most, len(units)), spec.get("items_per_stimulus", 1), len(units), smallest))
    if "items" in blueprint:
        needs = settle(ranges, blueprint["items"])
    parts = enumerate(zip(blueprint["cells"], sorted_, needs))
    return [Cell(spec, number, units, own, numbers) for number, (spec, units, own) in parts]


def make_enemies(cells, items):
    units = {}
    cards = [card for cell in cells for unit in cell.units for card in unit]
    for card in cards:
        for item in card.items:
            units.setdefault(item["id"], set()).add(card.unit)
    pairs = set()
    for item in items:
        for enemy in item["enemies"]:
            for one in units.get(item["id"], ()):
                for other in units.get(enemy, ()):
                    if one != other:
                        pairs |= {(one, other), (other, one)}
    for card in cards:
        card.enemies = {other for one, other in pairs if one == card.unit}


# ---------------------------------------------------------------- ranges

def makes_up(total, parts):
    """Whether so many can be made up of these: of each, a step and how often it may be taken."""
    sums = {0}
    for step, times in parts:
        sums = {one + step * taken for one in sums for taken in range(times + 1) if one + step * taken <= total}
    return total in sums


def settle(ranges, total):
    """Units of each cell so that they make `total` items. A range is (least, most, step, units, smallest)."""
    taken = [least for least, *_ in ranges]
    rest = total - sum(least * step for least, _, step, *_ in ranges)
    room = [(step, max(0, most - least)) for least, most, step, *_ in ranges]
    if rest < 0 or not makes_up(rest, room):
        raise ValueError("the ranges cannot be met")
    while rest:
        best = None
        for at, (_, _, step, units, smallest) in enumerate(ranges):
            after = [(one, times - (at == place)) for place, (one, times) in enumerate(room)]
            if after[at][1] < 0 or step > rest or not makes_up(rest - step, after):
                continue
            share = Fraction((taken[at] + 1) * step, units * smallest)
            if best is None or share < best[0]:
                best = share, at, after
        _, at, room = best
        taken[at] += 1
        rest -= ranges[at][2]
    return taken


# ---------------------------------------------------------------- a stated target

def smallest(cell):
    return min(len({item["id"] for card in cards for item in card.items}) for cards in cell.units)


def fewest(cell, cap):
    """So many units of the cell stay at least; `cap` in millionths."""
    uses = cell.needs * len(cell.units[0][0].items) * 10**6
    within = 0 if cap is None else -(-uses // (smallest(cell) * cap))
    return max(within, cell.needs + sum(bool(cards[0].enemies) for cards in cell.units))


def set_aside(cells, target, near, cap):
    """Units go until the mean of what is left is near the target, or comes no nearer."""
    stay = [fewest(cell, cap) for cell in cells]
    sizes = [smallest(cell) for cell in cells]
    while True:
        off = [sum(column) - stated for column, stated in zip(zip(*(cell.target for cell in cells)), target)]
        if all(abs(one) <= near for one in off):
            return
        before, best, found = sum(one * one for one in off), Fraction(0), None
        for cell, least, size in zip(cells, stay, sizes):
            count = len(cell.units)
            papers = Fraction(count * (count - 1) * size, cell.needs * len(cell.units[0][0].items))
            if count <= least:
                continue
            rest = [one - own for one, own in zip(off, cell.target)]
            sums = [sum(column) for column in zip(*cell.means)]
            for at, mean in enumerate(cell.means):
                without = (half_up((total - own) * cell.needs, count - 1) for total, own in zip(sums, mean))
                worth = before - sum((one + other) ** 2 for one, other in zip(rest, without))
                if worth > 0 and worth * papers > best:
                    best, found = worth * papers, (cell, at)
        if found is None:
            return
        cell, at = found
        del cell.units[at], cell.means[at]
        cell.aim_at_mean()


def stated_target(blueprint, cells):
    """For each ability, in millionths; nothing if none is stated. Units are set aside for it."""
    if "target" not in blueprint:
        return []
    items = sum(cell.needs * len(cell.units[0][0].items) for cell in cells)
    target = [math.floor(share * 10**6 + 0.5) * items for share in blueprint["target"]]
    cap = blueprint.get("exposure_max")
    cap = None if cap is None else max(1, math.floor(cap * 10**6 + 0.5))
    set_aside(cells, target, math.floor(blueprint.get("score_tolerance", 0.3) * 10**6 + 0.5) // 10, cap)
    return target


# ---------------------------------------------------------------- deal

def deal(cells, papers, seed):
    dealt = [[] for _ in range(papers)]
    for number, cell in enumerate(cells):
        stream, pack, uses = Stream(sub(seed, f"deal/{number}")), [], [0] * len(cell.units)
        for paper in dealt:
            own = []
            while len(own) < cell.needs:
                if not pack:
                    pack = stream.shuffled(len(cell.units))
                at = next(at for at, unit in enumerate(pack) if unit not in own)
                own.append(pack.pop(at))
            for unit in own:
                cards = cell.units[unit]
                paper.append(cards[uses[unit] % len(cards)])
                uses[unit] += 1
    return dealt


# ---------------------------------------------------------------- trade

class Limits:
    def __init__(self, blueprint, cells, width):
        self.target = [sum(column) for column in zip(*(cell.target for cell in cells))]
        score = math.floor(blueprint.get("score_tolerance", 0.3) * 10**6 + 0.5)
        self.tolerance = [score] * (width - 1) + [blueprint.get("seconds_tolerance")]

    def penalty(self, sums):
        penalty = 0
        for number, target, tolerance in zip(sums, self.target, self.tolerance):
            if tolerance is not None:
                excess = max(0, abs(number - target) - 7 * tolerance // 10)
                penalty += min(2**20, excess * (2**30 // tolerance) // 2**20) ** 2
        return penalty

    def met(self, sums):
        limits = zip(sums, self.target, self.tolerance)
        return all(tolerance is None or abs(number - target) <= tolerance for number, target, tolerance in limits)


def sums_of(paper):
    return [sum(column) for column in zip(*(card.numbers for card in paper))]


def enemies_of(paper):
    return sum(paper[b].unit in paper[a].enemies for a in range(len(paper)) for b in range(a + 1, len(paper)))


def trade(block, cells, limits, stream):
    place = [(number, sum(cell.needs for cell in cells[:number])) for number, cell in enumerate(cells)
             for _ in range(cell.needs)]

    def weight(sums, enemies):
        return limits.penalty(sums) + ENEMIES * enemies

    def changed(sums, paper, slot, card):
        """Sums and pairs of enemies of a paper with another card in a slot."""
        old, others = paper[slot], paper[:slot] + paper[slot + 1:]
        found = sum(other.unit in card.enemies for other in others) if card.enemies else 0
        lost = sum(other.unit in old.enemies for other in others) if old.enemies else 0
        return [a + new - gone for a, new, gone in zip(sums[0], card.numbers, old.numbers)], sums[1] + found - lost

    stand = [(sums_of(paper), enemies_of(paper)) for paper in block]
    weights = [weight(*sums) for sums in stand]
    for _ in range(ROUNDS):
        bad = [at for at, one in enumerate(weights) if one]
        if not bad:
            return
        for paper in bad:
            for _ in range(OFFERS):
                if not weights[paper]:
                    break
                word = stream.word()
                partner = ((word >> 32) * len(block)) >> 32
                slot = (((word >> 16) & 0xFFFF) * len(place)) >> 16
                number, first = place[slot]
                needs = cells[number].needs
                other = first + (((word & 0xFFFF) * needs) >> 16)
                if partner == paper:
                    continue
                mine, yours = block[paper], block[partner]
                given, taken = mine[slot], yours[other]

                def twice(own, but, unit):
                    return any(own[at].unit == unit for at in range(first, first + needs) if at != but)
                if twice(mine, slot, taken.unit) or twice(yours, other, given.unit):
                    continue
                left = changed(stand[paper], mine, slot, taken)
                right = changed(stand[partner], yours, other, given)
                after = weight(*left), weight(*right)
                if sum(after) < weights[paper] + weights[partner]:
                    mine[slot], yours[other] = taken, given
                    stand[paper], stand[partner] = left, right
                    weights[paper], weights[partner] = after


# ---------------------------------------------------------------- issue

def line(number, paper, seed):
    order = Stream(sub(seed, f"order/{number}")).shuffled(len(paper))
    return ",".join([str(number)] + [item["id"] for at in order for item in paper[at].items])


def merkle_root(leaves):
    """RFC 6962, section 2.1."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\0" + leaves[0]).digest()
    half = 1 << (len(leaves) - 1).bit_length() - 1
    return hashlib.sha256(b"\1" + merkle_root(leaves[:half]) + merkle_root(leaves[half:])).digest()


def read_items(text):
    items = []
    for row in csv.DictReader(text.lstrip("\ufeff").splitlines()):
        item = {key: row.get(key, "") for key in ("id", "topic", "level", "type", "stimulus")}
        item |= {key: row.get(key) for key in ("a", "b", "c", "seconds")}
        item["enemies"] = (row.get("enemies") or "").replace(";", " ").split()
        items.append(item)
    return sorted(items, key=lambda item: item["id"].encode())


def make_again(items_path, blueprint_path, out):
    items = read_items(items_path.read_text("utf-8"))
    blueprint = tomllib.loads(blueprint_path.read_text("utf-8"))
    manifest = json.loads((out / "manifest.json").read_text("utf-8"))
    assert manifest["items_sha256"] == hashlib.sha256(items_path.read_bytes()).hexdigest()
    assert manifest["blueprint_sha256"] == hashlib.sha256(blueprint_path.read_bytes()).hexdigest()
    numbers = manifest["numbers"]
    for item in items:
        if item["id"] in numbers:
            check_numbers(item, numbers[item["id"]], blueprint)
    cells = sort_into_cells(blueprint, items, numbers)
    make_enemies(cells, items)
    target = stated_target(blueprint, cells)
    seed, wanted = bytes.fromhex(manifest["seed"]), manifest["papers"]
    made = deal(cells, manifest["made"], seed)
    limits = Limits(blueprint, cells, len(next(iter(numbers.values()))))
    limits.target[:len(target)] = target
    for number, start in enumerate(range(0, len(made), BLOCK)):
        block = made[start:start + BLOCK]
        trade(block, cells, limits, Stream(sub(seed, f"trade/{number}")))
        made[start:start + BLOCK] = block
    sound = [paper for paper in made if not enemies_of(paper) and limits.met(sums_of(paper))]
    lines = [line(number, paper, seed) for number, paper in enumerate(sound[:wanted], 1)]
    assert "\n".join(lines) + "\n" == (out / "papers.csv").read_text("utf-8"), "the papers are others"
    assert merkle_root([line.encode() for line in lines]).hex() == manifest["papers_root"], "the root is another"
    print(f"{len(lines)} papers, root {manifest['papers_root']}: made again, and the same")


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    try:
        make_again(*map(Path, sys.argv[1:]))
    except AssertionError as error:
        sys.exit(f"differs: {error}")
