#!/usr/bin/env python3
"""Recompute the key of every quantitative and data-analysis item.

Each item has one check that works the answer out again from the numbers in the
statement, the table or the text (all read from the TOML), where possible by
brute force rather than by the formula in the explanation. An item passes when
its answer matches the keyed option and no other; an item with no check fails.

Usage: python3 tests/independent/check_keys.py [bank_folder]
Python 3.11, standard library only.
"""

import re
import sys
import tomllib
from collections import Counter
from fractions import Fraction as Fr
from itertools import combinations, count, permutations, product
from pathlib import Path

BANK = Path(__file__).resolve().parents[2] / "question_banks" / "administrative_aptitude"
NUMBER = r"\d+(?:\.\d+)?(?:/\d+)?%?"


# ---------------------------------------------------------------- reading

def squeeze(text):
    """Drop all white space, so that spacing between Chinese and digits is free."""
    return re.sub(r"\s+", "", text)


def to_number(token):
    return Fr(token[:-1]) / 100 if token.endswith("%") else Fr(token)


def numbers(text):
    """All numbers in a text, in order; 25% reads as 1/4."""
    return [to_number(t) for t in re.findall(r"(?<![\d.])-?" + NUMBER, squeeze(text))]


SIGNS = {"提高": 1, "增长": 1, "上升": 1, "盈利": 1, "下降": -1, "亏损": -1}
DISCOUNTS = {"七折": Fr(7, 10), "七五折": Fr(3, 4), "八折": Fr(8, 10), "九折": Fr(9, 10)}


class Option:
    """One answer option: plain text and, where it has one, a value with its last shown digit."""

    def __init__(self, text):
        self.text = squeeze(text)
        self.value, self.unit, self.step = None, "", None
        m = re.fullmatch(rf"({'|'.join(SIGNS)}|)({NUMBER})(.*)", self.text)
        if self.text == "不盈不亏":
            self.value, self.unit, self.step = Fr(0), "元", Fr(1)
        elif self.text in DISCOUNTS:
            self.value, self.step = DISCOUNTS[self.text], Fr(1, 100)
        elif m:
            sign, shown, self.unit = m.groups()
            decimals = len(shown.rstrip("%").partition(".")[2])
            scale = Fr(1, 100) if shown.endswith("%") else Fr(1)
            self.value = SIGNS.get(sign, 1) * to_number(shown)
            self.step = scale / 10**decimals

    def is_(self, answer, exact):
        if isinstance(answer, str):
            return self.text == answer
        if self.value is None:
            return False
        if exact:
            return self.value == answer
        return abs(self.value - answer) < self.step / 2      # a tie is never accepted

    def is_clear_of(self, answer):
        """At least 3 % or one displayed unit away from the true value."""
        return abs(self.value - answer) >= min(abs(answer) * Fr(3, 100), self.step)


class Stimulus:
    """Table cells by row label and a unique part of the column header; numbers in the text by pattern."""

    def __init__(self, raw):
        self.text = squeeze(raw["text"])
        self.rows, self.columns = {}, []
        if "table" in raw:
            header, *body = [[squeeze(c) for c in row] for row in raw["table"]]
            self.columns = header[1:]
            for label, *cells in body:
                if len(cells) != len(self.columns) or label in self.rows:
                    raise ValueError(f"bad table row {label}")
                self.rows[label] = [Fr(c) for c in cells]

    def col(self, column):
        exact = [i for i, c in enumerate(self.columns) if c == column]
        found = exact or [i for i, c in enumerate(self.columns) if column in c]
        if len(found) != 1:
            raise ValueError(f"column {column} is not unique")
        return found[0]

    def __call__(self, row, column):
        return self.rows[row][self.col(column)]

    def column(self, column, skip=("合计", "全年")):
        """{row label: value} of a column, leaving out total rows."""
        i = self.col(column)
        return {r: cells[i] for r, cells in self.rows.items() if r not in skip}

    def find(self, pattern):
        """The one number marked # in a pattern of the text."""
        found = re.findall(pattern.replace("#", f"({NUMBER})"), self.text)
        if len(found) != 1:
            raise ValueError(f"pattern {pattern} found {len(found)} times")
        return to_number(found[0])


# ---------------------------------------------------------------- tools

def only(values):
    """The single element of an iterable (several different solutions are an error)."""
    found = set(values)
    if len(found) != 1:
        raise ValueError(f"expected one solution, found {sorted(found)[:5]}")
    return found.pop()


def top(table):
    """The label of the strictly largest value."""
    best = max(table.values())
    return only(k for k, v in table.items() if v == best) if list(table.values()).count(best) == 1 else None


def bottom(table):
    return top({k: -v for k, v in table.items()})


def growth(new, old):
    return new / old - 1


def points(difference):
    """A difference of two shares, in percentage points."""
    return difference * 100


def solve(f, low=-10**6, high=10**6):
    """The root of a linear function f, from two evaluations, checked with a third."""
    a, b = Fr(f(Fr(low))), Fr(f(Fr(high)))
    x = low - a * (high - low) / (b - a)
    assert f(x) == 0, "not linear"
    return x


def next_by_polynomial(terms):
    """Extend a sequence by repeated differences until they are constant over at least two values."""
    if len(terms) < 2:
        raise ValueError("no polynomial rule")
    if len(set(terms)) == 1:
        return terms[-1]
    return terms[-1] + next_by_polynomial([b - a for a, b in zip(terms, terms[1:])])


def next_by_affine(terms):
    """a' = p a + q with p, q fitted to the first three terms and tested on the rest."""
    p = (terms[2] - terms[1]) / (terms[1] - terms[0])
    q = terms[1] - p * terms[0]
    assert all(b == p * a + q for a, b in zip(terms, terms[1:]))
    return p * terms[-1] + q


def next_by_two(terms, rule):
    assert all(rule(a, b) == c for a, b, c in zip(terms, terms[1:], terms[2:]))
    return rule(terms[-2], terms[-1])


def time_to_fill(rate_at, amount, step):
    """Simulate work in small equal steps; rate_at(t) is the rate in the step starting at t."""
    done, t = Fr(0), Fr(0)
    while done < amount:
        done += rate_at(t) * step
        t += step
    assert done == amount, "finishes between steps"
    return t


def shoelace(points_):
    turns = zip(points_, points_[1:] + points_[:1])
    return abs(sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in turns)) / 2


# ---------------------------------------------------------------- quantitative: sequences

QUANT = {}


def quant(item):
    """Register a check; it receives the numbers of the statement in order."""
    def register(function):
        QUANT[item] = function
        return function
    return register


quant("qt-001")(next_by_affine)
quant("qt-002")(next_by_polynomial)


@quant("qt-003")
def _(n):
    *terms, after = n
    x = next_by_two(terms, lambda a, b: a + b)
    assert terms[-1] + x == after
    return x


@quant("qt-004")
def _(n):       # every fraction is shown in lowest terms, so the parts can be read off
    return next_by_polynomial([f.numerator for f in n]) / Fr(next_by_polynomial([f.denominator for f in n]))


@quant("qt-005")
def _(n):
    assert all(b == a * k + k for k, (a, b) in enumerate(zip(n, n[1:]), 1))
    return n[-1] * len(n) + len(n)


@quant("qt-006")
def _(n):
    assert len(n) % 2 == 0 and next_by_polynomial(n[1::2])
    return next_by_affine(n[0::2])


quant("qt-007")(lambda n: next_by_two(n, lambda a, b: a * b - 1))
quant("qt-008")(next_by_polynomial)


# ---------------------------------------------------------------- quantitative: work

@quant("qt-009")
def _(n):
    a, b = n
    return time_to_fill(lambda t: 1 / a + 1 / b, 1, Fr(1))


@quant("qt-010")
def _(n):
    machines, hours, copies, machines2, hours2 = n
    return copies * (machines2 / machines) * (hours2 / hours)


@quant("qt-011")
def _(n):
    fill, drain = n
    return time_to_fill(lambda t: 1 / fill - 1 / drain, 1, Fr(1))


@quant("qt-012")
def _(n):
    a, b, alone = n
    return time_to_fill(lambda t: 1 / a + (1 / b if t >= alone else 0), 1, Fr(1)) - alone


@quant("qt-013")
def _(n):       # the leave may fall anywhere in the middle; take it at the second day
    a, b, leave = n
    return time_to_fill(lambda t: 1 / b + (0 if 1 <= t < 1 + leave else 1 / a), 1, Fr(1))


@quant("qt-014")
def _(n):
    per_day, first, faster, early = n
    def days(total):
        return first + (total - per_day * first) / (per_day * (1 + faster))
    return only(total for total in range(700, 20000) if total / per_day - days(Fr(total)) == early)


@quant("qt-015")
def _(n):
    ab, bc, ac, together = n
    a, b, c = ((1 / ab + 1 / ac - 1 / bc) / 2, (1 / ab + 1 / bc - 1 / ac) / 2, (1 / bc + 1 / ac - 1 / ab) / 2)
    return time_to_fill(lambda t: a + c + (b if t < together else 0), 1, Fr(1)) - together


# ---------------------------------------------------------------- quantitative: motion

@quant("qt-016")
def _(n):
    distance, a, b = n
    return solve(lambda t: a * t - (distance - b * t))


@quant("qt-017")
def _(n):
    walk, head_start, ride = n
    return next(t for t in count(1) if ride * t >= walk * (t + head_start))


@quant("qt-018")
def _(n):
    train, speed, bridge = n
    return next(t for t in count(1) if speed * t - train >= bridge)     # tail of the train past the end


@quant("qt-019")
def _(n):
    distance, down, up, times = n
    still, water = only((s, w) for s in range(1, 100) for w in range(s)
                        if distance == (s + w) * down == (s - w) * up)
    return distance / (still - times * water)


@quant("qt-020")
def _(n):
    first, average = n
    return only(v for v in range(1, 500) if 2 / (1 / first + Fr(1, v)) == average)


@quant("qt-021")
def _(n):
    lap, meet, overtake = n
    return only(a for a in range(1, 50) for b in range(1, a)
                if (a + b) * meet == lap and (a - b) * overtake == lap)


@quant("qt-022")
def _(n):       # try each distance: a's speed is 60, b's is the rest, and both bounce
    from_a, from_b = n
    def turned(d):                          # both have reached the far end before t = 3
        return 3 * from_a > d and 3 * (d - from_a) > d
    def second_place(d):
        a, b = from_a, d - from_a           # speeds per unit of time; first meeting at t = 1
        def at(t, v, start):                # position after bouncing between 0 and d
            x = (start + v * t) % (2 * d)
            return min(x, 2 * d - x)
        assert at(1, a, 0) == at(1, b, d) == from_a
        return at(3, a, 0), at(3, b, d)     # opposite bounces meet for the second time at t = 3
    return only(d for d in range(66, 1000) if turned(d) and second_place(Fr(d)) == (d - from_b, d - from_b))


@quant("qt-023")
def _(n):
    overtake, meet = n
    walk = Fr(1)
    bus = solve(lambda v: (v - walk) * overtake - (v + walk) * meet)
    gap = (bus - walk) * overtake
    return gap / bus


# ---------------------------------------------------------------- quantitative: geometry

@quant("qt-024")
def _(n):
    perimeter, longer = n
    return only(w * (w + longer) for w in range(1, 100) if 2 * (w + w + longer) == perimeter)


@quant("qt-025")
def _(n):
    return only(a**3 for a in range(1, 100) if 6 * a * a == n[0])


@quant("qt-026")
def _(n):       # foot of the perpendicular from the right angle at the origin
    a, b = n
    x, y = a * b * b / (a * a + b * b), a * a * b / (a * a + b * b)
    assert x / a + y / b == 1 and x * -a + y * b == 0
    return only(Fr(h, 10) for h in range(1, 200) if Fr(h, 10) ** 2 == x * x + y * y)


@quant("qt-027")
def _(n):       # count the unit squares of the path
    length, width, path = map(int, n)
    return sum(not (0 <= x < length and 0 <= y < width)
               for x in range(-path, length + path) for y in range(-path, width + path))


@quant("qt-028")
def _(n):       # volumes in units of pi
    radius, cone_radius, cone_height = n
    return solve(lambda h: radius**2 * h - cone_radius**2 * cone_height / 3)


quant("qt-029")(lambda n: growth((1 + n[0]) ** 2, 1))


@quant("qt-030")
def _(n):       # coordinates: A(0,h) D(ad,h) B(0,0) C(bc,0), h fitted to the given area
    ad, bc, area = n
    def parts(h):
        a, d, b, c = (0, h), (ad, h), (0, 0), (bc, 0)
        t = bc / (ad + bc)                              # O = A + (1-t)(C-A), on BD too
        o = (a[0] + (1 - t) * (c[0] - a[0]), a[1] + (1 - t) * (c[1] - a[1]))
        assert o[0] * d[1] == o[1] * d[0]
        return shoelace([a, o, d]), shoelace([a, b, c, d])
    h = solve(lambda x: parts(x)[0] - area, 1, 1000)
    return parts(h)[1]


@quant("qt-031")
def _(n):
    *size, unit = map(int, n)
    assert unit == 1
    def faces(cube):
        return sum((i == 0) + (i == s - 1) for i, s in zip(cube, size))
    return sum(faces(cube) == 1 for cube in product(*map(range, size)))


# ---------------------------------------------------------------- quantitative: counting

@quant("qt-032")
def _(n):
    people, each = map(int, n)          # one chief and one deputy
    return len(list(permutations(range(people), 2 * each)))


@quant("qt-033")
def _(n):
    red, white, draw = map(int, n[:3])
    draws = list(combinations("r" * red + "w" * white, draw))
    return Fr(sum(set(d) == {"r"} for d in draws), len(draws))


@quant("qt-034")
def _(n):
    first, second, direct = map(int, n)
    return len(list(product(range(first), range(second)))) + direct


@quant("qt-035")
def _(n):
    assert n == [5]
    return sum(abs(p.index("甲") - p.index("乙")) == 1 and p.index("丙") not in (0, 4)
               for p in permutations("甲乙丙丁戊"))


@quant("qt-036")
def _(n):
    men, women, chosen, least = map(int, n)
    return sum(c.count("w") >= least for c in combinations("m" * men + "w" * women, chosen))


@quant("qt-037")
def _(n):
    a, b = n
    return sum((a if x else 1 - a) * (b if y else 1 - b) for x, y in product((0, 1), repeat=2) if x + y == 1)


@quant("qt-038")
def _(n):
    total, places, least = map(int, n)
    return sum(sum(p) == total for p in product(range(least, total + 1), repeat=places))


@quant("qt-039")
def _(n):       # "两门" is written out in words
    people, courses = map(int, n)
    choices = list(product(range(courses), repeat=people))
    return Fr(sum(len(set(c)) == 2 for c in choices), len(choices))


# ---------------------------------------------------------------- quantitative: number theory

quant("qt-040")(lambda n: next(d for d in count(1) if all(d % k == 0 for k in n)))


@quant("qt-041")
def _(n):
    a, ra, b, rb = n
    return next(x for x in range(10, 100) if x % a == ra and x % b == rb)


@quant("qt-042")
def _(n):       # 4□6 and the divisor
    hundreds, units, divisor = n
    return only(d for d in range(10) if (100 * hundreds + 10 * d + units) % divisor == 0)


@quant("qt-043")
def _(n):
    below, above, *pairs = n
    return only(x for x in range(int(above) + 1, int(below))
                if all(x % k == r for k, r in zip(pairs[::2], pairs[1::2])))


@quant("qt-044")
def _(n):
    a, p, b, r = map(int, n)
    return (a**p + b**r) % 10


@quant("qt-045")
def _(n):
    total, more, less = map(int, n)
    return sum(total % k == 0 for k in range(more + 1, less))


@quant("qt-046")
def _(n):
    low, high, a, b, c = map(int, n)
    return sum((x % a == 0 or x % b == 0) and x % c != 0 for x in range(low, high + 1))


# ---------------------------------------------------------------- quantitative: profit
# Discounts such as 九折 are written in words, so they appear as constants.

@quant("qt-047")
def _(n):
    cost, markup = n
    return cost * (1 + markup) * Fr(9, 10) - cost


@quant("qt-048")
def _(n):
    listed, rate = n
    return only(c for c in (Fr(k, 10) for k in range(1, 2000)) if c + rate * c == listed * Fr(85, 100))


@quant("qt-049")
def _(n):
    full, less, pieces, price = n
    total = pieces * price
    return total - sum(less for k in range(1, 100) if full * k <= total)


@quant("qt-050")
def _(n):
    price, gain, loss = n
    costs = [only(c for c in range(1, 2000) if c * (1 + r) == price) for r in (gain, -loss)]
    return sum(price - c for c in costs)


@quant("qt-051")
def _(n):
    limit, cheap, limit2, dear, paid = n
    assert limit == limit2
    return only(x for x in range(1, 100) if sum(cheap if t <= limit else dear for t in range(1, x + 1)) == paid)


@quant("qt-052")
def _(n):       # 100 pieces at cost 100 each
    margin, sold, final = n
    def profit(discount):
        return sum(100 * (1 + margin) * (1 if k < 100 * sold else discount) - 100 for k in range(100))
    return only(d for d in (Fr(k, 100) for k in range(1, 101)) if profit(d) == final * 100 * 100)


@quant("qt-053")
def _(n):
    cost, price, sold, up, fewer = n
    assert up == 1
    return max((price + x - cost) * (sold - fewer * x) for x in range(0, int(sold / fewer) + 1))


# ---------------------------------------------------------------- quantitative: equations

@quant("qt-054")
def _(n):
    father, son, times = n
    return only(y for y in range(100) if father + y == times * (son + y))


@quant("qt-055")
def _(n):
    a, over, b, short = n
    return only(p for p in range(1, 1000) if (p - over) % a == 0 and (p - over) / a == (p + short) / b)


@quant("qt-056")
def _(n):
    questions, right, wrong, score = n
    return only(k for k in range(int(questions) + 1) if right * k - wrong * (questions - k) == score)


@quant("qt-057")
def _(n):
    grams, strong, target, weak = n
    return only(x for x in range(1, 5000) if grams * strong + x * weak == target * (grams + x))


@quant("qt-058")
def _(n):
    people, english, japanese, neither = map(int, n)
    return only(both for both in range(people + 1)
                if both <= min(english, japanese)
                and (english - both) + (japanese - both) + both + neither == people)


@quant("qt-059")
def _(n):
    big, small, total = map(int, n)
    return min(x + y for x in range(1, 50) for y in range(1, 50) if big * x + small * y == total)


@quant("qt-060")
def _(n):       # queue s, n arrive per minute, one window serves one unit per minute
    w1, t1, w2, t2, w3 = n
    arrive = solve(lambda a: (w1 - a) * t1 - (w2 - a) * t2)
    queue = (w1 - arrive) * t1
    return next(t for t in count(1) if w3 * t >= queue + arrive * t)


# ---------------------------------------------------------------- quantitative, from qt-061: sequences

quant("qt-061")(next_by_polynomial)


@quant("qt-062")
def _(n):       # the gap stands before the last number
    *terms, after = n
    x = next_by_affine(terms)
    assert next_by_affine(terms + [x]) == after
    return x


@quant("qt-063")
def _(n):
    *terms, after = n
    def rule(four):
        return sum(four[:3]) == four[3]
    x = only(x for x in range(200) if rule(terms[-3:] + [x]))
    full = terms + [x, after]
    assert all(rule(full[k:k + 4]) for k in range(len(full) - 3))
    return x


@quant("qt-064")
def _(n):       # two steps in turn, each an integer operation fitted to the numbers shown
    def fits(row, steps):
        return all(steps[k % 2](a) == b for k, (a, b) in enumerate(zip(row, row[1:])))
    found = {}
    for p, q in product(range(1, 6), range(-9, 10)):
        steps = (lambda a: a * p, lambda a: a + q)
        for x in range(100):
            row = n[:-1] + [x] + n[-1:]
            if fits(row, steps):
                found[x] = (p, q)
    return only(found)


@quant("qt-065")
def _(n):       # whole part and the digits after the point are two sequences
    def digits(x):
        k = next(k for k in count() if (x * 10**k).denominator == 1)
        return int(x % 1 * 10**k)
    whole, tail = [int(x) for x in n], [digits(x) for x in n]
    following = next_by_polynomial(tail)
    return next_by_polynomial(whole) + Fr(following, 10 ** len(str(following)))


@quant("qt-066")
def _(n):       # a chain 1 3 4 7 11 18 29 47 in which each number is the sum of the two before
    chain = [part for f in n for part in (f.numerator, f.denominator)]
    upper = next_by_two(chain, lambda a, b: a + b)
    return f"{upper}/{next_by_two(chain + [upper], lambda a, b: a + b)}"


quant("qt-067")(lambda n: n[-1] * next_by_polynomial([b / a for a, b in zip(n, n[1:])]))


quant("qt-068")(lambda n: next_by_two(n, lambda a, b: a * a + b))


@quant("qt-069")
def _(n):
    primes = [p for p in range(2, 100) if all(p % d for d in range(2, p))]
    steps = [b - a for a, b in zip(n, n[1:])]
    assert steps == [p * p for p in primes[:len(steps)]]
    return n[-1] + primes[len(steps)] ** 2


# ---------------------------------------------------------------- quantitative, from qt-061: work

@quant("qt-070")
def _(n):
    both, a = n
    return only(b for b in range(1, 500) if (1 / a + Fr(1, b)) * both == 1)


@quant("qt-071")
def _(n):       # minute by minute
    master, one, pupil, one2, pieces = n
    assert one == one2 == 1
    t = next(t for t in count(1) if t // master + t // pupil >= pieces)
    assert t // master + t // pupil == pieces
    return t // master - t // pupil


@quant("qt-072")
def _(n):
    workers, days, share, workers2 = n
    each = share / (workers * days)
    return time_to_fill(lambda t: each * workers2, 1 - share, Fr(1))


@quant("qt-073")
def _(n):
    a, b, turn, turn2 = n
    assert turn == turn2 == 1
    return time_to_fill(lambda t: 1 / a if int(t) % 2 == 0 else 1 / b, 1, Fr(1, 10))


@quant("qt-074")
def _(n):
    both, first, then = n
    return only(a for a in range(1, 200) for b in range(1, 200)
                if (Fr(1, a) + Fr(1, b)) * both == 1 and first / a + then / b == 1)


@quant("qt-075")
def _(n):
    a, b, drain, early = n
    return time_to_fill(lambda t: 1 / a + 1 / b - (1 / drain if t >= early else 0), 1, Fr(1, 10)) - early


@quant("qt-076")
def _(n):
    more, days, more2, days2, fewer = n
    now = only(p for p in range(1, 500) if (p + more) * days == (p + more2) * days2)
    return time_to_fill(lambda t: now - fewer, (now + more) * days, Fr(1))


@quant("qt-077")
def _(n):       # x hours of help for the first; both stores must be empty at the same time
    a, b, c = (1 / v for v in n)
    def ends(x):
        return (1 - c * x) / a, solve(lambda t: b * t + c * (t - x) - 1)
    return only(ends(x)[1] - x for x in (Fr(k, 4) for k in range(48)) if ends(x)[0] == ends(x)[1])


@quant("qt-078")
def _(n):       # all splits of the days
    a, b, up, down, days = n
    together = (1 + up) / a + (1 - down) / b
    return min(x for x in range(int(days) + 1) for y in range(int(days) + 1 - x)
               if together * x + y / a + (days - x - y) / b >= 1)


# ---------------------------------------------------------------- quantitative, from qt-061: motion

@quant("qt-079")
def _(n):       # tenths of an hour: where is he, up to the top and down again
    length, up, down = n
    place, top_, t = Fr(0), False, 0
    while not (top_ and place == 0):
        place += (-down if top_ else up) / 10
        assert 0 <= place <= length
        top_, t = top_ or place == length, t + 1
    return 2 * length / Fr(t, 10)


@quant("qt-080")
def _(n):       # minute by minute, east is positive
    a, wait, b, minutes = n
    east = west = 0
    for t in range(int(wait + minutes)):
        east += a
        west -= b if t >= wait else 0
    return east - west


@quant("qt-081")
def _(n):
    pole, tunnel, through = n
    return only(train for train in range(1, 2000) if train / pole == (tunnel + train) / through)


@quant("qt-082")
def _(n):
    minutes, faster = n
    return minutes - time_to_fill(lambda t: 1 + faster, minutes, Fr(1, 2))


@quant("qt-083")
def _(n):
    slow, late, fast, early = n
    return only(d for d in range(1, 20000) if d / slow - late == d / fast + early)


@quant("qt-084")
def _(n):
    long1, long2, meet, pass_ = map(int, n)
    return only(a for a in range(1, 100) for b in range(1, a)
                if a * meet - long1 == long2 - b * meet and (a - b) * pass_ == long1 + long2)


@quant("qt-085")
def _(n):
    still, walk, walking = n
    return only(steps for steps in range(1, 1000) if (Fr(steps) / still + walk) * walking == steps)


@quant("qt-086")
def _(n):       # try every place to get off, in steps of 100 metres
    distance, walk, bus = n
    def last(x):
        off = x / bus                                       # first team gets off, the second is at walk * off
        taken = off + (x - walk * off) / (bus + walk)       # bus and second team meet
        return max(off + (distance - x) / walk, taken + (distance - walk * taken) / bus)
    return 60 * min(last(Fr(k, 10)) for k in range(int(distance) * 10 + 1))


@quant("qt-087")
def _(n):       # in steps of 1/20 s: they change places while swimming in opposite directions
    length, a, b, minutes = n
    def at(t, v, start):
        x = (start + v * t) % (2 * length)
        return (x, 1) if x < length else (2 * length - x, -1)
    met, before = 0, None
    for k in range(int(minutes * 60 * 20) + 1):
        (x, p), (z, q) = at(Fr(k, 20), a, 0), at(Fr(k, 20), b, length)
        now = x < z
        if before is not None and now != before and p != q:
            met += 1
        before = now
    return met


# ---------------------------------------------------------------- quantitative, from qt-061: geometry

@quant("qt-088")
def _(n):       # in units of pi; one degree after another, each 1/360 of the disc
    radius, angle = n
    return sum(radius * radius / 360 for _ in range(int(angle)))


@quant("qt-089")
def _(n):       # count the unit squares of the bottom, then the layers
    length, width, cut = map(int, n)
    bottom_ = sum(cut <= x < length - cut and cut <= y_ < width - cut
                  for x in range(length) for y_ in range(width))
    return sum(bottom_ for _ in range(cut))


@quant("qt-090")
def _(n):
    side, p, q = n
    return only(a * b for a in range(1, 100) for b in range(1, 100)
                if 2 * (a + b) == 4 * side and a * q == b * p)


@quant("qt-091")
def _(n):       # the third side equals one of the two; the triangle inequality decides
    return only(sum(t) for t in ([*n, third] for third in n) if 2 * max(t) < sum(t))


@quant("qt-092")
def _(n):
    side, radius, pi = n
    assert 2 * radius <= side               # the quarter discs do not overlap
    return side * side - sum(pi * radius * radius / 4 for _ in range(4))


@quant("qt-093")
def _(n):
    p, q, r, edges = map(int, n)
    return only(a * b * c for a, b, c in product(range(1, 28), repeat=3)
                if 4 * (a + b + c) == edges and a * q == b * p and b * r == c * q)


@quant("qt-094")
def _(n):       # the line from the lamp over the head meets the ground at distance + shadow
    lamp, man, distance = n
    return only(s for s in (Fr(k, 10) for k in range(1, 500))
                if lamp + (man - lamp) / distance * (distance + s) == 0)


@quant("qt-095")
def _(n):       # coordinates: B(0,0), C(3,0), A anywhere at the height that gives the area
    area, ratio = n
    base, (ax, ay) = 1 + ratio, (Fr(1), 2 * area / (1 + ratio))
    d = (base * ratio / (1 + ratio), Fr(0))
    e = ((ax + d[0]) / 2, (ay + d[1]) / 2)
    t = solve(lambda s: (ax + s * (base - ax)) * e[1] - (ay - s * ay) * e[0])       # F on AC and on BE
    f = (ax + t * (base - ax), ay - t * ay)
    assert shoelace([(ax, ay), (Fr(0), Fr(0)), (base, Fr(0))]) == area
    return shoelace([(ax, ay), e, f])


@quant("qt-096")
def _(n):       # over every edge between two faces, crossing it at any twelfth of a centimetre
    best = min(((k / 12) ** 2 + b * b) ** 0.5 + ((a - k / 12) ** 2 + c * c) ** 0.5
               for a, b, c in permutations(map(int, n)) for k in range(12 * a + 1))
    return Fr(round(best, 6))


# ---------------------------------------------------------------- quantitative, from qt-061: counting

@quant("qt-097")
def _(n):
    places, visited = map(int, n)
    return len(list(combinations(range(places), visited)))


@quant("qt-098")
def _(n):
    low, high, total_ = map(int, n)
    throws = list(product(range(low, high + 1), repeat=2))
    return Fr(sum(sum(t) == total_ for t in throws), len(throws))


@quant("qt-099")
def _(n):
    assert len(set(n)) == 4
    return len({100 * a + 10 * b + c for a, b, c in permutations(n, 3) if a != 0})


@quant("qt-100")
def _(n):       # "四" is written out in words
    assert n == []
    return sum(all(p[k] != k for k in range(4)) for p in permutations(range(4)))


@quant("qt-101")
def _(n):
    songs, dances, dances2 = map(int, n)
    assert dances == dances2 == 2
    return sum(abs(p.index("d0") - p.index("d1")) != 1
               for p in permutations([f"s{k}" for k in range(songs)] + ["d0", "d1"]))


@quant("qt-102")
def _(n):
    tickets, winning, drawn, least = map(int, n)
    draws = list(combinations([k < winning for k in range(tickets)], drawn))
    return Fr(sum(sum(d) >= least for d in draws), len(draws))


@quant("qt-103")
def _(n):       # walk every route
    east, north, x, y_ = map(int, n)
    routes = {r for r in product("EN", repeat=east + north) if r.count("E") == east}
    return sum((x, y_) not in {(r[:k].count("E"), r[:k].count("N")) for k in range(len(r) + 1)} for r in routes)


@quant("qt-104")
def _(n):       # the first two people are 甲 and 乙
    people, towns, least = map(int, n)
    return sum(p[0] != p[1] and all(p.count(t) >= least for t in range(towns))
               for p in product(range(towns), repeat=people))


@quant("qt-105")
def _(n):       # play all rows of games, stopping when one side has won enough
    goal, win, mine, theirs = n
    assert goal == mine
    def play(a, b):
        if goal in (a, b):
            return Fr((a, b) == (mine, theirs))
        return win * play(a + 1, b) + (1 - win) * play(a, b + 1)
    return play(0, 0)


# ---------------------------------------------------------------- quantitative, from qt-061: number theory

quant("qt-106")(lambda n: max(k for k in range(1, 1000) if all(x % k == 0 for x in n)))


@quant("qt-107")
def _(n):
    divisor, rest, times, divisor2 = n
    return only(times * x % divisor2 for x in range(1000) if x % divisor == rest)


@quant("qt-108")
def _(n):
    primes = [p for p in range(2, 100) if all(p % d for d in range(2, p))]
    return only(p * q for p in primes for q in primes if p + q == n[0])


@quant("qt-109")
def _(n):       # the last number is the page of the example
    pages, first, last, _example = map(int, n)
    assert pages == last - first + 1
    return sum(len(str(p)) for p in range(first, last + 1))


@quant("qt-110")
def _(n):
    squares = {k * k for k in range(1, 1000)}
    return next(k for k in count(1) if n[0] * k in squares)


@quant("qt-111")
def _(n):
    above, below, a, ra, b, rb = map(int, n)
    return only(x for x in range(above + 1, below) if x % a == ra and x % b == rb)


@quant("qt-112")
def _(n):
    number, divisor = map(int, n)
    return sum(number % k == 0 and k % divisor == 0 for k in range(1, number + 1))


@quant("qt-113")
def _(n):
    value = 1
    for k in range(int(n[0]), int(n[-1]) + 1):
        value *= k
    return len(str(value)) - len(str(value).rstrip("0"))


@quant("qt-114")
def _(n):       # all choices of remainders; from a class that clashes with itself only one number
    low, high, divisor = map(int, n)
    size = Counter(x % divisor for x in range(low, high + 1))
    best = 0
    for k in range(1, divisor + 1):
        for chosen in combinations(range(divisor), k):
            if all((a + b) % divisor for a, b in combinations(chosen, 2)):
                best = max(best, sum(1 if 2 * r % divisor == 0 else size[r] for r in chosen))
    return best


@quant("qt-115")
def _(n):
    block, times, digits, divisor = map(int, n)
    text = str(block) * times
    assert len(text) == digits
    return int(text) % divisor


# ---------------------------------------------------------------- quantitative, from qt-061: profit
# Discounts such as 九折 are written in words, so they appear as constants.

@quant("qt-116")
def _(n):
    cost, price = n
    return only(r for r in (Fr(k, 100) for k in range(1, 200)) if cost * (1 + r) == price)


@quant("qt-117")
def _(n):
    price, down, up = n
    price -= price * down
    price += price * up
    return price


@quant("qt-118")
def _(n):       # year by year, the interest earns nothing
    money, years, rate = n
    return money + sum(money * rate for _ in range(int(years)))


@quant("qt-119")
def _(n):       # pay box by box; after every fifth one comes free
    price, group, free, needed = n
    boxes = bought = 0
    while boxes < needed:
        bought += 1
        boxes += 1 + (free if bought % group == 0 else 0)
    return bought * price


@quant("qt-120")
def _(n):       # kilometre by kilometre
    near, start, near2, far, rate, far2, rate2, extra, trip = n
    assert near == near2 and far == far2 and rate == rate2
    return start + sum(0 if k <= near else rate if k <= far else rate * (1 + extra) for k in range(1, int(trip) + 1))


@quant("qt-121")
def _(n):
    a, b, kilos, price, margin = n
    return only(x for x in range(int(kilos) + 1) if kilos * price == (a * x + b * (kilos - x)) * (1 + margin))


@quant("qt-122")
def _(n):
    gain, loss = map(int, n)
    return only(c for c in range(1, 2000) for p in range(c, c + 500)
                if 8 * p - 10 * c == 10 * gain and 10 * c - 7 * p == 10 * loss)


@quant("qt-123")
def _(n):       # cost 1 before
    down, more = n
    return only(r for r in (Fr(k, 100) for k in range(1, 300)) if growth(1 + r, 1 - down) == r + more / 100)


@quant("qt-124")
def _(n):       # the price list, person by person
    limit, price, limit2, one, less, lowest, paid = n
    assert limit == limit2 and one == 1
    return only(p for p in range(1, 500) if p * max(lowest, price - less * max(0, p - limit)) == paid)


@quant("qt-125")
def _(n):
    both, ra, rb, gain = n
    return only(a for a in range(int(both) + 1)
                if (a * (1 + ra) + (both - a) * (1 + rb)) * Fr(9, 10) - both == gain)


# ---------------------------------------------------------------- quantitative, from qt-061: equations

@quant("qt-126")
def _(n):
    car, cycle, vehicles, wheels = n
    return only(k for k in range(int(vehicles) + 1) if cycle * k + car * (vehicles - k) == wheels)


@quant("qt-127")
def _(n):
    times, moved = n
    return only(times * b for b in range(1, 2000) if times * b - moved == b + moved)


@quant("qt-128")
def _(n):
    salt, *water = n
    return only(c for c in (Fr(k, 1000) for k in range(1, 1000)) if c * (salt + sum(water)) == salt)


@quant("qt-129")
def _(n):
    many, total_ = map(int, n)
    rows = (range(first, first + 2 * many, 2) for first in range(0, total_, 2))
    return only(max(row) for row in rows if sum(row) == total_)


@quant("qt-130")
def _(n):
    few, standing, more, empty = n
    return only(few * b + standing for b in range(7, 1000) if few * b + standing == more * (b - empty))


@quant("qt-131")
def _(n):       # exactly two activities: ab, ac, bc people; over all cases
    a, b, c, people, two = map(int, n)
    found = set()
    for t, ab, ac in product(range(min(a, b, c) + 1), range(two + 1), range(two + 1)):
        bc = two - ab - ac
        alone = (a - ab - ac - t, b - ab - bc - t, c - ac - bc - t)
        if min(bc, *alone) >= 0 and sum(alone) + two + t == people:
            found.add(t)
    return only(found)


@quant("qt-132")
def _(n):       # over all prices in whole yuan
    a, b, c, paid, a2, b2, c2, paid2, *one = map(int, n)
    assert one == [1]
    return only(x + y_ + z for x, y_, z in product(range(1, 75), repeat=3)
                if a * x + b * y_ + c * z == paid and a2 * x + b2 * y_ + c2 * z == paid2)


@quant("qt-133")
def _(n):
    men, women, more, men2, women2 = map(int, n)
    return only(m + w + more for m in range(1, 300) for w in range(1, 300)
                if m * women == w * men and m * women2 == (w + more) * men2)


@quant("qt-134")
def _(n):
    total_, places = map(int, n)
    return min(max(c) for c in combinations(range(1, 16), places) if sum(c) == total_)


@quant("qt-135")
def _(n):       # gram by gram
    strong_a, grams_a, strong_b, grams_b = n
    def a_after(x):
        return (strong_a * (grams_a - x) + strong_b * x) / grams_a
    def b_after(x):
        return (strong_b * (grams_b - x) + strong_a * x) / grams_b
    return only(x for x in range(int(min(grams_a, grams_b)) + 1) if a_after(x) == b_after(x))


# ---------------------------------------------------------------- data analysis
# Each check receives the stimulus `s`, the numbers of the stem `n` and the item's options.
# A list of four booleans judges the statements A to D in order.

def y(year):
    return f"{year}年"


YEARS = ["2020", "2021", "2022", "2023", "2024"]


def per_head(s):            # s01: value added per worker
    return {k: v / s(k, "从业人员") for k, v in s.column("2024年增加值").items()}


def yields(s, year):        # s02
    return {k: v / s(k, y(year) + "播种面积") for k, v in s.column(y(year) + "产量").items()}


def total_2023_s01(s):
    return s.find("增加值#亿元") / (1 + s.find("比上年增长#"))


def changes(s, new, old):
    return {k: v - s(k, old) for k, v in s.column(new).items()}


def rates(s, new, old):
    return {k: growth(v, s(k, old)) for k, v in s.column(new).items()}


def total(s, column):
    return sum(s.column(column).values())


def yearly(s, column, years):
    """Change of a column from the year before, by year (the rows are years)."""
    return {v: s(v, column) - s(str(int(v) - 1), column) for v in years}


def yearly_rate(s, column, years):
    return {v: s(v, column) / s(str(int(v) - 1), column) - 1 for v in years}


def rising(values):
    values = list(values)
    return all(a < b for a, b in zip(values, values[1:]))


def falling(values):
    return rising([-v for v in values])


def next_year(s, row, column):
    return s(row, "2024年" + column) ** 2 / s(row, "2023年" + column)


def annual_rate(ratio, periods, decimals):
    """Average annual growth rounded to `decimals` of a percent, by search in exact arithmetic."""
    step = Fr(1, 100 * 10**decimals)
    return only(r * step for r in range(-500, 2000)
                if (1 + (r - Fr(1, 2)) * step) ** periods < ratio < (1 + (r + Fr(1, 2)) * step) ** periods)


def density_and_income_above(s):
    people, area, income = s.column("2024年常住人口"), s.column("面积"), s.column("预算收入")
    mean_density = sum(people.values()) / sum(area.values())
    mean_income = sum(income.values()) / sum(people.values())
    return sum(people[k] / area[k] > mean_density and income[k] / people[k] > mean_income for k in people)


def new_energy(s, year):
    return s(year, "风电") + s(year, "光伏")


def check_sums(condition, value):
    """Guard: the totals given in a table or text agree with their parts."""
    assert condition, "the totals do not add up"
    return value


def old(s, pattern):
    """Last year's value of 'x # 单位，增长 #%' style text: pattern holds two # marks."""
    m = re.findall(pattern.replace("#", f"({NUMBER})"), s.text)
    assert len(m) == 1, f"pattern {pattern} found {len(m)} times"
    value, rate = map(to_number, m[0])
    return value / (1 + rate)


def night_ratio(s, quarter):
    stay = s(quarter, "过夜游客")
    return stay / (s(quarter, "2024年游客") - stay)


def spend(s, row):          # s06: yuan per visit (1 亿元 = 10000 万元)
    return s(row, "旅游收入") * 10000 / s(row, "2024年游客")


def weighted_income(s):
    town, country = s.find("城镇常住人口#万人"), s.find("农村常住人口#万人")
    row = "人均可支配收入"
    return (s(row, "城镇2024年") * town + s(row, "农村2024年") * country) / (town + country)


PARTS_07 = ["工资性收入", "经营净收入", "财产净收入", "转移净收入"]


def part_changes(s, where):
    return {k: s(k, where + "2024年") - s(k, where + "2023年") for k in PARTS_07}


def part_rates(s, where):
    return {k: growth(s(k, where + "2024年"), s(k, where + "2023年")) for k in PARTS_07}


def deficit(s, row, year):
    return s(row, y(year) + "进口") - s(row, y(year) + "出口")


def trade(s, row, year):
    return s(row, y(year) + "进口") + s(row, y(year) + "出口")


def intensity(s, year):
    return s(year, "研发经费（") / s(year, "地区生产总值")


def basic_share(s, year):
    return s(year, "基础研究") / s(year, "研发经费（")


def staff_per_bed(s, row):
    return s(row, "卫生技术人员") / s(row, "床位")


def hospital_fee(s):
    fees = {k: s.find(k + ("次均诊疗费用" if k == "综合医院" else "") + "#元") for k in ("综合医院", "中医医院", "专科医院")}
    visits = {k: s(k, "2024年诊疗") for k in fees}
    return sum(fees[k] * visits[k] for k in fees) / sum(visits.values())


def offline_growth(s):
    online = s.find("线上零售额#亿元")
    assert online == s("合计", "线上") == total(s, "线上")
    online_before = online / (1 + s.find("比上年增长#"))
    return growth(s("合计", "2024年零售额") - online, s("合计", "2023年零售额") - online_before)


def upper_share(s, year):   # s16: senior secondary share of all pupils
    column = y(year) + "在校生"
    return (s("普通高中", column) + s("中等职业学校", column)) / total(s, column)


def pupil_teacher(s, row):
    return s(row, "2024年在校生") / s(row, "专任教师")


def school_size(s, row):
    return s(row, "2024年在校生") / s(row, "学校")


def totals_agree(s, columns, row="合计"):
    return all(total(s, c) == s(row, c) for c in columns)


def training_rest(s):
    whole, staff = s.find("职业技能培训#万人次"), s.find("企业职工培训#万人次")
    before = old(s, "职业技能培训#万人次，比上年增长#，") - old(s, "企业职工培训#万人次，增长#。")
    return growth(whole - staff, before)


def jobs(s, sector, before=False):
    """s13: people employed in a sector at the end of 2024 or of the year before."""
    kind = "减少" if sector == "第一产业" else "增加"
    change = s.find(f"{sector}[\\d.]+万人，{kind}#万人")
    now = s.find(f"{sector}#万人，")
    return now - (change if kind == "增加" else -change) if before else now


SECTORS = ["第一产业", "第二产业", "第三产业"]


def all_jobs(s, before=False):
    whole = s.find("就业人员#万人") - (s.find("比上年末增加#万人") if before else 0)
    assert whole == sum(jobs(s, k, before) for k in SECTORS)
    return whole


# From s17 on.

def before(s, pattern):
    """`old` for a rate that may also be a fall: the pattern ends in a rate marked by a second #."""
    found = re.findall(pattern.replace("#", f"({NUMBER})").replace("~", "(增长|下降)"), s.text)
    assert len(found) == 1, f"pattern {pattern} found {len(found)} times"
    value, word, rate = found[0]
    return to_number(value) / (1 + (to_number(rate) if word == "增长" else -to_number(rate)))


def income_per_worker(s, rows):         # s17: several kinds taken together
    return sum(s(k, "2024年收入") for k in rows) / sum(s(k, "从业人员") for k in rows)


WATER = ["农业用水", "工业用水", "生活用水", "生态补水"]


def water_adds_up(s):                   # s18
    return all(sum(s(v, c) for c in WATER) == s(v, "用水总量") for v in s.rows)


def water_per_output(s, year):          # s18: cubic metres per 10000 yuan
    return s(year, "用水总量") * 10**8 / (s(year, "地区生产总值") * 10**4)


OLD_60, OLD_80 = "60岁及以上老年人口#万人，比上年末增长#，", "80岁及以上老年人口#万人，比上年末增长#。"
BEDS, GUESTS = "养老机构床位#张，增长#，", "入住老人#人，增长#。"
CANTEENS, MEALS = "助餐点#个，比上年末增长#；", "供餐#万人次，比上年增长#。"


def first(s, pattern):
    """The first # of a two-mark pattern, as it stands in the text."""
    return s.find(pattern.replace("#", "~", 1).replace("#", NUMBER).replace("~", "#"))


def research_intensity(s):              # s20
    return {k: v / s(k, "2025年营业收入") for k, v in s.column("研发投入").items()}


def haul(s, row, year):                 # s21: kilometres
    return s(row, y(year) + "货物周转量") * 10**8 / (s(row, y(year) + "货运量") * 10**4)


FREIGHT = ["2023年货运量", "2024年货运量", "2023年货物周转量", "2024年货物周转量"]
RENEWAL, PRIVATE, OWNERS = "改造投资#亿元，比上年增长#。", "社会资本#亿元，比上年增长#；", "居民出资#亿元，比上年增长#。"


def public_money(s):                    # s22
    return check_sums(
        first(s, RENEWAL) == sum(s.find(k + "#亿元") for k in ("省级补助", "市县财政资金", "社会资本", "居民出资")),
        s.find("省级补助#亿元") + s.find("市县财政资金#亿元"))


def price(s, row):                      # s23: 10000 yuan per tonne
    return s(row, "产值") / s(row, "2024年产量")


def fruit_yield(s, row):
    return s(row, "2024年产量") / s(row, "种植面积")


INVESTMENTS = ["第一产业投资", "第二产业投资", "第三产业投资", "基础设施投资", "房地产开发投资", "高技术产业投资", "民间投资"]


def invested(s, kind):                  # s24: this year's amount, the whole or one kind
    return s.find(kind + "#亿元")


def invested_before(s, kind):
    return before(s, kind + ("#亿元，比上年~#。" if kind == "固定资产投资" else "#亿元，~#[；。]"))


def investment_rate(s, kind):
    return growth(invested(s, kind), invested_before(s, kind))


def three_sectors_agree(s):
    return invested(s, "固定资产投资") == sum(invested(s, k) for k in INVESTMENTS[:3])


def engel(s, where_year):               # s25
    return s("食品烟酒", where_year) / total(s, where_year)


def good_to_other_days(s, year):        # s26
    good = s(year, "优良天数")
    return good / (s(year, "全年天数") - good)


def visits_per_museum(s, row):          # s27
    return s(row, "2024年参观") / s(row, "年末博物馆")


MUSEUMS = ["年末博物馆", "免费开放", "2023年参观", "2024年参观", "未成年人参观"]
GREEN_CARS, CHARGED, CHARGED_PUBLIC = ("新能源汽车保有量#万辆，比上年末增长#，", "全年充电桩充电量#亿千瓦时，比上年增长#。",
                                       "公共充电桩充电量#亿千瓦时，比上年增长#；")


def pig_ratio(s, year):                 # s29
    column = y(year) + "肉产量"
    return s("生猪", column) / (total(s, column) - s("生猪", column))


def hotline_agrees(s):                  # s30
    return (all(s(k, "电话") + s(k, "网络") == s(k, "受理量") for k in s.rows)
            and totals_agree(s, ["受理量", "电话", "网络", "按期办结"], "全年")
            and s.find("受理诉求#万件") == s.find("电话受理#万件") + s.find("网络受理#万件"))


def online_share(s, row):
    return s(row, "网络") / s(row, "受理量")


def on_time(s, row):
    return s(row, "按期办结") / s(row, "受理量")


def balances_agree(s):                  # s31
    kinds = {"存款": ["住户", "企业", "政府", "其他"], "贷款": ["住户", "企业", "其他"]}
    return all(sum(s(part + k, c) for part in parts) == s("各项" + k, c) for k, parts in kinds.items() for c in s.columns)


DATA = {
    # s01 industry
    "da-001": lambda s, n: sum(v > n[-1] for v in changes(s, "2024年增加值", "2023年增加值").values()),
    "da-002": lambda s, n: s("电子信息", "2024年增加值") / s.find("增加值#亿元"),
    "da-003": lambda s, n: per_head(s)["生物医药"] / per_head(s)["建材"],
    "da-004": lambda s, n: next_year(s, "装备制造", "增加值") - next_year(s, "电子信息", "增加值"),
    "da-005": lambda s, n: [
        total(s, "2024年增加值") / s.find("增加值#亿元") > Fr(80, 100),
        growth(s("建材", "2024年增加值"), s("建材", "2023年增加值")) < -Fr(6, 100),
        total_2023_s01(s) < 1700,
        bottom(per_head(s)) == "建材"],
    # s02 grain
    "da-006": lambda s, n: top(changes(s, "2024年播种面积", "2023年播种面积")),
    "da-007": lambda s, n: growth(s.find("总产量#万吨"), s.find("总产量[\\d.]+万吨，上年为#万吨")),
    "da-008": lambda s, n: yields(s, 2024)["稻谷"],
    "da-009": lambda s, n: points(s("玉米", "2024年产量") / s.find("总产量#万吨")
                                  - s("玉米", "2023年产量") / s.find("总产量[\\d.]+万吨，上年为#万吨")),
    "da-010": lambda s, n: [
        growth(yields(s, 2024)["大豆"], yields(s, 2023)["大豆"]) > Fr(5, 100),
        (s("玉米", "2024年产量") - s("玉米", "2023年产量"))
        / (s.find("总产量#万吨") - s.find("总产量[\\d.]+万吨，上年为#万吨")) >= Fr(75, 100),
        s("小麦", "2024年播种面积") < s("小麦", "2023年播种面积") and yields(s, 2024)["小麦"] < yields(s, 2023)["小麦"],
        all(yields(s, 2024)[k] > yields(s, 2023)[k] for k in s.rows)],
    # s03 districts
    "da-011": lambda s, n: s("东岭区", "2024年常住人口") / s("新港区", "2024年常住人口"),
    "da-012": lambda s, n: annual_rate(s("新港区", "2024年常住人口") / s("新港区", "2020年常住人口"), 4, 1),
    "da-013": lambda s, n: total(s, "预算收入") / total(s, "2024年常住人口"),
    "da-014": lambda s, n: density_and_income_above(s),
    "da-015": lambda s, n: [
        sum(v < 0 for v in changes(s, "2024年常住人口", "2020年常住人口").values()) == 2,
        top(s.column("2024年常住人口")) == top(s.column("预算收入")),
        top(s.column("面积")) == bottom(s.column("2024年常住人口")),
        total(s, "预算收入") < 300],
    # s04 electricity
    "da-016": lambda s, n: growth(s("2024", "光伏"), s("2023", "光伏")),
    "da-017": lambda s, n: y(bottom(s.column("水电"))),
    "da-018": lambda s, n: s("2024", "火电") / new_energy(s, "2024"),
    "da-019": lambda s, n: check_sums(
        all(sum(cells[:4]) == cells[4] for cells in s.rows.values()),
        points(s("2024", "合计") / s.find("用电量#亿千瓦时")
               - s("2023", "合计") / old(s, "用电量#亿千瓦时，比上年增长#。"))),
    "da-020": lambda s, n: [
        falling(s.column("火电").values()) and falling(yearly_rate(s, "火电", YEARS[2:]).values()),
        s("2024", "水电") / s("2024", "合计") > s("2021", "水电") / s("2021", "合计"),
        growth(s("2024", "风电"), s("2021", "风电")) >= Fr(12, 10),
        s("2024", "风电") - s("2023", "风电") > s("2024", "光伏") - s("2023", "光伏")],
    # s05 express delivery (text only)
    "da-021": lambda s, n: check_sums(
        s.find("快递业务收入#亿元") == sum(s.find(f"{k}收入#亿元") for k in ("同城业务", "异地业务", "国际业务", "其他")),
        s.find("国际业务收入#亿元") / s.find("快递业务收入#亿元")),
    "da-022": lambda s, n: s.find("异地业务收入#亿元") - s.find("同城业务收入#亿元") - s.find("国际业务收入#亿元"),
    "da-023": lambda s, n: s.find("完成#亿件") - old(s, "完成#亿件，同比增长#；"),
    "da-024": lambda s, n: growth(s.find("快递业务收入#亿元") / s.find("完成#亿件"),
                                  old(s, "快递业务收入#亿元，同比增长#。") / old(s, "完成#亿件，同比增长#；")),
    "da-025": lambda s, n: [
        all(word == "增长" for word in re.findall(r"业务量[\d.]+亿件，同比(..)", s.text)),
        s.find("异地业务量#亿件") / s.find("完成#亿件") >= Fr(80, 100),
        s.find("营业网点#处") - s.find("比上年末增加#处") > 2800,
        s.find("快递业务收入[\\d.]+亿元，同比增长#。") > s.find("完成[\\d.]+亿件，同比增长#；")],
    # s06 tourism
    "da-026": lambda s, n: check_sums(
        totals_agree(s, ["2023年游客", "2024年游客", "过夜", "收入"], "全年"),
        growth(s("全年", "2024年游客"), s("全年", "2023年游客"))),
    "da-027": lambda s, n: s("三季度", "旅游收入") / total(s, "旅游收入"),
    "da-028": lambda s, n: spend(s, "全年"),
    "da-029": lambda s, n: night_ratio(s, "三季度") / night_ratio(s, "一季度"),
    "da-030": lambda s, n: [
        all(v > Fr(10, 100) for v in rates(s, "2024年游客", "2023年游客").values()),
        spend(s, "四季度") > spend(s, "二季度"),
        (s("三季度", "2024年游客") + s("四季度", "2024年游客")) / total(s, "2024年游客") >= Fr(55, 100),
        s("全年", "旅游收入") / (1 + s.find("旅游收入比上年增长#")) > 43],
    # s07 incomes
    "da-031": lambda s, n: top(part_changes(s, "农村")),
    "da-032": lambda s, n: sum(s(k, "城镇2024年") for k in PARTS_07) / sum(s(k, "农村2024年") for k in PARTS_07),
    "da-033": lambda s, n: weighted_income(s),
    "da-034": lambda s, n: check_sums(
        all(sum(s(k, c) for k in PARTS_07) == s("人均可支配收入", c) for c in s.columns),
        points(part_changes(s, "农村")["工资性收入"] / s("人均可支配收入", "农村2023年"))),
    "da-035": lambda s, n: [
        s("人均可支配收入", "城镇2024年") - s("人均可支配收入", "农村2024年")
        > s("人均可支配收入", "城镇2023年") - s("人均可支配收入", "农村2023年"),
        part_rates(s, "城镇")["财产净收入"] > growth(s("人均可支配收入", "城镇2024年"), s("人均可支配收入", "城镇2023年")),
        s("经营净收入", "农村2024年") / s("人均可支配收入", "农村2024年")
        > s("经营净收入", "农村2023年") / s("人均可支配收入", "农村2023年"),
        top(part_rates(s, "农村")) == "转移净收入"],
    # s08 foreign trade
    "da-036": lambda s, n: check_sums(
        totals_agree(s, ["2023年出口", "2024年出口", "2023年进口", "2024年进口"]),
        growth(total(s, "2024年出口"), total(s, "2023年出口"))),
    "da-037": lambda s, n: total(s, "2024年出口") / total(s, "2024年进口"),
    "da-038": lambda s, n: sum(deficit(s, k, 2023) - deficit(s, k, 2024) for k in s.rows if k != "合计"),
    "da-039": lambda s, n: trade(s, "机电产品", 2024) / trade(s, "合计", 2024),
    "da-040": lambda s, n: [
        (s("机电产品", "2024年出口") - s("机电产品", "2023年出口"))
        / (s("合计", "2024年出口") - s("合计", "2023年出口")) > Fr(70, 100),
        growth(trade(s, "农产品", 2024), trade(s, "农产品", 2023)) > growth(trade(s, "合计", 2024), trade(s, "合计", 2023)),
        deficit(s, "化工产品", 2023) > 0 > deficit(s, "化工产品", 2024),
        deficit(s, "化工产品", 2023) > 0 and growth(deficit(s, "化工产品", 2024), deficit(s, "化工产品", 2023)) <= -Fr(60, 100)],
    # s09 libraries (text only)
    "da-041": lambda s, n: s.find("总藏书#万册") / s.find("常住人口#万人"),
    "da-042": lambda s, n: growth(
        s.find("参加活动#万人次") / s.find("活动#场"),
        s.find("参加活动#万人次") / (1 + s.find("分别增长[\\d.]+%和#")) / (s.find("活动#场") / (1 + s.find("分别增长#和")))),
    "da-043": lambda s, n: points(s.find("市级馆2个，藏书#万册") / s.find("总藏书#万册")
                                  - s.find("市级馆2个，藏书[\\d.]+万册，接待读者#万人次") / s.find("全年接待读者#万人次")),
    "da-044": lambda s, n: old(s, "全年接待读者#万人次，比上年增长#；") - old(s, "外借#万册次，增长#。"),
    "da-045": lambda s, n: [
        s.find("区县级馆16个，藏书#万册") / s.find("总藏书#万册") >= Fr(60, 100),
        s.find("外借[\\d.]+万册次，增长#") > s.find("全年接待读者[\\d.]+万人次，比上年增长#"),
        s.find("参加活动#万人次") * 10000 / s.find("活动#场") < 100,
        old(s, "总藏书#万册，比上年末增长#。") > 1200],
    # s10 research spending
    "da-046": lambda s, n: y(top(yearly(s, "发明专利", YEARS[1:]))),
    "da-047": lambda s, n: s("2024", "发明专利") / s("2024", "研发经费（"),
    "da-048": lambda s, n: points(intensity(s, "2024") - intensity(s, "2020")),
    "da-049": lambda s, n: growth(s("2024", "地区生产总值") * (1 + n[1]) * n[2], s("2024", "研发经费（")),
    "da-050": lambda s, n: [
        s("2024", "研发经费（") / s("2024", "研发人员") < s("2020", "研发经费（") / s("2020", "研发人员"),
        rising(yearly_rate(s, "地区生产总值", YEARS[1:]).values()),
        rising(basic_share(s, v) for v in YEARS),
        s("2024", "发明专利") / s("2020", "发明专利") >= Fr(21, 10)],
    # s11 health care
    "da-051": lambda s, n: check_sums(
        totals_agree(s, ["机构", "床位", "卫生技术人员", "2023年诊疗", "2024年诊疗"]),
        growth(total(s, "2024年诊疗"), total(s, "2023年诊疗"))),
    "da-052": lambda s, n: sum(sorted(changes(s, "2024年诊疗", "2023年诊疗").values())[-2:]),
    "da-053": lambda s, n: staff_per_bed(s, "社区卫生服务中心") / staff_per_bed(s, "综合医院"),
    "da-054": lambda s, n: hospital_fee(s),
    "da-055": lambda s, n: [
        all(v > 0 for v in changes(s, "2024年诊疗", "2023年诊疗").values()),
        s("综合医院", "床位") / total(s, "床位") >= Fr(1, 2),
        total(s, "床位") / (s.find("常住人口#万人") * 10) < 7,
        (s("乡镇卫生院", "2024年诊疗") + s("社区卫生服务中心", "2024年诊疗")) / total(s, "2024年诊疗") < Fr(40, 100)],
    # s12 public transport
    "da-056": lambda s, n: s("公共汽车", "运营里程") / s("公共汽车", "线路"),
    "da-057": lambda s, n: only(k for k, v in changes(s, "2024年客运量", "2023年客运量").items() if v < 0),
    "da-058": lambda s, n: check_sums(
        totals_agree(s, ["线路", "里程", "2023年客运量", "2024年客运量"]) and total(s, "2024年客运量") == s.find("完成客运量#万人次"),
        points(rates(s, "2024年客运量", "2023年客运量")["轨道交通"] - growth(total(s, "2024年客运量"), total(s, "2023年客运量")))),
    "da-059": lambda s, n: points(s("轨道交通", "2024年客运量") * (1 + n[2]) / (total(s, "2024年客运量") * (1 + n[1]))
                                  - s("轨道交通", "2024年客运量") / total(s, "2024年客运量")),
    "da-060": lambda s, n: [
        total(s, "2024年客运量") / s.find("全年#天") > 240,
        rates(s, "2024年客运量", "2023年客运量")["定制巴士"] >= Fr(70, 100),
        s("轨道交通", "2024年客运量") / s("轨道交通", "里程") < 25 * s("公共汽车", "2024年客运量") / s("公共汽车", "里程"),
        s("轮渡", "2024年客运量") / total(s, "2024年客运量") < s("轮渡", "2023年客运量") / total(s, "2023年客运量")],
    # s13 employment (text only)
    "da-061": lambda s, n: jobs(s, "第三产业") / all_jobs(s),
    "da-062": lambda s, n: jobs(s, "第二产业") / jobs(s, "第一产业"),
    "da-063": lambda s, n: solve(lambda goal: goal * s.find("年度目标的#") - s.find("城镇新增就业#万人")),
    "da-064": lambda s, n: training_rest(s),
    "da-065": lambda s, n: [
        jobs(s, "第一产业", True) / all_jobs(s, True) - jobs(s, "第一产业") / all_jobs(s) > Fr(2, 100),
        growth(jobs(s, "第三产业"), jobs(s, "第三产业", True)) >= Fr(55, 1000),
        (jobs(s, "第三产业") - jobs(s, "第三产业", True)) / (all_jobs(s) - all_jobs(s, True)) >= Fr(14, 10),
        s.find("高技能人才#万人") / s.find("技能人才总量#万人") >= Fr(30, 100)],
    # s14 waste
    "da-066": lambda s, n: check_sums(all(c[0] == sum(c[1:]) for c in s.rows.values()), total(s, "清运量") / len(s.rows)),
    "da-067": lambda s, n: y(bottom(yearly(s, "填埋", YEARS[1:]))),
    "da-068": lambda s, n: max(yearly_rate(s, "资源化利用", YEARS[1:]).values()),
    "da-069": lambda s, n: (s("2024", "焚烧") / s("2024", "填埋")) / (s("2020", "焚烧") / s("2020", "填埋")),
    "da-070": lambda s, n: [
        falling(s.column("填埋").values()),
        rising(s.column("清运量").values()),
        s("2024", "焚烧") / s("2024", "清运量") < Fr(60, 100),
        s("2024", "资源化利用") / s("2020", "资源化利用") >= 3],
    # s15 retail
    "da-071": lambda s, n: s("汽车", "2024年零售额") / total(s, "2024年零售额"),
    "da-072": lambda s, n: check_sums(
        totals_agree(s, ["2023年零售额", "2024年零售额", "线上"]) and s.find("实现零售额#亿元") == total(s, "2024年零售额"),
        total(s, "2024年零售额") / 12),
    "da-073": lambda s, n: s("通讯器材", "线上") / (s("通讯器材", "2024年零售额") - s("通讯器材", "线上")),
    "da-074": lambda s, n: offline_growth(s),
    "da-075": lambda s, n: [
        all(v > 0 for v in changes(s, "2024年零售额", "2023年零售额").values()),
        top(rates(s, "2024年零售额", "2023年零售额")) == "家用电器",
        s("服装鞋帽", "线上") / s("服装鞋帽", "2024年零售额") >= Fr(1, 2),
        s.find("带动家用电器零售#亿元") / s("家用电器", "2024年零售额") >= Fr(35, 100)],
    # s16 schools
    "da-076": lambda s, n: check_sums(
        totals_agree(s, ["学校（", "2023年在校生", "2024年在校生", "专任教师"]),
        growth(s("普通高中", "2024年在校生"), s("普通高中", "2023年在校生"))),
    "da-077": lambda s, n: (s("普通高中", "2024年在校生") + s("中等职业学校", "2024年在校生"))
                           / (s("普通高中", "学校（") + s("中等职业学校", "学校（")),
    "da-078": lambda s, n: points(upper_share(s, 2024) - upper_share(s, 2023)),
    "da-079": lambda s, n: sum(d > 0 and s(k, "2024年在校生") / s(k, "学校（") > n[0] and pupil_teacher(s, k) < n[1]
                               for k, d in changes(s, "2024年在校生", "2023年在校生").items()),
    "da-080": lambda s, n: [
        all(v > 0 for v in changes(s, "2024年在校生", "2023年在校生").values()),
        s("小学", "2024年在校生") / s("小学", "学校（") > 600,
        s("中等职业学校", "2024年在校生") / total(s, "2024年在校生") >= Fr(10, 100),
        pupil_teacher(s, "初中") == pupil_teacher(s, "普通高中")],
    # s17 software
    "da-081": lambda s, n: max(changes(s, "2024年收入", "2023年收入").values()),
    "da-082": lambda s, n: s("软件产品", "2024年收入") / total(s, "2024年收入"),
    "da-083": lambda s, n: check_sums(
        totals_agree(s, ["2023年收入", "2024年收入", "利润", "从业人员"]),
        changes(s, "2024年收入", "2023年收入")["信息技术服务"] / sum(changes(s, "2024年收入", "2023年收入").values())),
    "da-084": lambda s, n: income_per_worker(s, ["信息技术服务"])
                           - income_per_worker(s, [k for k in s.column("利润") if k != "信息技术服务"]),
    "da-085": lambda s, n: [
        all(v > 0 for v in changes(s, "2024年收入", "2023年收入").values()),
        rates(s, "2024年收入", "2023年收入")["信息安全"] > growth(total(s, "2024年收入"), total(s, "2023年收入")),
        s("嵌入式系统软件", "利润") / s("嵌入式系统软件", "2024年收入") < Fr(9, 100),
        s("信息技术服务", "利润") / total(s, "利润") > s("信息技术服务", "2024年收入") / total(s, "2024年收入")],
    # s18 water
    "da-086": lambda s, n: sum(rising(s.column(c).values()) for c in WATER),
    "da-087": lambda s, n: s("2024", "农业用水") / sum(s("2024", c) for c in WATER),
    "da-088": lambda s, n: check_sums(water_adds_up(s), water_per_output(s, "2024")),
    "da-089": lambda s, n: -annual_rate(water_per_output(s, "2024") / water_per_output(s, "2021"), int(n[1] - n[0]), 1),
    "da-090": lambda s, n: [
        growth(s("2024", "生态补水"), s("2021", "生态补水")) >= Fr(80, 100),
        s("2023", "工业用水") - s("2024", "工业用水") > s("2023", "用水总量") - s("2024", "用水总量"),
        falling(yearly_rate(s, "用水总量", YEARS[2:]).values()),
        s("2024", "生活用水") / s("2024", "用水总量") < Fr(16, 100)],
    # s19 old-age services (text only)
    "da-091": lambda s, n: first(s, OLD_60) / s.find("占常住人口的#"),
    "da-092": lambda s, n: first(s, BEDS) / s.find("养老机构#家"),
    "da-093": lambda s, n: s.find("护理型床位[\\d.]+张，比上年末增加#张")
                           / (s.find("护理型床位#张") - s.find("护理型床位[\\d.]+张，比上年末增加#张")),
    "da-094": lambda s, n: (old(s, OLD_60) - old(s, OLD_80)) / old(s, OLD_80),
    "da-095": lambda s, n: [
        first(s, GUESTS) / first(s, BEDS) > old(s, GUESTS) / old(s, BEDS),
        first(s, BEDS) / (first(s, OLD_60) * 10) > 35,
        first(s, OLD_80) / first(s, OLD_60) >= Fr(16, 100),
        first(s, MEALS) / first(s, CANTEENS) < old(s, MEALS) / old(s, CANTEENS)],
    # s20 firms of a park
    "da-096": lambda s, n: top(changes(s, "2025年营业收入", "2024年营业收入")),
    "da-097": lambda s, n: check_sums(
        totals_agree(s, ["年末企业", "2024年营业收入", "2025年营业收入", "研发投入", "从业人员"]),
        growth(total(s, "2025年营业收入"), total(s, "2024年营业收入"))),
    "da-098": lambda s, n: points(s("大型企业", "2025年营业收入") / total(s, "2025年营业收入")
                                  - s("大型企业", "2024年营业收入") / total(s, "2024年营业收入")),
    "da-099": lambda s, n: (s("小型企业", "2025年营业收入") * (1 + rates(s, "2025年营业收入", "2024年营业收入")["小型企业"])
                            * 10000 / (s("小型企业", "年末企业") + n[1])),
    "da-100": lambda s, n: [
        (s("大型企业", "研发投入") + s("中型企业", "研发投入")) / total(s, "研发投入") >= Fr(70, 100),
        top(research_intensity(s)) == "大型企业",
        s("中型企业", "2025年营业收入") * 10000 / s("中型企业", "从业人员") > 200,
        s("微型企业", "年末企业") / total(s, "年末企业") >= Fr(1, 2)],
    # s21 freight
    "da-101": lambda s, n: check_sums(totals_agree(s, FREIGHT), s("水路", FREIGHT[3]) / total(s, FREIGHT[3])),
    "da-102": lambda s, n: growth(s("铁路", FREIGHT[3]), s("铁路", FREIGHT[2])),
    "da-103": lambda s, n: total(s, FREIGHT[3]) * 10**8 / (total(s, FREIGHT[1]) * 10**4),
    "da-104": lambda s, n: (haul(s, "水路", 2024) / haul(s, "公路", 2024)) / (haul(s, "水路", 2023) / haul(s, "公路", 2023)),
    "da-105": lambda s, n: [
        changes(s, FREIGHT[1], FREIGHT[0])["铁路"] / (total(s, FREIGHT[1]) - total(s, FREIGHT[0])) < Fr(25, 100),
        all(v < rates(s, FREIGHT[3], FREIGHT[2])[k] for k, v in rates(s, FREIGHT[1], FREIGHT[0]).items()),
        s("公路", FREIGHT[1]) / total(s, FREIGHT[1]) > s("公路", FREIGHT[0]) / total(s, FREIGHT[0]),
        changes(s, FREIGHT[3], FREIGHT[2])["水路"]
        > changes(s, FREIGHT[3], FREIGHT[2])["公路"] + changes(s, FREIGHT[3], FREIGHT[2])["铁路"]],
    # s22 renewal of old housing (text only)
    "da-106": lambda s, n: s.find("实际开工#个") / s.find("计划改造老旧小区#个"),
    "da-107": lambda s, n: first(s, PRIVATE) / first(s, RENEWAL),
    "da-108": lambda s, n: public_money(s) / (first(s, PRIVATE) + first(s, OWNERS)),
    "da-109": lambda s, n: growth(public_money(s), old(s, RENEWAL) - old(s, PRIVATE) - old(s, OWNERS)),
    "da-110": lambda s, n: [
        s.find("面积#万平方米") / s.find("居民#万户")
        < old(s, "面积#万平方米，比上年增长#。") / old(s, "居民#万户，比上年增长#；"),
        s.find("比上年增加#部") / (s.find("电梯#部") - s.find("比上年增加#部")) >= Fr(30, 100),
        first(s, OWNERS) / first(s, RENEWAL) > old(s, OWNERS) / old(s, RENEWAL),
        s.find("完工#个") > s.find("计划改造老旧小区#个")],
    # s23 fruit
    "da-111": lambda s, n: growth(total(s, "2024年产量"), total(s, "2023年产量")),
    "da-112": lambda s, n: check_sums(
        totals_agree(s, ["2023年产量", "2024年产量", "种植面积", "产值"]), s("苹果", "产值") / total(s, "产值")),
    "da-113": lambda s, n: total(s, "2024年产量") / total(s, "种植面积"),
    "da-114": lambda s, n: sum(price(s, k) > price(s, "合计") and fruit_yield(s, k) > fruit_yield(s, "合计")
                               for k in s.column("产值")),
    "da-115": lambda s, n: [
        s("苹果", "2024年产量") / total(s, "2024年产量") >= Fr(1, 2),
        top({k: v / s(k, "种植面积") for k, v in s.column("产值").items()}) == "葡萄",
        price(s, "樱桃") / price(s, "梨") >= 9,
        top(rates(s, "2024年产量", "2023年产量")) == "桃"],
    # s24 investment (text only)
    "da-116": lambda s, n: sum(investment_rate(s, k) > investment_rate(s, "固定资产投资") for k in INVESTMENTS),
    "da-117": lambda s, n: check_sums(three_sectors_agree(s), invested(s, "第二产业投资") / invested(s, "固定资产投资")),
    "da-118": lambda s, n: invested_before(s, "第二产业投资") / invested_before(s, "第一产业投资"),
    "da-119": lambda s, n: growth(invested(s, "固定资产投资") - invested(s, "房地产开发投资"),
                                  invested_before(s, "固定资产投资") - invested_before(s, "房地产开发投资")),
    "da-120": lambda s, n: [
        invested(s, "民间投资") / invested(s, "固定资产投资")
        > invested_before(s, "民间投资") / invested_before(s, "固定资产投资"),
        (invested(s, "第二产业投资") - invested_before(s, "第二产业投资"))
        / (invested(s, "固定资产投资") - invested_before(s, "固定资产投资")) < Fr(70, 100),
        s.find("完成投资#亿元") / s.find("亿元以上的项目#个") > 5,
        invested(s, "高技术产业投资") - invested_before(s, "高技术产业投资")
        > invested(s, "基础设施投资") - invested_before(s, "基础设施投资")],
    # s25 household spending
    "da-121": lambda s, n: check_sums(totals_agree(s, s.columns), top(changes(s, "城镇2024年", "城镇2023年"))),
    "da-122": lambda s, n: total(s, "城镇2024年") / total(s, "农村2024年"),
    "da-123": lambda s, n: points(engel(s, "农村2024年") - engel(s, "农村2023年")),
    "da-124": lambda s, n: points(sum(changes(s, "城镇2024年", "城镇2023年")[k] for k in ("交通通信", "教育文化娱乐"))
                                  / total(s, "城镇2023年")),
    "da-125": lambda s, n: [
        total(s, "城镇2024年") - total(s, "农村2024年") > total(s, "城镇2023年") - total(s, "农村2023年"),
        all(v > 0 for v in changes(s, "城镇2024年", "城镇2023年").values()),
        growth(total(s, "农村2024年"), total(s, "农村2023年")) < growth(total(s, "城镇2024年"), total(s, "城镇2023年")),
        s("居住", "城镇2024年") / total(s, "城镇2024年") > s("居住", "城镇2023年") / total(s, "城镇2023年")],
    # s26 air quality
    "da-126": lambda s, n: total(s, "优良天数") / len(s.rows),
    "da-127": lambda s, n: y(top(yearly(s, "臭氧", YEARS[1:]))),
    "da-128": lambda s, n: -growth(s("2024", "细颗粒物") * (1 - n[2]) * (1 - n[2]), s(str(n[4]), "细颗粒物")),
    "da-129": lambda s, n: good_to_other_days(s, "2024") / good_to_other_days(s, "2020"),
    "da-130": lambda s, n: [
        rising(s.column("优良天数")[v] for v in YEARS),
        bottom(yearly_rate(s, "细颗粒物", YEARS[1:])) == "2024",
        falling(yearly_rate(s, "二氧化氮", YEARS[1:]).values()),
        s("2024", "重污染天数") / s("2020", "重污染天数") < Fr(1, 5)],
    # s27 museums
    "da-131": lambda s, n: growth(total(s, "2024年参观"), total(s, "2023年参观")),
    "da-132": lambda s, n: check_sums(totals_agree(s, MUSEUMS), total(s, "免费开放") / total(s, "年末博物馆")),
    "da-133": lambda s, n: visits_per_museum(s, "自然科技类") - total(s, "2024年参观") / total(s, "年末博物馆"),
    "da-134": lambda s, n: sum(v < growth(total(s, "2024年参观"), total(s, "2023年参观"))
                               and visits_per_museum(s, k) < visits_per_museum(s, "合计")
                               for k, v in rates(s, "2024年参观", "2023年参观").items()),
    "da-135": lambda s, n: [
        s("自然科技类", "未成年人参观") / s("自然科技类", "2024年参观") >= Fr(45, 100),
        changes(s, "2024年参观", "2023年参观")["历史类"]
        / (total(s, "2024年参观") - total(s, "2023年参观")) >= Fr(45, 100),
        top({k: v / s(k, "年末博物馆") for k, v in s.column("免费开放").items()}) == "历史类",
        s("艺术类", "2024年参观") / total(s, "2024年参观") > s("艺术类", "2023年参观") / total(s, "2023年参观")],
    # s28 electric cars and charging (text only)
    "da-136": lambda s, n: first(s, CHARGED_PUBLIC) / first(s, CHARGED),
    "da-137": lambda s, n: first(s, GREEN_CARS) / s.find("共有充电桩#万个"),
    "da-138": lambda s, n: first(s, GREEN_CARS) / s.find("占全市汽车保有量的#") - old(s, GREEN_CARS) / s.find("上年末该比重为#"),
    "da-139": lambda s, n: growth(first(s, CHARGED) - first(s, CHARGED_PUBLIC), old(s, CHARGED) - old(s, CHARGED_PUBLIC)),
    "da-140": lambda s, n: [
        s.find("纯电动汽车#万辆") / first(s, GREEN_CARS)
        > (s.find("纯电动汽车#万辆") - s.find("比上年末增加#万辆")) / old(s, GREEN_CARS),
        growth(s.find("共有充电桩#万个"), s.find("共有充电桩#万个") - s.find("比上年末增加#万个"))
        < growth(first(s, GREEN_CARS), old(s, GREEN_CARS)),
        s.find("快充桩#万个") / s.find("其中公共充电桩#万个") >= Fr(1, 2),
        old(s, CHARGED_PUBLIC) / old(s, CHARGED) - first(s, CHARGED_PUBLIC) / first(s, CHARGED) > Fr(5, 100)],
    # s29 livestock
    "da-141": lambda s, n: top(rates(s, "2024年出栏", "2023年出栏")),
    "da-142": lambda s, n: growth(s("家禽", "2024年肉产量"), s("家禽", "2023年肉产量")),
    "da-143": lambda s, n: s("生猪", "2024年肉产量") / s("生猪", "2024年出栏") * 1000,
    "da-144": lambda s, n: check_sums(
        total(s, "2024年肉产量") == s.find("肉产量合计#万吨")
        and abs(growth(total(s, "2024年肉产量"), total(s, "2023年肉产量"))
                - s.find("合计[\\d.]+万吨，比上年增长#")) < Fr(5, 10000),
        pig_ratio(s, 2024) / pig_ratio(s, 2023)),
    "da-145": lambda s, n: [
        s("生猪", "2024年肉产量") / total(s, "2024年肉产量") > s("生猪", "2023年肉产量") / total(s, "2023年肉产量"),
        s.find("禽蛋产量#万吨") - before(s, "禽蛋产量#万吨，比上年~#；")
        > 4 * (before(s, "牛奶产量#万吨，比上年~#。") - s.find("牛奶产量#万吨")),
        sum(v for k, v in changes(s, "2024年肉产量", "2023年肉产量").items() if k != "家禽") > 0,
        s("肉牛", "2024年肉产量") / s("肉牛", "2024年出栏") < s("肉牛", "2023年肉产量") / s("肉牛", "2023年出栏")],
    # s30 hotline
    "da-146": lambda s, n: growth(total(s, "受理量"), s.find("受理诉求#万件")),
    "da-147": lambda s, n: check_sums(hotline_agrees(s), total(s, "受理量") * 10000 / s.find("全年#天")),
    "da-148": lambda s, n: points(online_share(s, "四季度") - online_share(s, "一季度")),
    "da-149": lambda s, n: only(k for k, v in s.column("受理量").items() if v > total(s, "受理量") / 4
                                and online_share(s, k) > online_share(s, "全年") and on_time(s, k) > on_time(s, "全年")),
    "da-150": lambda s, n: [
        rising(s.column("受理量").values()),
        (s("三季度", "受理量") + s("四季度", "受理量")) / total(s, "受理量") >= Fr(55, 100),
        total(s, "网络") - s.find("网络受理#万件") > total(s, "电话") - s.find("电话受理#万件"),
        total(s, "电话") / s.find("2024年末有#个") < s.find("电话受理#万件") / s.find("话务坐席#个")],
    # s31 deposits and loans
    "da-151": lambda s, n: check_sums(balances_agree(s), s("住户存款", "2024年末") / s("各项存款", "2024年末")),
    "da-152": lambda s, n: s("各项存款", "2024年末") / s("各项贷款", "2024年末"),
    "da-153": lambda s, n: (s("住户存款", "2024年末") - s("住户贷款", "2024年末")) / s.find("常住人口#万人"),
    "da-154": lambda s, n: growth(s("各项贷款", "2024年末") - s.find("普惠小微贷款余额#亿元"),
                                  s("各项贷款", "2023年末") - old(s, "普惠小微贷款余额#亿元，比上年末增长#；")),
    "da-155": lambda s, n: [
        all(v > 0 for k, v in changes(s, "2024年末", "2023年末").items() if k.endswith("存款")),
        s("各项贷款", "2024年末") / s("各项存款", "2024年末") < s("各项贷款", "2023年末") / s("各项存款", "2023年末"),
        changes(s, "2024年末", "2023年末")["企业贷款"] / changes(s, "2024年末", "2023年末")["各项贷款"] >= Fr(90, 100),
        points(s.find("绿色贷款余额#亿元") / s("各项贷款", "2024年末")
               - old(s, "绿色贷款余额#亿元，比上年末增长#。") / s("各项贷款", "2023年末")) > Fr(15, 10)],
}


# ---------------------------------------------------------------- comparing

def compare(item, answer, exact):
    """None when exactly the keyed option matches, otherwise the reason why not."""
    if item["kind"] == "fill_in":
        wrong = [k for k in item["key"] if Option(k).value != answer]
        return f"accepted {wrong}, computed {answer}" if wrong or not item["key"] else None
    letters = "ABCDEF"[:len(item["options"])]
    if isinstance(answer, list):
        if len(answer) != len(letters):
            return "one judgement per statement is needed"
        matching = "".join(c for c, holds in zip(letters, answer) if holds)
        return None if matching == item["key"] else f"statements that hold: {matching or 'none'}, key {item['key']}"
    options = [Option(o) for o in item["options"]]
    if len({o.text for o in options}) != len(options):
        return "two options are the same"
    if not isinstance(answer, str):
        if any(o.value is None for o in options):
            return "an option has no value"
        if len({o.unit for o in options}) != 1:
            return "the options differ in unit"
        close = [o.text for c, o in zip(letters, options) if c != item["key"] and not o.is_clear_of(answer)]
        if close:
            return f"too close to {float(answer):.5g}: {close}"
    matching = "".join(c for c, o in zip(letters, options) if o.is_(answer, exact))
    shown = answer if isinstance(answer, str) else f"{float(answer):.5g}"
    return None if matching == item["key"] else f"computed {shown}, matches {matching or 'no option'}, key {item['key']}"


def check(item, stimuli):
    try:
        if item["id"] in QUANT:
            return compare(item, QUANT[item["id"]](numbers(item["stem"])), exact=True)
        if item["id"] in DATA:
            answer = DATA[item["id"]](stimuli[item["stimulus"]], numbers(item["stem"]))
            return compare(item, answer, exact=False)
        return "no check"
    except Exception as problem:        # a check that cannot be carried out is a failure of the item
        return f"{type(problem).__name__}: {problem}"


def main(folder):
    passed = failed = 0
    seen = Counter()
    for name in ("quantitative", "data_analysis"):
        with open(folder / f"{name}.toml", "rb") as file:
            section = tomllib.load(file)
        stimuli = {raw["id"]: Stimulus(raw) for raw in section.get("stimulus", [])}
        for item in section["item"]:
            seen[item["id"]] += 1
            reason = "repeated id" if seen[item["id"]] > 1 else check(item, stimuli)
            if reason:
                failed += 1
                print(f"{item['id']}: {reason}")
            else:
                passed += 1
    for item in sorted((QUANT.keys() | DATA.keys()) - seen.keys()):
        failed += 1
        print(f"{item}: has a check but is not in the bank")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else BANK))
