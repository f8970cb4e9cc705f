"""`desk wires`: sources added, polled and listed; wire files read without a database."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from desk import db
from desk.cli.wires import wires
from desk.db import Database
from desk.errors import Invalid
from desk.settings import Settings
from tests.fakes import FeedServer, Page
from tests.wires.feeds import BLAST, TRIP, entry, rss
from workers import fetch

KEYS = (  # noqa: SIM905  # as it is written down
    "file format guid version headline slugline byline dateline places body_html language urgency priority category "
    "genre subjects keywords embargoed pubstatus signal ednote usageterms credit copyright word_count first_created "
    "version_created sequence take_key links media"
).split()

Desk = Callable[..., Result]


@pytest.fixture
def desk(clone: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """The command over a database of its own."""
    for name in ("REDIS_URL", "SMTP_URL", "DESK_FAULT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DATABASE_URL", clone.engine.url.render_as_string(hide_password=False))
    monkeypatch.setenv("DESK_SECRET_KEY", "k" * 64)
    monkeypatch.setenv("DESK_VAR", str(tmp_path / "var"))
    monkeypatch.setenv("DESK_PRIVATE_ADDRESSES", "1")
    monkeypatch.setattr(db, "connect", lambda url: clone)  # so that its connections can be closed
    yield lambda *words: CliRunner().invoke(wires, list(words))
    fetch.default_fetcher(Settings.from_env()).close()
    fetch.default_fetcher.cache_clear()


def parse(*words: str, data: bytes | None = None) -> Result:
    return CliRunner().invoke(wires, ["parse", *words], input=data)


def test_a_feed_is_added_polled_and_listed(desk: Desk) -> None:
    with FeedServer({"/feed": Page(rss(BLAST, TRIP))}) as server:
        added = desk("add", "Nordpress", server.url_of("/feed"), "--zone", "oslo", "--every", "30")
        assert (added.exit_code, added.output) == (0, "Nordpress is added: it is polled every 30 s.\n")
        polled = desk("poll")
        assert (polled.exit_code, polled.output) == (0, "Nordpress: 2 new, 0 revised, 0 as before\n")
    (row,) = [json.loads(line) for line in desk("list", "--json").output.splitlines()]
    assert (row["name"], row["health"], row["kind"], row["every"], row["failures"]) == (
        "Nordpress", "well", "feed", 30, 0,
    )  # fmt: skip
    assert row["last_new"].endswith("Z")
    assert "Nordpress" in desk("list").output


def test_a_folder_is_added_by_its_path_polled_and_read_again_only_below_the_root(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drop = tmp_path / "var" / "wires" / "drop"
    drop.mkdir(parents=True)
    (drop / "one.xml").write_bytes(rss(BLAST))
    os.utime(drop / "one.xml", (1, 1))
    assert desk("add", "Levant", str(drop)).exit_code == 0
    assert desk("poll", "Levant").output == "Levant: 1 new, 0 revised, 0 as before\n"
    assert (drop / "done" / "one.xml").exists()
    outside = desk("add", "Etc", "/etc")
    assert "/etc is not below " + str(tmp_path / "var" / "wires") in str(outside.exception)
    assert "DESK_WIRES" in str(outside.exception)
    assert desk("stop", "Levant").exit_code == 0
    monkeypatch.setenv("DESK_WIRES", str(tmp_path / "elsewhere"))
    refused = desk("start", "Levant")
    assert refused.output == ""
    assert str(refused.exception).startswith(f"{drop} is not below {tmp_path / 'elsewhere'}")
    assert '"health": "stopped"' in desk("list", "--json").output


def test_a_source_is_changed_stopped_removed_and_read_again(desk: Desk) -> None:
    assert desk("add", "Nordpress", "http://127.0.0.1:9/feed").exit_code == 0
    changed = desk("change", "Nordpress", "--name", "Nord", "--every", "30").output
    assert changed == "Nord is changed: http://127.0.0.1:9/feed, every 30 s, times of UTC.\n"
    for option, value in (("--every", "0"), ("--name", ""), ("--where", ""), ("--zone", "")):
        assert isinstance(desk("change", "Nord", option, value).exception, Invalid), option
    assert "polled every 5 to" in str(desk("change", "Nord", "--every", "0").exception)
    assert desk("stop", "Nord", "--why", "double of Atlas").exit_code == 0
    assert "double of Atlas" in desk("list").output
    assert desk("remove", "Nord").exit_code == 0
    assert "There are no sources" in desk("list").output
    assert "Nord" in desk("list", "--removed").output
    assert desk("start", "Nord").output == "Nord is read again, at once.\n"
    assert json.loads(desk("list", "--json").output)["health"] == "well"


@pytest.mark.parametrize("where", ["ftp://nordpress.example/feed", "file:///srv/wires/nordpress"])
def test_an_address_by_no_road_of_ours_says_which_roads_there_are(desk: Desk, where: str) -> None:
    said = str(desk("add", "Nordpress", where).exception)
    assert said.startswith("Copy comes from a feed's address, which begins with http:// or https://, or from a folder")
    assert f"{where} is neither." in said


def test_a_source_that_fails_says_why_and_the_command_fails(desk: Desk) -> None:
    with FeedServer() as server:
        desk("add", "Nordpress", server.url_of("/gone"))
        polled = desk("poll", "Nordpress")
    assert polled.exit_code == 1
    assert "It answered 404 Not Found: there is nothing at this address." in polled.output


def test_an_empty_wire_says_what_to_do_next(desk: Desk) -> None:
    assert "desk wires add" in desk("list").output
    assert "desk wires add" in desk("poll").output
    assert "There is no source called Atlas" in str(desk("poll", "Atlas").exception)


def test_every_item_of_a_file_is_one_line_of_json_with_the_keys_in_their_order(tmp_path: Path) -> None:
    file = tmp_path / "np.xml"
    dated = entry("np-3", "Туман в проливе", "<p>Fog.</p>", more="<pubDate>Tue, 24 Nov 2026 14:36:00</pubDate>")
    file.write_bytes(rss(BLAST, dated))
    result = parse(str(file), "--zone", "Europe/Brussels")
    first, second = [json.loads(line) for line in result.stdout.splitlines()]
    assert (result.exit_code, result.stderr) == (0, "")
    assert list(first) == list(second) == KEYS
    assert (first["file"], first["guid"], first["pubstatus"]) == (str(file), "np-1", "usable")
    assert (first["byline"], first["places"], first["first_created"]) == (None, [], None)
    assert second["first_created"] == "2026-11-24T13:36:00Z"
    assert "Туман в проливе" in result.stdout, "letters stand as themselves"


def test_a_file_that_cannot_be_read_is_one_line_of_complaint_and_the_others_are_printed(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.xml", tmp_path / "bad.xml"
    good.write_bytes(rss(BLAST))
    bad.write_bytes(b"<html>\n<body>no\nfeed</body></html>")
    result = parse(str(bad), str(tmp_path / "none.xml"), str(tmp_path), str(good))
    assert result.exit_code == 1
    assert [json.loads(line)["guid"] for line in result.stdout.splitlines()] == ["np-1"]
    complaints = result.stderr.splitlines()
    assert len(complaints) == 3
    assert complaints[0].startswith(f"{bad}: This is not a feed")
    assert complaints[1] == f"{tmp_path / 'none.xml'}: No such file or directory"


def test_a_dash_reads_standard_input() -> None:
    result = parse("-", data=rss(TRIP))
    assert json.loads(result.stdout)["guid"] == "np-2"
    assert json.loads(result.stdout)["file"] == "-"


def test_reading_files_needs_no_database_and_no_settings(tmp_path: Path) -> None:
    file = tmp_path / "np.xml"
    file.write_bytes(rss(BLAST))
    env = {"PATH": os.environ["PATH"], "DATABASE_URL": "nonsense://", "DESK_VAR": "/nowhere/at/all"}
    script = "from desk.cli.main import main; main()"
    command = [sys.executable, "-c", script, "wires", "parse", str(file)]
    done = subprocess.run(command, env=env, capture_output=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (0, b"")
    assert json.loads(done.stdout)["headline"] == "Explosion reported at port of Odesa"
