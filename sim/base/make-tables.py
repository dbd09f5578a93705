#!/usr/bin/env python3
"""Writes distribution-tables.c, the tables from which distributions are sampled with integers. The build runs it.

    python3 sim/base/make-tables.py > distribution-tables.c

Everything is computed in decimal with 60 digits and rounded once, to nearest, so that the output is the same on every
machine: the C library's log() and exp() take no part. Only the first guess of Newton's method is a double. Every trace
depends on these tables, so an output with another digest ends the build.
"""

import hashlib
import sys
from decimal import Decimal, ROUND_HALF_EVEN, getcontext
from statistics import NormalDist

getcontext().prec = 60

SHA256 = "d36249f79c0723836bd31ea8f29f07994faea2af2195d8fb0a9b12983d346c8c"

OCTAVES = 64  # of the tail probability of the normal distribution, down to 2^-65
POINTS = 64  # an octave
STEPS = 256  # of log2 and exp2 over one octave
Z_BITS, LOG2_BITS, EXP2_BITS = 28, 31, 30  # fractional bits

LN2 = Decimal(2).ln()
TAU_ROOT = Decimal("6.283185307179586476925286766559005768394338798750211641949889").sqrt()


def density(z):
    return (-z * z / 2).exp() / TAU_ROOT


def tail(z):
    """P(Z > z) by the series phi(z) (z + z^3/3 + z^5/15 + ...), every term of one sign; 60 digits leave 40 at 2^-65."""
    term = total = z
    k = 3
    while term > Decimal("1e-58"):
        term = term * z * z / k
        total += term
        k += 2
    return Decimal("0.5") - density(z) * total


def upper_quantile(q):
    """The z with P(Z > z) = q, 0 < q <= 1/2."""
    if q == Decimal("0.5"):
        return Decimal(0)
    z = Decimal(-NormalDist().inv_cdf(float(q)))
    for _ in range(2):
        z += (tail(z) - q) / density(z)
    return z


def fixed(value, bits):
    return int((value * 2**bits).to_integral_value(ROUND_HALF_EVEN))


def normal_table():
    points = []
    for octave in range(OCTAVES):
        low = Decimal(2) ** (octave - OCTAVES - 1)
        points += [upper_quantile(low * (POINTS + i) / POINTS) for i in range(POINTS)]
    return points + [Decimal(0)]


def array(name, comment, values, bits):
    words = ["0x%08x," % fixed(value, bits) for value in values]
    lines = ["", "/* %s */" % comment, "const uint32_t %s[%d] = {" % (name, len(words))]
    for i in range(0, len(words), 8):
        lines.append("    " + " ".join(words[i : i + 8]))
    return lines + ["};"]


def tables():
    z99 = upper_quantile(Decimal("0.01"))
    lines = [
        "/* Written by sim/base/make-tables.py. What the tables are for is in distribution.c. */",
        '#include "base/distribution-private.h"',
        "",
        "/* clang-format off */",
        "",
        "/* 1/z with P(Z <= z) = 0.99, 64 fractional bits. */",
        "const uint64_t sr_inverse_z99 = UINT64_C(0x%016x);" % fixed(1 / z99, 64),
    ]
    lines += array(
        "sr_normal_table",
        "z with P(Z > z) = q, %d fractional bits; q = 2^(k-65) (1 + i/64) at 64 k + i." % Z_BITS,
        normal_table(),
        Z_BITS,
    )
    lines += array(
        "sr_log2_table",
        "log2(1 + i/256), %d fractional bits." % LOG2_BITS,
        [(1 + Decimal(i) / STEPS).ln() / LN2 for i in range(STEPS + 1)],
        LOG2_BITS,
    )
    lines += array(
        "sr_exp2_table",
        "2^(i/256), %d fractional bits." % EXP2_BITS,
        [(LN2 * i / STEPS).exp() for i in range(STEPS + 1)],
        EXP2_BITS,
    )
    lines += ["", "/* clang-format on */"]
    return "\n".join(lines) + "\n"


text = tables()
digest = hashlib.sha256(text.encode("ascii")).hexdigest()
if digest != SHA256:
    sys.exit("make-tables.py: this Python computes other tables: SHA-256 %s" % digest)
sys.stdout.write(text)
