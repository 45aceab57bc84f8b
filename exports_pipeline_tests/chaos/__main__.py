"""Chaos: `CHAOS_SECONDS=600 python -m exports_pipeline_tests.chaos [--seed N]`; the exit code is the verdict."""

import argparse
import os
import secrets
import sys
import tempfile
from pathlib import Path

from exports_pipeline_tests.chaos.campaign import run_campaign


def main() -> int:
    parser = argparse.ArgumentParser(prog="chaos")
    parser.add_argument("--seconds", type=float, default=float(os.environ.get("CHAOS_SECONDS", "600")))
    parser.add_argument("--seed", type=int, default=int(os.environ.get("CHAOS_SEED", secrets.randbelow(1_000_000))))
    parser.add_argument("--keep", type=Path, help="a new folder for state and logs, kept afterwards")
    arguments = parser.parse_args()
    _say(f"chaos: seed {arguments.seed}, {arguments.seconds:.0f} seconds")
    with tempfile.TemporaryDirectory(prefix="chaos-") as folder:
        report = run_campaign(arguments.keep or Path(folder), seconds=arguments.seconds, seed=arguments.seed)
    for violation in report.violations:
        _say(f"VIOLATION {violation}")
    figures = ", ".join(f"{name} {value}" for name, value in report.figures.items())
    _say(f"chaos: {'RED' if report.violations else 'GREEN'}, seed {arguments.seed}: {figures}")
    return 1 if report.violations else 0


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
