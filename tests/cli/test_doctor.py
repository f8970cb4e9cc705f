"""`desk doctor`: what is wrong is named, with the way out; what runs embedded is asked like anything else."""

import json
import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from desk import clock, db, heartbeats
from desk.cli import schema
from desk.cli.doctor import doctor
from desk.cli.lock import is_held, only_one
from desk.cli.valkey import EmbeddedValkey, running_url
from desk.store import Store
from desk.wires import service as wires
from tests import factories
from tests.conftest import Databases, Opened
from tests.fakes import closed_port

Line = dict[str, str]


@pytest.fixture
def var(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a desk that has its own broker and a migrated SQLite database."""
    folder = tmp_path / "var"
    folder.mkdir(mode=0o700)
    monkeypatch.setenv("DESK_VAR", str(folder))
    for name in ("REDIS_URL", "DATABASE_URL", "SMTP_URL"):
        monkeypatch.delenv(name, raising=False)
    return folder


@pytest.fixture
def desk(var: Path) -> Iterator[Store]:
    database = db.connect(f"sqlite:///{var / 'desk.db'}")
    schema.upgrade(database.engine)
    yield Store(database)
    database.engine.dispose()


def seen() -> dict[str, Line]:
    """What it says, by what it is about."""
    result = CliRunner().invoke(doctor, ["--json"])
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert result.exit_code == int(any(line["state"] == "WRONG" for line in lines))
    return {line["what"]: line for line in lines}


def test_a_dead_pool_a_dead_beat_and_a_dead_ticker_are_told_apart(desk: Store) -> None:
    for dead in heartbeats.NAMES:
        with desk.write() as session:
            for name in heartbeats.NAMES:
                at = clock.utcnow() - (2 * heartbeats.SILENT_AFTER if name == dead else heartbeats.SILENT_AFTER / 9)
                heartbeats.beat(session, name, "a", at)
        lines = seen()
        assert [name for name in heartbeats.NAMES if lines[name]["state"] == "WRONG"] == [dead]
        assert lines[dead]["says"].startswith("silent for 120 s. ")


def test_a_folder_that_is_watched_from_before_outside_the_root_is_named(var: Path, desk: Store) -> None:
    assert (seen()["wires"]["state"], str(var / "wires") in seen()["wires"]["says"]) == ("ok", True)
    with desk.write() as session:
        wires.make_source(session, name="Old", kind="folder", url="/etc", zone="UTC", every=60, now=clock.utcnow())
    wrong = seen()["wires"]
    assert (wrong["state"], wrong["says"].startswith("Old is not read: /etc is not below")) == ("WRONG", True)


def test_licensees_who_have_nowhere_to_ask_are_named_once_there_are_some(desk: Store) -> None:
    with desk.write() as session:
        newsroom = factories.newsroom(session)
    assert "licensees" not in seen()
    with desk.write() as session:
        factories.licensee(session)
    line = seen()["licensees"]
    assert (line["state"], "no mail address and telephone number is set" in line["says"]) == ("WRONG", True)
    with desk.write() as session:
        row = session.get_one(type(newsroom), 1)
        row.ask_mail, row.ask_phone = "desk@meridian.example", "+32 2 555 01 42"
    assert seen()["licensees"]["state"] == "ok"


def test_files_that_an_earlier_release_set_aside_are_named_and_an_empty_folder_is_not(var: Path, desk: Store) -> None:
    for name in ("levant", "atlas"):
        (folder := var / "wires" / name / "failed").mkdir(parents=True)
        with desk.write() as session:
            wires.make_source(
                session, name=name, kind="folder", url=str(folder.parent), zone="UTC", every=60, now=clock.utcnow()
            )
    assert seen()["wires"]["state"] == "ok"
    (var / "wires" / "levant" / "failed" / "bad.xml").touch()
    wrong = seen()["wires"]
    assert (wrong["state"], wrong["says"].startswith(f"files lie unread in {var}/wires/levant/failed, where")) == (
        "WRONG", True,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("name", "value"), [("REDIS_URL", "redis://desk:s3cret/x@localhost:6379/0"), ("SMTP_URL", "smtp://s3cret:x@h:y")]
)
@pytest.mark.usefixtures("desk")
def test_a_setting_that_cant_be_used_is_the_one_line_and_quotes_no_password(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    (line,) = seen().values()
    assert (line["what"], line["state"], "s3cret" in line["says"]) == ("settings", "WRONG", False)
    assert line["says"].startswith(f"{name} can't be used: ")


@pytest.mark.usefixtures("desk")
def test_a_broker_is_named_without_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDIS_URL", "redis://desk:my@s3cret@127.0.0.1:1/0")
    lines = seen()
    assert lines["broker"]["says"].startswith("Nothing answers at 127.0.0.1:1: the connection was refused.")
    assert not re.search("s3cret|my@", lines["broker"]["says"])
    assert "mail" in lines


def test_a_server_that_does_not_answer_is_said_in_words(var: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with closed_port() as port:
        monkeypatch.setenv("REDIS_URL", f"redis://127.0.0.1:{port}/0")
        monkeypatch.setenv("DATABASE_URL", f"postgresql://desk@127.0.0.1:{port}/desk")
        monkeypatch.setenv("DESK_SECRET_KEY", "k" * 64)
        lines = seen()
    for what in ("database", "broker"):
        assert lines[what]["says"].startswith(f"Nothing answers at 127.0.0.1:{port}: the connection was refused.")


@pytest.mark.usefixtures("desk")
def test_what_never_gave_a_sign_of_life_is_wrong_too() -> None:
    lines = seen()
    assert {lines[name]["state"] for name in heartbeats.NAMES} == {"WRONG"}
    assert "start it with `desk up`" in lines["beat"]["says"]


def test_without_a_desk_that_runs_the_embedded_broker_is_not_missed(var: Path, desk: Store) -> None:
    assert seen()["broker"]["state"] == "ok"
    assert not (var / "desk.lock").exists(), "the look left something behind"


@pytest.mark.parametrize("there", [True, False], ids=["an empty folder", "no folder"])
def test_a_look_makes_neither_folder_nor_key_nor_database(var: Path, there: bool) -> None:
    if not there:
        var.rmdir()
    lines = seen()
    assert lines["folder"]["state"] == ("ok" if there else "WRONG")
    assert lines["database"]["says"] == f"{var / 'desk.db'} does not exist: `desk init` makes it"
    assert var.exists() == there
    assert not there or list(var.iterdir()) == []


@pytest.mark.processes
def test_the_embedded_broker_of_a_desk_that_runs_is_asked(var: Path, desk: Store) -> None:
    with only_one(var / "desk.lock"):
        assert seen()["broker"]["state"] == "WRONG"
        with EmbeddedValkey(var / "valkey") as broker:
            assert running_url(var / "valkey") == broker.url
            assert seen()["broker"] | {"what": ""} == {"what": "", "state": "ok", "says": "answers"}
        line = seen()["broker"]
        assert line["state"] == "WRONG"
        assert "valkey.log" in line["says"]
    assert not is_held(var / "desk.lock")


@pytest.mark.postgresql  # a SQLite file has one host, and `desk up` holds its lock
def test_two_hosts_that_migrate_at_once_migrate_once(databases: Databases) -> None:
    url, together, faults = databases.make(empty=True), threading.Barrier(2), []

    def migrate() -> None:
        with Opened(url) as mine:
            try:
                together.wait(20)
                schema.upgrade(mine.engine)
            except Exception as error:
                faults.append(error)

    others = [threading.Thread(target=migrate) for _ in range(2)]
    for one in others:
        one.start()
    for one in others:
        one.join()
    with Opened(url) as made:
        at = schema.current(made.engine)
    databases.drop(url)
    assert (faults, at) == ([], schema.head())
