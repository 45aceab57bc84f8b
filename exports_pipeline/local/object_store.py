"""The embedded object store: nanio, an S3 server that keeps its objects as files."""

import sys
from pathlib import Path

from exports_pipeline.local.folders import private_folder
from exports_pipeline.local.part import Kind, Part, PortAccepts
from exports_pipeline.local.ports import LOOPBACK
from exports_pipeline.local.secrets import read_or_create

BUCKET = "exports"


def object_store_parts(home: Path, port: int) -> tuple[Part, ...]:
    """Describe the embedded object store and, while its bucket does not exist, the step that creates it."""
    objects = private_folder(home / "objects")
    server = Part(
        name="object_store",
        command=(
            *(sys.executable, "-m", "nanio", "serve", "--no-access-log", "--log-level", "warning"),
            *("--host", LOOPBACK, "--port", str(port), "--data-dir", str(objects)),
        ),
        env={
            "NANIO_ACCESS_KEY": read_or_create(home, "s3_access_key"),
            "NANIO_SECRET_KEY": read_or_create(home, "s3_secret_key"),
        },
        probe=PortAccepts(port=port),
    )
    if (objects / BUCKET).is_dir():
        return (server,)
    command = (sys.executable, "-m", "exports_pipeline.local.bucket")
    return server, Part(name="bucket", kind=Kind.STEP, command=command, after=frozenset({"object_store"}))


def object_store_environment(home: Path, port: int) -> dict[str, str]:
    """Return the variables by which boto3 finds the embedded object store and its bucket."""
    return {
        "S3_EXPORTS_BUCKET": BUCKET,
        "AWS_ENDPOINT_URL_S3": f"http://{LOOPBACK}:{port}",
        "AWS_ACCESS_KEY_ID": read_or_create(home, "s3_access_key"),
        "AWS_SECRET_ACCESS_KEY": read_or_create(home, "s3_secret_key"),
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
