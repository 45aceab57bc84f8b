"""The head of the first page: title, and what the reader must know of the rows."""

from zoneinfo import ZoneInfo

from exports_pipeline.core.about import About, redaction_in_words, unmasked
from exports_pipeline.writers.fonts.face import EM
from exports_pipeline.writers.fonts.wrapping import wrapped
from exports_pipeline.writers.pdf_page import Page, Pen

_DARK, _FAINT = "0.13 0.15 0.18", "0.42 0.45 0.5"
_LABELS = 88.0


def made_at(about: About) -> str:
    """The time of the document in its zone, with the zone's name."""
    local = about.made_at.astimezone(ZoneInfo(about.timezone))
    return f"{local:%Y-%m-%d %H:%M} {about.timezone}"


def facts(about: About) -> list[tuple[str, str]]:
    """What stands below the title, as name and value."""
    redacted = "; ".join(f"{name}: {redaction_in_words(rule)}" for name, rule in about.redactions.items())
    return [
        ("Dataset", about.dataset),
        *about.filters,
        ("Rows", f"{about.row_count:,}"),
        ("Requested by", about.requester),
        ("Made at", made_at(about)),
        ("Redactions", redacted or "none"),
        *([("Unmasked", unmasked(about))] if about.lifted else []),
        ("Export job", str(about.job_id)),
    ]


def draw_cover(
    about: About, *, title: Pen, label: Pen, body: Pen, left: float, top: float, bottom: float, width: float
) -> tuple[list[Page], float]:
    """The pages that the head takes, mostly one, and where it ends on the last of them, in points from below."""
    pages, y = [Page()], top

    def put(pen: Pen, text: str, x: float, room: float, colour: str) -> None:
        nonlocal y
        for line in wrapped(text, int(room * EM / pen.size), pen.ink):
            if y - pen.leading < bottom:
                pages.append(Page())
                y = top
            ready = pen.set(line)
            pages[-1].text(x + room - ready.width if ready.from_right else x, y - pen.size, ready.shows, colour=colour)
            y -= pen.leading

    put(title, about.title, left, width, _DARK)
    if about.description:
        put(body, about.description, left, width, _FAINT)
    y -= 6
    for name, value in facts(about):
        if y - label.leading < bottom:
            pages.append(Page())
            y = top
        pages[-1].text(left, y - label.size, label.set(name).shows, colour=_FAINT)
        put(body, value, left + _LABELS, width - _LABELS, _DARK)
    return pages, y - 8
