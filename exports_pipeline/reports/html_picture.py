"""A chart inside a page: an inline SVG that is one picture with one text for those who hear the page."""

from xml.etree import ElementTree as ET

from exports_pipeline.core.branding import Branding
from exports_pipeline.reports.lettering import letters_of

_SVG = "http://www.w3.org/2000/svg"


def inline_svg(svg: str, *, alt: str) -> str:
    """The drawing as an element of a page, as wide as its place."""
    ET.register_namespace("", _SVG)
    root = ET.fromstring(svg)  # noqa: S314 - drawn by ourselves a moment ago
    for element in root.iter():
        for name in [name for name in element.attrib if name == "role" or name.startswith("aria-")]:
            del element.attrib[name]
    letters = letters_of(Branding())
    for text in root.iter(f"{{{_SVG}}}text"):
        # The reader's own font may be wider than ours: then it is pressed into the room the drawing has.
        size = float(text.get("font-size", "10px").removesuffix("px"))
        width = letters.width("".join(text.itertext()), size, bold=text.get("font-weight") == "bold")
        if width and not list(text):
            text.set("textLength", f"{width:.1f}")
            text.set("lengthAdjust", "spacingAndGlyphs")
    for name in ("width", "height", "class", "version"):
        root.attrib.pop(name, None)
    root.set("overflow", "visible")  # a label may reach a little beyond what Vega has measured
    root.set("role", "img")
    root.set("direction", "ltr")  # anchors of texts would turn round on a page from the right
    root.set("aria-label", alt)
    return ET.tostring(root, encoding="unicode")
