"""The play of one story, as the browser test has it on SQLite, once more on PostgreSQL."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from desk.db import Database
from tests.browser.conftest import browser, pictures
from tests.browser.stage import stage
from tests.browser.test_play import the_play
from tests.chaos.conftest import SECRET_KEY, on_postgres

__all__ = ["browser", "pictures"]
pytestmark = [pytest.mark.browser, pytest.mark.processes]


@on_postgres
def test_one_story_goes_from_assignment_to_kill_on_postgresql(
    home: Database, browser: Browser, tmp_path: Path, pictures: Path
) -> None:
    url = home.engine.url.render_as_string(hide_password=False)
    with stage(browser, tmp_path, pictures, {"DATABASE_URL": url, "DESK_SECRET_KEY": SECRET_KEY}) as ours:
        the_play(ours)
