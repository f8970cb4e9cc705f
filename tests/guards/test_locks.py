"""What is installed is what was locked, and what was locked is what was asked for."""

import re
import tomllib

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from tests.guards.sources import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
ASKED = {
    "run.txt": PROJECT["dependencies"],
    "test.txt": [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["test"]],
}
BUILD = [
    line.partition("#")[0].strip()
    for line in (ROOT / "requirements" / "build.in").read_text().splitlines()
    if line.partition("#")[0].strip()
]


def locked(name: str) -> dict[str, list[tuple[Requirement, str]]]:
    """Each locked package with its lines: more than one where the platform decides."""
    text = (ROOT / "requirements" / name).read_text()
    found: dict[str, list[tuple[Requirement, str]]] = {}
    for line in re.sub(r"\\\n\s*", " ", text).splitlines():
        wanted, _, hashes = line.partition(" --hash=")
        if wanted and not wanted.lstrip().startswith("#"):
            requirement = Requirement(wanted)
            found.setdefault(canonicalize_name(requirement.name), []).append((requirement, hashes))
    return found


@pytest.mark.parametrize("name", ASKED)
def test_the_lock_satisfies_what_the_project_asks_for(name: str) -> None:
    lock = locked(name)
    for asked in map(Requirement, [*ASKED[name], *BUILD]):
        lines = lock.get(canonicalize_name(asked.name), [])
        assert lines, f"{asked} is not in {name}: make lock"
        for line, _ in lines:
            assert asked.specifier.contains(_version(line)), f"{asked}, and {name} has {line}: make lock"


@pytest.mark.parametrize("name", ASKED)
def test_every_line_of_the_lock_is_one_version_with_its_hashes(name: str) -> None:
    for lines in locked(name).values():
        for line, hashes in lines:
            assert _version(line)
            assert re.fullmatch(r"sha256:[0-9a-f]{64}(\s+--hash=sha256:[0-9a-f]{64})*", hashes.strip()), line


def test_tests_run_on_the_versions_that_will_run() -> None:
    run, test = locked("run.txt"), locked("test.txt")
    for name, lines in run.items():
        assert [_version(line) for line, _ in lines] == [_version(line) for line, _ in test[name]], name


def _version(line: Requirement) -> Version:
    (pinned,) = line.specifier
    assert pinned.operator == "=="
    return Version(pinned.version)
