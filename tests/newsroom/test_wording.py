"""Every kind of mail as its reader gets it, compared with a golden file beside its facts.

To write the golden files anew after a change of wording, run this module: `python -m tests.newsroom.test_wording`.
"""

import json
from pathlib import Path

import pytest

from desk.links import Links
from desk.newsroom import wording
from desk.newsroom.wording import Recipient, Worded, Writer
from desk.outbox.kinds import KINDS
from desk.settings import resource
from tests import factories

FOLDER = Path(__file__).parent.parent / "data" / "mail"
CASES = sorted(path.stem for path in FOLDER.glob("*.json"))
TO_LICENSEES = {"notice", "notice_chase", "test_notice"}


def worded(name: str) -> Worded:
    case = json.loads((FOLDER / f"{name}.json").read_text())
    return wording.word(
        name.partition(".")[0],
        case["facts"],
        Recipient(**case["to"]),
        agency="Meridian News",
        links=Links("https://desk.meridian.example"),
        now=factories.NOW,
        writer=Writer(**case["writer"]) if "writer" in case else None,
    )


def as_file(mail: Worded) -> str:
    return f"Subject: {mail.subject}\n\n{mail.text}\n{'=' * 20}\n{mail.html}"


@pytest.mark.parametrize("name", CASES)
def test_each_kind_of_mail_reads_as_its_golden_file(name: str) -> None:
    assert as_file(worded(name)) == (FOLDER / f"{name}.mail").read_text()


def test_every_kind_for_people_has_a_golden_file() -> None:
    assert {name.partition(".")[0] for name in CASES} == set(KINDS) - TO_LICENSEES


@pytest.mark.parametrize("name", [case for case in CASES if "slug" in (FOLDER / f"{case}.json").read_text()])
def test_a_subject_about_a_story_begins_with_its_slug(name: str) -> None:
    assert worded(name).subject.startswith("GRAIN/CORRIDOR: ")


def test_the_first_line_is_the_time_left_and_the_second_every_clock() -> None:
    first, second = worded("offer").text.splitlines()[:2]
    assert first == "Due in 1 h 23"
    assert second == "17:00 Kyiv, yours, the story · 16:00 Brussels, the desk"


def test_an_editor_reads_the_clock_of_whoever_writes_beside_their_own() -> None:
    clocks = "16:00 Vienna, yours, the desk · 19:00 Tbilisi, Olena Demchuk · 17:00 Kyiv, the story"
    assert f"Deadline: {clocks}" in worded("filed").text.splitlines()
    assert (
        worded("said").text.splitlines()[1] == "16:00 Brussels, yours, the desk · 17:00 Kyiv, Olena Demchuk, the story"
    )


def test_a_deadline_on_another_day_names_the_day_for_each_clock() -> None:
    mail = worded("offer.other_day")
    assert mail.subject == "GRAIN/CORRIDOR: can you? Thu 26 November 06:30 your time"
    assert mail.text.splitlines()[1] == (
        "Thu 26 November 06:30 Taipei, yours · Wed 25 November 23:30 Brussels, the desk · "
        "Thu 26 November 00:30 Kyiv, the story"
    )


def test_a_slug_and_a_title_that_run_from_right_to_left_turn_nothing_beside_them() -> None:
    facts = {"slug": "سفن/<b>", "title": "سفن الحبوب", "assignment": "x", "by": "Eve", "words": "بعد ساعة"}
    mail = wording.word(
        "said",
        facts,
        Recipient("Marta", "m@meridian.example", "Europe/Brussels"),
        agency="Meridian News",
        links=Links("https://desk.meridian.example"),
        now=factories.NOW,
    )
    assert "Eve says how <bdi>سفن/&lt;b&gt;</bdi> goes:" in mail.html
    assert '<blockquote dir="auto">بعد ساعة</blockquote>' in mail.html
    assert ("Eve says how سفن/<b> goes:" in mail.text, "bdi" in mail.text + mail.subject) == (True, False)


def test_a_brief_keeps_its_paragraphs_in_both_forms_of_a_mail() -> None:
    to = Recipient("Marta", "m@meridian.example", "Europe/Brussels")
    brief, links = "Talk to a captain.\n\n- when\n- <b>who</b>", Links("https://desk.meridian.example")
    asked = {"slug": "GRAIN", "title": "Grain", "by": "Eve", "assignment": "x", "offer": "y", "brief": brief}
    changed = {**asked, "changes": [{"field": "brief", "old": "", "new": brief}]}
    for kind, facts in (("offer", asked), ("story_changed", changed)):
        mail = wording.word(kind, facts, to, agency="Meridian News", links=links, now=factories.NOW)
        assert ">Talk to a captain.<br><br>- when<br>- &lt;b&gt;who&lt;/b&gt;</" in mail.html
        assert brief in mail.text.replace("\n    ", "\n")


def test_what_people_typed_cannot_become_markup() -> None:
    mail = wording.word(
        "said",
        {"slug": "A/B", "title": "T", "assignment": "x", "by": "<b>Eve</b>", "words": "<script>alert(1)</script>"},
        Recipient("Marta", "m@meridian.example", "Europe/Brussels"),
        agency="Meridian News",
        links=Links("https://desk.meridian.example"),
        now=factories.NOW,
    )
    assert "<script>" not in mail.html
    assert "<b>" not in mail.html
    assert "<script>alert(1)</script>" in mail.text


def test_no_page_of_a_mail_takes_its_parts_from_a_text_which_nobody_escapes() -> None:
    """A macro of a template without escaping gives back markup that counts as escaped."""
    pages = list(Path(str(resource("templates"))).glob("email/**/*.html"))
    assert len(pages) > 20
    assert not [page for page in pages if '.txt"' in page.read_text()]


def write() -> None:
    for name in CASES:
        (FOLDER / f"{name}.mail").write_text(as_file(worded(name)))


if __name__ == "__main__":
    write()
