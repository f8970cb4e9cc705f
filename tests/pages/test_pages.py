"""Every page, for every role, in an empty newsroom and in a full one: it answers as the permission table says."""

from collections import Counter

import lxml.html
import pytest
from werkzeug.routing import Rule

from desk.http.routing import RULE
from desk.http.routing import Rule as DeskRule
from desk.permissions import TABLE
from tests.pages.newsrooms import ROLES, Walk

# what is no page: an answer to machines, a file, plain text, a part of a page
NO_PAGES = frozenset({"static", "health.live", "health.ready", "republication.plain", "readback.deadline"})

# which thing a page with an id in its address is walked with
THINGS: dict[str, dict[str, str]] = {
    "door.come_in": {"secret": "link"},
    "people.edit": {"public_id": "person"},
    "settings.desk": {"public_id": "desk"},
    "stories.page": {"public_id": "story"},
    "stories.versions": {"public_id": "story"},
    "stories.version": {"public_id": "story", "version": "version"},
    "stories.further_text": {"public_id": "assignment"},
    "framing.page": {"public_id": "story"},
    "republication.page": {"public_id": "story"},
    "republication.plain": {"public_id": "story"},
    "republication.receipt": {"token": "receipt"},
    "writing.page": {"public_id": "writable"},
    "writing.filed": {"public_id": "writable"},
    "writing.lost": {"public_id": "lost"},
    "assignments.show": {"public_id": "assignment"},
    "assignments.offer": {"public_id": "offer"},
    "assignments.change": {"public_id": "assignment"},
    "assignments.new": {"public_id": "story"},
    "licensees.show": {"public_id": "licensee"},
    "licensees.edit": {"public_id": "licensee"},
    "mail.one": {"public_id": "mail"},
    "wire.item": {"public_id": "item"},
    "wire.choose": {"public_id": "item"},
    "wire.source": {"public_id": "source"},
}


def pages(walk: Walk) -> list[Rule]:
    rules = [
        rule for rule in walk.app.url_map.iter_rules() if "GET" in (rule.methods or ()) and rule.endpoint != "static"
    ]
    return sorted(rules, key=lambda rule: rule.endpoint)


def address(walk: Walk, rule: Rule) -> str:
    names = THINGS.get(rule.endpoint, {})
    assert set(names) == set(rule.arguments), f"{rule.rule} is not walked: say with what, in THINGS"
    values = {name: walk.things.get(thing, "nothing234") for name, thing in names.items()}
    with walk.app.test_request_context():
        from flask import url_for

        return url_for(rule.endpoint, **values)  # type: ignore[arg-type]  # the ids of things


@pytest.mark.parametrize("role", ROLES)
def test_every_page_answers_each_role_as_the_permission_table_says(walk: Walk, role: str) -> None:
    client = walk.app.test_client()
    if role in walk.cookies:
        client.set_cookie("desk", walk.cookies[role])
    wrong = []
    for rule in pages(walk):
        desk_rule: DeskRule = getattr(walk.app.view_functions[rule.endpoint], RULE)
        answer = client.get(address(walk, rule))
        allowed = _allowed(walk, role, desk_rule.may)
        there = not rule.arguments or bool(walk.things)
        if answer.status_code not in _expected(role, allowed=allowed, there=there, public=desk_rule.may == "public"):
            wrong.append(f"{role} {rule.rule}: {answer.status_code}")
        wrong += [f"{role} {rule.rule}: two elements have the id {one}" for one in twice(answer.text)]
    assert not wrong, "\n".join(wrong)


def twice(html: str) -> list[str]:
    """The ids that more than one element of a page has: a live page would take one for the other."""
    ids = Counter(lxml.html.fromstring(html).xpath("//@id")) if html.lstrip().startswith("<") else Counter()
    return sorted(str(one) for one, times in ids.items() if times > 1)


def _allowed(walk: Walk, role: str, may: str) -> bool:
    """Read off the table itself, not through the function under test."""
    if may == "public":
        return True
    if role == "nobody":
        return False
    held = {"administrator": {"admin"}, "member": set()}.get(role, {role} if walk.things else set())
    return bool({who for who, _scope in TABLE[may][1]} & (held | {"anyone"}))


def _expected(role: str, *, allowed: bool, there: bool, public: bool) -> set[int]:
    if not allowed:
        return {302} if role == "nobody" else {403}
    if not there:
        return {404}
    # a thing that is there may still not be this reader's (404, as if absent; 403 if they may read but not do it),
    # may be past that (409), and the front page sends on who has no board
    return {200} if public else {200, 303, 403, 404, 409}
