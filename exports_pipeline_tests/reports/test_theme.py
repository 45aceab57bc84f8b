"""The colours: told apart by the colour-blind and in grey, and readable."""

from itertools import combinations, pairwise

from exports_pipeline.core.report import Better
from exports_pipeline.reports import theme


def _luminance(colour):
    """Relative luminance (WCAG 2.2)."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _lightness(colour):
    """CIE L*."""
    return 116 * _luminance(colour) ** (1 / 3) - 16


def test_neighbours_differ_in_grey():
    lightness = [_lightness(colour) for colour in theme.PALETTE]
    assert all(abs(a - b) >= 10 for a, b in pairwise(lightness))
    assert all(abs(a - b) >= 20 for a, b in combinations(lightness[:3], 2))


def test_texts_have_enough_contrast_on_white_and_on_panels():
    for text in (theme.INK, theme.MUTED, theme.GOOD, theme.BAD):
        for ground in ("#FFFFFF", theme.PANEL):
            assert (_luminance(ground) + 0.05) / (_luminance(text) + 0.05) >= 4.5, (text, ground)


def test_a_welcome_change_is_green_whichever_way_it_goes():
    assert theme.colour_of_change(0.1, Better.UP) == theme.colour_of_change(-0.1, Better.DOWN) == theme.GOOD
    assert theme.colour_of_change(-0.1, Better.UP) == theme.colour_of_change(0.1, Better.DOWN) == theme.BAD
    assert theme.colour_of_change(0.1, Better.NEITHER) == theme.colour_of_change(None, Better.UP) == theme.MUTED
