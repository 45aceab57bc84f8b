"""Parquet files, read back with pyarrow."""

from datetime import UTC
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exports_pipeline.core.errors import QueryFailed
from exports_pipeline.core.formats import Format
from exports_pipeline_tests.tables import everything, exported

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
SLOW_FIXTURE = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def read(body):
    return pq.read_table(pa.BufferReader(body))


@SLOW_FIXTURE
@given(
    rows=st.lists(
        st.fixed_dictionaries(
            {
                "text =1": st.none() | TEXT,
                "decimal": st.none() | st.decimals(-(10**27), 10**27, places=10, allow_nan=False),
                "double": st.none() | st.floats(allow_nan=False),
                "at": st.none() | st.datetimes(timezones=st.just(UTC)),
                "day": st.none() | st.dates(),
                "bytes": st.none() | st.binary(max_size=5),
                "list": st.none() | st.lists(st.none() | st.integers(-(2**63), 2**63 - 1), max_size=3),
                "structure": st.none() | st.fixed_dictionaries({'x"y': TEXT}),
            }
        ),
        max_size=5,
    )
)
def test_typed_values_are_read_back_as_they_were(tables, rows):
    schema = pa.schema(
        {
            "text =1": pa.string(),
            "decimal": pa.decimal128(38, 10),
            "double": pa.float64(),
            "at": pa.timestamp("us", "UTC"),
            "day": pa.date32(),
            "bytes": pa.binary(),
            "list": pa.list_(pa.int64()),
            "structure": pa.struct({'x"y': pa.string()}),
        }
    )
    dataset = tables.of_arrow(pa.Table.from_pylist(rows, schema))
    body, count = exported(tables.warehouse, everything(dataset), Format.PARQUET)
    found = read(body)
    assert count == len(rows)
    assert found.schema.names == schema.names
    assert [found.schema.field(name).type for name in schema.names[:6]] == list(schema.types)[:6]
    assert found.to_pylist() == rows


def test_the_columns_are_packed_with_zstd(tables):
    body, _ = exported(tables.warehouse, everything(tables.dataset("SELECT 1 AS a")), Format.PARQUET)
    assert pq.ParquetFile(pa.BufferReader(body)).metadata.row_group(0).column(0).compression == "ZSTD"


def test_huge_integers_do_not_become_floats(tables):
    query = "SELECT 99999999999999999999999999999999999999::HUGEINT AS h, [{'x': 12345678901234567890::HUGEINT}] AS l"
    found = read(exported(tables.warehouse, everything(tables.dataset(query)), Format.PARQUET)[0])
    assert found.schema.field("h").type == pa.decimal128(38, 0)
    assert found.to_pylist() == [
        {"h": Decimal(99999999999999999999999999999999999999), "l": [{"x": Decimal(12345678901234567890)}]}
    ]


def test_an_integer_that_fits_no_type_of_parquet_fails_the_export(tables):
    dataset = tables.dataset("SELECT 170141183460469231731687303715884105727::HUGEINT AS h")
    with pytest.raises(QueryFailed):
        exported(tables.warehouse, everything(dataset), Format.PARQUET)


def test_no_rows_give_a_file_with_columns(tables):
    dataset = tables.dataset("SELECT 1 AS a, 'x' AS b WHERE false")
    body, rows = exported(tables.warehouse, everything(dataset), Format.PARQUET)
    assert (rows, read(body).num_rows, read(body).schema.names) == (0, 0, ["a", "b"])


def test_types_that_parquet_has_not_become_text(tables):
    dataset = tables.dataset("SELECT '0101'::BIT AS b, 5::BIGNUM AS n, union_value(num := 1) AS u, 'x'::ENUM('x') AS e")
    [found] = read(exported(tables.warehouse, everything(dataset), Format.PARQUET)[0]).to_pylist()
    assert found == {"b": "0101", "n": "5", "u": '{"num":1}', "e": "x"}
