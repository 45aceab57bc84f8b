"""A face as the objects of a PDF: a composite font of the glyphs that the document uses (ISO 32000-1, 9.7)."""

import hashlib
from collections.abc import Iterable, Iterator
from typing import Any

from reportlab.pdfbase import pdfdoc

from exports_pipeline.writers.fonts.codes import Codes

_SYMBOLIC = 4
_STEM, _STEM_BOLD = 80, 140
_MOST_IN_BLOCK = 100
"""Entries in one block of a character map (Adobe technical note 5014)."""


def font_object(codes: Codes, document: Any) -> pdfdoc.PDFDictionary:
    """The font of the codes that were given out so far; its parts are added to reportlab's document."""
    file, numbers = codes.face.subset(codes.glyphs.values())
    name = f"{_tag(file)}+{codes.face.name}"
    descendant = pdfdoc.PDFDictionary(
        {
            "Type": "/Font",
            "Subtype": "/CIDFontType2",
            "BaseFont": f"/{name}",
            "CIDSystemInfo": pdfdoc.PDFDictionary(
                {"Registry": pdfdoc.PDFString("Adobe"), "Ordering": pdfdoc.PDFString("Identity"), "Supplement": 0}
            ),
            "FontDescriptor": document.Reference(_descriptor(codes, name, file, document)),
            "DW": codes.face.width(0),
            "W": pdfdoc.PDFArray(list(_widths(codes))),
            "CIDToGIDMap": _stream(_glyph_map(codes, numbers), document),
        }
    )
    return pdfdoc.PDFDictionary(
        {
            "Type": "/Font",
            "Subtype": "/Type0",
            "BaseFont": f"/{name}",
            "Encoding": "/Identity-H",
            "DescendantFonts": pdfdoc.PDFArray([document.Reference(descendant)]),
            "ToUnicode": _stream(_text_map(codes), document),
        }
    )


def _descriptor(codes: Codes, name: str, file: bytes, document: Any) -> pdfdoc.PDFDictionary:
    ascent, descent = codes.face.extents
    return pdfdoc.PDFDictionary(
        {
            "Type": "/FontDescriptor",
            "FontName": f"/{name}",
            "Flags": _SYMBOLIC,
            "FontBBox": pdfdoc.PDFArray([-1000, descent, 2000, ascent]),
            "ItalicAngle": 0,
            "Ascent": ascent,
            "Descent": descent,
            "CapHeight": 714,
            "StemV": _STEM_BOLD if name.endswith("700") else _STEM,
            "FontFile2": _stream(file, document, Length1=len(file)),
        }
    )


def _tag(file: bytes) -> str:
    """Six letters that tell one subset from another."""
    return "".join(chr(ord("A") + byte % 26) for byte in hashlib.sha256(file).digest()[:6])


def _stream(content: bytes, document: Any, **entries: int) -> Any:
    stream = pdfdoc.PDFStream(filters=[pdfdoc.PDFZCompress] if document.compression else None, content=content)
    for name, value in entries.items():
        stream.dictionary[name] = value
    return document.Reference(stream)


def _widths(codes: Codes) -> Iterator[Any]:
    for first, widths in _consecutive(codes.widths):
        yield first
        yield pdfdoc.PDFArray(widths)


def _consecutive(widths: dict[int, int]) -> Iterator[tuple[int, list[int]]]:
    """Codes that follow each other, as the first code and the widths of all."""
    group: list[int] = []
    before = first = -1
    for code in sorted(widths):
        if code != before + 1 and group:
            yield first, group
            group = []
        if not group:
            first = code
        group.append(widths[code])
        before = code
    if group:
        yield first, group


def _glyph_map(codes: Codes, numbers: dict[int, int]) -> bytes:
    found = bytearray(2 * (max(codes.glyphs, default=0) + 1))
    for code, glyph in codes.glyphs.items():
        found[2 * code : 2 * code + 2] = numbers[glyph].to_bytes(2, "big")
    return bytes(found)


def _text_map(codes: Codes) -> bytes:
    lines = [
        "/CIDInit /ProcSet findresource begin",
        "12 dict begin",
        "begincmap",
        "/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def",
        "/CMapName /Adobe-Identity-UCS def",
        "/CMapType 2 def",
        "1 begincodespacerange",
        "<0000> <FFFF>",
        "endcodespacerange",
    ]
    told = [f"<{code:04X}> <{text.encode('utf-16-be').hex()}>" for code, text in sorted(codes.texts.items())]
    for block in _blocks(told):
        lines += [f"{len(block)} beginbfchar", *block, "endbfchar"]
    lines += ["endcmap", "CMapName currentdict /CMap defineresource pop", "end", "end"]
    return "\n".join(lines).encode("ascii")


def _blocks(entries: list[str]) -> Iterable[list[str]]:
    return (entries[start : start + _MOST_IN_BLOCK] for start in range(0, len(entries), _MOST_IN_BLOCK))
