import pytest
from sqlalchemy import inspect, select, text

from ligeia.errors import SettingsError
from ligeia.server.tables import METADATA, now, open_database, reading


def test_tables_are_made_once_and_kept(engine):
    again = open_database(engine.url.render_as_string(hide_password=False))
    assert set(inspect(again).get_table_names()) == set(METADATA.tables)
    again.dispose()


def test_the_clock_is_that_of_the_database_and_counts_from_1970(engine):
    import time

    with reading(engine) as connection:
        assert connection.execute(select(now())).scalar_one() == pytest.approx(time.time(), abs=5)


def test_sqlite_writes_ahead_and_keeps_references(tmp_path):
    engine = open_database(f"sqlite:///{tmp_path}/new folder/x.sqlite")
    with reading(engine) as connection:
        found = {
            name: connection.execute(text(f"PRAGMA {name}")).scalar()
            for name in ("journal_mode", "foreign_keys", "synchronous", "busy_timeout")
        }
    assert found == {"journal_mode": "wal", "foreign_keys": 1, "synchronous": 1, "busy_timeout": 20000}
    engine.dispose()


def test_reading_waits_for_no_writer(engine):
    with engine.begin() as writer:
        writer.execute(text("INSERT INTO sessions (id, created, seen, version) VALUES ('x', 0, 0, 0)"))
        with reading(engine) as reader:
            assert reader.execute(text("SELECT count(*) FROM sessions")).scalar() == 0


@pytest.mark.parametrize("url", ["nothing", "mysql://root:secret@x/y", "sqlite+nothing:///x"])
def test_other_databases_are_refused_in_one_line(url):
    with pytest.raises(SettingsError, match="database is not a valid URL") as caught:
        open_database(url)
    assert "secret" not in str(caught.value)


def test_a_file_that_is_no_database_is_refused_in_one_line(tmp_path):
    (tmp_path / "x.sqlite").write_bytes(b"no database at all" * 100)
    with pytest.raises(SettingsError, match="the database cannot be used: file is not a database"):
        open_database(f"sqlite:///{tmp_path}/x.sqlite")
