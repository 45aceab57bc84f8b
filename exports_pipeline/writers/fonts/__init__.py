"""Fonts for every script, from packages, and text set with them."""
