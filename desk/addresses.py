"""What this desk will connect to, and for how long.

Every connection is made by `_GuardedBackend`: it looks the name up, checks each address it finds and connects
to the very address it checked, so that a name that answers differently a moment later gains nothing. The name
stays what TLS and the Host header speak of. No proxy is ever asked: it would look names up behind our back.
"""

import ipaddress
import queue
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache

import httpcore
import httpx

from desk.errors import AddressRefused, Unreachable

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Dns = Callable[[str, int], Iterable[str]]

DNS_SECONDS = 10.0
LONGEST_URL = 2000  # what the columns hold
ADDRESSES_TRIED = 4


@dataclass(frozen=True)
class Resolved:
    """A checked address: the host as DNS and TLS know it, and every IP address it stands for now."""

    url: str
    host: str
    port: int
    addresses: tuple[Address, ...]


def system_dns(host: str, port: int) -> Iterable[str]:
    """Ask the system's resolver; OSError when it knows no such name."""
    return [str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def check_address(url: str, *, private: bool, field: str | None = "url", dns: Dns = system_dns) -> Resolved:
    """Check that this desk may talk to `url` (http or https): made for forms, before anything is stored.

    With `private` (the setting DESK_PRIVATE_ADDRESSES) loopback and private networks pass too. Raises
    AddressRefused with a sentence for `field`, and Unreachable when the name is not known now.
    """
    try:
        target = parse(url)
        host = target.raw_host.decode("ascii")
        port = target.port or (443 if target.scheme == "https" else 80)
        return Resolved(str(target), host, port, tuple(_look_up(host, port, private=private, dns=dns)))
    except (AddressRefused, Unreachable) as error:
        error.field = field
        raise


def is_public(ip: Address) -> bool:
    """Whether `ip` is a plain address of the public internet (IANA's special-purpose registries).

    Stricter than `ip.is_global`: no multicast, and nothing that carries another address within it (IPv4-mapped,
    NAT64, 6to4, Teredo).
    """
    if isinstance(ip, ipaddress.IPv4Address):
        return not any(ip in net for net in _NOT_PUBLIC_4)
    return ip.scope_id is None and ip in _UNICAST_6 and not any(ip in net for net in _NOT_PUBLIC_6)


_NOT_PUBLIC_4 = [
    ipaddress.IPv4Network(net)
    for net in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",  # carrier-grade NAT; Alibaba's metadata service too
        "127.0.0.0/8",
        "168.63.129.16/32",  # Azure's metadata service, on an address that looks public
        "169.254.0.0/16",  # link-local; most clouds' metadata service
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
    )
]
# Outside this block nothing is public: loopback, ULA, link-local, multicast, mapped and NAT64 addresses.
_UNICAST_6 = ipaddress.IPv6Network("2000::/3")
_NOT_PUBLIC_6 = [ipaddress.IPv6Network(net) for net in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")]


def parse(url: str) -> httpx.URL:
    """Read an address without asking DNS; raises AddressRefused for what no check could make good."""
    try:
        target = httpx.URL(url.strip()).copy_with(fragment=None) if len(url) <= LONGEST_URL else None
    except (httpx.InvalidURL, UnicodeError):
        raise AddressRefused("This is not an address: %(url)s", url=url) from None
    if target is None or len(str(target)) > LONGEST_URL:  # letters outside a–z are written longer
        raise AddressRefused("The address is longer than %(limit)s characters.", limit=LONGEST_URL)
    if target.scheme not in ("http", "https") or not target.host:
        raise AddressRefused("An address begins with http:// or https:// and a host: %(url)s", url=url)
    if target.userinfo:
        raise AddressRefused("Leave name and password out of the address of %(host)s.", host=target.host)
    return target


def guarded_pool(*, private: bool, tls: ssl.SSLContext | None, dns: Dns, connections: int) -> httpcore.ConnectionPool:
    """A pool whose connections go to checked addresses only and end with `time_limit`."""
    return httpcore.ConnectionPool(
        ssl_context=tls or _trust(),
        max_connections=connections,
        max_keepalive_connections=connections // 2,
        keepalive_expiry=15.0,
        network_backend=_GuardedBackend(private, dns),
    )


@cache
def _trust() -> ssl.SSLContext:
    """Whom the world trusts, read once a process: that takes a twentieth of a second, and every bell makes a pool."""
    return httpx.create_ssl_context()


_ends_at: ContextVar[float] = ContextVar("_ends_at", default=float("inf"))


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Everything this thread does on our connections within the block shares one end."""
    token = _ends_at.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _ends_at.reset(token)


class OutOfTime(httpcore.ReadTimeout, TimeoutError):
    """The time limit is over: a time-out both for HTTP and for whoever has sockets of its own."""


def seconds_left(wanted: float | None = None) -> float:
    """What is left of the time limit, or `wanted` if that is less; raises OutOfTime at the end."""
    left = _ends_at.get() - time.monotonic()
    if left <= 0:
        raise OutOfTime
    return left if wanted is None else min(left, wanted)


def addresses_of(host: str, port: int, dns: Dns = system_dns) -> list[Address]:
    """Every address that `host` stands for now, within the time limit; none if the name is not known."""
    try:
        return [ipaddress.ip_address(host)]
    except ValueError:
        pass  # a name, or one of the odd spellings of an address that only the resolver reads
    answers: queue.SimpleQueue[list[Address]] = queue.SimpleQueue()

    def ask() -> None:
        try:
            answers.put([ipaddress.ip_address(found) for found in dns(host, port)])
        except (OSError, ValueError):  # ValueError: what cannot be a name (UnicodeError too)
            answers.put([])

    # The resolver has no time limit of its own, so it is left behind when it takes too long.
    threading.Thread(target=ask, name="dns", daemon=True).start()
    try:
        return answers.get(timeout=seconds_left(DNS_SECONDS))
    except queue.Empty:
        return []


def _look_up(host: str, port: int, *, private: bool, dns: Dns) -> Sequence[Address]:
    """Every address of `host`; one that is not public refuses them all."""
    found = addresses_of(host, port, dns)
    if not found:
        raise Unreachable("No server was found under the name %(host)s.", host=host)
    if not private and not all(is_public(address) for address in found):
        raise AddressRefused(
            "%(host)s is in a private network, where this desk sends and fetches nothing. Give an address that"
            " is on the internet; for a trial of your own, set DESK_PRIVATE_ADDRESSES=1.",
            host=host,
        )
    return found


class _GuardedBackend(httpcore.NetworkBackend):
    def __init__(self, private: bool, dns: Dns) -> None:
        self._private = private
        self._dns = dns
        self._inner = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        failure: Exception = Unreachable("No server was found under the name %(host)s.", host=host)
        found = _look_up(host, port, private=self._private, dns=self._dns)[:ADDRESSES_TRIED]
        for still, address in zip(range(len(found), 0, -1), found, strict=True):
            share = seconds_left(timeout) / still
            try:
                stream = self._inner.connect_tcp(str(address), port, share, local_address, socket_options)
                return _TimedStream(stream)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure


class _TimedStream(httpcore.NetworkStream):
    """A stream whose every read and write ends with the time limit: httpcore's own limits start afresh with
    each byte that a slow server lets drip."""

    def __init__(self, inner: httpcore.NetworkStream) -> None:
        self._inner = inner

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, seconds_left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        sock: socket.socket = self._inner.get_extra_info("socket")
        left = memoryview(buffer)
        try:
            while left:
                sock.settimeout(seconds_left(timeout))
                left = left[sock.send(left) :]
        except TimeoutError as error:
            raise httpcore.WriteTimeout(str(error)) from error
        except OSError as error:
            raise httpcore.WriteError(str(error)) from error

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _TimedStream(self._inner.start_tls(ssl_context, server_hostname, seconds_left(timeout)))

    def get_extra_info(self, info: str) -> object:
        return self._inner.get_extra_info(info)
