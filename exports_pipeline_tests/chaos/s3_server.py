"""The S3 server behind the proxy: the embedded one, started, killed and started again by the tests."""

import os
import subprocess
from contextlib import closing

from exports_pipeline.adapters.s3_client import make_s3_client
from exports_pipeline.local.object_store import BUCKET, object_store_environment, object_store_parts
from exports_pipeline.local.ports import free_ports
from exports_pipeline_tests.journey.running_stack import wait_until


class S3Server:
    """nanio on a port of its own; what it stores survives its death."""

    def __init__(self, home) -> None:
        home.mkdir(parents=True)
        [self.port] = free_ports(1)
        self._part = object_store_parts(home, self.port)[0]
        self._log = (home / "log").open("ab")
        self._process = None
        self.environment = object_store_environment(home, self.port)

    @property
    def pid(self):
        return self._process.pid

    def start(self) -> None:
        self._process = subprocess.Popen(
            self._part.command, env={**os.environ, **self._part.env}, stdout=self._log, stderr=self._log
        )
        wait_until(lambda: self._part.probe.is_ready(b""), told="the S3 server")

    def kill(self) -> None:
        self._process.kill()
        self._process.wait(10)

    def stop(self) -> None:
        self.kill()
        self._log.close()

    def client(self):
        """A client that goes past the proxy."""
        told = self.environment
        return make_s3_client(
            region=told["AWS_REGION"],
            endpoint_url=f"http://127.0.0.1:{self.port}",
            access_key=told["AWS_ACCESS_KEY_ID"],
            secret_key=told["AWS_SECRET_ACCESS_KEY"],
        )

    def create_bucket(self) -> None:
        with closing(self.client()) as client:
            client.create_bucket(Bucket=BUCKET)

    def listing(self):
        """Keys and sizes of all objects, and the keys of all unfinished uploads."""
        with closing(self.client()) as client:
            pages = client.get_paginator("list_objects_v2").paginate(Bucket=BUCKET)
            sizes = {found["Key"]: found["Size"] for page in pages for found in page.get("Contents", ())}
            pages = client.get_paginator("list_multipart_uploads").paginate(Bucket=BUCKET)
            return sizes, [found["Key"] for page in pages for found in page.get("Uploads", ())]
