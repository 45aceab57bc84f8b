"""SQL in whatever a request carries: refused, or a value like any other; never a 500, never somebody else's rows."""

import csv
import io
import json
from itertools import islice
from uuid import UUID

import pyarrow as pa
import pytest

from exports_pipeline_tests.api_client import DATASETS, EXPORTS, ApiClient, run, token_of
from exports_pipeline_tests.tables import everything, exported

PAYLOADS = [
    "' OR '1'='1",
    "' OR 1=1 --",
    '" OR ""="',
    "1 OR 1=1",
    "1); DROP TABLE bookings; --",
    "1' UNION SELECT * FROM bookings --",
    "x' UNION ALL SELECT NULL,NULL,NULL,NULL,NULL,NULL FROM bookings#",
    "food') OR who = 'bob' OR ('1'='1",
    "1 AND (SELECT count(*) FROM bookings) > 0",
    "1; ATTACH '/tmp/x.duckdb' AS x",
    "'||(SELECT string_agg(who, ',') FROM bookings)||'",
    "' AND SLEEP(5)='",
    "1)) AS t, read_csv('/etc/passwd') --",
    "who\" = 'ann' OR \"who",
    "$p0",
    "?",
    ":p0",
    "{{7*7}}",
    "%",
    "_",
    "*",
    "bo%",
    "NULL",
    "[1, 3]",
    "['food', 'wine']",
    "\\' OR 1=1 --",
    "/* */",
    "--",
    ";",
]


@pytest.fixture(scope="session")
def strings(shared_data):
    """The payloads, and the strings that break software."""
    naughty = json.loads((shared_data / "naughty_strings/blns.json").read_text(encoding="utf-8"))
    return [*PAYLOADS, *(each for each in naughty if each)]


def requests(text):
    """A request for each place where a text can stand."""
    filters = ("account_ids", "tag_ids", "columns")
    for dataset in ("bookings", "labelled"):
        yield from ({"dataset_id": dataset, name: [text]} for name in filters)
    for name in ("dataset_id", "format", "start_date", "end_date"):
        yield {"dataset_id": "bookings", name: text}
    for name in ("timezone", "delimiter", "compression", text):
        yield {"dataset_id": "bookings", "options": {name: text}}
    yield {"dataset_id": "bookings", "recipients": [{"channel": text, "address": text}]}
    yield {"dataset_id": "bookings", text: 1}


def outcomes(client, ports, texts, *, every=1):
    """Status and file of every request with every text, or of every third place by turns."""
    for turn, text in enumerate(texts):
        for body in islice(requests(text), turn % every, None, every):
            answer = client.export(**body)
            job_id = answer.json().get("job_id")
            yield body, answer.status_code, file_of(ports, job_id) if job_id else ""


def file_of(ports, job_id):
    result = run(ports, job_id).result
    return ports.objects.objects[result.object_key].body.decode()


def wrong(found):
    return [(body, status, file) for body, status, file in found if status not in {202, 422} or "bob" in file]


def test_sql_in_a_request_is_refused_or_gives_ones_own_rows(ann, ports):
    found = list(outcomes(ann, ports, PAYLOADS))
    assert len(found) > 400
    assert wrong(found) == []


@pytest.mark.slow
def test_strings_that_break_software_break_no_request(ann, ports, strings):
    found = list(outcomes(ann, ports, strings, every=3))
    assert len(found) > 2_000
    assert wrong(found) == []


def test_an_owner_key_made_of_sql_owns_the_rows_that_carry_it_and_no_others(tables, strings):
    keys = sorted(set(strings))
    dataset = tables.of_arrow(pa.table({"who": keys, "place": range(len(keys))}), owner="who")
    columns = tuple(column for column in dataset.columns if column.name == "place")
    found = {
        key: rows_of(exported(tables.warehouse, everything(dataset, columns=columns, owner_key=key))[0].decode())
        for key in keys
    }
    assert found == {key: [["place"], [str(place)]] for place, key in enumerate(keys) if "\x00" not in key}


@pytest.mark.parametrize("text", PAYLOADS)
def test_sql_in_an_address_finds_nothing_and_breaks_nothing(ann, text):
    paths = [
        (f"{EXPORTS}/{{}}", 404),
        (f"{EXPORTS}/{{}}/download", 404),
        (f"{DATASETS}/{{}}", 404),
        (f"{DATASETS}/{{}}/values/tag", 404),
        (f"{DATASETS}/bookings/values/{{}}", 404),
        (f"{DATASETS}/bookings/values/tag?limit={{}}", 422),
        (f"{EXPORTS}?status={{}}", 422),
        (f"{EXPORTS}?cursor={{}}", 422),
        (f"{EXPORTS}?created_from={{}}", 422),
        (f"{EXPORTS}?limit={{}}", 422),
    ]
    quoted = "".join(f"%{byte:02X}" for byte in text.encode())
    answers = {path: ann.get(path.format(quoted)).status_code for path, _ in paths}
    assert answers == dict(paths)


@pytest.mark.parametrize("text", PAYLOADS)
def test_sql_as_a_prefix_finds_no_value_of_anybody(ann, text):
    quoted = "".join(f"%{byte:02X}" for byte in text.encode())
    for dataset, kind in (("bookings", "account"), ("bookings", "tag"), ("labelled", "tag")):
        answer = ann.get(f"{DATASETS}/{dataset}/values/{kind}?prefix={quoted}")
        assert (answer.status_code, answer.json()["items"]) == (200, [])


def test_a_job_filtered_by_text_that_is_sql_lists_as_its_own(ann, ports):
    answer = ann.get(f"{EXPORTS}?dataset=%27%20OR%201%3D1%20--")
    assert (answer.status_code, answer.json()["items"]) == (200, [])
    assert ports.jobs.jobs == {}


def rows_of(text):
    return list(csv.reader(io.StringIO(text)))


def test_the_owner_key_of_a_token_is_a_value(app, ports):
    mallory = ApiClient(app, token=token_of("mallory' OR 'a'='a"))
    job_id = mallory.export(dataset_id="bookings").json()["job_id"]
    assert len(rows_of(file_of(ports, job_id))) == 1
    assert UUID(job_id) in ports.jobs.jobs
