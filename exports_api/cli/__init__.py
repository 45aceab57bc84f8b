"""The console script `exports`."""
