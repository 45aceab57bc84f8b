"""The export pipeline: rows to files, files to objects, on Dagster."""
