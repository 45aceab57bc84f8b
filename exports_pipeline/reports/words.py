"""The few words and the signs of numbers that renderers add themselves, by language."""

from dataclasses import dataclass
from typing import Literal

NBSP = "\u00a0"


@dataclass(frozen=True, kw_only=True)
class Words:
    """One language."""

    locale: Literal["en-US", "de-DE", "cs-CZ"]
    """As d3 names it, for the axes of charts."""
    decimal: str
    thousands: str
    percent: str
    date: str
    """With the fields day, month, name of the month and year."""
    month: str
    months: tuple[str, ...]
    symbol_first: bool
    """Whether a currency's sign stands before the number."""
    yes: str
    no: str
    page: str
    rows: str
    no_rows: str
    first_rows: str
    no_data: str
    no_sections: str
    previous: str
    unchanged: str
    up: str
    down: str
    overview: str
    contents: str
    about: str
    chart_data: str
    low: str
    high: str
    part: str
    shortened: str


_ENGLISH = Words(
    locale="en-US",
    decimal=".",
    thousands=",",
    percent="%",
    date="{day}{nbsp}{name}{nbsp}{year}",
    month="{name}{nbsp}{year}",
    months=("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
    symbol_first=True,
    yes="yes",
    no="no",
    page="Page {page} of {pages}",
    rows="rows",
    no_rows="No rows.",
    first_rows="The first {count} of {total} rows; the report has them all.",
    no_data="There is no data for this chart.",
    no_sections="This report has no content.",
    previous="previous {value}",
    unchanged="unchanged",
    up="up",
    down="down",
    overview="Overview",
    contents="Tables",
    about="About this report",
    chart_data="Chart data",
    low="low",
    high="high",
    part="columns {first} to {last} of {count}",
    shortened="shortened, {count} characters",
)
_GERMAN = Words(
    locale="de-DE",
    decimal=",",
    thousands=".",
    percent=f"{NBSP}%",
    date="{day:02}.{month:02}.{year}",
    month="{name}{nbsp}{year}",
    months=("Jan.", "Feb.", "März", "Apr.", "Mai", "Juni", "Juli", "Aug.", "Sept.", "Okt.", "Nov.", "Dez."),
    symbol_first=False,
    yes="ja",
    no="nein",
    page="Seite {page} von {pages}",
    rows="Zeilen",
    first_rows="Die ersten {count} von {total} Zeilen; der Bericht enthält alle.",
    no_rows="Keine Zeilen.",
    no_data="Für dieses Diagramm gibt es keine Daten.",
    no_sections="Dieser Bericht hat keinen Inhalt.",
    previous="zuvor {value}",
    unchanged="unverändert",
    up="gestiegen um",
    down="gesunken um",
    overview="Überblick",
    contents="Tabellen",
    about="Über diesen Bericht",
    chart_data="Diagrammdaten",
    low="untere Grenze",
    high="obere Grenze",
    part="Spalten {first} bis {last} von {count}",
    shortened="gekürzt, {count} Zeichen",
)
_CZECH = Words(
    locale="cs-CZ",
    decimal=",",
    thousands=NBSP,
    percent=f"{NBSP}%",
    date="{day}.{nbsp}{month}.{nbsp}{year}",
    month="{month}/{year}",
    months=("led", "úno", "bře", "dub", "kvě", "čvn", "čvc", "srp", "zář", "říj", "lis", "pro"),
    symbol_first=False,
    yes="ano",
    no="ne",
    page="Strana {page} z {pages}",
    rows="řádků",
    first_rows="Prvních {count} z {total} řádků; zpráva je obsahuje všechny.",
    no_rows="Žádné řádky.",
    no_data="Pro tento graf nejsou data.",
    no_sections="Tato zpráva nemá žádný obsah.",
    previous="dříve {value}",
    unchanged="beze změny",
    up="růst o",
    down="pokles o",
    overview="Přehled",
    contents="Tabulky",
    about="O této zprávě",
    chart_data="Data grafů",
    low="dolní mez",
    high="horní mez",
    part="sloupce {first} až {last} z {count}",
    shortened="zkráceno, {count} znaků",
)
_LANGUAGES = {"en": _ENGLISH, "de": _GERMAN, "cs": _CZECH}
_RIGHT_TO_LEFT = frozenset({"ar", "fa", "he", "ur", "yi"})


def words_of(language: str) -> Words:
    """The words of a language (BCP 47); English for one that is not here."""
    return _LANGUAGES.get(_primary(language), _ENGLISH)


def is_right_to_left(language: str) -> bool:
    """Whether a language is written from the right."""
    return _primary(language) in _RIGHT_TO_LEFT


def _primary(language: str) -> str:
    return language.partition("-")[0].partition("_")[0].lower()
