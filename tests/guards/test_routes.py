"""Every page names who may see it, every button says where its refusal is shown, every address is known by one name."""

import re
from collections.abc import Iterator

import pytest
from werkzeug.routing import Rule as Address

from desk import db
from desk.app import create_app
from desk.http.routing import RULE, Rule
from desk.http.transactions import UNLOGGED, DeskFlask
from desk.links import PATHS
from desk.permissions import TABLE
from desk.settings import Settings

# what needs no sign-in: a new one is a decision, taken here
PUBLIC = frozenset(
    {
        "door.sign_in", "door.enter", "door.sign_out", "door.forgotten", "door.mail_link", "door.come_in",
        "door.use_link", "health.live", "health.ready", "republication.receipt", "republication.acknowledge",
    }
)  # fmt: skip


@pytest.fixture(scope="module")
def bare(settings: Settings) -> Iterator[DeskFlask]:
    """The pages, with a database that nobody asks."""
    database = db.connect(f"sqlite:///{settings.var}/nobody.db")
    yield create_app(settings, database=database)
    database.engine.dispose()


@pytest.fixture(scope="module")
def addresses(bare: DeskFlask) -> list[Address]:
    return [one for one in bare.url_map.iter_rules() if one.endpoint != "static"]


def rule_of(bare: DeskFlask, endpoint: str) -> Rule | None:
    found: Rule | None = getattr(bare.view_functions[endpoint], RULE, None)
    return found


def test_every_route_but_static_files_names_a_permission(bare: DeskFlask, addresses: list[Address]) -> None:
    assert {"static"} == UNLOGGED
    for one in addresses:
        rule = rule_of(bare, one.endpoint)
        assert rule is not None, one
        assert rule.may in TABLE, one


def test_what_is_public_was_decided_to_be(bare: DeskFlask, addresses: list[Address]) -> None:
    public = {one.endpoint for one in addresses if (rule := rule_of(bare, one.endpoint)) and rule.may == "public"}
    assert public == PUBLIC


def test_a_route_reads_or_acts_and_never_both(addresses: list[Address]) -> None:
    for one in addresses:
        assert (one.methods or set()) - {"HEAD", "OPTIONS"} in ({"GET"}, {"POST"}), one


def test_a_button_gives_its_form_back_on_a_page_that_can_be_opened(bare: DeskFlask, addresses: list[Address]) -> None:
    by_endpoint = {one.endpoint: one for one in addresses}
    for one in addresses:
        rule = rule_of(bare, one.endpoint)
        assert rule is not None
        if rule.again is not None:
            page = by_endpoint[rule.again]
            assert "GET" in (page.methods or ()), one
            assert page.arguments <= one.arguments, f"{one} can't open {page}"


def test_a_page_that_lives_names_its_revisions_and_a_button_has_none(bare: DeskFlask, addresses: list[Address]) -> None:
    for one in addresses:
        rule = rule_of(bare, one.endpoint)
        assert rule is not None
        if "POST" in (one.methods or ()):
            assert rule.live is None, one
        else:
            assert rule.prepare is None, one
            assert rule.again is None, one


@pytest.mark.parametrize("name", PATHS)
def test_an_address_in_a_mail_leads_to_a_page(name: str, addresses: list[Address]) -> None:
    pages = {_nameless(one.rule) for one in addresses if "GET" in (one.methods or ())}
    assert _nameless(PATHS[name]) in pages


def test_a_route_without_a_permission_is_refused_to_everybody(settings: Settings, bare: DeskFlask) -> None:
    app = create_app(settings, database=bare.store.database)
    app.add_url_rule("/a-hole", "hole", lambda: "seen by all")
    answer = app.test_client().get("/a-hole")
    assert answer.status_code == 403
    assert b"seen by all" not in answer.data


def _nameless(path: str) -> str:
    return re.sub(r"<[^>]*>", "<>", path)
