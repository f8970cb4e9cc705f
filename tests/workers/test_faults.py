"""The switch by which tests kill a worker where it hurts."""

import os
import signal
from pathlib import Path

import pytest

from desk.faults import Faults


def test_it_dies_at_its_point_once_and_nowhere_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    killed: list[tuple[int, int]] = []
    monkeypatch.setattr(os, "kill", lambda pid, number: killed.append((pid, number)))
    faults = Faults("after_send", tmp_path)
    faults.at("after_claim")
    assert killed == []
    faults.at("after_send")
    Faults("after_send", tmp_path).at("after_send")
    assert killed == [(os.getpid(), signal.SIGKILL)]
    (tmp_path / "fault.after_send").unlink()
    faults.at("after_send")
    assert len(killed) == 2


def test_without_a_point_nothing_ever_happens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "kill", lambda *_: pytest.fail("it died"))
    for point in ("after_claim", "before_send", "after_send", "before_mark"):
        Faults(None, tmp_path).at(point)
    assert list(tmp_path.iterdir()) == []
