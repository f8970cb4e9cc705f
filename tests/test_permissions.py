"""The table of permissions and its one question, on any person and any thing."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.actor import SYSTEM, Actor, Role
from desk.errors import Forbidden
from desk.permissions import NOWHERE, TABLE, Facts, could, permits, require

DESKS = st.integers(1, 3)
PEOPLE = st.integers(1, 4)
ROLES: st.SearchStrategy[Role] = st.sampled_from(["editor", "approver", "correspondent"])
permissions = st.sampled_from(sorted(TABLE))
actors = st.builds(
    Actor,
    kind=st.just("person"),
    person_id=PEOPLE,
    name=st.just("Olena"),
    is_admin=st.booleans(),
    roles=st.frozensets(st.tuples(DESKS, ROLES)),
)
facts = st.builds(Facts, desk_id=st.none() | DESKS, owners=st.frozensets(PEOPLE))
NOBODY = Actor("person", person_id=1, name="New")


@given(actors, permissions, facts)
def test_what_is_permitted_somewhere_is_never_shut_out_at_the_route(actor: Actor, permission: str, of: Facts) -> None:
    assert could(actor, permission) or not permits(actor, permission, of)


@given(actors, permissions)
def test_a_route_that_lets_somebody_in_has_a_thing_that_permits_it(actor: Actor, permission: str) -> None:
    things = [Facts(desk, frozenset({actor.id})) for desk in (None, 1, 2, 3)]
    assert could(actor, permission) == any(permits(actor, permission, of) for of in things)


@given(actors, permissions, facts, st.booleans(), st.sets(PEOPLE))
def test_knowing_less_of_a_thing_never_lets_anybody_do_more(
    actor: Actor, permission: str, of: Facts, forget_desk: bool, forgotten: set[int]
) -> None:
    less = Facts(None if forget_desk else of.desk_id, of.owners - forgotten)
    assert permits(actor, permission, of) or not permits(actor, permission, less)
    assert permits(actor, permission, of) or not permits(actor, permission, NOWHERE)


@given(actors, permissions, facts, st.tuples(DESKS, ROLES), st.booleans())
def test_a_further_role_never_takes_anything_away(
    actor: Actor, permission: str, of: Facts, role: tuple[int, Role], made_admin: bool
) -> None:
    more = dataclasses.replace(actor, roles=actor.roles | {role}, is_admin=actor.is_admin or made_admin)
    assert permits(more, permission, of) or not permits(actor, permission, of)


@given(actors, permissions, facts)
def test_a_role_on_another_desk_is_no_role_on_this_one(actor: Actor, permission: str, of: Facts) -> None:
    """What hangs on the thing's own desk can't be had by a role elsewhere."""
    if any(scope == "desk" for _, scope in TABLE[permission][1]) and of.desk_id is not None:
        here = dataclasses.replace(actor, roles=frozenset(pair for pair in actor.roles if pair[0] == of.desk_id))
        assert permits(actor, permission, of) == permits(here, permission, of)


@given(actors, permissions, facts)
def test_the_question_is_asked_and_refused_in_the_same_way(actor: Actor, permission: str, of: Facts) -> None:
    if permits(actor, permission, of):
        require(actor, permission, of)
    else:
        with pytest.raises(Forbidden) as refused:
            require(actor, permission, of)
        assert TABLE[permission][0] in str(refused.value)


@given(permissions, facts)
def test_the_desk_itself_may_do_all(permission: str, of: Facts) -> None:
    assert permits(SYSTEM, permission, of)
    assert could(SYSTEM, permission)


def test_somebody_without_a_role_has_their_own_account_and_what_is_theirs() -> None:
    assert {permission for permission in TABLE if permits(NOBODY, permission)} == {
        "public", "self", "story.find", "wire.read", "people.read",
    }  # fmt: skip
    theirs = Facts(7, frozenset({1}))
    assert {permission for permission in TABLE if permits(NOBODY, permission, theirs)} == {
        "public", "self", "story.find", "wire.read", "people.read", "story.read", "assignment.answer", "copy.write",
    }  # fmt: skip


def test_an_administrator_runs_the_newsroom_and_touches_no_copy() -> None:
    ada = dataclasses.replace(NOBODY, is_admin=True)
    for permission in ("copy.write", "copy.approve", "story.publish", "story.make", "assignment.give"):
        assert not permits(ada, permission, Facts(7))
    for permission in ("people.manage", "newsroom.manage", "board.read", "story.read"):
        assert permits(ada, permission, Facts(7))


def test_a_permission_that_is_not_in_the_table_is_a_mistake_of_ours() -> None:
    with pytest.raises(KeyError):
        permits(NOBODY, "story.burn")
