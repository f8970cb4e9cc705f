"""What `desk up` refuses to start on is one plain line that names the thing and the way out, and nothing is started."""

import socket
import sys
from pathlib import Path

import pytest

from desk.cli import main
from tests.fakes import closed_port


@pytest.fixture(autouse=True)
def up(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The command line and the environment of `desk up`."""
    monkeypatch.setattr(sys, "argv", ["desk", "up"])
    monkeypatch.setenv("DESK_VAR", str(tmp_path / "var"))
    monkeypatch.setenv("PORT", "1")
    for name in ("DATABASE_URL", "REDIS_URL", "SMTP_URL", "DESK_URL", "DESK_HOST", "DESK_SECRET_KEY"):
        monkeypatch.delenv(name, raising=False)


def refusal(capsys: pytest.CaptureFixture[str]) -> str:
    """What it says as it gives up."""
    with pytest.raises(SystemExit) as ended:
        main.main()
    assert ended.value.code == 1
    said = capsys.readouterr()
    assert not said.out
    (line,) = said.err.splitlines()
    return line


def test_a_port_that_another_program_has(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        monkeypatch.setenv("PORT", str(port))
        said = refusal(capsys)
    assert said == (
        f"desk: Port {port} is in use by another program. Stop that one, or set PORT to a port that is free."
    )
    assert not (tmp_path / "var" / "desk.db").exists()


def test_an_address_that_is_not_this_machines(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DESK_HOST", "192.0.2.1")
    assert "The desk can't listen at 192.0.2.1, port 1 (" in refusal(capsys)


def test_a_port_that_there_is_not(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("PORT", "80000")
    assert refusal(capsys) == "desk: PORT must lie between 1 and 65535, not be 80000."


def test_a_state_folder_that_cant_be_made(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("DESK_VAR", str(tmp_path / "file" / "var"))
    said = refusal(capsys)
    assert f"{tmp_path}/file/var can't be used (Not a directory). See that it is yours" in said
    assert "set DESK_VAR to another folder" in said


def test_a_database_file_that_cant_be_opened(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("PORT", str(_free_port()))
    (tmp_path / "var" / "desk.db").mkdir(parents=True)
    said = refusal(capsys)
    assert said.startswith("desk: The database file can't be used: unable to open database file.")
    assert f"See that {tmp_path}/var is yours" in said


def test_a_setting_that_cant_be_used_is_named_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("REDIS_URL", "redis://:s3cret@127.0.0.1:none/0")
    said = refusal(capsys)
    assert said.startswith("desk: REDIS_URL can't be used: what stands as its port is not a whole number")
    assert "s3cret" not in said


@pytest.mark.parametrize(
    ("name", "url", "whose"),
    [
        ("DATABASE_URL", "postgresql://desk:s3cret@127.0.0.1:{port}/desk", "the database that DATABASE_URL names"),
        ("REDIS_URL", "redis://:s3cret@127.0.0.1:{port}/0", "the broker that REDIS_URL names"),
    ],
)
def test_a_server_that_does_not_answer_is_said_in_our_words(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str, url: str, whose: str
) -> None:
    monkeypatch.setenv("PORT", str(_free_port()))
    monkeypatch.setenv("DESK_SECRET_KEY", "k" * 64)
    with closed_port() as port:
        monkeypatch.setenv(name, url.format(port=port))
        said = refusal(capsys)
    assert said.startswith(f"desk: Nothing answers at 127.0.0.1:{port}: the connection was refused.")
    assert (f"That is {whose}" in said, "s3cret" in said) == (True, False)


def test_the_help_names_every_command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["desk", "--help"])
    with pytest.raises(SystemExit) as ended:
        main.main()
    assert ended.value.code == 0
    said = capsys.readouterr().out
    assert all(f"\n  {name} " in said for name in main.COMMANDS)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
