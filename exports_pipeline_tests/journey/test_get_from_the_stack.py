"""`exports get` and `exports datasets` against the running stack."""

import hashlib
import json
import signal
import subprocess

import pytest

from exports_pipeline_tests.journey.running_stack import COMMAND, EXPORTS, wait_until

pytestmark = pytest.mark.slow


def test_get_downloads_and_verifies(stack, tmp_path):
    out = tmp_path / "airlines.csv"
    said = stack.command("get", "airlines", "--format", "csv", "--out", str(out))
    assert said.returncode == 0, said.stderr
    assert "16 rows" in said.stdout
    assert hashlib.sha256(out.read_bytes()).hexdigest() in said.stdout


def test_get_tells_programs_all_about_the_file(stack, tmp_path):
    filters = ("--from", "2013-07-01", "--to", "2013-07-02", "--account", "EWR", "--column", "flight")
    said = stack.command(
        "get", "flights", "--user", "UA", "--format", "jsonl", *filters, "--out", str(tmp_path), "--json"
    )
    job = json.loads(said.stdout)
    (file,) = tmp_path.iterdir()
    lines = file.read_text().splitlines()
    assert (job["path"], job["row_count"], job["status"]) == (str(file), len(lines), "completed")
    assert job["sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()
    assert list(json.loads(lines[0])) == ["flight"]


def test_get_of_what_breaks_says_so_in_a_sentence(stack, tmp_path):
    said = stack.command("get", "broken_rows", "--out", str(tmp_path))
    assert said.returncode == 1
    assert "could not answer the query" in said.stderr
    assert "Traceback" not in said.stderr
    assert "secret-of-the-row" not in said.stdout + said.stderr
    assert list(tmp_path.iterdir()) == []


def test_datasets_lists_what_a_user_may_export(stack):
    listed = json.loads(stack.command("datasets", "--json").stdout)
    names = {item["name"] for item in (listed["items"] if isinstance(listed, dict) else listed)}
    assert {"fct_transactions", "flights", "steady_rows"} <= names


def test_ctrl_c_cancels_the_export_and_leaves_no_file(stack, tmp_path):
    presser = stack.caller("presser")
    command = [COMMAND, "get", "endless_rows", "--user", "presser", "--out", str(tmp_path)]
    with subprocess.Popen(command, env=stack.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as get:
        jobs = wait_until(lambda: presser.http.get(EXPORTS).json()["items"])
        presser.under_way(jobs[0]["job_id"])
        get.send_signal(signal.SIGINT)
        _, said = get.communicate(timeout=60)
    assert get.returncode == 130, said
    assert "is cancelled" in said
    assert presser.look(jobs[0]["job_id"])["status"] == "cancelled"
    assert list(tmp_path.iterdir()) == []
