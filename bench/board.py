"""What an archive costs: the pages that are asked all day, in a newsroom of 1,000 stories and in one of 100,000.

Both newsrooms stand side by side and answer in turn, request by request, in this one process; the ratio of a pair is
100,000 against 1,000. What is printed is the middle pair and, in brackets, the range of the middle half of the pairs.
The goal is a board that costs about the same: a ratio under 1.5, `unclear` where the range straddles it.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from flask.testing import FlaskClient

from bench.newsroom import Filled, fill
from desk import clock, db
from desk.app import create_app
from desk.cli import schema
from desk.people import signing
from desk.settings import Settings
from desk.store import Store
from tests import servers

SMALL, LARGE = (1_000, 800), (100_000, 2_000)
GOAL = 1.5
PAGES = {
    "board": "/",
    "board of one desk": "/?desk={desk}",
    "board, nobody on it": "/?view=nobody",
    "waits for me": "/waiting",
    "mine": "/mine",
    "bell": "/bell",
    "a story": "/stories/{story}",
    "find, a rare word": "/find?q=truinloq",
    "find, a rare word that is there": "/find?q={rare}",
    "find, a common word": "/find?q=gra",
    "find, one letter": "/find?q=g",
    "find, by person": "/find?person={person}",
    "find, by state": "/find?state=pitched",
}


def main() -> None:
    """Fill, ask, print."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--rounds", type=int, default=21)
    asked.add_argument("--only", choices=["SQLite", "PostgreSQL"])
    given = asked.parse_args()
    now = clock.utcnow()
    with tempfile.TemporaryDirectory(prefix="desk-bench-") as folder:
        for name, urls in _databases(Path(folder), given.only):
            rooms = [_room(url, size, now, Path(folder)) for url, size in zip(urls, (SMALL, LARGE), strict=True)]
            print(f"\n{name}: {SMALL[0]:,} stories ({SMALL[1]:,} on) · {LARGE[0]:,} ({LARGE[1]:,} on), ms · ratio")
            for page, path in PAGES.items():
                print(_line(page, path, rooms, given.rounds), flush=True)


class _Room:
    def __init__(self, client: FlaskClient, names: dict[str, str]) -> None:
        self.client, self.names = client, names

    def ask(self, path: str) -> float:
        began = time.perf_counter()
        answer = self.client.get(path.format(**self.names))
        took = (time.perf_counter() - began) * 1000
        assert answer.status_code == 200, (path, answer.status_code)
        return took


def _databases(folder: Path, only: str | None) -> Iterator[tuple[str, list[str]]]:
    if only != "PostgreSQL":
        yield "SQLite", [f"sqlite:///{folder / name}.db" for name in ("small", "large")]
    binaries = servers.find_postgres()
    if only == "SQLite" or binaries is None:
        print("\nPostgreSQL was not measured.")
        return
    with _server(servers.PostgresServer(binaries)) as url:
        clones = servers.Clones(url, "bench")
        yield "PostgreSQL", [clones.make(name) for name in ("small", "large")]


@contextmanager
def _server(server: servers.PostgresServer) -> Iterator[str]:
    try:
        yield server.start()
    finally:
        server.stop()


def _room(url: str, size: tuple[int, int], now: datetime, folder: Path) -> _Room:
    database = db.connect(url)
    if database.is_sqlite:
        schema.upgrade(database.engine)
    store = Store(database)
    with store.write() as session:
        filled: Filled = fill(session, *size, now)
        cookie = signing.begin(session, filled.editor.id, agent="", address="", now=now).cookie
    settings = Settings(var=folder, database_url=url, redis_url=None, url="http://localhost", secret_keys=("k" * 64,))
    client = create_app(settings, database=database).test_client()
    client.set_cookie("desk", cookie)
    names = {
        "desk": filled.desk.public_id, "story": f"s{size[0]:09}", "person": filled.correspondent.public_id,
        "rare": str(size[0] // 2),
    }  # fmt: skip
    return _Room(client, names)


def _line(page: str, path: str, rooms: list[_Room], rounds: int) -> str:
    for room in rooms:
        room.ask(path)
    pairs = [(rooms[0].ask(path), rooms[1].ask(path)) for _ in range(rounds)]
    ratios = sorted(large / small for small, large in pairs)
    low, middle, high = statistics.quantiles(ratios, n=4)
    verdict = "" if high < GOAL else "  above the goal" if low > GOAL else "  unclear"
    small, large = (statistics.median(side) for side in zip(*pairs, strict=True))
    return f"  {page:<34}{small:8.1f}{large:9.1f}{middle:8.2f} [{low:.2f}–{high:.2f}]{verdict}"


if __name__ == "__main__":
    main()
