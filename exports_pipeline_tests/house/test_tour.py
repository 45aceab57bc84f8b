"""The tour in pictures: its page shows all of them, in their order, and they stay small."""

import re
from pathlib import Path

from exports_pipeline_tests.tour import FOLDER, VIEWS

PAGE = (Path(__file__).parents[2] / "docs/tour.md").read_text(encoding="utf-8")
MOST_BYTES, MOST_TOGETHER = 75_000, 1_500_000


def test_the_page_shows_every_picture_in_its_order():
    shown = re.findall(r"!\[.+?\]\(tour/(.+?)\.webp\)", PAGE)
    assert shown == [view.name for view in VIEWS]
    assert sorted(shown) == sorted(path.stem for path in FOLDER.iterdir())


def test_its_pictures_are_small():
    sizes = {path.name: path.stat().st_size for path in FOLDER.iterdir()}
    assert {name: size for name, size in sizes.items() if size > MOST_BYTES} == {}
    assert sum(sizes.values()) < MOST_TOGETHER


def test_it_says_that_its_figures_are_invented():
    assert "invented" in PAGE.partition("## ")[0]
