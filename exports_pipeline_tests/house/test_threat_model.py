"""The threat model names the tests that defend it; they must exist."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/security.md").read_text(encoding="utf-8")
TESTS = ROOT / "exports_pipeline_tests"


def functions_in(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def named(page):
    """Files of tests, and tests by name, as a page quotes them."""
    quoted = set(re.findall(r"`([\w/]+\.py|test_\w+)`", page))
    return {each for each in quoted if each.endswith(".py")}, {each for each in quoted if not each.endswith(".py")}


def test_every_test_that_the_threat_model_names_exists():
    files, tests = named(PAGE)
    known = set().union(*(functions_in(path) for path in TESTS.rglob("test_*.py")))
    assert len(tests) >= 20
    assert sorted(tests - known) == []
    assert sorted(file for file in files if not (TESTS / file).is_file()) == []


def test_every_attack_that_is_tried_stands_in_the_threat_model():
    attacks = {
        f"{folder}/{path.name}" for folder in ("security", "faults") for path in (TESTS / folder).glob("test_*.py")
    }
    assert sorted(attacks - named(PAGE)[0]) == []


def test_the_threat_model_is_short_enough_to_be_read():
    assert len(PAGE.splitlines()) <= 140
