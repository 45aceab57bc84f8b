"""Every completed job has a signed manifest, in the ledger and beside its file."""

import json
from dataclasses import replace
from datetime import date, timedelta

import pytest

from exports_pipeline.adapters.signing import Ed25519Signer, is_signed
from exports_pipeline.core.errors import LostClaim
from exports_pipeline.core.export_job import ExportRequest
from exports_pipeline.core.filters import Filters
from exports_pipeline.core.manifest import catalog_version
from exports_pipeline.core.refusals import NotCompleted, UnknownExportJob
from exports_pipeline.usecases.cancel_export import cancel_export
from exports_pipeline.usecases.expire import expire
from exports_pipeline.usecases.receipts import read_manifest
from exports_pipeline.usecases.request_export import request_export
from exports_pipeline.usecases.run_export import run_export
from exports_pipeline_tests.builders import requester
from exports_pipeline_tests.fakes.ports import SALES, fake_ports

ANN = requester("ann")


@pytest.fixture
def ports():
    return fake_ports(signer=Ed25519Signer("a secret of tests"))


def requested(ports, **changes):
    request = ExportRequest(**{"dataset": "sales", "format": "csv", **changes})
    return request_export(request, ANN, ports=ports).job


def manifest_of(ports, job):
    run_export(job.id, 1, run_id="run", ports=ports)
    return read_manifest(job.id, ANN, ports=ports)


def test_a_manifest_tells_what_the_file_holds(ports):
    job = requested(ports, filters=Filters(start_date=date(2026, 1, 1), tag_ids=("toys", "food")))
    told = manifest_of(ports, job)
    file = ports.jobs.get(job.id).result
    assert told["files"] == [{"name": file.download_name, "bytes": file.size_bytes, "rows": 3, "sha256": file.sha256}]
    assert (told["row_count"], told["complete"], told["remarks"]) == (3, True, [])
    assert (told["rows_of"], told["requested_by"]) == ("ann", str(ANN.user_id))
    assert (told["filters"]["start_date"], told["filters"]["tag_ids"]) == ("2026-01-01", ["food", "toys"])
    assert told["redactions"] == {"card": "mask"}
    assert [column["nulls"] for column in told["columns"]] == [0] * 6
    assert told["warehouse"]["snapshot"] == "fake@1"


def test_what_a_format_had_no_room_for_is_said_and_makes_the_file_incomplete(ports):
    ports.warehouse.remarks = ("2 cells are shortened to 32,767 characters",)
    told = manifest_of(ports, requested(ports, format="xlsx"))
    assert (told["complete"], told["remarks"]) == (False, ["2 cells are shortened to 32,767 characters"])


def test_the_same_manifest_lies_beside_the_file(ports):
    told = manifest_of(ports, requested(ports))
    (file, beside) = sorted(ports.objects.objects)
    assert beside == f"{file}.manifest.json"
    assert json.loads(ports.objects.objects[beside].body) == told


def test_whoever_changes_a_manifest_breaks_its_signature(ports):
    told = manifest_of(ports, requested(ports))
    (key,) = ports.signer.public_keys
    assert is_signed(told, key)
    assert not is_signed({**told, "row_count": 4}, key)
    assert not is_signed(told, Ed25519Signer("another secret").public_keys[0])
    assert not is_signed({name: value for name, value in told.items() if name != "signature"}, key)
    assert not is_signed({**told, "signature": {**told["signature"], "value": "!"}}, key)


def test_control_totals_can_be_switched_off(ports):
    told = manifest_of(ports, requested(ports, options={"control_totals": False}))
    assert told["columns"][0] == {"name": "day", "type": "DATE"}


def test_a_manifest_is_for_those_who_may_see_the_job_and_only_once_there_is_a_file(ports):
    job = requested(ports)
    with pytest.raises(NotCompleted):
        read_manifest(job.id, ANN, ports=ports)
    run_export(job.id, 1, run_id="run", ports=ports)
    with pytest.raises(UnknownExportJob):
        read_manifest(job.id, requester("bob"), ports=ports)


def test_a_manifest_outlives_its_file_and_goes_with_it_from_the_bucket(ports):
    job = requested(ports)
    told = manifest_of(ports, job)
    ports.clock.advance(3600)
    assert expire(ports) == 0
    ports.clock.advance(timedelta(days=2).total_seconds())
    assert expire(ports) == 2
    assert ports.objects.objects == {}
    assert read_manifest(job.id, ANN, ports=ports) == told


def test_a_job_lost_while_it_settles_leaves_neither_file_nor_manifest(ports, monkeypatch):
    job = requested(ports)
    sign = ports.signer.sign

    def cancelled_meanwhile(data):
        cancel_export(job.id, ANN, ports=ports)
        return sign(data)

    monkeypatch.setattr(ports.signer, "sign", cancelled_meanwhile)
    with pytest.raises(LostClaim):
        run_export(job.id, 1, run_id="run", ports=ports)
    assert ports.objects.objects == {}


def test_the_version_of_the_catalogue_changes_with_the_definition():
    assert catalog_version(SALES) == catalog_version(replace(SALES))
    assert catalog_version(SALES) != catalog_version(replace(SALES, owner=None))
