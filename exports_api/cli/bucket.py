"""`exports setup-bucket`: expiry rules of the bucket."""

import json
from datetime import timedelta

import typer

from exports_api.cli.connection import AsJson
from exports_api.cli.failing import USAGE, Failure, told
from exports_pipeline.adapters.logs import configure_logging
from exports_pipeline.adapters.s3_bucket import setup_bucket as put_rules
from exports_pipeline.adapters.s3_client import make_s3_client
from exports_pipeline.core.errors import ExportError
from exports_pipeline.settings import load_settings


def setup_bucket(*, as_json: AsJson = False) -> None:
    """Put rules into the bucket of S3_EXPORTS_BUCKET: files expire, unfinished uploads are thrown away."""
    settings = load_settings()
    configure_logging("ERROR")  # what the adapter would log is told below
    with told(as_json=as_json):
        if settings.bucket is None:
            raise Failure("S3_EXPORTS_BUCKET is not set; the embedded stack sets its own bucket up.", exit_code=USAGE)
        client = make_s3_client(region=settings.region, endpoint_url=settings.s3_endpoint_url)
        try:
            skipped = put_rules(client, settings.bucket, expiry=settings.longest_expiry)
        except ExportError as error:
            raise Failure(error.sentence, code=error.code) from error
    sentence = (
        skipped
        or f"Files in {settings.bucket} now expire after {settings.longest_expiry / timedelta(hours=1):g} hours."
    )
    typer.echo(json.dumps({"rules_put": skipped is None, "detail": sentence}) if as_json else sentence)
