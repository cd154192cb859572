"""Verify rounds of drand quicknet (scheme bls-unchained-g1-rfc9380).

A signature is a point of G1 of BLS12-381 and the public key a point of G2. The signature of a
round is good when e(signature, G2 generator) == e(H(message), public key), where the message
is SHA-256 of the round as 8 bytes, big-endian, and H is the suite
BLS12381G1_XMD:SHA-256_SSWU_RO_ of RFC 9380, section 8.8.1.

It only checks public values, so nothing here tries to run in constant time.
"""

import hashlib

P = 0x1a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaaab
R = 0x73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001  # order of G1 and G2
X = 0xd201000000010000  # the curve's parameter, without its minus sign
DST = b"BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_"


class Fp2:
    """a + b*u, where u*u = -1. Elements of Fp are those with b = 0."""

    __slots__ = ("a", "b")

    def __init__(self, a: int, b: int = 0):
        self.a, self.b = a % P, b % P

    def __eq__(self, other):
        return self.a == other.a and self.b == other.b

    def __add__(self, other):
        return Fp2(self.a + other.a, self.b + other.b)

    def __sub__(self, other):
        return Fp2(self.a - other.a, self.b - other.b)

    def __neg__(self):
        return Fp2(-self.a, -self.b)

    def __mul__(self, other):
        return Fp2(self.a * other.a - self.b * other.b, self.a * other.b + self.b * other.a)

    def __truediv__(self, other):
        inverse = pow(other.a * other.a + other.b * other.b, -1, P)
        return self * Fp2(other.a * inverse, -other.b * inverse)

    def __pow__(self, exponent: int):
        result = Fp2(1)
        for bit in f"{exponent:b}":
            result *= result
            if bit == "1":
                result *= self
        return result

    def sqrt(self):
        """A square root, or None. For P = 3 (mod 4): Adj and Rodriguez-Henriquez, 2012."""
        power = self ** ((P - 3) // 4)
        root = power * self
        beta = root * power + Fp2(1)
        root *= beta ** ((P - 1) // 2) if beta != Fp2(0) else Fp2(0, 1)
        return root if root * root == self else None


# The groups. A point is a pair (x, y) of Fp2, and None is the point at infinity.

G1_B = Fp2(4)  # G1: y^2 = x^3 + 4, with x and y in Fp
G2_B = Fp2(4, 4)  # G2: y^2 = x^3 + 4(1 + u)


def slope(p, q):
    """The slope of the line through p and q, or of the tangent if they are the same."""
    if p == q:
        return Fp2(3) * p[0] * p[0] / (p[1] + p[1])
    return (q[1] - p[1]) / (q[0] - p[0])


def add(p, q):
    if p is None or q is None:
        return q if p is None else p
    if p[0] == q[0] and p[1] == -q[1]:
        return None
    s = slope(p, q)
    x = s * s - p[0] - q[0]
    return x, s * (p[0] - x) - p[1]


def multiply(p, scalar: int):
    result = None
    for bit in f"{scalar:b}":
        result = add(result, result)
        if bit == "1":
            result = add(result, p)
    return result


def decompress(data: bytes, size: int):
    """The point of G1 (size 48) or G2 (size 96) in its usual compressed form.

    None unless it is a point of the curve, of order R, written in the only way allowed.
    The top three bits are flags: compressed, infinity, and whether y is the greater root.
    """
    if len(data) != size or data[0] >> 6 != 0b10:
        return None
    parts = [int.from_bytes(data[i : i + 48], "big") for i in range(0, size, 48)]
    parts[0] &= (1 << 381) - 1
    if max(parts) >= P:
        return None
    x = Fp2(*reversed(parts))  # the part of u comes first
    y = (x * x * x + (G1_B if size == 48 else G2_B)).sqrt()
    if y is None or (size == 48 and y.b != 0):
        return None
    minus = -y
    is_greater = (y.b, y.a) > (minus.b, minus.a)
    point = (x, y if is_greater == bool(data[0] & 0x20) else minus)
    return point if multiply(point, R) is None else None


# Hashing to G1, RFC 9380.

SSWU_A = 0x144698a3b8e9433d693a02c96d4982b0ea985383ee66a8d8e8981aefd881ac98936f8da0e0f97f5cf428082d584c1d
SSWU_B = 0x12e2908d11688030018b12e8753eee3b2016c1f0f24f4070a0b9c14fcef35ef55a23215a316ceaa5d1cc48e98e172be0
SSWU_Z = 11
H_EFF = 0xd201000000010001

# The isogeny's polynomials (appendix E.2): the numerator and denominator of x, then those of y.
# Each is from its constant term up.
ISOGENY = [
    [int(number, 16) for number in polynomial.split()]
    for polynomial in """
11a05f2b1e833340b809101dd99815856b303e88a2d7005ff2627b56cdb4e2c85610c2d5f2e62d6eaeac1662734649b7
17294ed3e943ab2f0588bab22147a81c7c17e75b2f6a8417f565e33c70d1e86b4838f2a6f318c356e834eef1b3cb83bb
d54005db97678ec1d1048c5d10a9a1bce032473295983e56878e501ec68e25c958c3e3d2a09729fe0179f9dac9edcb0
1778e7166fcc6db74e0609d307e55412d7f5e4656a8dbf25f1b33289f1b330835336e25ce3107193c5b388641d9b6861
e99726a3199f4436642b4b3e4118e5499db995a1257fb3f086eeb65982fac18985a286f301e77c451154ce9ac8895d9
1630c3250d7313ff01d1201bf7a74ab5db3cb17dd952799b9ed3ab9097e68f90a0870d2dcae73d19cd13c1c66f652983
d6ed6553fe44d296a3726c38ae652bfb11586264f0f8ce19008e218f9c86b2a8da25128c1052ecaddd7f225a139ed84
17b81e7701abdbe2e8743884d1117e53356de5ab275b4db1a682c62ef0f2753339b7c8f8c8f475af9ccb5618e3f0c88e
80d3cf1f9a78fc47b90b33563be990dc43b756ce79f5574a2c596c928c5d1de4fa295f296b74e956d71986a8497e317
169b1f8e1bcfa7c42e0c37515d138f22dd2ecb803a0c5c99676314baf4bb1b7fa3190b2edc0327797f241067be390c9e
10321da079ce07e272d8ec09d2565b0dfa7dccdde6787f96d50af36003b14866f69b771f8c285decca67df3f1605fb7b
6e08c248e260e70bd1e962381edee3d31d79d7e22c837bc23c0bf1bc24c6b68c24b1b80b64d391fa9c8ba2e8ba2d229

8ca8d548cff19ae18b2e62f4bd3fa6f01d5ef4ba35b48ba9c9588617fc8ac62b558d681be343df8993cf9fa40d21b1c
12561a5deb559c4348b4711298e536367041e8ca0cf0800c0126c2588c48bf5713daa8846cb026e9e5c8276ec82b3bff
b2962fe57a3225e8137e629bff2991f6f89416f5a718cd1fca64e00b11aceacd6a3d0967c94fedcfcc239ba5cb83e19
3425581a58ae2fec83aafef7c40eb545b08243f16b1655154cca8abc28d6fd04976d5243eecf5c4130de8938dc62cd8
13a8e162022914a80a6f1d5f43e7a07dffdfc759a12062bb8d6b44e833b306da9bd29ba81f35781d539d395b3532a21e
e7355f8e4e667b955390f7f0506c6e9395735e9ce9cad4d0a43bcef24b8982f7400d24bc4228f11c02df9a29f6304a5
772caacf16936190f3e0c63e0596721570f5799af53a1894e2e073062aede9cea73b3538f0de06cec2574496ee84a3a
14a7ac2a9d64a8b230b3f5b074cf01996e7f63c21bca68a81996e1cdf9822c580fa5b9489d11e2d311f7d99bbdcc5a5e
a10ecf6ada54f825e920b3dafc7a3cce07f8d1d7161366b74100da67f39883503826692abba43704776ec3a79a1d641
95fc13ab9e92ad4476d6e3eb3a56680f682b4ee96f7d03776df533978f31c1593174e4b4b7865002d6384d168ecdd0a
1

90d97c81ba24ee0259d1f094980dcfa11ad138e48a869522b52af6c956543d3cd0c7aee9b3ba3c2be9845719707bb33
134996a104ee5811d51036d776fb46831223e96c254f383d0f906343eb67ad34d6c56711962fa8bfe097e75a2e41c696
cc786baa966e66f4a384c86a3b49942552e2d658a31ce2c344be4b91400da7d26d521628b00523b8dfe240c72de1f6
1f86376e8981c217898751ad8746757d42aa7b90eeb791c09e4a3ec03251cf9de405aba9ec61deca6355c77b0e5f4cb
8cc03fdefe0ff135caf4fe2a21529c4195536fbe3ce50b879833fd221351adc2ee7f8dc099040a841b6daecf2e8fedb
16603fca40634b6a2211e11db8f0a6a074a7d0d4afadb7bd76505c3d3ad5544e203f6326c95a807299b23ab13633a5f0
4ab0b9bcfac1bbcb2c977d027796b3ce75bb8ca2be184cb5231413c4d634f3747a87ac2460f415ec961f8855fe9d6f2
987c8d5333ab86fde9926bd2ca6c674170a05bfe3bdd81ffd038da6c26c842642f64550fedfe935a15e4ca31870fb29
9fc4018bd96684be88c9e221e4da1bb8f3abd16679dc26c1e8b6e6a1f20cabe69d65201c78607a360370e577bdba587
e1bba7a1186bdb5223abde7ada14a23c42a0ca7915af6fe06985e7ed1e4d43b9b3f7055dd4eba6f2bafaaebca731c30
19713e47937cd1be0dfd0b8f1d43fb93cd2fcbcb6caf493fd1183e416389e61031bf3a5cce3fbafce813711ad011c132
18b46a908f36f6deb918c143fed2edcc523559b8aaf0c2462e6bfe7f911f643249d9cdf41b44d606ce07c8a4d0074d8e
b182cac101b9399d155096004f53f447aa7b12a3426b08ec02710e807b4633f06c851c1919211f20d4c04f00b971ef8
245a394ad1eca9b72fc00ae7be315dc757b3b080d4c158013e6632d3c40659cc6cf90ad1c232a6442d9d3f5db980133
5c129645e44cf1102a159f748c4a3fc5e673d81d7e86568d9ab0f5d396a7ce46ba1049b6579afb7866b1e715475224b
15e6be4e990f03ce4ea50b3b42df2eb5cb181d8f84965a3957add4fa95af01b2b665027efec01c7704b456be69c8b604

16112c4c3a9c98b252181140fad0eae9601a6de578980be6eec3232b5be72e7a07f3688ef60c206d01479253b03663c1
1962d75c2381201e1a0cbd6c43c348b885c84ff731c4d59ca4a10356f453e01f78a4260763529e3532f6102c2e49a03d
58df3306640da276faaae7d6e8eb15778c4855551ae7f310c35a5dd279cd2eca6757cd636f96f891e2538b53dbf67f2
16b7d288798e5395f20d23bf89edb4d1d115c5dbddbcd30e123da489e726af41727364f2c28297ada8d26d98445f5416
be0e079545f43e4b00cc912f8228ddcc6d19c9f0f69bbb0542eda0fc9dec916a20b15dc0fd2ededda39142311a5001d
8d9e5297186db2d9fb266eaac783182b70152c65550d881c5ecd87b6f0f5a6449f38db9dfa9cce202c6477faaf9b7ac
166007c08a99db2fc3ba8734ace9824b5eecfdfa8d0cf8ef5dd365bc400a0051d5fa9c01a58b1fb93d1a1399126a775c
16a3ef08be3ea7ea03bcddfabba6ff6ee5a4375efa1f4fd7feb34fd206357132b920f5b00801dee460ee415a15812ed9
1866c8ed336c61231a1be54fd1d74cc4f9fb0ce4c6af5920abc5750c4bf39b4852cfe2f7bb9248836b233d9d55535d4a
167a55cda70a6e1cea820597d94a84903216f763e13d87bb5308592e7ea7d4fbc7385ea3d529b35e346ef48bb8913f55
4d2f259eea405bd48f010a01ad2911d9c6dd039bb61a6290e591b36e636a5c871a5c29f4f83060400f8b49cba8f6aa8
accbb67481d033ff5852c1e48c50c477f94ff8aefce42d28c0f9a88cea7913516f968986f7ebbea9684b529e2561092
ad6b9514c767fe3c3613144b45f1496543346d98adf02267d5ceef9a00d9b8693000763e3b90ac11e99b138573345cc
2660400eb2e4f3b628bdd0d53cd76f2bf565b94e72927c1cb748df27942480e420517bd8714cc80d1fadc1326ed06f7
e0fa1d816ddc03e6b24255e0d7819c171c40f65e273b853324efcd6356caa205ca2f570f13497804415473a1d634b8f
1
""".split("\n\n")
]


def expand_message_xmd(message: bytes, dst: bytes, length: int) -> bytes:
    """Section 5.3.1, with SHA-256."""
    suffix = dst + bytes([len(dst)])
    head = bytes(64) + message + length.to_bytes(2, "big") + b"\0"
    first = hashlib.sha256(head + suffix).digest()
    block, output = bytes(32), b""
    for i in range(1, (length + 31) // 32 + 1):
        mixed = bytes(a ^ b for a, b in zip(first, block))
        block = hashlib.sha256(mixed + bytes([i]) + suffix).digest()
        output += block
    return output[:length]


def map_to_curve(u: int):
    """Sections 6.6.2 and 6.6.3: simplified SWU to the 11-isogenous curve, then to G1's curve."""

    def g(x):
        return (x * x * x + SSWU_A * x + SSWU_B) % P

    zu2 = SSWU_Z * u * u % P
    t = (zu2 * zu2 + zu2) % P
    if t == 0:
        x = SSWU_B * pow(SSWU_Z * SSWU_A, -1, P) % P
    else:
        x = -SSWU_B * pow(SSWU_A, -1, P) * (1 + pow(t, -1, P)) % P
    if pow(g(x), (P - 1) // 2, P) == P - 1:  # not a square, so the other one is
        x = zu2 * x % P
    y = pow(g(x), (P + 1) // 4, P)
    if y % 2 != u % 2:
        y = P - y

    x_num, x_den, y_num, y_den = (
        sum(k * pow(x, i, P) for i, k in enumerate(polynomial)) % P for polynomial in ISOGENY
    )
    if x_den == 0 or y_den == 0:
        return None
    return Fp2(x_num * pow(x_den, -1, P)), Fp2(y * y_num * pow(y_den, -1, P))


def hash_to_curve(message: bytes, dst: bytes):
    """Sections 3 and 5.2: two field elements of 64 bytes each, mapped and added."""
    uniform = expand_message_xmd(message, dst, 128)
    u0, u1 = (int.from_bytes(uniform[i : i + 64], "big") % P for i in (0, 64))
    return multiply(add(map_to_curve(u0), map_to_curve(u1)), H_EFF)


# The pairing. An element of Fp12 is a list of 12 coefficients of powers of w, where
# w^6 = 1 + u, so that w^12 = 2w^6 - 2. A point (x, y) of G2 stands for (x/w^2, y/w^3).


def multiply12(f, g):
    product = [0] * 23
    for i, a in enumerate(f):
        if a:
            for j, b in enumerate(g):
                product[i + j] += a * b
    for i in range(22, 11, -1):
        product[i - 6] += 2 * product[i]
        product[i - 12] -= 2 * product[i]
    return [c % P for c in product[:12]]


def line(t, q, p):
    """The line through t and q of G2 at p of G1, times w^3, which the last power removes."""
    s = slope(t, q)
    value = [0] * 12
    for power, c in ((0, s * t[0] - t[1]), (2, -s * p[0]), (3, p[1])):
        value[power], value[power + 6] = c.a - c.b, c.b  # u is w^6 - 1
    return value


def pairings_cancel(pairs) -> bool:
    """Whether the product of e(p, q) over these pairs of points of order R is 1."""
    f = [1] + [0] * 11
    points = [q for _, q in pairs]
    for bit in f"{X:b}"[1:]:
        f = multiply12(f, f)
        for i, (p, q) in enumerate(pairs):
            f = multiply12(f, line(points[i], points[i], p))
            points[i] = add(points[i], points[i])
            if bit == "1":
                f = multiply12(f, line(points[i], q, p))
                points[i] = add(points[i], q)
    # f^((P^12 - 1)/R) is 1 just when g = f^((P^6 + 1)/R) equals its power P^6. That power
    # turns w into -w, so it is when g has no odd powers of w. X's sign makes no difference.
    g = f
    for bit in f"{(P**6 + 1) // R:b}"[1:]:
        g = multiply12(g, g)
        if bit == "1":
            g = multiply12(g, f)
    return not any(g[1::2])


G2_GENERATOR_HEX = (
    "93e02b6052719f607dacd3a088274f65596bd0d09920b61ab5da61bbdc7f5049"
    "334cf11213945d57e5ac7d055d042b7e024aa2b2f08f0a91260805272dc51051"
    "c6e47ad4fa403b02b4510b647ae3d1770bac0326a805bbefd48056c8c121bdb8"
)
G2_GENERATOR = decompress(bytes.fromhex(G2_GENERATOR_HEX), 96)


def verify(public_key: bytes, round_number: int, signature: bytes) -> bool:
    """Whether this is the signature of this round under this public key."""
    if not 0 <= round_number < 1 << 64:
        return False
    key, point = decompress(public_key, 96), decompress(signature, 48)
    if key is None or point is None:
        return False
    hashed = hash_to_curve(hashlib.sha256(round_number.to_bytes(8, "big")).digest(), DST)
    if hashed is None:
        return False
    return pairings_cancel([((point[0], -point[1]), G2_GENERATOR), (hashed, key)])
