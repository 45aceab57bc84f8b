"""Deliveries by SFTP, against a server of SSH."""

import logging
import socket
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncssh
import pytest

from exports_pipeline.adapters.senders.sftp import SftpSender
from exports_pipeline.adapters.target_guard import TargetGuard
from exports_pipeline.core.errors import DeliveryRefused, DeliveryUnavailable, LostClaim, TargetForbidden
from exports_pipeline.core.message import Target
from exports_pipeline.core.recipient import Channel
from exports_pipeline_tests.builders import a_file, a_message
from exports_pipeline_tests.contracts.sender_contract import Mood, SenderContract
from exports_pipeline_tests.served_files import inbox
from exports_pipeline_tests.sftp_far_end import SftpFarEnd, sender, target
from exports_pipeline_tests.sftp_server import PASSWORD, USERNAME, served_sftp

BODY = b"day,amount\r\n2026-01-01,10.50\r\n"
PART = f".sales.csv.{UUID(int=9)}.part"


@pytest.fixture
def server(tmp_path):
    (tmp_path / "inbox").mkdir()
    with served_sftp(tmp_path) as server:
        yield server


@pytest.fixture
def far(server):
    return SftpFarEnd(server)


class TestSftp(SenderContract):
    """SFTP keeps the contract."""


def test_a_file_arrives_under_its_name_and_nothing_else_stays(server):
    receipt = sender().send(target(server), a_message(file=a_file()))
    assert receipt == "inbox/sales.csv"
    assert inbox(server) == {"sales.csv": BODY}
    assert server.opened == [f"inbox/{PART}"]


def test_a_private_key_logs_in_too(server):
    sender().send(target(server, secrets={"private_key": server.private_key}), a_message(file=a_file()))
    assert inbox(server) == {"sales.csv": BODY}


def test_without_a_folder_the_file_lies_where_the_login_begins(server):
    assert sender().send(target(server, folder=""), a_message(file=a_file())) == "sales.csv"
    assert (server.root / "sales.csv").read_bytes() == BODY


def test_the_same_message_again_leaves_its_file_alone(server):
    message = a_message(file=a_file(), at=datetime.now(UTC) - timedelta(minutes=1))
    sender().send(target(server), message)
    before = (server.root / "inbox/sales.csv").stat()
    assert sender().send(target(server), message) == "inbox/sales.csv"
    assert (server.root / "inbox/sales.csv").stat().st_ino == before.st_ino


def test_of_two_files_the_next_try_sends_the_one_that_is_missing(server):
    both = {"file": a_file(), "changes": a_file(b"1,2", name="sales.changes.csv")}
    message = a_message(**both, at=datetime.now(UTC) - timedelta(minutes=1))
    assert sender().send(target(server), message) == "inbox/sales.changes.csv, inbox/sales.csv"
    before = (server.root / "inbox/sales.changes.csv").stat()
    (server.root / "inbox/sales.csv").unlink()
    sender().send(target(server), message)
    assert inbox(server) == {"sales.csv": BODY, "sales.changes.csv": b"1,2"}
    assert (server.root / "inbox/sales.changes.csv").stat().st_ino == before.st_ino


def test_the_same_file_of_another_day_is_put_there_anew(server):
    sender().send(target(server), a_message(file=a_file()))
    before = (server.root / "inbox/sales.csv").stat()
    sender().send(target(server), a_message(file=a_file(), at=datetime.now(UTC) + timedelta(minutes=1)))
    assert (server.root / "inbox/sales.csv").stat().st_ino != before.st_ino


def test_another_file_of_that_name_and_size_is_replaced(server):
    (server.root / "inbox/sales.csv").write_bytes(b"x" * len(BODY))
    sender().send(target(server), a_message(file=a_file(), at=datetime.now(UTC) - timedelta(minutes=1)))
    assert inbox(server) == {"sales.csv": BODY}


def test_a_part_that_an_earlier_try_left_is_written_anew(server):
    (server.root / "inbox" / PART).write_bytes(b"x" * 10_000)
    sender().send(target(server), a_message(file=a_file()))
    assert inbox(server) == {"sales.csv": BODY}


def test_a_server_that_cannot_replace_keeps_the_file_it_has(server):
    (server.root / "inbox/sales.csv").write_bytes(b"of somebody else")
    server.fault = "old"
    with pytest.raises(DeliveryRefused, match="cannot replace it in one step"):
        sender().send(target(server), a_message(file=a_file()))
    assert inbox(server) == {"sales.csv": b"of somebody else"}


def test_a_server_that_cannot_replace_takes_a_new_name(server):
    server.fault = "old"
    sender().send(target(server), a_message(file=a_file()))
    assert inbox(server) == {"sales.csv": BODY}


def test_a_larger_file_arrives_byte_by_byte_the_same(server):
    body = bytes(range(256)) * 20_000
    file = a_file(body, chunks=lambda: (body[at : at + 1_000_000] for at in range(0, len(body), 1_000_000)))
    sender().send(target(server), a_message(file=file))
    assert inbox(server) == {"sales.csv": body}


@pytest.mark.parametrize(
    ("name", "there"),
    [
        ("výpis účtu 2026.csv", "výpis účtu 2026.csv"),
        ("../../etc/passwd", "_.._etc_passwd"),
        ("a/b\\c\r\nd.csv", "a_b_c__d.csv"),
        ("...", "file"),
        ("ž" * 300 + ".xlsx", "ž" * 87 + ".xlsx"),
    ],
)
def test_a_file_never_leaves_its_folder_whatever_its_name(server, name, there):
    sender().send(target(server), a_message(file=a_file(name=name)))
    assert inbox(server) == {there: BODY}


def test_another_host_key_is_refused_before_the_password_is_sent(server):
    other = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode()
    with pytest.raises(DeliveryRefused, match="host key is not the one saved"):
        sender().send(target(server, host_key=other), a_message(file=a_file()))
    assert server.logins == []


def test_a_host_key_of_another_kind_is_refused_too(server):
    other = asyncssh.generate_private_key("ecdsa-sha2-nistp256").export_public_key().decode()
    with pytest.raises(DeliveryRefused, match="host key is not the one saved"):
        sender().send(target(server, host_key=other), a_message(file=a_file()))


@pytest.mark.parametrize(
    "secrets",
    [
        {"password": "wrong"},
        {"private_key": asyncssh.generate_private_key("ssh-ed25519").export_private_key().decode()},
    ],
)
def test_a_wrong_login_is_refused_and_its_secret_is_in_no_error(server, secrets):
    with pytest.raises(DeliveryRefused, match="refuses the login") as caught:
        sender().send(target(server, secrets=secrets), a_message(file=a_file()))
    assert not any(secret in str(caught.value) for secret in secrets.values())


@pytest.mark.parametrize(
    ("secrets", "options"), [({"private_key": "nonsense"}, {}), (None, {"host_key": "ssh-rsa AA"})]
)
def test_keys_that_are_none_are_refused(server, secrets, options):
    with pytest.raises(DeliveryRefused, match="cannot be read"):
        sender().send(target(server, secrets=secrets, **options), a_message(file=a_file()))


def test_a_folder_that_does_not_exist_is_refused(server):
    with pytest.raises(DeliveryRefused, match="folder does not exist"):
        sender().send(target(server, folder="outbox"), a_message(file=a_file()))


@pytest.mark.parametrize(
    ("mood", "fault", "sentence"),
    [(Mood.FAILS, None, "No space left"), (Mood.OPEN, "loses", "kept 0 of 30 bytes")],
)
def test_a_full_server_is_worth_another_try_and_keeps_no_part(server, mood, fault, sentence):
    server.mood, server.fault = mood, fault
    with pytest.raises(DeliveryUnavailable, match=sentence):
        sender().send(target(server), a_message(file=a_file()))
    assert inbox(server) == {}


def test_a_connection_that_breaks_after_the_last_step_leaves_one_file_written_once(server):
    message = a_message(file=a_file(), at=datetime.now(UTC) - timedelta(minutes=1))
    server.fault = "breaks"
    with pytest.raises(DeliveryUnavailable):
        sender().send(target(server), message)
    server.fault = None
    before = (server.root / "inbox/sales.csv").stat()
    sender().send(target(server), message)
    assert (server.root / "inbox/sales.csv").stat().st_ino == before.st_ino
    assert inbox(server) == {"sales.csv": BODY}


def test_a_file_that_takes_too_long_is_given_up(server):
    with pytest.raises(DeliveryUnavailable, match="in time"):
        sender(limit_s=-1.0).send(target(server), a_message(file=a_file()))
    assert inbox(server) == {}


def test_a_server_that_says_nothing_is_given_up():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent_target = Target(
            channel=Channel.SFTP,
            address="127.0.0.1",
            options={
                "port": silent.getsockname()[1],
                "username": USERNAME,
                "host_key": asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode(),
            },
            secrets={"password": PASSWORD},
        )
        with pytest.raises(DeliveryUnavailable, match="did not answer in time"):
            sender(timeout_s=0.3).send(silent_target, a_message(file=a_file()))


def test_a_notice_has_nothing_to_put_there(server):
    with pytest.raises(DeliveryRefused, match="files only"):
        sender().send(target(server), a_message())


def test_the_host_is_looked_up_once_and_never_by_the_client(server):
    guard = TargetGuard(allow_private=True, look_up=lambda *_, **__: [(2, 1, 6, "", ("127.0.0.1", server.port))])
    SftpSender(guard).send(replace(target(server), address="files.invalid"), a_message(file=a_file()))
    assert inbox(server) == {"sales.csv": BODY}


@pytest.mark.parametrize("name", ["username", "host_key"])
def test_a_mere_address_says_what_is_missing(server, name):
    with pytest.raises(DeliveryRefused, match=f"needs '{name}'"):
        sender().send(target(server, **{name: ""}), a_message(file=a_file()))


def test_a_private_address_is_refused(server):
    with pytest.raises(TargetForbidden):
        SftpSender(TargetGuard(allow_private=False)).send(target(server), a_message(file=a_file()))


def test_a_trial_goes_step_by_step_and_leaves_nothing(server):
    steps = list(sender().trial(target(server)))
    assert steps == ["resolve", "connect", "authenticate", "write", "delete"]
    assert len(server.opened) == 1
    assert inbox(server) == {}


@pytest.mark.parametrize(
    ("secrets", "options", "last"),
    [
        (
            None,
            {"host_key": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAIhXzR1p4sn4HtBwjgqoRx3iKKv5NMtqY0Gr8nBzcbz"},
            "connect",
        ),
        ({"password": "wrong"}, {}, "authenticate"),
        (None, {"folder": "outbox"}, "write"),
    ],
)
def test_a_trial_ends_at_the_step_that_failed(server, secrets, options, last):
    steps = []
    with pytest.raises(DeliveryRefused):
        steps.extend(sender().trial(target(server, secrets=secrets, **options)))
    assert steps[-1] == last


def test_a_login_is_in_no_log(server, caplog, monkeypatch):
    monkeypatch.setattr(logging.getLogger("asyncssh"), "level", logging.NOTSET)
    with caplog.at_level(logging.INFO):
        sender().send(target(server), a_message(file=a_file()))
    assert USERNAME not in caplog.text
    assert caplog.text == ""


def test_a_try_that_was_overtaken_leaves_the_part_to_the_next_one(server, tmp_path):
    def overtaken():
        yield b"day,"
        raise LostClaim

    with pytest.raises(LostClaim):
        sender().send(target(server), a_message(file=replace(a_file(), chunks=overtaken)))
    assert (tmp_path / "inbox" / PART).exists()
