"""What is typed to find something: folded as copy is, every word the beginning of one that stands there."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from desk import db
from desk.cli import schema
from desk.drafts.models import Draft
from desk.search import A_PASSAGE, MOST_WORDS, has, marked, matches, parse, passage
from desk.stories.models import Story
from desk.text import tokens
from tests import factories

CORPUS = {
    "corridor": "GRAIN/CORRIDOR Ministers meet in Odesa over a new shipping lane",
    "rail": "GRAIN/RAIL Freight by rail: 100% full, says the operator",
    "angstrom": "ÅNGSTRÖM/PRIS Nobelpriset går till Malmö",
    "strasse": "BAU/STRASSE Die Straße bleibt gesperrt",
    "kyiv": "КИЇВ/ЗЕРНО Міністри зустрілися в Одесі",
    "athens": "ΑΘΉΝΑ/ΛΙΜΆΝΙ Το λιμάνι της Αθήνας",
    "tokyo": "東京/穀物 東京の市場で穀物が上がる",
    "under": "A_B/UNDER Names with a_b and a\\b in them",
    "turkish": "İZMİR/LİMAN Izmir’de gemiler bekliyor",
    "empty": "",
}


@pytest.fixture
def corpus(session: Session) -> dict[str, Story]:
    """A story for each text of the corpus, by its name."""
    desk = factories.desk(session)
    stories = {name: factories.story(session, desk, name.upper()) for name in CORPUS}
    for name, row in stories.items():
        row.search_text = padded(CORPUS[name])
    session.flush()
    return stories


def padded(text: str) -> str:
    return f" {' '.join(tokens(text))} "


def found(session: Session, typed: str) -> set[str]:
    """The names of what in the corpus has these words, asked of the database."""
    return {slug.lower() for slug in session.scalars(select(Story.slug).where(matches(session, typed, Story)))}


@pytest.mark.parametrize(
    ("typed", "names"),
    [
        ("grain", {"corridor", "rail"}),
        ("grain corridor", {"corridor"}),
        ("GRAIN rail", {"rail"}),
        ("rail grain", {"rail"}),
        ("grain/rail", {"rail"}),
        ("gra", {"corridor", "rail"}),
        ("rain", set()),
        ("angstrom malmo", {"angstrom"}),
        ("Ångström", {"angstrom"}),
        ("strasse", {"strasse"}),
        ("STRAẞE", {"strasse"}),
        ("київ", {"kyiv"}),
        ("Одесі", {"kyiv"}),
        ("λιμανι", {"athens"}),
        ("東京", {"tokyo"}),
        ("穀物", {"tokyo"}),
        ("物穀", set()),
        ("izmir liman", {"turkish"}),
        ("%", set(CORPUS)),
        ("100%", {"rail"}),
        ("grain%operator", {"rail"}),
        ("mini%ters", set()),
        ("a_b", {"under"}),
        ("mini_ters", set()),
        ("\\", set(CORPUS)),
        ("' OR 1=1 --", set()),
        ("", set(CORPUS)),
        ("  \t\n", set(CORPUS)),
        ("\x00", set(CORPUS)),
    ],
)
@pytest.mark.usefixtures("corpus")
def test_both_databases_find_the_same(session: Session, typed: str, names: set[str]) -> None:
    assert found(session, typed) == names


def test_words_may_stand_in_different_columns(session: Session, corpus: dict[str, Story]) -> None:
    corpus["corridor"].headline_words = padded("A text about customs")
    session.flush()
    assert found(session, "corridor customs") == found(session, "cust") == {"corridor"}


def test_what_is_changed_or_deleted_is_no_longer_found_by_its_old_words(
    session: Session, corpus: dict[str, Story]
) -> None:
    corpus["rail"].search_text = padded("GRAIN/ROAD Freight by road")
    session.flush()
    assert found(session, "rail") == set()
    assert found(session, "road") == {"rail"}
    session.execute(delete(Draft).where(Draft.story_id == corpus["rail"].id))
    session.delete(corpus["rail"])
    session.flush()
    assert found(session, "road") == set()
    assert found(session, "grain") == {"corridor"}


LETTERS = st.text("ab1éßİſﬀ中文かなकष्ाञ౧ไทยяЯ한𐐀𐐨Ꭰꭰ'\"\\:*&|!() ", max_size=12)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.one_of(LETTERS, st.text(max_size=12)), typed=st.one_of(LETTERS, st.text(max_size=6)))
def test_a_word_is_found_by_its_beginning_in_any_script_and_by_nothing_else(
    session: Session, text: str, typed: str
) -> None:
    with session.begin_nested() as point:
        row = factories.story(session, factories.desk(session))
        row.search_text = padded(text)
        session.flush()
        for words in (typed, text[:4], f"{text} {typed}"):
            has = all(any(token.startswith(word) for token in tokens(text)) for word in parse(words))
            assert found(session, words) == ({row.slug.lower()} if has else set())
        point.rollback()


@given(st.text(max_size=300))
def test_anything_may_be_typed(typed: str) -> None:
    words = parse(typed)
    assert len(words) <= MOST_WORDS
    assert len(set(words)) == len(words)
    assert not any(character.isspace() for word in words for character in word)
    assert parse(" ".join(words)) == words


@pytest.mark.parametrize(
    ("text", "typed", "marks"),
    [
        (CORPUS["corridor"], "gra mini", ["GRAIN", "Ministers"]),
        (CORPUS["angstrom"], "angstrom malmo", ["ÅNGSTRÖM", "Malmö"]),
        (CORPUS["strasse"], "strasse", ["STRASSE", "Straße"]),
        (CORPUS["athens"], "λιμανι", ["ΛΙΜΆΝΙ", "λιμάνι"]),
        (CORPUS["tokyo"], "市場で", ["市場で"]),
        (CORPUS["tokyo"], "東", ["東京", "東京"]),
        (CORPUS["turkish"], "izm", ["İZMİR", "Izmir"]),
        (CORPUS["rail"], "ail zebra", []),
        (CORPUS["rail"], "", []),
    ],
)
def test_what_was_sought_is_marked_as_it_is_written_and_in_whole_words(text: str, typed: str, marks: list[str]) -> None:
    runs = marked(text, parse(typed))
    assert [run for sought, run in runs if sought] == marks
    assert "".join(run for _sought, run in runs) == text


@given(text=st.one_of(LETTERS, st.text(max_size=60)), typed=st.one_of(LETTERS, st.text(max_size=6)))
def test_marks_take_nothing_from_a_text_and_put_nothing_in(text: str, typed: str) -> None:
    words = parse(typed)
    runs = marked(text, words)
    assert "".join(run for _sought, run in runs) == text
    assert any(sought for sought, _run in runs) == bool(has(text, words))


def test_a_passage_is_the_stretch_that_has_the_most_of_the_words() -> None:
    far = "rain " * 100
    copy = f"Grain is wet. {far}\n\nThe grain ships sail on Friday. {far}"
    runs = passage(copy, parse("grain friday"))
    assert [run for sought, run in runs if sought] == ["grain", "Friday"]
    shown = "".join(run for _sought, run in runs)
    assert shown[0] == shown[-1] == "…"
    assert "rain The grain ships sail on Friday. rain" in shown
    assert len(shown) <= A_PASSAGE + 2
    assert passage("Ships sail", parse("grain")) == []
    assert len("".join(run for _sought, run in passage("x" * 5_000, parse("x")))) <= A_PASSAGE + 2


def test_of_very_many_words_the_first_count() -> None:
    assert parse(" ".join(f"w{n}" for n in range(500))) == tuple(f"w{n}" for n in range(MOST_WORDS))


def test_stories_that_were_there_before_are_found_by_their_headlines_once_migrated(clone: db.Database) -> None:
    with Session(clone.engine) as session:
        row = factories.story(session, factories.desk(session))
        factories.version(session, row, headline="Ships wait")
        factories.version(session, row, headline="Ships sail")
        row.search_text = padded(row.slug)
        session.commit()
    schema.downgrade(clone.engine, "20261125_0100")
    schema.upgrade(clone.engine)
    with Session(clone.engine) as session:
        assert found(session, "grain sail") == {"grain/corridor"}
        assert found(session, "wait") == set()
