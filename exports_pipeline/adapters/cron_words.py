"""Cron expressions in words, by cron-descriptor."""

from cron_descriptor import (  # type: ignore[import-untyped]  # it ships no types
    CasingTypeEnum,
    ExpressionDescriptor,
    Options,
)

from exports_pipeline.core.cron import Cron


def in_words(cron: Cron) -> str:
    """When it comes due, as `At 09:00, Monday through Friday`."""
    options = Options()
    options.casing_type = CasingTypeEnum.Sentence
    options.use_24hour_time_format = True
    words = str(ExpressionDescriptor(cron.text, options).get_description())
    # The library does not know that a star makes both day fields count.
    return words.replace(", or on ", ", and only on ") if cron.needs_both_days else words
