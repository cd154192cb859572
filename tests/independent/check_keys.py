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
