"""A font file at one weight: its glyphs, their widths, text shaped with them, and a part of it for a document."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import uharfbuzz as hb

EM = 1000
"""Widths and offsets are thousandths of the font size, as PDF counts them."""

_UNUSED_TABLES = ("GSUB", "GPOS", "GDEF", "BASE", "STAT", "name", "cmap", "OS/2", "post", "vhea", "vmtx", "gasp")
"""What a PDF reader does not look at, since the document says which glyph stands where."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A glyph where shaping has put it; it stands for the characters from `cluster` to the next one's."""

    glyph: int
    cluster: int
    advance: int
    dx: int
    dy: int


class Face:
    """One variable font pinned to a weight; the file is mapped, not read, and nothing is computed before it is used."""

    def __init__(self, path: Path, weight: int) -> None:
        self.name = f"{path.name.partition('[')[0]}-{weight}"
        self._path, self._weight = path, weight
        self._glyphs: dict[str, int] = {}

    @cached_property
    def _face(self) -> hb.Face:
        return hb.Face(hb.Blob.from_file_path(str(self._path)))

    @cached_property
    def _font(self) -> hb.Font:
        font = hb.Font(self._face)
        font.set_variations({"wght": self._weight})
        return font

    @cached_property
    def extents(self) -> tuple[int, int]:
        """Ascent and descent, the latter negative."""
        found = self._font.get_font_extents("ltr")
        return self._scaled(found.ascender), self._scaled(found.descender)

    def glyph(self, char: str) -> int:
        """The glyph of a character; 0, the empty box, where the font has none."""
        found = self._glyphs.get(char)
        if found is None:
            found = self._glyphs[char] = int(self._font.get_nominal_glyph(ord(char)) or 0)
        return found

    def width(self, glyph: int) -> int:
        """How far a glyph moves the pen when nothing is shaped."""
        return self._scaled(self._font.get_glyph_h_advance(glyph))

    def shape(self, text: str, *, is_rtl: bool) -> list[Placed]:
        """The glyphs of a text of one direction, from left to right."""
        buffer = hb.Buffer()
        buffer.cluster_level = hb.BufferClusterLevel.MONOTONE_CHARACTERS
        buffer.add_codepoints([ord(char) for char in text])
        buffer.guess_segment_properties()
        buffer.direction = "rtl" if is_rtl else "ltr"
        hb.shape(self._font, buffer)
        scaled = self._scaled
        return [
            Placed(info.codepoint, info.cluster, scaled(at.x_advance), scaled(at.x_offset), scaled(at.y_offset))
            for info, at in zip(buffer.glyph_infos, buffer.glyph_positions, strict=True)
        ]

    def subset(self, glyphs: Iterable[int]) -> tuple[bytes, dict[int, int]]:
        """A TrueType file of these glyphs at this weight, and which number each has there."""
        wanted = hb.SubsetInput()
        wanted.glyph_set.update({0, *glyphs})
        wanted.flags = hb.SubsetFlags.NO_HINTING | hb.SubsetFlags.NOTDEF_OUTLINE | hb.SubsetFlags.NO_LAYOUT_CLOSURE
        wanted.pin_axis_location(self._face, "wght", self._weight)
        dropped = wanted.sets(hb.SubsetInputSets.DROP_TABLE_TAG)
        for tag in _UNUSED_TABLES:
            dropped.add(int.from_bytes(tag.encode().ljust(4), "big"))
        plan = hb.SubsetPlan(self._face, wanted)
        return bytes(plan.execute().blob.data), dict(plan.old_to_new_glyph_mapping)

    def _scaled(self, units: int) -> int:
        per_em: int = self._face.upem
        return round(units * EM / per_em)
