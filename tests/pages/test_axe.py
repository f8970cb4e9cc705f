"""Each page shape once in a browser: no axe violation in either scheme, and nothing wider than a telephone."""

from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page
from werkzeug.routing import Rule

from tests.browser.conftest import browser, pictures  # noqa: F401  # the same Chromium
from tests.pages.newsrooms import Walk, build
from tests.pages.test_pages import NO_PAGES, address, pages

pytestmark = pytest.mark.browser

# who can see a page that an editor of every kind can't
AS = {"people.edit": "administrator", "people.new": "administrator", "settings.page": "administrator"}
AS |= {"assignments.show": "editor", "door.sign_in": "nobody", "door.forgotten": "nobody", "door.come_in": "nobody"}
AS |= {"republication.receipt": "nobody"}


@pytest.fixture(scope="module", params=["empty", "full"])
def served(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Walk, str]]:
    walk = build(tmp_path_factory.mktemp(request.param), full=request.param == "full")
    with walk.served() as url:
        yield walk, url
    walk.app.store.database.engine.dispose()


def shapes(walk: Walk) -> list[Rule]:
    """What there is to look at: in an empty newsroom no page of a thing, and nobody who edits a desk."""
    empty = [rule for rule in pages(walk) if rule.endpoint not in {*NO_PAGES, "stories.new"} and not rule.arguments]
    return [rule for rule in pages(walk) if rule.endpoint not in NO_PAGES] if walk.things else empty


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_has_an_axe_violation(
    served: tuple[Walk, str],
    browser: Browser,  # noqa: F811  # the fixture
    pictures: Path,  # noqa: F811  # the fixture
    scheme: str,
) -> None:
    walk, url = served
    axe = files("axe_playwright_python").joinpath("axe.min.js").read_text()
    found = []
    for rule in shapes(walk):
        role = AS.get(rule.endpoint, "editor" if walk.things else "administrator")
        for width in (1440, 390):
            page = _page(browser, walk, url, role, scheme, width)
            answer = page.goto(url + address(walk, rule))
            assert answer is not None
            if answer.status != 200:
                found.append(f"{rule.endpoint}: {role} got {answer.status}")
            page.screenshot(
                path=pictures / f"{rule.endpoint}-{'full' if walk.things else 'empty'}-{width}-{scheme}.png"
            )
            wide = page.evaluate("document.scrollingElement.scrollWidth - window.innerWidth")
            if wide > 0:
                found.append(f"{rule.endpoint} at {width}: {wide} px wider than the screen")
            if width == 1440:
                page.evaluate(axe)
                result = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
                found += [
                    f"{rule.endpoint} {one['id']}: {one['help']} {[n['html'][:120] for n in one['nodes'][:3]]}"
                    for one in result["violations"]
                ]
            page.context.close()
    assert not found, "\n".join(found)


def _page(browser: Browser, walk: Walk, url: str, role: str, scheme: str, width: int) -> Page:  # noqa: F811  # the fixture's type
    context = browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme="dark" if scheme == "dark" else "light",
        bypass_csp=False,
    )
    if role in walk.cookies:
        context.add_cookies([{"name": "desk", "value": walk.cookies[role], "url": url}])
    return context.new_page()
