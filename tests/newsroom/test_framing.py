"""A story's frame, changed after it was made."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from desk.actor import Actor
from desk.assignments.models import Assignment
from desk.audit.models import Entry
from desk.errors import Forbidden, Invalid, NotFound, NotNow
from desk.newsroom import commissioning, framing, history
from desk.outbox.models import Message
from desk.people.models import Desk, Membership, Person
from desk.stories.models import Story
from tests import factories


@dataclass
class Scene:
    """Eva edits the world desk and the Asia desk; Marta edits sport; Olena writes, Nino is asked."""

    session: Session
    now: datetime
    desk: Desk
    asia: Desk
    sport: Desk
    eva: Person
    olena: Person
    nino: Person
    story: Story

    def actor(self, who: Person) -> Actor:
        return factories.actor(self.session, who)

    def change(self, who: Person | None = None, base: str | None = None, **changes: Any) -> tuple[str, ...]:
        actor = self.actor(who or self.eva)
        began = framing.framing(self.session, self.actor(self.eva), self.story.public_id)
        frame = began.frame
        typed = {
            "desk": began.desk.public_id,
            "slug": frame.slug,
            "title": frame.title,
            "brief": frame.brief,
            "places": frame.places,
            "zone": frame.zone,
            "language": frame.language,
            "length": frame.length,
        }
        return framing.change_frame(
            self.session, actor, self.story.public_id, base=base or began.mark, now=self.now, **{**typed, **changes}
        )

    def told(self) -> dict[str, Message]:
        """Who was told, by name."""
        rows = self.session.scalars(select(Message).where(Message.kind == "story_changed"))
        return {self.session.get_one(Person, row.recipient_id).name: row for row in rows}

    def sentences(self) -> list[str]:
        return [one.sentence % one.params for one in history.of_story(self.session, self.story)]


@pytest.fixture
def scene(session: Session, now: datetime) -> Scene:
    desk = factories.desk(session)
    asia = factories.desk(session, "Asia desk", zone="Asia/Taipei")
    sport = factories.desk(session, "Sport")
    eva = factories.person(session, "Eva Janssens", roles=((desk, "editor"), (asia, "editor")))
    olena = factories.person(session, roles=((desk, "correspondent"),))
    nino = factories.person(session, "Nino Kapanadze", roles=((desk, "correspondent"),))
    story = factories.story(session, desk)
    return Scene(session, now, desk, asia, sport, eva, olena, nino, story)


def test_each_field_that_changed_is_a_sentence_of_the_history_with_before_and_after(scene: Scene) -> None:
    changed = scene.change(
        slug="grain/lane", title="A lane opens", brief="Ask the captains.", places=["Odesa"], language="uk", length=None
    )
    assert changed == ("slug", "title", "brief", "places", "language", "length")
    assert scene.sentences() == [
        "Eva Janssens changed the slug from GRAIN/CORRIDOR to GRAIN/LANE",
        "Eva Janssens changed the working title from “Ministers meet in Odesa over a new shipping lane” to “A lane "
        "opens”",
        "Eva Janssens changed the brief: Ask the captains.",
        "Eva Janssens changed the places from Odesa, Istanbul to Odesa",
        "Eva Janssens changed the language from en to uk",
        "Eva Janssens changed the length from 800 to – words",
    ]
    assert set(framing.VERBS.values()) | {framing.MOVED} <= set(history.SENTENCES)
    entry = scene.session.scalar(select(Entry).where(Entry.verb == "brief_changed"))
    assert entry is not None
    assert entry.details == {"old": "", "new": "Ask the captains."}
    assert (scene.story.slug, scene.story.length, scene.story.changed_at) == ("GRAIN/LANE", None, scene.now)


def test_the_story_is_found_by_its_new_words_and_no_longer_by_the_old(scene: Scene) -> None:
    scene.change(slug="BARGES", title="Danube barges queue", places=["Izmail"])
    assert scene.story.search_text == " barges danube barges queue izmail "


def test_a_frame_that_stands_already_is_no_change_whatever_it_began_from(scene: Scene) -> None:
    lock_no = scene.story.lock_no
    assert scene.change(base="of another day") == ()
    assert scene.change(slug=" grain/corridor ", base="of another day") == ()
    assert scene.story.lock_no == lock_no
    assert scene.sentences() == []


def test_who_began_before_somebody_else_saved_is_refused_and_nothing_changes(scene: Scene) -> None:
    began = framing.framing(scene.session, scene.actor(scene.eva), scene.story.public_id).mark
    scene.change(title="Ministers part")
    with pytest.raises(NotNow, match="Somebody changed this story while you typed"):
        scene.change(base=began, title="Ministers agree")
    assert scene.story.title == "Ministers part"
    scene.change(title="Ministers agree")
    assert scene.story.title == "Ministers agree"


def test_copy_saved_meanwhile_does_not_stand_in_the_way(scene: Scene) -> None:
    """The mark is of the frame alone: every save of copy moves the story's lock."""
    began = framing.framing(scene.session, scene.actor(scene.eva), scene.story.public_id).mark
    scene.story.due_at = scene.now
    scene.session.flush()
    assert scene.change(base=began, title="Ministers agree") == ("title",)


def test_a_slug_that_the_desk_used_that_day_is_refused_with_one_that_is_free(scene: Scene) -> None:
    factories.story(scene.session, scene.desk, slug="GRAIN/RAIL")
    factories.story(scene.session, scene.desk, slug="GRAIN/RAIL-2")
    with pytest.raises(
        Invalid, match=r"GRAIN/RAIL is already used on this desk today. .* such as GRAIN/RAIL-3"
    ) as found:
        scene.change(slug="grain/rail")
    assert found.value.field == "slug"
    assert scene.story.slug == "GRAIN/CORRIDOR"


def test_a_slug_of_another_day_names_that_day(scene: Scene) -> None:
    other = factories.story(scene.session, scene.desk, slug="GRAIN/RAIL")
    scene.story.slug_day = other.slug_day = "2026-11-20"
    scene.session.flush()
    with pytest.raises(Invalid, match=r"GRAIN/RAIL was used on this desk on 2026-11-20 already"):
        scene.change(slug="GRAIN/RAIL")
    assert scene.change(slug="GRAIN/ROAD") == ("slug",)
    assert scene.story.slug_day == "2026-11-20"


def test_a_story_moves_to_a_desk_with_the_day_of_that_desks_clock(scene: Scene) -> None:
    scene.story.made_at = datetime.fromisoformat("2026-11-23T18:00:00+00:00")  # the 24th in Taipei
    scene.story.slug_day = "2026-11-23"
    scene.session.flush()
    assert scene.change(desk=scene.asia.public_id) == ("desk",)
    assert (scene.story.desk_id, scene.story.slug_day) == (scene.asia.id, "2026-11-24")
    assert scene.sentences() == ["Eva Janssens moved the story from the World desk to the Asia desk"]


def test_a_slug_that_the_other_desk_used_that_day_refuses_the_move(scene: Scene) -> None:
    factories.story(scene.session, scene.asia)
    with pytest.raises(Invalid, match=r"GRAIN/CORRIDOR is already used on this desk today"):
        scene.change(desk=scene.asia.public_id)
    assert scene.change(desk=scene.asia.public_id, slug="GRAIN/CORRIDOR-2") == ("slug", "desk")


def test_a_move_needs_an_editor_of_both_desks(scene: Scene) -> None:
    with pytest.raises(Forbidden, match="make a story on a desk"):
        scene.change(desk=scene.sport.public_id)
    view = framing.framing(scene.session, scene.actor(scene.eva), scene.story.public_id)
    assert [desk.name for desk in view.desks] == ["Asia desk", "World desk"]


def test_a_closed_desk_takes_no_story(scene: Scene) -> None:
    scene.asia.closed_at = scene.now
    scene.session.flush()
    with pytest.raises(Invalid, match="The Asia desk is closed"):
        scene.change(desk=scene.asia.public_id)


def test_who_edits_no_part_of_it_may_not_change_it(scene: Scene) -> None:
    reader = factories.person(scene.session, "Arthur Lim", roles=((scene.desk, "approver"),))
    with pytest.raises(Forbidden):
        scene.change(reader, title="Mine")
    with pytest.raises(NotFound):
        scene.change(scene.olena, title="Mine")


@pytest.mark.parametrize(
    ("state", "says"),
    [
        ("published", "An edition is out: licensees know this story as GRAIN/CORRIDOR, so its slug stays."),
        ("editing", "An edition is out: licensees know this story as GRAIN/CORRIDOR, so its slug stays."),
        ("killed", "This story was killed: licensees were told so by the slug GRAIN/CORRIDOR, which stays."),
    ],
)
def test_a_slug_that_is_out_stays_and_the_rest_may_change(scene: Scene, state: str, says: str) -> None:
    factories.edition(scene.session, scene.story)
    scene.story.state = state
    scene.session.flush()
    with pytest.raises(Invalid) as found:
        scene.change(slug="GRAIN/LANE", title="A lane opens")
    assert (str(found.value), found.value.field) == (says, "slug")
    assert scene.change(title="A lane opens") == ("title",)


def _assign(scene: Scene, **more: Any) -> tuple[Assignment, Assignment]:
    """One that Olena has, one that Nino is asked for, both as the story says, and one more of Olena's."""
    taken = factories.assignment(scene.session, scene.story, assignee=scene.olena, editor=scene.eva)
    asked = factories.assignment(scene.session, scene.story, editor=scene.eva)
    factories.offer(scene.session, asked, scene.nino)
    factories.assignment(scene.session, scene.story, assignee=scene.olena, editor=scene.eva, state="filed")
    gone = factories.person(scene.session, "Ivo Horvat", roles=((scene.desk, "correspondent"),))
    factories.assignment(scene.session, scene.story, assignee=gone, state="done")
    for row in (taken, asked):
        row.brief, row.length = more.get("brief", scene.story.brief), scene.story.length
    scene.session.flush()
    return taken, asked


def test_who_has_it_and_who_is_asked_are_told_once_of_another_brief_and_the_work_follows(scene: Scene) -> None:
    taken, asked = _assign(scene)
    scene.change(brief="Ask the captains.", length=600, places=["Odesa"], title="Not told of by itself")
    told = scene.told()
    assert sorted(told) == ["Nino Kapanadze", "Olena Demchuk"]
    facts = told["Olena Demchuk"].facts
    assert facts["changes"] == [
        {"field": "brief", "old": "", "new": "Ask the captains."},
        {"field": "places", "old": ["Odesa", "Istanbul"], "new": ["Odesa"]},
        {"field": "length", "old": 800, "new": 600},
    ]
    assert (facts["by"], facts["assignment"], facts["brief"]) == ("Eva Janssens", taken.public_id, "Ask the captains.")
    assert told["Nino Kapanadze"].facts["assignment"] == asked.public_id
    assert [(row.brief, row.length) for row in (taken, asked)] == [("Ask the captains.", 600)] * 2


def test_an_assignment_with_a_brief_of_its_own_keeps_it(scene: Scene) -> None:
    taken, _ = _assign(scene, brief="Only the pictures of the port")
    scene.change(brief="Ask the captains.")
    assert taken.brief == "Only the pictures of the port"
    assert "Olena Demchuk" in scene.told()


def test_nobody_is_told_of_a_slug_or_of_what_they_changed_themselves(scene: Scene) -> None:
    _assign(scene)
    scene.change(slug="GRAIN/LANE", title="A lane opens", zone="Europe/Istanbul")
    assert scene.told() == {}
    scene.session.add(Membership(person_id=scene.olena.id, desk_id=scene.desk.id, role="editor"))
    scene.session.flush()
    scene.change(scene.olena, brief="I ask the captains.")
    assert sorted(scene.told()) == ["Nino Kapanadze"]


def test_a_story_made_takes_the_same_rules_as_one_changed(scene: Scene) -> None:
    made = commissioning.make_story(
        scene.session, scene.actor(scene.eva), scene.desk.public_id, slug="grain / rail", title="A\u202e title\n here",
        places=["Odesa", "Odesa ", ""], now=scene.now,
    )  # fmt: skip
    assert (made.slug, made.title, made.places) == ("GRAIN/RAIL", "A title here", ["Odesa"])
