from textwrap import dedent

import pytest

from exports_pipeline.adapters.catalog_yaml import read_yaml_catalog
from exports_pipeline.core.errors import InvalidCatalog
from exports_pipeline_tests.fakes.schema import InMemorySchema

BANK = {
    "txn_date": "DATE",
    "booked_at": "TIMESTAMP",
    "user_id": "BIGINT",
    "account_id": "BIGINT",
    "category": "VARCHAR",
    "tags": "VARCHAR[]",
    "amount": "DECIMAL(12,2)",
    "place": "STRUCT(city VARCHAR)",
    "nested": "INTEGER[][]",
}
SCHEMA = InMemorySchema({"bank": BANK, "shop.orders": {"id": "INTEGER"}})


def problems_of(folder, text):
    path = folder / "catalog.yaml"
    path.write_bytes(text if isinstance(text, bytes) else dedent(text).encode())
    with pytest.raises(InvalidCatalog) as caught:
        read_yaml_catalog(path, SCHEMA)
    return caught.value.sentence.splitlines()


def of_dataset(folder, fields):
    return problems_of(folder, f"version: 1\ndatasets:\n- {{name: bank, {fields}}}\n")


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ("relation: bank, owner: user_idd", "owner: no column user_idd in relation bank; did you mean user_id?"),
        ("relation: bank, owner: USER_ID", "owner: no column USER_ID in relation bank; did you mean user_id?"),
        ("relation: bank, account: xyz", "account: no column xyz in relation bank"),
        ("relation: banks", "relation: no table or view banks in the warehouse; did you mean bank?"),
        ("relation: bank, time: {column: txn}", "time.column: no column txn in relation bank"),
        (
            "relation: bank, time: {column: category}",
            "time.column: column category is VARCHAR; it must be a DATE or a TIMESTAMP",
        ),
        (
            "relation: bank, owner: amount",
            "owner: column amount is DECIMAL(12,2); it must be an integer, text or UUID, or a LIST of them",
        ),
        ("relation: bank, account: tags", "account: column tags is VARCHAR[]; it must be a scalar"),
        ("relation: bank, tag: place", "tag: column place is STRUCT(city VARCHAR); it must be a scalar or a LIST of"),
        ("relation: bank, tag: nested", "tag: column nested is INTEGER[][]; it must be a scalar or a LIST of scalars"),
        ("relation: bank, colums: []", "colums: unknown key; did you mean columns?"),
        ("relation: bank, 7: x", "7: unknown key"),
        ("relation: bank, time: {column: txn_date, grane: day}", "time.grane: unknown key; did you mean grain?"),
        ("relation: bank, time: {grain: day}", "time.column: is missing"),
        ("relation: bank, time: txn_date", "time: must be a mapping as {column: booked_on, grain: day}, is 'txn_date'"),
        (
            "relation: bank, time: {column: booked_at, grain: week}",
            "time.grain: 'week' is none of day, hour, minute, second, millisecond",
        ),
        ("relation: bank, time: {column: txn_date, grain: hour}", "time.grain: column txn_date is a DATE, so its"),
        ("relation: bank, columns: [{name: amount, sensitive: hide}]", "columns.amount.sensitive: 'hide' is none of"),
        ("relation: bank, columns: [{name: amount}, {name: amount}]", "columns.amount.name: stands twice"),
        ("relation: bank, columns: [{title: Amount}]", "columns.#1.name: is missing"),
        ("relation: bank, columns: [amount]", "columns.#1: must be a mapping as {name: amount}, is 'amount'"),
        ("relation: bank, columns: [{name: amout}]", "columns.amout: no column amout in relation bank; did you mean"),
        ("relation: bank, columns: []", "columns: is empty"),
        ("relation: bank, columns: amount", "columns: must be a list, is 'amount'"),
        ("relation: bank, columns: [{name: amount, sensitive: drop}]", "columns: every column is dropped"),
        ("relation: bank, owner: user_id, public: true", "public: everybody's rows and an owner exclude each other"),
        ("relation: bank, public: maybe", "public: must be true or false, is 'maybe'"),
        (
            "relation: bank, account: user_id, columns: [{name: amount}, {name: user_id, sensitive: mask}]",
            "account: column user_id is sensitive, and a filter would give its values away; leave out one of the two",
        ),
        (
            "relation: bank, account: user_id, columns: [{name: amount}, {name: user_id, class: pii}]",
            "account: column user_id is of the class pii, and a filter would give its values away; leave out one",
        ),
        (
            "relation: bank, columns: [{name: amount, class: P II}]",
            "columns.amount.class: 'P II' is no name of a class",
        ),
        ("relation: bank, columns: [{name: amount, scan: true}]", "columns.amount.scan: the column is DECIMAL(12,2)"),
        (
            "relation: bank, columns: [{name: amount, scan: [visa]}]",
            "columns.amount.scan: 'visa' is none of email",
        ),
        (
            "relation: bank, columns: [{name: amount, sensitive: truncate}]",
            "columns.amount.sensitive: 'truncate' is none",
        ),
        ("relation: bank, tags: finance", "tags: must be a list of texts, is 'finance'"),
        ("relation: bank, tags: [1]", "tags: must be a list of texts, is [1]"),
        ("relation: bank, id: abc", "id: 'abc' is no UUID"),
        ("relation: bank, title: 2024", "title: must be text, is 2024; put it in quotes"),
        ("relation: bank, owner: no", "owner: must be text, is False; put it in quotes"),
        ("title: x", "relation: give a relation or sql, one of the two"),
        ("relation: bank, sql: x.sql", "relation: give a relation or sql, one of the two"),
        ("sql: none.sql", "sql: none.sql cannot be read: No such file or directory"),
        ("sql: ../secret.sql", "sql: ../secret.sql lies outside the folder of the catalogue"),
        ("sql: /etc/hostname", "sql: /etc/hostname lies outside the folder of the catalogue"),
        ("sql: link.sql", "sql: link.sql lies outside the folder of the catalogue"),
        ("sql: empty.sql", "sql: empty.sql is empty"),
        ("sql: bad.sql", "sql: bad.sql: Parser Error: syntax error at or near 'SELEC'"),
        ("sql: latin.sql", "sql: latin.sql cannot be read: it is no UTF-8 text"),
    ],
)
def test_a_problem_names_file_dataset_and_field(tmp_path, fields, problem):
    (tmp_path / "secret.sql").write_text("SELECT 1 AS a")
    folder = tmp_path / "catalogue"
    folder.mkdir()
    (folder / "link.sql").symlink_to(tmp_path / "secret.sql")
    (folder / "empty.sql").write_text(" ;\n")
    (folder / "bad.sql").write_text("SELEC")
    (folder / "latin.sql").write_bytes(b"SELECT '\xe9'")
    (line,) = of_dataset(folder, fields)
    assert line.startswith(f"catalog.yaml: dataset bank: {problem}")


@pytest.mark.parametrize("name", ["Bank", "1bank", "bank-x", "_bank", "bänk", "b" * 101])
def test_a_name_that_does_not_fit_a_url_is_refused(tmp_path, name):
    (line,) = problems_of(tmp_path, f"version: 1\ndatasets:\n- {{name: {name}, relation: bank}}\n")
    assert line.startswith(f"catalog.yaml: dataset {name}: name: must be 100 letters")


def test_all_problems_of_all_datasets_come_at_once(tmp_path):
    lines = problems_of(
        tmp_path,
        """
        version: 2
        dataset: []
        datasets:
          - {relation: bank, owner: nobody}
          - 5
          - {name: twice, relation: bank, tag: nothing}
          - {name: twice, relation: bank}
          - {name: other, id: 8b0a6b2e-6f5f-4a3c-9a53-1d1f4a1a0f01, relation: bank}
          - {name: third, id: 8B0A6B2E-6F5F-4A3C-9A53-1D1F4A1A0F01, relation: bank}
          - {name: lost, relation: nowhere}
        """,
    )
    assert lines == [
        "catalog.yaml: dataset: unknown key; did you mean datasets?",
        "catalog.yaml: version: must be 1, is 2",
        "catalog.yaml: dataset #1: name: is missing",
        "catalog.yaml: dataset #2: must be a mapping, is 5",
        "catalog.yaml: dataset #1: owner: no column nobody in relation bank",
        "catalog.yaml: dataset twice: tag: no column nothing in relation bank",
        "catalog.yaml: dataset lost: relation: no table or view nowhere in the warehouse",
        "catalog.yaml: dataset twice: name: another dataset has this name",
        "catalog.yaml: dataset third: id: dataset other has the same id",
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "line 1: must be a mapping with the keys version and datasets"),
        ("- a\n- b\n", "line 1: must be a mapping with the keys version and datasets"),
        ("version: 1\ndatasets:\n  - {name: a\n", "line 4: expected ',' or '}'"),
        ("version: 1\n\tdatasets: []\n", "line 2: found character '\\t'"),
        ("version: 1\nversion: 1\ndatasets: []\n", "line 2: the key version stands twice"),
        ("version: 1\ndatasets:\n- name: a\n  owner: x\n  owner: y\n", "line 5: the key owner stands twice"),
        ("version: 1\ndatasets: !!python/object/apply:os.getpid []\n", "line 2: could not determine a constructor"),
        ("version: 1\n? [a]\n: b\n", "line 2: found unhashable key"),
        ("version: 1\ntitle: \x00\n", "line 2: special characters are not allowed"),
        (b"version: 1\ntitle: \xe9\n", "line 2: is no UTF-8 text"),
        ("version: 2024-99-99\n", "is no readable YAML: month must be in 1..12"),
        ("[" * 5000, "is no readable YAML: "),
    ],
)
def test_a_file_that_is_no_catalogue_is_told_the_line(tmp_path, text, problem):
    (line,) = problems_of(tmp_path, text)
    assert line.startswith(f"catalog.yaml: {problem}")


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ("datasets: []\n", ["version: is missing", "datasets: is empty"]),
        (
            "version: true\ndatasets: {a: b}\n",
            ["version: must be 1, is True", "datasets: must be a list, is {'a': 'b'}"],
        ),
        ("version: 1\n", ["datasets: is missing"]),
    ],
)
def test_version_and_datasets_must_be_there(tmp_path, text, problems):
    assert problems_of(tmp_path, text) == [f"catalog.yaml: {problem}" for problem in problems]


def test_a_missing_file_is_named_with_its_path(tmp_path):
    with pytest.raises(InvalidCatalog, match=r"no/catalog\.yaml: cannot be read: No such file or directory"):
        read_yaml_catalog(tmp_path / "no/catalog.yaml", SCHEMA)


def test_a_merged_mapping_may_override_a_key(tmp_path):
    path = tmp_path / "catalog.yaml"
    path.write_text(
        "version: 1\ndatasets:\n- &a {name: a, relation: bank, title: A}\n- {<<: *a, name: b}\n", encoding="utf-8"
    )
    assert [dataset.title for dataset in read_yaml_catalog(path, SCHEMA)] == ["A", "A"]
