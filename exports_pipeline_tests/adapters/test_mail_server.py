"""How the URL of a mail server is read."""

import pytest

from exports_pipeline.adapters.senders.mail_server import MailServer, Security, read_smtp_url
from exports_pipeline.core.errors import NotConfigured


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://mx.example.com", MailServer(host="mx.example.com", port=25, security=Security.NONE)),
        ("smtp://mx.example.com?starttls=1", MailServer(host="mx.example.com", port=587, security=Security.STARTTLS)),
        ("smtps://mx.example.com:4650", MailServer(host="mx.example.com", port=4650, security=Security.TLS)),
        (
            "smtps://a%40b.cz:p%2Fw%3A@mx.example.com?cafile=/etc/ca.pem",
            MailServer(
                host="mx.example.com",
                port=465,
                security=Security.TLS,
                username="a@b.cz",
                password="p/w:",
                ca_file="/etc/ca.pem",
            ),
        ),
        ("smtp://[::1]:2525", MailServer(host="::1", port=2525, security=Security.NONE)),
    ],
)
def test_a_url_says_where_and_how(url, server):
    assert read_smtp_url(url) == server


@pytest.mark.parametrize(
    "url", ["smtp://u:p@localhost", "smtp://u:p@127.0.0.1:25", "smtp://u:p@mx.example.com?starttls=0"]
)
def test_a_password_goes_in_the_clear_only_at_home_or_where_that_is_said(url):
    assert read_smtp_url(url).security is Security.NONE


@pytest.mark.parametrize(
    "url",
    [
        "",
        "mx.example.com",
        "http://u:s3cret@mx.example.com",
        "smtp://",
        "smtp://u:s3cret@:25",
        "smtp://u:s3cret@mx.example.com",
        "smtp://u:s3cret@mx.example.com:port",
        "smtp://u:s3cret@mx.example.com:99999",
        "smtp://u:s3cret@[::1",
        "smtps://u:s3cret%C5%BE@mx.example.com",
        "smtps://u:s3cret@mx.example.com?startls=1",
    ],
)
def test_a_url_that_cannot_be_read_is_not_repeated(url):
    with pytest.raises(NotConfigured, match="EXPORTS_SMTP_URL") as refused:
        read_smtp_url(url)
    assert "s3cret" not in refused.value.sentence
    assert refused.value.__cause__ is None


def test_the_password_is_not_in_the_looks_of_a_server():
    assert "s3cret" not in repr(read_smtp_url("smtps://u:s3cret@mx.example.com"))
