"""How a server collects garbage: rarely, and never among what it has from its start."""

import gc

_NEW_OBJECTS = 20_000
"""An answer makes some thousand; Python would look after every 700."""


def calm() -> None:
    """Let the collector leave alone all that there is now, and come by when a few answers have been given.

    Modules, routes and schemas are some hundred thousand objects that stay as long as the process does. To walk
    through them takes tens of milliseconds, which one answer in fifty or so would wait for.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_NEW_OBJECTS, *gc.get_threshold()[1:])
