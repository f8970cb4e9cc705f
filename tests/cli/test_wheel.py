"""The package works from its wheel, in a folder without the checkout."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.browser.desk_runs import desk_up

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.processes


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built and unpacked somewhere else."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder / "dist")]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = (folder / "dist").glob("*.whl")
    site = folder / "site"
    with zipfile.ZipFile(wheel) as opened:
        opened.extractall(site)
    return site


def test_the_wheel_carries_templates_migrations_and_the_procfile(installed: Path) -> None:
    assert (installed / "desk" / "Procfile").is_file()
    assert list((installed / "desk" / "migrations" / "versions").glob("*.py"))
    assert (installed / "desk" / "templates" / "base.html").is_file()
    assert (installed / "desk" / "web" / "static" / "desk.css").is_file()


def test_the_desk_runs_from_its_wheel(installed: Path, tmp_path: Path) -> None:
    where = subprocess.run(
        [sys.executable, "-c", "import desk.settings as s; print(s.resource('templates'))"],
        env={**os.environ, "PYTHONPATH": str(installed)},
        cwd=tmp_path,
        check=True,
        capture_output=True,
        text=True,
    )
    assert where.stdout.strip() == str(installed / "desk" / "templates")
    with desk_up(tmp_path, env={"PYTHONPATH": str(installed)}, cwd=tmp_path) as running:
        assert "/come-in/" in running.link
