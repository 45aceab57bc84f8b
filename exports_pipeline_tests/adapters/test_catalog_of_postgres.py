"""What a catalogue says of rows of Postgres, and what it may not."""

from textwrap import dedent

import pytest

from exports_pipeline.adapters.catalog_yaml import read_yaml_catalog
from exports_pipeline.core.catalog import DataSource
from exports_pipeline.core.errors import InvalidCatalog
from exports_pipeline.core.requester import Permission
from exports_pipeline_tests.builders import requester
from exports_pipeline_tests.fakes.schema import InMemorySchema

SCHEMA = InMemorySchema({"bank": {"id": "INTEGER"}})


def read(folder, text):
    path = folder / "catalog.yaml"
    path.write_text("version: 1\ndatasets:\n" + dedent(text), encoding="utf-8")
    return list(read_yaml_catalog(path, SCHEMA))


def problems(folder, text):
    with pytest.raises(InvalidCatalog) as caught:
        read(folder, text)
    return [line.removeprefix("catalog.yaml: dataset a: ") for line in caught.value.sentence.splitlines()]


def test_types_are_declared_and_postgres_is_not_asked(tmp_path):
    (tmp_path / "a.sql").write_text("SELECT 1 AS n", encoding="utf-8")
    (dataset,) = read(
        tmp_path,
        """
        - name: a
          source: postgres
          sql: a.sql
          owner: who
          permission: VIEW_AUDIT
          time: {column: at}
          columns:
            - {name: n, type: "decimal(18, 2)"}
            - {name: tags, type: "text[]"}
          types: {who: uuid, at: timestamptz}
        """,
    )
    assert (dataset.source, dataset.permission) == (DataSource.POSTGRES, Permission.VIEW_AUDIT)
    assert [(column.name, column.type) for column in dataset.columns] == [("n", "DECIMAL(18,2)"), ("tags", "VARCHAR[]")]
    assert dataset.types["who"] == "UUID"
    assert dataset.types["at"] == "TIMESTAMP WITH TIME ZONE"


def test_a_permission_hides_a_dataset_from_whoever_lacks_it_and_opens_it_to_others(tmp_path):
    (dataset,) = read(tmp_path, "- {name: a, relation: bank, permission: VIEW_AUDIT}")
    assert dataset.is_visible_to(requester("auditor", "VIEW_AUDIT"))
    assert not dataset.is_visible_to(requester("root", "EXPORT_ALL", "UNMASK", "MANAGE_EXPORTS"))


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ("columns: [{name: n}]", ["columns.n.type: is missing"]),
        ("columns: [{name: n, type: DECIMAL}]", ["columns.n.type: DECIMAL is no type of these: BOOLEAN, "]),
        ("columns: [{name: n, type: 'DECIMAL(4,2)[]'}]", ["columns.n.type: DECIMAL(4,2)[] is no type of these: "]),
        ("title: A", ["columns: name every column with its type"]),
        ("columns: [{name: n, type: INTEGER}], owner: who", ["owner: no column who in relation t"]),
        ("columns: [{name: n, type: INTEGER}], types: [who]", ["types: must be a mapping as {user_id: VARCHAR}"]),
        ("columns: [{name: n, type: INTEGER}], permission: ALL", ["permission: 'ALL' is none of EXPORT, "]),
    ],
)
def test_what_is_missing_or_wrong_is_said_with_its_field(tmp_path, fields, expected):
    found = problems(tmp_path, f"- {{name: a, source: postgres, relation: t, {fields}}}")
    assert [line[: len(start)] for line, start in zip(found, expected, strict=True)] == expected


def test_an_unknown_source_is_none(tmp_path):
    assert "source: 'mysql' is none of warehouse, postgres" in problems(
        tmp_path, "- {name: a, source: mysql, relation: bank}"
    )


def test_types_of_the_warehouse_are_never_written_down(tmp_path):
    found = problems(tmp_path, "- {name: a, relation: bank, columns: [{name: id, type: INTEGER}], types: {b: DATE}}")
    assert found == [
        "columns.id.type: types come from the warehouse; leave it out",
        "types.b: types come from the warehouse; leave it out",
    ]
