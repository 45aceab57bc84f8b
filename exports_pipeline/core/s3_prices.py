"""What an object store costs: an estimate of a month from a table of prices."""

from dataclasses import dataclass
from decimal import Decimal

_GB = 1 << 30
_THOUSAND = 1000
_PART_BYTES = 16 << 20
_CENT = Decimal("0.01")


@dataclass(frozen=True, kw_only=True)
class S3Prices:
    """Prices in one currency; by default the list prices of S3 Standard in us-east-1, first tier."""

    currency: str = "USD"
    gb_month: Decimal = Decimal("0.023")
    """Of one GiB stored for a month."""
    put_1000: Decimal = Decimal("0.005")
    """Of 1,000 requests that write."""
    get_1000: Decimal = Decimal("0.0004")
    """Of 1,000 requests that read."""
    egress_gb: Decimal = Decimal("0.09")
    """Of one GiB that leaves for the internet."""


@dataclass(frozen=True, kw_only=True)
class Usage:
    """What is stored now, and what happened in the last thirty days."""

    stored_bytes: int
    uploads: int
    uploaded_bytes: int
    openings: int
    opened_bytes: int


@dataclass(frozen=True, kw_only=True)
class MonthlyCost:
    """An estimate, rounded to cents of the currency."""

    storage: Decimal
    requests: Decimal
    egress: Decimal
    total: Decimal


def monthly_cost(usage: Usage, prices: S3Prices) -> MonthlyCost:
    """What a month like the last thirty days costs, were as much stored all the time as now.

    An upload writes the file in parts of 16 MiB and its receipt; an opening fetches the whole file once.
    """
    writes = 3 * usage.uploads + usage.uploaded_bytes // _PART_BYTES
    storage = prices.gb_month * usage.stored_bytes / _GB
    requests = (prices.put_1000 * writes + prices.get_1000 * usage.openings) / _THOUSAND
    egress = prices.egress_gb * usage.opened_bytes / _GB
    return MonthlyCost(
        storage=storage.quantize(_CENT),
        requests=requests.quantize(_CENT),
        egress=egress.quantize(_CENT),
        total=(storage + requests + egress).quantize(_CENT),
    )
