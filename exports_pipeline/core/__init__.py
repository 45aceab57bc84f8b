"""Nouns, rules and ports; pure."""
