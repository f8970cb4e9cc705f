"""Pages keep to the content security policy, and nothing that was typed is ever put on a page unescaped."""

import re

import pytest

from desk.outbox.kinds import KINDS
from tests.guards.sources import ROOT, listed

TEMPLATES = sorted(path for path in (ROOT / "templates").rglob("*") if path.is_file())
PAGES = [path for path in TEMPLATES if path.suffix == ".html" and "email" not in path.parts]
FORBIDDEN = {
    "a script of its own": re.compile(r"<script(?![^>]*\bsrc=)", re.I),
    "a style sheet of its own": re.compile(r"<style\b", re.I),
    "a style attribute": re.compile(r"\sstyle\s*=", re.I),
    "a handler in an attribute": re.compile(r"\s(on[a-z]+|hx-on[:a-z-]*)=", re.I),
    "an address that is a script": re.compile(r"javascript:", re.I),
    "something from elsewhere": re.compile(r"(src|srcset)\s*=\s*[\"']?(https?:)?//", re.I),
}


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_page_has(what: str) -> None:
    found = [
        f"{path.relative_to(ROOT)}: {match.group().strip()}"
        for path in PAGES
        for match in FORBIDDEN[what].finditer(path.read_text())
    ]
    assert not found, listed(found)


def test_nothing_is_called_safe_in_a_template() -> None:
    """What is safe was cleaned in Python, and is Markup since then."""
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in TEMPLATES
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if re.search(r"\|\s*safe\b|autoescape|Markup\(", line)
    ]
    assert not found, listed(found)


def test_every_form_that_is_posted_carries_its_token() -> None:
    found = []
    for path in PAGES:
        for form in re.findall(r"<form\b.*?</form>", path.read_text(), re.S | re.I):
            posted = re.search(r"method\s*=\s*[\"']?post", form, re.I)
            if posted and not re.search(r"csrf", form) and "_again.html" not in form:
                found.append(f"{path.relative_to(ROOT)}: {form[:80]!r}")
    assert not found, listed(found)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_message_has_a_policy_and_its_words(kind: str) -> None:
    """A receiver that gets it twice can drop the repeat; only reminders are parked."""
    assert KINDS[kind].policy == ("park" if kind == "reminder" else "repeat")
    assert KINDS[kind].urgency in (1, 2, 3)
    folder = ROOT / "templates" / "email" / kind
    assert {path.name for path in folder.iterdir()} >= {"subject.txt", "mail.txt", "mail.html"}


def test_no_words_are_left_of_a_kind_that_is_gone() -> None:
    folders = {path.name for path in (ROOT / "templates" / "email").iterdir() if path.is_dir()}
    assert folders - {"_macros"} == set(KINDS)
