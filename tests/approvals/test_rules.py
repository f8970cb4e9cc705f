"""Whose copy it is, and where mending another's ends."""

from collections import Counter
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.approvals.rules import Byline, Own, Wrote, mends, own_copy, shares, writer

OLENA, EVA, EMIL, ZOE = 1, 2, 3, 4
NAMES = {OLENA: "Olena Demchuk", EVA: "Eva Lindqvist", EMIL: "Emil Novak", ZOE: "Zoe Rossi"}
FILED = tuple(f"word{n}" for n in range(100))


def own(who: int, versions: list[Wrote], *, edition_n: int | None = None, prepared_by: int | None = None) -> Own | None:
    shared = shares(versions, edition_n=edition_n)
    return own_copy(who, NAMES[who], versions, shared=shared, edition_n=edition_n, prepared_by=prepared_by)


def owners(versions: list[Wrote], *, edition_n: int | None = None, prepared_by: int | None = None) -> set[int]:
    return {who for who in NAMES if own(who, versions, edition_n=edition_n, prepared_by=prepared_by) is not None}


def saved(n: int, by: int | None, words: Iterable[str], *, filed: bool = False) -> Wrote:
    return Wrote(n, by, filed, Counter(words))


def with_new(n: int, words: tuple[str, ...] = FILED, new: str = "new") -> tuple[str, ...]:
    """The same with its last `n` words written anew."""
    return words[: len(words) - n] + tuple(f"{new}{i}" for i in range(n))


def test_whoever_wrote_the_version_that_was_filed_wrote_the_copy() -> None:
    assert owners([Wrote(1, OLENA, False), Wrote(2, OLENA, True)]) == {OLENA}


def test_to_mend_a_comma_in_anothers_copy_bars_nobody() -> None:
    assert owners([saved(1, OLENA, FILED, filed=True), saved(2, EVA, FILED)]) == {OLENA}
    assert owners([saved(1, OLENA, FILED, filed=True), saved(2, EVA, with_new(20))]) == {OLENA}


def test_to_write_more_than_a_fifth_of_anothers_copy_anew_bars_and_says_how_much() -> None:
    versions = [saved(1, OLENA, FILED, filed=True), saved(2, EVA, with_new(12)), saved(3, EVA, with_new(21))]
    assert own(EVA, versions) == Own("share", 21, 100)
    assert owners(versions) == {OLENA, EVA}


def test_each_counts_what_they_wrote_themselves() -> None:
    after_eva, after_both = with_new(15), ("lead", *with_new(15)[1:])
    versions = [saved(1, OLENA, FILED, filed=True), saved(2, EVA, after_eva), saved(3, EMIL, after_both)]
    assert owners(versions) == {OLENA}


@pytest.mark.parametrize("by", [OLENA, EMIL])
def test_what_one_wrote_stays_ones_own_whoever_files_it_again(by: int) -> None:
    """A note changed or a full stop added, and filed: that makes no text somebody else's."""
    versions = [saved(1, OLENA, FILED, filed=True), saved(2, EVA, with_new(60)), saved(3, by, with_new(60), filed=True)]
    assert own(EVA, versions) == Own("share", 60, 100)
    assert owners(versions) == {OLENA, EVA, by}


def test_to_put_anothers_text_back_is_no_writing() -> None:
    filed, anew = saved(1, OLENA, FILED, filed=True), with_new(90)
    assert owners([filed, saved(2, EMIL, anew), saved(3, EVA, "x"), saved(4, EVA, anew)]) == {OLENA, EMIL}
    assert owners([filed, saved(2, EVA, "x"), saved(3, EVA, FILED)]) == {OLENA}


def test_a_word_said_again_is_written_by_whoever_first_said_it_as_often() -> None:
    versions = [saved(1, OLENA, ["ship"]), saved(2, EVA, ["ship", "ship", "sails"]), saved(3, EMIL, ["ship", "ship"])]
    assert shares(versions) == {OLENA: 1, EVA: 1}


def test_what_is_out_is_nobodys_and_what_was_written_before_it_counts_no_more() -> None:
    versions = [
        saved(1, EVA, with_new(50), filed=True), saved(2, OLENA, FILED), saved(3, OLENA, with_new(9), filed=True),
        saved(4, EVA, with_new(30)),
    ]  # fmt: skip
    assert shares(versions, edition_n=2) == {None: 70, OLENA: 9, EVA: 21}
    assert owners(versions, edition_n=2) == {OLENA, EVA}


def test_who_wrote_the_copy_is_who_filed_it_last_or_who_alone_saved_it() -> None:
    versions = [Wrote(1, OLENA, True), Wrote(2, EVA, False)]
    assert writer(versions) == OLENA
    assert writer(versions, edition_n=1) == EVA
    assert writer([*versions, Wrote(3, EMIL, False)], edition_n=1) is None
    assert writer([Wrote(1, None, False)]) is writer([]) is None


@pytest.mark.parametrize("done", [FILED[40:], FILED[60:] + FILED[:60], FILED])
def test_to_cut_to_move_and_to_take_back_what_one_wrote_is_no_writing(done: tuple[str, ...]) -> None:
    versions = [saved(1, OLENA, FILED, filed=True), saved(2, EVA, with_new(90)), saved(3, EVA, done)]
    assert owners(versions) == {OLENA}


def test_a_flash_of_a_few_words_is_mended_by_five_of_them_and_written_anew_by_more() -> None:
    assert mends(5, 8)
    assert not mends(6, 8)
    assert not mends(4, 4)


def test_copy_filed_again_belongs_to_whoever_wrote_that_version() -> None:
    assert owners([Wrote(1, OLENA, True), Wrote(2, EVA, True)]) == {EVA}


def test_copy_that_was_never_filed_belongs_to_all_who_saved_it() -> None:
    assert owners([Wrote(1, EVA, False), Wrote(2, EMIL, False)]) == {EVA, EMIL}


def test_the_next_edition_belongs_to_who_prepared_it_and_to_all_who_wrote_it_since() -> None:
    versions = [Wrote(1, OLENA, True), Wrote(2, EVA, False), Wrote(3, ZOE, False)]
    assert owners(versions, edition_n=1, prepared_by=EMIL) == {EVA, ZOE, EMIL}
    assert owners(versions[:1], edition_n=1, prepared_by=EMIL) == {EMIL}


def test_a_next_edition_that_was_filed_belongs_to_who_wrote_that_version_and_who_prepared_it() -> None:
    versions = [Wrote(1, OLENA, True), saved(2, EVA, FILED, filed=True), saved(3, ZOE, FILED)]
    assert owners(versions, edition_n=1, prepared_by=EMIL) == {EVA, EMIL}


def test_a_byline_bars_by_link_or_by_the_same_name() -> None:
    filed = [Wrote(1, ZOE, True)]
    assert own_copy(OLENA, "Olena Demchuk", filed, [Byline("O. Demchuk", OLENA)]) == Own("byline")
    assert own_copy(OLENA, "Olena Demchuk", filed, [Byline("olena  demchuk")]) == Own("byline")
    assert own_copy(OLENA, "Olena Demchuk", filed, [Byline("Eva Lindqvist", EVA), Byline("")]) is None


WORDS = st.lists(st.sampled_from("abcdefgh"), max_size=40).map(Counter)
VERSIONS = st.lists(st.builds(Wrote, st.integers(1, 9), st.sampled_from([OLENA, EVA, None]), st.booleans(), WORDS))


@given(VERSIONS)
def test_only_people_who_saved_a_version_own_the_copy_and_each_word_is_one_persons(versions: list[Wrote]) -> None:
    assert owners(versions) <= {version.author_id for version in versions}
    shared = shares(versions)
    assert shared.total() == (sum(versions[-1].words.values()) if versions else 0)
    for who in NAMES:
        why = own(who, versions)
        if why is not None and why.why == "share":
            assert (why.words, why.of) == (shared[who], shared.total())
    for version in versions:  # to put any version back, whoever does, makes no word theirs
        back = shares([*versions, Wrote(10, ZOE, False, version.words)])
        assert ZOE not in back
