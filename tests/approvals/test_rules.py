"""Whose copy it is."""

from hypothesis import given
from hypothesis import strategies as st

from desk.approvals.rules import Byline, Wrote, own_copy, writers

OLENA, EVA, EMIL, ZOE = 1, 2, 3, 4


def test_whoever_wrote_the_version_that_was_filed_wrote_the_copy() -> None:
    assert writers([Wrote(1, OLENA, False), Wrote(2, OLENA, True)]) == {OLENA}


def test_to_mend_a_comma_in_anothers_copy_bars_nobody() -> None:
    assert writers([Wrote(1, OLENA, True), Wrote(2, EVA, False)]) == {OLENA}


def test_copy_filed_again_belongs_to_whoever_wrote_that_version() -> None:
    assert writers([Wrote(1, OLENA, True), Wrote(2, EVA, True)]) == {EVA}


def test_copy_that_was_never_filed_belongs_to_all_who_saved_it() -> None:
    assert writers([Wrote(1, EVA, False), Wrote(2, EMIL, False)]) == {EVA, EMIL}


def test_the_next_edition_belongs_to_who_prepared_it_and_to_all_who_wrote_it_since() -> None:
    versions = [Wrote(1, OLENA, True), Wrote(2, EVA, False), Wrote(3, ZOE, False)]
    assert writers(versions, edition_n=1, prepared_by=EMIL) == {EVA, ZOE, EMIL}
    assert writers(versions[:1], edition_n=1, prepared_by=EMIL) == {EMIL}


def test_a_next_edition_that_was_filed_belongs_to_who_wrote_that_version_and_who_prepared_it() -> None:
    versions = [Wrote(1, OLENA, True), Wrote(2, EVA, True), Wrote(3, ZOE, False)]
    assert writers(versions, edition_n=1, prepared_by=EMIL) == {EVA, EMIL}


def test_a_byline_bars_by_link_or_by_the_same_name() -> None:
    assert own_copy(OLENA, "Olena Demchuk", set(), [Byline("O. Demchuk", OLENA)])
    assert own_copy(OLENA, "Olena Demchuk", set(), [Byline("olena  demchuk")])
    assert not own_copy(OLENA, "Olena Demchuk", {EVA}, [Byline("Eva Lindqvist", EVA), Byline("")])


@given(st.lists(st.builds(Wrote, st.integers(1, 9), st.sampled_from([OLENA, EVA, None]), st.booleans())))
def test_only_people_who_saved_a_version_are_its_writers(versions: list[Wrote]) -> None:
    assert writers(versions) <= {version.author_id for version in versions}
