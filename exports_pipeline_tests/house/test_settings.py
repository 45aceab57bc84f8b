"""What the environment may say, and what it may not."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from exports_pipeline.settings import Settings


def test_a_setting_is_read_under_its_own_name_alone(monkeypatch):
    for name in Settings.model_fields:
        monkeypatch.setenv(name.upper(), "17")
    for field in Settings.model_fields.values():
        monkeypatch.delenv(str(field.validation_alias), raising=False)
    assert Settings() == Settings.model_construct()


def test_the_users_home_is_not_the_home_of_the_stack(monkeypatch):
    monkeypatch.setenv("HOME", "/somewhere/else")
    monkeypatch.delenv("EXPORTS_HOME", raising=False)
    assert Settings().home == Path(".exports")


def test_sites_that_may_show_a_widget_are_origins_and_nothing_else():
    named = Settings(embed_origins="https://a.example.com, http://localhost:8080")
    assert named.embedding_origins == ("https://a.example.com", "http://localhost:8080")
    assert Settings().embedding_origins == ()
    for wrong in ("*", "https://a.example.com/path", "https://a.example.com; script-src *", "https://*.example.com"):
        with pytest.raises(ValidationError):
            Settings(embed_origins=wrong)


def test_an_empty_variable_is_an_unset_one(monkeypatch):
    monkeypatch.setenv("EXPORTS_DATABASE_URL", "")
    assert Settings().database_url is None
