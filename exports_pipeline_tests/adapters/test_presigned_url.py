"""Links signed by ourselves are those that boto3 would have made."""

from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import NoCredentialsError

from exports_pipeline.adapters.presigned_url import LinkMaker
from exports_pipeline.adapters.s3_client import make_s3_client

KEYS = ["exports/u/j/1/sales.csv", "exports/u/j/1/Příjmy, 100 % & more=+~(1)'!*.csv", "a//b/./c", "x" * 900]


def client(**about):
    given = {"region": "eu-central-1", "access_key": "AKIA", "secret_key": "secret/+="}
    return make_s3_client(**{**given, **about})


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("endpoint_url", [None, "http://127.0.0.1:9000", "https://s3.example.com/under/a/path"])
def test_a_link_is_that_of_boto3(key, endpoint_url):
    s3 = client(endpoint_url=endpoint_url)
    where = {"Bucket": "exports", "Key": key}
    theirs = s3.generate_presigned_url("get_object", Params=where, ExpiresIn=3600)
    made_at = datetime.strptime(parse_qs(urlsplit(theirs).query)["X-Amz-Date"][0], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    ours = LinkMaker(s3, "exports").link(key, valid_s=3600, now=made_at)
    assert urlsplit(ours)[:3] == urlsplit(theirs)[:3]
    assert parse_qs(urlsplit(ours).query) == parse_qs(urlsplit(theirs).query)


def test_a_session_token_is_part_of_the_link():
    config = Config(signature_version="s3v4", s3={"addressing_style": "path"})
    s3 = boto3.client(
        "s3",
        region_name="us-east-1",
        aws_access_key_id="ASIA",
        aws_secret_access_key="secret",
        aws_session_token="to/ken==",
        config=config,
    )
    theirs = parse_qs(urlsplit(s3.generate_presigned_url("get_object", Params={"Bucket": "b", "Key": "k"})).query)
    made_at = datetime.strptime(theirs["X-Amz-Date"][0], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    assert parse_qs(urlsplit(LinkMaker(s3, "b").link("k", valid_s=3600, now=made_at)).query) == theirs


def test_without_credentials_there_is_no_link(monkeypatch):
    s3 = client()
    monkeypatch.setattr(s3._request_signer, "_credentials", None)
    with pytest.raises(NoCredentialsError):
        LinkMaker(s3, "exports").link("k", valid_s=60)
