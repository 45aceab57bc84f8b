"""`exports events load`: files of events, sent once or again, over HTTP on loopback."""

import json
import re
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import duckdb
import pytest
from typer.testing import CliRunner

from exports_api.app import create_app
from exports_api.cli.event_lines import batched
from exports_api.cli.main import app as cli
from exports_pipeline.core.errors import LedgerUnavailable
from exports_pipeline.core.limits import Limits
from exports_pipeline.settings import Settings
from exports_pipeline_tests.api_client import SECRET, token_of
from exports_pipeline_tests.api_server import served
from exports_pipeline_tests.event_rows import StoredEvents, sent, without_events
from exports_pipeline_tests.fakes.ports import fake_ports

HEAD = "id,event_type,occurred_at,value,label,segment\n"


@pytest.fixture
def load(app):
    """Runs the command as Ann, and returns its exit code and what it said: refusals and errors before the result."""
    with served(app) as url:
        yield lambda *words: run(url, *words)


def run(url, *words):
    answer = CliRunner().invoke(cli, ["events", "load", *map(str, words), "--url", url, "--token", token_of("ann")])
    told = [line for line in answer.stderr.splitlines(keepends=True) if "Sending events" not in line]
    return answer.exit_code, "".join(told) + answer.stdout


def stored(ports):
    return {event_id: event for (_, event_id), (event, _) in ports.events.events.items()}


def counts(said):
    return [json.loads(said)[name] for name in ("accepted", "duplicates", "replaced", "rejected_count")]


def test_a_csv_file_is_loaded_once_however_often_it_is_sent(load, ports, tmp_path):
    file = tmp_path / "calls.csv"
    file.write_text(
        HEAD + '1,call,2026-03-01T11:00:00Z,12.50,"yes, ""now""\nagain",retail\n2,call,2026-03-01T12:00:00+01:00,,,\n',
        encoding="utf-8",
    )
    assert load(file, "--map", "segment=metadata.segment") == (
        0,
        f"{file}: 2 new, 0 there already, 0 corrected, 0 refused.\n",
    )
    first, second = stored(ports).values()
    assert (str(first.value), first.label, first.metadata) == ("12.50", 'yes, "now"\nagain', '{"segment":"retail"}')
    assert (second.value, second.label, second.metadata, second.occurred_at) == (None, "", "{}", first.occurred_at)
    assert "0 new, 2 there already" in load(file)[1]


def test_columns_are_renamed_left_out_and_added(load, ports, tmp_path):
    file = tmp_path / "calls.csv"
    file.write_text("when,who,label,id,flag\n2026-03-01 09:30:00,c-7,x,1,t\n2026-02-01,c-8,y,2,\n", encoding="utf-8")
    mapped = ("when=occurred_at", "who=customer", "label=", "flag=metadata.flag")
    words = [word for each in mapped for word in ("--map", each)]
    code, _ = load(
        file, *words, *("--set", "event_type=call", "--set", "metadata.source=crm", "--timezone", "Asia/Tokyo")
    )
    assert code == 0
    first, second = stored(ports).values()
    assert (first.customer, first.label, first.event_type) == ("c-7", "", "call")
    assert first.occurred_at == datetime(2026, 3, 1, 0, 30, tzinfo=UTC)
    assert second.occurred_at == datetime(2026, 1, 31, 15, tzinfo=UTC)
    assert [json.loads(each.metadata) for each in (first, second)] == [
        {"flag": "t", "source": "crm"},
        {"source": "crm"},
    ]


def test_types_of_parquet_become_what_events_have(load, ports, tmp_path):
    file = tmp_path / "calls.parquet"
    with duckdb.connect() as connection:
        connection.execute(
            "COPY (SELECT 7::BIGINT AS customer, true AS label, 12.345678901234567890::DECIMAL(38,18) AS value, "
            "TIMESTAMPTZ '2026-02-28 23:00:00.123456+00' AS occurred_at, DATE '2026-01-02' AS day, "
            "{'segment': 'retail', 'score': 0.5, 'cost': 1.5::DECIMAL(4,2)} AS metadata) TO ? (FORMAT parquet)",
            [str(file)],
        )
    assert load(file, "--set", "event_type=call", "--map", "day=metadata.day")[0] == 0
    [(event_id, event)] = stored(ports).items()
    assert (event_id, event.customer, event.label) == ("calls.parquet:1", "7", "true")
    assert str(event.value) == "12.345678901234567890"
    assert event.occurred_at == datetime(2026, 2, 28, 23, 0, 0, 123456, tzinfo=UTC)
    assert json.loads(event.metadata) == {"segment": "retail", "score": 0.5, "cost": 1.5, "day": "2026-01-02"}
    assert load(file, "--set", "event_type=call", "--map", "day=occurred_at", "--timezone", "UTC", "--replace")[0] == 0
    assert stored(ports)["calls.parquet:1"].occurred_at.date() == date(2026, 1, 2)


def test_lines_of_json_are_sent_as_they_are(load, ports, tmp_path):
    file = tmp_path / "calls.ndjson"
    exact = json.dumps(sent("1", value=0)).replace('"value": 0', '"value": 0.123456789012345678')
    lines = [exact.encode(), b"", b"no json", json.dumps(sent("2", label="@")).encode().replace(b"@", b"\xff"), b"[]"]
    file.write_bytes(b"\n".join(lines))
    code, said = load(file)
    assert code == 1
    assert stored(ports)["1"].value == Decimal("0.123456789012345678")
    assert [line.split(":")[0] for line in said.splitlines()[:3]] == ["row 3", "row 4", "row 5"]
    assert said.splitlines()[-1].endswith("1 new, 0 there already, 0 corrected, 3 refused.")


def test_lines_of_json_are_mapped_too(load, ports, tmp_path):
    file = tmp_path / "calls.jsonl"
    told = {"id": "1", "at": "2026-03-01T11:00:00Z", "value": 0, "metadata": {"a": 1.5}, "x": "\ud83d"}
    exact = json.dumps(told).replace('"value": 0', '"value": 0.123456789012345678')
    file.write_text(f"{exact}\nno json\n[1]\n", encoding="ascii")
    words = ("--map", "at=occurred_at", "--set", "event_type=call", "--set", "metadata.b=2")
    code, said = load(file, *words, "--json")
    assert (code, counts(said)) == (1, [1, 0, 0, 2])
    assert [(each["row"], each["code"]) for each in json.loads(said)["rejected"]] == [
        (2, "malformed_json"),
        (3, "not_an_object"),
    ]
    event = stored(ports)["1"]
    assert (str(event.value), json.loads(event.metadata)) == ("0.123456789012345678", {"a": 1.5, "b": "2"})
    assert load(file, *words, "--map", "x=label", "--replace", "--json")[0] == 1


def test_refusals_are_told_by_row_and_counted(load, tmp_path):
    file = tmp_path / "calls.csv"
    rows = ["1,call,yesterday,,,", "2,call,2026-03-01T11:00:00,,,", "3,call,2026-03-01T11:00:00Z,0x1,,", ",,,,,"]
    file.write_text(HEAD + "\n".join(rows + ["4,call,2026-03-01T11:00:00Z,1,,"] + rows[:1] * 130), encoding="utf-8")
    code, said = load(file)
    assert code == 1
    lines = said.splitlines()
    assert lines[0].startswith("row 1: /occurred_at malformed_time: ")
    assert lines[1].startswith("row 2: /occurred_at naive_time: ")
    assert lines[2].startswith("row 3: /value wrong_type: ")
    assert lines[3].startswith("row 4: /id missing_field: ")
    assert lines[20] == "... and 114 more."
    assert lines[21] == f"{file}: 1 new, 0 there already, 0 corrected, 134 refused."


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["none.csv"], "cannot be read"),
        (["none.parquet"], "cannot be read"),
        (["none.jsonl"], "cannot be read"),
        (["calls.txt"], "--format"),
        (["calls.csv", "--format", "parquet"], "cannot be read"),
        (["calls.csv", "--map", "nobody=customer"], "no column 'nobody'"),
        (["calls.csv", "--map", "segment=kustomer"], "no field 'kustomer'"),
        (["calls.csv", "--map", "segment=metadata."], "no field 'metadata.'"),
        (["calls.csv", "--map", "segment"], "NAME=VALUE"),
        (["calls.csv", "--set", "=x"], "NAME=VALUE"),
        (["calls.csv", "--timezone", "Mars"], "no time zone 'Mars'"),
    ],
)
def test_wrong_usage_sends_nothing(load, ports, tmp_path, words, sentence):
    for name in ("calls.csv", "calls.txt"):
        (tmp_path / name).write_text(HEAD + "1,call,2026-03-01T11:00:00Z,,,\n", encoding="utf-8")
    code, said = load(tmp_path / words[0], *words[1:])
    assert code == 2
    assert sentence in " ".join(said.split())
    assert stored(ports) == {}


def test_a_load_that_was_stopped_is_started_anew_and_doubles_nothing(load, ports, tmp_path):
    file, add, bodies = tmp_path / "calls.csv", ports.events.add, []
    rows = [f"{place},call,2026-03-01T11:00:00Z,{place},," for place in range(25_000)]
    file.write_text(HEAD + "\n".join(rows), encoding="utf-8")

    def failing(*words, **more):
        if len(bodies) == 2:
            raise KeyError(bodies)
        bodies.append(add(*words, **more))
        return bodies[-1]

    ports.events.add = failing
    code, said = load(file)
    assert (code, "went wrong" in said) == (1, True)
    assert len(stored(ports)) == 20_000
    ports.events.add = add
    assert load(file)[1].endswith("5,000 new, 20,000 there already, 0 corrected, 0 refused.\n")


def test_a_progress_bar_tells_how_many_events_of_how_many_were_sent(app, ports, tmp_path):
    file, add, calls = tmp_path / "calls.jsonl", ports.events.add, []
    file.write_text("\n".join(json.dumps(sent(str(place))) for place in range(25_000)), encoding="utf-8")

    def failing_at_the_third(*words, **more):
        calls.append(1)
        if len(calls) == 3:
            raise KeyError
        return add(*words, **more)

    def said(*words):
        command = ["events", "load", str(file), "--url", url, "--token", token_of("ann"), *words]
        return CliRunner(env={"COLUMNS": "100"}).invoke(cli, command).stderr

    ports.events.add = failing_at_the_third
    with served(app) as url:
        stopped, whole, quiet = said(), said(), said("--json")
    assert re.search(r"Sending events\W+20000/25000\b", stopped)
    assert re.search(r"Sending events\W+25000/25000\b", whole)
    assert "Sending" not in quiet


def test_a_short_absence_of_the_database_is_waited_out(load, ports, tmp_path):
    file, add, calls = tmp_path / "calls.jsonl", ports.events.add, []
    file.write_text("\n".join(json.dumps(sent(str(place))) for place in range(15_000)), encoding="utf-8")

    def away_once(*words, **more):
        calls.append(1)
        if len(calls) == 2:
            raise LedgerUnavailable
        return add(*words, **more)

    ports.events.add = away_once
    assert load(file)[0] == 0
    assert (len(calls), len(stored(ports))) == (3, 15_000)


def test_requests_are_as_large_as_they_may_be_and_no_larger():
    lines = [(place, "x" * 1_000) for place in range(5_000)]
    batches = list(batched(lines))
    assert [number for numbers, _ in batches for number in numbers] == list(range(5_000))
    assert all(3 << 20 < len(body) <= 4 << 20 for _, body in batches[:-1])
    assert [len(numbers) for numbers, _ in batched((place, "{}") for place in range(10_001))] == [10_000, 1]
    assert list(batched([])) == []


def test_edits_of_wikipedia_are_all_loaded(engine, migrated, tmp_path, shared_data):
    file = shared_data / "wikiticker/wikiticker.parquet"
    without_events(engine)
    store = StoredEvents(engine, migrated)
    ports = replace(fake_ports(events=store), limits=Limits(event_months=240))
    columns = {
        "time": "occurred_at",
        "channel": "category",
        "namespace": "label",
        "user": "customer",
        "delta": "value",
    } | {name: f"metadata.{name}" for name in ("page", "comment", "isRobot", "countryIsoCode")}
    words = [word for pair in columns.items() for word in ("--map", "=".join(pair))]
    with served(create_app(ports, Settings(home=tmp_path, jwt_secret=SECRET))) as url:
        code, said = run(url, file, *words, "--set", "event_type=edit", "--json")
        assert (code, counts(said)) == (0, [39_244, 0, 0, 0])
        assert counts(run(url, file, *words, "--set", "event_type=edit", "--json")[1]) == [0, 39_244, 0, 0]
    with duckdb.connect() as connection:
        wanted = connection.execute(
            'SELECT channel, count(*), count(DISTINCT "user"), sum(delta)::BIGINT, min(epoch_ms(time)), '
            "count(*) FILTER (isRobot), sum(length(page)) FROM read_parquet(?) GROUP BY ALL ORDER BY channel COLLATE C",
            [str(file)],
        ).fetchall()
    found = store.rows(
        "SELECT category, count(*), count(DISTINCT customer), sum(value)::bigint, "
        "(extract(epoch FROM min(occurred_at)) * 1000)::bigint, "
        "count(*) FILTER (WHERE metadata -> 'isRobot' = 'true'), "
        "sum(length(metadata ->> 'page')) FROM analytics_events GROUP BY category ORDER BY category"
    )
    assert found == wanted
    without_events(engine)
