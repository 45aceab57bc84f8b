"""DuckDB's type texts."""

import duckdb
import pytest

from exports_pipeline.writers.type_text import Type, parse_type

INTEGER, ZONED = Type(kind="INTEGER"), Type(kind="TIMESTAMP WITH TIME ZONE")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("DECIMAL(18,2)", Type(kind="DECIMAL")),
        ("ENUM('a', 'b''c)')", Type(kind="ENUM")),
        ("INTEGER[2][]", Type(kind="LIST", children=(("", Type(kind="ARRAY", children=(("", INTEGER),))),))),
        ("TIMESTAMP WITH TIME ZONE[]", Type(kind="LIST", children=(("", ZONED),))),
        ("MAP(INTEGER, DECIMAL(2,1))", Type(kind="MAP", children=(("", INTEGER), ("", Type(kind="DECIMAL"))))),
        (
            'STRUCT("a b" INTEGER, "c""d" STRUCT("struct(" INTEGER))',
            Type(
                kind="STRUCT",
                children=(("a b", INTEGER), ('c"d', Type(kind="STRUCT", children=(("struct(", INTEGER),)))),
            ),
        ),
        ("TUPLE(INTEGER, INTEGER)", Type(kind="TUPLE", children=(("", INTEGER), ("", INTEGER)))),
        ("UNION(n INTEGER)", Type(kind="UNION", children=(("n", INTEGER),))),
    ],
)
def test_a_type_is_read_as_a_tree(text, expected):
    assert parse_type(text) == expected


def test_every_type_of_duckdb_is_read():
    for (name,) in duckdb.sql("SELECT DISTINCT logical_type FROM duckdb_types()").fetchall():
        assert parse_type(name).kind == name


def test_a_text_that_ends_early_is_refused():
    with pytest.raises(ValueError, match="ends early"):
        parse_type("STRUCT(a INTEGER")
