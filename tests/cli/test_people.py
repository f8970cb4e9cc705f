"""`desk init`, `desk user add` and `desk user link`: the address alone on the output, the words beside it."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from desk import db
from desk.cli.database import init
from desk.cli.lock import LOCK, only_one
from desk.cli.people import user
from desk.errors import Invalid
from desk.people import queries
from desk.people.models import Person


@pytest.fixture
def run(tmp_path: Path) -> "Run":
    return Run(tmp_path)


class Run:
    """A command in an installation of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.url = f"sqlite:///{folder / 'desk.db'}"
        self.env = {"DESK_VAR": str(folder), "DATABASE_URL": None, "PORT": "8000", "DESK_URL": None, "SMTP_URL": None}

    def __call__(self, command: str, *arguments: str) -> Result:
        group = init if command == "init" else user
        words = arguments if command == "init" else (command, *arguments)
        return CliRunner().invoke(group, words, env=self.env)


def test_a_newsroom_is_begun_and_people_let_in_from_the_command_line(run: Run) -> None:
    early = run("link", "ada@meridian.example")
    assert isinstance(early.exception, Invalid)
    assert "`desk init` makes an empty one" in str(early.exception)

    begun = run("init", "--agency", "Meridian News", "--zone", "brussels")
    assert begun.stdout.startswith("http://localhost:8000/come-in/")
    assert begun.stdout.count("\n") == 1
    assert "once by this link" in begun.stderr

    added = run("add", " Olena@Meridian.example", "--name", "Olena Demchuk", "--zone", "kyiv")
    assert added.stdout.startswith("http://localhost:8000/come-in/")
    assert "No mail server is set, so no mail goes to olena@meridian.example." in added.stderr
    assert "already the address of Olena Demchuk" in str(run("add", "OLENA@meridian.example", "--name", "O").exception)

    again = run("init", "--agency", "Other News")
    assert "The newsroom is there already, as Meridian News" in again.stderr
    assert again.stdout.startswith("http://")  # nobody runs it yet

    run("add", "ada@meridian.example", "--name", "Ada Novak", "--admin")
    over = run("init")
    assert (over.exit_code, over.stdout) == (0, "")
    assert "desk user link EMAIL" in over.stderr

    with only_one(run.folder / LOCK, "http://localhost:9111"):
        assert run("link", "ada@meridian.example").stdout.startswith("http://localhost:9111/come-in/")
        run.env["DESK_URL"] = "https://desk.meridian.example/"
        assert run("link", "ada@meridian.example").stdout.startswith("https://desk.meridian.example/come-in/")
        run.env["DESK_URL"] = None
    assert "9111" in (run.folder / LOCK).read_text(), "stale: nobody holds it"
    link = run("link", "ADA@meridian.example")
    assert link.stdout.startswith("http://localhost:8000/come-in/")
    assert "signed in, once" in link.stderr
    assert "`desk user add` asks somebody in" in str(run("link", "eve@meridian.example").exception)

    database = db.connect(run.url)
    with database.reading() as session:
        assert queries.newsroom(session).agency == "Meridian News"
        people = session.execute(select(Person.email, Person.is_admin).order_by(Person.email)).all()
    database.engine.dispose()
    assert [tuple(row) for row in people] == [("ada@meridian.example", True), ("olena@meridian.example", False)]
