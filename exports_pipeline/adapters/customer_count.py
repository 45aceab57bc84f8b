"""How many customers some stored sketches have together; many sketches at a time, which the library merges one by one.

The form is that of Apache DataSketches, the same in all its languages: eight bytes of preamble or more, and then either
coupons, one for each customer (in the low 26 bits where a customer falls, in the six above a value), or registers, each
the greatest value of those who fell there: of a byte, or of half a byte above a least value that is in the preamble.
Coupons then follow for those that half a byte is too small for.
"""

from collections.abc import Iterable, Sequence
from struct import Struct
from typing import NamedTuple

import numpy as np
from datasketches import hll_sketch
from numpy.typing import NDArray

from exports_pipeline.adapters.customer_sketch import LG_REGISTERS

_REGISTERS = 1 << LG_REGISTERS
_MOST_COUPONS = _REGISTERS // 8 * 3 // 4
"""Of more customers, the library keeps registers."""
_FORM = bytes((1, 7, LG_REGISTERS))
"""Version, family and size, from the second byte on."""
_OF_REGISTERS = 10
"""The first byte of a sketch with registers: how many times four bytes its preamble has."""
_PREAMBLE, _HALVES = 4 * _OF_REGISTERS, _REGISTERS // 2
_FLAGS, _LEAST, _KIND = 5, 6, 7
"""Where these stand: how it is written, the least value, and what the registers are of."""
_COMPACT, _MERGED = 8, 16
"""Flags: nothing is left free between coupons; customers came in no known order, so that no estimate goes by it."""
_OF_HALVES, _OF_BYTES = 2, 10
"""What the registers are of."""
_HEAD = Struct("<8Bdddii")
_VALUES = 64
_WEIGHTS = np.zeros((_VALUES, 2))
_WEIGHTS[: _VALUES // 2, 0], _WEIGHTS[_VALUES // 2 :, 1] = np.ldexp(1.0, -np.arange(_VALUES)).reshape(2, -1)
"""How much each value weighs in the two sums that the library estimates by: of lesser values, and of greater ones."""
Registers = NDArray[np.uint8]
Coupons = NDArray[np.uint32]


class _Parts(NamedTuple):
    """What sketches are made of."""

    coupons: list[bytes]
    halves: list[bytes]
    leasts: list[int]
    """The least value of each of the halves."""
    wholes: list[bytes]


def customers_in(sketches: Sequence[bytes]) -> int:
    """How many customers are in some sketches, each of them once: to the customer what the library's union estimates.

    Raises:
        ValueError: one of them is no sketch as `customer_sketch` makes them.
    """
    if not sketches:
        return 0
    parts = _parts_of(sketches)
    coupons = np.frombuffer(b"".join(parts.coupons), np.uint32)
    if parts.halves or parts.wholes:
        return _estimate(_registers_of(parts, coupons))
    if len(sketches) == 1:
        return len(coupons)
    if len(coupons) > _MOST_COUPONS:
        registers = _registers_of(parts, coupons)
        if np.count_nonzero(registers) > _MOST_COUPONS:
            return _estimate(registers)
    customers = len(np.unique(coupons))
    return customers if customers <= _MOST_COUPONS else _estimate(_registers_of(parts, coupons))


def _parts_of(sketches: Iterable[bytes]) -> _Parts:
    parts = _Parts([], [], [], [])
    for sketch in sketches:
        if sketch[1:4] != _FORM or not sketch[_FLAGS] & _COMPACT:
            raise _unreadable(sketch)
        if sketch[0] != _OF_REGISTERS:
            parts.coupons.append(sketch[4 * sketch[0] :])
        elif sketch[_KIND] == _OF_BYTES:
            parts.wholes.append(sketch[_PREAMBLE:])
        elif sketch[_KIND] != _OF_HALVES:
            raise _unreadable(sketch)
        else:
            parts.halves.append(sketch[_PREAMBLE : _PREAMBLE + _HALVES])
            parts.leasts.append(sketch[_LEAST])
            parts.coupons.append(sketch[_PREAMBLE + _HALVES :])
    return parts


def _registers_of(parts: _Parts, coupons: Coupons) -> Registers:
    """The greatest values of all."""
    registers, greatest = np.zeros(_REGISTERS, np.uint8), np.maximum.reduce
    if parts.halves:
        halves = np.frombuffer(b"".join(parts.halves), np.uint8).reshape(-1, _HALVES)
        if any(parts.leasts):
            # Where half a byte is too small it is all ones, which is still less than what the coupon says.
            leasts = np.array(parts.leasts, np.uint8)[:, None]
            registers[0::2] = greatest((halves & 15) + leasts)
            registers[1::2] = greatest((halves >> 4) + leasts)
        else:
            # The half above decides which byte is the greatest.
            registers[0::2], registers[1::2] = greatest(halves & 15), greatest(halves) >> 4
    if parts.wholes:
        wholes = np.frombuffer(b"".join(parts.wholes), np.uint8).reshape(-1, _REGISTERS)
        registers = np.maximum(registers, greatest(wholes))
    if len(coupons):
        np.maximum.at(registers, coupons & (_REGISTERS - 1), (coupons >> 26).astype(np.uint8))
    return registers


def _estimate(registers: Registers) -> int:
    """What the library says of these registers."""
    found = np.bincount(registers, minlength=_VALUES)
    head = _HEAD.pack(
        _OF_REGISTERS, *_FORM, 0, _COMPACT | _MERGED, 0, _OF_BYTES, 0.0, *found.dot(_WEIGHTS), found[0], 0
    )
    return round(float(hll_sketch.deserialize(head + registers.tobytes()).get_estimate()))


def _unreadable(sketch: bytes) -> ValueError:
    return ValueError(
        f"A stored sketch of customers begins with {sketch[:8].hex() or 'nothing'}, which is no compact sketch of "
        f"{_REGISTERS:,} registers; make the figures of its days anew with a backfill."
    )
