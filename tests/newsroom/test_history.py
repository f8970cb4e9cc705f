"""Everything that happened to a story, as sentences."""

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

import desk
from desk.assignments.models import Offer
from desk.newsroom import commissioning, embargoing, history, publishing
from tests import factories
from tests.newsroom import walk
from tests.newsroom.walk import copy

ROOT = Path(desk.__file__ or "").parent
SOURCES = sorted(path for folder in (ROOT, ROOT.parent / "workers") for path in folder.rglob("*.py"))
ALWAYS = {"who", "verb"}
FUNCTIONS = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Recorder:
    """A function that is given a `verb`: where among its arguments, and which details it records of itself."""

    place: int
    details: frozenset[str]


def recorders(trees: Mapping[Path, ast.Module]) -> dict[str, list[Recorder]]:
    """By name, every function with a parameter `verb`: what records, and whatever hands a verb on to that."""
    found: dict[str, list[Recorder]] = {}
    for tree in trees.values():
        for node in ast.walk(tree):
            if isinstance(node, FUNCTIONS):
                names = [argument.arg for argument in (*node.args.args, *node.args.kwonlyargs)]
                if "verb" in names:
                    place = names.index("verb") - (names[0] == "self")
                    found.setdefault(node.name, []).append(Recorder(place, frozenset(_handed_on(node))))
    return found


def _handed_on(function: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[str]:
    for call in ast.walk(function):
        if isinstance(call, ast.Call) and _name(call).endswith("record"):
            yield from (argument.arg for argument in call.keywords if argument.arg is not None)


def _name(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


@cache
def recorded() -> tuple[tuple[str, str, set[str]], ...]:
    """Every verb that is recorded anywhere, by which module, with the names of its details."""
    texts = {path: path.read_text() for path in SOURCES}
    return tuple(_recorded({path: ast.parse(text) for path, text in texts.items() if "record" in text}))


def _recorded(trees: Mapping[Path, ast.Module]) -> Iterator[tuple[str, str, set[str]]]:
    known = recorders(trees)
    for path, tree in trees.items():
        constants = dict(_constants(tree))
        for call in ast.walk(tree):
            if not isinstance(call, ast.Call):
                continue
            names = {argument.arg for argument in call.keywords if argument.arg is not None}
            for recorder in known.get(_name(call), []):
                given = [argument.value for argument in call.keywords if argument.arg == "verb"]
                given += call.args[recorder.place : recorder.place + 1]
                for verb in {verb for value in given for verb in _words(value, constants)}:
                    yield path.relative_to(ROOT.parent).as_posix(), verb, names | recorder.details


def _constants(tree: ast.Module) -> Iterator[tuple[str, str]]:
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            yield from ((target.id, node.value.value) for target in node.targets if isinstance(target, ast.Name))


def _words(node: ast.expr, constants: dict[str, str]) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    if isinstance(node, ast.Name) and node.id in constants:
        yield constants[node.id]
    if isinstance(node, ast.IfExp):
        yield from _words(node.body, constants)
        yield from _words(node.orelse, constants)


def test_every_verb_recorded_anywhere_has_a_sentence() -> None:
    verbs = {verb for _, verb, _ in recorded()}
    assert {"story_made", "accepted", "licensee_changed", "webhook_off", "sent_again", "source_moved"} <= verbs
    assert len(verbs) > 50
    assert sorted(verbs - set(history.SENTENCES)) == []


def test_every_sentence_needs_only_what_its_verb_records() -> None:
    for module, verb, names in recorded():
        said = history.SENTENCES.get(verb, "") + "".join(history.FULLER.get(verb, ()))
        needs = set(re.findall(r"%\((\w+)\)s", said))
        assert needs <= names | ALWAYS, (module, verb)


def test_no_verb_is_longer_than_its_column() -> None:
    assert all(len(verb) <= 24 for verb in history.SENTENCES)


def test_a_story_reads_as_one_history_from_first_save_to_kill(session: Session, now: datetime) -> None:
    story = walk.begin(session, now)
    eva = story.actor(story.eva)
    story.file(story.olena)
    story.send_back(story.arthur, "Who said so?")
    story.file(story.olena, copy("Ministers agree, says Kyiv"))
    story.approve(story.arthur)
    at = factories.moment(now, hours=2)
    publishing.schedule(session, eva, story.story.public_id, story.last.public_id, at, now)
    publishing.release_due(session, at.at, 10)
    publishing.kill(session, eva, story.story.public_id, 1, "Invented.", now)
    session.flush()
    happened = history.of_story(session, story.story)
    assert [one.sentence % one.params for one in happened] == [
        "Olena Demchuk saved version 1, 13 words",
        "Olena Demchuk filed version 1, 13 words",
        "Arthur Mensah returned version 1 with a note",
        "Olena Demchuk saved version 2, 13 words",
        "Olena Demchuk filed version 2, 13 words",
        "Arthur Mensah approved version 2",
        f"Eva Lindqvist scheduled the story for {at.at}",
        "Dateline published edition 1 (first) from version 2",
        "Licensees told of edition 1 (first): 0",
        "Eva Lindqvist killed the story with edition 2",
        "Licensees told of edition 2 (kill): 0",
    ]
    returned, killed = happened[2], happened[-2]
    assert (returned.why, returned.before, returned.after) == ("Who said so?", "filed", "reporting")
    assert (killed.why, killed.who, killed.at) == ("Invented.", "Eva Lindqvist", now)


def test_a_history_tells_what_became_of_every_offer(session: Session, now: datetime) -> None:
    story = walk.begin(session, now)
    eva = story.actor(story.eva)
    nino = factories.person(session, "Nino Kapanadze", roles=((story.desk, "correspondent"),))
    people = [story.olena, nino, story.colm]
    asked = commissioning.assign(
        session, eva, story.story.public_id, medium="pictures", moment=factories.moment(now, hours=5),
        people=[one.public_id for one in people], now=now,
    )  # fmt: skip
    hers, his, gone = session.scalars(select(Offer).where(Offer.assignment_id == asked.id).order_by(Offer.id))
    commissioning.withdraw_offer(session, eva, gone.public_id, why="He is on leave.", now=now)
    commissioning.accept(session, story.actor(story.olena), hers.public_id, now=now)
    commissioning.reassign(session, eva, asked.public_id, people=[nino.public_id], now=now)
    commissioning.cancel(session, eva, asked.public_id, why="No picture is needed.", now=now)
    session.flush()
    happened = history.of_story(session, story.story)
    assert [one.sentence % one.params for one in happened] == [
        "Eva Lindqvist made an assignment (pictures) and offered it to Olena Demchuk, Nino Kapanadze, Colm Byrne",
        "Eva Lindqvist withdrew the offer to Colm Byrne (pictures)",
        "Olena Demchuk accepted the assignment (pictures)",
        "Olena Demchuk was first: the offer to Nino Kapanadze lapsed (pictures)",
        "Eva Lindqvist took the assignment (pictures) from Olena Demchuk and offered it to Nino Kapanadze",
        "Eva Lindqvist cancelled the assignment (pictures)",
        "Eva Lindqvist withdrew the offer to Nino Kapanadze (pictures)",
    ]
    assert (his.state, happened[1].why, happened[-1].why) == ("lapsed", "He is on leave.", "No picture is needed.")


def test_a_time_in_a_history_is_an_instant_that_a_page_shows_in_the_readers_zone(
    session: Session, now: datetime
) -> None:
    story = walk.begin(session, now)
    until = factories.moment(now, hours=2)
    embargoing.set_embargo(session, story.actor(story.eva), story.story.public_id, until, now, seen=None)
    session.flush()
    assert history.of_story(session, story.story)[-1].params["embargo"] == factories.moment(now, hours=2).at


@pytest.mark.parametrize("verb", ["from_the_next_release"])
def test_a_verb_of_a_newer_release_is_shown_by_its_name(session: Session, now: datetime, verb: str) -> None:
    story = walk.begin(session, now)
    factories.entry(session, story.story, verb)
    one = history.of_story(session, story.story)[-1]
    assert one.sentence % one.params == "Eva: from_the_next_release"
