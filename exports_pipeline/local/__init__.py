"""The embedded stack: every server the service needs, from packages alone."""
