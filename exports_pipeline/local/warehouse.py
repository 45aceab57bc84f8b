"""The step that builds the sample if it is asked to, and checks that catalogue and warehouse fit each other.

`python -m exports_pipeline.local.warehouse [sample]`
"""

import sys

from exports_pipeline.adapters.catalog import load_catalog
from exports_pipeline.core.errors import ExportError
from exports_pipeline.local.sample import build_sample
from exports_pipeline.settings import Settings, load_settings


def prepare_warehouse(settings: Settings, *, with_sample: bool) -> None:
    """Make sure that there is a warehouse with a catalogue that fits it.

    Raises:
        ExportError: the catalogue does not fit the warehouse; the sentence says where.
    """
    if with_sample:
        build_sample(settings.home, days=settings.sample_days)
    load_catalog(settings)


if __name__ == "__main__":
    try:
        prepare_warehouse(load_settings(), with_sample=sys.argv[1:] == ["sample"])
    except ExportError as error:
        sys.exit(error.sentence)
