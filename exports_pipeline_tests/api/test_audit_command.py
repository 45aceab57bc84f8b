"""`exports audit verify` on a real log: exit codes, sentences, JSON, and the keys that heads are checked with."""

import json

import pytest
from typer.testing import CliRunner

from exports_api.cli.main import app
from exports_pipeline.adapters.audit_heads import S3AuditHeads
from exports_pipeline.adapters.postgres import make_engine
from exports_pipeline.settings import load_settings
from exports_pipeline_tests.audit_trail import Trail
from exports_pipeline_tests.s3_gate import ACCESS_KEY, REGION, SECRET_KEY


@pytest.fixture
def trail(engine, migrated, gate, monkeypatch, tmp_path):
    values = {
        "EXPORTS_HOME": tmp_path,
        "EXPORTS_DATABASE_URL": migrated,
        "S3_EXPORTS_BUCKET": "exports",
        "AWS_REGION": REGION,
        "AWS_ENDPOINT_URL_S3": gate.url,
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        "EXPORTS_SIGNING_SECRET": "a secret of tests",
    }
    for name, value in values.items():
        monkeypatch.setenv(name, str(value))
    load_settings.cache_clear()
    patient = make_engine(migrated, pool_size=1, is_patient=True)
    trail = Trail(engine, patient)
    trail.heads = trail.ports.heads = S3AuditHeads(gate.client(), "exports", mode="GOVERNANCE", lock=None)
    yield trail
    patient.dispose()
    load_settings.cache_clear()


def verified(*words):
    return CliRunner().invoke(app, ["audit", "verify", *words])


def test_the_command_says_what_was_changed_and_exits_with_one(trail):
    trail.write(3)
    trail.sign()
    whole = verified()
    assert (whole.exit_code, "Nothing was changed." in whole.output) == (0, True)
    assert "3 entries, places 1 to 3 of the chain" in whole.output
    trail.attack("UPDATE audit_log SET actor = gen_random_uuid() WHERE id = 2")
    told = verified("--json")
    found = json.loads(told.stdout)
    assert (told.exit_code, found["whole"], found["found"], found["heads"]) == (1, False, 1, 1)
    assert [(each["flaw"], each["entry_id"], each["sequence"]) for each in found["findings"]] == [("edited", 2, 2)]
    assert verified("--from", "2026-03-02").exit_code == 0
    assert verified("--to", "2026-03-01").exit_code == 1


def test_heads_are_checked_with_the_keys_that_are_given(trail, tmp_path):
    trail.write(1)
    trail.sign()
    keys = tmp_path / "keys.json"
    keys.write_text(json.dumps({"keys": []}))
    refused = verified("--keys", str(keys))
    assert (refused.exit_code, "head_forged" in refused.output) == (1, True)
    keys.write_text(json.dumps({"keys": trail.signer.public_keys}))
    assert verified("--keys", str(keys)).exit_code == 0
    assert verified("--keys", str(tmp_path / "none.json")).exit_code == 2
