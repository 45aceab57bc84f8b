"""The step that creates the bucket of the embedded object store: `python -m exports_pipeline.local.bucket`."""

import boto3
from botocore.config import Config

from exports_pipeline.settings import Settings, load_settings


def create_bucket(settings: Settings) -> None:
    """Create the bucket; one that exists already stays as it is."""
    client = boto3.client("s3", region_name=settings.region, config=Config(signature_version="s3v4"))
    try:
        client.create_bucket(Bucket=settings.bucket or "")
    except (client.exceptions.BucketAlreadyOwnedByYou, client.exceptions.BucketAlreadyExists):
        return


if __name__ == "__main__":
    create_bucket(load_settings())
