"""Customers are counted to the customer as the library counts them, whatever their sketches look like."""

import random

import pytest
from datasketches import hll_sketch, hll_union, tgt_hll_type

from exports_pipeline.adapters.customer_count import customers_in
from exports_pipeline.adapters.customer_sketch import LG_REGISTERS, merged, sketch_of

SIZES = (1, 5, 7, 8, 30, 100, 300, 384, 385, 500, 5_000)
"""About the bounds between the forms of a sketch: lists and sets of coupons, registers."""


def by_the_library(sketches):
    union = hll_union(LG_REGISTERS)
    for sketch in sketches:
        union.update(hll_sketch.deserialize(sketch))
    union.update(union.get_result())  # or it may estimate from the order in which customers came
    return round(union.get_estimate())


@pytest.fixture(scope="module")
def sketches():
    """Some of every form, whose customers overlap; registers of bytes, and of half bytes as merging leaves them."""
    chance, made = random.Random(12), []  # noqa: S311 - customers are no secrets
    for size in SIZES:
        for _ in range(8):
            first = chance.randrange(8_000)
            sketch = sketch_of(f"customer {each}" for each in range(first, first + size))
            made += [sketch, merged([sketch])]
    return made


@pytest.mark.parametrize("count", [1, 2, 3, 10, 40])
@pytest.mark.parametrize("seed", range(20))
def test_any_sketches_have_together_what_the_library_says(sketches, count, seed):
    chosen = random.Random(seed).choices(sketches, k=count)  # noqa: S311 - as above
    assert customers_in(chosen) == by_the_library(chosen)
    assert customers_in(chosen) == customers_in([merged(chosen)]) == customers_in([*chosen, *chosen[::-1]])


@pytest.mark.parametrize("most", [1, 5, 8, 30, 100])
@pytest.mark.parametrize("seed", range(10))
def test_few_customers_are_counted_exactly(most, seed):
    chance = random.Random(seed)  # noqa: S311 - as above
    sets = [{f"customer {chance.randrange(384)}" for _ in range(most)} for _ in range(20)]
    assert customers_in([sketch_of(each) for each in sets]) == len(set.union(*sets))


def test_one_more_than_is_kept_exactly_is_an_estimate():
    sets = [[f"customer {each}" for each in range(first, 385, 2)] for first in (0, 1)]
    assert customers_in([sketch_of(each) for each in sets]) == by_the_library([sketch_of(each) for each in sets])


def test_values_that_half_a_byte_is_too_small_for_count():
    many = [merged([sketch_of(f"{part} {each}" for each in range(150_000))]) for part in range(3)]
    assert all(len(each) > 40 + 2_048 for each in many), "there are exceptions"
    assert any(each[6] for each in many), "and a least value"
    for chosen in ([many[0]], many, [*many, sketch_of(["somebody else"])]):
        assert customers_in(chosen) == by_the_library(chosen)
    assert customers_in(many) == pytest.approx(450_000, rel=0.05)


def test_nobody_is_nobody():
    assert customers_in([]) == 0
    assert customers_in([sketch_of([])]) == 0


def other(lg_registers=LG_REGISTERS, kind=tgt_hll_type.HLL_4):
    sketch = hll_sketch(lg_registers, kind)
    for each in range(1_000):
        sketch.update(each)
    return sketch


@pytest.mark.parametrize(
    "stored",
    [
        b"",
        b"something else",
        bytes(other(11).serialize_compact()),
        bytes(other(kind=tgt_hll_type.HLL_6).serialize_compact()),
        bytes(other().serialize_updatable()),
    ],
    ids=["empty", "text", "of fewer registers", "of six bits", "not compact"],
)
def test_what_is_no_sketch_of_ours_is_refused(stored):
    with pytest.raises(ValueError, match="no compact sketch of 4,096 registers"):
        customers_in([stored])
