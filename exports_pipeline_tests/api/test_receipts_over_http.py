"""Receipts over HTTP, and checked offline by the command."""

import json
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from exports_api.cli.main import app as command
from exports_pipeline.adapters.signing import Ed25519Signer
from exports_pipeline_tests.api_client import EXPORTS
from exports_pipeline_tests.fakes.ports import fake_ports

KEYS = "/.well-known/exports-signing-keys.json"


@pytest.fixture
def ports():
    return fake_ports(signer=Ed25519Signer("a secret of tests"))


@pytest.fixture
def saved(ann, ports, completed, tmp_path):
    """File, manifest and keys, as somebody keeps them."""
    (key,) = (key for key in ports.objects.objects if not key.endswith(".json"))
    (tmp_path / "sales.csv").write_bytes(ports.objects.objects[key].body)
    (tmp_path / "manifest.json").write_bytes(ann.get(f"{EXPORTS}/{completed}/manifest").content)
    (tmp_path / "keys.json").write_bytes(ann.get(KEYS).content)
    return tmp_path


def verify(folder, *words):
    return CliRunner().invoke(command, ["verify", str(folder / "sales.csv"), str(folder / "manifest.json"), *words])


def test_the_receipt_of_a_job_is_its_owners(ann, bob, completed):
    answer = ann.get(f"{EXPORTS}/{completed}/manifest")
    assert (answer.status_code, answer.json()["row_count"]) == (200, 3)
    assert bob.get(f"{EXPORTS}/{completed}/manifest").status_code == 404


def test_a_file_as_it_was_made_is_verified_offline(saved):
    plain, pinned = verify(saved), verify(saved, "--keys", str(saved / "keys.json"))
    assert (plain.exit_code, pinned.exit_code) == (0, 0), plain.output
    assert "3 rows, as the manifest says; signed by the key" in pinned.output
    assert "names itself" in plain.output
    assert json.loads(verify(saved, "--json").output)["verified"] is True


@pytest.mark.parametrize(
    ("name", "change", "sentence"),
    [
        ("sales.csv", lambda old: old + b"x", "the manifest says"),
        ("sales.csv", lambda old: old.replace(b"1", b"2", 1), "it was changed"),
        ("manifest.json", lambda old: old.replace(b'"row_count": 3', b'"row_count": 2'), "The manifest was changed"),
        ("manifest.json", lambda _old: b"{}", "is no manifest"),
        ("manifest.json", lambda _old: b"%", "is no JSON"),
    ],
)
def test_whatever_was_changed_is_found(saved, name, change, sentence):
    path = saved / name
    path.write_bytes(change(path.read_bytes()))
    said = verify(saved)
    assert said.exit_code != 0
    assert sentence in said.output


def test_keys_of_another_service_do_not_do(saved):
    (saved / "keys.json").write_text(json.dumps({"keys": Ed25519Signer("other").public_keys}))
    assert "none of the keys" in verify(saved, "--keys", str(saved / "keys.json")).output


def test_a_service_without_a_secret_has_no_keys(ann, ports, app):
    assert ann.get(KEYS).json()["keys"]
    app.state.parts = replace(app.state.parts, ports=replace(ports, signer=None))
    assert ann.get(KEYS).json() == {"keys": []}
