"""What the environment may say, and what it may not."""

from pathlib import Path

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


def test_an_empty_variable_is_an_unset_one(monkeypatch):
    monkeypatch.setenv("EXPORTS_DATABASE_URL", "")
    assert Settings().database_url is None
