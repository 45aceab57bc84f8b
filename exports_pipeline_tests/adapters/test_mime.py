"""What a mail program reads of an e-mail is what was written into it, whatever that is."""

from email import message_from_bytes
from email.policy import default

from hypothesis import example, given
from hypothesis import strategies as st

from exports_pipeline.adapters.senders.mailbox import read_mailboxes
from exports_pipeline.adapters.senders.mime import compose
from exports_pipeline.core.errors import DeliveryRefused
from exports_pipeline_tests.builders import a_file, a_message
from exports_pipeline_tests.mail_reader import read_mail

LINES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r"), max_size=400)
SUBJECTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=300)
NAMED = st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp", "Zs"], exclude_characters="/")
NAMES = st.lists(st.text(NAMED, min_size=1, max_size=60), min_size=1, max_size=4).map(" ".join)
ADDRESSES = st.text(st.characters(exclude_categories=["Cs"]), max_size=64).map("{}@example.org".format)
DECODED = "=?utf-8?q?x=0D=0AX-Evil:_1?="
"""What a reader of e-mail may decode to a second line."""
HEADERS = {
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "X-Delivery-Id",
    "Auto-Submitted",
    "MIME-Version",
    "Content-Type",
}


def composed(*, file=None, to=("ann@example.org",), **changes):
    return compose(a_message(**changes), sender="Exports <e@example.com>", to=to, files=[file] if file else [])


@given(text=LINES, html=LINES, body=st.binary(max_size=300))
def test_text_page_and_file_are_read_as_they_were_written(text, html, body):
    read = read_mail(composed(text=text, html=html, file=a_file(body)))
    assert (read.text.rstrip("\n"), read.html.rstrip("\n")) == (text.rstrip("\n"), html.rstrip("\n"))
    assert read.files == {"sales.csv": body}


@given(SUBJECTS)
@example(DECODED)
def test_no_subject_adds_a_header_or_reaches_the_body(subject):
    mail = message_from_bytes(composed(subject=subject, text="body"), policy=default)
    assert set(mail.keys()) == HEADERS
    assert mail.get_body(("plain",)).get_content().strip() == "body"
    written = "".join(c if c.isprintable() else " " for c in subject)
    assert mail["Subject"].split() == written.split()


@given(NAMES)
def test_a_file_keeps_its_name(name):
    assert list(read_mail(composed(file=a_file(b"1", name=name))).files) == [name]


def test_a_file_keeps_its_type():
    mail = message_from_bytes(composed(file=a_file(b"1")), policy=default)
    assert [part["Content-Type"] for part in mail.iter_attachments()] == ['text/csv; charset="utf-8"']


def test_a_name_that_would_be_decoded_adds_no_header():
    mail = composed(file=a_file(b"1", name=f"{DECODED}.csv"))
    assert b"\nX-Evil" not in mail
    assert list(read_mail(mail).files) == [f"{DECODED}.csv".replace("=?", "=_")]


@given(ADDRESSES)
@example(f"{DECODED}@example.org")
def test_an_address_that_is_let_through_is_read_as_it_was_written(address):
    try:
        to = read_mailboxes(address)
    except DeliveryRefused:
        return
    mail = message_from_bytes(composed(to=to), policy=default)
    assert set(mail.keys()) == HEADERS
    assert mail["To"] == ", ".join(to)


def test_the_same_message_gives_the_same_mail_but_for_the_boundary():
    first, second = (message_from_bytes(composed(), policy=default) for _ in range(2))
    for mail in (first, second):
        mail.set_boundary("b")
    assert first.as_bytes() == second.as_bytes()


def test_a_mail_to_many_is_read_with_all_of_them():
    to = [f"somebody.with.a.long.name.{number}@department.example.org" for number in range(20)]
    mail = message_from_bytes(composed(to=to), policy=default)
    assert [each.addr_spec for each in mail["To"].addresses] == to
