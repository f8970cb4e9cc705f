"""What `desk up` promises of its processes: they come back, they stop in order, and nothing stays behind."""

import os
import re
import select
import signal
import sys
import time
from pathlib import Path

import pytest

from desk.cli import guard
from desk.cli.supervisor import read_procfile
from tests.cli.desk_up import PATIENCE, DeskUp, alive, desk_up, dummy, eventually, guard_of

pytestmark = pytest.mark.processes


def test_a_process_that_dies_is_started_again_each_time_after_a_longer_pause(tmp_path: Path) -> None:
    with desk_up(tmp_path, {"name": "worker", "command": dummy()}, {"name": "web", "command": dummy()}) as desk:
        pauses = []
        for lives in (1, 2, 3):
            os.kill(_life(desk, lives), signal.SIGKILL)
            killed = time.monotonic()
            _life(desk, lives + 1)
            pauses.append(time.monotonic() - killed)
        desk.shows(r"desk +\| worker died \(signal 9\); starting it again\n", times=3)
        assert pauses[0] >= 0.2
        assert pauses[1] >= 0.4
        assert pauses[2] >= 0.8
        assert len(desk.pids("web")) == 1
        desk.signal(signal.SIGTERM)
        assert desk.ends() == 0
        desk.all_gone()


def test_one_that_ends_by_itself_is_started_again_and_its_status_is_told(tmp_path: Path) -> None:
    with desk_up(tmp_path, {"name": "beat", "command": dummy("dies")}) as desk:
        desk.shows(r"beat died \(exit status 3\); starting it again", times=2)


def test_what_a_dead_worker_leaves_behind_ends_before_the_next_one_starts(tmp_path: Path) -> None:
    with desk_up(tmp_path, {"name": "worker", "command": dummy("dies", "parent", "stubborn")}) as desk:
        eventually(lambda: len(desk.pids("worker")) >= 3, "the next worker")
        assert not set(desk.pids("worker")[:2]) & alive()


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda s: s.name)
def test_one_signal_ends_all_grandchildren_and_deaf_ones_too(tmp_path: Path, signum: signal.Signals) -> None:
    with desk_up(
        tmp_path,
        {"name": "web", "command": dummy("parent")},
        {"name": "worker", "command": dummy("parent", "stubborn"), "grace": 0.5},
        {"name": "beat", "command": dummy("parent", "stubborn", "moves"), "grace": 0.5},
    ) as desk:
        desk.shows(r"\| pid ", times=6)
        desk.signal(signum)
        assert desk.ends() == 1
        assert "worker did not stop within 0.5 s: killed" in desk.screen
        assert "web did not stop" not in desk.screen
        desk.all_gone()


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda s: s.name)
def test_a_desk_that_is_still_starting_stops_as_well(tmp_path: Path, signum: signal.Signals) -> None:
    with desk_up(
        tmp_path,
        {"name": "web", "command": dummy("parent")},
        {"name": "worker", "command": dummy(), "layer": 2},
        never_ready=True,
    ) as desk:
        desk.shows(r"web +\| pid ", times=2)
        desk.signal(signum)
        assert desk.ends() == 0
        assert "all ready" not in desk.screen
        assert not desk.pids("worker"), "it was not its turn yet"
        desk.all_gone()


def test_a_terminal_that_is_closed_ends_all(tmp_path: Path) -> None:
    terminal, theirs = os.openpty()
    with desk_up(tmp_path, {"name": "web", "command": dummy("parent")}, terminal=theirs) as desk:
        os.close(theirs)
        shown = b""
        while len(pids := re.findall(rb"pid (\d+)\r", shown)) < 2:
            assert select.select([terminal], [], [], PATIENCE)[0], f"nothing more is shown than {shown!r}"
            shown += os.read(terminal, 4096)
        os.close(terminal)
        assert desk.ends() == 0
        eventually(lambda: not {int(pid) for pid in pids} & alive(), "the end of all")


def test_a_worker_that_still_sends_is_waited_for_and_the_screen_says_so(tmp_path: Path) -> None:
    with desk_up(
        tmp_path,
        {"name": "broker", "command": dummy(), "layer": 0},
        {"name": "web", "command": dummy()},
        {"name": "worker", "command": dummy("sending"), "grace": 15, "finishing": "finish sending"},
    ) as desk:
        desk.shows(r"\| pid ", times=3)
        desk.signal(signal.SIGINT)
        desk.shows("waiting for worker to finish sending; press Ctrl-C again to kill")
        living = alive()
        assert not living & set(desk.pids("web"))
        assert living >= set(desk.pids("broker")), "the lower layer goes last"
        desk.signal(signal.SIGHUP)  # a terminal that closes now is no second wish
        assert desk.ends() == 0
        desk.shows(r"worker +\| sent")
        desk.all_gone()


def test_a_second_ctrl_c_kills_at_once(tmp_path: Path) -> None:
    with desk_up(
        tmp_path, {"name": "worker", "command": dummy("parent", "stubborn"), "grace": 60, "finishing": "finish sending"}
    ) as desk:
        desk.shows(r"\| pid ", times=2)
        desk.signal(signal.SIGINT)
        desk.shows("press Ctrl-C again to kill")
        desk.signal(signal.SIGINT)
        assert desk.ends() == 1
        desk.all_gone()


def test_a_killed_supervisor_leaves_nothing(tmp_path: Path) -> None:
    with desk_up(
        tmp_path,
        {"name": "web", "command": dummy("parent")},
        {"name": "worker", "command": dummy("parent", "stubborn")},
    ) as desk:
        desk.shows(r"\| pid ", times=4)
        guarding = guard_of(desk)
        desk.process.kill()
        desk.all_gone()
        eventually(lambda: guarding not in alive(), "the end of the guard")


def test_a_guard_that_is_killed_has_a_successor_that_knows_all(tmp_path: Path) -> None:
    with desk_up(tmp_path, {"name": "worker", "command": dummy("parent", "stubborn")}) as desk:
        desk.shows(r"\| pid ", times=2)
        first = guard_of(desk)
        os.kill(first, signal.SIGKILL)

        def successor() -> bool:
            try:
                return guard_of(desk) != first
            except (AssertionError, FileNotFoundError):
                return False

        eventually(successor, "the next guard")
        desk.process.kill()
        desk.all_gone()


def test_every_line_bears_the_name_of_who_wrote_it(tmp_path: Path) -> None:
    with desk_up(
        tmp_path,
        {"name": "web", "command": "printf 'GET /\\nno end'"},
        {"name": "worker", "command": dummy()},
    ) as desk:
        desk.shows(r"(?m)^worker \| pid \d+$")
        desk.shows(r"(?m)^web    \| GET /$")
        desk.shows(r"(?m)^web    \| no end$")
        desk.shows(r"(?m)^desk   \| web died")


def test_our_own_commands_are_found_first(tmp_path: Path) -> None:
    with desk_up(tmp_path, {"name": "web", "command": "python -c 'import sys; print(sys.prefix)'"}) as desk:
        desk.shows(rf"web +\| {sys.prefix}\n")


def test_a_flood_on_a_screen_that_nobody_reads_holds_up_nothing(tmp_path: Path) -> None:
    told = tmp_path / "told"
    with desk_up(
        tmp_path,
        {"name": "web", "command": dummy("floods")},
        {"name": "beat", "command": f"sh -c 'sleep 0.5; echo x >> {told}; exit 1'"},
        piped=True,
    ) as desk:
        eventually(lambda: told.exists() and told.read_text().count("x") >= 2, "beat to be started again")
        desk.signal(signal.SIGTERM)
        assert desk.ends() == 0


def test_all_is_told_ready_once_and_a_layer_waits_for_the_one_below(tmp_path: Path) -> None:
    with desk_up(
        tmp_path,
        {"name": "web", "command": dummy()},
        valkey=str(tmp_path / "valkey"),
    ) as desk:
        desk.shows("all ready")
        desk.signal(signal.SIGTERM)
        assert desk.ends() == 0
        assert desk.screen.count("all ready") == 1


def test_a_second_desk_in_the_same_folder_is_refused_with_the_number_of_the_first(tmp_path: Path) -> None:
    lock = str(tmp_path / "up.lock")
    process = {"name": "worker", "command": dummy("stubborn"), "grace": 0.2}
    with desk_up(tmp_path, process, lock=lock) as first:
        first.shows(r"\| pid ")
        with desk_up(tmp_path, process, lock=lock) as second:
            assert second.ends() == 2
            assert f"as process {first.process.pid}. Stop that one first" in second.screen
        first.process.kill()
        with desk_up(tmp_path, process, lock=lock) as third:
            third.shows(r"\| pid ")
            assert not set(first.pids("worker")) & alive(), "it waited for the guard to clear up"
            third.signal(signal.SIGTERM)
            assert third.ends() == 1
        with desk_up(tmp_path, process, lock=lock) as fourth:
            fourth.shows(r"\| pid ")


def test_the_systems_own_listing_tells_the_same_as_proc(monkeypatch: pytest.MonkeyPatch) -> None:
    mine = next(process for process in guard.running() if process.pid == os.getpid())
    monkeypatch.setattr(sys, "platform", "darwin")
    assert mine in guard.running()


def test_the_procfile_names_the_processes_in_order(tmp_path: Path) -> None:
    path = tmp_path / "Procfile"
    path.write_text("# ours\nweb: gunicorn desk.web.wsgi:app\nworker: celery --app workers.app worker\n")
    assert read_procfile(path) == {
        "web": "gunicorn desk.web.wsgi:app",
        "worker": "celery --app workers.app worker",
    }


def _life(desk: DeskUp, nth: int) -> int:
    """The process number of the worker's nth life, once it lives."""
    eventually(lambda: len(desk.pids("worker")) >= nth, f"life {nth} of the worker")
    return desk.pids("worker")[nth - 1]
