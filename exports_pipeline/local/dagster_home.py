"""Dagster's own folder in the embedded stack: its configuration, and one code server shared by UI and daemon."""

import shutil
from pathlib import Path

from exports_pipeline.local.folders import private_folder
from exports_pipeline.local.ports import LOOPBACK

LOCATION = "exports_pipeline"
REPOSITORY = Path(__file__).parents[2]
"""The checkout, where `dagster.yaml` and `alembic/` lie."""


def lay_out_dagster_home(home: Path, *, code_server_port: int) -> Path:
    """Write DAGSTER_HOME anew and return it; its state lives in Postgres."""
    folder = private_folder(home / "dagster")
    shutil.copyfile(REPOSITORY / "dagster.yaml", folder / "dagster.yaml")
    server = f"{{host: {LOOPBACK}, port: {code_server_port}, location_name: {LOCATION}}}"
    (folder / "workspace.yaml").write_text(f"load_from:\n  - grpc_server: {server}\n", encoding="utf-8")
    return folder
