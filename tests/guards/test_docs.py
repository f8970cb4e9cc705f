"""What the docs say in tables is what the code has in tables."""

from pathlib import Path

from desk.assignments import workflow as assignments
from desk.outbox.kinds import KINDS
from desk.permissions import TABLE
from desk.stories import workflow as stories

DOCS = Path(__file__).parents[2] / "docs"


def rows(heading: str) -> list[list[str]]:
    """The cells of the table under a heading of docs/workflow.md, without its head."""
    section = (DOCS / "workflow.md").read_text().split(f"## {heading}\n")[1].split("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip().strip("`") for cell in line.strip("|").split("|")] for line in lines[2:]]


def test_the_moves_in_the_docs_are_the_moves_in_the_code() -> None:
    for heading, table in (
        ("Story", stories.MOVES),
        ("Assignment", assignments.MOVES),
        ("Offer", assignments.OFFER_MOVES),
    ):
        coded = [[m.name, ", ".join(m.before), m.after or "as it was", m.permission, m.verb] for m in table.values()]
        assert rows(heading) == coded


def test_the_permissions_in_the_docs_are_those_in_the_code() -> None:
    coded = [
        [name, what, ", ".join(f"{who} ({scope})" for who, scope in grants) or "everybody, signed in or not"]
        for name, (what, grants) in TABLE.items()
    ]
    assert rows("Permissions") == coded


def test_the_kinds_of_message_in_the_docs_are_those_in_the_code() -> None:
    assert rows("Messages") == [[k.name, k.about, k.policy, str(k.urgency)] for k in KINDS.values()]
