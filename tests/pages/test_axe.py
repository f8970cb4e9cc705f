"""Each page shape once in a browser: no axe violation in either scheme, and nothing wider than a telephone."""

import json
import os
from collections.abc import Callable, Iterator
from importlib.resources import files
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page
from werkzeug.routing import Rule

from tests.pages.newsrooms import Walk
from tests.pages.test_pages import NO_PAGES, address, pages

pytestmark = pytest.mark.browser

AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text()
# the colours are all that differs in the dark, so there they are all that is looked at
RULES: dict[str, dict[str, object]] = {"light": {}, "dark": {"runOnly": ["color-contrast"]}}
WIDE, NARROW = 1440, 390

# who can see a page that an editor of every kind can't
AS = {"people.edit": "administrator", "people.new": "administrator", "settings.page": "administrator"}
AS |= {"assignments.show": "editor", "door.sign_in": "nobody", "door.forgotten": "nobody", "door.come_in": "nobody"}
AS |= {"settings.desk": "administrator"}
AS |= {"republication.receipt": "nobody"}


def shapes(walk: Walk) -> list[Rule]:
    """What there is to look at: in an empty newsroom no page of a thing, and nobody who edits a desk."""
    empty = [rule for rule in pages(walk) if rule.endpoint not in {*NO_PAGES, "stories.new"} and not rule.arguments]
    return [rule for rule in pages(walk) if rule.endpoint not in NO_PAGES] if walk.things else empty


@pytest.fixture
def served(walk: Walk) -> Iterator[str]:
    with walk.served() as url:
        yield url


@pytest.mark.parametrize("scheme", RULES)
def test_no_page_has_an_axe_violation(walk: Walk, served: str, browser: Browser, pictures: Path, scheme: str) -> None:
    reader = _readers(walk, served, browser, scheme)
    wanted = bool(os.environ.get("DESK_PICTURES"))
    found = []
    for rule in shapes(walk):
        role = AS.get(rule.endpoint, "editor" if walk.things else "administrator")
        page = reader(role)
        for width in (WIDE, NARROW) if wanted or scheme == "light" else (WIDE,):
            page.set_viewport_size({"width": width, "height": 900})
            answer = page.goto(served + address(walk, rule))
            if answer is None or answer.status != 200:
                found.append(f"{rule.endpoint}: {role} got {answer and answer.status}")
            if wanted:
                newsroom = "full" if walk.things else "empty"
                page.screenshot(path=pictures / f"{rule.endpoint}-{newsroom}-{width}-{scheme}.png")
            wide = page.evaluate("document.scrollingElement.scrollWidth - window.innerWidth")
            if wide > 0:
                found.append(f"{rule.endpoint} at {width}: {wide} px wider than the screen")
            if width == WIDE:
                found += [f"{rule.endpoint} {one}" for one in _violations(page, scheme)]
    assert not found, "\n".join(found)


def _violations(page: Page, scheme: str) -> list[str]:
    page.evaluate(AXE)
    options = {"resultTypes": ["violations"], **RULES[scheme]}
    result = page.evaluate(f"axe.run(document, {json.dumps(options)})")
    return [f"{v['id']}: {v['help']} {[n['html'][:120] for n in v['nodes'][:3]]}" for v in result["violations"]]


def _readers(walk: Walk, url: str, browser: Browser, scheme: str) -> Callable[[str], Page]:
    """A page of each role's own, opened when first wanted."""
    opened: dict[str, Page] = {}

    def reader(role: str) -> Page:
        if role not in opened:
            context = browser.new_context(color_scheme="dark" if scheme == "dark" else "light")
            if role in walk.cookies:
                context.add_cookies([{"name": "desk", "value": walk.cookies[role], "url": url}])
            opened[role] = context.new_page()
        return opened[role]

    return reader
