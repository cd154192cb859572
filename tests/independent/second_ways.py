"""A second computation of the key of each template.

Each function gets the numbers of the stem in order, as a candidate reads them
(25% is 1/4), never the template's hidden variables, and works the answer out by
simulation, enumeration, search or a different formula. It returns the number
(or numbers) of the key, or the key's text without spaces where the wording
counts. A function of two arguments also gets the options and returns the right
one's text.
"""

import datetime
import re
import statistics
from fractions import Fraction as Fr
from functools import cache
from itertools import combinations, count, permutations, product

WAYS = {}


def way(name):
    def register(function):
        WAYS[name] = function
        return function
    return register


def only(values):
    found = set(values)
    if len(found) != 1:
        raise ValueError(f"expected one solution, found {sorted(found)[:5]}")
    return found.pop()


def root(f):
    """The root of a linear function, checked with a third value."""
    a, b = Fr(f(Fr(0))), Fr(f(Fr(1)))
    x = a / (a - b)
    assert f(x) == 0, "not linear"
    return x


def steps(rate, amount=1, step=1):
    """Time until rate(t), summed over steps, comes to exactly the amount."""
    done, t = Fr(0), Fr(0)
    while done < amount:
        done += rate(t) * step
        t += step
    assert done == amount, "finishes between steps"
    return t


# ---------------------------------------------------------------- work

way("qt-t01")(lambda n: steps(lambda t: sum(1 / x for x in n)))
way("qt-t02")(lambda n: steps(lambda t: 1 / n[0] + (1 / n[1] if t >= n[2] else 0)) - n[2])
way("qt-t03")(lambda n: steps(lambda t: 1 / n[1] + (0 if 1 <= t < 1 + n[2] else 1 / n[0])))
way("qt-t04")(lambda n: n[2] * (n[3] / n[0]) * (n[4] / n[1]))
way("qt-t05")(lambda n: steps(lambda t: 1 / n[0] + 1 / n[1] - 1 / n[2]))


@way("qt-t06")
def _(n):
    per_day, first, faster, early = n
    return root(lambda total: total / per_day - early - first - (total - per_day * first) / (per_day * (1 + faster)))


@way("qt-t07")
def _(n):
    ab, bc, ac, together = n
    a, b, c = (1 / ab + 1 / ac - 1 / bc) / 2, (1 / ab + 1 / bc - 1 / ac) / 2, (1 / bc + 1 / ac - 1 / ab) / 2
    assert min(a, b, c) > 0
    return steps(lambda t: a + c + (b if t < together else 0)) - together


# ---------------------------------------------------------------- motion

way("qt-t08")(lambda n: steps(lambda t: n[1] + n[2], n[0], Fr(1, 2)))
way("qt-t09")(lambda n: next(t for t in count(1) if n[2] * t >= n[0] * (t + n[1])))
way("qt-t10")(lambda n: next(t for t in count(1) if n[1] * t - n[0] >= n[2]))


@way("qt-t11")
def _(n):
    d, down, up = n
    return only(Fr(w, 2) for w in range(1, 40) for u in range(5, 60)
                if (u + Fr(w, 2)) * down == d == (u - Fr(w, 2)) * up)


way("qt-t12")(lambda n: statistics.harmonic_mean(n))


@way("qt-t13")
def _(n):
    lap, meet, overtake = n
    return only(f for f in range(50, 500) for s in (lap / meet - f,)
                if 0 < s < f and (f - s) * overtake == lap)


@way("qt-t14")
def _(n):
    v, late, w, early = n
    return root(lambda d: (d / v - late) - (d / w + early))


@way("qt-t15")
def _(n):       # the fast train's front starts at the slow train's tail
    long1, v, long2, w = n
    return next(t for t in count(1) if v * t - long1 >= w * t + long2)


# ---------------------------------------------------------------- profit

way("qt-t16")(lambda n: n[0] * (1 + n[1]) * n[2] / 10 - n[0])
way("qt-t17")(lambda n: root(lambda c: c + c * n[2] - n[0] * n[1] / 10))


@way("qt-t18")
def _(n):
    price, gain, loss = n
    profit = (price - root(lambda c: c + c * gain - price)) + (price - root(lambda c: c - c * loss - price))
    return f"{'盈利' if profit > 0 else '亏损'}{abs(profit)}元"


@way("qt-t19")
def _(n):
    first, low, _, high, fee = n
    return next(u for u in count(1) if sum(low if i < first else high for i in range(u)) >= fee)


@way("qt-t20")
def _(n):
    full, less, items, price = n
    total = sum(price for _ in range(int(items)))
    pay, rest = total, total
    while rest >= full:
        rest, pay = rest - full, pay - less
    return pay


way("qt-t21")(lambda n: n[0] + sum(n[0] * n[2] for _ in range(int(n[1]))))
way("qt-t22")(lambda n: max((n[1] + x - n[0]) * (n[2] - n[4] * x) for x in range(0, 200) if n[4] * x <= n[2]))
way("qt-t23")(lambda n: only(x for x in range(1, int(n[2]))
                             if n[3] * n[2] == (n[0] * x + n[1] * (n[2] - x)) * (1 + n[4])))


@way("qt-t24")
def _(n):
    d, up, f, down = n
    price = root(lambda p: (p * d / 10 - up) - (p * f / 10 + down))
    return price * f / 10 + down


# ---------------------------------------------------------------- equations

way("qt-t25")(lambda n: only(y for y in range(1, 60) if n[0] + y == n[2] * (n[1] + y)))
way("qt-t26")(lambda n: root(lambda w: n[1] * n[0] - (n[1] + w) * n[2]))
way("qt-t27")(lambda n: root(lambda c: (n[0] - c) * n[1] + (n[2] - c) * n[3]))
way("qt-t28")(lambda n: only(r for r in range(int(n[0]) + 1) if n[1] * r - n[2] * (n[0] - r) == n[3]))


@way("qt-t29")
def _(n):
    a, b, x, c, d = n
    return only(a * k + b * k + x for k in range(1, 200) if (b * k + x) * c == a * k * d)


way("qt-t30")(lambda n: only(w for w in range(1, 200) if n[0] * n[1] + w * n[2] == (n[0] + w) * n[3]))


@cache
def splits(total, parts, low, high):
    """Whether total is a sum of `parts` different whole numbers within low..high."""
    reach = [1] + [0] * parts               # bit s of reach[j]: s is a sum of j of them
    for v in range(low, high + 1):
        for j in range(parts, 0, -1):
            reach[j] |= reach[j - 1] << v
    return bool(reach[parts] >> total & 1)


way("qt-t31")(lambda n: next(m for m in count(1) if splits(int(n[0]), int(n[1]), 1, m)))
way("qt-t32")(lambda n: next(m for m in range(int(n[0]), 0, -1) if splits(int(n[0]), int(n[1]), m, int(n[0]))))
way("qt-t33")(lambda n: only(w for w in range(int(min(n[1:3])) + 1) if (n[1] - w) + (n[2] - w) + w + n[3] == n[0]))


@way("qt-t34")
def _(n):       # all ways to fill the diagram
    a, b, c, union, two = map(int, n)
    def fits(x):
        return any(min(s) >= 0 and sum(s) + two + x == union
                   for ab in range(two + 1) for ac in range(two + 1 - ab)
                   for s in ((a - ab - ac - x, b - two + ac - x, c - two + ab - x),))
    return only(x for x in range(union) if fits(x))


@way("qt-t35")
def _(n):
    a, t, b, s, c = n
    come = (a * t - b * s) / (t - s)
    return steps(lambda _: c - come, t * (a - come))


way("qt-t36")(lambda n: only(n[0] * k + n[1] for k in range(1, 100) if n[0] * k + n[1] == n[2] * k - n[3]))


# ---------------------------------------------------------------- numbers

way("qt-t37")(lambda n: next(d for d in count(1) if all(d % x == 0 for x in n)))
way("qt-t38")(lambda n: only(x for x in range(int(n[0]) + 1, int(n[1]))
                             if x % n[2] == n[3] and x % n[4] == n[5] and x % n[6] == n[7]))


@way("qt-t39")
def _(n):
    m, d, k = map(int, n)
    def first(year):
        day = datetime.date(year, m, d).weekday()
        return next(x for x in range(1, 8) if datetime.date(year, k, x).weekday() == day)
    return only(map(first, range(2019, 2025)))


@way("qt-t40")
def _(n):
    used = 0
    for page in count(1):
        used += len(str(page))
        if used >= n[1]:
            assert used == n[1]
            return page


way("qt-t41")(lambda n: sum(x % n[2] == 0 or x % n[3] == 0 for x in range(1, int(n[1]) + 1)))
way("qt-t42")(lambda n: pow(int(n[0]), int(n[1]), 10))
way("qt-t43")(lambda n: len(set(range(0, int(n[0]) + 1, int(n[1]))) & set(range(0, int(n[0]) + 1, int(n[2])))))


# ---------------------------------------------------------------- counting

@way("qt-t44")
def _(n):
    m, w, k, least = map(int, n)
    return sum(sum(p >= m for p in chosen) >= least for chosen in combinations(range(m + w), k))


@cache
def shares(things, places, least):
    if places == 1:
        return int(things >= least)
    return sum(shares(things - x, places - 1, least) for x in range(least, things + 1))


way("qt-t45")(lambda n: shares(*map(int, n)))


@way("qt-t46")
def _(n):
    r, w, taken = map(int, n)
    draws = list(permutations(range(r + w), taken))
    return Fr(sum(all(x < r for x in d) for d in draws), len(draws))


@way("qt-t47")
def _(n):
    chance = lambda hit, p: p if hit else 1 - p
    return sum(chance(x, n[0]) * chance(y, n[1]) for x, y in product((0, 1), repeat=2) if x + y == 1)


@way("qt-t48")
def _(n):
    a, b, x, y = n
    @cache
    def paths(i, j):
        if (i, j) == (x, y) or i < 0 or j < 0:
            return 0
        return 1 if (i, j) == (0, 0) else paths(i - 1, j) + paths(i, j - 1)
    return paths(int(a), int(b))


@way("qt-t49")
def _(n):
    a, b, c, d = map(int, n)
    roads = {("甲", "乙"): a, ("乙", "丁"): b, ("甲", "丙"): c, ("丙", "丁"): d}
    def trips(place):
        return 1 if place == "丁" else sum(k * trips(there) for (here, there), k in roads.items() if here == place)
    return trips("甲")


@way("qt-t50")
def _(n):       # an adversary draws as long as it can
    *balls, k = map(int, n)
    drawn, total = [0] * len(balls), 0
    while True:
        safe = [i for i, b in enumerate(balls) if drawn[i] < b and drawn[i] + 1 < k]
        if not safe:
            assert sum(drawn) < sum(balls)
            return total + 1
        drawn[safe[0]] += 1
        total += 1


# ---------------------------------------------------------------- geometry

def shoelace(points):
    turns = zip(points, points[1:] + points[:1])
    return abs(sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in turns)) / 2


way("qt-t51")(lambda n: only(w * (w + n[1]) for w in range(1, 200) if 2 * (w + w + n[1]) == n[0]))


@way("qt-t52")
def _(n):
    l, w, s = map(int, n)
    return sum(not (0 <= x < l and 0 <= y < w) for x in range(-s, l + s) for y in range(-s, w + s))


@way("qt-t53")
def _(n):
    a, b, c = map(int, n[:3])
    faces = lambda i, size: (i == 0) + (i == size - 1)
    return sum(faces(i, a) + faces(j, b) + faces(k, c) == 1 for i in range(a) for j in range(b) for k in range(c))


@way("qt-t54")
def _(n):
    before = shoelace([(0, 0), (100, 0), (100, 60), (0, 60)])
    l, w = 100 * (1 + n[0]), 60 * (1 - n[1])
    change = Fr(shoelace([(0, 0), (l, 0), (l, w), (0, w)]), 1) / Fr(before) - 1
    shown = f"{float(abs(change) * 100):.4f}".rstrip("0").rstrip(".")
    return f"{'增加' if change > 0 else '减少'}了{shown}%"


way("qt-t55")(lambda n: root(lambda h: n[0] * n[1] * h - n[2] * n[3] * n[4]))
# the ray from the lamp (0, h) over the head (d, k) reaches the ground at x
way("qt-t56")(lambda n: root(lambda x: n[0] + (n[1] - n[0]) / n[2] * x) - n[2])


@way("qt-t57")
def _(n):
    top, base, area = n
    a, d, b, c = (Fr(3), Fr(1)), (3 + top, Fr(1)), (Fr(0), Fr(0)), (base, Fr(0))
    t = root(lambda t: (a[0] + t * (c[0] - a[0])) - d[0] * (1 - t))     # AC meets BD at height 1-t
    o = (d[0] * (1 - t), 1 - t)
    return area / shoelace([a, o, d]) * shoelace([a, b, c, d])


# ---------------------------------------------------------------- sequences

@way("qt-t58")
def further(terms):
    if len(set(terms)) == 1 and len(terms) > 1:
        return terms[-1]
    return terms[-1] + further([b - a for a, b in zip(terms, terms[1:])])


@way("qt-t59")
def _(n):
    p = (n[2] - n[1]) / (n[1] - n[0])
    q = n[1] - p * n[0]
    assert all(b == p * a + q for a, b in zip(n, n[1:]))
    return p * n[-1] + q


@way("qt-t60")
def _(n):
    odd, even = n[0::2], n[1::2]
    assert len({b - a for a, b in zip(even, even[1:])}) == 1
    return odd[-1] * only(b / a for a, b in zip(odd, odd[1:]))


way("qt-t61")(lambda n: n[-1] + n[-2] + only(c - b - a for a, b, c in zip(n, n[1:], n[2:])))
way("qt-t62")(lambda n: n[-1] * len(n) + only(b - a * k for k, (a, b) in enumerate(zip(n, n[1:]), 1)))


@way("qt-t63")
def _(n):
    row, total = n[0], 0
    for _ in range(int(n[2])):
        total, row = total + row, row + n[1]
    return total


# ---------------------------------------------------------------- data analysis

def data(name):
    """Like way, with the years left out of the numbers."""
    def register(function):
        WAYS[name] = lambda n: function([x for x in n if x not in range(2022, 2026)])
        return function
    return register


data("da-t01")(lambda n: root(lambda g: n[1] * (1 + g) - n[0]))
data("da-t02")(lambda n: root(lambda x: x + x * n[1] - n[0]))
data("da-t03")(lambda n: root(lambda x: (n[0] - x) * n[1] - x))
data("da-t04")(lambda n: root(lambda s: n[0] * s - n[1]))


def before(value, growth):
    return root(lambda x: x + x * growth - value)


data("da-t05")(lambda n: before(n[2], n[3]) / before(n[0], n[1]))


@data("da-t06")
def _(n):
    change = (n[3] / n[2] - n[1] / n[0]) * 100
    return f"{'上升' if change > 0 else '下降'}{float(abs(change)):.1f}个百分点"


data("da-t07")(lambda n: root(lambda m: (n[1] - m * n[0]) + (n[3] - m * n[2])))
data("da-t08")(lambda n: Fr(777) * (1 + n[0]) / (Fr(31) * (1 + n[1])) / Fr(777, 31) - 1)
data("da-t09")(lambda n: root(lambda x: x * n[1] - n[0]))
data("da-t10")(lambda n: before(n[0], n[1]) / before(n[2], n[3]))
data("da-t11")(lambda n: (n[0] * (1 + n[2]) + n[1] * (1 + n[3])) / (n[0] + n[1]) - 1)
data("da-t12")(lambda n: only(Fr(w, 100) for w in range(1, 100)
                              if w * (1 + n[1]) + (100 - w) * (1 + n[2]) == 100 * (1 + n[0])))
data("da-t13")(lambda n: Fr(1000) * (1 + n[0]) * (1 + n[1]) / 1000 - 1)
data("da-t14")(lambda n: only(Fr(p, 200) for p in range(1, 200) if n[0] * (1 + Fr(p, 200)) ** 2 == n[1]))
data("da-t15")(lambda n: (n[3] - n[2]) / (n[1] - n[0]))
data("da-t16")(lambda n: ((n[0] - n[1] + n[1] * (1 + n[2])) / n[0] - 1) * 100)
data("da-t17")(lambda n: root(lambda x: x * n[0] - n[1] * n[1]))
data("da-t18")(lambda n: sum(x > n[8] for x in n[2:8]))
data("da-t19")(lambda n: max(abs(a - b) for a, b in combinations(n, 2)))
data("da-t20")(lambda n: 360 / (n[0] / n[1]))


def the_true_one(options, facts):
    """The only option whose statement holds; facts: pattern with one number -> actual value."""
    def holds(option):
        value, claim = only((actual, Fr(m[1])) for pattern, actual in facts.items()
                            if (m := re.fullmatch(pattern, option)))
        return value > claim
    return only(o for o in options if holds(o))


@way("da-t21")
def _(n, options):
    a, a2, b, b2 = [x for x in n if x not in range(2022, 2026)]
    first, second = "(?:甲区|东湖区)", "(?:乙区|西岭区)"
    return the_true_one(options, {
        f"2024 年{first}工业增加值比上年增长超过 (.*)%": (a2 / a - 1) * 100,
        f"2024 年{second}工业增加值比上年增长超过 (.*)%": (b2 / b - 1) * 100,
        "2024 年两地工业增加值合计超过 (.*) 亿元": a2 + b2,
        "2023 年两地工业增加值合计超过 (.*) 亿元": a + b,
        f"2024 年{second}工业增加值的增加额比{first}多 (.*) 亿元以上": (b2 - b) - (a2 - a),
        f"2024 年{second}工业增加值是{first}的 (.*) 倍以上": b2 / a2})


@way("da-t22")
def _(n, options):
    a2, c, b2, d = [x for x in n if x not in range(2022, 2026)]
    one = "(?:稻谷|玉米|小麦)"
    return the_true_one(options, {
        f"2024 年{one}产量占粮食产量的比重超过 (.*)%": b2 / a2 * 100,
        "2024 年粮食产量比上年增长超过 (.*)%": c / (a2 - c) * 100,
        f"2024 年{one}产量比上年增长超过 (.*)%": d / (b2 - d) * 100,
        "2023 年粮食产量超过 (.*) 万吨": a2 - c,
        f"2023 年{one}产量超过 (.*) 万吨": b2 - d,
        f"2024 年{one}的增加额占粮食增加额的 (.*)% 以上": d / c * 100})


# ---------------------------------------------------------------- reasoning

@way("rs-t01")
def _(n):
    groups = [n[i:i + 3] for i in (0, 3, 6)]
    return n[9] * n[10] + only(z - x * y for x, y, z in groups)


@way("rs-t02")
def _(n):
    a, b, between = n
    return only(total for total in range(1, 100) if (total - b + 1) - a - 1 == between)


@way("rs-t03")
def _(n):       # those who know each program stand one after another round a circle
    total, *known = map(int, n)
    times, at = [0] * total, 0
    for k in known:
        for i in range(at, at + k):
            times[i % total] += 1
        at += k
    return times.count(3)


@way("rs-t04")
def _(n):
    a, b, c, d, x = n
    q = a / b               # weights, with the first kind as the unit
    r = c * q / d
    return x / r


@way("rs-t05")
def _(n):
    games = sum(1 for _ in combinations(range(int(n[0])), 2))
    return only(d for d in range(games + 1) if 2 * d + 3 * (games - d) == n[4])


# ---------------------------------------------------------------- common knowledge

way("ck-t01")(lambda n: int(str(n[0]), 2))


@way("ck-t02")
def _(n):
    half, left, time = n
    while time >= half:
        left, time = left / 2, time - half
    assert time == 0
    return left


@way("ck-t03")
def _(n):
    m, d, h, z = map(int, n)
    there = datetime.datetime(2023, m, d, h, tzinfo=datetime.timezone(datetime.timedelta(hours=8)))
    there = there.astimezone(datetime.timezone(datetime.timedelta(hours=-z)))
    return there.month, there.day, there.hour


way("ck-t04")(lambda n: n[1] * n[2] / 100 / 1000)
way("ck-t05")(lambda n: n[3] - sum(n[1] for _ in range(int(n[2]), int(n[4]), 100)))
way("ck-t06")(lambda n: n[2] / n[1])


@way("ck-t07")
def _(n, options):
    same = lambda y: ((y - 4) % 10, (y - 4) % 12) == ((n[0] - 4) % 10, (n[0] - 4) % 12)
    return only(o for o in options if same(int(re.match(r"\d+", o)[0])))
