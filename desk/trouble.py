"""What goes wrong between this machine and another, as a sentence: the one place that knows sockets', TLS' and HTTP's
own words for it."""

import errno
import re
import socket
import ssl
from collections.abc import Iterator

from desk.errors import Unreachable

_AWAY = {errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EHOSTDOWN, errno.ENETDOWN, errno.EADDRNOTAVAIL}
_CERTIFICATES = {  # OpenSSL's verify codes
    9: "The certificate of %(at)s is not valid yet: see whether this machine's clock is right.",
    10: "The certificate of %(at)s has expired: whoever runs it must renew it.",
    18: "The certificate of %(at)s is signed by itself, and not by anybody this machine trusts.",
    19: "The certificate of %(at)s is signed by nobody this machine trusts.",
    20: "The certificate of %(at)s is signed by nobody this machine trusts.",
    62: "The certificate of %(at)s is made out for another name.",
    64: "The certificate of %(at)s is made out for another name.",
}
_REFUSED = "Nothing answers at %(at)s: the connection was refused. It may be down, or the port another."
_BROKE_OFF = "%(at)s broke the connection off."
_NO_NAME = "No server was found under the name in %(at)s."
_NO_WAY = "There is no way from here to %(at)s: see the network, and firewalls between."
_SILENT = "%(at)s did not answer in time."
# what libraries that speak to servers of our own put into words only
_WORDED = (
    (re.compile(r"connection refused", re.IGNORECASE), _REFUSED),
    (re.compile(r"name or service not known|could not translate|failed to resolve", re.IGNORECASE), _NO_NAME),
    (re.compile(r"no route to host|network is unreachable", re.IGNORECASE), _NO_WAY),
    (re.compile(r"timeout expired|timed out", re.IGNORECASE), _SILENT),
    (re.compile(r"disconnected|unexpectedly closed|reset by peer|closed the connection", re.IGNORECASE), _BROKE_OFF),
)


def of(error: BaseException, at: str) -> Unreachable:
    """The sentence for what went wrong with `at`, a host and port; what is strange to it keeps its own words."""
    for one in _chain(error):
        if isinstance(one, Unreachable):
            return one
        if isinstance(one, OSError) and (said := _of_system(one)):
            return Unreachable(said, at=at)
    words = next((one.strerror for one in _chain(error) if isinstance(one, OSError) and one.strerror), str(error))
    words = " ".join(words.split())
    said = next((said for pattern, said in _WORDED if pattern.search(words)), None)
    if said is not None:
        return Unreachable(said, at=at)
    return Unreachable("The connection to %(at)s failed: %(words)s", at=at, words=words or type(error).__name__)


def status(line: str, code: int) -> str:
    """What an answer that is no copy means: `line` is the server's own, with its number."""
    meant = (
        "it lets nobody in without a name and a password" if code == 401
        else "it does not let this desk in" if code == 403
        else "there is nothing at this address" if code == 404
        else "it wants to be asked less often" if code == 429
        else "its server is in trouble, and is asked again later" if code >= 500
        else "that is not what a feed answers"
    )  # fmt: skip
    return f"It answered {line}: {meant}."


def one_line(text: str, limit: int = 300) -> str:
    """What a server answered, fit to be stored and shown: one printable line of at most `limit` characters."""
    printable = "".join(char if char.isprintable() else " " for char in text[: limit * 10])
    return " ".join(printable.split())[:limit]


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """The error and what brought it about, the last word first."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def _of_system(error: OSError) -> str | None:
    if isinstance(error, ssl.SSLCertVerificationError):
        return _CERTIFICATES.get(error.verify_code, "The certificate of %(at)s is not one this machine trusts.")
    if isinstance(error, ssl.SSLEOFError | ConnectionResetError | ConnectionAbortedError | BrokenPipeError):
        return _BROKE_OFF
    if isinstance(error, ssl.SSLError):
        return "%(at)s does not speak TLS as this machine does: see whether its address and port are right."
    if isinstance(error, ConnectionRefusedError):
        return _REFUSED
    if isinstance(error, socket.gaierror):
        return _NO_NAME
    if isinstance(error, TimeoutError):
        return _SILENT
    return _NO_WAY if error.errno in _AWAY else None
