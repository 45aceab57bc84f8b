"""The tails and quantiles that the statistics need, from scipy.

scipy takes a second to import; it is imported by whoever computes, so that listing templates costs nothing.
"""

from functools import cache
from importlib import import_module
from types import ModuleType


def t_quantile(share: float, freedom: float) -> float:
    """The value below which Student's t lies with this probability."""
    return float(_special().stdtrit(freedom, share))


def t_tails(statistic: float, freedom: float) -> float:
    """The two-sided p-value of a t statistic."""
    return float(2 * _special().stdtr(freedom, -abs(statistic)))


def chi_square_tail(statistic: float, freedom: int) -> float:
    """The p-value of a chi-square statistic."""
    return float(_special().chdtrc(freedom, statistic))


def fisher_exact(successes: int, total: int, other_successes: int, other_total: int) -> float:
    """The two-sided p-value of Fisher's exact test of two proportions."""
    table = [[successes, total - successes], [other_successes, other_total - other_successes]]
    return float(import_module("scipy.stats").fisher_exact(table).pvalue)


@cache
def _special() -> ModuleType:
    return import_module("scipy.special")
