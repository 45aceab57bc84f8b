"""The house rules that a linter does not know."""

import ast
import re
from pathlib import Path

from exports_pipeline.settings import Settings

ROOT = Path(__file__).parents[2]
PACKAGES = ("exports_pipeline", "exports_api")
SOURCES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
OURS = sorted({*SOURCES, *(ROOT / "exports_pipeline_tests").rglob("*.py"), *(ROOT / "benchmarks").rglob("*.py")})
MAX_LINES = 300


def variables_of_settings():
    return {str(field.validation_alias) for field in Settings.model_fields.values()}


def documented(path, pattern):
    return set(re.findall(pattern, (ROOT / path).read_text(encoding="utf-8"), flags=re.MULTILINE))


def test_no_file_is_longer_than_one_idea():
    assert [str(path) for path in OURS if len(path.read_text(encoding="utf-8").splitlines()) > MAX_LINES] == []


def test_the_example_environment_names_every_setting():
    assert documented(".env.example", r"^# ?([A-Z][A-Z0-9_]+)=") >= variables_of_settings()


def test_the_example_environment_names_nothing_else():
    of_boto3 = {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"}
    assert documented(".env.example", r"^# ?([A-Z][A-Z0-9_]+)=") <= variables_of_settings() | of_boto3


def test_the_readme_explains_every_setting():
    text = (ROOT / "README.md").read_text(encoding="utf-8") + (ROOT / "docs/configuration.md").read_text(
        encoding="utf-8"
    )
    assert [name for name in variables_of_settings() if f"`{name}`" not in text] == []


def names_used(path, *dotted):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = {ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    return found & set(dotted)


def test_the_core_has_no_clock():
    clocks = ("datetime.now", "datetime.utcnow", "date.today", "time.time", "time.monotonic")
    core = (ROOT / "exports_pipeline/core").glob("*.py")
    assert {path.name: names for path in core if (names := names_used(path, *clocks))} == {}


def test_only_the_settings_read_the_environment():
    """The embedded stack hands the environment on to its children, and so may see it."""
    others = [path for path in SOURCES if "local" not in path.parts and path.name != "settings.py"]
    assert {str(path): names for path in others if (names := names_used(path, "os.environ", "os.getenv"))} == {}


def test_only_the_job_store_writes_a_status():
    writers = {
        path.name for path in SOURCES if re.search(r"update\(export_jobs\)|UPDATE export_jobs", path.read_text())
    }
    assert writers == {"job_store.py"}


def test_the_commands_of_the_docs_exist():
    targets = documented("Makefile", r"^([a-z]+):")
    for path in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")):
        named = set(re.findall(r"`?make ([a-z]+)`?", path.read_text(encoding="utf-8")))
        assert named - {"sure", "it", "the", "a"} <= targets, path


def test_migrations_have_readable_ids_in_one_line():
    versions = sorted(path.stem for path in (ROOT / "alembic/versions").glob("*.py"))
    assert all(re.fullmatch(r"\d{4}_[a-z_]+", version) for version in versions)
    assert [int(version[:4]) for version in versions] == list(range(1, len(versions) + 1))


def test_nothing_in_the_locks_names_a_host():
    for lock in (ROOT / "requirements").iterdir():
        assert "://" not in lock.read_text(encoding="utf-8"), lock
