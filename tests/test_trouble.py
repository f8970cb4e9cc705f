"""What goes wrong between machines is said in words, and never by a number of the system's."""

import errno
import os
import socket
import ssl

import httpcore
import pytest

from desk import trouble
from desk.errors import Unreachable


def wrapped(error: Exception) -> Exception:
    """As a library hands on what went wrong beneath it."""
    found = httpcore.ConnectError(str(error))
    found.__cause__ = error
    return found


def certificate(code: int) -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError(1, "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed (_ssl.c:1007)")
    error.verify_code = code
    return error


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused"), "Nothing answers at a.example:443: the"),
        (ConnectionResetError(errno.ECONNRESET, "Connection reset by peer"), "a.example:443 broke the connection off."),
        (socket.gaierror(-2, "Name or service not known"), "No server was found under the name in a.example:443."),
        (OSError(errno.EHOSTUNREACH, "No route to host"), "There is no way from here to a.example:443"),
        (TimeoutError(errno.ETIMEDOUT, "timed out"), "a.example:443 did not answer in time."),
        (certificate(10), "The certificate of a.example:443 has expired"),
        (certificate(62), "The certificate of a.example:443 is made out for another name."),
        (certificate(18), "The certificate of a.example:443 is signed by itself"),
        (certificate(99), "The certificate of a.example:443 is not one this machine trusts."),
        (ssl.SSLError(1, "[SSL: WRONG_VERSION_NUMBER] wrong version number"), "a.example:443 does not speak TLS as"),
        (httpcore.RemoteProtocolError("Server disconnected without sending a response."), "a.example:443 broke the"),
        (Unreachable("The answer broke off."), "The answer broke off."),
    ],
)
def test_it_is_named_whatever_library_handed_it_on(error: Exception, says: str) -> None:
    for one in (error, wrapped(error)):
        said = str(trouble.of(one, "a.example:443"))
        assert said.startswith(says)
        assert not any(sign in said for sign in ("Errno", "[SSL", "_ssl.c"))


def test_what_is_known_by_no_name_is_told_in_its_own_words() -> None:
    said = str(trouble.of(OSError(errno.EIO, os.strerror(errno.EIO)), "a.example:25"))
    assert said == "The connection to a.example:25 failed: Input/output error"
