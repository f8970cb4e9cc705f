"""Watched folders: what is read, what is put away, and what is never touched. Real files and real commits."""

import errno
import os
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from desk import chance
from desk.errors import Invalid
from desk.newsroom.wiring import Taken
from desk.wires import service as wires
from desk.wires.models import Intake, Item, Source
from tests.wires.feeds import BLAST, TRIP, entry, rss
from tests.workers.polls import Polls
from workers import fetch, folder


class Drop:
    """A watched folder, and files dropped into it some seconds ago."""

    def __init__(self, desk: Polls, path: Path) -> None:
        desk.settings = replace(desk.settings, wires=path.parent)
        self.desk = desk
        self.path = path
        self.path.mkdir()
        self.public_id = desk.add(str(path), "Levant News")

    def put(self, name: str, data: bytes, *, age: float = 60) -> Path:
        file = self.path / name
        file.write_bytes(data)
        at = self.desk.now.timestamp() - age
        os.utime(file, (at, at))
        return file

    def names(self, under: str = ".") -> set[str]:
        return {file.name for file in (self.path / under).glob("*") if file.is_file() or file.is_symlink()}

    def poll(self) -> fetch.Polled:
        return self.desk.poll(self.public_id)


@pytest.fixture
def drop(desk: Polls, tmp_path: Path) -> Drop:
    return Drop(desk, tmp_path / "drop")


def test_files_dropped_are_read_and_put_away(drop: Drop) -> None:
    drop.put("one.xml", rss(BLAST), age=90)
    drop.put("two.xml", rss(TRIP), age=60)
    assert drop.poll().taken == Taken(new=2)
    assert (drop.names(), drop.names("done")) == (set(), {"one.xml", "two.xml"})
    assert drop.poll() == fetch.Polled("Levant News", "taken", Taken(), None)
    with drop.desk.store.read() as session:
        assert {one.name for one in session.scalars(select(Intake))} == {"one.xml", "two.xml"}


def test_the_file_touched_first_is_read_first(drop: Drop) -> None:
    drop.put("b.xml", rss(entry("np-1", "First word")), age=90)
    drop.put("a.xml", rss(entry("np-1", "Second word")), age=60)
    assert drop.poll().taken == Taken(new=1, revised=1)
    assert drop.desk.headlines() == ["Second word"]


def test_an_unreadable_file_is_named_stays_where_it_is_and_stops_no_other(
    drop: Drop, monkeypatch: pytest.MonkeyPatch
) -> None:
    drop.put("bad.xml", b"<html>no</html>", age=90)
    drop.put("good.xml", rss(BLAST), age=60)
    polled = drop.poll()
    assert (polled.outcome, polled.taken) == ("taken", Taken(new=1))
    assert (polled.said or "").startswith("bad.xml: This is not a feed")
    assert (drop.names(), drop.names("done")) == ({"bad.xml"}, {"good.xml"})
    assert drop.desk.source("Levant News").failures == 0
    with monkeypatch.context() as patched:
        patched.setattr(folder, "read", lambda file, most: pytest.fail(f"{file.name} is read again"))
        assert drop.poll().said == polled.said
    monkeypatch.setattr(fetch, "MOST_FILES", 1)
    drop.put("next.xml", rss(TRIP))
    assert drop.desk.due() == 0
    assert drop.poll() == fetch.Polled("Levant News", "taken", Taken(new=1), polled.said), "none waits behind it"
    drop.put("bad.xml", rss(entry("np-3", "Mended")))
    assert drop.poll() == fetch.Polled("Levant News", "taken", Taken(new=1), None)
    assert drop.names() == set()


def test_a_folder_outside_the_root_is_neither_read_nor_touched_however_it_came_to_be_there(
    drop: Drop, tmp_path: Path
) -> None:
    kept = drop.put("one.xml", rss(BLAST))
    elsewhere = tmp_path / "elsewhere"
    drop.path.rename(elsewhere)
    drop.desk.settings = replace(drop.desk.settings, wires=tmp_path / "wires")
    (tmp_path / "wires").mkdir()
    with drop.desk.store.write() as session:
        session.scalars(select(Source)).one().url = str(elsewhere)  # as an earlier release let it be
    for where in (elsewhere, tmp_path / "wires" / "link", tmp_path / "wires" / ".." / "elsewhere", tmp_path / "wires"):
        with drop.desk.store.write() as session:
            session.scalars(select(Source)).one().url = str(where)
        if where.name == "link":
            where.symlink_to(elsewhere)  # which was a folder when it was agreed to
        polled = drop.poll()
        assert (polled.outcome, polled.taken) == ("failed", Taken())
        assert (polled.said or "").startswith(f"It is not read: {where} is not below {tmp_path / 'wires'}, and only")
        with pytest.raises(Invalid, match="is not below"):
            drop.desk.add(str(where), "Another")
    assert [file.name for file in elsewhere.iterdir()] == [kept.name]
    assert drop.desk.count(Intake) == 0


def test_files_are_put_away_beside_where_they_lay_and_not_where_a_link_leads(drop: Drop, tmp_path: Path) -> None:
    (away := tmp_path / "away").mkdir()
    (drop.path / "done").symlink_to(away)
    drop.put("one.xml", rss(BLAST))
    assert "one.xml was read, but could not be moved to done: done is a link." in (drop.poll().said or "")
    assert list(away.iterdir()) == []


def test_files_that_cannot_be_moved_are_read_once_named_and_keep_no_other_waiting(
    drop: Drop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch, "MOST_FILES", 2)
    (drop.path / "done").symlink_to("nowhere")
    for n in range(3):
        drop.put(f"{n}.xml", rss(entry(f"np-{n}", f"Item {n}")), age=100 - n)
    assert drop.desk.due() == 2, "two files, then the third, then nothing is due"
    assert drop.desk.source("Levant News").said == (
        "0.xml and 2 more were read, but could not be moved to done: done is a link."
    )
    drop.put("0.xml", rss(entry("np-0", "Item 0, corrected")), age=60)
    drop.put("3.xml", rss(entry("np-3", "Item 3")), age=50)
    drop.desk.later(hours=1)
    reads: list[str] = []
    read = folder.read

    def counted(file: folder.Seen, most: int) -> bytes:
        reads.append(file.name)
        return read(file, most)

    monkeypatch.setattr(folder, "read", counted)
    assert drop.desk.due() == 1
    assert reads == ["0.xml", "3.xml"]
    assert sorted(drop.desk.headlines()) == ["Item 0, corrected", "Item 1", "Item 2", "Item 3"]
    (drop.path / "done").unlink()
    assert drop.poll() == fetch.Polled("Levant News", "taken", Taken(), None)
    assert (drop.names(), len(drop.names("done")), len(reads)) == (set(), 4, 2)


def test_files_that_cannot_be_opened_keep_no_other_waiting(drop: Drop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetch, "MOST_FILES", 1)
    for n, name in enumerate(("a.xml", "b.xml", "c.xml")):
        drop.put(name, rss(BLAST), age=100 - n)
    read = folder.read

    def locked(file: folder.Seen, most: int) -> bytes:
        if file.name != "c.xml":
            raise PermissionError(errno.EACCES, "Permission denied")
        return read(file, most)

    monkeypatch.setattr(folder, "read", locked)
    assert drop.desk.due() == 1
    assert (drop.names(), drop.names("done")) == ({"a.xml", "b.xml"}, {"c.xml"})


def test_hidden_and_unfinished_files_and_folders_are_left_alone(drop: Drop) -> None:
    for name in (".hidden.xml", "one.xml.part", "two.TMP", "three.filepart"):
        drop.put(name, rss(BLAST))
    (drop.path / "sub").mkdir()
    assert drop.poll().taken == Taken()
    assert len(drop.names()) == 4


def test_a_file_still_being_written_is_left_alone_and_a_young_one_that_rests_is_taken(drop: Drop) -> None:
    growing, resting = drop.put("growing.xml", b"<rss", age=0.5), drop.put("resting.xml", rss(TRIP), age=0.5)
    older = drop.put("older.xml", rss(BLAST), age=5)

    def pause(seconds: float) -> None:
        assert seconds >= 1
        growing.write_bytes(b"<rss version")

    seen, _ = folder.ready(drop.path, 1000, drop.desk.now, pause)
    assert [file.path for file in seen] == [older, resting]


def test_a_file_whose_clock_is_ahead_of_ours_is_taken_when_it_rests(drop: Drop) -> None:
    drop.put("ahead.xml", rss(BLAST), age=-7200)
    seen, _ = folder.ready(drop.path, 10_000, drop.desk.now, lambda seconds: None)
    assert [file.name for file in seen] == ["ahead.xml"]


def test_a_link_out_of_the_folder_is_refused_and_one_within_it_is_read(
    drop: Drop, tmp_path_factory: pytest.TempPathFactory
) -> None:
    secret = tmp_path_factory.mktemp("elsewhere") / "secret.xml"
    secret.write_bytes(rss(entry("s", "Secret")))
    (drop.path / "out.xml").symlink_to(secret)
    (drop.path / "nowhere.xml").symlink_to(drop.path / "gone")
    (drop.path / "in.xml").symlink_to(drop.put(".kept.xml", rss(BLAST)))
    polled = drop.poll()
    assert polled.taken == Taken(new=1)
    assert polled.said == "out.xml points out of the folder: it was left alone."
    assert drop.desk.headlines() == ["Explosion reported at port of Odesa"]
    assert secret.exists()


def test_a_pipe_in_the_folder_holds_nobody_up(drop: Drop) -> None:
    os.mkfifo(drop.path / "pipe.xml")
    drop.put("one.xml", rss(BLAST))
    assert drop.poll().taken == Taken(new=1)


def test_a_file_too_large_is_left_alone(drop: Drop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetch, "MOST_BYTES", 1000)
    drop.put("huge.xml", rss(BLAST) + b" " * 1000)
    assert drop.poll().said == "huge.xml is larger than 1000 bytes: it was left alone."
    assert drop.names() == {"huge.xml"}


def test_the_same_file_dropped_again_is_put_away_and_not_read_again(drop: Drop) -> None:
    drop.put("one.xml", rss(BLAST), age=90)
    drop.poll()
    drop.put("one.xml", rss(BLAST), age=60)
    assert drop.poll().taken == Taken()
    assert drop.names() == set()
    assert len(drop.names("done")) == 2


def test_a_file_written_anew_under_its_name_while_it_was_read_stays_for_the_next_look(drop: Drop) -> None:
    drop.put("one.xml", rss(BLAST))
    ((seen,), _) = folder.ready(drop.path, 10_000, drop.desk.now, lambda seconds: None)
    drop.put("one.xml", rss(TRIP), age=30)
    folder.put_away(seen)
    assert drop.names() == {"one.xml"}
    assert drop.poll().taken == Taken(new=1)


def test_killed_before_a_file_was_put_away_it_is_neither_lost_nor_doubled(drop: Drop) -> None:
    drop.put("one.xml", rss(BLAST))
    with drop.desk.store.write() as session:
        (claim,) = wires.claim_due(session, drop.desk.now, 1, timedelta(seconds=-1), chance.token(16))
        wires.store_intake(session, claim, rss(BLAST), name="one.xml", lease=timedelta(seconds=-1), now=drop.desk.now)
    assert drop.poll().taken == Taken(new=1)
    assert (drop.names(), drop.names("done"), drop.desk.count(Item)) == (set(), {"one.xml"}, 1)


def test_more_files_than_one_poll_takes_are_all_taken_at_once(drop: Drop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetch, "MOST_FILES", 3)
    for n in range(8):
        drop.put(f"{n}.xml", rss(entry(f"np-{n}", f"Item {n}")), age=100 - n)
    assert drop.desk.due() == 3
    assert drop.desk.headlines() == [f"Item {n}" for n in range(8)]


def test_a_folder_that_is_gone_is_said_and_well_again_when_it_is_back(drop: Drop) -> None:
    drop.path.rename(drop.path.with_name("away"))
    assert "can't be read" in (drop.poll().said or "")
    drop.path.mkdir()
    polled = drop.poll()
    assert (polled.outcome, polled.said) == ("taken", None)


def test_a_name_that_is_no_text_can_be_kept_and_shown(drop: Drop) -> None:
    odd = os.fsencode(drop.path) + b"/caf\xe9.xml"
    with open(odd, "wb") as file:  # noqa: PTH123  # a name that Path spells, and this test must not
        file.write(rss(BLAST))
    at = drop.desk.now.timestamp() - 60
    os.utime(odd, (at, at))
    assert drop.poll().taken == Taken(new=1)
