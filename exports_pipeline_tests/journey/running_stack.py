"""The real stack as its users see it: commands, HTTP, and for operators SQL, S3 and Dagster's GraphQL."""

import json
import os
import shlex
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from uuid import UUID

import boto3
import httpx
import psutil
import psycopg
from psycopg.rows import dict_row

from exports_pipeline.local.ports import free_ports

EXPORTS = "/api/analytics/exports"
COMMAND = Path(sys.executable).with_name("exports")
WITHIN_S = 120
"""Deadlines cost nothing where things are fast, and this machine may be busy."""


def wait_until(claim, *, within_s=WITHIN_S, told=""):
    """Look until a claim holds, and return what it said."""
    deadline = time.monotonic() + within_s
    while not (holds := claim()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"{told or claim} did not hold within {within_s} s")
        time.sleep(0.1)
    return holds


class RunningStack:
    """A stack on a home of its own; nothing of the surroundings' settings reaches it."""

    def __init__(self, home, **variables):
        self.home = home
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("EXPORTS_", "AWS_", "S3_"))}
        names = ("EXPORTS_API_PORT", "EXPORTS_DAGSTER_PORT", "EXPORTS_S3_PORT")
        ports = dict(zip(names, map(str, free_ports(3)), strict=True))
        self.env = kept | ports | {"EXPORTS_HOME": str(home), **variables}
        self._callers = []

    def command(self, *words, timeout_s=180, **variables):
        """Run an `exports` command to its end."""
        return subprocess.run(
            [COMMAND, *words],
            env=self.env | variables,
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
        )

    def up(self):
        said = self.command("up", "--detach")
        assert said.returncode == 0, said.stderr

    def down(self):
        assert self.command("down").returncode == 0

    def close(self):
        """Stop the stack and whatever callers have open."""
        for caller in self._callers:
            caller.http.close()
        self.down()

    def state(self):
        return json.loads(self.command("status", "--json").stdout)

    def pid(self, part):
        pid = json.loads((self.home / "stack.json").read_text())["parts"][part]["pid"]
        assert pid is not None, f"{part} is not running"
        return pid

    def restarted(self, part, old_pid):
        """Whether another process has taken a part over, and everything is ready."""
        state = json.loads((self.home / "stack.json").read_text())
        return state["ready"] and state["parts"][part]["pid"] not in {None, old_pid}

    @property
    def supervisor(self):
        return psutil.Process(self.pid("api")).parent()

    @property
    def variables(self):
        """What `stack.env` holds for shells."""
        lines = (self.home / "stack.env").read_text().splitlines()
        return dict(shlex.split(line)[0].split("=", 1) for line in lines)

    @property
    def api_url(self):
        return f"http://127.0.0.1:{self.env['EXPORTS_API_PORT']}"

    def sql(self, statement, *values):
        """Rows as dicts, of a statement in a transaction of its own."""
        with psycopg.connect(self.variables["EXPORTS_DATABASE_URL"], row_factory=dict_row) as connection:
            answer = connection.execute(statement, values)
            return answer.fetchall() if answer.description else []

    def graphql(self, query, **variables):
        url = f"http://127.0.0.1:{self.env['EXPORTS_DAGSTER_PORT']}/graphql"
        answer = httpx.post(url, json={"query": query, "variables": variables}, timeout=30).json()
        assert "errors" not in answer, answer
        return answer["data"]

    def objects_of(self, job_id):
        """Keys of a job's files, without the manifests beside them, and of its uploads that have not ended."""
        told = self.variables
        client = boto3.client(
            "s3",
            endpoint_url=told["AWS_ENDPOINT_URL_S3"],
            region_name=told["AWS_REGION"],
            aws_access_key_id=told["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=told["AWS_SECRET_ACCESS_KEY"],
        )
        with closing(client):
            bucket = told["S3_EXPORTS_BUCKET"]
            objects = client.get_paginator("list_objects_v2").paginate(Bucket=bucket)
            uploads = client.list_multipart_uploads(Bucket=bucket).get("Uploads", [])
            keys = [found["Key"] for page in objects for found in page.get("Contents", ())]
            open_keys = [found["Key"] for found in uploads]
        files = [key for key in keys if job_id in key and not key.endswith((".manifest.json", ".kept.json"))]
        return files, [key for key in open_keys if job_id in key]

    def run_of(self, job_id):
        """The latest run of a job as an operator finds it by its tag."""
        query = """query Runs($tag: String!) {
          runsOrError(filter: {tags: [{key: "exports/job_id", value: $tag}]}) {
            ... on Runs { results { runId status jobName tags { key value } } } } }"""
        runs = self.graphql(query, tag=job_id)["runsOrError"]["results"]
        return runs[0] if runs else None

    def caller(self, user, *permissions):
        words = ["token", "--user", user, *(word for each in permissions for word in ("--permission", each))]
        said = self.command(*words)
        assert said.returncode == 0, said.stderr
        self._callers.append(Caller(self.api_url, said.stdout.strip()))
        return self._callers[-1]


class Caller:
    """A user with a token."""

    def __init__(self, url, token):
        self.http = httpx.Client(base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=60)

    def request(self, dataset, file_format="csv", *, key=None, **body):
        """The answer to a request for an export."""
        headers = {"Idempotency-Key": key} if key else {}
        body = {"dataset_id": dataset, "format": file_format, **body}
        return self.http.post(EXPORTS, json=body, headers=headers)

    def export(self, dataset, file_format="csv", **body):
        """Request an export and return its id."""
        answer = self.request(dataset, file_format, **body)
        assert answer.status_code == 202, answer.text
        job_id = answer.json()["job_id"]
        assert answer.headers["location"] == f"{EXPORTS}/{UUID(job_id)}"
        return job_id

    def look(self, job_id):
        answer = self.http.get(f"{EXPORTS}/{job_id}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, job_id, verb):
        return self.http.post(f"{EXPORTS}/{job_id}/{verb}")

    def settled(self, job_id, *, within_s=WITHIN_S):
        """The job once its status is final."""
        final = {"completed", "failed", "cancelled"}
        return wait_until(
            lambda: job if (job := self.look(job_id))["status"] in final else None,
            within_s=within_s,
            told=f"the end of {job_id}",
        )

    def completed(self, job_id, *, within_s=WITHIN_S):
        job = self.settled(job_id, within_s=within_s)
        assert job["status"] == "completed", job["error"]
        return job

    def under_way(self, job_id, *, at_least_bytes=1):
        """The job once its attempt runs and has written something."""
        return wait_until(
            lambda: (
                job
                if (job := self.look(job_id))["status"] == "running" and job["progress"]["bytes"] >= at_least_bytes
                else None
            ),
            told=f"{job_id} running",
        )

    def download(self, job):
        """The bytes of a job's file, checked against what the job says of it."""
        answer = httpx.get(job["download_url"], timeout=60)
        assert answer.status_code == 200, answer.text
        assert len(answer.content) == job["file_size_bytes"]
        return answer.content
