"""A worker that polls the wire's sources, for its tests: real commits, a clock that they turn."""

from datetime import timedelta

from sqlalchemy import func, select

from desk.actor import SYSTEM
from desk.net import HttpFetcher
from desk.newsroom import wiring
from desk.settings import Settings
from desk.store import Store
from desk.wires.models import Intake, Item, Source
from tests import factories
from tests.fakes import FakeFetcher
from workers import fetch


class Polls:
    """A worker over a store that really commits, at a clock that a test can turn."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self.store = store
        self.settings = settings
        self.now = factories.NOW
        self.fetcher: HttpFetcher | FakeFetcher = HttpFetcher(
            private=settings.private_addresses, max_bytes=200_000, timeout=2
        )

    def add(self, url: str, name: str = "Nordpress") -> str:
        with self.store.write() as session:
            source = wiring.add_source(
                session, SYSTEM, name=name, url=url, zone="UTC", every=60, root=self.settings.wire_root, now=self.now
            )
        return source.public_id

    def due(self) -> int:
        return fetch.poll_due(self.store, settings=self.settings, now=lambda: self.now, fetcher=self.fetcher)

    def poll(self, public_id: str) -> fetch.Polled:
        polled = fetch.poll_now(
            self.store, public_id, settings=self.settings, now=lambda: self.now, fetcher=self.fetcher
        )
        assert polled is not None
        return polled

    def later(self, **span: float) -> None:
        self.now += timedelta(**span)

    def source(self, name: str = "Nordpress") -> Source:
        with self.store.read() as session:
            return session.scalars(select(Source).where(Source.name == name)).one()

    def headlines(self) -> list[str]:
        with self.store.read() as session:
            rows = session.scalars(select(Item).where(Item.superseded_at.is_(None)).order_by(Item.id))
            return [row.headline for row in rows]

    def count(self, model: type[Item] | type[Intake]) -> int:
        with self.store.read() as session:
            return session.scalar(select(func.count(model.id))) or 0
