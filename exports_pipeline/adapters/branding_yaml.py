"""Reads the look of a house's documents from YAML."""

import re
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path

from fontTools.ttLib import TTFont, TTLibError
from PIL import Image, UnidentifiedImageError

from exports_pipeline.adapters.catalog_fields import Fields
from exports_pipeline.adapters.operators_file import open_fields
from exports_pipeline.core.branding import Branding
from exports_pipeline.core.errors import InvalidBranding
from exports_pipeline.core.formats import Paper

KEYS = ("name", "logo", "accent", "palette", "fonts", "header", "footer", "paper", "language")
LARGEST_LOGO_BYTES = 1 << 20
_COLOUR = re.compile(r"#[0-9A-Fa-f]{6}")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_FAMILY = re.compile(r"[\w -]{1,60}")


def read_branding(path: Path) -> Branding:
    """Read a branding file; the files it names lie beside it.

    Raises:
        InvalidBranding: everything that is wrong with it, one problem a line.
    """
    fields, problems = open_fields(path, InvalidBranding, KEYS)
    default = Branding()
    given = fields.given("fonts")
    if given is not None and not isinstance(given, Mapping):
        fields.complain("fonts", "must be a mapping with the keys name, regular and bold")
    fonts = Fields(given if isinstance(given, Mapping) else {}, problems, dataset=None, under="fonts.")
    fonts.refuse_unknown(("name", "regular", "bold"))
    branding = Branding(
        name=fields.text("name") or "",
        logo=_logo(fields, path.parent),
        accent=_matching(fields, "accent", _COLOUR, 'a colour as "#0072B2"') or default.accent,
        palette=_palette(fields),
        font_name=_matching(fonts, "name", _FAMILY, "the name of a font family") or "",
        font_regular=_font(fonts, "regular", path.parent),
        font_bold=_font(fonts, "bold", path.parent),
        header=fields.text("header") or "",
        footer=fields.text("footer") or "",
        paper=fields.choice("paper", Paper) or default.paper,
        language=_matching(fields, "language", _LANGUAGE, "a language as en or de-AT") or default.language,
    )
    problems.raise_any()
    return branding


def _matching(fields: Fields, field: str, pattern: re.Pattern[str], what: str) -> str | None:
    text = fields.text(field)
    if text is None or pattern.fullmatch(text):
        return text
    fields.complain(field, f"must be {what}, is {text!r}")
    return None


def _palette(fields: Fields) -> tuple[str, ...]:
    colours = fields.texts("palette")
    for colour in colours:
        if not _COLOUR.fullmatch(colour):
            fields.complain("palette", f'{colour!r} is no colour as "#0072B2"')
    return colours


def _logo(fields: Fields, folder: Path) -> bytes | None:
    name = fields.text("logo")
    if name is None:
        return None
    picture = _read(fields, "logo", folder / name)
    if picture is None:
        return None
    if len(picture) > LARGEST_LOGO_BYTES:
        fields.complain("logo", f"{name} has {len(picture):,} bytes; at most {LARGEST_LOGO_BYTES:,} are taken")
        return None
    try:
        with Image.open(BytesIO(picture), formats=("PNG", "JPEG")) as opened:
            opened.verify()
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError):
        fields.complain("logo", f"{name} is no PNG or JPEG picture")
        return None
    return picture


def _font(fields: Fields, field: str, folder: Path) -> Path | None:
    name = fields.text(field)
    if name is None or (content := _read(fields, field, folder / name)) is None:
        return None
    try:
        has_outlines = "glyf" in TTFont(BytesIO(content), lazy=True)
    except TTLibError:
        has_outlines = False
    if not has_outlines:
        fields.complain(field, f"{name} is no TrueType font")
        return None
    return folder / name


def _read(fields: Fields, field: str, path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError as error:
        fields.complain(field, f"{path.name} cannot be read: {error.strerror}")
        return None
