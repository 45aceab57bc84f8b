"""The HTTP door and the command line of the exports service."""
