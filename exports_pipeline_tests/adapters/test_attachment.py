"""Files on their way into messages."""

from itertools import repeat

import pytest

from exports_pipeline.adapters.senders.attachment import attachment, checked_chunks, read_whole
from exports_pipeline.core.errors import DeliveryUnavailable
from exports_pipeline.core.message import Target
from exports_pipeline.core.recipient import Channel
from exports_pipeline_tests.builders import a_file, a_message


@pytest.mark.parametrize(
    ("file", "options", "goes"),
    [
        (None, {"attach": True}, False),
        (a_file(b"12"), {}, False),
        (a_file(b"12"), {"attach": False}, False),
        (a_file(b"12"), {"attach": True}, True),
        (a_file(b"123"), {"attach": True}, False),
    ],
)
def test_a_file_goes_along_where_it_is_wanted_and_small(file, options, goes):
    target = Target(channel=Channel.EMAIL, address="ann@example.org", options=options)
    assert attachment(target, a_message(file=file), limit_bytes=2) == (file if goes else None)


def test_an_empty_file_is_a_file():
    assert read_whole(a_file(b"")) == b""


def test_no_more_is_read_than_was_published():
    endless = a_file(b"12345", chunks=lambda: repeat(b"123"))
    taken = []
    with pytest.raises(DeliveryUnavailable):
        taken.extend(checked_chunks(endless))
    assert taken == [b"123"]
