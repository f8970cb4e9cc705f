"""Chromium, driven headless; found on this machine, never downloaded."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

PLACES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
FLAGS = (
    "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip


def find_chromium() -> str | None:
    """Where a Chromium is, if there is one."""
    return next((found for name in PLACES if (found := shutil.which(name))), None)


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A headless Chromium; without one these tests are skipped, or fail where DESK_REQUIRE names the browser."""
    path = find_chromium()
    if path is None:
        if "browser" in os.environ.get("DESK_REQUIRE", ""):
            pytest.fail("DESK_REQUIRE names the browser, and there is no Chromium: install the package chromium")
        pytest.skip("no Chromium: install the package chromium")
    flags = [*FLAGS, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=flags)
        yield browser
        browser.close()


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Where a test may leave pictures for whoever looks into a failure."""
    folder = Path(os.environ.get("DESK_PICTURES") or tmp_path / "pictures")
    folder.mkdir(parents=True, exist_ok=True)
    return folder
