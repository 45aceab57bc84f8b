"""Filter values that Python reads as a type and DuckDB does not: unknown or malformed, never a query that fails."""

from uuid import uuid4

import pytest

from exports_pipeline.core.filters import Filters, select
from exports_pipeline.core.refusals import MalformedValue
from exports_pipeline.core.requester import Requester
from exports_pipeline_tests.tables import exported

ANN = Requester(user_id=uuid4(), owner_key="ann", permissions=frozenset())
CELLS = {
    "DATE": "DATE '2020-01-01'",
    "TIMESTAMP": "TIMESTAMP '2020-01-01'",
    "TIMESTAMP_NS": "TIMESTAMP_NS '2020-01-01'",
    "TIMESTAMP WITH TIME ZONE": "TIMESTAMPTZ '2020-01-01'",
    "TIME": "TIME '10:00:00'",
    "INTERVAL": "INTERVAL 1 YEAR",
    "DECIMAL(5,2)": "CAST(1.5 AS DECIMAL(5, 2))",
    "DOUBLE": "CAST(1.5 AS DOUBLE)",
    "HUGEINT": "CAST(2 AS HUGEINT)",
    "BIGNUM": "CAST(2 AS BIGNUM)",
    "UUID": "uuid()",
    "ENUM('a', 'b')": "CAST('a' AS ENUM ('a', 'b'))",
    "BLOB": "CAST('a' AS BLOB)",
    "BIT": "CAST('1011' AS BIT)",
    "JSON": "CAST('{\"a\": 1}' AS JSON)",
    "STRUCT(a INTEGER)": "{'a': 7}",
    "INTEGER[]": "[2]",
    "INTEGER[][]": "[[2]]",
    "MAP(VARCHAR, INTEGER)": "MAP {'a': 7}",
}
VALUES = [
    *("20200102", "2020-W01-1", "2020-01-02T00:00", "9999-12-31T23:59:59.9999999+14:00", "24:00:00"),
    *("1_0", "\u0661", "1e999", "99999999", "-0", "+1", " 1", "nan", "x"),
    *("urn:uuid:12345678-1234-5678-1234-567812345678", "{12345678-1234-5678-1234-567812345678}"),
    *("'; --", "\\xZZ", "a\\x", "(", "[1", "{"),
]


@pytest.mark.parametrize("kind", CELLS)
def test_a_value_that_is_none_of_the_column_is_malformed_or_unknown(tables, kind):
    dataset = tables.dataset(f"SELECT 'ann' AS who, {CELLS[kind]} AS a", owner="who", account="a")
    assert dataset.types["a"] == kind
    let_through = [value for value in VALUES if not is_malformed(dataset, value)]
    selection = select(dataset, Filters(account_ids=tuple(let_through)), ANN)
    assert tables.warehouse.missing_values(selection, "a", let_through) == let_through
    if let_through:  # none at all would mean no filter
        assert exported(tables.warehouse, selection)[1] == 0


def is_malformed(dataset, value):
    try:
        select(dataset, Filters(account_ids=(value,)), ANN)
    except MalformedValue:
        return True
    return False
