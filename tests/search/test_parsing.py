"""What is typed to find something: folded as copy is, every word the beginning of one that stands there."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Text, cast, literal, select
from sqlalchemy.orm import Session

from desk.search.parsing import MOST_WORDS, matches, parse
from desk.text import tokens

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


def found(session: Session, typed: str, *others: str) -> set[str]:
    """The names of what in the corpus has these words, asked of the database."""
    query = parse(typed)
    more = [literal(f" {' '.join(tokens(text))} ") for text in others]
    names = set()
    for name, text in CORPUS.items():
        column = cast(literal(f" {' '.join(tokens(text))} "), Text)
        if session.scalar(select(literal(1)).where(matches(query, (column, *more)))):
            names.add(name)
    return names


@pytest.mark.parametrize(
    ("typed", "names"),
    [
        ("grain", {"corridor", "rail"}),
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
def test_both_databases_find_the_same(session: Session, typed: str, names: set[str]) -> None:
    assert found(session, typed) == names


def test_words_may_stand_in_different_places(session: Session) -> None:
    assert found(session, "corridor customs", "A text about customs") == {"corridor"}
    assert found(session, "customs", "A text about customs") == set(CORPUS)


@given(st.text(max_size=300))
def test_anything_may_be_typed(typed: str) -> None:
    words = parse(typed).words
    assert len(words) <= MOST_WORDS
    assert len(set(words)) == len(words)
    assert not any(character.isspace() for word in words for character in word)
    assert parse(" ".join(words)).words == words


def test_of_very_many_words_the_first_count() -> None:
    assert parse(" ".join(f"w{n}" for n in range(500))).words == tuple(f"w{n}" for n in range(MOST_WORDS))
