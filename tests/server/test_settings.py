import pytest

from ligeia.errors import SettingsError
from ligeia.server.settings import Settings, read_settings


def test_arguments_win_over_the_environment(monkeypatch):
    monkeypatch.setenv("LIGEIA_SERVE_WORKERS", "7")
    monkeypatch.setenv("LIGEIA_SERVE_PORT", "81")
    monkeypatch.setenv("LIGEIA_SERVE_HOSTS", "a.example, b.example")
    settings = read_settings(port=82, host=None)
    assert (settings.workers, settings.port, settings.host) == (7, 82, "127.0.0.1")
    assert settings.hosts == ["a.example", "b.example"]


def test_the_folder_of_test_recordings_is_not_that_of_the_service(monkeypatch):
    monkeypatch.setenv("LIGEIA_DATA", "/recordings")
    assert str(read_settings().data) == "ligeia-data"


def test_everything_lies_in_the_folder_unless_it_is_said_otherwise(tmp_path):
    settings = Settings(data=tmp_path)
    assert settings.database_url == f"sqlite:///{tmp_path}/ligeia.sqlite"
    assert settings.incoming.parent == settings.scratch.parent == tmp_path
    assert Settings(data=tmp_path, database="postgresql+psycopg:///x").database_url == "postgresql+psycopg:///x"


@pytest.mark.parametrize(
    ("given", "environment", "said"),
    [
        ({"port": 70000}, {}, "port is not valid"),
        ({}, {"LIGEIA_SERVE_WORKERS": "many"}, "LIGEIA_SERVE_WORKERS"),
        ({}, {"LIGEIA_SERVE_MAX_SECONDS": "inf"}, "LIGEIA_SERVE_MAX_SECONDS"),
        ({}, {"LIGEIA_SERVE_MAXBYTES": "1"}, "LIGEIA_SERVE_MAXBYTES is not a valid setting"),
    ],
)
def test_values_that_are_not_valid_are_named(monkeypatch, given, environment, said):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=said):
        read_settings(**given)


def test_a_worker_gets_the_same_settings_but_no_token(tmp_path):
    settings = Settings(data=tmp_path, workers=3, metrics_token="secret")
    assert "secret" not in settings.handed_on()
    again = Settings.model_validate_json(settings.handed_on())
    assert (again.data, again.workers, again.metrics_token) == (tmp_path, 3, None)
