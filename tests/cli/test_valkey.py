"""The embedded Valkey: there when asked, at the same address after a death, and open to nobody else."""

import importlib.util
import os
import re
import signal
import stat
from pathlib import Path

import pytest
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import AuthenticationError
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.retry import Retry

from desk.cli import guard
from desk.cli.valkey import EmbeddedValkey
from desk.errors import Unavailable
from tests.cli.desk_up import DeskUp, alive, desk_up, dummy, eventually

pytestmark = pytest.mark.processes


def test_it_takes_its_password_and_nothing_else(tmp_path: Path) -> None:
    with EmbeddedValkey(tmp_path / 'a folder with "quotes" – and dashes') as embedded:
        with Redis.from_url(embedded.url) as client:
            assert client.set("slug", "RUSSIA-IRAN/PACT")
            assert client.get("slug") == b"RUSSIA-IRAN/PACT"
            assert client.config_get("bind")["bind"] == "127.0.0.1"
        with Redis(port=embedded.port, retry=Retry(NoBackoff(), 0)) as stranger, pytest.raises(AuthenticationError):
            stranger.ping()
        assert stat.S_IMODE((embedded.folder / "valkey.conf").stat().st_mode) == 0o600
    assert not embedded.answers()


def test_killed_it_comes_back_empty_at_the_same_address(tmp_path: Path) -> None:
    with EmbeddedValkey(tmp_path) as embedded, Redis.from_url(embedded.url) as client:
        client.set("slug", "RUSSIA-IRAN/PACT")
        embedded.kill()
        assert not embedded.answers()
        embedded.start()
        assert client.get("slug") is None


def test_two_in_one_folder_after_a_crash_do_not_hinder_one_another(tmp_path: Path) -> None:
    with EmbeddedValkey(tmp_path) as left_over, EmbeddedValkey(tmp_path) as next_one:
        assert left_over.port != next_one.port
        assert left_over.answers()
        assert next_one.answers()


def test_one_that_cannot_start_says_where_its_log_is(tmp_path: Path) -> None:
    with EmbeddedValkey(tmp_path / "first") as first:
        second = EmbeddedValkey(tmp_path / "second")
        second.port = first.port
        with pytest.raises(Unavailable, match=re.escape(str(second.log))):
            second.start()
        assert not second.answers(), "another's server is not taken for one's own"


def test_without_the_wheel_the_way_out_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(Unavailable, match="set REDIS_URL"):
        EmbeddedValkey(tmp_path)


def test_supervised_it_is_there_before_the_others_and_comes_back_when_it_dies(tmp_path: Path) -> None:
    with desk_up(tmp_path, {"name": "web", "command": dummy()}, valkey=str(tmp_path / "valkey")) as desk:
        desk.shows("all ready")
        url = re.search(r"valkey at (\S+)", desk.screen)
        assert url is not None
        with Redis.from_url(url[1]) as client:
            assert client.ping()
            os.kill(_server(desk), signal.SIGKILL)
            desk.shows(r"valkey died \(signal 9\); starting it again")
            eventually(lambda: _answers(client), "Valkey at its old address")
        assert len(desk.pids("web")) == 1
        server = _server(desk)
        desk.process.kill()
        desk.all_gone()
        eventually(lambda: server not in alive(), "the end of Valkey")


def _server(desk: DeskUp) -> int:
    for process in guard.running():
        if process.parent == desk.process.pid:
            name = Path(f"/proc/{process.pid}/comm")
            if name.read_text().startswith("valkey"):
                return process.pid
    raise AssertionError("no Valkey")


def _answers(client: Redis) -> bool:
    try:
        return bool(client.ping())
    except RedisConnectionError:
        return False
