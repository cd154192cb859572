#!/usr/bin/env python3
"""Checks an examination record with nothing but Python's standard library.

    record.py FILE [--json]      FILE may also be an http(s) address

Prints a line for each check V1 … V14, or with --json a list. Exits with 0 if no check fails, with
1 if one fails, and with 2 if the file is unreadable.

Written from docs/record.md and the definitions it names (docs/verification.md, docs/regulation.md,
the definitions of papers and seats, RFC 6962, 8032 and 8785, and the C2SP's signed-note,
tlog-checkpoint, tlog-cosignature and tlog-policy) alone; shares nothing with the Rust code.
"""

import base64
import hashlib
import json
import re
import sys
import urllib.request
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fractions import Fraction
from http.client import HTTPException
from itertools import groupby

sys.dont_write_bytecode = True

import assemble
import bls
import draw as lots


class Unreadable(Exception):
    """The file is not of the form that docs/record.md gives (The file)."""


class Differs(Exception):
    """What a check found to differ."""


class NotApplicable(Exception):
    """The examination has not come far enough for a check."""


def need(condition: bool, difference: str) -> None:
    if not condition:
        raise Differs(difference)


def one(found: list, what: str):
    need(len(found) == 1, f"{len(found)} {what} instead of one")
    return found[0]


# Texts, numbers, hashes

def sha256(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


def unique_members(pairs: list) -> dict:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member stands twice")
    return members


def whole_number(text: str) -> int:
    if len(text) > 20 or not -2**63 <= int(text) < 2**64:
        raise ValueError("a number of more than 64 bits")
    return int(text)


def no_number(text: str):
    raise ValueError(f"{text[:30]} is not a whole number")


def parse_json(text: str):
    value = json.loads(text, object_pairs_hook=unique_members, parse_int=whole_number,
                       parse_float=no_number, parse_constant=no_number)
    if "\\" in text:
        json.dumps(value, ensure_ascii=False).encode()  # fails where an escape is half a character
    return value


def in_order(value):
    """The value with the members of every object by UTF-16 code units (RFC 8785, 3.2.3)."""
    if isinstance(value, dict):
        names = sorted(value, key=lambda name: name.encode("utf-16-be"))
        return {name: in_order(value[name]) for name in names}
    if isinstance(value, list):
        return [in_order(each) for each in value]
    return value


def canonical(value) -> str:
    """Canonical JSON of texts, whole numbers, booleans, null, lists and objects (RFC 8785)."""
    return json.dumps(in_order(value), separators=(",", ":"), ensure_ascii=False)


def canonical_hash(value) -> bytes:
    return sha256(canonical(value).encode())


def number(value) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"{str(value)[:30]} is not a number")
    return value


def text(value) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{str(value)[:30]} is not a text")
    return value


def hex_bytes(value: str, size: int = 32) -> bytes:
    if not re.fullmatch(f"[0-9a-f]{{{2 * size}}}", text(value)):
        raise ValueError(f"{value[:30]} is not {size} bytes in hex")
    return bytes.fromhex(value)


def base64_bytes(value: str) -> bytes:
    data = base64.b64decode(text(value), validate=True)
    if base64.b64encode(data).decode() != value:
        raise ValueError(f"{value[:30]} is not base64")
    return data


def application_bytes(value: str) -> bytes:
    """The 16 bytes of an application's id, which is written as a UUID."""
    if not re.fullmatch(r"[0-9a-f]{8}(-?[0-9a-f]{4}){3}-?[0-9a-f]{12}", text(value)):
        raise ValueError(f"{value[:40]} is not an id")
    return bytes.fromhex(value.replace("-", ""))


def by_bytes(value: str) -> bytes:
    return value.encode()


def strictly_ascending(keys: list) -> bool:
    return all(before < after for before, after in zip(keys, keys[1:]))


def instant(value: str) -> int:
    """An RFC 3339 instant in UTC as microseconds since 1970."""
    form = r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?Z"
    found = re.fullmatch(form, text(value), re.ASCII)
    if not found:
        raise ValueError(f"{value[:40]} is not an instant")
    since = datetime.strptime(found[1], "%Y-%m-%dT%H:%M:%S") - datetime(1970, 1, 1)
    return since // timedelta(microseconds=1) + int((found[2] or "").ljust(6, "0"))


def mark(value: str) -> Fraction:
    """A mark: a decimal without trailing zeros, exact to a millionth (docs/record.md)."""
    form = r"-?(0|[1-9][0-9]{0,11})(\.[0-9]{0,5}[1-9])?"
    if not re.fullmatch(form, text(value)) or value == "-0":
        raise ValueError(f"{value[:30]} is not a mark")
    return Fraction(value)


def rule_decimal(value: str) -> Fraction:
    """A number of the profile or of a blueprint; it may have trailing zeros."""
    if not re.fullmatch(r"[0-9]{1,12}(\.[0-9]{1,6})?", text(value)):
        raise ValueError(f"{value[:30]} is not a decimal")
    return Fraction(value)


def rule_fraction(value: str) -> Fraction:
    if not re.fullmatch(r"[0-9]{1,9}/[0-9]{1,9}", text(value)):
        raise ValueError(f"{value[:30]} is not a fraction")
    return Fraction(value)


def mark_text(value: Fraction) -> str:
    millionths = value * 10**6
    need(millionths.denominator == 1, f"{value} is not exact to a millionth")
    sign = "-" if value < 0 else ""
    before, after = divmod(abs(millionths.numerator), 10**6)
    return f"{sign}{before}.{after:06}".rstrip("0").rstrip(".")


def rounded(value: Fraction, rule: dict) -> Fraction:
    """Rounding (docs/record.md, What a component's mark becomes)."""
    if rule["rounding"] == "none":
        need((value * 10**6).denominator == 1, f"{value} is not exact to a millionth")
        return value
    places = number(rule["places"])
    need(0 <= places <= 6, f"{places} decimals")
    units = abs(value) * 10**places
    if rule["rounding"] == "half_up":
        units += Fraction(1, 2)
    else:
        need(rule["rounding"] == "truncate", "the profile has another rounding")
    result = Fraction(units.numerator // units.denominator, 10**places)
    return -result if value < 0 else result


# Ed25519 (RFC 8032, 5.1)

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
ROOT_OF_MINUS_ONE = pow(2, (P - 1) // 4, P)


def decode_point(data: bytes):
    """The point (X, Y, Z, T) that 32 bytes encode, or None."""
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    if y >= P:
        return None
    x_squared = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(x_squared, (P + 3) // 8, P)
    if (x * x - x_squared) % P:
        x = x * ROOT_OF_MINUS_ONE % P
    if (x * x - x_squared) % P or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = P - x
    return x, y, 1, x * y % P


def add_points(p, q):
    a = (p[1] - p[0]) * (q[1] - q[0]) % P
    b = (p[1] + p[0]) * (q[1] + q[0]) % P
    c = 2 * p[3] * q[3] * D % P
    d = 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def multiply_point(scalar: int, point):
    result = (0, 1, 1, 0)
    while scalar:
        if scalar & 1:
            result = add_points(result, point)
        point = add_points(point, point)
        scalar >>= 1
    return result


def ed25519_verifies(key: bytes, message: bytes, signature: bytes) -> bool:
    if len(key) != 32 or len(signature) != 64:
        return False
    point, r = decode_point(key), decode_point(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if point is None or r is None or s >= L:
        return False
    base = decode_point((4 * pow(5, -1, P) % P).to_bytes(32, "little"))
    digest = hashlib.sha512(signature[:32] + key + message).digest()
    left = multiply_point(s, base)
    right = add_points(r, multiply_point(int.from_bytes(digest, "little") % L, point))
    return ((left[0] * right[2] - right[0] * left[2]) % P == 0
            and (left[1] * right[2] - right[1] * left[2]) % P == 0)


# Signed notes and policies (C2SP signed-note, tlog-checkpoint, tlog-cosignature, tlog-policy)

ED25519, COSIGNATURE = 1, 4


def verifier_key(vkey: str, kind: int) -> tuple[str, bytes, bytes]:
    """Name, key id and key of NAME+ID+BASE64."""
    name, key_id, encoded = vkey.split("+", 2)
    data = base64_bytes(encoded)
    expected = sha256(name.encode(), b"\n", data)[:4]
    need(bool(name) and len(name.split()) == 1, "a verifier key has no name")
    need(len(data) == 33 and data[0] == kind, f"the verifier key {name} is of another kind")
    need(hex_bytes(key_id, 4) == expected, f"the verifier key {name} has another id")
    return name, expected, data[1:]


def open_note(note: str) -> tuple[str, list[tuple[str, bytes, bytes]]]:
    """The text of a signed note, and name, key id and signature of each signature."""
    body, blank, lines = note.rpartition("\n\n")
    need(bool(blank) and lines.endswith("\n"), "the checkpoint is not a signed note")
    signatures = []
    for line in lines[:-1].split("\n"):
        dash, name, blob = line.split(" ")
        data = base64_bytes(blob)
        need(dash == "\u2014" and len(data) > 4, "the checkpoint has a line that signs nothing")
        signatures.append((name, data[:4], data[4:]))
    return body + "\n", signatures


def signatures_of(signatures: list, name: str, key_id: bytes) -> list[bytes]:
    return [blob for by, under, blob in signatures if (by, under) == (name, key_id)]


def open_checkpoint(note: str) -> tuple[str, int, bytes, str, list]:
    body, signatures = open_note(note)
    lines = body.split("\n")
    need(len(lines) == 4, "the checkpoint has not three lines")
    origin, size, root = lines[:3]
    need(re.fullmatch("0|[1-9][0-9]{0,18}", size) is not None, "the checkpoint's size is no number")
    hash_ = base64_bytes(root)
    need(len(hash_) == 32, "the checkpoint's root is no hash")
    return origin, int(size), hash_, body, signatures


def has_cosigned(body: str, signatures: list, name: str, key_id: bytes, key: bytes) -> bool:
    for blob in signatures_of(signatures, name, key_id):
        time = int.from_bytes(blob[:8], "big")
        message = f"cosignature/v1\ntime {time}\n{body}".encode()
        if len(blob) == 72 and time < 2**63 and ed25519_verifies(key, message, blob[8:]):
            return True
    return False


def policy_lines(policy: str) -> list[list[str]]:
    lines = [re.split("[ \t]+", line.strip(" \t")) for line in policy.split("\n")]
    return [words for words in lines if words[0] and not words[0].startswith("#")]


def define(names: dict, name: str, value) -> None:
    need(name != "none" and name not in names, f"the policy has the name {name} twice")
    names[name] = value


def group_met(words: list[str], names: dict, members_before: set) -> bool:
    """Whether as many members as `group NAME K MEMBER…` asks for have cosigned."""
    members = words[3:]
    many = {"any": 1, "all": len(members)}.get(words[2])
    if many is None:
        need(re.fullmatch("[0-9]{1,4}", words[2]) is not None, f"the policy's group {words[1]}")
        many = int(words[2])
    need(1 <= many <= len(members), f"the group {words[1]} of the policy asks for {many}")
    for member in members:
        need(member not in members_before, f"the policy has {member} in two groups")
        members_before.add(member)
    return sum(names[member] for member in members) >= many


def quorum_met(policy: str, cosigned) -> bool | None:
    """Whether the policy's quorum is met; None where it asks for nobody."""
    names, members, keys, quorum = {}, set(), set(), []
    for words in policy_lines(policy):
        if words[0] == "witness" and len(words) in (3, 4):
            name, key_id, key = verifier_key(words[2], COSIGNATURE)
            need(key not in keys, f"the policy has the key of {words[1]} twice")
            keys.add(key)
            define(names, words[1], (lambda who=(name, key_id, key): cosigned(*who)))
        elif words[0] == "group" and len(words) >= 4:
            define(names, words[1], words)
        elif words[0] == "quorum" and len(words) == 2:
            need(words[1] == "none" or words[1] in names, f"the policy does not know {words[1]}")
            quorum.append(words[1])
        else:
            need(words[0] == "log" and len(words) in (2, 3), f"the policy has a line {words[0]}")
    if one(quorum, "quorum lines in the policy") == "none":
        return None
    met = {}
    for name, value in names.items():
        met[name] = group_met(value, met, members) if isinstance(value, list) else value()
    return met[quorum[0]]


# The file (docs/record.md, The file)

PURPOSES = "interviews", "markers", "panels", "papers", "seats"
LISTS = "interviews", "markers", "panels"
KINDS = "record", "log", "hashes", "leaf", "subject", "recalled", "ticket", "draw", "end"
STAGES = {
    "announcement.published": "announced", "tickets.issued": "ticketed", "papers.locked": "locked",
    "marking.begun": "marking", "written.published": "written", "merit.published": "published",
}
ORDER_OF_STAGES = list(STAGES.values())
ALWAYS_OPEN = {
    "announcement.published", "sitting.scheduled", "post.added", "post.removed", "post.reduced",
    "post.cancelled", "post.kept", "blueprint.set", "tickets.issued", "papers.locked",
    "papers.recalled", "marking.begun", "counts.fixed", "written.published", "merit.published",
}
OPEN_FROM_MARKING = {"papers.leaked"}
OPEN_FROM_WRITTEN = {"objective.marked", "script.settled", "component.decided"}
LEAF_MEMBERS = {"c", "exam", "kind", "t", "v"}
PAYLOAD_MEMBERS = {"account", "at", "examination", "id", "inputs", "kind", "outcome", "profile",
                   "reason", "role", "v"}


@dataclass
class Entry:
    """An entry of the log that the record gives whole."""
    place: int
    text: str
    leaf: dict | None
    ours: bool
    nonce: bytes | None
    payload_text: str | None
    payload: dict | None

    @property
    def kind(self) -> str:
        return self.leaf["kind"] if self.leaf else ""

    @property
    def opened(self) -> bool:
        return self.payload_text is not None

    @property
    def inputs(self) -> dict:
        return self.payload["inputs"]


@dataclass
class Record:
    examination: dict
    log: dict
    hashes: list[bytes] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    subjects: list[dict] = field(default_factory=list)
    recalled: list[dict] = field(default_factory=list)
    tickets: list[dict] = field(default_factory=list)
    draws: list[dict] = field(default_factory=list)
    opened: dict[str, list[Entry]] = field(default_factory=dict)
    reached: set[str] = field(default_factory=set)


def is_a(value, kind) -> bool:
    """Whether a value is of a kind: a type, [texts], or one of some words."""
    if kind == [str]:
        return isinstance(value, list) and all(isinstance(each, str) for each in value)
    if isinstance(kind, tuple):
        return value in kind
    if kind is int:
        return isinstance(value, int) and not isinstance(value, bool) and value >= 0
    return isinstance(value, kind)


FORMS = {
    "record": {"v": int, "examination": dict},
    "log": {"origin": str, "vkey": str, "policy": str, "checkpoint": str, "first": int},
    "hashes": {"hashes": str},
    "leaf": {"leaf": str},
    "subject": {"component": str, "blueprint": dict, "pool": list},
    "recalled": {"draw": str, "component": str, "blueprint": dict, "pool": list},
    "ticket": {"ticket": str, "application": str, "post": str, "room": str, "seat": int,
               "salt": str, "categories": [str]},
    "draw": {"code": str, "purpose": PURPOSES, "number": int,
             "state": ("open", "committed", "drawn", "void", "recalled"), "secrets": object, "members": list},
    "end": {"lines": int},
}
UUID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
EXAMINATION = {"id": str, "code": str, "year": int,
               "track": ("civil_service", "institution", "promotion", "title"),
               "title_zh": str, "title_en": str}
OPENED_LEAF = {"leaf": str, "nonce": str, "payload": str}
MEMBER = {"commitment": str, "stratum": str, "state": str, "place": int}


def has_form(value, form: dict) -> bool:
    return (isinstance(value, dict) and value.keys() == form.keys()
            and all(is_a(value[name], kind) for name, kind in form.items()))


def read_line(line: bytes, at: int) -> tuple[str, dict]:
    """Kind and members of a line, if it has its form."""
    try:
        value = parse_json(line.decode())
        kind = value.pop("type")
        form = FORMS[kind]
        good = has_form(value, form) or (kind == "leaf" and has_form(value, OPENED_LEAF))
        if kind == "record":
            good = good and value["v"] == 1 and has_form(value["examination"], EXAMINATION)
            good = good and re.fullmatch(UUID, value["examination"]["id"]) is not None
        if kind == "ticket":
            good = good and re.fullmatch(UUID, value["application"]) is not None
        if kind == "draw" and good:
            more = {"ticket": str, "salt": str} if value["purpose"] == "interviews" else {}
            good = (all(has_form(member, MEMBER | more) for member in value["members"])
                    and (value["secrets"] is None or is_a(value["secrets"], [str])))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise Unreadable(f"line {at}: {error}") from None
    if not good:
        raise Unreadable(f"line {at}: a {kind} of another form")
    return kind, value


def read_entry(value: dict, place: int, examination: str) -> Entry:
    """An entry; what is wrong with it is said by V1 and by the checks that need it."""
    leaf = payload = nonce = None
    try:
        leaf = parse_json(value["leaf"])
        if not isinstance(leaf, dict) or not is_a(leaf.get("kind"), str):
            leaf = None
    except (ValueError, RecursionError):
        pass
    try:
        payload = parse_json(value["payload"]) if "payload" in value else None
        nonce = base64_bytes(value["nonce"]) if "nonce" in value else None
    except (ValueError, RecursionError):
        pass
    ours = leaf is not None and leaf.get("exam") == examination
    return Entry(place, value["leaf"], leaf, ours, nonce, value.get("payload"), payload)


def hashes_of(texts: list[str]) -> list[bytes]:
    """The leaf hashes of all lines; all lines but the last hold 256."""
    hashes = []
    for text_ in texts:
        try:
            data = base64_bytes(text_)
        except (ValueError, Differs):
            raise Unreadable("hashes that are not base64") from None
        full = len(hashes) % 256 == 0
        if len(data) % 32 or not 1 <= len(data) // 32 <= 256 or not full:
            raise Unreadable("a line of other than 256 hashes")
        hashes += [data[at:at + 32] for at in range(0, len(data), 32)]
    return hashes


def read_record(data: bytes) -> Record:
    if not data.endswith(b"\n"):
        raise Unreadable("the last line has no end")
    lines = [read_line(line, at) for at, line in enumerate(data[:-1].split(b"\n"), 1)]
    kinds = [kind for kind, _ in lines]
    if kinds != sorted(kinds, key=KINDS.index):
        raise Unreadable("the lines are not in order")
    for kind in "record", "log", "end":
        if kinds.count(kind) != 1:
            raise Unreadable(f"{kinds.count(kind)} lines {kind}")
    if lines[-1][1]["lines"] != len(lines) - 1:
        raise Unreadable("the end counts other lines")
    record = Record(lines[0][1]["examination"], lines[1][1])
    record.hashes = hashes_of([value["hashes"] for kind, value in lines if kind == "hashes"])
    leaves = [value for kind, value in lines if kind == "leaf"]
    first, examination = record.log["first"], record.examination["id"]
    record.entries = [read_entry(value, first + i, examination) for i, value in enumerate(leaves)]
    for entry in filter(lambda entry: entry.ours, record.entries):
        record.reached.add(STAGES.get(entry.kind, ""))
        if entry.opened:
            record.opened.setdefault(entry.kind, []).append(entry)
    record.subjects = [value for kind, value in lines if kind == "subject"]
    record.recalled = [value for kind, value in lines if kind == "recalled"]
    record.tickets = [value for kind, value in lines if kind == "ticket"]
    record.draws = [value for kind, value in lines if kind == "draw"]
    return record


# What several checks use

def come_as_far(record: Record, stage: str) -> bool:
    """How far the examination has come (What is opened)."""
    return any(each in record.reached for each in ORDER_OF_STAGES[ORDER_OF_STAGES.index(stage):])


def only_from(record: Record, stage: str) -> None:
    if not come_as_far(record, stage):
        raise NotApplicable


def opened(record: Record, kind: str) -> list[Entry]:
    return record.opened.get(kind, [])


def all_inputs(record: Record, kind: str) -> list[dict]:
    return [entry.inputs for entry in opened(record, kind)]


def profile_of(record: Record) -> dict:
    return one(all_inputs(record, "announcement.published"), "announcement.published")["profile"]


def written_codes(profile: dict) -> list[str]:
    return [text(each["code"]) for each in profile["components"] if each["kind"] == "written"]


def standing_posts(record: Record) -> dict[str, int]:
    """The quota of each post that stands (What is opened)."""
    posts = {}
    for entry in record.entries:
        if not (entry.ours and entry.opened and entry.kind.startswith("post.")):
            continue
        inputs = entry.inputs
        match entry.kind:
            case "post.added":
                posts[text(inputs["code"])] = number(inputs["quota"])
            case "post.removed" | "post.cancelled":
                posts.pop(text(inputs["code"]), None)
            case "post.reduced" if text(inputs["code"]) in posts:
                posts[inputs["code"]] = number(inputs["places"])
    return posts


def objective_marks(record: Record) -> dict[tuple[str, str], dict]:
    """The inputs of objective.marked by ticket and component."""
    found = {}
    for inputs in all_inputs(record, "objective.marked"):
        key = text(inputs["ticket_no"]), text(inputs["component"])
        need(key not in found, f"ticket {key[0]}: two objective.marked of {key[1]}")
        found[key] = inputs
    return found


def script_ids(inputs: dict) -> list[str]:
    """The scripts that an objective.marked names, pairs of position and id."""
    pairs = inputs["scripts"]
    need(is_a(pairs, list) and all(is_a(pair, list) and len(pair) == 2 and is_a(pair[0], int)
                                   for pair in pairs), "scripts are not pairs of position and id")
    return [text(script) for _, script in pairs]


def settled_scripts(record: Record) -> dict[str, dict]:
    found = {}
    for inputs in all_inputs(record, "script.settled"):
        script = text(inputs["script"])
        need(script not in found, f"script {script} is settled twice")
        found[script] = inputs
    return found


def decided_components(record: Record) -> dict[str, dict[str, Entry]]:
    """The entries component.decided by ticket and component."""
    found = {ticket["ticket"]: {} for ticket in record.tickets}
    for entry in opened(record, "component.decided"):
        ticket, component = text(entry.inputs["ticket_no"]), text(entry.inputs["component"])
        need(ticket in found, f"component {component} of a ticket {ticket} that is not there")
        need(component not in found[ticket], f"ticket {ticket}: {component} is decided twice")
        found[ticket][component] = entry
    return found


def state_of(entry: Entry) -> str:
    """Whether a component.decided says `absent`, `void`, or neither: `marked`."""
    inputs = entry.inputs
    says = [word for word in ("void", "absent") if inputs.get(word) is True]
    given = [name for name in ("mark", "ballot") if inputs.get(name) is not None]
    need(len(says) + len(given) == 1, "neither one mark nor one absence")
    return says[0] if says else "marked"


def ballot_of(inputs: dict) -> tuple[int, int, int]:
    """The votes that agree, those who attended, all members."""
    yes, attending, members = map(number, inputs["ballot"])
    need(min(yes, attending, members) >= 0, "the ballot")
    return yes, attending, members


# V1, V2

def totals_only(record: Record) -> bool:
    """Whether the announced profile keeps the marks of components closed."""
    for entry in opened(record, "announcement.published")[:1]:
        profile = entry.inputs.get("profile")
        openness = profile.get("openness") if isinstance(profile, dict) else None
        return isinstance(openness, dict) and openness.get("marks") == "totals"
    return False


def only_with_components(record: Record) -> None:
    if totals_only(record):
        raise NotApplicable


def must_be_open(record: Record, entry: Entry, from_written: bool) -> bool:
    kind = entry.kind
    return entry.ours and (kind in ALWAYS_OPEN or kind.startswith("draw.")
                           or (kind in OPEN_FROM_MARKING and come_as_far(record, "marking"))
                           or (from_written and kind in OPEN_FROM_WRITTEN))


def check_opened_leaf(entry: Entry) -> None:
    """The leaf is the one that follows from its payload and nonce."""
    where, payload, leaf = f"entry {entry.place}", entry.payload, entry.leaf
    need(isinstance(payload, dict), f"{where}: the payload is no object")
    need(entry.nonce is not None, f"{where}: the nonce is not base64")
    need(payload.keys() == PAYLOAD_MEMBERS, f"{where}: the payload has other members")
    need(canonical(payload) == entry.payload_text, f"{where}: the payload is not canonical")
    need(isinstance(payload["inputs"], dict), f"{where}: inputs is no object")
    need(leaf["kind"] == payload["kind"], f"{where}: kind")
    need(leaf["exam"] == payload["examination"], f"{where}: exam")
    need(number(leaf["v"]) == number(payload["v"]) == 1, f"{where}: v")
    commitment = sha256(b"exam-commit/v1\0", entry.nonce, entry.payload_text.encode())
    need(leaf["c"] == base64.b64encode(commitment).decode(), f"{where}: the commitment c")
    second = instant(payload["at"]) // 10**6
    need(number(leaf["t"]) == second, f"{where}: t is not the second of at")


def check_log(record: Record) -> None:
    """V1."""
    origin, size, root, body, signatures = open_checkpoint(record.log["checkpoint"])
    first = record.log["first"]
    need(origin == record.log["origin"], "the checkpoint is of another origin")
    need(len(record.hashes) == first, f"{len(record.hashes)} hashes before entry {first}")
    need(size == first + len(record.entries),
         f"the checkpoint is of {size} entries, the record of {first + len(record.entries)}")
    hashes = record.hashes + [sha256(b"\0", entry.text.encode()) for entry in record.entries]
    need(lots.root(hashes) == root, "the entries have another root than the checkpoint")
    name, key_id, key = verifier_key(record.log["vkey"], ED25519)
    by_log = signatures_of(signatures, name, key_id)
    need(bool(by_log) and all(ed25519_verifies(key, body.encode(), blob) for blob in by_log),
         "the log's key has not signed the checkpoint")
    from_written = come_as_far(record, "written") and not totals_only(record)
    for entry in record.entries:
        where = f"entry {entry.place}"
        need(entry.leaf is not None and entry.leaf.keys() == LEAF_MEMBERS
             and canonical(entry.leaf) == entry.text, f"{where}: the leaf is of another form")
        must = must_be_open(record, entry, from_written)
        need(entry.opened == must, f"{where}: {entry.kind} is {'not ' if must else ''}opened")
        if entry.opened:
            check_opened_leaf(entry)


def check_rules(record: Record) -> None:
    """V2."""
    only_from(record, "announced")
    announcement = one(opened(record, "announcement.published"), "announcement.published")
    profile = announcement.inputs["profile"]
    need(isinstance(profile, dict), "the profile is no object")
    cited = canonical_hash(profile).hex()
    for entry in record.entries:
        if entry.opened and entry.place >= announcement.place:
            need(entry.payload["profile"] == cited, f"entry {entry.place} cites another profile")


# Draws (docs/verification.md; V13)

# The public key of drand's chain quicknet (docs/verification.md).
QUICKNET = bytes.fromhex(
    "83cf0f2896adee7eb8b5f01fcad3912212c437e0073e911fb90022d3e760183c8c4b450b6a0a6c3ac6a5776a2d1064510"
    "d1fec758c921cc22b0e17e63aaf4bcb5ed66304de9cf809bd274ca73bab4af5a6e9c76a4bc09e76eae8991ef5ece45a")


def drand_value(beacon: dict, value: str) -> bytes:
    signature = hex_bytes(value.lower(), 48)
    need(bls.verify(QUICKNET, number(beacon["round"]), signature),
         f"the beacon's value is not round {beacon['round']} of drand")
    return sha256(signature)


def lottery_value(beacon: dict, value: str) -> bytes:
    groups = []
    counts = [number(count) for count in beacon["groups"]]
    for part in value.split("/"):
        words = [word for word in re.split(r"[ ,.\uff0c\u3001]+", part) if word]
        need(all(re.fullmatch("[0-9]{1,9}", word) for word in words), "the lottery's value")
        groups.append(sorted(map(int, words)))
    need([len(group) for group in groups] == counts, "the lottery's value has other groups")
    parts = [text(beacon["name"]), text(beacon["draw"])]
    return "/".join(parts + [".".join(map(str, group)) for group in groups]).encode()


def dice_value(beacon: dict, value: str) -> bytes:
    rolls = number(beacon["rolls"])
    digits = re.sub("[ \t\n\r\f\v]", "", value)
    need(rolls >= 39, f"{rolls} dice are too few")
    need(re.fullmatch("[0-9]+", digits) is not None and len(digits) == rolls, "the dice's value")
    return digits.encode()


def beacon_bytes(beacon: dict, value: str) -> bytes:
    """B of a value of the beacon; fails if it is none."""
    sources = {"drand": drand_value, "lottery": lottery_value, "dice": dice_value}
    return sources[beacon["source"]](beacon, text(value))


def of_draw(record: Record, kind: str, code: str) -> list[Entry]:
    return [entry for entry in opened(record, kind) if entry.inputs["draw"] == code]


def custodians_of(committed: Entry) -> list[tuple[int, bytes]]:
    """Number and commitment of each custodian of a draw.committed."""
    return [(number(each["number"]), hex_bytes(each["commitment"]))
            for each in committed.inputs["custodians"]]


def seed_of(record: Record, draw: dict) -> bytes:
    """The seed of a drawn draw, from what the record has of it."""
    code = draw["code"]
    need(draw["secrets"] is not None, f"{code}: the secrets are not given")
    committed = one(of_draw(record, "draw.committed", code), f"draw.committed of {code}")
    beacon = one(of_draw(record, "draw.beacon", code), f"draw.beacon of {code}")
    value = beacon_bytes(committed.inputs["beacon"], beacon.inputs["value"])
    secrets = [hex_bytes(secret) for secret in draw["secrets"]]
    contributed = of_draw(record, "draw.contributed", code)
    need(len(contributed) <= 1, f"{code}: two draw.contributed")
    given = [text(each).encode() for entry in contributed for each in entry.inputs["contributions"]]
    return lots.seed(code, sha256(b"\0", committed.text.encode()), value, secrets, given)


def the_drawn(record: Record, purpose: str) -> dict:
    drawn = [d for d in record.draws if d["purpose"] == purpose and d["state"] == "drawn"]
    return one(drawn, f"drawn draws for {purpose}")


def fixed_by(record: Record, draw: dict) -> dict:
    """The inputs of a draw's draw.committed."""
    code = draw["code"]
    return one(of_draw(record, "draw.committed", code), f"draw.committed of {code}").inputs


def check_committed(record: Record, code: str, committed: Entry) -> None:
    custodians = custodians_of(committed)
    need(len(custodians) >= 3, f"{code}: {len(custodians)} custodians")
    need([who for who, _ in custodians] == list(range(1, len(custodians) + 1)),
         f"{code}: its custodians are not numbered from 1")
    before = [(number(entry.inputs["custodian"]), hex_bytes(entry.inputs["commitment"]))
              for entry in of_draw(record, "draw.secret_committed", code)
              if entry.place < committed.place]
    for custodian in custodians:
        need(custodian in before, f"{code}: custodian {custodian[0]} did not commit to this before")
    need(instant(committed.payload["at"]) <= instant(committed.inputs["beacon_at"]),
         f"{code}: committed after the beacon")


def check_drawn(record: Record, draw: dict, committed: Entry) -> None:
    code = draw["code"]
    beacon = one(of_draw(record, "draw.beacon", code), f"draw.beacon of {code}")
    result = one(of_draw(record, "draw.result", code), f"draw.result of {code}")
    need(committed.place < beacon.place < result.place, f"{code}: its entries are not in order")
    need(instant(beacon.payload["at"]) >= instant(committed.inputs["beacon_at"]),
         f"{code}: the beacon was taken before its time")
    beacon_bytes(committed.inputs["beacon"], beacon.inputs["value"])
    if draw["secrets"] is None:
        need(draw["purpose"] == "papers" and not come_as_far(record, "marking"),
             f"{code}: the secrets are not given")
        return
    custodians = custodians_of(committed)
    need(len(draw["secrets"]) == len(custodians), f"{code}: {len(draw['secrets'])} secrets")
    for (who, commitment), secret in zip(custodians, draw["secrets"]):
        need(lots.commitment(code, who, hex_bytes(secret)) == commitment,
             f"{code}: custodian {who} committed to another secret")
    seed = seed_of(record, draw)
    need(sha256(seed).hex() == result.inputs["seed_commitment"], f"{code}: seed_commitment")
    if draw["purpose"] in LISTS:
        check_list(record, draw, committed.inputs, seed, result.inputs["result"])


def check_list(record: Record, draw: dict, fixed: dict, seed: bytes, result: str) -> None:
    code, members, params = draw["code"], draw["members"], fixed["params"]
    need(strictly_ascending([(m["stratum"].encode(), m["place"]) for m in members]),
         f"{code}: the members are not by stratum and place")
    commitments = [hex_bytes(member["commitment"]) for member in members]
    need(len(members) == number(fixed["pool"]["count"]), f"{code}: pool.count")
    need(lots.pool_root(commitments).hex() == fixed["pool"]["root"], f"{code}: pool.root")
    strata = {}
    for stratum, some in groupby(members, key=lambda member: member["stratum"]):
        some = list(some)
        order = lots.stratum_order(seed, stratum, [hex_bytes(m["commitment"]) for m in some])
        strata[stratum] = [one_.hex() for one_ in order]
        need(strata[stratum] == [m["commitment"] for m in some],
             f"{code}: the order in stratum {stratum}")
        need([m["place"] for m in some] == list(range(1, len(some) + 1)),
             f"{code}: the places in stratum {stratum}")
    panels, posts = number(params.get("panels", 0)), list(map(text, params.get("posts", [])))
    need(0 <= panels <= 100_000, f"{code}: {panels} panels")
    of_posts = lots.panels_of_posts(seed, panels, posts) if panels else {}
    need(canonical_hash({"posts": of_posts, "strata": strata}).hex() == result, f"{code}: result")
    states = states_of(record, code, strata, params.get("chosen", {}))
    for member in members:
        need(states[member["commitment"]] == member["state"],
             f"{code}: the state of {member['commitment']}")
        if draw["purpose"] == "interviews":
            salt, content = hex_bytes(member["salt"]), member["ticket"].encode()
            need(lots.member(code, member["stratum"], salt, content).hex() == member["commitment"],
                 f"{code}: {member['commitment']} is not ticket {member['ticket']}")


def states_of(record: Record, code: str, strata: dict, chosen: dict) -> dict[str, str]:
    states = {}
    for stratum, members in strata.items():
        first = number(chosen.get(stratum, len(members)))
        for place, member in enumerate(members):
            states[member] = "chosen" if place < first else "reserve"
    for entry in of_draw(record, "draw.substituted", code):
        out, in_ = entry.inputs["out"], entry.inputs["in"]
        stratum = one([some for some in strata.values() if out in some], f"strata of {out}")
        reserve = [member for member in stratum if states[member] == "reserve"]
        need(states[out] == "chosen", f"{code}: {out}, who was not chosen, is replaced")
        need(reserve[:1] == [in_], f"{code}: {in_} is not the first reserve")
        states[out], states[in_] = "replaced", "chosen"
    return states


def check_draws(record: Record) -> None:
    """V13."""
    only_from(record, "announced")
    need(strictly_ascending([(d["purpose"], d["number"]) for d in record.draws]),
         "the draws are not by purpose and number")
    for purpose in PURPOSES:
        draws = [draw for draw in record.draws if draw["purpose"] == purpose]
        need([draw["number"] for draw in draws] == list(range(1, len(draws) + 1)),
             f"{purpose}: the numbers of the draws have gaps")
        need(all(draw["state"] in ("void", "recalled") for draw in draws[:-1]),
             f"{purpose}: a draw before the last is neither void nor recalled")
        need(purpose == "papers" or all(draw["state"] != "recalled" for draw in draws),
             f"{purpose}: a draw is recalled")
        made = [i for i in all_inputs(record, "draw.opened") if i["purpose"] == purpose]
        need(len(made) == len(draws), f"{purpose}: {len(made)} draw.opened, {len(draws)} draws")
        void = [i for i in all_inputs(record, "draw.void") if i["purpose"] == purpose]
        need(len(void) == sum(draw["state"] == "void" for draw in draws),
             f"{purpose}: {len(void)} draw.void")
    for draw in record.draws:
        code = f"{record.examination['code']}/{draw['purpose']}/{draw['number']}"
        need(draw["code"] == code, f"{draw['code']}: its code is not {code}")
        need(not draw["members"] or (draw["state"] == "drawn" and draw["purpose"] in LISTS),
             f"{code}: it has members")
        found = of_draw(record, "draw.committed", code)
        need(len(found) <= 1, f"{code}: two draw.committed")
        for committed in found:
            check_committed(record, code, committed)
        if draw["state"] in HAS_RESULT:
            check_drawn(record, draw, one(found, f"draw.committed of {code}"))
        else:
            need(not of_draw(record, "draw.result", code), f"{code}: it has a result")
    check_recalls(record)


# V13, V5: papers that were recalled

HAS_RESULT = "drawn", "recalled"


def draws_of_papers(record: Record) -> list[dict]:
    """Those that have a result, in their order: the papers that stand follow from the last."""
    return [d for d in record.draws if d["purpose"] == "papers" and d["state"] in HAS_RESULT]


def leaf_hash(entry: Entry) -> str:
    return sha256(b"\0", entry.text.encode()).hex()


def check_recalls(record: Record) -> None:
    """Each recall rests on leaks that were found on the very papers that it recalls, and papers are
    drawn and recalled before the first of them can be opened."""
    opens = [instant(i["opens_at"]) for i in all_inputs(record, "sitting.scheduled")]
    draws = draws_of_papers(record)
    recalled = [draw for draw in draws if draw["state"] == "recalled"]
    recalls = opened(record, "papers.recalled")
    need(len(recalls) == len(recalled), f"{len(recalls)} papers.recalled, {len(recalled)} draws")
    told = {leaf_hash(e): e.place for e in record.entries if e.ours and e.kind == "papers.leaked"}
    results = {d["code"]: one(of_draw(record, "draw.result", d["code"]), "draw.result") for d in draws}
    for draw, recall in zip(recalled, recalls):
        code = draw["code"]
        need(text(recall.inputs["draw"]) == code, f"{code}: the log recalls another draw")
        leaks = [text(leaf) for leaf in recall.inputs["leaks"]]
        need(bool(leaks) and all(leaf in told and results[code].place < told[leaf] < recall.place
                                 for leaf in leaks), f"{code}: recalled without a leak on its papers")
        behind = [e for e in opened(record, "draw.opened") if e.inputs["purpose"] == "papers"
                  and e.inputs["number"] == draw["number"] + 1]
        need(all(recall.place < entry.place for entry in behind),
             f"{code}: the next draw was opened before the recall")
    for entry in [*recalls, *results.values()]:
        need(all(instant(entry.payload["at"]) < at for at in opens),
             f"entry {entry.place}: papers could be opened already")


def causes_of(record: Record, code: str) -> tuple[dict, list[dict]]:
    """The recall of a draw, and the leaks for which it was recalled."""
    found = [e for e in opened(record, "papers.recalled") if e.inputs["draw"] == code]
    recall = one(found, f"papers.recalled of {code}").inputs
    leaks = [e.inputs for e in opened(record, "papers.leaked") if leaf_hash(e) in recall["leaks"]]
    need(len(leaks) == len(recall["leaks"]), f"{code}: a leak of its recall is not there")
    for leak in leaks:
        need(any(number(each["papers"]) > 0 for each in leak["subjects"]),
             f"{code}: item {leak['code']} was on none of its papers")
    return recall, leaks


def leaked_item(leak: dict, bank: str, pool: list[dict]) -> str | None:
    """The id in this pool of what leaked."""
    if text(leak["bank"]) != bank:
        return None
    return next((item["item_id"] for item in pool if item["code"] == text(leak["code"])), None)


def check_held(recall: dict, leaks: list[dict], subject: dict, locked: dict, papers: list) -> None:
    """Recalled papers of a subject hold each leaked item as often as was said."""
    component = subject["component"]
    need(recall["papers_roots"][component] == locked["papers_root"], f"{component}: root recalled")
    for leak in leaks:
        said = sum(number(each["papers"]) for each in leak["subjects"]
                   if each["component"] == component)
        item = leaked_item(leak, locked["bank"], subject["pool"])
        held = sum(any(place["item_id"] == item for section in paper["sections"]
                       for place in section["places"]) for paper in papers)
        need(said == held, f"{component}: item {leak['code']} is on {held} papers, not {said}")


# V3, V5

TRACKS = {"civil_service": 1, "institution": 2, "promotion": 3, "title": 4}


def seating(record: Record, seed: bytes, count: int) -> list[tuple[str, str, int]]:
    """Number, room and seat of each candidate, in the order of members."""
    year, track = record.examination["year"], TRACKS[record.examination["track"]]
    tickets, seats = [""] * count, [("", 0)] * count
    for i, candidate in enumerate(lots.permutation(lots.sub(seed, "tickets"), count)):
        tickets[candidate] = f"{year}{track}{i + 1:06}"
    for i, candidate in enumerate(lots.permutation(lots.sub(seed, "seats"), count)):
        seats[candidate] = f"{i // 30 + 1:03}", i % 30 + 1
    return [(ticket, *seat) for ticket, seat in zip(tickets, seats)]


def check_tickets(record: Record) -> None:
    """V3."""
    only_from(record, "ticketed")
    issued = one(all_inputs(record, "tickets.issued"), "tickets.issued")
    draw = the_drawn(record, "seats")
    need(issued["draw"] == draw["code"], "the tickets are of another draw")
    seed = seed_of(record, draw)
    need(seed.hex() == issued["seed"], "the draw has another seed")
    need(strictly_ascending([t["ticket"].encode() for t in record.tickets]),
         "the tickets are not in order")
    members = {}
    for ticket in record.tickets:
        content = application_bytes(ticket["application"])
        members[lots.member(draw["code"], "", hex_bytes(ticket["salt"]), content)] = ticket
    need(len(members) == len(record.tickets), "two tickets are of the same member")
    need(lots.pool_root(list(members)).hex() == fixed_by(record, draw)["pool"]["root"],
         "the tickets are not the pool of the draw")
    derived = seating(record, seed, len(members))
    for member, expected in zip(sorted(members), derived):
        ticket = members[member]
        have = ticket["ticket"], ticket["room"], ticket["seat"]
        need(have == expected, f"ticket {have} of {ticket['application']} should be {expected}")
    need(number(issued["count"]) == len(record.tickets), "count")
    leaves = [b"\0".join([t["ticket"].encode(), t["room"].encode(), str(t["seat"]).encode(),
                          application_bytes(t["application"])]) for t in record.tickets]
    need(lots.root([sha256(b"\0", leaf) for leaf in leaves]).hex() == issued["root"], "root")


def check_sizes(blueprint: dict, pool: list) -> None:
    """Refuses what would not be a blueprint or a pool, before a paper is drawn from it."""
    for item in pool:
        need(all(is_a(item[name], str) for name in ("code", "topic", "section", "kind")), "an item's texts")
        need(item["stimulus"] is None or is_a(item["stimulus"], str), "an item's stimulus")
        need(item["marks"] is None or rule_decimal(item["marks"]) >= 0, "an item's marks")
        need(0 <= number(item["option_count"]) <= 100, "an item's options")
        need(all(0 <= number(one) < 2**31 for one in item["numbers"]), "an item's numbers")
        need(all(is_a(name, str) for name in item["enemies"]), "an item's enemies")
        need(item.get("trial", True) is True, "whether an item is on trial")
        need(all(abs(number(item["response"][name])) <= 20_000 for name in "abc"), "an item's response")
    equal = blueprint.get("equal")
    if equal is not None:
        need(Fraction(1, 1000) <= rule_decimal(equal["tolerance"]) <= 1000, "a tolerance")
        target = equal.get("target")
        need(target is None or len(target) == 7 and all(0 <= rule_decimal(one) <= 1 for one in target), "a target")
        need(equal.get("exposure_max") is None or 0 < rule_decimal(equal["exposure_max"]) <= 1, "a cap")
        need(equal.get("seconds") is None or 1 <= number(equal["seconds"]) <= 36_000, "a time")
    for section in blueprint["sections"]:
        text(section["code"])
        need(0 <= number(section.get("trial", 0)) <= 1_000, "a section's items on trial")
        need(section.get("items") is None or 1 <= number(section["items"]) <= 1_000, "a section's items")
        need(section.get("marks_each") is None or rule_decimal(section["marks_each"]) >= 0, "marks")
        for cell in section["cells"]:
            need(1 <= number(cell["count"]) <= 1_000, "a cell's count")
            most = cell.get("count_max")
            need(most is None or cell["count"] <= number(most) <= 1_000, "a cell's range")
            need(all(cell.get(name) is None or is_a(cell[name], str) for name in ("topic", "difficulty", "kind")),
                 "a cell's topic, difficulty or kind")
            stimuli = cell.get("stimuli")
            need(stimuli is None or 0 <= number(stimuli) <= cell["count"], "a cell's stimuli")


def check_subject(record: Record, subject: dict, locked: dict, draw_seed: bytes) -> list[dict]:
    """The papers of a subject, if they are those that were locked."""
    component, blueprint, pool = subject["component"], subject["blueprint"], subject["pool"]
    need(canonical_hash(blueprint).hex() == locked["blueprint_hash"],
         f"{component}: blueprint_hash")
    need(canonical_hash(pool).hex() == locked["pool_root"], f"{component}: pool_root")
    seed = lots.sub(draw_seed, f"papers/{component}")
    need(sha256(seed).hex() == locked["seed_commitment"], f"{component}: seed_commitment")
    check_sizes(blueprint, pool)
    seats = [(ticket["room"], number(ticket["seat"]), ticket["ticket"]) for ticket in record.tickets]
    seats.sort(key=lambda seat: by_bytes(seat[2]))
    drawn = assemble.Drawn(blueprint, pool, seed, seats)
    full = one([each["max"] for each in profile_of(record)["components"] if each["code"] == component], "components")
    for paper in drawn.papers:
        marks = [rule_decimal(place["marks"]) for section in paper["sections"] for place in section["places"]]
        need(sum(marks) == rule_decimal(full), f"{component}: the marks of a paper")
    papers = [canonical_hash(paper) for paper in drawn.papers]
    for name in "attempt", "made", "deviation":
        need(number(locked[name]) == getattr(drawn, name), f"{component}: {name}")
    root = lots.root([sha256(b"\0", paper) for paper in papers])
    need(root.hex() == locked["papers_root"], f"{component}: papers_root")
    need(number(locked["count"]) == len(papers), f"{component}: count")
    return drawn.papers


def locks_of(record: Record, component: str, draws: int) -> list[dict]:
    """The papers.locked of a component, one for each draw that has a result."""
    locks = [i for i in all_inputs(record, "papers.locked") if i["component"] == component]
    need(len(locks) == draws, f"{component}: {len(locks)} papers.locked, {draws} draws")
    for before, after in zip(locks, locks[1:]):
        need(after.get("replaces") == before["papers_root"], f"{component}: replaces")
    return locks


def fixed_lines(record: Record, draw: dict, components: list[str]) -> list[dict]:
    """The lines of the subjects that a draw of papers fixed."""
    fixed = fixed_by(record, draw)
    lines = fixed["params"]["subjects"]
    need(sorted(line["component"] for line in lines) == sorted(components),
         "the draw is of other subjects")
    need(lots.pool_root([canonical_hash(line) for line in lines]).hex() == fixed["pool"]["root"]
         and number(fixed["pool"]["count"]) == len(lines), "the pool of the draw")
    return lines


def check_papers(record: Record) -> None:
    """V5."""
    only_from(record, "marking")
    written = written_codes(profile_of(record))
    draws = draws_of_papers(record)
    need(bool(draws), "no draw of papers has a result")
    need(len(record.recalled) == len(written) * (len(draws) - 1), f"{len(record.recalled)} recalled")
    gone = []
    for place, draw in enumerate(draws):
        subjects = record.subjects
        if draw is not draws[-1]:
            subjects = [each for each in record.recalled if each["draw"] == draw["code"]]
        components = [subject["component"] for subject in subjects]
        need(strictly_ascending(list(map(by_bytes, components))), "the subjects are not by code")
        need(len(components) == len(written), f"{len(components)} subjects, {len(written)} written")
        lines = fixed_lines(record, draw, components)
        seed = seed_of(record, draw)
        cause = causes_of(record, draw["code"]) if draw["state"] == "recalled" else None
        for subject in subjects:
            component = subject["component"]
            locked = locks_of(record, component, len(draws))[place]
            line = one([line for line in lines if line["component"] == component], "lines")
            for name in "bank", "blueprint_hash", "pool_root", "keys_root":
                need(text(line[name]) == text(locked[name]), f"{component}: {name} of the draw")
            papers = check_subject(record, subject, locked, seed)
            for leak in gone:
                need(leaked_item(leak, locked["bank"], subject["pool"]) is None,
                     f"{component}: the leaked item {leak['code']} could be drawn again")
            if cause:
                check_held(*cause, subject, locked, papers)
        gone += cause[1] if cause else []


# V8, V9

def settle(marks: list[Fraction], highest: Fraction, rule: dict) -> tuple[Fraction, str, int]:
    """Double marking: the mark that stands, by what, and how many marks that needs."""
    within = rule_decimal(rule["tolerance"]) * highest * 10**6
    within = Fraction(within.numerator // within.denominator, 10**6)

    def agree(a: Fraction, b: Fraction) -> bool:
        return abs(a - b) <= within

    def mean(a: Fraction, b: Fraction) -> Fraction:
        return rounded((a + b) / 2, rule)

    first, second = marks[:2]
    resolution = rule["resolution"]
    need(resolution in ("mean_of_two", "arbiter", "closest_pair"), "the profile's resolution")
    if agree(first, second) or resolution == "mean_of_two":
        return mean(first, second), "mean_of_two", 2
    third = marks[2]
    if resolution == "arbiter":
        return third, "arbiter", 3
    nearer = min(first, second, key=lambda each: (abs(each - third), -each))
    if agree(nearer, third):
        return mean(nearer, third), "closest_pair", 3
    return marks[3], "arbiter", 4


def check_scripts(record: Record) -> None:
    """V8."""
    only_from(record, "written")
    only_with_components(record)
    rule = profile_of(record).get("marking")
    named = [script for inputs in all_inputs(record, "objective.marked")
             for script in script_ids(inputs)]
    twice = [script for script, times in Counter(named).items() if times > 1]
    need(not twice, f"script {twice[:1]} is named twice")
    settled = settled_scripts(record)
    for script in set(named) ^ settled.keys():
        raise Differs(f"script {script} is {'not settled' if script in named else 'not named'}")
    for script, inputs in settled.items():
        marks = [mark(each) for each in inputs["marks"]]
        stands, by, many = settle(marks, mark(inputs["max"]), rule)
        need(len(marks) == many, f"script {script}: {len(marks)} marks where {many} are needed")
        need((mark(inputs["mark"]), inputs["by"]) == (stands, by),
             f"script {script}: {mark_text(stands)} by {by} follows")


def panel_mark(kind: str, panel: list, profile: dict) -> Fraction:
    """The mark of an interview or an assessment, from the marks of its panel."""
    marks = sorted(mark(each) for each in panel)
    if kind == "assessment":
        return rounded(sum(marks) / Fraction(len(marks)), profile["marking"])
    rule = profile["interview"]
    need(len(marks) >= number(rule["panel"]), f"{len(marks)} marks of a panel")
    low, high = number(rule["trim_low"]), number(rule["trim_high"])
    need(low >= 0 and high >= 0, "the profile's interview")
    kept = marks[low:len(marks) - high]
    return rounded(sum(kept) / Fraction(len(kept)), rule)


def check_written_mark(entry: Entry, objective: dict | None, settled: dict) -> None:
    if objective is None:
        need(state_of(entry) == "absent", "absent follows")
        return
    scripts = [mark(settled[script]["mark"]) for script in script_ids(objective)]
    total = mark(objective["total"]) + sum(scripts)
    need(state_of(entry) != "absent" and mark(entry.inputs["mark"]) == total,
         f"{mark_text(total)} follows")


def check_component(entry: Entry, component: dict, profile: dict) -> None:
    """A component other than a written one."""
    inputs, kind = entry.inputs, component["kind"]
    if state_of(entry) != "marked":
        return
    if kind == "vote":
        ballot_of(inputs)
        return
    need(kind in ("interview", "assessment"), f"a component of kind {kind}")
    have = mark(inputs["mark"])
    if inputs.get("panel") is not None:
        expected = panel_mark(kind, inputs["panel"], profile)
        need(have == expected, f"{mark_text(expected)} follows")


def check_who_has_others(record: Record, decided: dict, others: set) -> None:
    """Who has components other than written ones: those who go on (V10)."""
    going = going_on(record, decided) if come_as_far(record, "published") else set()
    for ticket, found in decided.items():
        have = found.keys() & others
        need(not have or ticket in going, f"ticket {ticket} does not go on and has {have}")
        absent = any(state_of(entry) == "absent" for entry in found.values())
        need(ticket not in going or have == others or absent,
             f"ticket {ticket} has no {sorted(others - have)}")


def check_components(record: Record) -> None:
    """V9."""
    only_from(record, "written")
    only_with_components(record)
    profile = profile_of(record)
    components = {text(each["code"]): each for each in profile["components"]}
    written = set(written_codes(profile))
    objective, settled = objective_marks(record), settled_scripts(record)
    decided = decided_components(record)
    applications = {ticket["ticket"]: ticket["application"] for ticket in record.tickets}
    for ticket, found in decided.items():
        need(written <= found.keys(), f"ticket {ticket} has no {sorted(written - found.keys())}")
        for code, entry in found.items():
            where = f"ticket {ticket}, {code}"
            need(code in components, f"{where}: the profile has no such component")
            need(entry.inputs["application"] == applications[ticket], f"{where}: application")
            try:
                if code in written:
                    check_written_mark(entry, objective.get((ticket, code)), settled)
                else:
                    check_component(entry, components[code], profile)
            except Differs as difference:
                raise Differs(f"{where}: {difference}") from None
    check_who_has_others(record, decided, components.keys() - written)


# Lists (docs/regulation.md; V10)

def carried(ballot: tuple[int, int, int], rule: dict) -> bool:
    """Whether a vote passes (docs/regulation.md, vote rule)."""
    yes, attending, members = ballot
    base = {"attending": attending, "members": members}[rule["of"]]
    share = rule_fraction(rule["pass"]) * base
    enough = {"at_least": yes >= share, "more_than": yes > share}[rule["threshold"]]
    quorum = rule_fraction(rule["quorum"]) * members if rule.get("quorum") else 0
    return 0 <= yes <= attending <= members and attending >= max(1, quorum) and enough


def value_of(found: dict[str, Entry], component: dict) -> Fraction:
    return mark(found[component["code"]].inputs["mark"])


def composite_share(found: dict, components: list[dict]) -> Fraction:
    """Steps 1 and 2 of Composites: marks on a scale of 100 by their weights, not rounded."""
    scores = [each for each in components if each["role"] == "score"]
    return sum((value_of(found, each) * 100 / rule_decimal(each.get("max", "100"))
                * rule_decimal(each["weight"]) for each in scores), Fraction(0))


def below_floor(found: dict, component: dict) -> bool:
    if component["kind"] == "vote":
        return not carried(ballot_of(found[component["code"]].inputs), component["vote"])
    floor = component.get("floor")
    return value_of(found, component) < rule_decimal(floor) if floor is not None else False


@dataclass
class Line:
    """A candidate on a list: out says why one is not ranked."""
    ticket: dict
    found: dict[str, Entry]
    out: str | None = None
    written: Fraction = Fraction(0)
    total: Fraction = Fraction(0)
    key: tuple = ()
    rank: int = 0


def make_line(ticket: dict, found: dict, profile: dict, merit: bool) -> Line:
    """Exclusion and composites over the components that count on the list."""
    counted = [c for c in profile["components"] if merit or c["kind"] == "written"]
    line = Line(ticket, found)
    states = [state_of(found[c["code"]]) for c in counted if c["code"] in found]
    line.out = next((state for state in ("void", "absent") if state in states), None)
    if line.out:
        return line
    written = [each for each in counted if each["kind"] == "written"]
    others = [each for each in counted if each["kind"] != "written"]
    line.written = rounded(composite_share(found, written), profile["written"])
    line.total = line.written
    if merit:
        exact = line.written + composite_share(found, others)
        line.total = rounded(exact, profile["composite"])
    floor = profile["written"].get("floor")
    below = floor is not None and line.written < rule_decimal(floor)
    if any([below_floor(found, each) for each in counted]) or below:
        line.out = "below_floor"
    return line


def tie_key(line: Line, ties: list[str], components: dict, merit: bool) -> tuple:
    """What orders a ranked line: less is ahead (Ranks and ties)."""
    key = [] if merit else [-line.written]
    for entry in ties:
        kind, _, code = entry.partition(":")
        if kind == "component" and (merit or components[code]["kind"] == "written"):
            key.append(-value_of(line.found, components[code]))
        elif kind == "category":
            key.append(code not in line.ticket["categories"])
        elif merit and entry in ("total", "written"):
            key.append(-line.total if entry == "total" else -line.written)
        else:
            known = "total", "written", "extra_test", "admit_all"
            need(kind == "component" or entry in known, f"the profile's tie rule {entry}")
    return tuple(key)


def ranked_lines(lines: list[Line], profile: dict, merit: bool) -> list[Line]:
    """Those ranked, in order of rank and ticket; equals share a rank and the next is skipped."""
    components = {each["code"]: each for each in profile["components"]}
    ranked = [line for line in lines if not line.out]
    for line in ranked:
        line.key = tie_key(line, profile["ties"], components, merit)
    ranked.sort(key=lambda line: (line.key, line.ticket["ticket"].encode()))
    for i, line in enumerate(ranked):
        same = i > 0 and ranked[i - 1].key == line.key
        line.rank = ranked[i - 1].rank if same else i + 1
    return ranked


def standings(ranked: list[Line], places: int, equal, words: tuple) -> list[str]:
    """Standing of each: within the places, across the last of them, or behind."""
    within, across, behind = words
    result = [within if i < places else behind for i in range(len(ranked))]
    if 0 < places < len(ranked) and equal(ranked[places - 1]) == equal(ranked[places]):
        last = equal(ranked[places])
        result = [across if equal(line) == last else word for line, word in zip(ranked, result)]
    return result


def written_standings(ranked: list[Line], quota: int, shortlist: dict | None) -> list[str]:
    """The shortlist."""
    if shortlist is None:
        return ["entered"] * len(ranked)
    rule = shortlist["tie_at_cut"]
    equal = {"admit_all": lambda line: line.written, "none_of_tied": lambda line: line.written,
             "tie_rules": lambda line: line.rank}[rule]
    across = "tied_at_cut" if rule == "none_of_tied" else "entered_by_tie"
    places = quota * number(shortlist["ratio"])
    return standings(ranked, places, equal, ("entered", across, "below_cut"))


def merit_standings(ranked: list[Line], quota: int, ties: list[str]) -> list[str]:
    """The merit list."""
    across = "proposed_by_tie" if ties[-1:] == ["admit_all"] else "undecided"
    return standings(ranked, quota, lambda line: line.rank, ("proposed", across, "reserve"))


def derive_list(lines: list[Line], profile: dict, quota: int, merit: bool) -> list[list]:
    """The rows [ticket, total, rank, standing] of a list."""
    ranked = ranked_lines(lines, profile, merit)
    if merit:
        words = merit_standings(ranked, quota, profile["ties"])
    else:
        words = written_standings(ranked, quota, profile.get("shortlist"))
    rows = [[line.ticket["ticket"], mark_text(line.total), line.rank, word]
            for line, word in zip(ranked, words)]
    out = [line for line in lines if line.out]
    out.sort(key=lambda line: by_bytes(line.ticket["ticket"]))
    prefix = "out_" if merit else ""
    return rows + [[line.ticket["ticket"], None, None, prefix + line.out] for line in out]


def list_of(tickets: list, decided: dict, profile: dict, quota: int, merit: bool) -> list[list]:
    lines = [make_line(each, decided[each["ticket"]], profile, merit) for each in tickets]
    return derive_list(lines, profile, quota, merit)


def written_lists(record: Record, decided: dict) -> dict[str, list[list]]:
    """The written list of each post that stands, over all its tickets."""
    profile, posts = profile_of(record), standing_posts(record)
    of_post = {post: [] for post in posts}
    for ticket in record.tickets:
        of_post.get(ticket["post"], []).append(ticket)
    return {post: list_of(of_post[post], decided, profile, posts[post], False) for post in posts}


def entered(rows: list[list]) -> set[str]:
    return {row[0] for row in rows if row[3] in ("entered", "entered_by_tie")}


def going_on(record: Record, decided: dict) -> set[str]:
    """The tickets of all who go on after the written list."""
    return set().union(*map(entered, written_lists(record, decided).values()))


def merit_lists(record: Record, decided: dict) -> dict[str, list[list]]:
    """The merit list of each post that stands, over those who go on."""
    profile, posts = profile_of(record), standing_posts(record)
    by_ticket = {ticket["ticket"]: ticket for ticket in record.tickets}
    return {post: list_of([by_ticket[each] for each in entered(rows)], decided, profile,
                          posts[post], True)
            for post, rows in written_lists(record, decided).items()}


def compare_list(published: dict, rows: list[list], quota: int, where: str) -> None:
    need(number(published["quota"]) == quota, f"{where}: quota is not {quota}")
    need(is_a(published["rows"], list), f"{where}: rows is no list")
    for at, (have, expected) in enumerate(zip(published["rows"], rows), 1):
        need(canonical(have) == canonical(expected),
             f"{where}, line {at}: {canonical(have)[:100]} instead of {canonical(expected)}")
    need(len(published["rows"]) == len(rows),
         f"{where}: {len(published['rows'])} lines instead of {len(rows)}")


def may_follow(before: list | None, row: list, place: int) -> bool:
    """Whether a line may stand at its place behind the one before (V10, with `totals`)."""
    ticket, total, rank, _ = row
    if before is None:
        return rank == (1 if total is not None else None)
    behind = by_bytes(before[0]) < by_bytes(ticket)
    if total is None:
        return rank is None and (before[1] is not None or behind)
    if before[1] is None or mark(total) > mark(before[1]):
        return False
    shared = mark(total) == mark(before[1]) and rank == before[2] and behind
    return rank == place or shared


def check_order(rows: list, tickets: set[str], merit: bool, where: str) -> None:
    """The lines stand in an order that their totals allow, and are of these tickets."""
    prefix = "out_" if merit else ""
    outs = [prefix + word for word in ("void", "absent", "below_floor")]
    before = None
    for place, row in enumerate(rows, 1):
        need(is_a(row, list) and len(row) == 4 and is_a(row[0], str), f"{where}, line {place}")
        need((row[1] is None) == (row[2] is None) == (row[3] in outs), f"{where}, line {place}")
        need(row[2] is None or is_a(row[2], int), f"{where}, line {place}: rank")
        need(row[1] is None or row[1] == mark_text(mark(row[1])), f"{where}, line {place}: total")
        need(may_follow(before, row, place),
             f"{where}, line {place}: total and rank do not follow those before")
        before = row
    listed = [row[0] for row in rows]
    need(sorted(listed) == sorted(tickets), f"{where}: its tickets are not those of the post")


def check_totals(record: Record, posts: dict, kind: str, on: set[str] | None) -> set[str]:
    """A list of every post from its own totals; who goes on after it."""
    profile, merit, going = profile_of(record), on is not None, set()
    published = all_inputs(record, kind)
    for post, quota in posts.items():
        where = f"{kind} of {post}"
        mine = one([i for i in published if i["post"] == post], where)
        rows = mine["rows"]
        need(is_a(rows, list), f"{where}: rows is no list")
        tickets = {each["ticket"] for each in record.tickets
                   if each["post"] == post and (on is None or each["ticket"] in on)}
        check_order(rows, tickets, merit, where)
        ranked = [Line({"ticket": row[0]}, {}, None, mark(row[1]), mark(row[1]), (), row[2])
                  for row in rows if row[1] is not None]
        if merit:
            words = merit_standings(ranked, quota, profile["ties"])
        else:
            words = written_standings(ranked, quota, profile.get("shortlist"))
        expected = [[row[0], row[1], row[2], word] for row, word in zip(rows, words)]
        compare_list(mine, expected + rows[len(words):], quota, where)
        going |= entered(rows)
    return going


def check_ranking_by_totals(record: Record) -> None:
    """V10 where the components are closed."""
    posts, kinds = standing_posts(record), ["written.published"]
    on = check_totals(record, posts, kinds[0], None)
    if come_as_far(record, "published"):
        kinds.append("merit.published")
        check_totals(record, posts, kinds[1], on)
    for kind in kinds:
        for inputs in all_inputs(record, kind):
            need(inputs["post"] in posts, f"{kind} of a post that does not stand")


def check_ranking(record: Record) -> None:
    """V10."""
    only_from(record, "written")
    if totals_only(record):
        return check_ranking_by_totals(record)
    posts, decided = standing_posts(record), decided_components(record)
    lists = [("written.published", written_lists)]
    if come_as_far(record, "published"):
        lists.append(("merit.published", merit_lists))
    for kind, derive in lists:
        published = all_inputs(record, kind)
        for inputs in published:
            need(inputs["post"] in posts, f"{kind} of a post that does not stand")
        for post, rows in derive(record, decided).items():
            mine = one([i for i in published if i["post"] == post], f"{kind} of post {post}")
            compare_list(mine, rows, posts[post], f"{kind} of {post}")


# V11, V14

def check_marking_counts(record: Record, tickets: int) -> None:
    counts = one(all_inputs(record, "counts.fixed"), "counts.fixed")
    begun = one(all_inputs(record, "marking.begun"), "marking.begun")
    kinds = Counter(entry.kind for entry in record.entries if entry.ours)
    submitted = sum(number(each) for each in counts["applications"].values())
    need(submitted == kinds["application.submitted"],
         f"{submitted} applications, {kinds['application.submitted']} application.submitted")
    approved = number(counts["applications"]["approved"])
    for name, have in (("applications.approved", approved),
                       ("ticketed", number(counts["ticketed"])),
                       ("ranking_rows", number(counts["ranking_rows"]))):
        need(have == tickets, f"{name} is {have}, tickets are {tickets}")
    sittings = counts["sittings"]
    need(len(sittings) == len(written_codes(profile_of(record))), "sittings of other components")
    for code in written_codes(profile_of(record)):
        of_code = [each for each in sittings if each["component"] == code]
        sitting = one(of_code, f"sittings of {code}")
        need(number(sitting["sat"]) + number(sitting["absent"]) == tickets,
             f"{code}: sat and absent are not the {tickets} tickets")
    for name, of in ("sat", "attempts"), ("absent", "absences"), ("scripts", "scripts"):
        over_all = sum(number(each[name]) for each in sittings)
        need(over_all == number(begun[of]), f"{name} over all is {over_all}, {of} is {begun[of]}")
    need(kinds["objective.marked"] == begun["attempts"],
         f"{kinds['objective.marked']} objective.marked, {begun['attempts']} attempts")
    if come_as_far(record, "written") and not totals_only(record):
        check_written_counts(record, sittings)


def check_written_counts(record: Record, sittings: list[dict]) -> None:
    marked = all_inputs(record, "objective.marked")
    for sitting in sittings:
        code = sitting["component"]
        mine = [inputs for inputs in marked if inputs["component"] == code]
        need(len(mine) == sitting["sat"], f"{code}: {sitting['sat']} sat, {len(mine)} are marked")
        scripts = sum(len(script_ids(inputs)) for inputs in mine)
        need(scripts == sitting["scripts"],
             f"{code}: {sitting['scripts']} scripts, {scripts} named")


def check_completeness(record: Record) -> None:
    """V11."""
    only_from(record, "ticketed")
    issued = one(all_inputs(record, "tickets.issued"), "tickets.issued")
    tickets = len(record.tickets)
    need(number(issued["count"]) == tickets, f"{tickets} tickets, {issued['count']} issued")
    posts = standing_posts(record)
    for ticket in record.tickets:
        need(ticket["post"] in posts, f"ticket {ticket['ticket']}: its post does not stand")
    for locked in all_inputs(record, "papers.locked"):
        need(number(locked["count"]) == tickets,
             f"{locked['count']} papers of {locked['component']}, {tickets} tickets")
    if come_as_far(record, "marking"):
        check_marking_counts(record, tickets)


def check_witnesses(record: Record) -> None:
    """V14."""
    def cosigned(name: str, key_id: bytes, key: bytes) -> bool:
        _, _, _, body, signatures = open_checkpoint(record.log["checkpoint"])
        return has_cosigned(body, signatures, name, key_id, key)

    met = quorum_met(record.log["policy"], cosigned)
    if met is None:
        raise NotApplicable
    need(met, "too few witnesses of the policy have cosigned the checkpoint")


def needs_more_than_the_record(record: Record) -> None:
    """V4, V6, V7 and V12."""
    raise NotApplicable


CHECKS = [
    (1, "log", check_log), (2, "rules", check_rules), (3, "tickets", check_tickets),
    (4, "items", needs_more_than_the_record), (5, "papers", check_papers),
    (6, "answers", needs_more_than_the_record), (7, "objective marks", needs_more_than_the_record),
    (8, "scripts", check_scripts), (9, "components", check_components),
    (10, "ranking", check_ranking), (11, "completeness", check_completeness),
    (12, "published log", needs_more_than_the_record), (13, "draws", check_draws),
    (14, "witnesses", check_witnesses),
]


def run(record: Record, check) -> tuple[str, str | None]:
    """Verdict and difference of a check; what cannot be derived fails it."""
    try:
        check(record)
    except NotApplicable:
        return "not applicable", None
    except Differs as difference:
        return "fail", str(difference)
    except (KeyError, TypeError, ValueError, IndexError, AttributeError, RecursionError,
            ArithmeticError, MemoryError, SystemExit) as error:
        return "fail", f"cannot be derived: {type(error).__name__} {error}"
    return "pass", None


def read_source(source: str) -> bytes:
    if re.match("https?://", source):
        with urllib.request.urlopen(source, timeout=60) as answer:
            return answer.read()
    with open(source, "rb") as file:
        return file.read()


def printable(line: str) -> str:
    """A record's texts must not write lines of their own."""
    return "".join(each if each.isprintable() else "?" for each in line)


def as_line(outcome: dict) -> str:
    what = f"V{outcome['number']} {outcome['name']}"
    match outcome["verdict"]:
        case "pass":
            return f"ok {what}"
        case "fail":
            return f"FAILED {what}: {outcome['difference']}"
    return f"-- {what}: not applicable"


def main(arguments: list[str]) -> int:
    sources = [each for each in arguments if each != "--json"]
    if len(sources) != 1 or len(arguments) > 2:
        print(__doc__, file=sys.stderr)
        return 2
    sys.stdout.reconfigure(errors="backslashreplace")
    try:
        record = read_record(read_source(sources[0]))
    except (Unreadable, OSError, HTTPException, ValueError) as why:
        print(printable(f"unreadable: {why}"), file=sys.stderr)
        return 2
    outcomes = []
    for number_, name, check in CHECKS:
        verdict, difference = run(record, check)
        outcomes.append({"number": number_, "name": name, "verdict": verdict,
                         "difference": difference})
    if "--json" in arguments:
        print(json.dumps(outcomes, ensure_ascii=False, indent=1))
    else:
        print("\n".join(printable(as_line(outcome)) for outcome in outcomes))
    return int(any(outcome["verdict"] == "fail" for outcome in outcomes))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
