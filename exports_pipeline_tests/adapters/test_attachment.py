"""Files on their way into messages."""

from itertools import repeat

import pytest

from exports_pipeline.adapters.senders.attachment import attachments, checked_chunks, read_whole
from exports_pipeline.core.errors import DeliveryUnavailable
from exports_pipeline.core.message import Target
from exports_pipeline.core.recipient import Channel
from exports_pipeline_tests.builders import a_file, a_message

LINKED, BOTH = (), (2, 1)


@pytest.mark.parametrize(
    ("sizes", "options", "go"),
    [
        ((None, None), {"attach": True}, LINKED),
        ((2, 1), {}, LINKED),
        ((2, 1), {"attach": False}, LINKED),
        ((2, 1), {"attach": True}, BOTH),
        ((3, None), {"attach": True}, (3,)),
        ((4, None), {"attach": True}, LINKED),
        ((4, 3), {"attach": True}, (3,)),
        ((3, 1), {"attach": True}, (3,)),
    ],
)
def test_files_go_along_where_they_are_wanted_and_small_together(sizes, options, go):
    target = Target(channel=Channel.EMAIL, address="ann@example.org", options=options)
    file, changes = (size and a_file(bytes(size)) for size in sizes)
    chosen = attachments(target, a_message(file=file, changes=changes), limit_bytes=3)
    assert tuple(each.size_bytes for each in chosen) == go


def test_an_empty_file_is_a_file():
    assert read_whole(a_file(b"")) == b""


def test_no_more_is_read_than_was_published():
    endless = a_file(b"12345", chunks=lambda: repeat(b"123"))
    taken = []
    with pytest.raises(DeliveryUnavailable):
        taken.extend(checked_chunks(endless))
    assert taken == [b"123"]
