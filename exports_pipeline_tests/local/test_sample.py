import subprocess
import sys

import duckdb
import pytest

from exports_pipeline.adapters.catalog import SAMPLE_CATALOG
from exports_pipeline.adapters.catalog_yaml import read_yaml_catalog
from exports_pipeline.adapters.warehouse import DuckDbWarehouse
from exports_pipeline.local.sample import build_sample, sample_digest

TABLES = (
    "airlines",
    "airports",
    "daily_spending_by_tag",
    "experiments",
    "fct_transactions",
    "flights",
    "monthly_trends",
    "outreach_messages",
    "planes",
    "weather",
)


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    """Paths of the warehouse and its catalogue, forty days long."""
    return build_sample(tmp_path_factory.mktemp("home"), days=40)


@pytest.fixture(scope="module")
def ask(sample):
    """Ask the sample warehouse and get all rows."""
    with duckdb.connect(sample[0], read_only=True) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        yield lambda statement: connection.execute(statement).fetchall()


def contents(path):
    """A digest of every table, and of the order of its rows."""
    with duckdb.connect(path, read_only=True) as connection:
        return {
            table: connection.execute(
                f"SELECT count(*), md5(string_agg(md5(CAST(t AS VARCHAR)), '' ORDER BY rowid)) FROM {table} AS t"
            ).fetchall()
            for table in TABLES
        }


@pytest.mark.slow
def test_two_builds_have_the_same_content(sample, tmp_path):
    again, _ = build_sample(tmp_path, days=40)
    assert contents(again) == contents(sample[0])


def test_a_second_start_reuses_the_file(tmp_path):
    warehouse, _ = build_sample(tmp_path, days=2)
    first = warehouse.stat()
    build_sample(tmp_path, days=2)
    assert (warehouse.stat().st_ino, warehouse.stat().st_mtime_ns) == (first.st_ino, first.st_mtime_ns)


@pytest.mark.slow
def test_another_length_is_published_behind_the_same_name_while_the_old_one_is_read(tmp_path):
    warehouse, _ = build_sample(tmp_path, days=2)
    with duckdb.connect(warehouse, read_only=True) as reader:
        build_sample(tmp_path, days=3)
        assert reader.execute("SELECT max(booked_on) - min(booked_on) FROM fct_transactions").fetchall() == [(1,)]
    with duckdb.connect(warehouse.resolve(), read_only=True) as reader:
        assert reader.execute("SELECT max(booked_on) - min(booked_on) FROM fct_transactions").fetchall() == [(2,)]
    assert warehouse.is_symlink()
    assert [path.name for path in warehouse.parent.glob("sample-*")] == [f"sample-{sample_digest(3)}.duckdb"]


@pytest.mark.slow
def test_what_a_killed_build_left_is_swept_up_and_never_published(tmp_path):
    leftover = tmp_path / "warehouse/.draft-killed"
    leftover.mkdir(parents=True)
    (leftover / "sample-half.duckdb").write_bytes(b"half a file")
    warehouse, _ = build_sample(tmp_path, days=1)
    assert sorted(path.name for path in warehouse.parent.iterdir()) == [
        ".lock",
        "current.duckdb",
        f"sample-{sample_digest(1)}.duckdb",
    ]


@pytest.mark.slow
def test_builders_at_the_same_time_do_not_disturb_each_other(tmp_path):
    build = "import sys, pathlib, exports_pipeline.local.sample as s; s.build_sample(pathlib.Path(sys.argv[1]), days=1)"
    builders = [subprocess.Popen([sys.executable, "-c", build, str(tmp_path)]) for _ in range(2)]
    assert [builder.wait(60) for builder in builders] == [0, 0]
    with duckdb.connect(tmp_path / "warehouse/current.duckdb", read_only=True) as connection:
        assert connection.execute("SELECT count(*) FROM airlines").fetchall() == [(16,)]


def test_the_flights_are_those_of_the_package(ask):
    assert ask("SELECT count(*), count(dep_time), min(time_hour)::VARCHAR, max(time_hour)::VARCHAR FROM flights") == [
        (336_776, 336_776 - 8_255, "2013-01-01 10:00:00+00", "2014-01-01 04:00:00+00")
    ]
    assert ask("SELECT origin, count(*), round(avg(dep_delay), 3) FROM flights GROUP BY origin ORDER BY origin") == [
        ("EWR", 120_835, 15.108),
        ("JFK", 111_279, 12.112),
        ("LGA", 104_662, 10.347),
    ]
    assert [ask(f"SELECT count(*) FROM {table}") for table in ("airlines", "airports", "planes", "weather")] == [
        [(16,)],
        [(1_458,)],
        [(3_322,)],
        [(26_115,)],
    ]


@pytest.mark.parametrize(
    ("table", "owner", "time"),
    [
        ("flights", "carrier", "time_hour"),
        ("fct_transactions", "user_id", "booked_at"),
        ("daily_spending_by_tag", "user_id", "spent_on"),
        ("monthly_trends", "user_id", "month"),
    ],
)
def test_rows_lie_by_owner_and_time(ask, table, owner, time):
    places = f"SELECT rowid, row_number() OVER (ORDER BY {owner}, {time}, rowid) - 1 AS place FROM {table}"
    assert ask(f"SELECT count(*) FROM ({places}) WHERE rowid <> place") == [(0,)]


def test_the_invented_people_have_names_one_can_ask_for(ask):
    names = {name for (name,) in ask("SELECT DISTINCT user_id FROM fct_transactions")}
    assert {"demo", "alice", "bob", "user-012", "user-199", None} <= names
    assert len(names) == 201


def test_some_rows_belong_to_nobody_and_some_tags_are_missing_or_empty(ask):
    [(orphans, rows)] = ask(
        "SELECT count(*) FILTER (user_id IS NULL AND account_id IS NULL), count(*) FROM fct_transactions"
    )
    assert 0 < orphans < rows / 100
    assert ask(
        "SELECT bool_or(tags IS NULL), bool_or(len(tags) = 0), bool_or(len(tags) = 4) FROM fct_transactions"
    ) == [(True, True, False)]


def test_money_is_decimal_and_identifiers_are_unique(ask):
    money = ask(
        "SELECT DISTINCT data_type FROM duckdb_columns() WHERE NOT internal"
        " AND column_name IN ('amount', 'spent', 'income', 'spending', 'net', 'spending_change')"
    )
    assert money == [("DECIMAL(18,2)",)]
    assert ask("SELECT count(*) - count(DISTINCT transaction_id) FROM fct_transactions") == [(0,)]


def test_daily_spending_adds_up_to_the_transactions(ask):
    assert ask(
        "SELECT count(*) FROM daily_spending_by_tag AS daily WHERE spent <> ("
        " SELECT -sum(amount) FROM fct_transactions AS t WHERE t.user_id IS NOT DISTINCT FROM daily.user_id"
        " AND t.currency = daily.currency AND t.booked_on = daily.spent_on AND list_contains(t.tags, daily.tag)"
        " AND amount < 0)"
    ) == [(0,)]
    assert ask("SELECT sum(spent), sum(transactions) FROM daily_spending_by_tag") == ask(
        "SELECT -sum(amount * len(tags)), CAST(sum(len(tags)) AS HUGEINT) FROM fct_transactions WHERE amount < 0"
    )


def test_monthly_trends_add_up_to_the_transactions(ask):
    assert ask("SELECT sum(net), sum(transactions) FROM monthly_trends") == ask(
        "SELECT sum(amount), count(*) FROM fct_transactions"
    )
    [first, second] = ask("SELECT spending, spending_change FROM monthly_trends WHERE user_id = 'demo' ORDER BY month")
    assert first[1] is None
    assert second[1] == second[0] - first[0]


@pytest.mark.slow
def test_more_days_only_add_rows(sample, tmp_path):
    longer, _ = build_sample(tmp_path, days=41)
    with duckdb.connect(longer, read_only=True) as connection:
        connection.execute(f"ATTACH '{sample[0].resolve()}' AS shorter (READ_ONLY)")
        lost = "SELECT t.* FROM shorter.fct_transactions AS t EXCEPT ALL SELECT t.* FROM fct_transactions AS t"
        assert connection.execute(f"SELECT count(*) FROM ({lost})").fetchall() == [(0,)]


def test_the_catalogue_fits_and_describes_every_column(sample):
    warehouse, catalogue = sample
    assert catalogue == SAMPLE_CATALOG
    datasets = list(read_yaml_catalog(catalogue, DuckDbWarehouse(warehouse, mask_key=b"k" * 32)))
    assert {dataset.name for dataset in datasets} == {*TABLES, "route_delays"}
    for dataset in datasets:
        assert dataset.title
        assert dataset.description
        assert {column.name for column in dataset.columns} == set(dataset.types), dataset.name
        assert all(column.title and column.description for column in dataset.columns), dataset.name
