"""Sets of customers as HyperLogLog sketches of the library datasketches, which can be merged but not listed."""

from collections.abc import Iterable

from datasketches import hll_sketch, hll_union, tgt_hll_type

LG_REGISTERS = 12
"""4,096 registers of a byte; the standard error is 1.6 %. Up to 384 customers are kept as their hashes: exact."""
_QUICKEST = tgt_hll_type.HLL_8
"""Of the forms that a sketch in memory may have, the one that is made without being packed."""


class Customers:
    """The customers of sketches that are added, each of them once."""

    __slots__ = ("_sketch", "_union")

    def __init__(self) -> None:
        self._union = hll_union(LG_REGISTERS)
        self._sketch: hll_sketch | None = None

    def add(self, sketch: hll_sketch) -> None:
        """Add the customers of a sketch, as `read_sketch` gives it."""
        self._union.update(sketch)
        self._sketch = None

    def sketch(self) -> hll_sketch:
        """All of them as one sketch; remembered, since making it takes as long as adding ten."""
        if self._sketch is None:
            self._sketch = self._union.get_result(_QUICKEST)
        return self._sketch

    def count(self) -> int:
        """How many customers there are.

        A sketch also estimates from the order in which customers came; merged with itself it forgets that, so that the
        same customers are the same number, however they came together.
        """
        self._union.update(self.sketch())
        return round(float(self._union.get_estimate()))


def read_sketch(stored: bytes) -> hll_sketch:
    """A sketch as it was stored."""
    return hll_sketch.deserialize(stored)


def sketch_of(customers: Iterable[str]) -> bytes:
    """The sketch of some customers; one that is named twice is in it once."""
    sketch = hll_sketch(LG_REGISTERS)
    for customer in customers:
        sketch.update(customer)
    return bytes(sketch.serialize_compact())


def merged(sketches: Iterable[bytes]) -> bytes:
    """The sketch of all customers of some sketches."""
    union = hll_union(LG_REGISTERS)
    for sketch in sketches:
        union.update(hll_sketch.deserialize(sketch))
    return bytes(union.get_result().serialize_compact())


def count_of(stored: bytes | None) -> int:
    """How many customers are in a stored sketch."""
    if stored is None:
        return 0
    customers = Customers()
    customers.add(read_sketch(stored))
    return customers.count()
