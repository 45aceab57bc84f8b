"""How the documents of one house look: logo, colours, fonts, header, footer, paper and language."""

from dataclasses import dataclass
from pathlib import Path

from exports_pipeline.core.formats import Paper


@dataclass(frozen=True, kw_only=True)
class Branding:
    """One house's look; what is empty is left to the theme."""

    name: str = ""
    """Who speaks: stands in the header and is the author of a document."""
    logo: bytes | None = None
    """A PNG or JPEG picture."""
    accent: str = "#0072B2"
    """Colour of rules and titles, as `#rrggbb`; dark enough for text on white."""
    palette: tuple[str, ...] = ()
    """Colours of a chart's series, first to last."""
    font_name: str = ""
    """A family that sheets and pages name; readers without it see a similar one."""
    font_regular: Path | None = None
    """A TrueType file, which PDF documents carry."""
    font_bold: Path | None = None
    header: str = ""
    """Stands at the top of every page, on the right."""
    footer: str = ""
    paper: Paper = Paper.A4
    language: str = "en"
    """For reports that are given none."""
