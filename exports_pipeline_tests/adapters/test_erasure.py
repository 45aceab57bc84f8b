"""Erasing a person: nothing personal stays, figures and chain do, and whoever is killed goes on where it stopped."""

import csv
import hashlib
import io
import json
import re
import zipfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial

import psycopg
import pytest
from pypdf import PdfReader

from exports_pipeline.adapters.personal_tables import HELD, TELL_NOTHING
from exports_pipeline.adapters.signing import is_signed
from exports_pipeline.core.branding import Branding
from exports_pipeline.core.catalog import user_id
from exports_pipeline.core.errors import LedgerUnavailable, ObjectStoreUnavailable
from exports_pipeline.core.ledger import Page
from exports_pipeline.core.lifecycle import Status
from exports_pipeline.core.refusals import NotAllowed, UnknownUser
from exports_pipeline.reports.catalog import load_templates
from exports_pipeline.reports.maker import TemplateReports
from exports_pipeline.usecases.archive_user import archive_user
from exports_pipeline.usecases.erase_user import erase_user
from exports_pipeline_tests.builders import requester
from exports_pipeline_tests.erasable import ANN, BOB, SECRETS, everything_in, fill, link_chat, ports_over

ADMIN = requester("root", "ADMIN")
ALL = Page(limit=100)
_PERSONAL = re.compile("user_id|requester|actor|owner_key|email|telegram|address|recipients|subject")
OF_TENANTS = ("analytics_events", "campaigns", "event_", "journey", "metric_", "stale_")
"""Tables of what tenants sent in; none of it is about users."""
OF_COLUMNS = {"audit_seals", "audit_anchors", "opening_rollups", "job_rollups"}


@pytest.fixture
def ports(engine, migrated):
    ports = ports_over(engine)
    with psycopg.connect(migrated, autocommit=True) as connection:
        connection.execute("TRUNCATE job_kinds, job_rollups, opening_rollups, erasures CASCADE")
    fill(ports)
    link_chat(migrated)
    return ports


def sums(url):
    with psycopg.connect(url) as connection:
        return connection.execute(
            "SELECT kind.level, kind.user_id, sum(jobs.completed), sum(jobs.rows), sum(jobs.bytes) "
            "FROM job_rollups AS jobs JOIN job_kinds AS kind ON kind.id = jobs.kind "
            "GROUP BY kind.level, kind.user_id ORDER BY 1, 2"
        ).fetchall()


def test_nothing_personal_stays_in_any_table_or_object(ports, migrated):
    erase_user(ANN.user_id, ADMIN, ports=ports)
    found = {
        (table, secret)
        for table, rows in everything_in(migrated).items()
        for row in rows
        for secret in SECRETS
        if secret.lower() in row.lower() and str(BOB.user_id) not in row
    }
    assert found == set()
    assert [key for key in ports.objects.objects if str(ANN.user_id) in key] == []
    assert sum(str(BOB.user_id) in key for key in ports.objects.objects) == 3
    assert "exports/other/file" in ports.objects.objects


def test_what_others_have_of_their_own_stays(ports, migrated):
    erase_user(ANN.user_id, ADMIN, ports=ports)
    [plan] = ports.schedules.page(BOB.user_id, limit=10)
    assert [each.address for each in plan.recipients] == ["bob@example.com"]
    assert plan.is_active
    done, waiting = sorted(ports.jobs.page(BOB.user_id, ALL), key=lambda job: job.status)
    assert [each.address for each in done.recipients] == ["erased", "bob@example.com"]
    assert waiting.recipients == ()
    assert done.filters.account_ids == ("4711007",)
    [plan] = ports.schedules.page(ANN.user_id, limit=10)
    assert (plan.is_active, plan.recipients, plan.next_due_at) == (False, (), None)


def test_figures_and_digests_stay(ports, migrated):
    before = sums(migrated)
    jobs = {job.id: job.result for job in ports.jobs.page(ANN.user_id, ALL) if job.result}
    erased = erase_user(ANN.user_id, ADMIN, ports=ports).erasure
    after = sums(migrated)
    ended = {(level, person): counts for level, person, *counts in after}
    assert {(level, person): counts for level, person, *counts in before} == ended
    kept = {job.id: job.result for job in ports.jobs.page(ANN.user_id, ALL) if job.result}
    assert {each: result.sha256 for each, result in kept.items()} == {each: jobs[each].sha256 for each in jobs}
    lines = "".join(f"{each} {kept[each].sha256}\n" for each in sorted(kept, key=str))
    assert erased.digests == {"files": hashlib.sha256(lines.encode()).hexdigest()}


def test_what_was_erased_is_counted_and_certified(ports):
    erased = erase_user(ANN.user_id, ADMIN, ports=ports)
    counts = erased.erasure.counts
    assert {name: counts[name] for name in ("objects", "links", "destinations", "schedules", "jobs", "manifests")} == {
        "objects": 9,
        "links": 6,
        "destinations": 1,
        "schedules": 1,
        "jobs": 5,
        "manifests": 3,
    }
    assert (counts["recipients"], counts["jobs_of_others"], counts["users"]) == (1, 2, 1)
    assert counts["audit_entries"] > 5
    certificate = json.loads(ports.objects.objects[erased.certificate].body)
    assert is_signed(certificate, ports.signer.public_keys[0])
    assert {each["name"]: each["count"] for each in certificate["erased"]} == {
        each["name"]: counts[each["name"]] for each in certificate["erased"]
    }
    assert all(each["ground"] for each in certificate["kept"])
    assert erased.page in ports.objects.objects


def test_jobs_of_the_person_end_before_their_files_go(ports):
    erase_user(ANN.user_id, ADMIN, ports=ports)
    assert {job.status for job in ports.jobs.page(ANN.user_id, ALL)} == {Status.COMPLETED, Status.CANCELLED}


def test_the_certificate_fits_on_one_page(ports):
    ports = replace(ports, reports=TemplateReports(load_templates(None), Branding(name="Example Bank")))
    page = erase_user(ANN.user_id, ADMIN, ports=ports).page
    reader = PdfReader(io.BytesIO(ports.objects.objects[page].body))
    assert len(reader.pages) == 1
    assert str(ANN.user_id) in reader.pages[0].extract_text()


def test_only_administrators_erase_and_only_those_who_are_there(ports, migrated):
    with pytest.raises(NotAllowed):
        erase_user(ANN.user_id, requester("root", "MANAGE_EXPORTS", "VIEW_AUDIT"), ports=ports)
    with pytest.raises(UnknownUser, match="no user"):
        erase_user(user_id("nobody"), ADMIN, ports=ports)
    assert any(SECRETS[0] in row for row in everything_in(migrated)["users"])


def test_whoever_is_erased_already_gets_the_same_certificate(ports):
    first = erase_user(ANN.user_id, ADMIN, ports=ports)
    again = erase_user(ANN.user_id, ADMIN, ports=ports)
    assert (first.is_new, again.is_new) == (True, False)
    assert (again.erasure, again.certificate) == (first.erasure, first.certificate)


def test_whoever_came_back_is_erased_anew(ports, migrated):
    first = erase_user(ANN.user_id, ADMIN, ports=ports)
    fill(ports)
    again = erase_user(ANN.user_id, ADMIN, ports=ports)
    assert again.is_new
    assert again.certificate != first.certificate
    assert not any(secret in str(everything_in(migrated)["users"]) for secret in SECRETS)


class Killed(BaseException):
    """The process is gone."""


class Mortal:
    """A port whose process is killed before one of the calls that are left; the ports of a test count together."""

    def __init__(self, port, calls):
        self._port, self._calls = port, calls

    def __getattr__(self, name):
        found = getattr(self._port, name)
        return partial(self._call, found) if callable(found) else found

    def _call(self, call, *args, **more):
        if next(self._calls, None) is None:
            raise Killed
        return call(*args, **more)


@pytest.mark.parametrize("calls", [0, 1, 3, 8, 9, 10, 12, 16, 21, 22, 23, 24])
def test_an_erasure_that_was_killed_goes_on_and_counts_everything_once(ports, migrated, calls):
    left, names = iter(range(calls)), ("erasures", "objects", "jobs")
    mortal = replace(ports, **{name: Mortal(getattr(ports, name), left) for name in names})
    with pytest.raises(Killed):
        erase_user(ANN.user_id, ADMIN, ports=mortal)
    erased = erase_user(ANN.user_id, ADMIN, ports=ports)
    counts = erased.erasure.counts
    assert (counts["objects"], counts["jobs"], counts["links"], counts["recipients"]) == (9, 5, 6, 1)
    assert SECRETS[0] not in repr(ports.jobs.page(ANN.user_id, ALL))
    assert {erased.certificate, erased.page} <= set(ports.objects.objects)
    with psycopg.connect(migrated) as connection:
        noted = connection.execute("SELECT count(*) FROM audit_log WHERE action = 'user.erased'").fetchone()
    assert noted == (1,)


def test_administrators_who_erase_at_once_have_one_erasure_between_them(ports):
    with ThreadPoolExecutor(3) as threads:
        done = list(threads.map(lambda _: erase_user(ANN.user_id, ADMIN, ports=ports), range(3)))
    assert len({each.certificate for each in done}) == 1
    assert [each.erasure.counts["jobs"] for each in done] == [5, 5, 5]
    assert {done[0].certificate, done[0].page} <= set(ports.objects.objects)


def test_a_store_that_is_away_leaves_the_ledger_as_it_is(ports, migrated):
    ports.objects.error = ObjectStoreUnavailable()
    with pytest.raises(ObjectStoreUnavailable):
        erase_user(ANN.user_id, ADMIN, ports=ports)
    assert ports.users.telegram_chat(ANN.user_id) == "4711007"
    assert ports.users.requester(ANN.user_id) is None  # nothing runs for them any more
    ports.objects.error = None
    assert erase_user(ANN.user_id, ADMIN, ports=ports).is_new


def test_every_table_that_names_a_person_is_known_to_archive_and_erasure(engine):
    known = {held.table for held in HELD} | set(TELL_NOTHING) | OF_COLUMNS
    with engine.connect() as connection:
        columns = connection.exec_driver_sql(
            "SELECT attrelid::regclass::text, attname FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid "
            "WHERE relkind IN ('r', 'p') AND NOT relispartition AND attnum > 0 "
            "AND relnamespace = 'public'::regnamespace"
        ).all()
    naming = {table for table, column in columns if _PERSONAL.search(column) and not table.startswith(OF_TENANTS)}
    assert sorted(naming - known) == []


def test_an_archive_holds_everything_about_a_person_and_no_secret(ports):
    body = b"".join(archive_user(ANN.user_id, ANN, ports=ports))
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    manifest = json.loads(files["manifest.json"])
    for each in manifest["files"]:
        assert hashlib.sha256(files[each["name"]]).hexdigest() == each["sha256"]
        assert len(files[each["name"]]) == each["bytes"]
    assert {f"{held.table}.{kind}" for held in HELD for kind in ("json", "csv")} <= set(files)
    for held in HELD:
        rows = json.loads(files[f"{held.table}.json"])
        assert len(list(csv.reader(io.StringIO(files[f"{held.table}.csv"].decode())))) == len(rows) + 1
    assert len(json.loads(files["export_jobs.json"])) == 5
    assert json.loads(files["users.json"])[0]["email"] == ANN.email
    assert b"sealed" not in body
    assert b"sealed" not in b"".join(files.values())
    assert "SHA-256" in files["README.txt"].decode()
    assert not any(str(BOB.user_id) in each.decode() for each in files.values())


def test_only_oneself_and_administrators_get_an_archive(ports):
    with pytest.raises(NotAllowed):
        archive_user(ANN.user_id, BOB, ports=ports)
    assert next(archive_user(ANN.user_id, ADMIN, ports=ports)).startswith(b"PK")
    with pytest.raises(UnknownUser):
        archive_user(user_id("nobody"), ADMIN, ports=ports)


def test_an_archive_of_nobodys_ledger_is_no_half_archive(ports, engine, migrated):
    broken = ports_over(engine)
    engine.dispose()
    with psycopg.connect(migrated, autocommit=True) as connection:
        connection.execute("ALTER TABLE links RENAME COLUMN opened TO opened_before")
    try:
        with pytest.raises(Exception, match="opened") as caught:
            archive_user(ANN.user_id, ADMIN, ports=broken)
        assert not isinstance(caught.value, LedgerUnavailable)
    finally:
        with psycopg.connect(migrated, autocommit=True) as connection:
            connection.execute("ALTER TABLE links RENAME COLUMN opened_before TO opened")
