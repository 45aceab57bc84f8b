"""Texts that a spreadsheet would run."""

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # noqa: RUF001 - the full-width forms are meant
"""What a spreadsheet takes for the beginning of a formula (OWASP, CSV injection), full-width forms included."""
