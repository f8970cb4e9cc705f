"""Whose copy it is, and where mending another's ends."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.approvals.rules import Byline, Own, Wrote, mends, own_copy

OLENA, EVA, EMIL, ZOE = 1, 2, 3, 4
NAMES = {OLENA: "Olena Demchuk", EVA: "Eva Lindqvist", EMIL: "Emil Novak", ZOE: "Zoe Rossi"}
FILED = tuple(f"word{n}" for n in range(100))


def owners(versions: list[Wrote], *, edition_n: int | None = None, prepared_by: int | None = None) -> set[int]:
    return {
        who
        for who, name in NAMES.items()
        if own_copy(who, name, versions, edition_n=edition_n, prepared_by=prepared_by) is not None
    }


def with_new(n: int, words: tuple[str, ...] = FILED) -> tuple[str, ...]:
    """The same with its last `n` words written anew."""
    return words[: len(words) - n] + tuple(f"new{i}" for i in range(n))


def test_whoever_wrote_the_version_that_was_filed_wrote_the_copy() -> None:
    assert owners([Wrote(1, OLENA, False), Wrote(2, OLENA, True)]) == {OLENA}


def test_to_mend_a_comma_in_anothers_copy_bars_nobody() -> None:
    assert owners([Wrote(1, OLENA, True, FILED), Wrote(2, EVA, False, FILED)]) == {OLENA}
    assert owners([Wrote(1, OLENA, True, FILED), Wrote(2, EVA, False, with_new(20))]) == {OLENA}


def test_to_write_more_than_a_fifth_of_anothers_copy_anew_bars_and_says_how_much() -> None:
    versions = [Wrote(1, OLENA, True, FILED), Wrote(2, EVA, False, with_new(12)), Wrote(3, EVA, False, with_new(21))]
    assert own_copy(EVA, NAMES[EVA], versions) == Own("rewrote", 21, 100)
    assert owners(versions) == {OLENA, EVA}


def test_each_counts_what_they_wrote_themselves() -> None:
    after_eva, after_both = with_new(15), ("lead", *with_new(15)[1:])
    versions = [Wrote(1, OLENA, True, FILED), Wrote(2, EVA, False, after_eva), Wrote(3, EMIL, False, after_both)]
    assert owners(versions) == {OLENA}


@pytest.mark.parametrize("done", [FILED[40:], FILED[60:] + FILED[:60], FILED])
def test_to_cut_to_move_and_to_take_back_what_one_wrote_is_no_writing(done: tuple[str, ...]) -> None:
    versions = [Wrote(1, OLENA, True, FILED), Wrote(2, EVA, False, with_new(90)), Wrote(3, EVA, False, done)]
    assert owners(versions) == {OLENA}


def test_a_flash_of_a_few_words_is_mended_by_five_of_them_and_written_anew_by_more() -> None:
    assert mends(5, 8)
    assert not mends(6, 8)


def test_copy_filed_again_belongs_to_whoever_wrote_that_version() -> None:
    assert owners([Wrote(1, OLENA, True), Wrote(2, EVA, True)]) == {EVA}


def test_copy_that_was_never_filed_belongs_to_all_who_saved_it() -> None:
    assert owners([Wrote(1, EVA, False), Wrote(2, EMIL, False)]) == {EVA, EMIL}


def test_the_next_edition_belongs_to_who_prepared_it_and_to_all_who_wrote_it_since() -> None:
    versions = [Wrote(1, OLENA, True), Wrote(2, EVA, False), Wrote(3, ZOE, False)]
    assert owners(versions, edition_n=1, prepared_by=EMIL) == {EVA, ZOE, EMIL}
    assert owners(versions[:1], edition_n=1, prepared_by=EMIL) == {EMIL}


def test_a_next_edition_that_was_filed_belongs_to_who_wrote_that_version_and_who_prepared_it() -> None:
    versions = [Wrote(1, OLENA, True), Wrote(2, EVA, True, FILED), Wrote(3, ZOE, False, FILED)]
    assert owners(versions, edition_n=1, prepared_by=EMIL) == {EVA, EMIL}


def test_a_byline_bars_by_link_or_by_the_same_name() -> None:
    filed = [Wrote(1, ZOE, True)]
    assert own_copy(OLENA, "Olena Demchuk", filed, [Byline("O. Demchuk", OLENA)]) == Own("byline")
    assert own_copy(OLENA, "Olena Demchuk", filed, [Byline("olena  demchuk")]) == Own("byline")
    assert own_copy(OLENA, "Olena Demchuk", filed, [Byline("Eva Lindqvist", EVA), Byline("")]) is None


WORDS = st.lists(st.sampled_from("abcdefgh"), max_size=40).map(tuple)
VERSIONS = st.lists(st.builds(Wrote, st.integers(1, 9), st.sampled_from([OLENA, EVA, None]), st.booleans(), WORDS))


@given(VERSIONS)
def test_only_people_who_saved_a_version_own_the_copy_and_never_more_words_than_came_since(
    versions: list[Wrote],
) -> None:
    assert owners(versions) <= {version.author_id for version in versions}
    for who, name in NAMES.items():
        own = own_copy(who, name, versions)
        if own is not None and own.why == "rewrote":
            put_in = [set(after.words) for _before, after in pairwise(versions) if after.author_id == who]
            assert put_in
            assert 0 < own.words <= own.of
