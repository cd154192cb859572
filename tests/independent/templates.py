#!/usr/bin/env python3
"""Check parametric item templates and print instances of them.

  python3 templates.py DIR                   check every *.toml of the folder; exit 1 on a fault
  python3 templates.py DIR --show ID N       print N instances of one template (ID "all": of each)
  python3 templates.py DIR --compare SEED F  whether F, `keju bank instances --json`, holds the
                                             instances that the seed gives by docs/papers.md

Everything is exact (Fraction). Python 3.11, standard library only.
The second computation of the keys is in second_ways.py beside this file.
"""

import json
import math
import random
import re
import sys
import tomllib
from collections import Counter
from fractions import Fraction as Fr
from pathlib import Path

from draw import sub, words

DRAWS, DISTINCT = 300, 200      # instances drawn per template; different stems wanted
PATIENCE = 20000                # draws in a row that may be rejected
ID = {"quantitative": "qt", "data_analysis": "da", "reasoning": "rs", "common_knowledge": "ck"}


class Fault(Exception):
    pass


def need(condition, message):
    if not condition:
        raise Fault(message)


# ---------------------------------------------------------------- expressions

TOKEN = re.compile(r"\s*(?:(\d+(?:\.\d+)?)|([A-Za-z_]\w*)|(==|!=|<=|>=|[-+*/()<>,]))")
WORDS = {"and", "or", "not"}


def tokens(text):
    out, at = [], 0
    text = text.rstrip()
    while at < len(text):
        m = TOKEN.match(text, at)
        need(m, f"unreadable at {text[at:]!r} in {text!r}")
        number, name, sign = m.groups()
        out.append(("number", Fr(number)) if number else ("sign", name) if name in WORDS
                   else ("name", name) if name else ("sign", sign))
        at = m.end()
    return out


class Parser:
    """or < and < not < comparison (one, not chained) < + - < * / < unary minus < primary.

    A parsed expression is a function of the environment {name: Fraction}.
    """

    def __init__(self, text):
        self.text, self.tokens, self.at = text, tokens(text), 0

    def parse(self):
        tree = self.or_()
        need(self.at == len(self.tokens), f"left over after {self.at} tokens in {self.text!r}")
        return tree

    def peek(self):
        return self.tokens[self.at] if self.at < len(self.tokens) else ("end", "")

    def take(self, *signs):
        kind, value = self.peek()
        if kind == "sign" and value in signs:
            self.at += 1
            return value
        return None

    def expect(self, sign):
        need(self.take(sign), f"{sign!r} expected in {self.text!r}")

    def or_(self):
        left = self.and_()
        while self.take("or"):
            left = self.logic(left, self.and_(), lambda a, b, env: a(env) or b(env))
        return left

    def and_(self):
        left = self.not_()
        while self.take("and"):
            left = self.logic(left, self.not_(), lambda a, b, env: a(env) and b(env))
        return left

    def logic(self, a, b, rule):
        return lambda env: rule(lambda e: truth(a(e)), lambda e: truth(b(e)), env)

    def not_(self):
        if self.take("not"):
            inner = self.not_()
            return lambda env: not truth(inner(env))
        return self.comparison()

    def comparison(self):
        left = self.sum()
        sign = self.take("==", "!=", "<", "<=", ">", ">=")
        if not sign:
            return left
        right, rule = self.sum(), COMPARE[sign]
        return lambda env: rule(number(left(env)), number(right(env)))

    def sum(self):
        left = self.product()
        while sign := self.take("+", "-"):
            left = arithmetic(left, self.product(), sign)
        return left

    def product(self):
        left = self.unary()
        while sign := self.take("*", "/"):
            left = arithmetic(left, self.unary(), sign)
        return left

    def unary(self):
        if self.take("-"):
            inner = self.unary()
            return lambda env: -number(inner(env))
        return self.primary()

    def primary(self):
        kind, value = self.peek()
        self.at += 1
        if kind == "number":
            return lambda env: value
        if (kind, value) == ("sign", "("):
            inner = self.or_()
            self.expect(")")
            return inner
        need(kind == "name", f"number, name or ( expected in {self.text!r}")
        if not self.take("("):
            return lambda env: lookup(env, value)
        arguments = [self.sum()]
        while self.take(","):
            arguments.append(self.sum())
        self.expect(")")
        need(value in FUNCTIONS, f"unknown function {value} in {self.text!r}")
        rule, least, most = FUNCTIONS[value]
        need(least <= len(arguments) <= most, f"{value} with {len(arguments)} arguments in {self.text!r}")
        return lambda env: rule(*(number(a(env)) for a in arguments))


def lookup(env, name):
    need(name in env, f"unknown name {name}")
    return env[name]


def number(value):
    need(isinstance(value, Fr), f"{value!r} is not a number")
    return value


def truth(value):
    need(isinstance(value, bool), f"{value!r} is not true or false")
    return value


def arithmetic(left, right, sign):
    def run(env):
        a, b = number(left(env)), number(right(env))
        need(sign != "/" or b != 0, "division by zero")
        return {"+": lambda: a + b, "-": lambda: a - b, "*": lambda: a * b, "/": lambda: a / b}[sign]()
    return run


def whole(x, low=None, high=None):
    need(x.denominator == 1, f"{x} is not whole")
    need((low is None or x >= low) and (high is None or x <= high), f"{x} is outside {low}..{high}")
    return int(x)


def rounded(x, places):
    """Half away from zero."""
    scale = 10 ** places
    n = math.floor(abs(x) * scale + Fr(1, 2))
    return Fr(n if x >= 0 else -n, scale)


def modulo(a, b):
    need(b != 0, "mod by zero")
    return a - b * math.floor(a / b)


COMPARE = {"==": Fr.__eq__, "!=": lambda a, b: a != b, "<": Fr.__lt__, "<=": Fr.__le__,
           ">": Fr.__gt__, ">=": Fr.__ge__}
FUNCTIONS = {           # name: (rule, fewest and most arguments)
    "floor": (lambda x: Fr(math.floor(x)), 1, 1),
    "ceil": (lambda x: Fr(math.ceil(x)), 1, 1),
    "abs": (abs, 1, 1),
    "min": (lambda *x: min(x), 1, 99),
    "max": (lambda *x: max(x), 1, 99),
    "mod": (modulo, 2, 2),
    "gcd": (lambda a, b: Fr(math.gcd(whole(a), whole(b))), 2, 2),
    "lcm": (lambda a, b: Fr(math.lcm(whole(a), whole(b))), 2, 2),
    "pow": (lambda a, n: a ** whole(n, 0, 20), 2, 2),
    "comb": (lambda n, k: Fr(math.comb(whole(n, 0), whole(k, 0))), 2, 2),
    "fact": (lambda n: Fr(math.factorial(whole(n, 0, 20))), 1, 1),
    "round": (lambda x, places: rounded(x, whole(places, 0, 6)), 2, 2),
}


# ---------------------------------------------------------------- texts

def plain(x):
    """Whole number, else a decimal of at most 4 places, else a fraction."""
    if x.denominator == 1:
        return str(x.numerator)
    if (x * 10000).denominator == 1:
        return fixed(x, 4).rstrip("0")
    return f"{x.numerator}/{x.denominator}"


def fixed(x, places):
    x = rounded(x, places)
    digits = str(abs(int(x * 10 ** places))).rjust(places + 1, "0")
    sign = "-" if x < 0 else ""
    return sign + (digits[:-places] + "." + digits[-places:] if places else digits)


def text_function(text):
    """A text with {expression} or {expression:form} as a function of the environment."""
    parts = []
    for i, piece in enumerate(re.split(r"\{([^{}]*)\}", text)):
        if i % 2 == 0:
            need("{" not in piece and "}" not in piece, f"stray brace in {text!r}")
            parts.append(lambda env, piece=piece: piece)
        else:
            parts.append(slot(piece))
    return lambda env: "".join(part(env) for part in parts)


def slot(piece):
    expression, colon, form = piece.partition(":")
    m = re.fullmatch(r"(%?)([0-6]?)", form)
    need(m and (form or not colon), f"unknown form in {{{piece}}}")
    percent, places = m.groups()
    tree = Parser(expression).parse()
    bare = expression.strip()

    def run(env):
        if not colon and isinstance(env.get(bare), str):
            return env[bare]
        x = number(tree(env)) * (100 if percent else 1)
        return (fixed(x, int(places)) if places else plain(x)) + percent
    return run


# ---------------------------------------------------------------- templates

SHARED = {"id", "topic", "difficulty", "kind", "stem", "explanation", "variables", "lets", "where"}
EXTRA = {"single_choice": {"key", "distractors"}, "numeric": {"value", "tolerance", "unit"}}
RANGE = re.compile(r"(\d+(?:\.\d+)?)\.\.(\d+(?:\.\d+)?)(?: step (\d+(?:\.\d+)?))?")
NUMERIC = re.compile(r"-?\d+(?:\.\d+)?")


def values_of(name, raw):
    """All values of a variable."""
    if isinstance(raw, str):
        m = RANGE.fullmatch(raw)
        need(m, f"variable {name}: {raw!r} is no range")
        low, high, step = Fr(m[1]), Fr(m[2]), Fr(m[3] or 1)
        need(m[3] or low.denominator == high.denominator == 1, f"variable {name}: decimals need a step")
        need(step > 0 and low < high, f"variable {name}: empty range")
        return [low + i * step for i in range(int((high - low) / step) + 1)]
    need(isinstance(raw, list) and raw and all(isinstance(x, str) for x in raw), f"variable {name}: bad list")
    need(len(set(raw)) == len(raw), f"variable {name}: a value twice")
    return [Fr(x) for x in raw] if all(NUMERIC.fullmatch(x) for x in raw) else raw


class Template:
    def __init__(self, raw, section):
        self.id = raw.get("id", "?")
        need(set(raw) >= {"id", "topic", "difficulty", "kind", "stem", "explanation", "variables"}, "a field is missing")
        self.kind = raw["kind"]
        need(self.kind in EXTRA, f"unknown kind {self.kind}")
        need(not set(raw) - SHARED - EXTRA[self.kind], f"unknown field {set(raw) - SHARED - EXTRA[self.kind]}")
        need(EXTRA[self.kind] <= set(raw), f"{EXTRA[self.kind] - set(raw)} is missing")
        need(section in ID, f"unknown section {section}")
        need(re.fullmatch(rf"{ID[section]}-t\d\d", self.id), "bad id")
        need(raw["topic"].startswith(ID[section] + "."), "topic of another section")
        need(raw["difficulty"] in ("easy", "medium", "hard"), "unknown difficulty")
        self.topic, self.difficulty, self.raw = raw["topic"], raw["difficulty"], raw
        self.variables = {name: values_of(name, v) for name, v in raw["variables"].items()}
        self.lets = []
        seen = set(self.variables)
        for let in raw.get("lets", []):
            m = re.fullmatch(r"([A-Za-z_]\w*)\s*=(?!=)(.*)", let)
            need(m and m[1] not in seen, f"bad let {let!r}")
            seen.add(m[1])
            self.lets.append((m[1], Parser(m[2]).parse()))
        need(not seen & (set(FUNCTIONS) | WORDS), "a name is a function's or a word of the language")
        self.where = [Parser(w).parse() for w in raw.get("where", [])]
        self.stem, self.explanation = text_function(raw["stem"]), text_function(raw["explanation"])
        if self.kind == "single_choice":
            need(len(raw["distractors"]) >= 5, "fewer than five distractors")
            self.key = text_function(raw["key"])
            self.distractors = [text_function(d) for d in raw["distractors"]]
        else:
            self.value = Parser(raw["value"]).parse()
            self.tolerance = Parser(raw["tolerance"]).parse()

    def draw(self, rng):
        """One environment that meets all constraints, and the number of draws it took."""
        for tries in range(1, PATIENCE + 1):
            env = {name: rng.choice(values) for name, values in self.variables.items()}
            for name, tree in self.lets:
                env[name] = number(tree(env))
            if all(truth(w(env)) for w in self.where):
                return env, tries
        raise Fault(f"no instance in {PATIENCE} draws")

    def instance(self, env):
        """A dictionary with stem, explanation and options (key first) or value."""
        made = {"stem": self.stem(env), "explanation": self.explanation(env)}
        if self.kind == "numeric":
            return made | {"value": number(self.value(env)), "tolerance": number(self.tolerance(env)),
                           "unit": self.raw["unit"]}
        key = self.key(env)
        options = [key]
        for distractor in self.distractors:
            text = distractor(env)
            if len(options) < 4 and text not in options and is_tame(text, key):
                options.append(text)
        return made | {"options": options}


NEGATIVE = re.compile(r"(?<![0-9A-Za-z)）%])-\d")
FRACTION = re.compile(r"\d/\d")


def is_tame(text, key):
    return all(form.search(key) or not form.search(text) for form in (NEGATIVE, FRACTION))


# ---------------------------------------------------------------- checks of one instance

def numbers(text):
    """All numbers of a text in order; 25% reads as 1/4, 3/28 as a fraction."""
    found = re.findall(r"(?<![\d.])-?\d+(?:\.\d+)?(?:/\d+)?%?", text)
    return [Fr(t[:-1]) / 100 if t.endswith("%") else Fr(t) for t in found]


COUNTED = re.compile(r"[人个件题种辆份盏级台条棵只本]$")
RESIDUE = re.compile(r"[{}]|,|\?|：：|。。|，，|  ")


def check(template, env, made):
    for part in ("stem", "explanation"):
        need(not RESIDUE.search(made[part]), f"{part} has odd punctuation: {made[part]}")
        need(not NEGATIVE.search(made[part]), f"{part} has a negative number: {made[part]}")
        shown = len(FRACTION.findall(made[part]))
        written = len(re.findall(r"[\d}]/[\d{]", template.raw[part]))
        need(shown <= written, f"{part} shows a fraction: {made[part]}")
    if template.kind == "numeric":
        x = made["value"]
        need((x * 10000).denominator == 1 and x > 0, f"value {x}")
        need(0 <= made["tolerance"] < max(abs(x) / 20, Fr(1, 1000)), "tolerance")
        need(plain(x) in made["explanation"], f"value {plain(x)} not in the explanation: {made['explanation']}")
        return
    options = made["options"]
    need(len(options) == 4, f"only {len(options)} options: {options} in {made['stem']}")
    need(len({re.sub(r"\s", "", o) for o in options}) == 4, f"options alike: {options}")
    words = {re.sub(r"[\d./%-]+", "#", o) for o in options}
    figures = [tuple(numbers(o)) for o in options]
    need(len(words) > 1 or len(set(figures)) == 4, f"two options have one value: {options}")
    need(not any(0 in f for f in figures) or template.id in ZERO_IS_FINE, f"an option is zero: {options}")
    if COUNTED.search(options[0]):
        need(all(x.denominator == 1 for f in figures for x in f), f"part of a countable thing: {options}")
    if len(words) == 1 and all(len(f) == 1 for f in figures):
        key, *others = [f[0] for f in figures]
        need(all(key / 4 <= x <= key * 4 for x in others) or template.id in WIDE,
             f"far from the key: {options}")
        if all(places(o) == 0 for o in options[:1]):
            need(all(places(o) <= 1 for o in options), f"decimals give the key away: {options}")
        if ":" in template.raw["key"]:
            need(all(abs(x - key) >= abs(key) * Fr(2, 100) for x in others), f"too near the key: {options}")


def places(text):
    m = re.search(r"\.(\d+)", text)
    return len(m[1]) if m else 0


ZERO_IS_FINE = {"qt-t42"}             # a last digit
WIDE = {"qt-t39", "qt-t42", "qt-t46", "qt-t47"}     # days of a week, digits and chances are not near or far


def agrees(template, env, made, ways):
    """Whether the second computation gives the key; None where there is none."""
    if template.id not in ways:
        return None
    read = [numbers(made["stem"])]
    if ways[template.id].__code__.co_argcount == 2:
        read.append(made["options"])
    answer = ways[template.id](*read)
    if template.kind == "numeric":
        need(abs(answer - made["value"]) <= made["tolerance"], f"second way {answer} in {made['stem']}")
        return True
    key = made["options"][0]
    if isinstance(answer, str):
        need(re.sub(r"\s", "", answer) == re.sub(r"\s", "", key), f"second way {answer}, key {key} in {made['stem']}")
        return True
    shown = numbers(key)
    answer = list(answer) if isinstance(answer, tuple) else [answer]
    if ":" in template.raw["key"]:
        step = 100 if key.endswith("%") else 1
        answer = [rounded(Fr(x) * step, places(key)) / step for x in answer]
    need(shown == [Fr(x) for x in answer], f"second way {answer}, key {key} in {made['stem']}")
    return True


# ---------------------------------------------------------------- the program

def load(folder):
    """[(file, template or fault)] of all files of a folder."""
    found, ids = [], set()
    for path in sorted(Path(folder).glob("*.toml")):
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        if set(data) != {"section", "template"}:
            found.append((path.name, "?", "a file has a section and templates, nothing else"))
            continue
        for raw in data["template"]:
            try:
                template = Template(raw, data["section"])
                need(template.id not in ids, "id twice")
                ids.add(template.id)
                found.append((path.name, template.id, template))
            except Fault as fault:
                found.append((path.name, raw.get("id", "?"), str(fault)))
    return found


def examine(template, ways):
    rng = random.Random(template.id)
    stems, values, keys, draws, made_count = set(), set(), Counter(), 0, 0
    while made_count < DRAWS or (len(stems) < DISTINCT and made_count < 20 * DRAWS):
        env, tries = template.draw(rng)
        draws, made_count = draws + tries, made_count + 1
        made = template.instance(env)
        check(template, env, made)
        agrees(template, env, made, ways)
        stems.add(made["stem"])
        values.add(tuple(numbers(made["stem"])))
        keys[made["options"][0] if "options" in made else made["value"]] += 1
    need(len(stems) >= DISTINCT, f"only {len(stems)} different stems in {made_count} instances")
    return (f"rejected {1 - made_count / draws:.0%}, {len(stems)} distinct of {made_count}, "
            f"{len(values)} by their numbers, commonest key {keys.most_common(1)[0][1] / made_count:.0%}, {'two ways' if template.id in ways else 'one way'}")


def show(template, count):
    rng = random.Random(template.id + "-show")
    print(f"\n## {template.id} {template.topic} {template.difficulty} {template.kind}")
    for _ in range(count):
        made = template.instance(template.draw(rng)[0])
        print(made["stem"])
        if template.kind == "numeric":
            print(f"   = {plain(made['value'])} {made['unit']}（±{plain(made['tolerance'])}）")
        else:
            print("   * " + " | ".join(made["options"]))
        print("   " + made["explanation"])


class Lot:
    """Draws from the stream of a seed."""

    def __init__(self, key):
        self.words = words(key)

    def below(self, n):
        if n < 2:
            return 0
        while (word := next(self.words)) < 2 ** 64 % n:
            pass
        return word % n

    def choice(self, values):
        return values[self.below(len(values))]


def in_words(value):
    return value if isinstance(value, str) else str(value)


def same_instance(template, seed, given):
    """Whether an instance of another program is the one that follows from the seed."""
    lot = Lot(sub(seed, f"instance/{template.id}/{given['number']}"))
    template.variables = dict(sorted(template.variables.items(), key=lambda one: one[0].encode()))
    env, _ = template.draw(lot)
    made, item = template.instance(env), given["item"]
    check(template, env, made)
    need({name: in_words(value) for name, value in env.items()} == given["values"], "the variables")
    need((item["stem"], item["explanation"]) == (made["stem"], made["explanation"]), "the texts")
    if template.kind == "numeric":
        body = {"kind": "numeric", "value": plain(made["value"]),
                "tolerance": plain(made["tolerance"]), "unit": made["unit"]}
    else:
        key, *others = made["options"]
        place = lot.below(len(made["options"]))
        body = {"kind": "single_choice", "options": others[:place] + [key] + others[place:],
                "key": place}
    need(item["body"] == body, f"the answer: {item['body']} instead of {body}")


def compare(found, seed, path):
    templates = {name: template for _, name, template in found}
    given = json.loads(Path(path).read_text(encoding="utf-8"))
    for one in given:
        where = f"{one['template']} {one['number']}"
        need(one["template"] in templates, f"{where}: no such template")
        try:
            same_instance(templates[one["template"]], bytes.fromhex(seed), one)
        except Fault as fault:
            print(f"FAULT {where}: {fault}")
            return 1
    print(f"{len(given)} instances are those of the seed")
    return 0


def main(arguments):
    need(arguments, __doc__)
    found = load(arguments[0])
    if arguments[1:2] == ["--compare"]:
        return compare(found, arguments[2], arguments[3])
    if arguments[1:2] == ["--show"]:
        for _, name, template in found:
            if arguments[2] in (name, "all"):
                show(template, int(arguments[3]))
        return 0
    from second_ways import WAYS
    faults = 0
    for _, name, template in found:
        try:
            need(not isinstance(template, str), template)
            print(f"ok {name} ({examine(template, WAYS)})")
        except Exception as fault:
            faults += 1
            print(f"FAULT {name}: {fault if isinstance(fault, Fault) else repr(fault)}")
    extra = set(WAYS) - {name for _, name, _ in found}
    print(f"{len(found)} templates, {faults} faults, {len(set(WAYS) - extra)} computed a second way"
          + (f", ways without a template: {sorted(extra)}" if extra else ""))
    return 1 if faults or extra else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
