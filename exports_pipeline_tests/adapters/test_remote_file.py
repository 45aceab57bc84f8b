"""What files are called on somebody else's server."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exports_pipeline.adapters.senders.remote_file import part_name, remote_name, remote_path


@given(st.text(max_size=400))
def test_any_name_becomes_one_plain_visible_file(name):
    for made in (remote_name(name), part_name(name, UUID(int=9))):
        assert made
        assert made.isprintable()
        assert not {"/", "\\"} & set(made)
        assert len(made.encode()) <= 255
    assert not remote_name(name).startswith((".", " "))


@given(st.text(st.characters(categories=("L", "N")), min_size=1, max_size=20))
def test_a_name_that_is_plain_stays_as_it_is(name):
    assert remote_name(f"{name} 2026-01.csv") == f"{name} 2026-01.csv"


@pytest.mark.parametrize(
    ("folder", "path"), [("", "a.csv"), ("in", "in/a.csv"), ("in/", "in/a.csv"), ("/", "/a.csv"), ("/in", "/in/a.csv")]
)
def test_a_folder_may_be_spelled_in_every_way(folder, path):
    assert remote_path(folder, "a.csv") == path
