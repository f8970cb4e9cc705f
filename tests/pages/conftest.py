"""The two newsrooms, made once a worker: whoever walks through them only looks."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.conftest import browser, pictures
from tests.pages.newsrooms import Walk, build

__all__ = ["browser", "pictures"]


@pytest.fixture(scope="session", params=["empty", "full"])
def walk(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Walk]:
    """A newsroom to walk through."""
    walk = build(
        tmp_path_factory.mktemp(request.param), full=request.param == "full", once=_of_the_run(tmp_path_factory)
    )
    yield walk
    walk.app.store.database.engine.dispose()


def _of_the_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all workers share."""
    mine = tmp_path_factory.getbasetemp()
    return mine.parent if "PYTEST_XDIST_WORKER" in os.environ else mine
