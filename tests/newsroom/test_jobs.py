"""What somebody has to do, read at once however much it is."""

from sqlalchemy import event
from sqlalchemy.orm import Session

from desk.actor import Actor
from desk.newsroom import jobs
from tests import factories


def test_ten_assignments_are_read_with_as_many_questions_as_one(session: Session) -> None:
    factories.newsroom(session)
    desk = factories.desk(session)
    eva = factories.person(session, "Eva Janssens", roles=((desk, "editor"),))
    olena = factories.person(session, roles=((desk, "correspondent"),))
    asked: list[int] = []
    for n in range(11):
        of = factories.assignment(session, factories.story(session, desk, f"S/{n}"), assignee=olena, editor=eva)
        assert of.story_id
        if n not in (0, 10):
            continue
        session.flush()
        session.expunge_all()
        asked.append(_questions(session, factories.actor(session, olena), n + 1))
        desk, eva, olena = (session.merge(one) for one in (desk, eva, olena))
    assert asked[0] == asked[1]


def _questions(session: Session, actor: Actor, many: int) -> int:
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        seen.append(statement)

    engine = session.get_bind()
    event.listen(engine, "before_cursor_execute", note)
    try:
        found = jobs.mine(session, actor)
    finally:
        event.remove(engine, "before_cursor_execute", note)
    assert len({one.story.slug for one in found}) == many
    return len(seen)
