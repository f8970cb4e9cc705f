"""The run itself: no test leaves this machine, and what it may not skip is named rightly."""

import socket
import subprocess
import sys

import pytest
from _pytest import hookspec as own

from tests import conftest, order
from tests.athome import ReachedForTheNetwork
from tests.guards.sources import ROOT


@pytest.mark.parametrize(
    ("family", "address"), [(socket.AF_INET, ("192.0.2.1", 80)), (socket.AF_INET6, ("2001:db8::1", 443))]
)
def test_no_test_leaves_this_machine(family: int, address: tuple[str, int]) -> None:
    with socket.socket(family) as outward, pytest.raises(ReachedForTheNetwork):
        outward.connect(address)
    with pytest.raises(ReachedForTheNetwork):
        socket.getaddrinfo("desk.example", 443)


def test_a_server_on_this_machine_can_be_reached() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()):
        pass


def test_what_cant_be_required_is_refused_at_once() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "tests/guards/test_run.py"],
        cwd=ROOT,
        env={"DESK_REQUIRE": "browser,postgress"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == pytest.ExitCode.USAGE_ERROR
    assert "not postgress" in run.stderr


def test_the_run_goes_without_the_plugins_that_share_it_out() -> None:
    foreign = [hook for name, hook in vars(conftest).items() if name.startswith("pytest_") and not hasattr(own, name)]
    assert foreign
    assert [hook.__name__ for hook in foreign if not getattr(hook, "pytest_impl", {}).get("optionalhook")] == []


def test_a_worker_is_given_what_shares_something_together(request: pytest.FixtureRequest) -> None:
    demo, sqlite = "tests/cli/test_demo.py::test_it", "tests/web/test_door.py::test_it[sqlite]"
    assert order.given_with(demo) == order.given_with("tests/web/test_weight.py::test_it")
    assert order.given_with(sqlite) == order.given_with("tests/web/test_door.py::test_that[sqlite-now]")
    assert order.given_with(sqlite) != order.given_with("tests/web/test_door.py::test_it[postgresql]")
    items = request.session.items
    assert order.in_turn(items) == items
    assert all((ROOT / file).exists() for file in order.TOGETHER)
