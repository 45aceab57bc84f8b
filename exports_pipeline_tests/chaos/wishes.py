"""What the callers of a chaos run wish for, each with the query that says what they must get."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

OWNERS_OF_FLIGHTS = ("UA", "AA")
OWNERS_OF_TRANSACTIONS = ("demo", "alice", "bob", "carol")
USERS = OWNERS_OF_FLIGHTS + OWNERS_OF_TRANSACTIONS
FORMATS = ("csv", "parquet", "json", "jsonl")
LARGE = "steady_rows"
"""A dataset above a million rows, whose order is free."""

_COLUMNS = {
    "airlines": ("carrier", "name"),
    "planes": ("tailnum", "year", "manufacturer", "seats"),
    "fct_transactions": ("transaction_id", "account_id", "booked_on", "amount", "currency", "merchant"),
    "flights": ("year", "month", "day", "carrier", "flight", "tailnum", "origin", "dest", "distance"),
    "middling_rows": ("n", "word"),
    LARGE: ("n", "word"),
}
_GENERATED = {
    "middling_rows": "SELECT range AS n, md5(CAST(range AS VARCHAR)) AS word FROM range(150000)",
    LARGE: "SELECT range AS n, md5(sha256(sha256(sha256(CAST(range AS VARCHAR))))) AS word FROM range(1500000)",
}


@dataclass(frozen=True, kw_only=True)
class Wish:
    """One export somebody wants."""

    user: str
    dataset: str
    file_format: str
    query: str
    """What DuckDB is asked directly, over the same warehouse."""
    body: dict = field(default_factory=dict, compare=False)

    @property
    def is_ordered(self) -> bool:
        return self.dataset != LARGE


def draw_wish(rng: Random, user: str, *, large: bool = True) -> Wish:
    """A wish of that user: mostly small, now and then large."""
    own = "flights" if user in OWNERS_OF_FLIGHTS else "fct_transactions"
    kinds = {"airlines": 5, "planes": 5, own: 8, "middling_rows": 2, LARGE: 0.4 if large else 0}
    dataset = rng.choices(list(kinds), weights=list(kinds.values()))[0]
    file_format = rng.choice(FORMATS)
    body = {"columns": list(_COLUMNS[dataset])}
    if file_format == "csv":
        body["options"] = {"formula_guard": False}  # a direct query has none
    source, conditions = dataset, []
    if dataset in _GENERATED:
        source = f"({_GENERATED[dataset]})"
    if dataset == own:
        year = 2013 if dataset == "flights" else 2024
        start = date(year, 1, 1) + timedelta(days=rng.randrange(300))
        end = start + timedelta(days=rng.choice((0, 6, 30, 60)))
        body |= {"start_date": start.isoformat(), "end_date": end.isoformat()}
        column = "time_hour" if dataset == "flights" else "booked_at"
        conditions = [
            f"{'carrier' if dataset == 'flights' else 'user_id'} = '{user}'",
            f"{column} >= TIMESTAMPTZ '{start} 00:00+00'",
            f"{column} < TIMESTAMPTZ '{end + timedelta(days=1)} 00:00+00'",
        ]
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    query = f"SELECT {', '.join(_COLUMNS[dataset])} FROM {source}{where}"
    return Wish(user=user, dataset=dataset, file_format=file_format, query=query, body=body)
