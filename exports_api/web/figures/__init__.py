"""Figures as pages show them: charts with their tables, and what draws them."""
