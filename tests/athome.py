"""No test reaches for the world: an audit hook that keeps every socket on this machine."""

import ipaddress
import socket
import sys
from typing import Any


class ReachedForTheNetwork(RuntimeError):
    """A test wanted to leave this machine. It is no OSError, as those are what the desk lives with."""


def keep_at_home(name: str, arguments: tuple[Any, ...]) -> None:
    if name in ("socket.connect", "socket.sendto"):
        _sock, address = arguments
        if isinstance(address, tuple) and not _is_home(str(address[0])):
            raise ReachedForTheNetwork(f"a test wanted to talk to {address[0]}, which is not this machine")
    elif name == "socket.getaddrinfo" and arguments[0] is not None:
        host = arguments[0].decode() if isinstance(arguments[0], bytes) else str(arguments[0])
        if not _is_home(host) and not _needs_no_look_up(host):
            raise ReachedForTheNetwork(f"a test wanted to look up {host}")


def _is_home(host: str) -> bool:
    if _is_number(host):
        return ipaddress.ip_address(host).is_loopback
    return host in ("", "localhost", socket.gethostname())


def _is_number(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _needs_no_look_up(host: str) -> bool:
    """Whether this is an address in one of the spellings that C knows, such as 127.1 or 0x7f000001."""
    try:
        socket.inet_aton(host)
    except (OSError, UnicodeError):
        return _is_number(host)
    return True


def install() -> None:
    """Hold this process to it. An audit hook stays until the process ends."""
    sys.addaudithook(keep_at_home)
