"""Reports and brands that the tests of the renderers share."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from io import BytesIO
from math import inf, nan

from PIL import Image

from exports_pipeline.core.branding import Branding
from exports_pipeline.core.formats import Paper
from exports_pipeline.core.report import (
    Better,
    Chart,
    KeyFigure,
    KeyFigures,
    Kind,
    Mark,
    Report,
    Series,
    Table,
    TableColumn,
    Text,
    Tone,
)

HOSTILE = "<script>alert('x')</script> & =1+1"
DAYS = [date(2026, 7, 1) + timedelta(days=day) for day in range(60)]


def picture(width=60, height=20, colour="#0B4F6C"):
    """A PNG of one colour."""
    file = BytesIO()
    Image.new("RGB", (width, height), colour).save(file, "PNG")
    return file.getvalue()


BANK = Branding(
    name="Example Bank", logo=picture(), header="Confidential", footer="Example Bank, Prague", accent="#0B4F6C"
)
SHOP = Branding(
    name="Obchod & syn", footer="Strana obchodu", accent="#7A1F5C", palette=("#7A1F5C", "#E69F00"),
    font_name="Georgia", paper=Paper.LETTER, language="cs",
)  # fmt: skip

FIGURES = KeyFigures(
    figures=[
        KeyFigure(title="Players", value=90189, previous=88120),
        KeyFigure(title="Retention", value=0.182, previous=0.1902, kind=Kind.PERCENT, digits=1),
        KeyFigure(title="Revenue", value=Decimal("1204550.50"), kind=Kind.MONEY, unit="CZK", digits=2),
        KeyFigure(title="Tickets", value=412, previous=520, better=Better.DOWN, note="all languages"),
        KeyFigure(title="Unknown", value=nan, previous=inf),
    ],
    heading="At a glance",
)
ARMS = Table(
    heading="Arms",
    columns=[
        TableColumn(title="Arm"),
        TableColumn(title="Players", kind=Kind.INTEGER),
        TableColumn(title="Retention", kind=Kind.PERCENT, digits=1),
        TableColumn(title="p-value", kind=Kind.NUMBER, digits=4),
        TableColumn(title="Since", kind=Kind.DATE),
        TableColumn(title="Seen", kind=Kind.TIME),
    ],
    rows=[
        ["gate 30", 44700, 0.190201, nan, date(2026, 7, 1), datetime(2026, 8, 1, 12, 30, tzinfo=UTC)],
        ["gate 40", 45489, 0.182000, 0.0016, date(2026, 7, 2), None],
    ],
    note="Sample sizes are uneven.",
)


def line(categories=None, values=None, **changes):
    """A chart of lines over days."""
    categories = DAYS if categories is None else categories
    values = [100.0 + i for i in range(len(categories))] if values is None else values
    series = changes.pop("series", [Series(name="gate 30", values=values)])
    return Chart(
        **{"heading": "Revenue by day", "mark": Mark.LINE, "description": "Revenue grows every day.", **changes},
        categories=categories,
        series=series,
    )


INTERVALS = Chart(
    heading="Differences",
    mark=Mark.INTERVAL,
    categories=["Retention after 1 day", "Retention after 7 days"],
    series=[Series(name="gate 40", values=[-0.006, -0.008], low=[-0.012, -0.013], high=[0.0002, -0.003])],
    description="Both differences are below zero.",
    kind=Kind.PERCENT,
)
BARS = Chart(
    heading="Countries",
    mark=Mark.BAR,
    categories=["Czechia", "Germany", "Austria"],
    series=[Series(name="2025", values=[5, 3, None]), Series(name="2026", values=[6, nan, 2])],
    description="Czechia leads.",
)
SHARES = Chart(
    heading="Shares",
    mark=Mark.SHARE,
    categories=["Cards", "Cash"],
    series=[Series(name="all", values=[3, 1])],
    description="Three quarters are cards.",
)
SLICES = Chart(
    heading="Tags",
    mark=Mark.PIE,
    categories=["finance", "travel", "rare", "gone", "owed"],
    series=[Series(name="Jobs", values=[60, 39, 1, None, -4])],
    description="Six of ten are of finance.",
    kind=Kind.INTEGER,
)


def sample(**changes):
    """A report with every kind of section."""
    return Report(
        **{
            "title": "The first gate",
            "subtitle": "July and August 2026",
            "sections": [
                FIGURES,
                Text(heading="What we found", text="Keep the gate.\n\nPlayers leave.", tone=Tone.WARNING),
                ARMS,
                INTERVALS,
                line(),
                BARS,
                SHARES,
            ],
            "facts": [("Datasets", "cookie_cats"), ("Requested by", "ana@example.com")],
            **changes,
        }
    )
