"""What the tests of the workers share."""

from collections.abc import Iterator

import pytest

from desk.net import HttpFetcher
from desk.settings import Settings
from desk.store import Store
from tests.workers.polls import Polls


@pytest.fixture
def desk(store: Store, settings: Settings) -> Iterator[Polls]:
    polls = Polls(store, settings)
    yield polls
    if isinstance(polls.fetcher, HttpFetcher):
        polls.fetcher.close()
