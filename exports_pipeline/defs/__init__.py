"""Dagster definitions, one file per Dagster job."""
