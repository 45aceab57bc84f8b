"""Deliveries by FTP, against a server that speaks it in the clear and over TLS."""

import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from exports_pipeline.adapters.senders.ftp import FtpSender
from exports_pipeline.adapters.target_guard import TargetGuard
from exports_pipeline.core.errors import DeliveryRefused, DeliveryUnavailable, LostClaim, TargetForbidden
from exports_pipeline_tests.builders import a_file, a_message
from exports_pipeline_tests.certificates import Authority
from exports_pipeline_tests.contracts.sender_contract import SenderContract
from exports_pipeline_tests.ftp_far_end import FtpFarEnd, sender, target
from exports_pipeline_tests.ftp_server import USERNAME, served_ftp
from exports_pipeline_tests.served_files import inbox

BODY = b"day,amount\r\n2026-01-01,10.50\r\n"
PART = f".sales.csv.{UUID(int=9)}.part"


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def context(authority):
    return authority.server_context("127.0.0.1")


@pytest.fixture(params=["explicit", "implicit", "none"])
def server(request, tmp_path, context):
    (tmp_path / "inbox").mkdir()
    with served_ftp(tmp_path, tls=request.param, context=context) as server:
        yield server


@pytest.fixture
def plain(tmp_path):
    (tmp_path / "inbox").mkdir()
    with served_ftp(tmp_path) as server:
        yield server


@pytest.fixture
def far(tmp_path, authority, context):
    (tmp_path / "inbox").mkdir()
    with served_ftp(tmp_path, tls="explicit", context=context) as server:
        yield FtpFarEnd(server, authority.ca_file)


class TestFtp(SenderContract):
    """FTP keeps the contract."""


def test_a_file_arrives_under_its_name_and_nothing_else_stays(server, authority):
    receipt = sender(ca_file=authority.ca_file).send(target(server), a_message(file=a_file()))
    assert receipt == "inbox/sales.csv"
    assert inbox(server) == {"sales.csv": BODY}
    assert server.stored == [f"/inbox/{PART}"]
    assert server.logins == [(USERNAME, server.tls != "none")]


def test_data_connections_resume_the_session_that_was_logged_in(server, authority):
    sender(ca_file=authority.ca_file).send(target(server), a_message(file=a_file()))
    assert server.resumed == ([] if server.tls == "none" else [True])


def test_a_larger_file_arrives_byte_by_byte_the_same(server, authority):
    body = bytes(range(256)) * 10_000
    file = a_file(body, chunks=lambda: (body[at : at + 1_000_000] for at in range(0, len(body), 1_000_000)))
    sender(ca_file=authority.ca_file).send(target(server), a_message(file=file))
    assert inbox(server) == {"sales.csv": body}


def test_the_same_message_again_leaves_its_file_alone(server, authority):
    message = a_message(file=a_file(), at=datetime.now(UTC) - timedelta(minutes=1))
    for _ in range(2):
        assert sender(ca_file=authority.ca_file).send(target(server), message) == "inbox/sales.csv"
    assert server.stored == [f"/inbox/{PART}"]


def test_the_same_file_of_another_day_is_put_there_anew(plain):
    sender().send(target(plain), a_message(file=a_file()))
    yesterday = datetime.now(UTC).timestamp() - 86_400
    os.utime(plain.root / "inbox/sales.csv", (yesterday, yesterday))
    sender().send(target(plain), a_message(file=a_file(), at=datetime.now(UTC) - timedelta(minutes=1)))
    assert len(plain.stored) == 2


def test_another_file_of_that_name_and_size_is_replaced(plain):
    (plain.root / "inbox/sales.csv").write_bytes(b"x" * len(BODY))
    sender().send(target(plain), a_message(file=a_file(), at=datetime.now(UTC) - timedelta(minutes=1)))
    assert inbox(plain) == {"sales.csv": BODY}


def test_a_connection_that_breaks_after_the_last_step_leaves_one_file_written_once(plain):
    message = a_message(file=a_file(), at=datetime.now(UTC) - timedelta(minutes=1))
    plain.fault = "breaks"
    with pytest.raises(DeliveryUnavailable):
        sender().send(target(plain), message)
    plain.fault = None
    sender().send(target(plain), message)
    assert len(plain.stored) == 1
    assert inbox(plain) == {"sales.csv": BODY}


def test_a_connection_that_breaks_between_two_files_leaves_each_written_once_or_to_be_written_again(plain):
    both = {"file": a_file(), "changes": a_file(b"1,2", name="sales.changes.csv")}
    message = a_message(**both, at=datetime.now(UTC) - timedelta(minutes=1))
    plain.fault = "breaks"
    with pytest.raises(DeliveryUnavailable):
        sender().send(target(plain), message)
    assert "sales.csv" not in inbox(plain)
    plain.fault = None
    assert sender().send(target(plain), message) == "inbox/sales.changes.csv, inbox/sales.csv"
    assert [path.rpartition("/.")[2].partition(".csv.")[0] for path in plain.stored] == [
        "sales.changes", "sales", "sales"
    ]  # fmt: skip
    assert inbox(plain) == {"sales.csv": BODY, "sales.changes.csv": b"1,2"}


def test_a_server_that_cannot_replace_keeps_the_file_it_has(plain):
    (plain.root / "inbox/sales.csv").write_bytes(b"of somebody else")
    plain.fault = "no replacing"
    with pytest.raises(DeliveryRefused, match="let the names differ"):
        sender().send(target(plain), a_message(file=a_file()))
    assert inbox(plain) == {"sales.csv": b"of somebody else"}


def test_a_server_that_keeps_fewer_bytes_is_worth_another_try_and_keeps_no_part(plain):
    plain.fault = "loses"
    with pytest.raises(DeliveryUnavailable, match="kept 7 of 30 bytes"):
        sender().send(target(plain), a_message(file=a_file()))
    assert inbox(plain) == {}


@pytest.mark.parametrize(
    ("name", "there"),
    [
        ("výpis účtu 2026.csv", "výpis účtu 2026.csv"),
        ("../../etc/passwd", "_.._etc_passwd"),
        ("a/b\\c\r\nDELE d.csv", "a_b_c__DELE d.csv"),
    ],
)
def test_a_file_never_leaves_its_folder_whatever_its_name(plain, name, there):
    sender().send(target(plain), a_message(file=a_file(name=name)))
    assert inbox(plain) == {there: BODY}


@pytest.mark.parametrize("place", ["username", "folder"])
def test_a_line_end_never_becomes_a_command(plain, place):
    with pytest.raises(DeliveryRefused, match="line ends"):
        sender().send(target(plain, **{place: "inbox\r\nDELE x"}), a_message(file=a_file()))


def test_a_certificate_of_an_unknown_authority_is_refused_before_the_login(far):
    server = far._server
    with pytest.raises(DeliveryRefused, match="certificate is not to be trusted"):
        sender().send(target(server), a_message(file=a_file()))
    assert server.logins == []


def test_a_certificate_of_another_host_is_refused(tmp_path, authority):
    with served_ftp(tmp_path, tls="explicit", context=authority.server_context("ftp.example")) as server:
        with pytest.raises(DeliveryRefused, match="certificate is not to be trusted"):
            sender(ca_file=authority.ca_file).send(target(server), a_message(file=a_file()))
        assert server.logins == []


def test_the_certificate_is_checked_against_the_name_and_the_host_looked_up_once(tmp_path, authority):
    (tmp_path / "inbox").mkdir()
    with served_ftp(tmp_path, tls="explicit", context=authority.server_context("ftp.invalid")) as server:
        guard = TargetGuard(allow_private=True, look_up=lambda *_, **__: [(2, 1, 6, "", ("127.0.0.1", server.port))])
        there = replace(target(server), address="ftp.invalid")
        FtpSender(guard, ca_file=authority.ca_file).send(there, a_message(file=a_file()))
        assert inbox(server) == {"sales.csv": BODY}


def test_a_server_that_stops_reading_is_given_up_and_keeps_no_final_file(plain):
    plain.fault = "stops reading"
    body = bytes(20_000_000)
    with pytest.raises(DeliveryUnavailable, match="in time"):
        sender(timeout_s=0.5).send(target(plain), a_message(file=a_file(body)))
    assert "sales.csv" not in inbox(plain)


def test_a_server_without_tls_gets_no_password_unless_the_destination_says_so(plain):
    with pytest.raises(DeliveryRefused, match="does not offer TLS"):
        sender().send(target(plain, tls="explicit"), a_message(file=a_file()))
    assert plain.logins == []


def test_the_wrong_kind_of_tls_says_so(plain):
    with pytest.raises(DeliveryUnavailable, match="implicit"):
        sender(timeout_s=2.0).send(target(plain, tls="implicit"), a_message(file=a_file()))


def test_a_folder_that_does_not_exist_is_refused(plain):
    with pytest.raises(DeliveryRefused, match="check that the folder exists"):
        sender().send(target(plain, folder="outbox"), a_message(file=a_file()))


def test_a_file_that_takes_too_long_is_given_up(plain):
    with pytest.raises(DeliveryUnavailable, match="in time"):
        sender(limit_s=-1.0).send(target(plain), a_message(file=a_file()))
    assert inbox(plain) == {}


def test_a_notice_has_nothing_to_put_there(plain):
    with pytest.raises(DeliveryRefused, match="files only"):
        sender().send(target(plain), a_message())


def test_a_mere_address_says_what_is_missing(plain):
    with pytest.raises(DeliveryRefused, match="needs 'username'"):
        sender().send(target(plain, username=""), a_message(file=a_file()))


def test_a_private_address_is_refused(plain):
    with pytest.raises(TargetForbidden):
        FtpSender(TargetGuard(allow_private=False)).send(target(plain), a_message(file=a_file()))


def test_a_trial_leaves_nothing(plain):
    assert list(sender().trial(target(plain))) == ["resolve", "connect", "authenticate", "write", "delete"]
    assert inbox(plain) == {}


def test_a_try_that_was_overtaken_leaves_the_part_to_the_next_one(plain, tmp_path):
    def overtaken():
        yield b"day,"
        raise LostClaim

    with pytest.raises(LostClaim):
        sender().send(target(plain), a_message(file=replace(a_file(), chunks=overtaken)))
    assert (tmp_path / "inbox" / PART).exists()
